/**
 * The terminal of a process in the foreground: the pty's master comes back from init, and bytes are carried between it and ours.
 * @models runc tty.go @fidelity full
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import type { Termios } from '../../../linux/syscalls.ts';
import { Future } from '../../../sim/primitives.ts';
import { pathError } from './fault.ts';

export type Tty = {
  /** Init's end of the console socket. */
  childFd: number;
  /** Receives the master and starts copying. */
  attach(ctx: Context): Promise<void>;
  resize(ctx: Context): Promise<void>;
  /** All output has been copied. */
  drained(): Promise<void>;
  restore(ctx: Context): Promise<void>;
};

const READ_SIZE = 32_768;

export async function foregroundTty(ctx: Context): Promise<Tty> {
  const { sys } = ctx;
  const terminal = await hostTerminal(ctx);
  const [parent, child] = await sys.socketPair(ctx);
  const before: Termios = await sys.getTermios(ctx, terminal);
  const done = new Future<void>(ctx.scheduler);
  let master = -1;
  return {
    childFd: child,
    async attach(inner) {
      const { descriptors } = await sys.receiveDescriptors(inner, parent);
      master = descriptors[0] ?? -1;
      if (master < 0) throw newError('console socket gave no descriptor');
      await sys.setTermios(inner, terminal, { canonical: false, echo: false, signals: false, outputNewline: false });
      await sys.setWindowSize(inner, master, await sys.getWindowSize(inner, terminal));
      inner.go('console input', (c) => copyUntilEnd(c, 0, master));
      inner.go('console output', async (c) => {
        await copyUntilEnd(c, master, 1);
        done.resolve();
      });
    },
    async resize(inner) {
      if (master >= 0) await sys.setWindowSize(inner, master, await sys.getWindowSize(inner, terminal));
    },
    drained: () => done.wait(),
    async restore(inner) {
      await sys.setTermios(inner, terminal, before);
    },
  };
}

/** One of our own three descriptors, else the controlling terminal. */
async function hostTerminal(ctx: Context): Promise<number> {
  for (const fd of [0, 1, 2]) if (await ctx.sys.isTty(ctx, fd)) return fd;
  try {
    return await ctx.sys.open(ctx, '/dev/tty', { read: true, write: true });
  } catch (error) {
    throw pathError('open', '/dev/tty', error);
  }
}

export async function copyUntilEnd(ctx: Context, from: number, to: number): Promise<void> {
  try {
    for (;;) {
      const data = await ctx.sys.readRope(ctx, from, READ_SIZE);
      if (data.length === 0) return;
      await ctx.sys.write(ctx, to, data);
    }
  } catch (error) {
    // EIO is how a pty says that nobody is left on the other side.
    if (!isErrno(error, 'EIO', 'EPIPE', 'EBADF')) throw error;
  }
}
