/** What strands of one program wait on: events, queues, locks. All first come, first served. */
import { NOT_YET, RetryingWaiter, type Scheduler, type Waiter } from './scheduler.ts';

const WAITERS_UNSWEPT_MAX = 64;

/** A list of parked strands. Dead ones are skipped, so that a wake-up is never lost on a killed process. */
export class WaitQueue<T = void> {
  private first: Waiter<T> | null = null;
  private last: Waiter<T> | null = null;
  private length = 0;
  private readonly scheduler: Scheduler;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  wait(): Promise<T> {
    const waiter = this.scheduler.newWaiter<T>();
    this.add(waiter);
    return this.scheduler.parkUntil(waiter);
  }

  /** A waiter stands in one queue at most. */
  add(waiter: Waiter<T>): void {
    if (this.length > WAITERS_UNSWEPT_MAX) this.sweep();
    if (this.last === null) this.first = waiter;
    else this.last.next = waiter;
    this.last = waiter;
    this.length++;
  }

  wakeOne(value: T): boolean {
    for (;;) {
      const waiter = this.first;
      if (waiter === null) return false;
      this.first = waiter.next;
      if (this.first === null) this.last = null;
      waiter.next = null;
      this.length--;
      if (waiter.wake(value)) return true;
    }
  }

  wakeAll(value: T): void {
    if (this.first !== null) this.endAll((waiter) => waiter.wake(value));
  }

  failAll(error: unknown): void {
    if (this.first !== null) this.endAll((waiter) => waiter.fail(error));
  }

  private endAll(end: (waiter: Waiter<T>) => void): void {
    let waiter = this.first;
    this.first = null;
    this.last = null;
    this.length = 0;
    while (waiter !== null) {
      const { next }: Waiter<T> = waiter;
      waiter.next = null;
      end(waiter);
      waiter = next;
    }
  }

  get waiting(): boolean {
    for (let waiter = this.first; waiter !== null; waiter = waiter.next) if (waiter.live) return true;
    return false;
  }

  /** Forgets those that were killed or interrupted. */
  private sweep(): void {
    let waiter = this.first;
    this.first = null;
    this.last = null;
    this.length = 0;
    while (waiter !== null) {
      const { next }: Waiter<T> = waiter;
      waiter.next = null;
      if (waiter.live) {
        if (this.last === null) this.first = waiter;
        else this.last.next = waiter;
        this.last = waiter;
        this.length++;
      }
      waiter = next;
    }
  }
}

/** Unbounded queue between strands of one program; `close` ends readers with null. */
export class Queue<T> {
  private readonly items: T[] = [];
  readonly readers: WaitQueue<void>;
  private readonly scheduler: Scheduler;
  closed = false;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
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

  take(): Promise<T | null> {
    const item = this.takeNow();
    return item === NOT_YET ? new Taking(this.scheduler, this).wait() : Promise.resolve(item);
  }

  takeNow(): T | null | typeof NOT_YET {
    if (this.items.length > 0) return this.items.shift() as T;
    return this.closed ? null : NOT_YET;
  }
}

class Taking<T> extends RetryingWaiter<T | null> {
  private readonly queue: Queue<T>;

  constructor(scheduler: Scheduler, queue: Queue<T>) {
    super(scheduler);
    this.queue = queue;
  }

  protected attempt(): T | null | typeof NOT_YET {
    return this.queue.takeNow();
  }

  protected queueUp(): void {
    this.queue.readers.add(this);
  }
}

/** A value that arrives once: a result handed from one strand to those who wait for it. */
export class Future<T> {
  /** Of the value, which they get as it is. There is none while nobody waits. */
  private waiters: WaitQueue<unknown> | null = null;
  private readonly scheduler: Scheduler;
  private state: 'waiting' | 'resolved' | 'rejected' = 'waiting';
  private value: T | undefined;
  private error: unknown;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  get done(): boolean {
    return this.state !== 'waiting';
  }

  resolve(value: T): void {
    if (this.state !== 'waiting') return;
    this.state = 'resolved';
    this.value = value;
    this.waiters?.wakeAll(value);
    this.waiters = null;
  }

  reject(error: unknown): void {
    if (this.state !== 'waiting') return;
    this.state = 'rejected';
    this.error = error;
    this.waiters?.failAll(error);
    this.waiters = null;
  }

  /** No function of its own waits here: of what an idle node has in memory, most is functions that wait. */
  wait(): Promise<T> {
    if (this.state === 'waiting') {
      this.waiters ??= new WaitQueue<unknown>(this.scheduler);
      return this.waiters.wait() as Promise<T>;
    }
    return this.state === 'rejected' ? Promise.reject(this.error) : Promise.resolve(this.value as T);
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
