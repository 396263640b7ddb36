/**
 * The page's end of the machine worker. A worker that stops answering is ended and replaced by one that replays the
 * last savepoint.
 */
import { proxy, type Remote, wrap } from 'comlink';
import type { Savepoint } from '../../machine/machine.ts';
import type { Breakpoint } from '../../projections/breakpoints.ts';
import type { BootOptions, Frame, MachineApi } from './contract.ts';

const SILENCE_MS_MAX = 8000;

export type LinkEvents = {
  onFrame: (frame: Frame) => void;
  /** `made` resolves when the other machine has made the session again. */
  onReplaced: (made: Promise<void>) => void;
  onFailed: (reason: string) => void;
};

function newWorker(): Worker {
  return new Worker(new URL('./machine-worker.ts', import.meta.url), { type: 'module', name: 'machine' });
}

/** A worker that has no machine yet, for work that is not this page's. */
export function borrowWorker(): { api: Remote<MachineApi>; end: () => void } {
  const worker = newWorker();
  return { api: wrap<MachineApi>(worker), end: () => worker.terminate() };
}

export class MachineLink {
  private worker: Worker | null = null;
  private remote: Remote<MachineApi> | null = null;
  private lastFrameAt = 0;
  private booted = false;
  private savepoint: Savepoint | null = null;
  /** A second machine that has made this one's history up to event `seq`, from where a branch is soon made. */
  private spare: { worker: Worker; remote: Remote<MachineApi>; seq: number } | null = null;
  private following = false;
  private readonly watching: ReturnType<typeof setInterval>;
  private options: BootOptions;
  private readonly events: LinkEvents;

  constructor(options: BootOptions, events: LinkEvents) {
    this.options = options;
    this.events = events;
    this.watching = setInterval(() => this.watch(), 1000);
    // Time that the page itself was asleep is nobody's silence.
    document.addEventListener('visibilitychange', () => {
      this.lastFrameAt = performance.now();
    });
  }

  /**
   * Ends this machine and makes its history, or that of another savepoint, again up to event `seq`, to go on differently
   * from there. With `all` up to its end, where it stands still: the page has the events before `seq`, which both share. Resolves to
   * the history that was left.
   */
  async branch(seq: number, of?: Savepoint, all = false): Promise<Savepoint> {
    const { worker, api } = this;
    // The page has forgotten what comes after that event: frames that are still on their way are of no use.
    this.worker = null;
    const savepoint = await api.savepoint();
    if (savepoint === null) {
      this.worker = worker;
      throw new Error('the machine is not there yet');
    }
    worker?.terminate();
    this.savepoint = of ?? savepoint;
    const { spare } = this;
    this.spare = null;
    // What it has made must be of both histories.
    const useful = (of === undefined || all) && spare !== null && spare.seq <= seq;
    if (!useful) spare?.worker.terminate();
    const part: Partial<BootOptions> = all ? { hasSeq: seq, paused: true } : { untilSeq: seq };
    await this.start({ ...this.options, savepoint: this.savepoint, ...part }, useful ? spare : undefined);
    await this.remember();
    return savepoint;
  }

  /** Has the second machine come after, up to event `seq`. What it costs is on a core of its own. */
  async follow(seq: number): Promise<void> {
    if (this.worker === null || !this.booted || this.following || (this.spare?.seq ?? 0) >= seq) return;
    this.following = true;
    try {
      const savepoint = await this.api.savepoint();
      if (savepoint === null) return;
      if (this.spare === null) {
        const worker = newWorker();
        this.spare = { worker, remote: wrap<MachineApi>(worker), seq };
      }
      const { spare } = this;
      spare.seq = seq;
      await spare.remote.prepare({ ...this.options, savepoint, untilSeq: seq });
    } catch (error) {
      // Then a branch takes as long as without it.
      console.warn(error);
      this.dropSpare();
    } finally {
      this.following = false;
    }
  }

  private dropSpare(): void {
    this.spare?.worker.terminate();
    this.spare = null;
  }

  /** Another machine in place of this one. */
  async begin(options: BootOptions): Promise<void> {
    this.worker?.terminate();
    this.dropSpare();
    const { breakpoints = [] } = this.options;
    this.options = { breakpoints, ...options };
    await this.start();
  }

  /** In a worker of its own, or one that was prepared. */
  async start(
    options: BootOptions = this.options,
    prepared?: { worker: Worker; remote: Remote<MachineApi> },
  ): Promise<void> {
    const worker = prepared?.worker ?? newWorker();
    worker.onerror = (event) => {
      // One that is there and goes on answering has lost nothing by it; one that does not is replaced.
      if (!this.booted) this.events.onFailed(event.message || 'worker');
    };
    this.worker = worker;
    this.booted = false;
    const remote = prepared?.remote ?? wrap<MachineApi>(worker);
    this.remote = remote;
    const onFrame = proxy((frame: Frame) => {
      if (this.worker !== worker) return;
      this.lastFrameAt = performance.now();
      this.events.onFrame(frame);
    });
    this.lastFrameAt = performance.now();
    try {
      await remote.boot(options, onFrame);
      this.booted = true;
    } catch (error) {
      this.events.onFailed(error instanceof Error ? error.message : String(error));
    }
  }

  end(): void {
    clearInterval(this.watching);
    this.dropSpare();
    this.worker?.terminate();
    this.worker = null;
  }

  get api(): Remote<MachineApi> {
    if (this.remote === null) throw new Error('the machine has not been started');
    return this.remote;
  }

  setSize(columns: number, rows: number): void {
    this.options = { ...this.options, columns, rows };
    if (this.remote !== null) void this.remote.resize(columns, rows);
  }

  /** What this machine stops at, and every one that replaces it. */
  breakAt(breakpoints: readonly Breakpoint[]): void {
    this.options = { ...this.options, breakpoints };
    void this.api.breakAt(breakpoints);
  }

  /** Remembers where a replacement would start from. */
  async remember(): Promise<void> {
    if (this.booted) this.savepoint = await this.api.savepoint();
  }

  private watch(): void {
    if (this.worker === null || !this.booted || document.hidden) return;
    if (performance.now() - this.lastFrameAt < SILENCE_MS_MAX) return;
    this.worker.terminate();
    this.dropSpare();
    this.options = {
      ...this.options,
      paused: false,
      ...(this.savepoint === null ? {} : { savepoint: this.savepoint }),
    };
    this.events.onReplaced(this.start());
  }
}
