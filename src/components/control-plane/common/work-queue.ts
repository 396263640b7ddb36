/**
 * Keys of objects that something has to be done about, each at most once in the queue; failures come back later.
 * @models client-go util/workqueue
 * @fidelity partial: one worker
 */
import type { Context } from '../../../linux/context.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Queue } from '../../../sim/primitives.ts';
import { isApiFailure } from './events.ts';

export type WorkQueue = { add(key: string): void; addAfter(key: string, delayNs: number): void };

const RETRY_FIRST_NS = 50_000_000;
const RETRY_MAX_NS = 30_000_000_000;

/** `sync` may give a delay in ns after which the key is looked at again. */
export function startWorkQueue(
  ctx: Context,
  name: string,
  sync: (ctx: Context, key: string) => Promise<number | undefined>,
): WorkQueue {
  const queue = new Queue<string>(ctx.scheduler);
  const waiting = new Set<string>();
  const failures = new Map<string, number>();
  const add = (key: string): void => {
    if (waiting.has(key)) return;
    waiting.add(key);
    queue.push(key);
  };
  const addAfter = (key: string, delayNs: number): void =>
    ctx.go(`${name}-later`, async (c) => {
      await c.sleep(delayNs);
      add(key);
    });
  ctx.go(name, async (c) => {
    for (let key = await queue.take(); key !== null; key = await queue.take()) {
      waiting.delete(key);
      await c.cpu(LATENCY.controllerSyncNs);
      try {
        const again = await sync(c, key);
        failures.delete(key);
        if (again !== undefined) addAfter(key, again);
      } catch (error) {
        if (!isApiFailure(error)) throw error;
        const delay = failures.get(key) ?? RETRY_FIRST_NS;
        failures.set(key, Math.min(delay * 2, RETRY_MAX_NS));
        addAfter(key, delay);
      }
    }
  });
  return { add, addAfter };
}
