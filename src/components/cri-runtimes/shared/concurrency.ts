/** Goroutines with a result: errgroup, and waiting for the first of several things. */
import type { Context } from '../../../linux/context.ts';
import { Future } from '../../../sim/primitives.ts';

/** Runs `body` over all items, at most `limit` at a time; waits for all, then throws the error that came first. */
export async function parallel<T, R>(
  ctx: Context,
  name: string,
  items: readonly T[],
  body: (ctx: Context, item: T, index: number) => Promise<R>,
  limit = items.length,
): Promise<R[]> {
  const results: R[] = [];
  const errors: unknown[] = [];
  let next = 0;
  const workers: Future<void>[] = [];
  for (let i = 0; i < Math.min(limit, items.length); i++) {
    const done = new Future<void>(ctx.scheduler);
    workers.push(done);
    ctx.go(name, async (c) => {
      while (next < items.length && errors.length === 0) {
        const index = next++;
        try {
          results[index] = await body(c, items[index] as T, index);
        } catch (error) {
          errors.push(error);
        }
      }
      done.resolve();
    });
  }
  for (const done of workers) await done.wait();
  if (errors.length > 0) throw errors[0];
  return results;
}

/** A strand whose outcome is waited for later. */
export function start<T>(ctx: Context, name: string, body: (ctx: Context) => Promise<T>): Future<T> {
  const future = new Future<T>(ctx.scheduler);
  ctx.go(name, async (c) => {
    try {
      future.resolve(await body(c));
    } catch (error) {
      future.reject(error);
    }
  });
  return future;
}

/** True if the future was settled within the time. */
export async function settledWithin(ctx: Context, future: Future<unknown>, durationNs: number): Promise<boolean> {
  if (future.done) return true;
  const first = new Future<boolean>(ctx.scheduler);
  const timer = ctx.scheduler.at(ctx.now + durationNs, () => first.resolve(false));
  ctx.go('wait', async () => {
    try {
      await future.wait();
    } catch {
      // Whoever asks for the value gets the error; here only the time matters.
    }
    first.resolve(true);
  });
  const settled = await first.wait();
  ctx.scheduler.cancel(timer);
  return settled;
}
