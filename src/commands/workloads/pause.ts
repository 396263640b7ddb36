/** Holds a pod's namespaces and buries its orphans. @models kubernetes build/pause/linux/pause.c @fidelity full */

import { isErrno } from '../../linux/errno.ts';
import { print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import type { Signal } from '../../linux/signals.ts';
import { Queue } from '../../sim/primitives.ts';

const NAMES: Partial<Record<Signal, string>> = { SIGINT: 'Interrupt', SIGTERM: 'Terminated' };

export const pause: Program = {
  name: 'pause',
  startCpuNs: 100_000,
  rssBytes: 700_416,
  main: async (ctx, argv) => {
    const { sys } = ctx;
    if (argv.slice(1).some((a) => a.toLowerCase() === '-v')) {
      await print(ctx, 'pause.c 3.10.1\n');
      return 0;
    }
    if (sys.getpid(ctx) !== 1) await printError(ctx, 'Warning: pause should be the first process\n');
    const signals = new Queue<Signal>(ctx.scheduler);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGCHLD'] as const) sys.sigaction(ctx, signal, (s) => signals.push(s));
    for (;;) {
      const signal = await signals.take();
      if (signal === null) continue;
      if (signal !== 'SIGCHLD') {
        await printError(ctx, `Shutting down, got signal: ${NAMES[signal]}\n`);
        return 0;
      }
      try {
        while ((await sys.wait(ctx, -1, { noHang: true })) !== null);
      } catch (error) {
        if (!isErrno(error, 'ECHILD')) throw error;
      }
    }
  },
};
