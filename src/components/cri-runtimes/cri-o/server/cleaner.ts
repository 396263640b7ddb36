/** What has to be undone when a pod or a container cannot be made, last first. @models CRI-O 1.36 internal/resourcestore/resourcecleaner.go @fidelity partial: nothing is tried again */
import type { Context } from '../../../../linux/context.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';

type Step = { words: string; undo: (ctx: Context) => Promise<void> };

export class Cleaner {
  private readonly steps: Step[] = [];

  add(words: string, undo: (ctx: Context) => Promise<void>): void {
    this.steps.push({ words, undo });
  }

  async run(ctx: Context, log: Logger): Promise<void> {
    for (const { words, undo } of this.steps.reverse()) {
      await log.info(ctx, words);
      try {
        await undo(ctx);
      } catch (error) {
        await log.error(ctx, `Unable to cleanup: ${messageOf(error)}`);
      }
    }
  }
}
