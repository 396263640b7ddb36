/** `runsc start`. @models gVisor runsc/cmd/start.go @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { wrapped } from '../shared/fault.ts';
import type { RunscCall } from './call.ts';
import { loadContainer, startContainer } from './container.ts';
import { loading } from './state.ts';

export async function start(ctx: Context, call: RunscCall): Promise<number> {
  const state = await loading(loadContainer(ctx, call, call.args[0] ?? ''));
  try {
    await startContainer(ctx, call, state);
  } catch (error) {
    throw wrapped('starting container', error);
  }
  return 0;
}
