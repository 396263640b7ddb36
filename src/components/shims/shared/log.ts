/** The shim's log: the `log` fifo in its bundle, which containerd reads and passes on. */
import { type LogLevel, logrusText } from '../../../go/logrus.ts';
import { rfc3339NanoFixed } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';

export async function log(
  ctx: Context,
  level: LogLevel,
  message: string,
  fields: Record<string, unknown> = {},
): Promise<void> {
  try {
    await ctx.sys.write(ctx, 2, logrusText({ level, message, fields, timeNs: ctx.wallTime }, rfc3339NanoFixed));
  } catch (error) {
    // While containerd is away nobody reads the fifo.
    if (!isErrno(error, 'EPIPE', 'EAGAIN', 'EBADF')) throw error;
  }
}
