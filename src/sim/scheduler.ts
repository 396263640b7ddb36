/**
 * The clock and the scheduler. Simulated programs are ordinary async functions ("strands", a goroutine each) that
 * await nothing but `park`. Exactly one strand runs at any moment: the next is resumed only when the current one has
 * parked or ended, so the order of events depends on nothing but the inputs, and no macrotask is needed to find out
 * that everything is parked. Time advances when nothing is ready; timers fire in (time, sequence) order.
 *
 * Rule for callers: await what `park` returns at once, and never use Promise.all/race (start strands instead).
 */

/** What strands belong to; a process is one. A dead group's strands never run again: not even `finally`. */
export type StrandGroup = {
  dead: boolean;
  stopped: boolean;
  held: Waiter<unknown>[] | null;
  /** Those of its strands' waiters that nobody has woken yet: the first of a chain. */
  parked: Waiter<unknown> | null;
  readonly name: string;
  /** Who is told when a strand of this group throws something that nobody caught; without one the embedder is. */
  readonly owner?: { threw(error: unknown): void };
};

/**
 * None of its strands runs again. What they were in the middle of is let go at once, although their waiters stay in the
 * queues of others, for as long as those may be.
 */
export function endGroup(group: StrandGroup): void {
  group.dead = true;
  for (let waiter = group.parked; waiter !== null; waiter = waiter.nextParked) {
    waiter.resolve = noop;
    waiter.strand = NOBODY;
  }
  group.parked = null;
  group.held = null;
}

export type Strand = { readonly group: StrandGroup; readonly name: string };

/** Whose waiters are those of strands that have ended: they may stand in a queue for long, and keep nothing of a process. */
const NOBODY: Strand = { group: { dead: true, stopped: false, held: null, parked: null, name: '' }, name: '' };

/** One parked strand. `wake`/`fail` settle it once; false means it was too late (settled or dead). */
export class Waiter<T> {
  strand: Strand;
  protected state: 'parked' | 'woken' | 'failed' = 'parked';
  /** What `wake` or `fail` gave. */
  private outcome: unknown;
  /** Of the promise that its strand awaits; a failure is a promise that is rejected. */
  resolve: (value: unknown) => void = noop;
  /** The one behind this in a WaitQueue: waiting on a socket must not cost an array. */
  next: Waiter<T> | null = null;
  /** Its neighbours among those of its group that are parked. */
  nextParked: Waiter<unknown> | null = null;
  previousParked: Waiter<unknown> | null = null;
  protected readonly scheduler: Scheduler;

  constructor(scheduler: Scheduler, strand: Strand) {
    this.scheduler = scheduler;
    this.strand = strand;
  }

  get settled(): boolean {
    return this.state !== 'parked';
  }

  get live(): boolean {
    return this.state === 'parked' && !this.strand.group.dead;
  }

  wake(value: T): boolean {
    return this.settle('woken', value);
  }

  fail(error: unknown): boolean {
    return this.settle('failed', error);
  }

  private settle(state: 'woken' | 'failed', outcome: unknown): boolean {
    if (!this.live) return false;
    this.state = state;
    this.outcome = outcome;
    this.unpark();
    this.scheduler.enqueue(this as Waiter<unknown>);
    return true;
  }

  /** Its strand goes on, with what it was given. False if it waits again instead. */
  resume(): boolean {
    this.resolve(this.state === 'failed' ? Promise.reject(this.outcome) : this.outcome);
    return true;
  }

  park(): void {
    const { group } = this.strand;
    const first = group.parked;
    this.nextParked = first;
    if (first !== null) first.previousParked = this as Waiter<unknown>;
    group.parked = this as Waiter<unknown>;
  }

  private unpark(): void {
    const { nextParked, previousParked } = this;
    if (previousParked !== null) previousParked.nextParked = nextParked;
    else if (this.strand.group.parked === (this as Waiter<unknown>)) this.strand.group.parked = nextParked;
    if (nextParked !== null) nextParked.previousParked = previousParked;
    this.nextParked = null;
    this.previousParked = null;
  }
}

/** What an attempt gives while what it is after is not there yet. */
export const NOT_YET = Symbol('not yet');

/**
 * Waits for a condition: whenever it is woken it tries again, and its strand goes on only with a result. A function that
 * waits and tries in a loop would do the same; suspended, it would be most of what a waiting program has in memory.
 */
export abstract class RetryingWaiter<T> extends Waiter<void> {
  constructor(scheduler: Scheduler) {
    super(scheduler, scheduler.runningStrand());
  }

  /** Gives what was waited for. What it throws is thrown where that is awaited. */
  protected abstract attempt(): T | typeof NOT_YET;

  /** Into the queue where it will be woken. */
  protected abstract queueUp(): void;

  /** Parks the current strand, which has found nothing yet. */
  wait(): Promise<T> {
    this.queueUp();
    return this.scheduler.parkUntil<T>(this);
  }

  override resume(): boolean {
    if (this.state === 'failed') return super.resume();
    try {
      const result = this.attempt();
      if (result === NOT_YET) {
        this.state = 'parked';
        this.queueUp();
        this.park();
        return false;
      }
      this.resolve(result);
    } catch (error) {
      this.resolve(Promise.reject(error));
    }
    return true;
  }
}

function noop(): void {}

const STARTS = Promise.resolve();

// What the executor of the promise made last was given: one function serves every promise, instead of a closure each.
let resolveLast: (value: never) => void = noop;

function keepResolve(resolve: (value: never) => void): void {
  resolveLast = resolve;
}

/** What it does when its time has come, if that is more than to wake somebody; null once it is cancelled. */
export type Timer = { readonly time: number; readonly seq: number; fire: (() => void) | Waiter<void> | null };

/** What the host lends the engine. The engine itself never reads a real clock. */
export type HostHooks = {
  /** True when the current slice of real time is used up and the host wants to run its own events. */
  sliceUsed(): boolean;
  /** Calls back later, after the host's own events. */
  yieldToHost(resume: () => void): void;
};

export type RunOutcome = 'idle' | 'horizon' | 'stopped' | 'step-limit';

const STEPS_BETWEEN_SLICE_CHECKS = 256;

export class Scheduler {
  /** Virtual nanoseconds since boot. */
  now = 0;
  /** Resumptions and timers so far: the event number that inputs are logged with. */
  steps = 0;
  current: Strand | null = null;
  /** A strand whose group does not care threw something that nobody caught: our bug, reported by the embedder. */
  onCrash: (error: unknown, strand: Strand) => void = (error) => {
    throw error;
  };

  /** Up to `readyHead` null: what has been resumed is not kept for as long as others come before the list is empty. */
  private ready: (Waiter<unknown> | null)[] = [];
  private readyHead = 0;
  private readonly timers: Timer[] = [];
  private timerSeq = 0;
  private horizon = Number.POSITIVE_INFINITY;
  private stepLimit = Number.POSITIVE_INFINITY;
  private stopWhen: (() => boolean) | null = null;
  private halted = false;
  private finish: ((outcome: RunOutcome) => void) | null = null;
  private host: HostHooks | null = null;
  private sinceSliceCheck = 0;
  private arrivals: (() => void)[] = [];
  /** What is to be done before time passes. */
  private closing: (() => void)[] = [];

  /**
   * Starts a strand; it first runs when the scheduler gets to it. `before` is waited for first: a function that called
   * one after the other would stay in memory for as long as the second takes.
   */
  go(group: StrandGroup, name: string, body: () => Promise<unknown>, before?: () => Promise<unknown>): void {
    const waiter = new Waiter<void>(this, { group, name });
    const begin = (): void => {
      try {
        body().then(this.ended, this.threw);
      } catch (error) {
        this.threw(error);
      }
    };
    // Not where it is dispatched: what it does until it waits would lie on top of whoever waited last, as deep as strands
    // begin one after the other (a fork bomb).
    waiter.resolve = () => void STARTS.then(before === undefined ? begin : () => void before().then(begin, this.threw));
    waiter.wake(undefined);
  }

  /** Parks the current strand until its waiter is woken. `register` must store the waiter and not park. */
  park<T>(register: (waiter: Waiter<T>) => void): Promise<T> {
    const waiter = this.newWaiter<T>();
    register(waiter);
    return this.parkUntil(waiter);
  }

  /** A waiter for the current strand, which must put it where it will be woken and then `parkUntil` it. */
  newWaiter<T>(): Waiter<T> {
    return new Waiter<T>(this, this.runningStrand());
  }

  runningStrand(): Strand {
    if (this.current === null) throw new Error('park outside a strand: something awaited a foreign promise');
    return this.current;
  }

  /** Parks the current strand, whose waiter this is. */
  parkUntil<T>(waiter: Waiter<T> | RetryingWaiter<T>): Promise<T> {
    const promise = new Promise<T>(keepResolve);
    waiter.resolve = resolveLast as (value: unknown) => void;
    // It may have been woken already.
    if (!waiter.settled) waiter.park();
    this.current = null;
    this.dispatch();
    return promise;
  }

  /** The current strand never runs again (its process exited, was replaced or killed itself). */
  parkForever(): Promise<never> {
    if (this.current !== null) {
      this.current = null;
      this.dispatch();
    }
    return new Promise<never>(noop);
  }

  sleep(durationNs: number): Promise<void> {
    const waiter = this.newWaiter<void>();
    this.at(this.now + durationNs, waiter);
    return this.parkUntil(waiter);
  }

  at(time: number, fire: (() => void) | Waiter<void>): Timer {
    const timer: Timer = { time: time < this.now ? this.now : time, seq: this.timerSeq++, fire };
    heapPush(this.timers, timer);
    return timer;
  }

  cancel(timer: Timer): void {
    timer.fire = null;
  }

  /** For what everything that happens at one moment has its part in: once, when that is all. */
  beforeTimePasses(settle: () => void): void {
    this.closing.push(settle);
  }

  enqueue(waiter: Waiter<unknown>): void {
    this.ready.push(waiter);
  }

  /** Lets a stopped group's strands run again (SIGCONT, thaw). */
  resumeGroup(group: StrandGroup): void {
    group.stopped = false;
    const held = group.held ?? [];
    group.held = null;
    for (const waiter of held) this.enqueue(waiter);
  }

  /** Time of the next live timer, or null. */
  nextTimerTime(): number | null {
    const { closing } = this;
    if (closing.length === 1) (closing.pop() as () => void)();
    else if (closing.length > 1) {
      this.closing = [];
      for (const settle of closing) settle();
    }
    for (let top = this.timers[0]; top !== undefined; top = this.timers[0]) {
      if (top.fire !== null) return top.time;
      heapPop(this.timers);
    }
    return null;
  }

  /**
   * For what comes in from outside: at once if no strand is in the middle of a step, else when that step is over. A
   * strand can be met in the middle of one only while it awaits a foreign promise (a chunk of code being fetched).
   */
  betweenSteps(apply: () => void): void {
    if (this.current === null) apply();
    else this.arrivals.push(apply);
  }

  /** Nothing runs any more, from the next step on. */
  halt(): void {
    this.halted = true;
  }

  get running(): boolean {
    return this.finish !== null;
  }

  /**
   * Runs until nothing is ready and no timer is due at or before `horizon` (then the clock stands at the horizon if
   * it is finite), or `stopWhen` holds, or `maxSteps` more steps were made.
   */
  run(options: {
    horizon?: number;
    stopWhen?: () => boolean;
    maxSteps: number;
    host?: HostHooks;
  }): Promise<RunOutcome> {
    if (this.finish !== null) throw new Error('the scheduler is already running');
    this.horizon = options.horizon ?? Number.POSITIVE_INFINITY;
    this.stepLimit = this.steps + options.maxSteps;
    this.stopWhen = options.stopWhen ?? null;
    this.host = options.host ?? null;
    return new Promise<RunOutcome>((resolve) => {
      this.finish = resolve;
      this.dispatch();
    });
  }

  // One function each for all strands. Who ends or throws is the one that runs: no other gets as far.
  private readonly ended = (): void => {
    this.current = null;
    this.dispatch();
  };

  private readonly threw = (error: unknown): void => {
    const strand = this.runningStrand();
    if (strand.group.owner !== undefined) strand.group.owner.threw(error);
    else this.onCrash(error, strand);
    this.ended();
  };

  private done(outcome: RunOutcome): void {
    const finish = this.finish;
    this.finish = null;
    finish?.(outcome);
  }

  private dispatch(): void {
    if (this.finish === null) return;
    for (;;) {
      if (this.arrivals.length > 0) for (const apply of this.arrivals.splice(0)) apply();
      if (this.halted || this.stopWhen?.()) return this.done('stopped');
      if (this.host !== null && ++this.sinceSliceCheck >= STEPS_BETWEEN_SLICE_CHECKS) {
        this.sinceSliceCheck = 0;
        if (this.host.sliceUsed()) {
          this.host.yieldToHost(() => this.dispatch());
          return;
        }
      }
      const waiter = this.ready[this.readyHead];
      if (waiter !== undefined && waiter !== null) {
        if (this.steps >= this.stepLimit) return this.done('step-limit');
        this.steps++;
        this.ready[this.readyHead++] = null;
        if (this.readyHead > 1024 && this.readyHead * 2 > this.ready.length) {
          this.ready = this.ready.slice(this.readyHead);
          this.readyHead = 0;
        }
        const group = waiter.strand.group;
        if (group.dead) continue;
        if (group.stopped) {
          group.held ??= [];
          group.held.push(waiter);
          continue;
        }
        this.current = waiter.strand;
        if (waiter.resume()) return;
        this.current = null;
        continue;
      }
      if (this.readyHead > 0) {
        this.ready = [];
        this.readyHead = 0;
      }
      const time = this.nextTimerTime();
      if (time === null || time > this.horizon) {
        if (Number.isFinite(this.horizon) && this.horizon > this.now) this.now = this.horizon;
        return this.done(time === null ? 'idle' : 'horizon');
      }
      const timer = heapPop(this.timers);
      if (timer === undefined || timer.fire === null) continue;
      if (timer.time > this.now) this.now = timer.time;
      this.steps++;
      if (typeof timer.fire === 'function') timer.fire();
      else timer.fire.wake(undefined);
    }
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.time < b.time || (a.time === b.time && a.seq < b.seq);
}

function heapPush(heap: Timer[], timer: Timer): void {
  let i = heap.length;
  heap.push(timer);
  while (i > 0) {
    const up = (i - 1) >> 1;
    const parent = heap[up] as Timer;
    if (!before(timer, parent)) break;
    heap[i] = parent;
    i = up;
  }
  heap[i] = timer;
}

function heapPop(heap: Timer[]): Timer | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (top === undefined || last === undefined || heap.length === 0) return top;
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= heap.length) break;
    const right = heap[child + 1];
    if (right !== undefined && before(right, heap[child] as Timer)) child++;
    const least = heap[child] as Timer;
    if (!before(least, last)) break;
    heap[i] = least;
    i = child;
  }
  heap[i] = last;
  return top;
}
