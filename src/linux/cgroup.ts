/**
 * The cgroup v2 tree. Files are generated from this state; writes to them change it.
 * @models Linux 6.12 kernel/cgroup, mm/memcontrol.c @fidelity partial: io and hugetlb are accepted and not applied
 */
import { errno } from './errno.ts';
import type { Process } from './process.ts';

export const CONTROLLERS = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids', 'rdma', 'misc'] as const;

export class Cgroup {
  readonly name: string;
  readonly parent: Cgroup | null;
  readonly id: number;
  readonly children = new Map<string, Cgroup>();
  readonly processes = new Set<Process>();
  cpuWeight = 100;
  /** quota µs or null for max, period µs */
  cpuMax: { quota: number | null; period: number } = { quota: null, period: 100_000 };
  memoryMax: number | null = null;
  memoryHigh: number | null = null;
  memoryLow = 0;
  memoryMin = 0;
  memorySwapMax: number | null = null;
  memoryOomGroup = false;
  memoryCurrent = 0;
  memoryPeak = 0;
  oomEvents = { low: 0, high: 0, max: 0, oom: 0, oomKill: 0, oomGroupKill: 0 };
  pidsMax: number | null = null;
  pidsPeak = 0;
  frozen = false;
  cpuUsageNs = 0;
  subtreeControl = new Set<string>();
  /** Values of files that are kept but have no effect (cpuset.cpus, io.weight …). */
  readonly inert = new Map<string, string>();
  readonly watchers = new Set<() => void>();
  /** Root of a guest kernel only: how much memory is in use has changed. */
  onCharge: (() => void) | null = null;

  constructor(name: string, parent: Cgroup | null, id: number) {
    this.name = name;
    this.parent = parent;
    this.id = id;
  }

  get path(): string {
    if (this.parent === null) return '/';
    const above = this.parent.path;
    return above === '/' ? `/${this.name}` : `${above}/${this.name}`;
  }

  /** Path as seen from a cgroup namespace's root. */
  pathFrom(root: Cgroup): string {
    if (root.parent === null) return this.path;
    let at: Cgroup | null = this;
    while (at !== null && at !== root) at = at.parent;
    if (at === root) return this.path.slice(root.path.length) || '/';
    // Outside the namespace: relative, as the kernel prints it.
    return `/..${this.path}`;
  }

  get controllers(): string[] {
    return this.parent === null ? [...CONTROLLERS] : CONTROLLERS.filter((c) => this.parent?.subtreeControl.has(c));
  }

  get populated(): boolean {
    if (this.processes.size > 0) return true;
    for (const child of this.children.values()) if (child.populated) return true;
    return false;
  }

  get effectivelyFrozen(): boolean {
    return this.frozen || (this.parent?.effectivelyFrozen ?? false);
  }

  chargeCpu(ns: number): void {
    for (let at: Cgroup | null = this; at !== null; at = at.parent) at.cpuUsageNs += ns;
  }

  chargeMemory(bytes: number): void {
    for (let at: Cgroup | null = this; at !== null; at = at.parent) {
      at.memoryCurrent += bytes;
      if (at.memoryCurrent > at.memoryPeak) at.memoryPeak = at.memoryCurrent;
      at.onCharge?.();
    }
  }

  /** The nearest cgroup at or above this one whose memory.max would be exceeded. */
  overLimit(): Cgroup | null {
    for (let at: Cgroup | null = this; at !== null; at = at.parent) {
      if (at.memoryMax !== null && at.memoryCurrent > at.memoryMax) return at;
    }
    return null;
  }

  get pidsCurrent(): number {
    let count = this.processes.size;
    for (const child of this.children.values()) count += child.pidsCurrent;
    return count;
  }

  checkFork(): void {
    for (let at: Cgroup | null = this; at !== null; at = at.parent) {
      if (at.pidsMax !== null && at.pidsCurrent >= at.pidsMax) throw errno('EAGAIN');
    }
  }

  /** Everyone in this cgroup and below. */
  *members(): Generator<Process> {
    yield* this.processes;
    for (const child of this.children.values()) yield* child.members();
  }

  changed(): void {
    for (let at: Cgroup | null = this; at !== null; at = at.parent) for (const watch of [...at.watchers]) watch();
  }
}
