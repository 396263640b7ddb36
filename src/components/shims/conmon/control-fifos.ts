/**
 * `ctl` and `winsz` in the bundle: requests to reopen the log and new sizes of the terminal.
 * @models conmon 2.1 src/ctrl.c
 * @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { LineReader } from '../../../linux/io.ts';

const RESIZE = 1;
const REOPEN_LOGS = 2;
const SIZE_MAX = 1000;

export type ControlActions = {
  resize(ctx: Context, rows: number, columns: number): Promise<void>;
  reopenLogs(ctx: Context): Promise<void>;
};

export async function openControlFifos(ctx: Context, bundle: string, actions: ControlActions): Promise<void> {
  const control = await fifo(ctx, `${bundle}/ctl`);
  const size = await fifo(ctx, `${bundle}/winsz`);
  ctx.go('ctl', async (inner) => {
    for (let line = await control.lines.next(inner); line !== null; line = await control.lines.next(inner)) {
      const [type, rows, columns] = line.split(' ').map(Number);
      if (type === REOPEN_LOGS) await actions.reopenLogs(inner);
      else if (type === RESIZE && isSize(rows) && isSize(columns))
        await inner.sys.write(inner, size.writer, `${rows} ${columns}\n`);
    }
  });
  ctx.go('winsz', async (inner) => {
    for (let line = await size.lines.next(inner); line !== null; line = await size.lines.next(inner)) {
      const [rows, columns] = line.split(' ').map(Number);
      if (isSize(rows) && isSize(columns)) await actions.resize(inner, rows, columns);
    }
  });
}

function isSize(value: number | undefined): value is number {
  return value !== undefined && value >= 0 && value <= SIZE_MAX;
}

/** Both ends are kept, so that a writer that goes away does not end it. */
async function fifo(ctx: Context, path: string): Promise<{ lines: LineReader; writer: number }> {
  try {
    await ctx.sys.mknod(ctx, path, 'fifo', 0o640);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  const first = await ctx.sys.open(ctx, path, { read: true, nonBlock: true, closeOnExec: true });
  const writer = await ctx.sys.open(ctx, path, { write: true, closeOnExec: true });
  const reader = await ctx.sys.open(ctx, path, { read: true, closeOnExec: true });
  await ctx.sys.close(ctx, first);
  return { lines: new LineReader(reader), writer };
}
