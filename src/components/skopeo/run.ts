/** What every command of skopeo works with. */
import type { CobraCommand } from '../../go/cobra-types.ts';
import { type LogLevel, logrusTerminal, logrusText } from '../../go/logrus.ts';
import type { Context } from '../../linux/context.ts';
import { printError } from '../../linux/io.ts';
import type { ToolAction } from '../cri-runtimes/shared/containers-tool.ts';
import { Logger } from '../cri-runtimes/shared/log.ts';

export const VERSION = '1.18.0';
export const USER_AGENT = `skopeo/${VERSION}`;

export type Command = CobraCommand<ToolAction>;

/** Its own log is at the level of warnings: what the libraries tell is not heard. */
export const quiet = new Logger('warning');

export async function log(ctx: Context, level: LogLevel, message: string): Promise<void> {
  const entry = { level, message, timeNs: ctx.wallTime };
  const isTerminal = await ctx.sys.isTty(ctx, 2);
  await printError(ctx, isTerminal ? logrusTerminal(entry, { startNs: ctx.wallTime }) : logrusText(entry));
}
