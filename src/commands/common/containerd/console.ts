/**
 * The terminal in raw mode while a container has it, and its size.
 * @models containerd/console, containerd 2.1 cmd/ctr/commands/tasks/tasks_unix.go
 * @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { ALL_SIGNALS, type Signal, signalNumber } from '../../../linux/signals.ts';
import type { Termios, WindowSize } from '../../../linux/syscalls.ts';

const RAW: Termios = { canonical: false, echo: false, signals: false, outputNewline: false };

export type Console = { size(ctx: Context): Promise<WindowSize>; reset(ctx: Context): Promise<void> };

/** console.Current and SetRaw: of our own terminal, or null when none of our files is one. */
export async function rawConsole(ctx: Context): Promise<Console | null> {
  for (const fd of [2, 1, 0]) {
    if (!(await ctx.sys.isTty(ctx, fd))) continue;
    const before = await ctx.sys.getTermios(ctx, fd);
    await ctx.sys.setTermios(ctx, fd, RAW);
    return {
      size: (c) => c.sys.getWindowSize(c, fd),
      reset: (c) => c.sys.setTermios(c, fd, before),
    };
  }
  return null;
}

/** Tells the container's terminal the size of ours, now and whenever it changes. */
export async function followResizes(
  ctx: Context,
  console: Console,
  resize: (ctx: Context, size: WindowSize) => Promise<void>,
): Promise<void> {
  const tell = async (c: Context): Promise<void> => {
    try {
      await resize(c, await console.size(c));
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  };
  await tell(ctx);
  ctx.sys.sigaction(ctx, 'SIGWINCH', () => ctx.go('resize', tell), { restart: true });
}

/** Go's runtime keeps these to itself, or nobody can catch them. */
const KEPT: readonly Signal[] = ['SIGKILL', 'SIGSTOP', 'SIGCHLD', 'SIGURG', 'SIGPIPE', 'SIGTTIN', 'SIGTTOU'];

/** commands.ForwardAllSignals: what arrives here goes to the container's process. */
export function forwardSignals(ctx: Context, kill: (ctx: Context, signal: number) => Promise<void>): void {
  for (const signal of ALL_SIGNALS) {
    if (KEPT.includes(signal)) continue;
    ctx.sys.sigaction(ctx, signal, () => ctx.go('forward signal', (c) => kill(c, signalNumber(signal))), {
      restart: true,
    });
  }
}
