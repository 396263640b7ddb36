/**
 * A client that is told of every change from some revision on.
 * @models apiserver pkg/endpoints/handlers/watch.go, cacher cache_watcher.go
 * @fidelity full for what clients see, but for time-outs
 */
import type { Context } from '../../../linux/context.ts';
import type { FieldTerm, Requirement } from '../../../protocols/kube/labels.ts';
import { matches, matchesFields } from '../../../protocols/kube/labels.ts';
import { type IncludeObject, tableOf } from '../../../protocols/kube/printers/table.ts';
import { apiVersionOf, type Resource, storageOf } from '../../../protocols/kube/resources.ts';
import type { Exchange } from '../../../protocols/kube/server.ts';
import { type FieldError, failure, invalid } from '../../../protocols/kube/status-error.ts';
import type { KubeObject } from '../../../protocols/kube/types.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Queue } from '../../../sim/primitives.ts';
import { type Change, objectText, type Store, typed } from './store.ts';

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
const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' };

/**
 * `sendInitialEvents` (WatchList): what there is comes first, and then a bookmark that says so; null where nobody asked.
 * @throws StatusError 422 for options that do not go together
 * @models apimachinery pkg/apis/meta/internalversion/validation ValidateListOptions
 */
export function initialEvents({ query }: Exchange, watching: boolean): boolean | null {
  const asked = query.get('sendInitialEvents')?.[0];
  const match = query.get('resourceVersionMatch')?.[0] ?? '';
  const errors: FieldError[] = [];
  const forbid = (field: string, detail: string): void => void errors.push({ field, type: 'Forbidden', detail });
  if (watching) {
    if (asked === undefined && match !== '')
      forbid(
        'resourceVersionMatch',
        'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      );
    if (asked !== undefined && match !== 'NotOlderThan')
      forbid('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  } else if (asked !== undefined) forbid('sendInitialEvents', 'sendInitialEvents is forbidden for list');
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
  return asked === undefined ? null : asked === 'true' || asked === '1';
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
  const initial = initialEvents(exchange, true);
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
  const bookmark = (annotations?: Readonly<Record<string, string>>): string => {
    const metadata = { resourceVersion: String(store.revision), ...(annotations ? { annotations } : {}) };
    return line('BOOKMARK', JSON.stringify({ kind: resource.kind, apiVersion: apiVersionOf(resource), metadata }));
  };
  if (initial ?? (from === '' || from === '0')) {
    for (const object of store.list(resource, namespace))
      if (selects(selection, object)) queue.push(line('ADDED', shown(object)));
    if (initial === true && bookmarks) queue.push(bookmark(INITIAL_EVENTS_END));
  } else if (from !== '' && from !== '0') {
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
      if (!queue.closed) queue.push(bookmarks ? bookmark() : '\n');
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
