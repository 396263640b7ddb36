/** runc's own log: --log, --log-format, --debug. @models runc main.go, libcontainer/logs @fidelity partial: no func and file of debug lines */
import { isLevelEnabled, type LogLevel, logrusJson, logrusText } from '../../../go/logrus.ts';
import type { Context } from '../../../linux/context.ts';
import { LineReader, printError } from '../../../linux/io.ts';

export type Logger = {
  readonly format: 'text' | 'json';
  readonly level: LogLevel;
  /** Where lines go: 2, or the file of --log. */
  readonly fd: number;
};

export function startLogger(): Logger {
  return { format: 'text', level: 'info', fd: 2 };
}

export async function log(ctx: Context, logger: Logger, level: LogLevel, message: string): Promise<void> {
  if (!isLevelEnabled(level, logger.level)) return;
  const entry = { level, message, timeNs: ctx.wallTime };
  await ctx.sys.write(ctx, logger.fd, logger.format === 'json' ? logrusJson(entry) : logrusText(entry));
}

/** The last words: into the log, and on stderr too when the log is a file. */
export async function logFatal(ctx: Context, logger: Logger, message: string): Promise<void> {
  await log(ctx, logger, 'error', message);
  if (logger.fd !== 2) await printError(ctx, `${message}\n`);
}

/** Passes on what `runc init` writes to its log pipe: one JSON object a line. Ends with the pipe. */
export async function forwardLogs(ctx: Context, logger: Logger, fd: number): Promise<void> {
  const reader = new LineReader(fd);
  for (let line = await reader.next(ctx); line !== null; line = await reader.next(ctx)) {
    const entry = JSON.parse(line) as { level: LogLevel; msg: string };
    await log(ctx, logger, entry.level, entry.msg);
  }
  await ctx.sys.close(ctx, fd);
}
