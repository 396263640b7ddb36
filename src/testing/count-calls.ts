/** A process that ends at the n-th of its system calls. */
import type { Context } from '../linux/context.ts';
import type { Process } from '../linux/process.ts';
import type { BootedNode } from './boot.ts';

/** No system calls. */
const UNCOUNTED = ['wallTime', 'cpu'];

export type CallCount = { calls: number; endAt: number };

/**
 * Counts the system calls of processes of that name from now on, on the kernel that runs now; instead of the one
 * numbered `endAt` happens what `end` does, by default its death by SIGKILL.
 */
export function countCalls(
  node: BootedNode,
  comms: readonly string[] | ((comm: string) => boolean),
  end: ((process: Process) => void) | null = null,
): CallCount {
  const state: CallCount = { calls: 0, endAt: Number.POSITIVE_INFINITY };
  const { kernel } = node.machine;
  const counts = typeof comms === 'function' ? comms : (comm: string) => comms.includes(comm);
  const calls = kernel.sys as unknown as Record<string, unknown>;
  /** Those that were seen to take their time: on this node, so that what ran before in this process is of no account. */
  const waits = new Set<string>();
  for (const name of methodsOf(calls)) {
    const original = calls[name] as (...args: unknown[]) => unknown;
    if (UNCOUNTED.includes(name)) continue;
    calls[name] = function counted(this: unknown, ...args: unknown[]): unknown {
      const { process } = (args[0] as Partial<Context> | undefined) ?? {};
      if (
        process !== undefined &&
        process.alive &&
        waits.has(name) &&
        counts(process.comm) &&
        ++state.calls === state.endAt
      ) {
        if (end === null) kernel.deliver(process, 'SIGKILL', null);
        else end(process);
        // The dead do not wake.
        return kernel.scheduler.sleep(1);
      }
      const result = original.apply(this, args);
      if (result instanceof Promise) waits.add(name);
      return result;
    };
  }
  return state;
}

function methodsOf(object: object): string[] {
  const names = new Set<string>();
  for (
    let at: object | null = object;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  )
    for (const name of Object.getOwnPropertyNames(at))
      if (name !== 'constructor' && typeof (object as Record<string, unknown>)[name] === 'function') names.add(name);
  return [...names];
}
