/** Where the simulated machine meets whoever embeds it: a terminal's wire, a script's standard streams. */
import type { Context } from '../linux/context.ts';
import { errno } from '../linux/errno.ts';
import { interruptible } from '../linux/interruptible.ts';
import { OpenFile } from '../linux/open-file.ts';
import { ByteChannel } from '../linux/pipe.ts';
import { Rope } from '../linux/rope.ts';
import { WaitQueue } from '../sim/primitives.ts';
import type { Scheduler } from '../sim/scheduler.ts';

const INPUT_BYTES_MAX = 64 << 20;

/** Bytes from the host to a process. */
export class HostInput extends OpenFile {
  private readonly channel: ByteChannel;
  private readers = 0;

  constructor(scheduler: Scheduler, name: string) {
    super(name, { read: true });
    this.channel = new ByteChannel(scheduler, INPUT_BYTES_MAX);
  }

  push(bytes: Uint8Array): void {
    if (bytes.length > 0 && !this.channel.readerClosed) this.channel.put(Rope.of(bytes));
  }

  /** What no process has read yet. */
  get pendingBytes(): number {
    return this.channel.length;
  }

  end(): void {
    this.channel.closeWriter();
  }

  /** Somebody reads, and there is nothing. */
  get awaited(): boolean {
    return this.readers > 0 && this.channel.length === 0;
  }

  override async read(ctx: Context, max: number): Promise<Rope> {
    this.readers++;
    try {
      return await this.channel.read(ctx, max, false);
    } finally {
      this.readers--;
    }
  }

  override released(): void {
    this.channel.closeReader();
  }
}

/** Bytes from processes to the host. */
export class HostOutput extends OpenFile {
  private readonly sink: (bytes: Uint8Array) => void;
  private room: WaitQueue<void> | null = null;
  private pendingMax = Number.POSITIVE_INFINITY;
  private pending = 0;
  private listening = true;

  constructor(name: string, sink: (bytes: Uint8Array) => void) {
    super(name, { write: true });
    this.sink = sink;
  }

  override read(): Promise<Rope> {
    throw errno('EBADF');
  }

  /** From now on writers wait while the host has more than this to take; it says so by `drained`. */
  limit(scheduler: Scheduler, pendingMax: number): void {
    this.room = new WaitQueue(scheduler);
    this.pendingMax = pendingMax;
  }

  /** Whether a writer would have to wait. */
  private get full(): boolean {
    return this.pending >= this.pendingMax;
  }

  /** Whether it is worth saying that the host has taken everything. */
  get filling(): boolean {
    return this.pending >= this.pendingMax / 2;
  }

  drained(): void {
    this.pending = 0;
    this.room?.wakeAll();
  }

  /** The client at the other end is gone: nobody hears what is still written. */
  hangUp(): void {
    this.listening = false;
  }

  override async write(ctx: Context, data: Rope): Promise<number> {
    while (this.room !== null && this.full) await interruptible(ctx, this.room);
    if (this.room !== null) this.pending += data.length;
    if (this.listening) this.sink(data.bytes());
    return data.length;
  }
}
