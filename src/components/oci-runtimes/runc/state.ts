/** `runc state`. @models runc state.go @fidelity full */
import { marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { annotationsOf, bundleOf, loadContainer, statusOf } from './container.ts';
import type { RuncCall } from './program.ts';
import { OCI_VERSION } from './spec.ts';

export async function state(ctx: Context, call: RuncCall): Promise<number> {
  const container = await loadContainer(ctx, call.root, call.cli.args[0] ?? '');
  const status = await statusOf(ctx, container);
  const annotations = annotationsOf(container);
  const sorted = Object.fromEntries(Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1)));
  await print(
    ctx,
    marshalJson(
      {
        ociVersion: OCI_VERSION,
        id: container.id,
        pid: status === 'stopped' ? 0 : container.state.init_process_pid,
        status,
        bundle: bundleOf(container),
        rootfs: container.state.config.rootfs,
        created: container.state.created,
        annotations: Object.keys(annotations).length === 0 ? undefined : sorted,
        owner: '',
      },
      { indent: '  ' },
    ),
  );
  return 0;
}
