/**
 * A local copy of some objects, kept up to date by one watch.
 * @models client-go tools/cache reflector.go, shared_informer.go
 * @fidelity partial: one consumer, no resync, no watch-list
 */
import type { GoError } from '../../go/errors.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import type { KubeClient, ListOptions, ResourceRef } from './client.ts';
import { StatusError } from './status-error.ts';
import type { KubeObject } from './types.ts';

export type InformerHandlers<T> = {
  added?(object: T): void;
  updated?(before: T, after: T): void;
  deleted?(object: T): void;
  /** The first list has been read. */
  synced?(): void;
  /** Listing or watching failed; it is tried again. */
  failed?(error: Error | GoError): void;
};

export type Informer<T> = { readonly items: ReadonlyMap<string, T>; readonly hasSynced: boolean };

const RETRY_FIRST_NS = 800_000_000;
const RETRY_MAX_NS = 30_000_000_000;

/** `namespace/name`, or `name`. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

export function startInformer<T extends KubeObject>(
  ctx: Context,
  client: KubeClient,
  resource: ResourceRef,
  handlers: InformerHandlers<T>,
  options: { namespace?: string } & Pick<ListOptions, 'labelSelector' | 'fieldSelector'> = {},
): Informer<T> {
  const items = new Map<string, T>();
  const state = { items, hasSynced: false };
  const { namespace = null, ...selectors } = options;

  const put = (object: T): void => {
    const key = keyOf(object);
    const before = items.get(key);
    items.set(key, object);
    if (before === undefined) handlers.added?.(object);
    else if (before.metadata.uid !== object.metadata.uid) {
      handlers.deleted?.(before);
      handlers.added?.(object);
    } else if (before.metadata.resourceVersion !== object.metadata.resourceVersion) handlers.updated?.(before, object);
  };
  const drop = (object: T): void => {
    if (items.delete(keyOf(object))) handlers.deleted?.(object);
  };

  async function listAndWatch(c: Context): Promise<void> {
    const list = await client.list<T>(c, resource, namespace, selectors);
    const present = new Set(list.items.map(keyOf));
    for (const [key, object] of [...items]) if (!present.has(key)) drop(object);
    for (const object of list.items) put(object);
    if (!state.hasSynced) {
      state.hasSynced = true;
      handlers.synced?.();
    }
    let { resourceVersion } = list.metadata;
    for (;;) {
      const watch = await client.watch<T>(c, resource, namespace, {
        ...selectors,
        resourceVersion,
        allowWatchBookmarks: true,
      });
      for (let event = await watch.next(c); event !== null; event = await watch.next(c)) {
        if (event.type === 'ERROR') throw new StatusError(event.object);
        resourceVersion = event.object.metadata.resourceVersion;
        if (event.type === 'ADDED' || event.type === 'MODIFIED') put(event.object);
        else if (event.type === 'DELETED') drop(event.object);
      }
    }
  }

  ctx.go(`informer`, async (c) => {
    for (let retryNs = RETRY_FIRST_NS; ; retryNs = Math.min(retryNs * 2, RETRY_MAX_NS)) {
      try {
        await listAndWatch(c);
      } catch (error) {
        if (!isErrno(error) && !(error instanceof StatusError) && typeof (error as GoError).before !== 'string')
          throw error;
        handlers.failed?.(error as Error | GoError);
        // client-go's first failures are quickly repeated: a server that restarts is back within seconds.
        if (state.hasSynced && retryNs > RETRY_FIRST_NS * 8) retryNs = RETRY_FIRST_NS;
      }
      await c.sleep(retryNs);
    }
  });
  return state;
}
