/** The daemon's log: logrus lines on standard error, with nine decimals if not told otherwise. */
import { isLevelEnabled, type LogLevel, logrusText } from '../../../go/logrus.ts';
import { rfc3339NanoFixed } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { toFailure, toStatus } from './errors.ts';

export type Fields = Readonly<Record<string, unknown>>;

export class Logger {
  /** May change while the daemon runs. */
  level: LogLevel;
  private readonly time: (ns: bigint) => string;

  constructor(level: LogLevel, time = rfc3339NanoFixed) {
    this.level = level;
    this.time = time;
  }

  async log(ctx: Context, level: LogLevel, message: string, fields?: Fields): Promise<void> {
    if (!isLevelEnabled(level, this.level)) return;
    const line = logrusText(
      { level, message, timeNs: ctx.wallTime, ...(fields === undefined ? {} : { fields }) },
      this.time,
    );
    try {
      await ctx.sys.write(ctx, 2, line);
    } catch (error) {
      // logrus prints a complaint to the same broken descriptor and goes on.
      if (!isErrno(error)) throw error;
    }
  }

  info(ctx: Context, message: string, fields?: Fields): Promise<void> {
    return this.log(ctx, 'info', message, fields);
  }

  warn(ctx: Context, message: string, fields?: Fields): Promise<void> {
    return this.log(ctx, 'warning', message, fields);
  }

  /** With `error`, the line carries it as the field of that name. */
  error(ctx: Context, message: string, error?: unknown, fields?: Fields): Promise<void> {
    const cause = error === undefined ? {} : { error: toFailure(error).message };
    return this.log(ctx, 'error', message, { ...cause, ...fields });
  }

  /** As error, the error in the form it has left the socket with. */
  statusError(ctx: Context, message: string, error: unknown): Promise<void> {
    return this.log(ctx, 'error', message, { error: toStatus(error).message });
  }
}

/** Every line carries the fields of one request. */
export class RequestLogger extends Logger {
  private readonly parent: Logger;
  private readonly fields: Fields;

  constructor(parent: Logger, fields: Fields) {
    super(parent.level);
    this.parent = parent;
    this.fields = fields;
  }

  override log(ctx: Context, level: LogLevel, message: string, fields?: Fields): Promise<void> {
    return this.parent.log(ctx, level, message, { ...this.fields, ...fields });
  }
}
