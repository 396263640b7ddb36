/**
 * The explicit first argument of everything a simulated program does, as in Go: which process this is, which kernel
 * answers its system calls, which span its work belongs to, and whether it has been cancelled.
 */

import type { Random } from '../sim/random.ts';
import type { Scheduler, StrandGroup } from '../sim/scheduler.ts';
import type { Layer, SpanId, Trace } from '../sim/trace.ts';
import type { Process } from './process.ts';
import { tracedSleep } from './syscall-entry.ts';
import type { Syscalls } from './syscalls.ts';

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

  constructor(
    sys: Syscalls,
    process: Process,
    group: StrandGroup,
    scheduler: Scheduler,
    trace: Trace,
    span: SpanId,
    deadline: number | null,
  ) {
    this.sys = sys;
    this.process = process;
    this.group = group;
    this.scheduler = scheduler;
    this.trace = trace;
    this.span = span;
    this.deadline = deadline;
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
    if (this.process.watch !== null) return tracedSleep(this, durationNs);
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
    return new Context(this.sys, this.process, this.group, this.scheduler, this.trace, span, this.deadline);
  }

  withDeadline(deadline: number | null): Context {
    return new Context(this.sys, this.process, this.group, this.scheduler, this.trace, this.span, deadline);
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
