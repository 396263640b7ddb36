/**
 * A cgroup as the CPU scheduler sees it: who wants to run in it and below, its weight among its siblings, and the
 * runtime that cpu.max leaves it in the current period.
 * @models Linux 6.12 kernel/sched/fair.c: task groups, CFS bandwidth control
 * @fidelity partial: runtime is one pool, not handed out to cores in slices; cpuset limits how many cores, not which
 */
import { Pressure } from './averages.ts';
import type { CpuJob } from './cpu.ts';

/** cpu.weight of a process among the child cgroups beside it (nice 0). */
const PROCESS_WEIGHT = 100;
/**
 * From nice -20 to 19: what 1024 is to nice 0. @models Linux 6.12 kernel/sched/core.c sched_prio_to_weight
 */
const NICE_WEIGHTS = [
  88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991,
  1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87, 70, 56, 45, 36, 29, 23, 18, 15,
];
const NICE_LEAST = 20;
const NICE_0 = 1024;

/** One of those that share what a group has. */
type Sharer = { readonly weight: number; readonly useful: number; readonly give: (cores: number) => void };

export type CpuStatistics = { periods: number; throttled: number; throttledNs: number };

export class CpuGroup {
  readonly parent: CpuGroup | null;
  weight = 100;
  /** How many cores cpuset.cpus leaves it, null for all. */
  coresMax: number | null = null;
  bandwidth: Bandwidth | null = null;
  /** Jobs of its own processes. */
  readonly own: CpuJob[] = [];
  /** How many of them are not of nice 0. */
  private niced = 0;
  /** Child groups that want to run and may. */
  private readonly active: CpuGroup[] = [];
  /** Jobs that want to run here and below, without those below a throttled group. */
  runnable = 0;
  /** Cores it has now. */
  cores = 0;
  /** While some of its jobs had to wait for a core, and while all of them had to because of cpu.max. */
  readonly some = new Pressure();
  readonly full = new Pressure();

  constructor(parent: CpuGroup | null) {
    this.parent = parent;
  }

  get throttled(): boolean {
    return this.bandwidth !== null && this.bandwidth.throttledSince !== null;
  }

  add(job: CpuJob): void {
    this.own.push(job);
    if (job.process.nice !== 0) this.niced++;
    this.adjust(1);
  }

  remove(job: CpuJob): void {
    if (!takeFrom(this.own, job)) return;
    if (job.process.nice !== 0) this.niced--;
    this.adjust(-1);
  }

  private adjust(by: number): void {
    for (let at: CpuGroup = this; ; ) {
      const before = at.runnable;
      at.runnable += by;
      const { parent } = at;
      if (parent === null || at.throttled) return;
      if (before === 0 && at.runnable > 0) parent.active.push(at);
      else if (before > 0 && at.runnable === 0) takeFrom(parent.active, at);
      at = parent;
    }
  }

  /** Takes its runnable jobs from the groups above, or gives them back. */
  setThrottled(since: number | null): void {
    const { bandwidth, parent, runnable } = this;
    if (bandwidth === null || parent === null || this.throttled === (since !== null)) return;
    bandwidth.throttledSince = since;
    if (since === null) {
      if (runnable > 0) parent.active.push(this);
      parent.adjust(runnable);
    } else {
      takeFrom(parent.active, this);
      parent.adjust(-runnable);
      this.stopAll();
    }
  }

  /** Time has passed: those that did not get what they could have used had to wait, and so had everything above. */
  stall(elapsedNs: number): boolean {
    const { active } = this;
    let waiting = this.cores < this.own.length || this.cores < this.runnable;
    for (let i = 0; i < active.length; i++) waiting = (active[i] as CpuGroup).stall(elapsedNs) || waiting;
    if (waiting) this.some.totalNs += elapsedNs;
    return waiting;
  }

  /** Of a throttled group: nobody in it ran, which is pressure on the groups above, too. */
  stallThrottled(elapsedNs: number): void {
    this.full.totalNs += elapsedNs;
    this.some.totalNs += elapsedNs;
  }

  private stopAll(): void {
    this.cores = 0;
    for (const job of this.own) job.rate = 0;
    for (const child of this.active) child.stopAll();
  }

  get coresUseful(): number {
    return this.coresMax === null ? this.runnable : Math.min(this.runnable, this.coresMax);
  }

  /** Shares this much among everyone below by weight, level by level; nobody gets more than it can use. */
  distribute(cores: number): void {
    this.cores = cores;
    if (this.niced > 0) {
      this.distributeByNice(cores);
      return;
    }
    const count = this.own.length;
    if (this.active.length === 0) {
      this.giveOwn(count === 0 ? 0 : Math.min(1, cores / count));
      return;
    }
    let open: readonly CpuGroup[] = this.active;
    let ownOpen = count > 0;
    let left = cores;
    let weights = ownOpen ? count * PROCESS_WEIGHT : 0;
    for (let i = 0; i < open.length; i++) weights += (open[i] as CpuGroup).weight;
    // Whoever cannot use its share leaves the rest to the others.
    for (let settled = true; settled; ) {
      const perWeight = left / weights;
      // Those that could use more, as soon as somebody could not.
      let rest: CpuGroup[] | null = null;
      for (let i = 0; i < open.length; i++) {
        const child = open[i] as CpuGroup;
        const useful = child.coresUseful;
        if (child.weight * perWeight < useful) {
          rest?.push(child);
          continue;
        }
        rest ??= open.slice(0, i);
        child.distribute(useful);
        left -= useful;
        weights -= child.weight;
      }
      settled = rest !== null;
      if (rest !== null) open = rest;
      if (ownOpen && PROCESS_WEIGHT * perWeight >= 1) {
        this.giveOwn(1);
        ownOpen = false;
        left -= count;
        weights -= count * PROCESS_WEIGHT;
        settled = true;
      }
      if (open.length === 0 && !ownOpen) return;
    }
    const perWeight = Math.max(0, left) / weights;
    for (let i = 0; i < open.length; i++) {
      const child = open[i] as CpuGroup;
      child.distribute(child.weight * perWeight);
    }
    if (ownOpen) this.giveOwn(PROCESS_WEIGHT * perWeight);
  }

  /** The same where its processes are not all alike. */
  private distributeByNice(cores: number): void {
    let open: Sharer[] = [];
    for (const child of this.active)
      open.push({ weight: child.weight, useful: child.coresUseful, give: (share) => child.distribute(share) });
    for (const job of this.own) {
      const weight = ((NICE_WEIGHTS[job.process.nice + NICE_LEAST] as number) * PROCESS_WEIGHT) / NICE_0;
      open.push({
        weight,
        useful: 1,
        give: (share) => {
          job.rate = share;
        },
      });
    }
    let left = cores;
    for (;;) {
      const perWeight = Math.max(0, left) / open.reduce((sum, { weight }) => sum + weight, 0);
      const rest = open.filter(({ weight, useful }) => weight * perWeight < useful);
      for (const one of open) {
        if (rest.length === open.length) one.give(one.weight * perWeight);
        else if (one.weight * perWeight >= one.useful) {
          one.give(one.useful);
          left -= one.useful;
        }
      }
      if (rest.length === 0 || rest.length === open.length) return;
      open = rest;
    }
  }

  /** Nobody has to wait: every runnable job gets a core. */
  distributeAll(): void {
    this.cores = this.runnable;
    this.giveOwn(1);
    const { active } = this;
    for (let i = 0; i < active.length; i++) (active[i] as CpuGroup).distributeAll();
  }

  private giveOwn(rate: number): void {
    const { own } = this;
    for (let i = 0; i < own.length; i++) (own[i] as CpuJob).rate = rate;
  }
}

/** False if it was not there. The others keep their order. */
export function takeFrom<T>(list: T[], item: T): boolean {
  // Who came last is mostly the first to go.
  const last = list.length - 1;
  if (last >= 0 && list[last] === item) {
    list.pop();
    return true;
  }
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}

/** What cpu.max says, and what is left of it. */
export class Bandwidth {
  quotaNs: number;
  periodNs: number;
  runtimeNs: number;
  /** When the next refill is due; null while nobody has run for a whole period. */
  periodEnd: number | null = null;
  throttledSince: number | null = null;
  readonly statistics: CpuStatistics;
  private used = false;

  constructor(quotaNs: number, periodNs: number, statistics: CpuStatistics) {
    this.quotaNs = quotaNs;
    this.periodNs = periodNs;
    this.runtimeNs = quotaNs;
    this.statistics = statistics;
  }

  charge(ns: number): void {
    this.runtimeNs -= ns;
    this.used = true;
  }

  /** Refills once for each period that has ended, until a throttled group may run again: then true. */
  refill(now: number): boolean {
    while (this.periodEnd !== null && now >= this.periodEnd) {
      const ended = this.periodEnd;
      this.statistics.periods++;
      if (this.throttledSince === null && !this.used) {
        this.periodEnd = null;
        return false;
      }
      this.used = false;
      this.periodEnd += this.periodNs;
      this.runtimeNs = Math.min(this.runtimeNs + this.quotaNs, this.quotaNs);
      if (this.throttledSince === null) continue;
      this.statistics.throttled++;
      if (this.runtimeNs <= 0) continue;
      this.statistics.throttledNs += ended - this.throttledSince;
      return true;
    }
    return false;
  }
}
