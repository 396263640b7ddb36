/**
 * Where every system call enters the kernel. Whoever watches a process sees it here: the filters that it runs under
 * (seccomp) decide first, its tracer (ptrace) is told of the call and of its result.
 * @models Linux 6.12 kernel/entry/common.c @fidelity partial: a tracer looks on, it changes nothing of what it traces
 */

import type { WaitQueue } from '../sim/primitives.ts';
import type { Context } from './context.ts';
import { Errno } from './errno.ts';
import type { Process } from './process.ts';
import { passesFilters, screen } from './seccomp.ts';
import type { Signal } from './signals.ts';
import type { Syscalls } from './syscalls.ts';

/** What a tracer is told, in the order in which it happens. Pids are those of the tracer's pid namespace. */
export type TraceStop = {
  readonly pid: number;
  readonly time: number;
} /** `nextFd` is the lowest descriptor that is free. */ & (
  | { kind: 'enter'; call: number; method: string; args: readonly unknown[]; nextFd: number }
  | { kind: 'leave'; call: number; result: unknown; error: Errno | null }
  | { kind: 'exec'; path: string; argv: readonly string[]; env: number }
  | { kind: 'new'; parent: number }
  | { kind: 'signal'; signal: Signal; from: number; uid: number }
  | { kind: 'exit'; code: number; signal: Signal | null }
);

export type Tracer = {
  readonly process: Process;
  /** Children are traced as well. */
  readonly follow: boolean;
  readonly listener: TraceListener;
  /** Traced strands that wait to go on. */
  readonly stopped: WaitQueue<void>;
};

/** What is traced goes on when `resume` is called, or its tracer has ended. */
export type TraceListener = (stop: TraceStop, resume: () => void) => void;

/** Not calls of the kernel: reading the clock goes by the vDSO, and time on a CPU is no call at all. */
export const NO_CALLS: readonly string[] = ['wallTime', 'uptimeNs', 'cpu'];

// Calls have five arguments at most beside the context; passing them one by one costs next to nothing.
type AnyCall = (ctx: Context, a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown) => unknown;

function isWatched({ tracer, seccomp }: Process, method: string): boolean {
  return tracer !== null || (seccomp.length > 0 && !passesFilters(seccomp, method));
}

export function withEntry(sys: Syscalls): Syscalls {
  const entries = Object.entries(sys).map(([method, call]) => {
    if (NO_CALLS.includes(method)) return [method, call];
    const perform = call as AnyCall;
    if (IMMEDIATE.has(method)) {
      const enter: AnyCall = (ctx, a, b, c, d, e) =>
        isWatched(ctx.process, method) ? watched(method, perform, ctx, [a, b, c, d, e]) : perform(ctx, a, b, c, d, e);
      return [method, enter];
    }
    // Whatever is wrong with it, a call that may wait says so through its promise.
    const promise: AnyCall = (ctx, a, b, c, d, e) => {
      try {
        const { tracer, seccomp } = ctx.process;
        if (tracer === null && (seccomp.length === 0 || passesFilters(seccomp, method)))
          return perform(ctx, a, b, c, d, e);
        return watched(method, perform, ctx, [a, b, c, d, e]);
      } catch (error) {
        return rejected(error);
      }
    };
    return [method, promise];
  });
  return Object.fromEntries(entries) as Syscalls;
}

/**
 * A call that has failed. Rejected only when its caller waits for it: engines keep account of every promise that is
 * rejected before anybody does, and programs look for what is not there all the time.
 */
async function rejected(error: unknown): Promise<never> {
  await undefined;
  throw error;
}

/** What somebody outside of the machine is told who watches its calls; `call` numbers are of one watch. */
export type CallStop = Extract<TraceStop, { kind: 'enter' | 'leave' }>;

/**
 * Tells of every call that enters this kernel from now on, by whichever process, without its taking any longer or
 * happening in another order. Pids are those of the trace. For machines that are made again only to be looked at.
 */
export function watchCalls(sys: Syscalls, told: (ctx: Context, stop: CallStop) => void): void {
  const calls = sys as unknown as Record<string, AnyCall>;
  let count = 0;
  for (const [method, perform] of Object.entries(calls)) {
    if (NO_CALLS.includes(method)) continue;
    calls[method] = (ctx, ...args) => {
      const { pid, descriptors } = ctx.process;
      const call = ++count;
      told(ctx, { kind: 'enter', pid, time: ctx.now, call, method, args, nextFd: descriptors.free() });
      const leave = (result: unknown, error: Errno | null): void =>
        told(ctx, { kind: 'leave', pid, time: ctx.now, call, result, error });
      const fail = (error: unknown): void => {
        if (error instanceof Errno) leave(null, error);
      };
      try {
        const result = perform(ctx, ...args);
        // The caller waits for the very promise that it would have without us.
        if (result instanceof Promise) result.then((value: unknown) => leave(value, null), fail);
        else leave(result, null);
        return result;
      } catch (error) {
        fail(error);
        throw error;
      }
    };
  }
}

/** Calls that do not wait answer at once, also with an error. */
export const IMMEDIATE: ReadonlySet<string> = new Set([
  'sigaction',
  'getpid',
  'getppid',
  'getsid',
  'getpgid',
  'setSubreaper',
  'setParentDeathSignal',
  'setComm',
  'setTitle',
  'setNoNewPrivileges',
  'getrlimit',
  'getrusage',
  'setrlimit',
  'setOomScoreAdj',
  'peerPid',
  'senderPid',
  'socketAddress',
]);

function watched(method: string, perform: AnyCall, ctx: Context, args: unknown[]): unknown {
  const { process } = ctx;
  const immediate = IMMEDIATE.has(method);
  const call = (): unknown => {
    if (immediate || process.seccomp.length === 0) return perform(ctx, ...args);
    return screen(ctx, method, args).then(() => perform(ctx, ...args));
  };
  const { tracer } = process;
  if (tracer === null) return call();
  if (!tracer.process.alive) {
    process.tracer = null;
    return call();
  }
  return immediate ? told(tracer, method, call, ctx, args) : toldLater(tracer, method, call, ctx, args);
}

/** Sleeping is no call of the surface, but one of the kernel's. */
export function tracedSleep(ctx: Context, durationNs: number): Promise<void> {
  const { tracer } = ctx.process;
  const sleep = (): Promise<void> => ctx.scheduler.sleep(durationNs);
  if (tracer === null || !tracer.process.alive) return sleep();
  return toldLater(tracer, 'sleep', sleep, ctx, [durationNs]) as Promise<void>;
}

async function toldLater(
  tracer: Tracer,
  method: string,
  call: () => unknown,
  ctx: Context,
  args: unknown[],
): Promise<unknown> {
  const { process } = ctx;
  const number = ++process.tracedCalls;
  await stopAt(process, tracer, { kind: 'enter', call: number, method, args, nextFd: process.descriptors.free() });
  const leave = async (result: unknown, error: Errno | null): Promise<void> => {
    if (process.tracer === tracer) await stopAt(process, tracer, { kind: 'leave', call: number, result, error });
  };
  let result: unknown;
  try {
    result = await (call() as Promise<unknown>);
  } catch (error) {
    if (error instanceof Errno) await leave(null, error);
    throw error;
  }
  await leave(result, null);
  return result;
}

async function stopAt(process: Process, tracer: Tracer, what: Telling): Promise<void> {
  let resumed = false;
  tell(process, tracer, what, () => {
    resumed = true;
    tracer.stopped.wakeAll();
  });
  while (!resumed && tracer.process.alive) await tracer.stopped.wait();
}

function told(tracer: Tracer, method: string, call: () => unknown, ctx: Context, args: unknown[]): unknown {
  const { process } = ctx;
  const number = ++process.tracedCalls;
  tell(process, tracer, { kind: 'enter', call: number, method, args, nextFd: process.descriptors.free() });
  const leave = (result: unknown, error: Errno | null): void =>
    tell(process, tracer, { kind: 'leave', call: number, result, error });
  try {
    const result = call();
    leave(result, null);
    return result;
  } catch (error) {
    if (error instanceof Errno) leave(null, error);
    throw error;
  }
}

type Telling = TraceStop extends infer S ? (S extends TraceStop ? Omit<S, 'pid' | 'time'> : never) : never;

function tell(process: Process, tracer: Tracer, what: Telling, resume: () => void = goOn): void {
  const pid = process.pidIn(tracer.process.namespaces.pid);
  tracer.listener({ pid, time: process.kernel.scheduler.now, ...what } as TraceStop, resume);
}

function goOn(): void {}

/** For what happens to a process beside its calls. */
export function tellTracer(process: Process, what: Telling): void {
  const { tracer } = process;
  if (tracer?.process.alive) tell(process, tracer, what);
}

/** A child is traced with its parent if the tracer follows. */
export function inheritTracer(child: Process, parent: Process): void {
  const { tracer } = parent;
  if (tracer === null || !tracer.follow || !tracer.process.alive) return;
  child.tracer = tracer;
  tellTracer(child, { kind: 'new', parent: parent.pidIn(tracer.process.namespaces.pid) });
}

export function tracerOf(process: Process): Process | null {
  return process.tracer?.process.alive ? process.tracer.process : null;
}

/** What it traces goes on without it. */
export function releaseTraced(process: Process): void {
  process.tracing?.stopped.wakeAll();
  process.tracing = null;
}
