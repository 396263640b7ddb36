/** Statistics of a container's cgroup for the Stats RPC. @models containerd/cgroups v3 cgroup2/manager.go Stat @fidelity partial: no io, hugetlb or pressure figures */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readFile } from '../../../linux/io.ts';
import { Metrics } from '../../../protocols/cgroups/v2/generated.ts';

export async function cgroupMetrics(ctx: Context, directory: string): Promise<{ typeUrl: string; value: Uint8Array }> {
  const cpu = await keyed(ctx, `${directory}/cpu.stat`);
  const memory = await keyed(ctx, `${directory}/memory.stat`);
  const events = await keyed(ctx, `${directory}/memory.events`);
  const at = (map: ReadonlyMap<string, bigint>, key: string): bigint => map.get(key) ?? 0n;
  const fields = [
    'anon',
    'file',
    'kernel_stack',
    'slab',
    'sock',
    'shmem',
    'file_mapped',
    'file_dirty',
    'file_writeback',
    'anon_thp',
    'inactive_anon',
    'active_anon',
    'inactive_file',
    'active_file',
    'unevictable',
    'slab_reclaimable',
    'slab_unreclaimable',
    'pgfault',
    'pgmajfault',
  ] as const;
  const memoryStat: Record<string, bigint> = {};
  for (const name of fields)
    memoryStat[name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())] = at(memory, name);
  const value = Metrics.encode({
    pids: {
      current: await single(ctx, `${directory}/pids.current`),
      limit: await single(ctx, `${directory}/pids.max`, 0n),
    },
    cpu: {
      usageUsec: at(cpu, 'usage_usec'),
      userUsec: at(cpu, 'user_usec'),
      systemUsec: at(cpu, 'system_usec'),
      nrPeriods: at(cpu, 'nr_periods'),
      nrThrottled: at(cpu, 'nr_throttled'),
      throttledUsec: at(cpu, 'throttled_usec'),
    },
    memory: {
      ...memoryStat,
      usage: await single(ctx, `${directory}/memory.current`),
      usageLimit: await single(ctx, `${directory}/memory.max`),
      swapUsage: await single(ctx, `${directory}/memory.swap.current`),
      swapLimit: await single(ctx, `${directory}/memory.swap.max`),
      maxUsage: await single(ctx, `${directory}/memory.peak`),
    },
    memoryEvents: {
      low: at(events, 'low'),
      high: at(events, 'high'),
      max: at(events, 'max'),
      oom: at(events, 'oom'),
      oomKill: at(events, 'oom_kill'),
    },
  });
  return { typeUrl: Metrics.typeName, value };
}

const UNLIMITED = 18_446_744_073_709_551_615n;

async function single(ctx: Context, path: string, unlimited = UNLIMITED): Promise<bigint> {
  const text = await readOrEmpty(ctx, path);
  if (text === '') return 0n;
  return text === 'max' ? unlimited : BigInt(text);
}

export async function keyed(ctx: Context, path: string): Promise<Map<string, bigint>> {
  const map = new Map<string, bigint>();
  for (const line of (await readOrEmpty(ctx, path)).split('\n')) {
    const [key, value] = line.split(' ');
    if (key !== undefined && value !== undefined && /^\d+$/.test(value)) map.set(key, BigInt(value));
  }
  return map;
}

async function readOrEmpty(ctx: Context, path: string): Promise<string> {
  try {
    return (await readFile(ctx, path)).trim();
  } catch (error) {
    if (isErrno(error)) return '';
    throw error;
  }
}
