/** `crun ps`: the pids of the cgroup. @models crun src/ps.c @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { Errno } from '../../../linux/errno.ts';
import { print, printError } from '../../../linux/io.ts';
import { cgroupPids } from '../shared/cgroup.ts';
import type { CrunCall } from './call.ts';
import { errnoOf, failure } from './failure.ts';
import { cgroupOf, readStatus, type Status } from './status.ts';

const EXIT_STATUSES = 256;

export async function ps(ctx: Context, call: CrunCall): Promise<number> {
  const format = call.value('format') ?? 'table';
  if (format !== 'table' && format !== 'json') throw failure(`crun: invalid format \`${format}\``);
  let status: Status;
  try {
    status = await readStatus(ctx, call.root, call.args[0] ?? '');
  } catch (error) {
    const code = errnoOf(error);
    if (code === null) throw error;
    // It says why itself, and what it returns is the errno.
    await printError(ctx, `${(error as Error).message}\n`);
    return EXIT_STATUSES + -new Errno(code).errno - 1;
  }
  const pids = await cgroupPids(ctx, cgroupOf(status));
  await print(
    ctx,
    format === 'json'
      ? `[\n${pids.map((pid) => `  ${pid}`).join(',\n')}\n]\n`
      : `PID\n${pids.map((pid) => `${pid}\n`).join('')}`,
  );
  return 0;
}
