/**
 * Decaying averages as the kernel keeps them, brought up to date when somebody looks: in between nothing has to run.
 * @models Linux 6.12 kernel/sched/loadavg.c, psi.c @fidelity partial: one mean for the whole time since the last look
 */
const SHIFT = 2048;

class Decaying {
  readonly values: number[];
  private readonly factors: readonly number[];
  private readonly stepNs: number;
  private at: number;
  private total = 0;

  /** `factors` are what is kept at each step, in 1/2048. */
  constructor(now: number, stepNs: number, factors: readonly number[]) {
    this.at = now;
    this.stepNs = stepNs;
    this.factors = factors;
    this.values = factors.map(() => 0);
  }

  /** `total` is the integral so far, in ns. */
  update(now: number, total: number): void {
    const steps = Math.floor((now - this.at) / this.stepNs);
    if (steps === 0) return;
    const mean = (total - this.total) / (now - this.at);
    for (const [i, factor] of this.factors.entries()) {
      let value = this.values[i] as number;
      for (let k = 0; k < Math.min(steps, SHIFT); k++) value = (value * factor + mean * (SHIFT - factor)) / SHIFT;
      this.values[i] = value;
    }
    this.at += steps * this.stepNs;
    this.total = total;
  }
}

/** /proc/loadavg: over one, five and fifteen minutes. */
export class LoadAverage extends Decaying {
  constructor(now: number) {
    super(now, 5_000_000_000, [1884, 2014, 2037]);
  }
}

/** Pressure stall information: over ten seconds, one minute and five minutes. */
export class Pressure {
  /** ns in which somebody had to wait. */
  totalNs = 0;
  private averages: Decaying | null = null;

  line(name: string, now: number): string {
    this.averages ??= new Decaying(0, 2_000_000_000, [1677, 1981, 2034]);
    this.averages.update(now, this.totalNs);
    const [ten = 0, sixty = 0, threeHundred = 0] = this.averages.values.map((v) => (v * 100).toFixed(2));
    return `${name} avg10=${ten} avg60=${sixty} avg300=${threeHundred} total=${Math.floor(this.totalNs / 1000)}\n`;
  }
}
