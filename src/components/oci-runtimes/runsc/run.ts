/** `runsc run`: create, start and wait. @models gVisor runsc/cmd/run.go @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { type Signal, signalNumber } from '../../../linux/signals.ts';
import { Queue } from '../../../sim/primitives.ts';
import { wrapped } from '../shared/fault.ts';
import type { RunscCall } from './call.ts';
import { connect, createContainer, destroyContainer, startContainer } from './container.ts';
import { bundleOf } from './create.ts';
import type { ContainerState } from './state-file.ts';

const FORWARDED: readonly Signal[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'];

export async function run(ctx: Context, call: RunscCall): Promise<number> {
  let state: ContainerState;
  try {
    state = await createContainer(ctx, call, {
      id: call.args[0] ?? '',
      bundle: await bundleOf(ctx, call),
      pidFile: call.options.get('pid-file') ?? '',
      consoleSocket: call.options.get('console-socket') ?? '',
    });
  } catch (error) {
    throw String((error as { message?: unknown }).message).startsWith('reading spec')
      ? error
      : wrapped('running container: creating container', error);
  }
  try {
    await startContainer(ctx, call, state);
  } catch (error) {
    await destroyContainer(ctx, call, state);
    throw wrapped('running container: starting container', error);
  }
  if (call.options.get('detach') === 'true') return 0;
  forwardSignals(ctx, state, 0);
  try {
    const client = await connect(ctx, state);
    return await client.call<number>(ctx, 'containerManager.Wait', { cid: state.id });
  } catch (error) {
    // It has ended already, with the exit code of its first process, and is our child.
    const ended = await ctx.sys.wait(ctx, state.sandbox.pid).catch(() => null);
    if (ended !== null && ended.signal === null) return ended.exitCode;
    throw wrapped('running container', error);
  } finally {
    await destroyContainer(ctx, call, state);
  }
}

/** What arrives here goes to the process in the sandbox; `pid` 0 is the container's first. */
export function forwardSignals(ctx: Context, state: ContainerState, pid: number): void {
  const queue = new Queue<Signal>(ctx.scheduler);
  for (const signal of FORWARDED) ctx.sys.sigaction(ctx, signal, (arrived) => queue.push(arrived), { restart: true });
  ctx.go('signals', async (inner) => {
    for (let signal = await queue.take(); signal !== null; signal = await queue.take()) {
      const client = await connect(inner, state);
      await client.call(inner, 'containerManager.Signal', { cid: state.id, pid, signo: signalNumber(signal) });
      await client.close(inner);
    }
  });
}
