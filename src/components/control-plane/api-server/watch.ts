/**
 * A client that is told of every change from some revision on.
 * @models apiserver pkg/endpoints/handlers/watch.go, cacher cache_watcher.go
 * @fidelity full for what clients see, but for time-outs
 */
import type { Context } from '../../../linux/context.ts';
import type { FieldTerm, Requirement } from '../../../protocols/kube/labels.ts';
import { matches, matchesFields } from '../../../protocols/kube/labels.ts';
import { type IncludeObject, tableOf } from '../../../protocols/kube/printers/table.ts';
import { type Resource, storageOf } from '../../../protocols/kube/resources.ts';
import type { Exchange } from '../../../protocols/kube/server.ts';
import { failure } from '../../../protocols/kube/status-error.ts';
import type { KubeObject } from '../../../protocols/kube/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Queue } from '../../../sim/primitives.ts';
import { type Change, type Store, typed } from './store.ts';

export type Selection = { labels: readonly Requirement[]; fields: readonly FieldTerm[] };

export function selects({ labels, fields }: Selection, object: KubeObject): boolean {
  return (
    (labels.length === 0 || matches(labels, object.metadata.labels)) &&
    (fields.length === 0 || matchesFields(fields, object))
  );
}

/** How much of the objects goes with their rows. */
export function includedObject({ query }: Exchange): IncludeObject {
  const asked = query.get('includeObject')?.[0];
  return asked === 'Object' || asked === 'None' ? asked : 'Metadata';
}

const BOOKMARK_NS = 60_000_000_000;

/** Objects are shared by all watchers: each is written as text once. */
const texts = new WeakMap<KubeObject, string>();

export function objectText(resource: Resource, object: KubeObject): string {
  if (resource.storedAs !== undefined) return JSON.stringify(typed(resource, object));
  let text = texts.get(object);
  if (text === undefined) {
    text = JSON.stringify(typed(resource, object));
    texts.set(object, text);
  }
  return text;
}

export async function serveWatch(
  ctx: Context,
  exchange: Exchange,
  store: Store,
  resource: Resource,
  namespace: string | null,
  selection: Selection,
  /** `asTable`: rows instead of objects; the columns come with the first. */
  { asTable, warnings }: { asTable: boolean; warnings: readonly [string, string][] },
): Promise<void> {
  const from = exchange.query.get('resourceVersion')?.[0] ?? '';
  const bookmarks = exchange.query.get('allowWatchBookmarks')?.[0] === 'true';
  const queue = new Queue<string | null>(ctx.scheduler);
  const line = (type: string, text: string): string => `{"type":"${type}","object":${text}}\n`;
  let withColumns = true;
  const shown = (object: KubeObject): string => {
    if (!asTable) return objectText(resource, object);
    const includeObject = includedObject(exchange);
    const table = tableOf(typed(storageOf(resource), object), resource.kind, ctx.wallTime, {
      includeObject,
      withColumns,
    });
    withColumns = false;
    return JSON.stringify(table);
  };
  const deliver = ({ type, object, before }: Change): void => {
    const now = type !== 'DELETED' && selects(selection, object);
    const then = type === 'DELETED' ? selects(selection, object) : before !== null && selects(selection, before);
    if (!now && !then) return;
    queue.push(line(now ? (then ? 'MODIFIED' : 'ADDED') : 'DELETED', shown(object)));
  };
  if (from === '' || from === '0') {
    for (const object of store.list(resource, namespace))
      if (selects(selection, object)) queue.push(line('ADDED', shown(object)));
  } else {
    const missed = store.since(resource, Number(from));
    if (missed === null) {
      const { status } = failure(410, 'Expired', `too old resource version: ${from} (${store.revision})`);
      queue.push(line('ERROR', JSON.stringify(status)));
      queue.push(null);
    } else
      for (const change of missed)
        if (namespace === null || change.object.metadata.namespace === namespace) deliver(change);
  }
  const stop = store.watch({ resource: resource.resource, namespace, deliver });
  ctx.go('bookmarks', async (c) => {
    while (!queue.closed) {
      await c.sleep(BOOKMARK_NS);
      // Also how a client that has gone is noticed while nothing changes.
      if (!queue.closed)
        queue.push(
          bookmarks
            ? line(
                'BOOKMARK',
                JSON.stringify({ kind: resource.kind, metadata: { resourceVersion: String(store.revision) } }),
              )
            : '\n',
        );
    }
  });
  try {
    await exchange.startChunks(ctx, 200, [['Content-Type', 'application/json'], ...warnings]);
    for (let next = await queue.take(); next !== null; next = await queue.take()) {
      let text = next;
      let events = 1;
      while (queue.length > 0) {
        const more = await queue.take();
        if (more === null) break;
        text += more;
        events++;
      }
      await ctx.cpu(LATENCY.apiServerWatchEventNs * events);
      if (!(await exchange.chunk(ctx, text))) return;
    }
    await exchange.endChunks(ctx);
  } finally {
    stop();
    queue.close();
  }
}
