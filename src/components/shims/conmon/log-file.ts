/**
 * The container's log in the CRI format. Each piece that is read is written at once: what does not end in a newline is
 * marked as partial.
 * @models conmon 2.1 src/ctr_logging.c (k8s-file)
 * @fidelity partial: a log that reaches its maximum is truncated, not rotated
 */

import { rfc3339NanoFixed } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { concatBytes } from '../../../protocols/byte-queue.ts';

const NEWLINE = 10;
const encoder = new TextEncoder();

export type LogLimits = {
  /** Bytes; 0 for none. */
  fileBytesMax: number;
  /** Bytes that are written in all; 0 for no limit. */
  totalBytesMax: number;
};

export class LogFile {
  private readonly path: string;
  private readonly limits: LogLimits;
  private fd: number;
  private written = 0;
  private writtenInAll = 0;

  private constructor(path: string, fd: number, limits: LogLimits) {
    this.path = path;
    this.fd = fd;
    this.limits = limits;
  }

  /** Throws Errno. */
  static async open(ctx: Context, path: string, limits: LogLimits): Promise<LogFile> {
    const log = new LogFile(path, await openForAppend(ctx, path), limits);
    log.written = (await ctx.sys.stat(ctx, path)).size;
    log.writtenInAll = log.written;
    return log;
  }

  async write(ctx: Context, stream: 'stdout' | 'stderr', data: Uint8Array): Promise<void> {
    const stamp = `${rfc3339NanoFixed(ctx.wallTime).replace(/Z$/, '+00:00')} ${stream} `;
    let lines: Uint8Array[] = [];
    for (let start = 0; start < data.length; ) {
      const end = data.indexOf(NEWLINE, start);
      const complete = end >= 0;
      const content = data.subarray(start, complete ? end : data.length);
      const line = concatBytes([encoder.encode(`${stamp}${complete ? 'F' : 'P'} `), content, Uint8Array.of(NEWLINE)]);
      start = complete ? end + 1 : data.length;
      const { fileBytesMax, totalBytesMax } = this.limits;
      if (totalBytesMax > 0 && this.writtenInAll >= totalBytesMax) break;
      if (fileBytesMax > 0 && this.written + line.length > fileBytesMax) {
        await this.flush(ctx, lines);
        lines = [];
        await this.truncate(ctx);
      }
      lines.push(line);
      this.written += line.length;
      this.writtenInAll += line.length;
    }
    await this.flush(ctx, lines);
  }

  private async flush(ctx: Context, lines: readonly Uint8Array[]): Promise<void> {
    if (lines.length === 0) return;
    try {
      await ctx.sys.write(ctx, this.fd, concatBytes(lines));
    } catch (error) {
      // A full disk loses lines, not the container.
      if (!isErrno(error)) throw error;
    }
  }

  private async truncate(ctx: Context): Promise<void> {
    await ctx.sys.truncate(ctx, this.fd, 0);
    this.written = 0;
  }

  /** After the file has been moved away: a new one under the old name. */
  async reopen(ctx: Context): Promise<void> {
    await ctx.sys.close(ctx, this.fd);
    this.fd = await openForAppend(ctx, this.path);
    this.written = 0;
  }

  close(ctx: Context): Promise<void> {
    return ctx.sys.close(ctx, this.fd);
  }
}

function openForAppend(ctx: Context, path: string): Promise<number> {
  return ctx.sys.open(ctx, path, { write: true, append: true, create: true, closeOnExec: true }, 0o640);
}
