/** `crun run`. @models crun src/run.c @fidelity full */
import type { Context } from '../../../linux/context.ts';
import type { CrunCall } from './call.ts';
import { launch } from './container.ts';

export function run(ctx: Context, call: CrunCall): Promise<number> {
  return launch(ctx, call, 'run');
}
