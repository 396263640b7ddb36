/** JSON messages between a runtime and the process that becomes the container, over a socket pair: one a line. */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { LineReader } from '../../../linux/io.ts';

export class JsonChannel<T> {
  readonly fd: number;
  private readonly reader: LineReader;

  constructor(fd: number) {
    this.fd = fd;
    this.reader = new LineReader(fd);
  }

  async send(ctx: Context, message: T): Promise<void> {
    await ctx.sys.write(ctx, this.fd, `${JSON.stringify(message)}\n`);
  }

  /** The last words of a process: false if nobody is there to hear them. */
  async tell(ctx: Context, message: T): Promise<boolean> {
    try {
      await this.send(ctx, message);
      return true;
    } catch (error) {
      if (!isErrno(error)) throw error;
      return false;
    }
  }

  /** null when the other side has closed. */
  async receive(ctx: Context): Promise<T | null> {
    const line = await this.reader.next(ctx);
    return line === null ? null : (JSON.parse(line) as T);
  }
}
