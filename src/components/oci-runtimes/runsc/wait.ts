/** `runsc wait`. @models gVisor runsc/cmd/wait.go @fidelity partial: no --rootpid, --checkpoint, --restore */
import { marshalJson } from '../../../go/json.ts';
import { quote } from '../../../go/quote.ts';
import type { Context } from '../../../linux/context.ts';
import { print, printRefusal } from '../../../linux/io.ts';
import { wrapped } from '../shared/fault.ts';
import type { RunscCall } from './call.ts';
import { connect, loadContainer } from './container.ts';
import { loading } from './state.ts';

export async function wait(ctx: Context, call: RunscCall): Promise<number> {
  if (call.options.has('rootpid')) {
    await printRefusal(ctx, 'runsc: not simulated: wait -rootpid\n');
    return 128;
  }
  const state = await loading(loadContainer(ctx, call, call.args[0] ?? ''));
  const pid = Number(call.options.get('pid') ?? -1);
  let exitStatus: number;
  try {
    const client = await connect(ctx, state);
    exitStatus =
      pid === -1
        ? await client.call<number>(ctx, 'containerManager.Wait', { cid: state.id })
        : await client.call<number>(ctx, 'containerManager.WaitPID', { cid: state.id, pid });
    if (pid === -1 && state.sandbox.rootCid === state.id) await sandboxGone(ctx, state.sandbox.pid);
  } catch (error) {
    throw wrapped(
      pid === -1 ? `waiting on container ${quote(state.id)}` : `waiting on PID ${pid} in container ${quote(state.id)}`,
      error,
    );
  }
  await print(ctx, `${marshalJson({ id: state.id, exitStatus })}\n`);
  return 0;
}

/** The first container's end is the sandbox's: whoever waits finds it gone. */
async function sandboxGone(ctx: Context, pid: number): Promise<void> {
  try {
    await ctx.sys.waitExit(ctx, pid);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ESRCH') throw error;
  }
}
