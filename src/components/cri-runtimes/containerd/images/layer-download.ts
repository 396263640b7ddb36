/** Layers on their way, so many at a time; whoever unpacks waits for each in turn. */
import type { Context } from '../../../../linux/context.ts';
import type { Descriptor } from '../../../../protocols/oci/types.ts';
import { Future } from '../../../../sim/primitives.ts';

export class LayerDownload {
  bytesRead = 0;
  private readonly limit: number;
  private readonly fetch: (ctx: Context, layer: Descriptor) => Promise<number>;
  private readonly workers: Future<void>[] = [];

  /** `fetch` returns how many bytes came over the network. */
  constructor(limit: number, fetch: (ctx: Context, layer: Descriptor) => Promise<number>) {
    this.limit = limit;
    this.fetch = fetch;
  }

  /** One outcome for each layer. After a failure no further one is begun. */
  start(ctx: Context, layers: readonly Descriptor[]): readonly Future<unknown>[] {
    const outcomes = layers.map(() => new Future<void>(ctx.scheduler));
    let next = 0;
    let failed: unknown = null;
    const one = async (c: Context, layer: Descriptor, outcome: Future<void>): Promise<void> => {
      try {
        if (failed !== null) throw failed;
        this.bytesRead += await this.fetch(c, layer);
        outcome.resolve();
      } catch (error) {
        failed ??= error;
        // Whoever waits for any of them learns why there will be none.
        for (const waiting of outcomes) waiting.reject(failed);
      }
    };
    const count = this.limit > 0 ? Math.min(this.limit, layers.length) : layers.length;
    for (let i = 0; i < count; i++) {
      const worker = new Future<void>(ctx.scheduler);
      this.workers.push(worker);
      ctx.go('fetch', async (c) => {
        while (next < layers.length) {
          const index = next++;
          await one(c, layers[index] as Descriptor, outcomes[index] as Future<void>);
        }
        worker.resolve();
      });
    }
    return outcomes;
  }

  /** When nothing is on its way any more. */
  async settled(): Promise<void> {
    for (const worker of this.workers) await worker.wait();
  }
}
