/** `crun create`. @models crun src/create.c @fidelity full */
import type { Context } from '../../../linux/context.ts';
import type { CrunCall } from './call.ts';
import { launch } from './container.ts';

export function create(ctx: Context, call: CrunCall): Promise<number> {
  return launch(ctx, call, 'create');
}
