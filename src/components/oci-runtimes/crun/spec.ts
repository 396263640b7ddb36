/** `crun spec`. @models crun src/spec.c @fidelity full */
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { exists, writeFile } from '../../../linux/io.ts';
import type { Process, Spec } from '../../../protocols/oci-runtime/types.ts';
import { exampleSpec } from '../shared/example-spec.ts';
import type { CrunCall } from './call.ts';
import { attempt, failure } from './failure.ts';

/** What is not the same as in runc's. */
function crunSpec(rootless: boolean): Spec {
  const document = exampleSpec({ ociVersion: '1.0.0', hostname: 'crun' });
  const process = document.process as Process;
  const { bounding = [], effective = [], permitted = [] } = process.capabilities ?? {};
  process.capabilities = { bounding, effective, inheritable: [], permitted, ambient: bounding };
  if (!rootless || document.linux?.namespaces === undefined) return document;
  const { namespaces } = document.linux;
  namespaces.splice(
    namespaces.findIndex(({ type }) => type === 'mount'),
    0,
    { type: 'user' },
  );
  const mounts = (document.mounts ?? []).map((mount) =>
    mount.type === 'devpts'
      ? { ...mount, options: mount.options?.filter((option) => option !== 'gid=5') ?? [] }
      : mount,
  );
  return { ...document, mounts };
}

export async function spec(ctx: Context, call: CrunCall): Promise<number> {
  const bundle = call.value('bundle');
  if (bundle !== undefined) await attempt(`chdir \`${bundle}\` failed`, ctx.sys.chdir(ctx, bundle));
  const file = call.value('file');
  if (file === undefined && (await exists(ctx, 'config.json'))) throw failure('`config.json` already exists');
  const document = crunSpec(call.flag('rootless'));
  const path = file ?? 'config.json';
  await attempt(
    `cannot open \`${path}\``,
    writeFile(ctx, path, `${marshalJson(document as unknown as JsonValue, { indent: '\t' })}\n`),
  );
  return 0;
}
