/**
 * The node's cores as a processor-sharing queue: everything that runs gets a share by weight, at most one core each;
 * weights count among siblings, cgroup by cgroup from the root, and a cgroup that has used up cpu.max waits.
 * @models Linux 6.12 CFS/EEVDF with cpu.weight, cpu.max and cpuset.cpus @fidelity partial: see cpu-group.ts
 */
import type { Scheduler, Timer, Waiter } from '../sim/scheduler.ts';
import type { Cgroup } from './cgroup.ts';
import { Bandwidth, type CpuGroup, takeFrom } from './cpu-group.ts';
import type { Process } from './process.ts';

export type CpuJob = {
  process: Process;
  remainingNs: number;
  /** Cores it has now, at most one. */
  rate: number;
  waiter: Pick<Waiter<void>, 'wake'>;
  /** Where it competes; set while it is queued. */
  group?: CpuGroup | null;
};

/** Where processes of one kernel get their CPU time. */
export type CpuQueue = Pick<
  Cpu,
  'cores' | 'load' | 'busyNs' | 'loadNs' | 'spend' | 'remove' | 'drop' | 'add' | 'configure' | 'regroup' | 'update'
>;

export const NO_JOBS: readonly CpuJob[] = [];

export class Cpu {
  readonly cores: number;
  private readonly scheduler: Scheduler;
  private readonly root: CpuGroup;
  private readonly jobs: CpuJob[] = [];
  /** Groups with cpu.max that have, or had within the last period, something to run. */
  private readonly limited = new Set<CpuGroup>();
  /** Groups kept to some of the cores. */
  private pinnedGroups = 0;
  private updated = 0;
  private timer: Timer | null = null;
  /** Somebody has come or gone since the cores were shared out. */
  private stale = false;
  /** Total core ns spent since boot, and the number of runnable jobs summed over time. */
  busyNs = 0;
  loadNs = 0;

  constructor(scheduler: Scheduler, cores: number, root: Cgroup) {
    this.scheduler = scheduler;
    this.cores = cores;
    this.root = root.cpu;
  }

  get load(): number {
    return this.jobs.length;
  }

  spend(process: Process, durationNs: number): Promise<void> {
    const waiter = this.scheduler.newWaiter<void>();
    this.settle();
    this.enter({ process, remainingNs: durationNs, rate: 0, waiter });
    this.reschedule();
    return this.scheduler.parkUntil(waiter);
  }

  /** The process died, stopped or was frozen: it runs no more. Returns its unfinished jobs. */
  remove(process: Process): CpuJob[] {
    if (process.cpuJobs.length === 0) return [];
    this.settle();
    const jobs = [...process.cpuJobs];
    for (const job of jobs) this.leave(job);
    this.reschedule();
    return jobs;
  }

  /** Takes one job off again, done or not. */
  drop(job: CpuJob): void {
    this.settle();
    this.leave(job);
    this.reschedule();
  }

  add(jobs: readonly CpuJob[]): void {
    if (jobs.length === 0) return;
    this.settle();
    for (const job of jobs) this.enter(job);
    this.reschedule();
  }

  /** cpu.weight, cpu.max or cpuset.cpus of a cgroup were written. */
  configure(
    cgroup: Cgroup,
    settings: { weight?: number; max?: { quotaNs: number | null; periodNs: number }; cores?: number | null },
  ): void {
    this.settle();
    const group = cgroup.cpu;
    if (settings.weight !== undefined) group.weight = settings.weight;
    if (settings.cores !== undefined) {
      this.pinnedGroups += Number(settings.cores !== null) - Number(group.coresMax !== null);
      group.coresMax = settings.cores;
    }
    if (settings.max !== undefined) {
      const { quotaNs, periodNs } = settings.max;
      group.setThrottled(null);
      this.limited.delete(group);
      group.bandwidth = quotaNs === null ? null : new Bandwidth(quotaNs, periodNs, cgroup.cpuStatistics);
      if (group.bandwidth !== null && group.runnable > 0) this.startPeriods(group, group.bandwidth);
    }
    this.reschedule();
  }

  /** Processes compete elsewhere now: the cpu controller was switched on or off for some cgroups. */
  regroup(): void {
    this.settle();
    for (const job of this.jobs) {
      job.group?.remove(job);
      job.group = job.process.cgroup.cpuCgroup.cpu;
      job.group.add(job);
    }
    this.reschedule();
  }

  /** Brings the counters up to now. */
  update(): void {
    this.settle();
    this.reschedule();
  }

  private enter(job: CpuJob): void {
    const { process } = job;
    this.jobs.push(job);
    process.cpuJobs = process.cpuJobs.length === 0 ? [job] : [...process.cpuJobs, job];
    job.rate = 0;
    const group = process.cgroup.cpuCgroup.cpu;
    job.group = group;
    group.add(job);
    for (let at: CpuGroup | null = group; at !== null; at = at.parent)
      if (at.bandwidth !== null) this.startPeriods(at, at.bandwidth);
  }

  private leave(job: CpuJob): void {
    takeFrom(this.jobs, job);
    const { process } = job;
    const { cpuJobs } = process;
    process.cpuJobs = cpuJobs.length === 1 ? NO_JOBS : cpuJobs.filter((other) => other !== job);
    job.group?.remove(job);
    job.group = null;
  }

  private startPeriods(group: CpuGroup, bandwidth: Bandwidth): void {
    this.limited.add(group);
    if (bandwidth.periodEnd === null) bandwidth.periodEnd = this.scheduler.now + bandwidth.periodNs;
  }

  private settle(): void {
    const { now } = this.scheduler;
    if (now > this.updated) this.passed(now);
    if (this.limited.size > 0) this.refill(now);
  }

  /** Everybody has run until now at the rate that was shared out. */
  private passed(now: number): void {
    const { jobs } = this;
    const elapsed = now - this.updated;
    this.updated = now;
    this.loadNs += elapsed * jobs.length;
    if (this.root.runnable > this.cores || this.pinnedGroups > 0) this.root.stall(elapsed);
    const limited = this.limited.size > 0;
    if (limited)
      for (const group of this.limited) if (group.throttled && group.runnable > 0) group.stallThrottled(elapsed);
    for (let i = 0; i < jobs.length; i++) {
      const job = jobs[i] as CpuJob;
      const { process, rate, remainingNs } = job;
      if (rate === 0) continue;
      const done = Math.min(remainingNs, Math.ceil(elapsed * rate));
      job.remainingNs = remainingNs - done;
      process.cpuTimeNs += done;
      process.cgroup.chargeCpu(done, limited);
      this.busyNs += done;
    }
  }

  private refill(now: number): void {
    for (const group of this.limited) {
      const { bandwidth } = group;
      if (bandwidth === null) continue;
      while (bandwidth.refill(now)) group.setThrottled(null);
      if (bandwidth.periodEnd === null && group.runnable === 0) this.limited.delete(group);
    }
  }

  /** Who has how much matters only to the time that passes: what comes and goes at one moment is shared out once. */
  private reschedule(): void {
    if (this.stale) return;
    this.stale = true;
    this.scheduler.beforeTimePasses(this.shareOut);
  }

  private readonly shareOut = (): void => {
    this.stale = false;
    if (this.timer !== null) {
      this.scheduler.cancel(this.timer);
      this.timer = null;
    }
    const { jobs, scheduler } = this;
    if (jobs.length === 0) return;
    if (this.limited.size > 0) this.throttle();
    this.assignRates();
    let soonest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < jobs.length; i++) {
      const { rate, remainingNs } = jobs[i] as CpuJob;
      if (rate > 0) soonest = Math.min(soonest, Math.ceil(remainingNs / rate));
    }
    if (this.limited.size > 0) for (const group of this.limited) soonest = Math.min(soonest, this.nextTurn(group));
    this.timer = scheduler.at(scheduler.now + soonest, this.turn);
  };

  private readonly turn = (): void => {
    this.timer = null;
    this.settle();
    const { jobs } = this;
    for (let i = 0; i < jobs.length; ) {
      const job = jobs[i] as CpuJob;
      if (job.remainingNs > 0) {
        i++;
        continue;
      }
      this.leave(job);
      job.waiter.wake(undefined);
    }
    this.reschedule();
  };

  private throttle(): void {
    for (const group of this.limited) {
      const { bandwidth } = group;
      if (bandwidth === null || group.throttled || group.runnable === 0 || bandwidth.runtimeNs > 0) continue;
      group.setThrottled(this.scheduler.now);
    }
  }

  /** ns until a group with cpu.max has used it up, or gets its next share. */
  private nextTurn(group: CpuGroup): number {
    const { bandwidth } = group;
    if (bandwidth === null || bandwidth.periodEnd === null || group.runnable === 0) return Number.POSITIVE_INFINITY;
    const refill = bandwidth.periodEnd - this.scheduler.now;
    if (group.throttled || group.cores <= 0) return refill;
    return Math.max(1, Math.min(refill, Math.ceil(bandwidth.runtimeNs / group.cores)));
  }

  private assignRates(): void {
    if (this.pinnedGroups === 0 && this.root.runnable <= this.cores) {
      if (this.limited.size > 0) this.root.distributeAll();
      else for (let i = 0; i < this.jobs.length; i++) (this.jobs[i] as CpuJob).rate = 1;
    } else this.root.distribute(Math.min(this.cores, this.root.coresUseful));
  }
}
