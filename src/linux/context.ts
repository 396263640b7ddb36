/**
 * The explicit first argument of everything a simulated program does, as in Go: which process this is, which kernel
 * answers its system calls, which span its work belongs to, and whether it has been cancelled.
 */

import type { Random } from '../sim/random.ts';
import type { Scheduler, StrandGroup } from '../sim/scheduler.ts';
import type { Layer, SpanId, Trace } from '../sim/trace.ts';
import { Cancellation } from './cancellation.ts';
import type { Process } from './process.ts';
import { tracedSleep } from './syscall-entry.ts';
import type { Syscalls } from './syscalls.ts';

type Values = { readonly key: symbol; readonly value: unknown; readonly outer: Values | null };

export class Context {
  readonly sys: Syscalls;
  readonly process: Process;
  readonly span: SpanId;
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  /** Strands started through this context die with this group (the program image of the process). */
  readonly group: StrandGroup;
  /** Virtual time at which calls made with this context should give up, or null. */
  readonly deadline: number | null;
  /** Of the call that this is done for, or null: then it is done to its end. */
  readonly cancellation: Cancellation | null;
  /** What else goes with the call, innermost first. */
  private readonly values: Values | null;

  constructor(
    sys: Syscalls,
    process: Process,
    group: StrandGroup,
    scheduler: Scheduler,
    trace: Trace,
    span: SpanId,
    deadline: number | null,
    cancellation: Cancellation | null = null,
    values: Values | null = null,
  ) {
    this.sys = sys;
    this.process = process;
    this.group = group;
    this.scheduler = scheduler;
    this.trace = trace;
    this.span = span;
    this.deadline = deadline;
    this.cancellation = cancellation;
    this.values = values;
  }

  /** Virtual ns since boot (CLOCK_MONOTONIC). */
  get now(): number {
    return this.scheduler.now;
  }

  /** Virtual wall clock, ns since 1970 (CLOCK_REALTIME). */
  get wallTime(): bigint {
    return this.sys.wallTime();
  }

  get random(): Random {
    return this.process.random;
  }

  sleep(durationNs: number): Promise<void> {
    if (this.process.tracer !== null) return tracedSleep(this, durationNs);
    return this.scheduler.sleep(durationNs);
  }

  /** Spends CPU time: the only way to do so. Shares the node's cores with everything else that is running. */
  cpu(durationNs: number): Promise<void> {
    return this.sys.cpu(this, durationNs);
  }

  /** Starts a concurrent strand (a goroutine or thread of this process). */
  go(name: string, body: (ctx: Context) => Promise<unknown>): void {
    this.scheduler.go(this.group, name, () => body(this));
  }

  withSpan(span: SpanId): Context {
    return this.changed(span, this.deadline, this.cancellation, this.values);
  }

  withDeadline(deadline: number | null): Context {
    return this.changed(this.span, deadline, this.cancellation, this.values);
  }

  withCancellation(cancellation: Cancellation | null): Context {
    return this.changed(this.span, this.deadline, cancellation, this.values);
  }

  /** A context of its own for a part of the work, and how to give that part up. */
  cancellable(): { ctx: Context; cancel: () => void } {
    const cancellation = new Cancellation(this.cancellation);
    return { ctx: this.withCancellation(cancellation), cancel: () => cancellation.cancel() };
  }

  withValue(key: symbol, value: unknown): Context {
    const values = { key, value, outer: this.values };
    return this.changed(this.span, this.deadline, this.cancellation, values);
  }

  value(key: symbol): unknown {
    for (let at = this.values; at !== null; at = at.outer) if (at.key === key) return at.value;
    return undefined;
  }

  private changed(
    span: SpanId,
    deadline: number | null,
    cancellation: Cancellation | null,
    values: Values | null,
  ): Context {
    const { sys, process, group, scheduler, trace } = this;
    return new Context(sys, process, group, scheduler, trace, span, deadline, cancellation, values);
  }

  /** Runs `body` inside a child span, closed with the error if it throws. */
  async spanned<T>(
    name: string,
    layer: Layer | null,
    body: (ctx: Context) => Promise<T>,
    attributes?: Record<string, string>,
  ): Promise<T> {
    const span = this.trace.startSpan(this.span, this.process.pid, name, layer, attributes);
    try {
      const value = await body(this.withSpan(span));
      this.trace.endSpan(span, this.process.pid);
      return value;
    } catch (error) {
      this.trace.endSpan(span, this.process.pid, String((error as { message?: unknown }).message ?? error));
      throw error;
    }
  }
}
