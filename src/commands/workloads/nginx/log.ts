/** error.log and what goes to stderr before it is open. @models nginx 1.27 src/core/ngx_log.c */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { printError } from '../../../linux/io.ts';
import { strftime } from '../../common/dates.ts';
import type { Settings } from './settings.ts';

const LEVELS = ['emerg', 'alert', 'crit', 'error', 'warn', 'notice', 'info', 'debug'] as const;
export type Level = (typeof LEVELS)[number];

export type ErrorLog = { fds: { fd: number; level: number }[] };

export async function openErrorLog(ctx: Context, settings: Settings): Promise<ErrorLog> {
  const wanted =
    settings.errorLogs.length === 0 ? [{ path: '/var/log/nginx/error.log', level: 'error' }] : settings.errorLogs;
  const log: ErrorLog = { fds: [] };
  for (const { path, level } of wanted) {
    const number = Math.max(0, LEVELS.indexOf(level as Level));
    log.fds.push({ fd: path === 'stderr' ? 2 : await openLog(ctx, path), level: number });
  }
  return log;
}

export async function openLog(ctx: Context, path: string): Promise<number> {
  try {
    return await ctx.sys.open(ctx, path, { write: true, create: true, append: true, closeOnExec: true }, 0o644);
  } catch (error) {
    if (isErrno(error)) throw new LogError(`open() "${path}" failed (${error.errno}: ${error.libc})`);
    throw error;
  }
}

export class LogError extends Error {}

export async function log(ctx: Context, to: ErrorLog, level: Level, text: string): Promise<void> {
  const number = LEVELS.indexOf(level);
  const pid = ctx.sys.getpid(ctx);
  const line = `${strftime('%Y/%m/%d %H:%M:%S', ctx.wallTime)} [${level}] ${pid}#${pid}: ${text}\n`;
  for (const { fd, level: most } of to.fds) {
    if (number > most) continue;
    try {
      await ctx.sys.write(ctx, fd, line);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
}

/** `nginx: [emerg] …`: errors of start-up go to stderr as well as to the log. */
export async function complain(ctx: Context, level: Level, text: string): Promise<void> {
  await printError(ctx, `nginx: [${level}] ${text}\n`);
}
