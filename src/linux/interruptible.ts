/** Waiting that a caught signal ends with EINTR, as blocking system calls do. */
import type { WaitQueue } from '../sim/primitives.ts';
import { NOT_YET, RetryingWaiter, type Waiter } from '../sim/scheduler.ts';
import type { Context } from './context.ts';
import type { Process } from './process.ts';

const BLOCKED_KEPT = 64;

/** Only programs with a handler installed without `restart` (the shell) ever see EINTR. */
export function interruptible<T>(ctx: Context, queue: WaitQueue<T>): Promise<T> {
  if (!ctx.process.interruptible) return queue.wait();
  const waiter = ctx.scheduler.newWaiter<T>();
  queueInterruptibly(ctx.process, queue, waiter);
  return ctx.scheduler.parkUntil(waiter);
}

export function queueInterruptibly<T>(process: Process, queue: WaitQueue<T>, waiter: Waiter<T>): void {
  queue.add(waiter);
  if (!process.interruptible) return;
  process.blocked ??= new Set();
  const { blocked } = process;
  // It may have been there before: those that wait longest are interrupted first.
  blocked.delete(waiter as Waiter<unknown>);
  if (blocked.size > BLOCKED_KEPT) for (const old of blocked) if (!old.live) blocked.delete(old);
  blocked.add(waiter as Waiter<unknown>);
}

/** A system call that waits until it can be done, or a caught signal comes. */
export abstract class BlockedCall<T> extends RetryingWaiter<T> {
  private readonly process: Process;
  /** Woken when it may have become possible. */
  private readonly queue: WaitQueue<void>;

  constructor(ctx: Context, queue: WaitQueue<void>) {
    super(ctx.scheduler);
    this.process = ctx.process;
    this.queue = queue;
  }

  protected queueUp(): void {
    queueInterruptibly(this.process, this.queue, this);
  }
}

class BlockedUntil<T> extends BlockedCall<T> {
  protected readonly attempt: () => T | typeof NOT_YET;

  constructor(ctx: Context, queue: WaitQueue<void>, attempt: () => T | typeof NOT_YET) {
    super(ctx, queue);
    this.attempt = attempt;
  }
}

/** Does it at once if it can be done, else waits in the queue until it can. */
export function blockUntil<T>(ctx: Context, queue: WaitQueue<void>, attempt: () => T | typeof NOT_YET): Promise<T> {
  const result = attempt();
  return result === NOT_YET ? new BlockedUntil(ctx, queue, attempt).wait() : Promise.resolve(result);
}
