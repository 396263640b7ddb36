/** Virtual time to real time: the speeds that can be chosen. */
export const RATIOS = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32, 64] as const;

/** Whole multiples of this keep the log of what was typed short. */
const TICK_NS = 100_000;

/** Maps real time to virtual time: how far the machine may run now. Stands still when paused or unwatched. */
export class Pacer {
  private ratio = 1;
  private paused = false;
  private watched = true;
  private anchorReal: number;
  private anchorVirtual: number;

  constructor(realMs: number, virtualNs: number) {
    this.anchorReal = realMs;
    this.anchorVirtual = virtualNs;
  }

  get running(): boolean {
    return this.watched && !this.paused;
  }

  set(options: { ratio?: number; paused?: boolean; watched?: boolean }, realMs: number, virtualNs: number): void {
    if (options.ratio !== undefined && options.ratio > 0) this.ratio = options.ratio;
    if (options.paused !== undefined) this.paused = options.paused;
    if (options.watched !== undefined) this.watched = options.watched;
    this.anchor(realMs, virtualNs);
  }

  /** Virtual time from now on counts from here: real time that was really spent computing is not made up for. */
  anchor(realMs: number, virtualNs: number): void {
    this.anchorReal = realMs;
    this.anchorVirtual = virtualNs;
  }

  /** The virtual time to run to, at most `catchUpMs` of real time ahead of where the machine is. */
  horizon(realMs: number, virtualNs: number, catchUpMs = 100): number {
    if (!this.running) return virtualNs;
    const wanted = this.anchorVirtual + Math.round(((realMs - this.anchorReal) * 1e6 * this.ratio) / TICK_NS) * TICK_NS;
    const most = virtualNs + Math.round(catchUpMs * 1e6 * this.ratio);
    if (wanted > most) {
      this.anchor(realMs, most);
      return most;
    }
    return Math.max(wanted, virtualNs);
  }
}
