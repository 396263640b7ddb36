/**
 * Container log files: each line with its time, stream and whether it is complete.
 * @models containerd 2.1 internal/cri/io/logger.go
 * @fidelity partial: long lines are split at exactly the limit, whatever pieces they arrive in
 */

import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { mkdirAll } from '../../../../linux/io.ts';
import { Mutex } from '../../../../sim/primitives.ts';
import { pathFailure, wrap } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { OutputSink } from './writer-group.ts';

const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const encoder = new TextEncoder();

/** One open log file, shared by both streams. */
export class LogFile {
  readonly fd: number;
  readonly path: string;
  private users = 0;
  private readonly lock: Mutex;

  private constructor(ctx: Context, fd: number, path: string) {
    this.fd = fd;
    this.path = path;
    this.lock = new Mutex(ctx.scheduler);
  }

  static async open(ctx: Context, path: string): Promise<LogFile> {
    try {
      await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')), 0o755);
      return new LogFile(ctx, await ctx.sys.open(ctx, path, { write: true, create: true, append: true }, 0o640), path);
    } catch (error) {
      throw wrap('failed to create and open log file', pathFailure('open', path, error));
    }
  }

  stream(stream: 'stdout' | 'stderr', lineBytesMax: number, log: Logger): OutputSink {
    this.users++;
    return new LogStream(this, stream, lineBytesMax, log);
  }

  async write(ctx: Context, data: Uint8Array): Promise<void> {
    const unlock = await this.lock.lock();
    try {
      await ctx.sys.write(ctx, this.fd, data);
    } finally {
      unlock();
    }
  }

  async release(ctx: Context): Promise<void> {
    if (--this.users > 0) return;
    await ctx.sys.close(ctx, this.fd);
  }
}

class LogStream implements OutputSink {
  private readonly file: LogFile;
  private readonly stream: string;
  private readonly lineBytesMax: number;
  private readonly log: Logger;
  private pending: Uint8Array = new Uint8Array(0);

  constructor(file: LogFile, stream: string, lineBytesMax: number, log: Logger) {
    this.file = file;
    this.stream = stream;
    this.lineBytesMax = lineBytesMax;
    this.log = log;
  }

  async write(ctx: Context, chunk: Uint8Array): Promise<boolean> {
    let data = chunk;
    if (this.pending.length > 0) {
      data = new Uint8Array(this.pending.length + chunk.length);
      data.set(this.pending);
      data.set(chunk, this.pending.length);
    }
    const out: Uint8Array[] = [];
    let start = 0;
    for (;;) {
      const end = data.indexOf(NEWLINE, start);
      const lineEnd = end < 0 ? data.length : end > start && data[end - 1] === CARRIAGE_RETURN ? end - 1 : end;
      while (this.lineBytesMax > 0 && lineEnd - start > this.lineBytesMax) {
        out.push(this.line(ctx, 'P', data.subarray(start, start + this.lineBytesMax)));
        start += this.lineBytesMax;
      }
      if (end < 0) break;
      out.push(this.line(ctx, 'F', data.subarray(start, lineEnd)));
      start = end + 1;
    }
    this.pending = data.slice(start);
    await this.flush(ctx, out);
    return true;
  }

  async close(ctx: Context): Promise<void> {
    if (this.pending.length > 0) await this.flush(ctx, [this.line(ctx, 'P', this.pending)]);
    this.pending = new Uint8Array(0);
    await this.file.release(ctx);
  }

  private line(ctx: Context, tag: 'P' | 'F', content: Uint8Array): Uint8Array {
    const head = encoder.encode(`${rfc3339Nano(ctx.wallTime)} ${this.stream} ${tag} `);
    const out = new Uint8Array(head.length + content.length + 1);
    out.set(head);
    out.set(content, head.length);
    out[out.length - 1] = NEWLINE;
    return out;
  }

  private async flush(ctx: Context, lines: readonly Uint8Array[]): Promise<void> {
    if (lines.length === 0) return;
    const all = new Uint8Array(lines.reduce((sum, line) => sum + line.length, 0));
    let at = 0;
    for (const line of lines) {
      all.set(line, at);
      at += line.length;
    }
    try {
      await this.file.write(ctx, all);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await this.log.error(
        ctx,
        `Fail to write "${this.stream}" log to log file "${this.file.path}"`,
        pathFailure('write', this.file.path, error),
      );
    }
  }
}
