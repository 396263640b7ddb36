/**
 * Watches one object until something is so: what there is, then each change, for as long as it takes.
 * @models k8s.io/client-go tools/watch until.go UntilWithSync, informerwatcher.go; tools/cache reflector.go
 * @fidelity partial: a watch that ends is opened again after a second, whatever ended it
 */
import type { Context } from '../../linux/context.ts';
import type { Watch } from '../../protocols/kube/client.ts';
import { type Fields, field, list, text } from '../../protocols/kube/fields.ts';
import { isStatusError } from '../../protocols/kube/status-error.ts';
import { isGoError } from './failure.ts';
import type { Run } from './run.ts';
import type { Target } from './select.ts';

export type ObjectEvent = { readonly type: string; readonly object: Fields };

/** Each throws to give up. */
export type Awaited = {
  /** Asked once, of what there is when it is all known: null when it is not there. */
  readonly already?: (item: Fields | null) => boolean;
  readonly isMet: (event: ObjectEvent) => boolean | Promise<boolean>;
};

const RETRY_NS = 1_000_000_000;
/** The server is asked to end a watch after five to ten minutes. */
const WATCH_SECONDS_MIN = 300;
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';
/** Since when what there is comes with the watch. */
const WATCH_LIST_SINCE_MINOR = 35;

/** `deadline`: Infinity waits for ever. The object that it was met by, if there was one; null when the time was over. */
export async function untilWithSync(
  ctx: Context,
  run: Run,
  target: Target & { readonly name: string },
  deadline: number,
  { already, isMet }: Awaited,
): Promise<{ readonly object: Fields | null } | null> {
  let known: Fields | null = null;
  let isFirst = true;
  while (ctx.now < deadline) {
    const source = await open(ctx, run, target, deadline);
    // What came before all was known.
    let first: Fields | null = null;
    let isSynced = false;
    for (let event = await source?.next(ctx); event !== undefined && event !== null; event = await source?.next(ctx)) {
      const { type, object } = event;
      const events: ObjectEvent[] = [];
      if (type === 'BOOKMARK') {
        if (field(object, 'metadata', 'annotations', INITIAL_EVENTS_END) !== 'true') continue;
        isSynced = true;
        if (known !== null && first === null) events.push({ type: 'DELETED', object: known });
        known = first;
        if (isFirst && already?.(known) === true) return await stopped(ctx, source, known);
        isFirst = false;
        if (known !== null) events.push({ type: 'ADDED', object: known });
      } else if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') {
        const now = type === 'DELETED' ? null : object;
        if (isSynced) {
          known = now;
          events.push(event);
        } else first = now;
      }
      for (const one of events) if (await isMet(one)) return await stopped(ctx, source, one.object);
    }
    const left = Math.min(RETRY_NS, deadline - ctx.now);
    if (left > 0) await ctx.sleep(left);
  }
  return null;
}

async function stopped(
  ctx: Context,
  source: Watch<Fields> | null,
  object: Fields | null,
): Promise<{ readonly object: Fields | null }> {
  await source?.stop(ctx);
  return { object };
}

/** Null when nobody answers. */
async function open(
  ctx: Context,
  run: Run,
  { resource, namespace, name }: Target & { readonly name: string },
  deadline: number,
): Promise<Watch<Fields> | null> {
  const client = await run.client(ctx);
  const fieldSelector = `metadata.name=${name}`;
  const timeoutSeconds = WATCH_SECONDS_MIN + ctx.random.below(WATCH_SECONDS_MIN);
  const common = { allowWatchBookmarks: true, fieldSelector, timeoutSeconds };
  let watch: Watch<Fields>;
  let listed: ObjectEvent[] = [];
  try {
    if (Number(run.release.client['minor']) >= WATCH_LIST_SINCE_MINOR) {
      const whole = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' };
      watch = await client.watch<Fields>(ctx, resource, namespace, { ...common, ...whole });
    } else {
      const answer = await client.list<Fields>(ctx, resource, namespace, { fieldSelector });
      const resourceVersion = text(answer, 'metadata', 'resourceVersion');
      watch = await client.watch<Fields>(ctx, resource, namespace, { ...common, resourceVersion });
      const end = { metadata: { annotations: { [INITIAL_EVENTS_END]: 'true' } } };
      const items = list(answer, 'items').map((object) => ({ type: 'ADDED', object }));
      listed = [...items, { type: 'BOOKMARK', object: end }];
    }
  } catch (error) {
    if (!isGoError(error) && !isStatusError(error)) throw error;
    return null;
  }
  if (Number.isFinite(deadline))
    ctx.go('timeout', async (c) => {
      await c.sleep(deadline - c.now);
      await watch.stop(c);
    });
  return {
    next: async (c) => (listed.shift() as never) ?? (await watch.next(c)),
    stop: (c) => watch.stop(c),
  };
}
