/** `runc create`. @models runc create.go @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { wrapped } from '../shared/fault.ts';
import { launch } from './launch.ts';
import type { RuncCall } from './program.ts';

export async function create(ctx: Context, call: RuncCall): Promise<number> {
  try {
    return await launch(ctx, call, 'create');
  } catch (error) {
    throw wrapped('runc create failed', error);
  }
}
