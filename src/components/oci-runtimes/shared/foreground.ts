/**
 * runc as the parent that stays: forwards signals to the process and returns its exit code.
 * @models runc signals.go @fidelity partial: real-time signals are not there to be forwarded
 */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { type Signal, signalNumber } from '../../../linux/signals.ts';
import { Queue } from '../../../sim/primitives.ts';
import type { Tty } from './tty.ts';

const FORWARDED: readonly Signal[] = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGTERM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGCONT',
  'SIGTSTP',
  'SIGALRM',
  'SIGPWR',
  'SIGWINCH',
];

export async function waitForeground(ctx: Context, pid: number, tty: Tty | null): Promise<number> {
  const { sys } = ctx;
  const queue = new Queue<Signal>(ctx.scheduler);
  for (const signal of FORWARDED) sys.sigaction(ctx, signal, (arrived) => queue.push(arrived), { restart: true });
  ctx.go('signals', async (inner) => {
    for (let signal = await queue.take(); signal !== null; signal = await queue.take()) {
      if (signal === 'SIGWINCH' && tty !== null) {
        await tty.resize(inner);
        continue;
      }
      try {
        await sys.kill(inner, pid, signal);
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    }
  });
  // As a subreaper we may be given others' children: they are reaped along the way.
  for (;;) {
    const status = await sys.wait(ctx, -1);
    if (status === null || status.pid !== pid || status.stopped) continue;
    if (tty !== null) {
      await tty.drained();
      await tty.restore(ctx);
    }
    return status.signal === null ? status.exitCode : 128 + signalNumber(status.signal);
  }
}
