/** Waiting that a caught signal ends with EINTR, as blocking system calls do. */
import type { WaitQueue } from '../sim/primitives.ts';
import type { Waiter } from '../sim/scheduler.ts';
import type { Context } from './context.ts';

const BLOCKED_KEPT = 64;

/** Only programs with a handler installed without `restart` (the shell) ever see EINTR. */
export function interruptible<T>(ctx: Context, queue: WaitQueue<T>): Promise<T> {
  const { process } = ctx;
  if (!process.interruptible) return queue.wait();
  const waiter = ctx.scheduler.newWaiter<T>();
  queue.add(waiter);
  process.blocked ??= new Set();
  const { blocked } = process;
  if (blocked.size > BLOCKED_KEPT) for (const old of blocked) if (!old.live) blocked.delete(old);
  blocked.add(waiter as Waiter<unknown>);
  return ctx.scheduler.parkUntil(waiter);
}
