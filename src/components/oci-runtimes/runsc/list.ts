/** `runsc list`. @models gVisor runsc/cmd/list.go @fidelity full */
import { newError } from '../../../go/errors.ts';
import { marshalJson } from '../../../go/json.ts';
import { quote } from '../../../go/quote.ts';
import { tabwrite } from '../../../go/tabwriter.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import type { RunscCall } from './call.ts';
import { loadContainer } from './container.ts';
import { describe, pidOf } from './state.ts';
import { type ContainerState, stateNames } from './state-file.ts';

export async function list(ctx: Context, call: RunscCall): Promise<number> {
  const names = await stateNames(ctx, call.root);
  const { options } = call;
  if (options.get('sandbox') === 'true') {
    // Of each sandbox the container that it was made for.
    for (let i = names.length - 1; i >= 0; i--) if (names[i]?.id !== names[i]?.sandbox) names.splice(i, 1);
  }
  if (options.get('quiet') === 'true') {
    for (const { id } of names) await print(ctx, `${id}\n`);
    return 0;
  }
  const rows: ContainerState[] = [];
  for (const { id } of names) rows.push(await loadContainer(ctx, call, id));
  switch (options.get('format') ?? 'text') {
    case 'text': {
      const lines = rows.map(
        (row) => `${row.id}\t${pidOf(row)}\t${row.status}\t${row.bundleDir}\t${row.createdAt}\t${row.owner}\n`,
      );
      const table = `ID\tPID\tSTATUS\tBUNDLE\tCREATED\tOWNER\n${lines.join('')}`;
      await print(ctx, tabwrite(table, { minWidth: 12, tabWidth: 1, padding: 3, padChar: ' ' }));
      return 0;
    }
    case 'json':
      await print(ctx, marshalJson(rows.map(describe)));
      return 0;
    default:
      throw newError(`unknown list format ${quote(options.get('format') ?? '')}`);
  }
}
