/** `crun pause` and `crun resume`: the cgroup freezer. @models crun src/libcrun/container.c libcrun_container_pause @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { freeze } from '../shared/cgroup.ts';
import type { CrunCall } from './call.ts';
import { failure } from './failure.ts';
import { cgroupOf, isRunning, readStatus } from './status.ts';

export function pause(ctx: Context, call: CrunCall): Promise<number> {
  return setFrozen(ctx, call, true);
}

export function resume(ctx: Context, call: CrunCall): Promise<number> {
  return setFrozen(ctx, call, false);
}

async function setFrozen(ctx: Context, call: CrunCall, frozen: boolean): Promise<number> {
  const id = call.args[0] ?? '';
  const status = await readStatus(ctx, call.root, id);
  if (!(await isRunning(ctx, status))) throw failure(`the container \`${id}\` is not running`);
  await freeze(ctx, cgroupOf(status), frozen);
  return 0;
}
