/** `runc pause` and `runc resume`: the cgroup freezer. @models runc pause.go @fidelity full */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { freeze } from '../shared/cgroup.ts';
import { cgroupOf, loadContainer, statusOf } from './container.ts';
import type { RuncCall } from './program.ts';

export async function pause(ctx: Context, call: RuncCall): Promise<number> {
  const container = await loadContainer(ctx, call.root, call.cli.args[0] ?? '');
  const status = await statusOf(ctx, container);
  if (status !== 'running' && status !== 'created') throw newError('container not running');
  await freeze(ctx, cgroupOf(container), true);
  return 0;
}

export async function resume(ctx: Context, call: RuncCall): Promise<number> {
  const container = await loadContainer(ctx, call.root, call.cli.args[0] ?? '');
  if ((await statusOf(ctx, container)) !== 'paused') throw newError('container not paused');
  await freeze(ctx, cgroupOf(container), false);
  return 0;
}
