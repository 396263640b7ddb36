/**
 * The node's cores as a processor-sharing queue: everything that runs gets a share by weight, at most one core each.
 * @models Linux 6.12 CFS/EEVDF with cpu.weight @fidelity partial: cpu.max and nested weights are not applied yet
 */
import type { Scheduler, Timer, Waiter } from '../sim/scheduler.ts';
import type { Process } from './process.ts';

export type CpuJob = { process: Process; remainingNs: number; rate: number; waiter: Pick<Waiter<void>, 'wake'> };

/** Where processes of one kernel get their CPU time. */
export type CpuQueue = Pick<Cpu, 'cores' | 'load' | 'busyNs' | 'spend' | 'remove' | 'drop' | 'add'>;

export class Cpu {
  readonly cores: number;
  private readonly scheduler: Scheduler;
  private readonly jobs = new Set<CpuJob>();
  private updated = 0;
  private timer: Timer | null = null;
  /** Total core ns spent since boot. */
  busyNs = 0;

  constructor(scheduler: Scheduler, cores: number) {
    this.scheduler = scheduler;
    this.cores = cores;
  }

  get load(): number {
    return this.jobs.size;
  }

  spend(process: Process, durationNs: number): Promise<void> {
    const waiter = this.scheduler.newWaiter<void>();
    this.wakeAfter(process, durationNs, waiter);
    return this.scheduler.parkUntil(waiter);
  }

  /** Wakes somebody when the process has had this much CPU time. */
  wakeAfter(process: Process, durationNs: number, waiter: Waiter<void>): void {
    this.settle();
    const job: CpuJob = { process, remainingNs: durationNs, rate: 0, waiter };
    this.jobs.add(job);
    process.cpuJobs.add(job);
    this.reschedule();
  }

  /** The process died, stopped or was frozen: it runs no more. Returns its unfinished jobs. */
  remove(process: Process): CpuJob[] {
    if (process.cpuJobs.size === 0) return [];
    this.settle();
    const jobs = [...process.cpuJobs];
    for (const job of jobs) this.jobs.delete(job);
    process.cpuJobs.clear();
    this.reschedule();
    return jobs;
  }

  /** Takes one job off again, done or not. */
  drop(job: CpuJob): void {
    this.settle();
    this.jobs.delete(job);
    job.process.cpuJobs.delete(job);
    this.reschedule();
  }

  add(jobs: readonly CpuJob[]): void {
    if (jobs.length === 0) return;
    this.settle();
    for (const job of jobs) {
      this.jobs.add(job);
      job.process.cpuJobs.add(job);
    }
    this.reschedule();
  }

  private settle(): void {
    const elapsed = this.scheduler.now - this.updated;
    this.updated = this.scheduler.now;
    if (elapsed <= 0) return;
    for (const job of this.jobs) {
      const done = Math.min(job.remainingNs, Math.ceil(elapsed * job.rate));
      job.remainingNs -= done;
      job.process.cpuTimeNs += done;
      job.process.cgroup.chargeCpu(done);
      this.busyNs += done;
    }
  }

  private reschedule(): void {
    if (this.timer !== null) {
      this.scheduler.cancel(this.timer);
      this.timer = null;
    }
    if (this.jobs.size === 0) return;
    this.assignRates();
    let soonest = Number.POSITIVE_INFINITY;
    for (const job of this.jobs) soonest = Math.min(soonest, Math.ceil(job.remainingNs / job.rate));
    this.timer = this.scheduler.at(this.scheduler.now + soonest, () => {
      this.timer = null;
      this.settle();
      for (const job of this.jobs) {
        if (job.remainingNs > 0) continue;
        this.jobs.delete(job);
        job.process.cpuJobs.delete(job);
        job.waiter.wake(undefined);
      }
      this.reschedule();
    });
  }

  /** Water-filling: no job faster than one core, the rest shared by weight. */
  private assignRates(): void {
    if (this.jobs.size <= this.cores) {
      for (const job of this.jobs) job.rate = 1;
      return;
    }
    let capacity = this.cores;
    let open = [...this.jobs];
    while (open.length > 0) {
      let weights = 0;
      for (const job of open) weights += job.process.cgroup.cpuWeight;
      const full = open.filter((job) => (capacity * job.process.cgroup.cpuWeight) / weights >= 1);
      if (full.length === 0) {
        for (const job of open) job.rate = (capacity * job.process.cgroup.cpuWeight) / weights;
        return;
      }
      for (const job of full) job.rate = 1;
      capacity -= full.length;
      open = open.filter((job) => !full.includes(job));
    }
  }
}
