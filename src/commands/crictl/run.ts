/** What every action of crictl works with. */
import type { CliContext } from '../../go/cli-types.ts';
import type { Context } from '../../linux/context.ts';
import { print } from '../../linux/io.ts';
import type { Interrupts } from './interrupts.ts';
import type { Logger } from './logger.ts';
import type { Settings } from './settings.ts';

export type Run = {
  /** The flags and arguments of the command. */
  readonly cli: CliContext;
  /** The command's help page, which several actions print when they do not like their arguments. */
  help(): string;
  readonly settings: Settings;
  readonly logger: Logger;
  readonly interrupts: Interrupts;
  /** Speaks v1alpha2 to runtimes that do not know v1. */
  readonly knowsOlderCri: boolean;
};

export type Action = (ctx: Context, run: Run) => Promise<void>;

export function showHelp(ctx: Context, run: Run): Promise<void> {
  return print(ctx, run.help());
}
