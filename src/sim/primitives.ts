/** What strands of one program wait on: events, queues, locks. All first come, first served. */
import type { Scheduler, Waiter } from './scheduler.ts';

/** A list of parked strands. Dead ones are skipped, so that a wake-up is never lost on a killed process. */
export class WaitQueue<T = void> {
  private waiters: Waiter<T>[] = [];
  private readonly scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  wait(): Promise<T> {
    return this.scheduler.park<T>((waiter) => this.add(waiter));
  }

  add(waiter: Waiter<T>): void {
    if (this.waiters.length > 64) this.waiters = this.waiters.filter((w) => w.live);
    this.waiters.push(waiter);
  }

  wakeOne(value: T): boolean {
    for (;;) {
      const waiter = this.waiters.shift();
      if (waiter === undefined) return false;
      if (waiter.wake(value)) return true;
    }
  }

  wakeAll(value: T): void {
    if (this.waiters.length === 0) return;
    const waiters = this.waiters;
    this.waiters = [];
    for (const waiter of waiters) waiter.wake(value);
  }

  get waiting(): boolean {
    return this.waiters.some((w) => w.live);
  }
}

/** Unbounded queue between strands of one program; `close` ends readers with null. */
export class Queue<T> {
  private readonly items: T[] = [];
  private readonly readers: WaitQueue<void>;
  closed = false;

  constructor(scheduler: Scheduler) {
    this.readers = new WaitQueue<void>(scheduler);
  }

  push(item: T): void {
    this.items.push(item);
    this.readers.wakeOne();
  }

  close(): void {
    this.closed = true;
    this.readers.wakeAll();
  }

  get length(): number {
    return this.items.length;
  }

  async take(): Promise<T | null> {
    for (;;) {
      if (this.items.length > 0) return this.items.shift() as T;
      if (this.closed) return null;
      await this.readers.wait();
    }
  }
}

/** A value that arrives once: a result handed from one strand to those who wait for it. */
export class Future<T> {
  private readonly waiters: WaitQueue<void>;
  private state: { value: T } | { error: unknown } | null = null;

  constructor(scheduler: Scheduler) {
    this.waiters = new WaitQueue<void>(scheduler);
  }

  get done(): boolean {
    return this.state !== null;
  }

  resolve(value: T): void {
    if (this.state !== null) return;
    this.state = { value };
    this.waiters.wakeAll();
  }

  reject(error: unknown): void {
    if (this.state !== null) return;
    this.state = { error };
    this.waiters.wakeAll();
  }

  async wait(): Promise<T> {
    while (this.state === null) await this.waiters.wait();
    if ('error' in this.state) throw this.state.error;
    return this.state.value;
  }
}

export class Mutex {
  private locked = false;
  private readonly waiters: WaitQueue<void>;

  constructor(scheduler: Scheduler) {
    this.waiters = new WaitQueue<void>(scheduler);
  }

  async lock(): Promise<() => void> {
    while (this.locked) await this.waiters.wait();
    this.locked = true;
    return () => {
      this.locked = false;
      this.waiters.wakeOne();
    };
  }
}
