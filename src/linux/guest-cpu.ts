/**
 * CPU time of a guest kernel: its processes take turns on a few vCPUs, and a vCPU is a thread of the process that
 * carries the guest. So the host charges that process's cgroup, and the guest waits while the host is busy.
 * @models KVM vCPU threads; the Sentry's task goroutines @fidelity partial: turns are equal, guest weights do not count
 */
import type { Scheduler } from '../sim/scheduler.ts';
import type { Cgroup } from './cgroup.ts';
import type { CpuJob, CpuQueue } from './cpu.ts';
import type { Process } from './process.ts';

const TURN_NS = 4_000_000;

export class GuestCpu implements CpuQueue {
  private vcpus: number;
  busyNs = 0;
  loadNs = 0;
  private readonly scheduler: Scheduler;
  private readonly carrier: Process;
  private waiting: CpuJob[] = [];
  /** The guest's job, and the turn it has on the host. */
  private readonly turns = new Map<CpuJob, CpuJob>();

  constructor(scheduler: Scheduler, carrier: Process, cores: number) {
    this.scheduler = scheduler;
    this.carrier = carrier;
    this.vcpus = cores;
  }

  get cores(): number {
    return this.vcpus;
  }

  setCores(cores: number): void {
    this.vcpus = cores;
    this.dispatch();
  }

  get load(): number {
    return this.waiting.length + this.turns.size;
  }

  spend(process: Process, durationNs: number): Promise<void> {
    return this.scheduler.park<void>((waiter) => this.add([{ process, remainingNs: durationNs, rate: 0, waiter }]));
  }

  add(jobs: readonly CpuJob[]): void {
    for (const job of jobs) {
      job.process.cpuJobs = [...job.process.cpuJobs, job];
      this.waiting.push(job);
    }
    this.dispatch();
  }

  remove(process: Process): CpuJob[] {
    if (process.cpuJobs.length === 0) return [];
    const jobs = [...process.cpuJobs];
    process.cpuJobs = [];
    for (const job of jobs) {
      const turn = this.turns.get(job);
      if (turn === undefined) continue;
      this.turns.delete(job);
      if (this.carrier.alive) this.carrier.kernel.cpu.drop(turn);
    }
    this.waiting = this.waiting.filter((job) => job.process !== process);
    this.dispatch();
    return jobs;
  }

  drop(job: CpuJob): void {
    const turn = this.turns.get(job);
    this.turns.delete(job);
    job.process.cpuJobs = job.process.cpuJobs.filter((other) => other !== job);
    this.waiting = this.waiting.filter((other) => other !== job);
    if (turn !== undefined && this.carrier.alive) this.carrier.kernel.cpu.drop(turn);
    this.dispatch();
  }

  configure(cgroup: Cgroup, settings: { weight?: number }): void {
    if (settings.weight !== undefined) cgroup.cpu.weight = settings.weight;
  }

  regroup(): void {}

  update(): void {}

  private dispatch(): void {
    while (this.carrier.alive && this.turns.size < this.cores) {
      const job = this.waiting.shift();
      if (job === undefined) return;
      const lengthNs = Math.min(job.remainingNs, TURN_NS);
      const turn: CpuJob = {
        process: this.carrier,
        remainingNs: lengthNs,
        rate: 0,
        waiter: { wake: () => this.turnEnded(job, lengthNs) },
      };
      this.turns.set(job, turn);
      this.carrier.kernel.cpu.add([turn]);
    }
  }

  private turnEnded(job: CpuJob, lengthNs: number): boolean {
    if (!this.turns.delete(job)) return false;
    job.remainingNs -= lengthNs;
    job.process.cpuTimeNs += lengthNs;
    job.process.cgroup.chargeCpu(lengthNs, true);
    this.busyNs += lengthNs;
    this.loadNs += lengthNs;
    if (job.remainingNs > 0) this.waiting.push(job);
    else {
      job.process.cpuJobs = job.process.cpuJobs.filter((other) => other !== job);
      job.waiter.wake(undefined);
    }
    this.dispatch();
    return true;
  }
}
