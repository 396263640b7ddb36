/** `runc spec`: the example config.json. @models runc spec.go, libcontainer/specconv/example.go @fidelity partial: --rootless only drops what needs root */

import { newError } from '../../../go/errors.ts';
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { exists, writeFile } from '../../../linux/io.ts';
import type { Spec } from '../../../protocols/oci-runtime/types.ts';
import { exampleSpec } from '../shared/example-spec.ts';
import { onPath } from '../shared/fault.ts';
import type { RuncCall } from './program.ts';
import { OCI_VERSION } from './spec.ts';

export async function writeSpec(ctx: Context, call: RuncCall): Promise<number> {
  const bundle = call.cli.string('bundle');
  if (bundle !== '') await onPath('chdir', bundle, ctx.sys.chdir(ctx, bundle));
  if (await exists(ctx, 'config.json')) throw newError('File config.json exists. Remove it first');
  const spec = call.cli.bool('rootless') ? rootless(example()) : example();
  await writeFile(ctx, 'config.json', marshalJson(spec as unknown as JsonValue, { indent: '\t' }), { mode: 0o666 });
  return 0;
}

export function example(): Spec {
  return exampleSpec({ ociVersion: OCI_VERSION, hostname: 'runc' });
}

function rootless(spec: Spec): Spec {
  const linux = spec.linux ?? {};
  const { resources: _none, ...rest } = linux;
  return {
    ...spec,
    mounts: (spec.mounts ?? []).map((mount) =>
      mount.destination === '/sys'
        ? { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'ro'] }
        : mount,
    ),
    linux: {
      ...rest,
      uidMappings: [{ containerID: 0, hostID: 0, size: 1 }],
      gidMappings: [{ containerID: 0, hostID: 0, size: 1 }],
      namespaces: [...(linux.namespaces ?? []).filter((ns) => ns.type !== 'network'), { type: 'user' }],
    },
  };
}
