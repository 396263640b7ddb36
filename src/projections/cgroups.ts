/** What cgroups hold, added up from their processes, and the files in memory that these wrote, as the kernel does. */
import { kernelOfPid } from '../sim/trace.ts';
import { onKernel } from './fold.ts';
import type { NodeView } from './node-view.ts';

export type CgroupUsage = { readonly memoryBytes: number; readonly pids: number };

/** By the key of the view's cgroups: memory.current and pids.current, those below included. */
export function cgroupUsage(view: NodeView): Map<string, CgroupUsage> {
  const usage = new Map<string, { memoryBytes: number; pids: number }>();
  const add = (kernel: number, cgroup: string, memoryBytes: number, pids: number): void => {
    for (let path = cgroup; ; path = path.slice(0, path.lastIndexOf('/')) || '/') {
      const key = onKernel(kernel, path);
      const sum = usage.get(key);
      if (sum === undefined) usage.set(key, { memoryBytes, pids });
      else {
        sum.memoryBytes += memoryBytes;
        sum.pids += pids;
      }
      if (path === '/') break;
    }
  };
  for (const process of view.processes.values()) {
    if (process.reaped) continue;
    const charged = process.exitedAt === null ? Math.max(0, process.rssBytes - process.fileBytes) : 0;
    add(kernelOfPid(process.pid), process.cgroup, charged, process.threads);
  }
  for (const { kernel, path, shmemBytes = 0 } of view.cgroups.values())
    if (shmemBytes > 0) add(kernel, path, shmemBytes, 0);
  return usage;
}

export type Limits = {
  /** null: no limit. */
  readonly memoryMax: number | null;
  /** Cores; null: no limit. */
  readonly cpuMax: number | null;
  /** 1 to 10,000; the kernel's 100 where nothing was written. */
  readonly cpuWeight: number;
};

export function limitsOf(files: Readonly<Record<string, string>>): Limits {
  const memory = files['memory.max']?.trim() ?? 'max';
  const [quota = 'max', period = '100000'] = (files['cpu.max'] ?? 'max').trim().split(/\s+/);
  return {
    memoryMax: memory === 'max' ? null : Number(memory),
    cpuMax: quota === 'max' ? null : Number(quota) / Number(period),
    cpuWeight: Number(files['cpu.weight'] ?? 100),
  };
}
