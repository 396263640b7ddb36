/** The shim is a subreaper: every process of its containers ends as its child. @models containerd pkg/sys/reaper @fidelity full */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { signalNumber } from '../../../linux/signals.ts';
import { LazyMap } from '../../../sim/lazy-map.ts';
import { Future, Queue } from '../../../sim/primitives.ts';

export type Exit = { pid: number; status: number; atNs: bigint };

/** Exits that nobody has asked for yet; most are of processes that nobody ever will. */
const UNCLAIMED_MAX = 256;

export class Reaper {
  private readonly waiting = new LazyMap<number, Future<Exit>>();
  private readonly unclaimed = new LazyMap<number, Exit>();
  private readonly signals: Queue<true>;

  constructor(ctx: Context) {
    this.signals = new Queue<true>(ctx.scheduler);
    ctx.sys.sigaction(ctx, 'SIGCHLD', () => this.signals.push(true), { restart: true });
    ctx.go('reaper', (inner) => this.run(inner));
  }

  /** Resolves when the process has ended, also if it already has. */
  exit(ctx: Context, pid: number): Promise<Exit> {
    const known = this.unclaimed.get(pid);
    let future = this.waiting.get(pid);
    if (future === undefined) {
      future = new Future<Exit>(ctx.scheduler);
      if (known === undefined) this.waiting.set(pid, future);
    }
    if (known !== undefined) {
      this.unclaimed.delete(pid);
      future.resolve(known);
    }
    return future.wait();
  }

  private async run(ctx: Context): Promise<void> {
    for (;;) {
      await this.signals.take();
      await this.collect(ctx);
    }
  }

  private async collect(ctx: Context): Promise<void> {
    for (;;) {
      let status: Awaited<ReturnType<Context['sys']['wait']>>;
      try {
        status = await ctx.sys.wait(ctx, -1, { noHang: true });
      } catch (error) {
        if (isErrno(error, 'ECHILD')) return;
        throw error;
      }
      if (status === null) return;
      const exit: Exit = {
        pid: status.pid,
        status: status.signal === null ? status.exitCode : 128 + signalNumber(status.signal),
        atNs: ctx.wallTime,
      };
      const future = this.waiting.get(status.pid);
      this.waiting.delete(status.pid);
      if (future !== undefined) future.resolve(exit);
      else this.unclaimed.set(status.pid, exit);
      if (this.unclaimed.size > UNCLAIMED_MAX) this.unclaimed.delete(this.unclaimed.keys().next().value as number);
    }
  }
}
