/**
 * Back-off per key: doubles with each step, is forgotten after twice its maximum.
 * @models client-go util/flowcontrol/backoff.go
 */
type Entry = { backoffNs: number; lastUpdate: number };

export class Backoff {
  private readonly entries = new Map<string, Entry>();
  private readonly initialNs: number;
  private readonly maxNs: number;

  constructor(initialNs: number, maxNs: number) {
    this.initialNs = initialNs;
    this.maxNs = maxNs;
  }

  get(key: string): number {
    return this.entries.get(key)?.backoffNs ?? 0;
  }

  /** Steps on because of something that happened at `eventTime`; all times are the monotonic clock's. */
  next(key: string, eventTime: number, now: number): void {
    const entry = this.entries.get(key);
    if (entry === undefined || this.expired(eventTime, entry)) {
      this.entries.set(key, { backoffNs: Math.min(this.initialNs, this.maxNs), lastUpdate: now });
      return;
    }
    entry.backoffNs = Math.min(entry.backoffNs * 2, this.maxNs);
    entry.lastUpdate = now;
  }

  /** Whether less than the back-off has passed since `eventTime`. */
  inBackOffSince(key: string, eventTime: number, now: number): boolean {
    const entry = this.entries.get(key);
    if (entry === undefined || this.expired(eventTime, entry)) return false;
    return now - eventTime < entry.backoffNs;
  }

  /** Whether less than the back-off has passed since the last step. */
  inBackOffSinceUpdate(key: string, now: number): boolean {
    const entry = this.entries.get(key);
    if (entry === undefined || this.expired(now, entry)) return false;
    return now - entry.lastUpdate < entry.backoffNs;
  }

  forget(matches: (key: string) => boolean): void {
    for (const key of this.entries.keys()) if (matches(key)) this.entries.delete(key);
  }

  private expired(eventTime: number, entry: Entry): boolean {
    return eventTime - entry.lastUpdate > this.maxNs * 2;
  }
}

/** wait.Jitter: between `durationNs` and (1 + factor) times it. */
export function jitter(random: { float(): number }, durationNs: number, factor: number): number {
  return Math.round(durationNs * (1 + random.float() * factor));
}
