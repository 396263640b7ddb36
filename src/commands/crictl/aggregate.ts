/**
 * Several jobs at once, all errors kept.
 * @models kubernetes-sigs/cri-tools cmd/crictl/util.go AggregateGoroutines
 * @fidelity full
 */

import type { Context } from '../../linux/context.ts';
import { Queue } from '../../sim/primitives.ts';
import { Failure, isFailure } from './failure.ts';

export type Job = (ctx: Context) => Promise<void>;

/** Fails with the failures' texts, a line each, in the order in which they happened. */
export async function runTogether(ctx: Context, jobs: readonly Job[]): Promise<void> {
  const results = new Queue<{ error: unknown }>(ctx.scheduler);
  // Go runs the goroutine that was started last first, then the others in order.
  for (const job of [...jobs.slice(-1), ...jobs.slice(0, -1)]) {
    ctx.go('job', async (c) => {
      try {
        await job(c);
        results.push({ error: null });
      } catch (error) {
        results.push({ error });
      }
    });
  }
  const failures: unknown[] = [];
  for (let i = 0; i < jobs.length; i++) {
    const result = await results.take();
    if (result !== null && result.error !== null) failures.push(result.error);
  }
  if (failures.length === 0) return;
  const stranger = failures.find((error) => !isFailure(error));
  if (stranger !== undefined) throw stranger;
  throw new Failure(failures.map((error) => (error as Error).message).join('\n'), { cause: failures[0] });
}
