/** `crun ps`: the pids of the cgroup. @models crun src/ps.c @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { cgroupPids } from '../shared/cgroup.ts';
import type { CrunCall } from './call.ts';
import { failure } from './failure.ts';
import { cgroupOf, readStatus } from './status.ts';

export async function ps(ctx: Context, call: CrunCall): Promise<number> {
  const format = call.value('format') ?? 'table';
  if (format !== 'table' && format !== 'json') throw failure(`crun: invalid format \`${format}\``);
  const pids = await cgroupPids(ctx, cgroupOf(await readStatus(ctx, call.root, call.args[0] ?? '')));
  await print(
    ctx,
    format === 'json'
      ? `[\n${pids.map((pid) => `  ${pid}`).join(',\n')}\n]\n`
      : `PID\n${pids.map((pid) => `${pid}\n`).join('')}`,
  );
  return 0;
}
