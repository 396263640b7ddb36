/** Waiting for signals as a server's main loop does: they are caught, queued and handled one after the other. */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { type Signal, signalNumber } from '../../linux/signals.ts';
import type { WaitStatus } from '../../linux/syscalls.ts';
import { Queue } from '../../sim/primitives.ts';

export function signalQueue(ctx: Context, signals: readonly Signal[]): Queue<Signal> {
  const queue = new Queue<Signal>(ctx.scheduler);
  for (const signal of signals) ctx.sys.sigaction(ctx, signal, (caught) => queue.push(caught));
  return queue;
}

/** waitpid(-1, WNOHANG) until nothing is left. */
export async function reapAll(ctx: Context): Promise<WaitStatus[]> {
  const reaped: WaitStatus[] = [];
  for (;;) {
    try {
      const status = await ctx.sys.wait(ctx, -1, { noHang: true });
      if (status === null) return reaped;
      reaped.push(status);
    } catch (error) {
      if (isErrno(error, 'ECHILD')) return reaped;
      throw error;
    }
  }
}

/** strsignal's words. */
function signalText(signal: Signal): string {
  return SIGNAL_TEXTS[signal] ?? `Unknown signal ${signalNumber(signal)}`;
}

const SIGNAL_TEXTS: Partial<Record<Signal, string>> = {
  SIGHUP: 'Hangup',
  SIGINT: 'Interrupt',
  SIGQUIT: 'Quit',
  SIGKILL: 'Killed',
  SIGTERM: 'Terminated',
  SIGSEGV: 'Segmentation fault',
  SIGABRT: 'Aborted',
  SIGPIPE: 'Broken pipe',
  SIGUSR1: 'User defined signal 1',
  SIGUSR2: 'User defined signal 2',
  SIGALRM: 'Alarm clock',
  SIGCHLD: 'Child exited',
  SIGBUS: 'Bus error',
  SIGFPE: 'Floating point exception',
  SIGILL: 'Illegal instruction',
  SIGSTOP: 'Stopped (signal)',
  SIGCONT: 'Continued',
  SIGWINCH: 'Window changed',
};
