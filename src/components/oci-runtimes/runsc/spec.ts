/** `runsc spec`. @models gVisor runsc/cmd/spec.go @fidelity full */

import { newError } from '../../../go/errors.ts';
import type { JsonValue } from '../../../go/json.ts';
import { marshalJson } from '../../../go/json.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { exists, writeFile } from '../../../linux/io.ts';
import { exampleSpec } from '../shared/example-spec.ts';
import { pathError, wrapped } from '../shared/fault.ts';
import type { RunscCall } from './call.ts';

export async function spec(ctx: Context, call: RunscCall): Promise<number> {
  const path = `${call.options.get('bundle') ?? '.'}/config.json`.replace(/^\.\//, '');
  if (await exists(ctx, path)) throw newError(`file ${quote(path)} already exists`);
  const { process, root, hostname, ociVersion } = exampleSpec({ ociVersion: '1.0.0', hostname: 'runsc' });
  const { bounding = [], effective = [], permitted = [] } = process?.capabilities ?? {};
  const netns = call.options.get('netns') ?? '';
  const made = {
    ociVersion,
    process: {
      user: process?.user,
      args: call.args.length > 0 ? [...call.args] : process?.args,
      env: process?.env,
      cwd: call.options.get('cwd') ?? '/',
      capabilities: { bounding, effective, inheritable: bounding, permitted },
      rlimits: process?.rlimits,
    },
    root,
    hostname,
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs' },
      { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
    ],
    linux: {
      namespaces: ['pid', 'network', 'ipc', 'uts', 'mount'].map((type) =>
        type === 'network' && netns !== '' ? { type, path: netns } : { type },
      ),
    },
  };
  try {
    await writeFile(ctx, path, marshalJson(made as unknown as JsonValue, { indent: '  ' }));
  } catch (error) {
    throw wrapped(`opening file ${quote(path)}`, pathError('open', path, error));
  }
  return 0;
}
