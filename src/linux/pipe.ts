/** Pipes, fifos and the byte channels under stream sockets: bounded buffers with end-of-file and EPIPE. */
import { WaitQueue } from '../sim/primitives.ts';
import type { Scheduler } from '../sim/scheduler.ts';
import type { Context } from './context.ts';
import { errno } from './errno.ts';
import { interruptible } from './interruptible.ts';
import { OpenFile } from './open-file.ts';
import { Rope } from './rope.ts';
import type { OpenFlags } from './syscalls.ts';
import { type Location, sameLocation } from './vfs/mounts.ts';

export const PIPE_BYTES_MAX = 65_536;

export class ByteChannel {
  private chunks: Rope[] = [];
  private buffered = 0;
  private readonly capacity: number;
  /** SOCK_SEQPACKET: a read gives one write's data, and what it has no room for is lost. */
  private readonly packets: boolean;
  readonly readable: WaitQueue<void>;
  private readonly scheduler: Scheduler;
  /** Few writers ever have to wait. */
  private writable: WaitQueue<void> | null = null;
  /** No more data will come. */
  writerClosed = false;
  /** Nobody will read any more. */
  readerClosed = false;

  constructor(scheduler: Scheduler, capacity = PIPE_BYTES_MAX, packets = false) {
    this.capacity = capacity;
    this.packets = packets;
    this.readable = new WaitQueue(scheduler);
    this.scheduler = scheduler;
  }

  writableAgain(): void {
    this.writable?.wakeAll();
  }

  get length(): number {
    return this.buffered;
  }

  /** What is there, nothing at the end of the stream, null when a reader would have to wait. */
  readNow(max: number): Rope | null {
    if (this.buffered > 0) return this.take(max);
    return this.writerClosed || this.readerClosed ? Rope.empty : null;
  }

  async read(ctx: Context, max: number, nonBlock: boolean): Promise<Rope> {
    while (this.buffered === 0) {
      if (this.writerClosed || this.readerClosed) return Rope.empty;
      if (nonBlock) throw errno('EAGAIN');
      await interruptible(ctx, this.readable);
    }
    return this.take(max);
  }

  take(max: number): Rope {
    const first = this.chunks[0] as Rope;
    let out: Rope;
    if (this.packets) {
      this.chunks.shift();
      this.buffered -= first.length;
      this.writable?.wakeAll();
      return first.length <= max ? first : first.slice(0, max);
    }
    if (first.length === max || (first.length < max && this.chunks.length === 1)) {
      out = first;
      this.chunks.shift();
    } else if (first.length > max) {
      out = first.slice(0, max);
      this.chunks[0] = first.slice(max);
    } else {
      const parts: Rope[] = [];
      let length = 0;
      while (length < max) {
        const next = this.chunks[0];
        if (next === undefined) break;
        const part = next.length <= max - length ? next : next.slice(0, max - length);
        if (part === next) this.chunks.shift();
        else this.chunks[0] = next.slice(part.length);
        parts.push(part);
        length += part.length;
      }
      out = Rope.concat(parts);
    }
    this.buffered -= out.length;
    this.writable?.wakeAll();
    return out;
  }

  /** False, and nothing is written, when a writer would have to wait or gets an error. */
  writeNow(data: Rope): boolean {
    if (this.readerClosed || this.writerClosed || data.length > this.capacity - this.buffered) return false;
    if (data.length > 0) this.put(data);
    return true;
  }

  async write(_ctx: Context, data: Rope, nonBlock: boolean): Promise<number> {
    let rest = data;
    while (rest.length > 0) {
      if (this.readerClosed || this.writerClosed) throw errno('EPIPE');
      const room = this.capacity - this.buffered;
      // Writes up to the atomic size wait for enough room; longer ones go in pieces.
      if (room <= 0 || ((this.packets || rest.length <= 4096) && rest.length > room)) {
        if (nonBlock) throw errno('EAGAIN');
        // Not interruptible: programs retry short writes anyway, and a killed writer never comes back from here.
        this.writable ??= new WaitQueue(this.scheduler);
        await this.writable.wait();
        continue;
      }
      this.put(rest.length <= room ? rest : rest.slice(0, room));
      rest = rest.length <= room ? Rope.empty : rest.slice(room);
    }
    return data.length;
  }

  put(data: Rope): void {
    this.chunks.push(data);
    this.buffered += data.length;
    this.readable.wakeAll();
  }

  /** Throws away what is buffered. */
  discard(): void {
    this.chunks = [];
    this.buffered = 0;
    this.writable?.wakeAll();
  }

  closeWriter(): void {
    this.writerClosed = true;
    this.readable.wakeAll();
    this.writable?.wakeAll();
  }

  closeReader(): void {
    this.readerClosed = true;
    this.chunks = [];
    this.buffered = 0;
    this.writable?.wakeAll();
    this.readable.wakeAll();
  }
}

/** A pipe or fifo: one channel, counted ends. */
export class Pipe {
  readonly channel: ByteChannel;
  readers = 0;
  writers = 0;
  /** How often either end was opened: who waits in open(2) for the other end is satisfied by one that is gone again. */
  readerOpens = 0;
  writerOpens = 0;
  /** Strands blocked in open(2) of a fifo. */
  private openers: WaitQueue<void> | null = null;
  private readonly scheduler: Scheduler;
  readonly name: string;
  /** Where it was opened last. */
  private place: Location | null = null;

  constructor(scheduler: Scheduler, name: string) {
    this.channel = new ByteChannel(scheduler);
    this.scheduler = scheduler;
    this.name = name;
  }

  /** The same as `location`, and for all ends that were opened there one. */
  placeLike(location: Location): Location {
    if (this.place === null || !isSamePlace(this.place, location)) this.place = location;
    return this.place;
  }

  /** Where whoever opens it waits for the other end. */
  get opened(): WaitQueue<void> {
    this.openers ??= new WaitQueue(this.scheduler);
    return this.openers;
  }

  addReader(): void {
    this.readers++;
    this.readerOpens++;
    this.channel.readerClosed = false;
    this.openers?.wakeAll();
  }

  addWriter(): void {
    this.writers++;
    this.writerOpens++;
    this.channel.writerClosed = false;
    this.openers?.wakeAll();
  }

  dropReader(): void {
    if (--this.readers === 0) {
      if (this.writers > 0) {
        this.channel.readerClosed = true;
        this.channel.writableAgain();
      } else this.channel.closeReader();
    }
  }

  dropWriter(): void {
    if (--this.writers === 0) this.channel.closeWriter();
  }
}

function isSamePlace(a: Location | null, b: Location | null): boolean {
  while (a !== b) {
    if (a === null || b === null || !sameLocation(a, b) || a.name !== b.name) return false;
    a = a.up;
    b = b.up;
  }
  return true;
}

export class PipeEnd extends OpenFile {
  readonly pipe: Pipe;

  constructor(pipe: Pipe, flags: OpenFlags, path = pipe.name) {
    super(path === pipe.name ? pipe.name : path, flags);
    this.pipe = pipe;
    if (flags.read) pipe.addReader();
    if (flags.write) pipe.addWriter();
  }

  override read(ctx: Context, max: number): Promise<Rope> {
    if (!this.flags.read) throw errno('EBADF');
    return this.pipe.channel.read(ctx, max, this.flags.nonBlock === true);
  }

  override get readQueue(): WaitQueue<void> | null {
    return this.flags.read && !this.flags.nonBlock ? this.pipe.channel.readable : null;
  }

  override readNow(max: number): Rope | null {
    return this.flags.read ? this.pipe.channel.readNow(max) : null;
  }

  override writeNow(data: Rope): boolean {
    return this.flags.write === true && this.pipe.channel.writeNow(data);
  }

  override write(ctx: Context, data: Rope): Promise<number> {
    if (!this.flags.write) throw errno('EBADF');
    return this.pipe.channel.write(ctx, data, this.flags.nonBlock === true);
  }

  override released(): void {
    if (this.flags.read) this.pipe.dropReader();
    if (this.flags.write) this.pipe.dropWriter();
  }
}
