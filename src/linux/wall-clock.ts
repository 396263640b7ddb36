/** CLOCK_REALTIME: from where it stood at power-on it goes like CLOCK_MONOTONIC, until somebody sets it. */
export class WallClock {
  /** What it would show at 0 of the monotonic clock, ns since 1970. */
  private origin: bigint;
  private lastNow = 0;
  private lastTime: bigint;

  constructor(origin: bigint) {
    this.origin = origin;
    this.lastTime = origin;
  }

  /** The same number whenever it is asked within an instant: each file keeps three of them. */
  at(now: number): bigint {
    if (now !== this.lastNow) {
      this.lastNow = now;
      this.lastTime = this.origin + BigInt(now);
    }
    return this.lastTime;
  }

  /** The hardware's is not set with it: after a boot it is right again. */
  set(now: number, time: bigint): void {
    this.origin = time - BigInt(now);
    this.lastNow = now;
    this.lastTime = time;
  }
}
