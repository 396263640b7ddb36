/**
 * Ctrl-C and SIGTERM. The handler is installed by the first call that can be interrupted and stays: the first signal
 * ends what waits for it, the second ends the process.
 * @models kubernetes-sigs/cri-tools cmd/crictl/util.go SetupInterruptSignalHandler InterruptableRPC
 * @fidelity full
 */

import type { Context } from '../../linux/context.ts';
import { Future } from '../../sim/primitives.ts';
import { Failure } from './failure.ts';

export class Interrupts {
  /** Resolved by the first signal. */
  readonly first: Future<void>;
  private readonly waiting = new Set<Future<unknown>>();
  private isInstalled = false;

  constructor(ctx: Context) {
    this.first = new Future<void>(ctx.scheduler);
  }

  install(ctx: Context): void {
    if (this.isInstalled) return;
    this.isInstalled = true;
    const onSignal = (): void => {
      if (this.first.done) {
        ctx.go('second interrupt', (c) => c.sys.exit(c, 1));
        return;
      }
      this.first.resolve();
      for (const future of this.waiting) future.reject(interrupted());
    };
    // Go's runtime installs its handlers with SA_RESTART.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) ctx.sys.sigaction(ctx, signal, onSignal, { restart: true });
  }

  /** Runs `body` beside the caller, who stops waiting for it at the first signal. */
  async guard<T>(ctx: Context, body: (ctx: Context) => Promise<T>): Promise<T> {
    this.install(ctx);
    if (this.first.done) throw interrupted();
    const result = new Future<T>(ctx.scheduler);
    this.waiting.add(result as Future<unknown>);
    ctx.go('rpc', async (c) => {
      try {
        result.resolve(await body(c));
      } catch (error) {
        result.reject(error);
      }
    });
    try {
      return await result.wait();
    } finally {
      this.waiting.delete(result as Future<unknown>);
    }
  }
}

function interrupted(): Failure {
  return new Failure('interrupted: context canceled');
}
