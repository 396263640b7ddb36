/**
 * --watch: the same display again and again, until Ctrl-C.
 * @models kubernetes-sigs/cri-tools cmd/crictl/util.go handleDisplay
 * @fidelity full
 */

import type { Context } from '../../linux/context.ts';
import { Future } from '../../sim/primitives.ts';
import type { Run } from './run.ts';

const PERIOD_NS = 500_000_000;

export async function display(
  ctx: Context,
  run: Run,
  watch: boolean,
  show: (ctx: Context) => Promise<void>,
): Promise<void> {
  if (!watch) return await show(ctx);
  const outcome = new Future<void>(ctx.scheduler);
  run.interrupts.install(ctx);
  ctx.go('interrupt', async () => {
    await run.interrupts.first.wait();
    outcome.resolve();
  });
  ctx.go('display', async (c) => {
    try {
      let due = c.now + PERIOD_NS;
      for (;;) {
        // A tick that fell due meanwhile is kept, one only.
        if (c.now < due) await c.sleep(due - c.now);
        due += PERIOD_NS;
        await show(c);
        while (due + PERIOD_NS <= c.now) due += PERIOD_NS;
      }
    } catch (error) {
      outcome.reject(error);
    }
  });
  await outcome.wait();
}
