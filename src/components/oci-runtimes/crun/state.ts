/** `crun state`. @models crun src/libcrun/container.c libcrun_container_state @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { print, readFile } from '../../../linux/io.ts';
import type { Spec } from '../../../protocols/oci-runtime/types.ts';
import type { CrunCall } from './call.ts';
import { printJson } from './failure.ts';
import { directoryOf, readStatus, stateOf } from './status.ts';

export async function state(ctx: Context, call: CrunCall): Promise<number> {
  const id = call.args[0] ?? '';
  const status = await readStatus(ctx, call.root, id);
  const word = await stateOf(ctx, call.root, id, status);
  const spec = JSON.parse(await readFile(ctx, `${directoryOf(call.root, id)}/config.json`)) as Spec;
  const annotations = spec.annotations ?? {};
  await print(
    ctx,
    `${printJson({
      ociVersion: '1.0.0',
      id,
      pid: word === 'stopped' ? 0 : status.pid,
      status: word,
      bundle: status.bundle,
      rootfs: status.rootfs,
      created: status.created,
      'systemd-scope': status.scope,
      owner: status.owner,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    })}\n`,
  );
  return 0;
}
