/** `crun spec`. @models crun src/spec.c @fidelity partial: --rootless writes the same document */
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { exists, writeFile } from '../../../linux/io.ts';
import { exampleSpec } from '../shared/example-spec.ts';
import type { CrunCall } from './call.ts';
import { attempt, failure } from './failure.ts';

export async function spec(ctx: Context, call: CrunCall): Promise<number> {
  const bundle = call.value('bundle');
  if (bundle !== undefined) await attempt(`chdir \`${bundle}\` failed`, ctx.sys.chdir(ctx, bundle));
  const file = call.value('file');
  if (file === undefined && (await exists(ctx, 'config.json'))) throw failure('`config.json` already exists');
  const document = exampleSpec({ ociVersion: '1.0.0', hostname: 'crun' });
  const path = file ?? 'config.json';
  await attempt(
    `cannot open \`${path}\``,
    writeFile(ctx, path, `${marshalJson(document as unknown as JsonValue, { indent: '\t' })}\n`),
  );
  return 0;
}
