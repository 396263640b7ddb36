/** The files and commands that an awk program reads and writes. @models mawk 1.3.4 files.c, FINdata.c */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { statusCode, waitFor } from '../common/exec.ts';
import { WriteError } from '../common/streams.ts';
import { latin1 } from '../common/text.ts';

const CHUNK = 65_536;
const BUFFER_MAX = 32_768;

/** awk's text is bytes: one character each. */
export function toBytes(text: string): Uint8Array {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}

/** Records of an open descriptor. */
export class RecordReader {
  readonly fd: number;
  readonly pid: number;
  private buffer = '';
  private ended = false;

  constructor(fd: number, pid = 0) {
    this.fd = fd;
    this.pid = pid;
  }

  /** A whole record if one is in the buffer; undefined if more must be read; null at the end. */
  take(separator: string, regex: RegExp | null): string | null | undefined {
    if (separator === '') {
      const start = /^\n*/.exec(this.buffer)?.[0].length ?? 0;
      if (start > 0) this.buffer = this.buffer.slice(start);
      const gap = /\n\n+/.exec(this.buffer);
      if (gap !== null && (this.ended || gap.index + gap[0].length < this.buffer.length))
        return this.cut(gap.index, gap[0].length);
    } else if (regex === null) {
      const end = this.buffer.indexOf(separator);
      if (end >= 0) return this.cut(end, 1);
    } else {
      const found = regex.exec(this.buffer);
      if (found !== null && found[0] !== '' && (this.ended || found.index + found[0].length < this.buffer.length))
        return this.cut(found.index, found[0].length);
    }
    if (!this.ended) return undefined;
    if (this.buffer === '') return null;
    const rest = this.buffer;
    this.buffer = '';
    return rest.endsWith('\n') && (separator === '' || regex !== null) ? rest.slice(0, -1) : rest;
  }

  private cut(end: number, length: number): string {
    const record = this.buffer.slice(0, end);
    this.buffer = this.buffer.slice(end + length);
    return record;
  }

  async fill(ctx: Context): Promise<void> {
    const bytes = await ctx.sys.read(ctx, this.fd, CHUNK);
    if (bytes.length === 0) this.ended = true;
    else this.buffer += latin1(bytes);
  }
}

export class Writer {
  readonly fd: number;
  readonly pid: number;
  private parts: string[] = [];
  private buffered = 0;

  constructor(fd: number, pid = 0) {
    this.fd = fd;
    this.pid = pid;
  }

  put(text: string): void {
    this.parts.push(text);
    this.buffered += text.length;
  }

  get full(): boolean {
    return this.buffered >= BUFFER_MAX;
  }

  async flush(ctx: Context): Promise<void> {
    if (this.buffered === 0) return;
    const bytes = toBytes(this.parts.join(''));
    this.parts = [];
    this.buffered = 0;
    try {
      await ctx.sys.write(ctx, this.fd, bytes);
    } catch (error) {
      if (isErrno(error)) throw new WriteError(error);
      throw error;
    }
  }
}

/** A shell at the other end of a pipe. */
export async function openCommand(
  ctx: Context,
  line: string,
  direction: 'read' | 'write',
): Promise<{ fd: number; pid: number }> {
  const [readEnd, writeEnd] = await ctx.sys.pipe(ctx);
  const reading = direction === 'read';
  await ctx.sys.setCloseOnExec(ctx, reading ? readEnd : writeEnd, true);
  const pid = await ctx.sys.spawn(ctx, '/bin/sh', {
    argv: ['sh', '-c', line],
    env: ctx.process.env,
    stdio: reading ? { 0: 0, 1: writeEnd, 2: 2 } : { 0: readEnd, 1: 1, 2: 2 },
  });
  await ctx.sys.close(ctx, reading ? writeEnd : readEnd);
  return { fd: reading ? readEnd : writeEnd, pid };
}

export async function runShell(ctx: Context, line: string): Promise<number> {
  const pid = await ctx.sys.spawn(ctx, '/bin/sh', { argv: ['sh', '-c', line], env: ctx.process.env });
  return statusCode(await waitFor(ctx, pid));
}

export async function reap(ctx: Context, pid: number): Promise<number> {
  return pid === 0 ? 0 : statusCode(await waitFor(ctx, pid));
}
