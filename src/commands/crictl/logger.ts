/**
 * crictl's two logs, both on stderr: logrus for its own words (coloured on a terminal), klog for those of the CRI
 * client library.
 * @models kubernetes-sigs/cri-tools cmd/crictl/main.go
 * @fidelity full
 */

import { type KlogPair, klogStructured } from '../../go/klog.ts';
import { isLevelEnabled, type LogLevel, logrusTerminal, logrusText } from '../../go/logrus.ts';
import { goLogStamp } from '../../go/time.ts';
import type { Context } from '../../linux/context.ts';
import { printError } from '../../linux/io.ts';

export type Logger = {
  readonly isTerminal: boolean;
  /** When the process started: a terminal's lines count seconds from it. */
  readonly startNs: bigint;
  /** --debug and the config file change it. */
  threshold: LogLevel;
};

export async function newLogger(ctx: Context): Promise<Logger> {
  return { isTerminal: await ctx.sys.isTty(ctx, 2), startNs: ctx.wallTime, threshold: 'info' };
}

export async function log(ctx: Context, logger: Logger, level: LogLevel, message: string): Promise<void> {
  if (!isLevelEnabled(level, logger.threshold)) return;
  const entry = { level, message, timeNs: ctx.wallTime };
  const line = logger.isTerminal ? logrusTerminal(entry, { startNs: logger.startNs }) : logrusText(entry);
  await printError(ctx, line);
}

/** The message is only built when somebody wants it: debug lines print whole responses. */
export async function debug(ctx: Context, logger: Logger, message: () => string): Promise<void> {
  if (isLevelEnabled('debug', logger.threshold)) await log(ctx, logger, 'debug', message());
}

/** klog.ErrorS; `caller` is the file and line of the upstream call. */
export async function klogError(
  ctx: Context,
  caller: string,
  message: string,
  error: string,
  pairs: readonly KlogPair[] = [],
): Promise<void> {
  const source = { severity: 'E', timeNs: ctx.wallTime, pid: ctx.sys.getpid(ctx), caller } as const;
  await printError(ctx, klogStructured(source, message, [['err', error], ...pairs]));
}

export async function klogInfo(
  ctx: Context,
  caller: string,
  message: string,
  pairs: readonly KlogPair[] = [],
): Promise<void> {
  const source = { severity: 'I', timeNs: ctx.wallTime, pid: ctx.sys.getpid(ctx), caller } as const;
  await printError(ctx, klogStructured(source, message, pairs));
}

export async function goLogFatal(ctx: Context, message: string): Promise<void> {
  await printError(ctx, `${goLogStamp(ctx.wallTime)} ${message}\n`);
}
