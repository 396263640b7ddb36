/** `runc run`: create and start, and unless detached wait and delete. @models runc run.go @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { wrapped } from '../shared/fault.ts';
import { launch } from './launch.ts';
import type { RuncCall } from './program.ts';

export async function run(ctx: Context, call: RuncCall): Promise<number> {
  try {
    return await launch(ctx, call, 'run');
  } catch (error) {
    throw wrapped('runc run failed', error);
  }
}
