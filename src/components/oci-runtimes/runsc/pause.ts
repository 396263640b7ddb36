/** `runsc pause` and `resume`: the whole sandbox, every container in it. @models gVisor runsc/cmd/{pause,resume}.go @fidelity full */
import { newError } from '../../../go/errors.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { printError } from '../../../linux/io.ts';
import type { RunscCall } from './call.ts';
import { connect, loadContainer } from './container.ts';
import { loading } from './state.ts';
import { saveState } from './state-file.ts';

/** How a Go program ends that panics. */
const PANICKED = 2;

export async function pause(ctx: Context, call: RunscCall): Promise<number> {
  const state = await loading(loadContainer(ctx, call, call.args[0] ?? ''));
  if (state.status !== 'created' && state.status !== 'running')
    throw newError(`pause failed: cannot pause container ${quote(state.id)} in state ${state.status}`);
  const client = await connect(ctx, state);
  await client.call(ctx, 'Lifecycle.Pause', {});
  await client.close(ctx);
  if (state.status === 'created') {
    // It lets created ones through and then finds that no state leads from there to paused; the sandbox stands still.
    await printError(ctx, 'panic: invalid state transition: created => paused\n\ngoroutine 1 [running]:\n');
    return PANICKED;
  }
  await saveState(ctx, call.root, { ...state, status: 'paused' });
  return 0;
}

export async function resume(ctx: Context, call: RunscCall): Promise<number> {
  const state = await loading(loadContainer(ctx, call, call.args[0] ?? ''));
  if (state.status !== 'paused')
    throw newError(`resume failed: cannot resume container ${quote(state.id)} in state ${state.status}`);
  const client = await connect(ctx, state);
  await client.call(ctx, 'Lifecycle.Resume', {});
  await client.close(ctx);
  await saveState(ctx, call.root, { ...state, status: 'running' });
  return 0;
}
