/** `crun list`. @models crun src/list.c @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import type { CrunCall } from './call.ts';
import { failure, printJson } from './failure.ts';
import { listContainers, readStatus, stateOf } from './status.ts';

const NAME_WIDTH_MIN = 4;

export async function list(ctx: Context, call: CrunCall): Promise<number> {
  const format = call.value('format') ?? 'table';
  if (format !== 'table' && format !== 'json') throw failure(`crun: invalid format \`${format}\``, undefined);
  const rows = [];
  for (const id of await listContainers(ctx, call)) {
    const status = await readStatus(ctx, call.root, id);
    const word = await stateOf(ctx, call.root, id, status);
    const { bundle, created, owner } = status;
    rows.push({ id, pid: word === 'stopped' ? 0 : status.pid, status: word, bundle, created, owner });
  }
  if (format === 'json') {
    await print(ctx, rows.length === 0 ? '[]' : printJson(rows));
    return 0;
  }
  if (call.flag('quiet')) {
    await print(ctx, rows.map(({ id }) => `${id}\n`).join(''));
    return 0;
  }
  const width = rows.reduce((most, { id }) => Math.max(most, id.length), NAME_WIDTH_MIN) + 1;
  const line = (...cells: [string, string, string, string, string, string]): string =>
    `${cells[0].padEnd(width)}${cells[1].padEnd(10)}${cells[2].padEnd(8)} ${cells[3].padEnd(39)} ${cells[4].padEnd(30)} ${cells[5]}\n`;
  const lines = rows.map((r) => line(r.id, String(r.pid), r.status, r.bundle, r.created, r.owner));
  await print(ctx, line('NAME', 'PID', 'STATUS', 'BUNDLE PATH', 'CREATED', 'OWNER') + lines.join(''));
  return 0;
}
