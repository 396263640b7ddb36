/** What every command of crun gets, and its log. @models crun src/libcrun/error.c @fidelity partial: no syslog and journald destinations */

import { rfc3339Nano } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { printError } from '../../../linux/io.ts';
import { printJson } from './failure.ts';

export type Verbosity = 'error' | 'warning' | 'debug';

export type CrunCall = {
  root: string;
  systemdCgroup: boolean;
  noCgroup: boolean;
  log: Log;
  args: readonly string[];
  flag(name: string): boolean;
  value(name: string): string | undefined;
  values(name: string): readonly string[];
};

export type Log = { fd: number; format: 'text' | 'json'; verbosity: Verbosity };

const COLORS: Readonly<Record<Verbosity, string>> = { error: '1;31', warning: '1;33', debug: '1;34' };
const LEVELS: readonly Verbosity[] = ['error', 'warning', 'debug'];
const MICROSECOND = 1000n;

/** Microseconds, always six digits. */
export function timestamp(ns: bigint): string {
  const micros = String((ns / MICROSECOND) % 1_000_000n).padStart(6, '0');
  return `${rfc3339Nano(ns - (ns % 1_000_000_000n)).slice(0, -1)}.${micros}Z`;
}

export async function writeLog(ctx: Context, log: Log, verbosity: Verbosity, message: string): Promise<void> {
  if (LEVELS.indexOf(verbosity) > LEVELS.indexOf(log.verbosity)) return;
  if (verbosity === 'error' && log.fd !== 2) await writeLine(ctx, 2, verbosity, message, true);
  const json = log.format === 'json';
  const entry = { msg: message, level: verbosity, time: timestamp(ctx.wallTime) };
  const line = json ? printJson(entry) : message;
  await writeLine(ctx, log.fd, verbosity, line, !json);
}

/** A terminal gets colours and the time. */
async function writeLine(ctx: Context, fd: number, verbosity: Verbosity, line: string, dated: boolean): Promise<void> {
  const plain = !(await ctx.sys.isTty(ctx, fd));
  const stamp = dated ? `${timestamp(ctx.wallTime)}: ` : '';
  const text = plain ? `${line}\n` : `\x1b[${COLORS[verbosity]}m${stamp}${line}\x1b[0m\n`;
  if (fd === 2) await printError(ctx, text);
  else await ctx.sys.write(ctx, fd, text);
}
