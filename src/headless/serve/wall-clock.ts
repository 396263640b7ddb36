/**
 * Virtual time follows the wall clock; it runs ahead while somebody outside waits for nothing but modelled latencies,
 * and then holds until the wall has caught up.
 */
import type { Machine } from '../../machine/machine.ts';
import type { HostHooks } from '../../sim/scheduler.ts';

const SLICE_MS = 8;
/** How far virtual time may be ahead of the wall clock. */
const LEAD_NS_MAX = 30_000_000_000;
const STRIDE_NS = 10_000_000;
const REST_MS_MAX = 50;

export class WallClock {
  private readonly machine: Machine;
  private readonly started = performance.now();
  private readonly startedAt: number;
  private readonly hurried: () => boolean;
  private readonly afterRun: () => void;
  private wake: (() => void) | null = null;
  private kicked = false;
  private stopped = false;

  constructor(machine: Machine, hurried: () => boolean, afterRun: () => void) {
    this.machine = machine;
    this.startedAt = machine.now;
    this.hurried = hurried;
    this.afterRun = afterRun;
  }

  /** Something came in. */
  kick(): void {
    this.kicked = true;
    this.wake?.();
  }

  stop(): void {
    this.stopped = true;
    this.kick();
  }

  private get wallNs(): number {
    return this.startedAt + Math.round((performance.now() - this.started) * 1e6);
  }

  async run(): Promise<void> {
    const { machine } = this;
    let sliceEnd = 0;
    const host: HostHooks = {
      sliceUsed: () => performance.now() >= sliceEnd,
      yieldToHost: (resume) => {
        setImmediate(() => {
          sliceEnd = performance.now() + SLICE_MS;
          resume();
        });
      },
    };
    while (!this.stopped) {
      this.kicked = false;
      sliceEnd = performance.now() + SLICE_MS;
      const wall = this.wallNs;
      const stopWhen = (): boolean => this.stopped || !this.hurried();
      // In strides, so that the news that nobody waits any more comes in time.
      while (!stopWhen() && machine.now < wall + LEAD_NS_MAX) {
        await machine.advance({ horizon: machine.now + STRIDE_NS, stopWhen, host });
        if (stopWhen()) break;
        await new Promise<void>((resume) => setImmediate(resume));
      }
      // Also when virtual time is ahead: what is ready now happens now.
      await machine.advance({ horizon: Math.max(machine.now, wall), stopWhen: () => this.stopped, host });
      this.afterRun();
      await this.rest();
    }
  }

  /** Until the next timer is due, or something comes in. */
  private async rest(): Promise<void> {
    if (this.kicked || this.stopped) {
      await new Promise<void>((resume) => setImmediate(resume));
      return;
    }
    const next = this.machine.scheduler.nextTimerTime() ?? Number.POSITIVE_INFINITY;
    const ms = Math.min(REST_MS_MAX, Math.max(1, (next - this.wallNs) / 1e6));
    await new Promise<void>((resume) => {
      const timer = setTimeout(resume, ms);
      this.wake = () => {
        clearTimeout(timer);
        resume();
      };
    });
    this.wake = null;
  }
}
