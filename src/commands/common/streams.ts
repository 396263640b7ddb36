/** Buffered reading and writing of descriptors, with the CPU time that going through text costs. */
import type { Context } from '../../linux/context.ts';
import { Errno, isErrno } from '../../linux/errno.ts';
import { Heap } from '../../linux/heap.ts';
import { TEXT_BYTES_MAX } from '../../linux/large.ts';
import type { Data, Rope } from '../../linux/rope.ts';
import { LATENCY } from '../../sim/latency.ts';
import { decode, encode } from './text.ts';

const CHUNK = 65_536;
const BUFFER_MAX = 32_768;

/** A failed write to standard output: ends the program with the words of coreutils' close_stdout. */
export class WriteError extends Error {
  readonly errno: Errno;
  constructor(errno: Errno) {
    super(errno.libc);
    this.errno = errno;
  }
}

export class Output {
  private readonly ctx: Context;
  private readonly fd: number;
  private parts: string[] = [];
  private buffered = 0;

  constructor(ctx: Context, fd = 1) {
    this.ctx = ctx;
    this.fd = fd;
  }

  /** Buffers text; `write` also sends it off when there is much of it. */
  put(text: string): void {
    if (text === '') return;
    this.parts.push(text);
    this.buffered += text.length;
  }

  /** Whether it is time to flush. */
  get full(): boolean {
    return this.buffered >= BUFFER_MAX;
  }

  async write(text: string): Promise<void> {
    this.put(text);
    if (this.buffered >= BUFFER_MAX) await this.flush();
  }

  async bytes(data: Data): Promise<void> {
    await this.flush();
    await this.send(data);
  }

  async flush(): Promise<void> {
    if (this.buffered === 0) return;
    const text = this.parts.join('');
    this.parts = [];
    this.buffered = 0;
    await this.send(encode(text));
  }

  private async send(data: Data): Promise<void> {
    if (data.length === 0) return;
    await this.ctx.cpu(LATENCY.textCallNs + Math.ceil(data.length * LATENCY.textByteNs));
    try {
      await this.ctx.sys.write(this.ctx, this.fd, data);
    } catch (error) {
      if (isErrno(error)) throw new WriteError(error);
      throw error;
    }
  }
}

export class Input {
  readonly ctx: Context;
  readonly fd: number;
  private pending: Uint8Array[] = [];
  private lines: string[] = [];
  private next = 0;
  private ended = false;
  /** Whether the line returned last had its newline. */
  terminated = true;
  private readonly delimiter: number;
  /** What there is of a line that has not ended. */
  private readonly heap = new Heap();
  private length = 0;

  constructor(ctx: Context, fd: number, delimiter = 10) {
    this.ctx = ctx;
    this.fd = fd;
    this.delimiter = delimiter;
  }

  /** Some bytes; none at end of file. Not to be mixed with `line`. */
  async chunk(): Promise<Uint8Array> {
    const bytes = await this.ctx.sys.read(this.ctx, this.fd, CHUNK);
    if (bytes.length > 0) await this.ctx.cpu(LATENCY.textCallNs + Math.ceil(bytes.length * LATENCY.textByteNs));
    return bytes;
  }

  /** The same, as it comes: what repeats takes no memory of the host. */
  async chunkRope(): Promise<Rope> {
    const rope = await this.ctx.sys.readRope(this.ctx, this.fd, CHUNK);
    if (rope.length > 0) await this.ctx.cpu(LATENCY.textCallNs + Math.ceil(rope.length * LATENCY.textByteNs));
    return rope;
  }

  /** Whether `line` would answer without reading. */
  get ready(): boolean {
    return this.next < this.lines.length;
  }

  /** The next line without its newline, null at the end. */
  async line(): Promise<string | null> {
    while (this.next >= this.lines.length) {
      if (this.ended) return null;
      this.lines = [];
      this.next = 0;
      const bytes = await this.chunk();
      if (bytes.length === 0) {
        this.ended = true;
        const rest = concat(this.pending);
        this.pending = [];
        if (rest.length === 0) return null;
        this.terminated = false;
        return decode(rest);
      }
      const end = bytes.lastIndexOf(this.delimiter);
      if (end < 0) {
        this.pending.push(bytes);
        this.length += bytes.length;
        await this.heap.hold(this.ctx, this.length);
        if (this.length > TEXT_BYTES_MAX) throw new Errno('ENOMEM');
        continue;
      }
      const whole =
        this.pending.length === 0 ? bytes.subarray(0, end) : concat([...this.pending, bytes.subarray(0, end)]);
      this.pending = end + 1 < bytes.length ? [bytes.subarray(end + 1)] : [];
      if (this.length > 0) await this.heap.hold(this.ctx, (this.length = 0));
      this.lines = decode(whole).split(String.fromCharCode(this.delimiter));
    }
    this.terminated = true;
    return this.lines[this.next++] as string;
  }

  async close(): Promise<void> {
    if (this.fd !== 0) await this.ctx.sys.close(this.ctx, this.fd);
  }
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** `-` is standard input. A directory opens, and fails at the first read as it does in Linux. */
export async function openInput(ctx: Context, path: string, delimiter = 10): Promise<Input> {
  if (path === '-') return new Input(ctx, 0, delimiter);
  return new Input(ctx, await ctx.sys.open(ctx, path, { read: true }), delimiter);
}

export async function isTerminal(ctx: Context, fd: number): Promise<boolean> {
  try {
    return await ctx.sys.isTty(ctx, fd);
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}
