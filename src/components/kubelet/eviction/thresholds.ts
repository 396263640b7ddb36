/**
 * When the node counts as short of something: what the configuration says, and what there is.
 * @models kubernetes 1.36 pkg/kubelet/eviction/helpers.go (ParseThresholdConfig, makeSignalObservations, byEvictionPriority)
 * @fidelity partial: one filesystem for everything; no kernel notification
 */
import { parseDuration } from '../../../go/duration.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readFile } from '../../../linux/io.ts';
import { formatQuantity, quantityValue } from '../../../protocols/kube/quantity.ts';
import type { KubeletConfig } from '../config.ts';

export type Pressure = { readonly memory: boolean; readonly disk: boolean; readonly pid: boolean };
export const NO_PRESSURE: Pressure = { memory: false, disk: false, pid: false };

/** In the order in which they are dealt with: memory before everything. */
const SIGNALS = [
  'memory.available',
  'allocatableMemory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'pid.available',
] as const;
export type Signal = (typeof SIGNALS)[number];

export function isSignal(name: string): name is Signal {
  return (SIGNALS as readonly string[]).includes(name) || name.startsWith('containerfs.');
}

/** What is short when a signal says so, as messages call it. */
export type Resource = 'memory' | 'ephemeral-storage' | 'inodes' | 'pids';

export const RESOURCES: Readonly<Record<Signal, Resource>> = {
  'memory.available': 'memory',
  'allocatableMemory.available': 'memory',
  'nodefs.available': 'ephemeral-storage',
  'nodefs.inodesFree': 'inodes',
  'imagefs.available': 'ephemeral-storage',
  'imagefs.inodesFree': 'inodes',
  'pid.available': 'pids',
};

export const CONDITIONS: Readonly<Record<Resource, keyof Pressure>> = {
  memory: 'memory',
  'ephemeral-storage': 'disk',
  inodes: 'disk',
  pids: 'pid',
};

/** `value` is an amount or a percentage of the capacity; `graceNs` is 0 for a hard one. */
export type Threshold = { signal: Signal; value: string; graceNs: number; reclaim: string };
export type Observation = { available: number; capacity: number };
/** One that is met, with the amounts as messages show them. */
export type Met = { threshold: Threshold; quantity: string; available: string };

export function thresholdsOf(config: KubeletConfig): Threshold[] {
  const { evictionHard, evictionSoft, evictionSoftGracePeriod, evictionMinimumReclaim } = config;
  const thresholds: Threshold[] = [];
  const add = (signal: Signal, value: string | undefined, graceNs: number): void => {
    // Zero and 100 % say: never.
    if (value === undefined || value === '100%' || Number.parseFloat(value) === 0) return;
    thresholds.push({ signal, value, graceNs, reclaim: evictionMinimumReclaim[signal] ?? '0' });
  };
  for (const signal of SIGNALS) {
    // What pods may use together is defended like the memory of the node.
    add(signal, evictionHard[signal === 'allocatableMemory.available' ? 'memory.available' : signal], 0);
    const grace = parseDuration(evictionSoftGracePeriod[signal] ?? '0');
    add(signal, evictionSoft[signal], grace.ok ? grace.ns : 0);
  }
  return thresholds;
}

function amountOf(value: string, capacity: number): number {
  return value.endsWith('%') ? Math.floor((capacity * Number.parseFloat(value)) / 100) : quantityValue(value);
}

/** Those that are met; with `reclaiming`, also those that are short of what should have been won back. */
export function metOf(
  thresholds: readonly Threshold[],
  observed: ReadonlyMap<Signal, Observation>,
  reclaiming: boolean,
): Met[] {
  const met: Met[] = [];
  for (const threshold of thresholds) {
    const one = observed.get(threshold.signal);
    if (one === undefined) continue;
    const { available, capacity } = one;
    const amount = amountOf(threshold.value, capacity);
    if (available >= amount + (reclaiming ? amountOf(threshold.reclaim, capacity) : 0)) continue;
    const resource = RESOURCES[threshold.signal];
    met.push({ threshold, quantity: shownAmount(amount, resource), available: shownAmount(available, resource) });
  }
  return met;
}

export function shownAmount(amount: number, resource: Resource): string {
  const isCount = resource === 'pids' || resource === 'inodes';
  return formatQuantity({ milli: BigInt(Math.floor(amount)) * 1000n, format: isCount ? 'DecimalSI' : 'BinarySI' });
}

/** `pods` is the cgroup of all pods, an absolute path. */
export async function observe(ctx: Context, pods: string): Promise<Map<Signal, Observation>> {
  const memory = await readFile(ctx, '/proc/meminfo');
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? 0) * 1024;
  const { blocks, blocksFree, blockSize, files, filesFree } = await ctx.sys.statfs(ctx, '/');
  const space = { available: blocksFree * blockSize, capacity: blocks * blockSize };
  const inodes = { available: filesFree, capacity: files };
  const pids = Number((await readFile(ctx, '/proc/sys/kernel/pid_max')).trim());
  const running = Number((await readFile(ctx, '/proc/loadavg')).split(' ')[3]?.split('/')[1] ?? 0);
  const observed = new Map<Signal, Observation>([
    ['memory.available', { available: bytes('MemAvailable'), capacity: bytes('MemTotal') }],
    ['nodefs.available', space],
    ['nodefs.inodesFree', inodes],
    ['imagefs.available', space],
    ['imagefs.inodesFree', inodes],
    ['pid.available', { available: pids - running, capacity: pids }],
  ]);
  const [limit, used] = [await numberAt(ctx, `${pods}/memory.max`), await numberAt(ctx, `${pods}/memory.current`)];
  if (limit !== null && used !== null)
    observed.set('allocatableMemory.available', { available: limit - used, capacity: limit });
  return observed;
}

/** Null where there is no such file or no number in it. */
export async function numberAt(ctx: Context, path: string): Promise<number | null> {
  try {
    const text = (await readFile(ctx, path)).trim();
    return /^\d+$/.test(text) ? Number(text) : null;
  } catch (error) {
    if (!isErrno(error)) throw error;
    return null;
  }
}
