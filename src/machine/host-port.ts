/** Where the simulated machine meets whoever embeds it: a terminal's wire, a script's standard streams. */
import type { Context } from '../linux/context.ts';
import { errno } from '../linux/errno.ts';
import { OpenFile } from '../linux/open-file.ts';
import { ByteChannel } from '../linux/pipe.ts';
import { Rope } from '../linux/rope.ts';
import type { Scheduler } from '../sim/scheduler.ts';

const INPUT_BYTES_MAX = 64 << 20;

/** Bytes from the host to a process. */
export class HostInput extends OpenFile {
  private readonly channel: ByteChannel;

  constructor(scheduler: Scheduler, name: string) {
    super(name, { read: true });
    this.channel = new ByteChannel(scheduler, INPUT_BYTES_MAX);
  }

  push(bytes: Uint8Array): void {
    if (bytes.length > 0 && !this.channel.readerClosed) this.channel.put(Rope.of(bytes));
  }

  end(): void {
    this.channel.closeWriter();
  }

  override read(ctx: Context, max: number): Promise<Rope> {
    return this.channel.read(ctx, max, false);
  }

  override released(): void {
    this.channel.closeReader();
  }
}

/** Bytes from processes to the host. */
export class HostOutput extends OpenFile {
  private readonly sink: (bytes: Uint8Array) => void;

  constructor(name: string, sink: (bytes: Uint8Array) => void) {
    super(name, { write: true });
    this.sink = sink;
  }

  override read(): Promise<Rope> {
    throw errno('EBADF');
  }

  override async write(_ctx: Context, data: Rope): Promise<number> {
    this.sink(data.bytes());
    return data.length;
  }
}
