/** `runsc spec`. @models gVisor runsc/cmd/spec.go @fidelity partial: the example that runc writes, with gVisor's hostname */

import { newError } from '../../../go/errors.ts';
import type { JsonValue } from '../../../go/json.ts';
import { marshalJson } from '../../../go/json.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { exists, writeFile } from '../../../linux/io.ts';
import { exampleSpec } from '../shared/example-spec.ts';
import type { RunscCall } from './call.ts';
import { OCI_VERSION } from './state.ts';

export async function spec(ctx: Context, call: RunscCall): Promise<number> {
  const path = `${call.options.get('bundle') ?? '.'}/config.json`.replace(/^\.\//, '');
  if (await exists(ctx, path)) throw newError(`file ${quote(path)} already exists`);
  const made = exampleSpec({ ociVersion: OCI_VERSION, hostname: 'runsc' });
  const process = {
    ...(made.process as NonNullable<typeof made.process>),
    cwd: call.options.get('cwd') ?? '/',
    ...(call.args.length > 0 ? { args: [...call.args] } : {}),
  };
  await writeFile(ctx, path, marshalJson({ ...made, process } as unknown as JsonValue, { indent: '  ' }));
  return 0;
}
