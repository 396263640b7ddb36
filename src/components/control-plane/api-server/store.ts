/**
 * All objects, held in memory and written through to etcd; every change has a revision and goes to the watchers.
 * @models apiserver pkg/storage/etcd3 store.go, pkg/storage/cacher
 * @fidelity partial: reads never ask etcd, so that of what others write there they know once its watch has told of it
 * (one for all resources, where the original has one for each); values are JSON, as with
 * --storage-media-type=application/json
 */
import type { Context } from '../../../linux/context.ts';
import { passingBytes } from '../../../protocols/byte-queue.ts';
import { EtcdClient, type EtcdEndpoint } from '../../../protocols/etcd/client.ts';
import { Compare_CompareTarget, KVService } from '../../../protocols/etcd/etcdserverpb/generated.ts';
import { apiVersionOf, type Resource, resources } from '../../../protocols/kube/resources.ts';
import type { KubeObject } from '../../../protocols/kube/types.ts';
import { Mutex } from '../../../sim/primitives.ts';
import { compactNowAndThen } from './compaction.ts';
import { followEtcd } from './etcd-feed.ts';
import { EventLeases } from './event-leases.ts';
import { formOf } from './forms.ts';
import { asking, listRegistry, registryKey, type Written } from './registry.ts';

export type Change = {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
  before: KubeObject | null;
  revision: number;
};

export type Watcher = { resource: string; namespace: string | null; deliver(change: Change): void };

/** Changes kept for watches that resume; older ones are answered 410 Gone. */
const HISTORY_MAX = 1_000;

export type Store = {
  readonly revision: number;
  get(resource: Resource, key: string): KubeObject | undefined;
  list(resource: Resource, namespace: string | null): KubeObject[];
  /** Null when somebody was faster: `expected` is the object that the caller has seen (null: none). */
  write(
    ctx: Context,
    resource: Resource,
    key: string,
    expected: KubeObject | null,
    next: KubeObject,
  ): Promise<KubeObject | null>;
  remove(
    ctx: Context,
    resource: Resource,
    key: string,
    expected: KubeObject,
    last: KubeObject,
  ): Promise<KubeObject | null>;
  /** Null when the history does not reach back so far. */
  since(resource: Resource, revision: number): Change[] | null;
  watch(watcher: Watcher): () => void;
  /** Throws a GoError when etcd does not answer. */
  ping(ctx: Context): Promise<void>;
};

const encoder = new TextEncoder();

export async function openStore(ctx: Context, etcd: EtcdEndpoint): Promise<Store> {
  const client = new EtcdClient(ctx, etcd);
  const objects = new Map<string, Map<string, KubeObject>>(resources.map((r) => [r.resource, new Map()]));
  const byName = new Map(resources.map((r) => [r.resource, r]));
  const history = new Map<string, Change[]>();
  /** By resource. */
  const watchers = new Map<string, Set<Watcher>>(resources.map((r) => [r.resource, new Set()]));
  const lock = new Mutex(ctx.scheduler);
  const first = await listRegistry(ctx, client);
  /** Of what the watchers have been told last. */
  let { revision } = first;
  const firstRevision = revision;
  /** The newest in etcd that is known of. */
  let known = revision;
  /** What the last list has: etcd's watch tells nothing new up to there. */
  let listed = revision;
  /** This server's own writes of which the watch has yet to tell; those that the watchers wait for are with their change. */
  const own = new Map<number, { resource: Resource; change: Change } | null>();
  for (const { resource, key, object } of first.objects) objects.get(resource)?.set(key, object);
  const bucket = (resource: Resource): Map<string, KubeObject> =>
    objects.get(resource.resource) as Map<string, KubeObject>;

  const publish = (resource: Resource, change: Change): void => {
    revision = change.revision;
    const past = history.get(resource.resource) ?? [];
    if (past.length === 0) history.set(resource.resource, past);
    past.push(change);
    if (past.length > HISTORY_MAX) past.shift();
    const { namespace } = change.object.metadata;
    for (const watcher of watchers.get(resource.resource) ?? [])
      if (watcher.namespace === null || watcher.namespace === namespace) watcher.deliver(change);
  };

  /** What somebody has written, or that it is gone; null: nothing that anybody is told of. */
  function changed({ resource: name, key, object, revision: at }: Written): (() => void) | null {
    const resource = byName.get(name);
    if (resource === undefined) return null;
    const before = bucket(resource).get(key) ?? null;
    if (object !== null) {
      if (before?.metadata.resourceVersion === object.metadata.resourceVersion) return null;
      const type = before === null ? 'ADDED' : 'MODIFIED';
      return () => {
        bucket(resource).set(key, object);
        publish(resource, { type, object, before, revision: at });
      };
    }
    if (before === null) return null;
    const last = { ...before, metadata: { ...before.metadata, resourceVersion: String(at) } };
    return () => {
      bucket(resource).delete(key);
      publish(resource, { type: 'DELETED', object: last, before, revision: at });
    };
  }

  /** What etcd has now, after its watch has broken, after a write has met another's, or when it came back with another past. */
  async function relist(c: Context): Promise<void> {
    const now = await listRegistry(c, client);
    // In the order of their revisions, as the watch would have told them: this server's own are not in doubt.
    for (const waiting of own.values()) if (waiting !== null) publish(waiting.resource, waiting.change);
    own.clear();
    const there = new Set(now.objects.map(({ resource, key }) => `${resource}/${key}`));
    const gone = [...objects].flatMap(([resource, held]) =>
      [...held.keys()]
        .filter((key) => !there.has(`${resource}/${key}`))
        .map((key) => ({ resource, key, object: null, revision: now.revision })),
    );
    const written = [...now.objects].sort((a, b) => a.revision - b.revision);
    for (const one of [...written, ...gone]) changed(one)?.();
    listed = now.revision;
    known = listed;
    revision = listed;
  }

  async function locked<T>(body: () => Promise<T>): Promise<T> {
    const unlock = await lock.lock();
    try {
      return await body();
    } finally {
      unlock();
    }
  }

  /** True if this server wrote it, which is then done with. */
  const isOwn = (at: number): boolean => {
    const waiting = own.get(at);
    if (waiting === undefined) return false;
    own.delete(at);
    if (waiting !== null) publish(waiting.resource, waiting.change);
    return true;
  };

  const eventLeases = new EventLeases();
  ctx.go('etcd-compactor', (c) => compactNowAndThen(c, client));
  followEtcd(ctx, client, etcd.url, {
    get listed() {
      return listed;
    },
    relist: (c) => locked(() => relist(c)),
    take: async (at, events) => {
      if (at <= listed || isOwn(at)) return;
      // It may be a write of this server that is under way.
      await locked(async () => {
        if (at <= listed || isOwn(at)) return;
        for (const one of events()) changed(one)?.();
        known = Math.max(known, at);
      });
    },
  });

  async function commit(
    c: Context,
    resource: Resource,
    key: string,
    expected: KubeObject | null,
    next: KubeObject,
    type: Change['type'],
  ): Promise<KubeObject | null> {
    // One after the other, so that watchers see the changes in the order of their revisions.
    const unlock = await lock.lock();
    try {
      const current = bucket(resource).get(key) ?? null;
      if (current !== expected) return null;
      const path = registryKey(resource, key);
      const stored = { ...next, metadata: { ...next.metadata, resourceVersion: MARK } };
      const text = type === 'DELETED' ? '' : JSON.stringify(stored);
      const operation =
        type === 'DELETED'
          ? { requestDeleteRange: { key: path } }
          : {
              requestPut: {
                key: path,
                value: passingBytes(withoutMark(text, next)),
                ...(resource.resource === 'events' ? { lease: await asking(eventLeases.get(c, client)) } : {}),
              },
            };
      const seen = Number(current?.metadata.resourceVersion ?? 0);
      const answer = await asking(
        client.call(c, KVService.methods.Txn, {
          compare: [{ key: path, target: Compare_CompareTarget.MOD, modRevision: seen }],
          success: [operation],
        }),
      );
      if (!answer.succeeded) {
        await relist(c);
        return null;
      }
      const at = Number(answer.header?.revision);
      stored.metadata.resourceVersion = String(at);
      if (type === 'DELETED') bucket(resource).delete(key);
      else {
        bucket(resource).set(key, stored);
        if (isTyped(resource, stored)) keepText(stored, text);
      }
      const change = { type, object: stored, before: current, revision: at };
      // What others wrote in between comes first: the watch is about to tell of it.
      const waits = at > known + 1 || revision < known;
      own.set(at, waits ? { resource, change } : null);
      known = at;
      if (!waits) publish(resource, change);
      return stored;
    } finally {
      unlock();
    }
  }

  return {
    get revision() {
      return revision;
    },
    get: (resource, key) => bucket(resource).get(key),
    list: (resource, namespace) => {
      const found = [...bucket(resource)].filter(([key]) => namespace === null || key.startsWith(`${namespace}/`));
      return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
    },
    write: (c, resource, key, expected, next) =>
      commit(c, resource, key, expected, next, expected === null ? 'ADDED' : 'MODIFIED'),
    remove: (c, resource, key, expected, last) => commit(c, resource, key, expected, last, 'DELETED'),
    since: (resource, from) => {
      const past = history.get(resource.resource) ?? [];
      const oldest = past.length < HISTORY_MAX ? firstRevision : (past[0] as Change).revision - 1;
      return from < oldest ? null : past.filter((change) => change.revision > from);
    },
    watch: (watcher) => {
      const all = watchers.get(watcher.resource);
      all?.add(watcher);
      return () => void all?.delete(watcher);
    },
    ping: async (c) => {
      await asking(client.call(c, KVService.methods.Range, { key: HEALTH_KEY }));
    },
  };
}

const HEALTH_KEY = encoder.encode('/registry/health');

export function storeKey(resource: Resource, namespace: string | null, name: string): string {
  return resource.namespaced ? `${namespace}/${name}` : name;
}

/** A stored object in the form that the resource has; itself if it is in that form already. */
export function typed(resource: Resource, object: KubeObject): KubeObject {
  const form = formOf(resource);
  if (form === undefined && isTyped(resource, object)) return object;
  const { apiVersion: _a, kind: _k, ...rest } = form?.fromStored(object) ?? object;
  return { kind: resource.kind, apiVersion: apiVersionOf(resource), ...rest } as KubeObject;
}

/** Says first what it is. */
function isTyped(resource: Resource, object: KubeObject): boolean {
  if (object.kind !== resource.kind || object.apiVersion !== apiVersionOf(resource)) return false;
  let before = '';
  for (const key in object) {
    if (before === 'kind') return key === 'apiVersion';
    if (key !== 'kind') return false;
    before = key;
  }
  return false;
}

/**
 * Stands for the revision while there is none: an object is written as text once, for etcd, where it lies without its
 * revision, and for everybody else, who see it with the one that etcd has given it.
 */
const MARK = '\u0001';
const MARKED = `"resourceVersion":${JSON.stringify(MARK)}`;

/** Where the revision is to come; -1 if somebody else has called something the same. */
function markIn(text: string): number {
  const at = text.indexOf(MARKED);
  return text.indexOf(MARKED, at + 1) < 0 ? at : -1;
}

function withoutMark(text: string, object: KubeObject): string {
  const at = markIn(text);
  if (at < 0) {
    const { resourceVersion: _, ...metadata } = object.metadata;
    return JSON.stringify({ ...object, metadata });
  }
  const end = at + MARKED.length;
  if (text[end] === ',') return text.slice(0, at) + text.slice(end + 1);
  return text.slice(0, text[at - 1] === ',' ? at - 1 : at) + text.slice(end);
}

function keepText(object: KubeObject, marked: string): void {
  const at = markIn(marked);
  if (at < 0) return;
  const revision = `"resourceVersion":"${object.metadata.resourceVersion}"`;
  texts.set(object, marked.slice(0, at) + revision + marked.slice(at + MARKED.length));
}

/** Stored objects never change: each is written as text once, for its watchers, for who gets it and for who changes it. */
const texts = new WeakMap<KubeObject, string>();

/** A stored object in the form that the resource has, as JSON. */
export function objectText(resource: Resource, object: KubeObject): string {
  if (resource.storedAs !== undefined) return JSON.stringify(typed(resource, object));
  let text = texts.get(object);
  if (text === undefined) {
    text = JSON.stringify(typed(resource, object));
    texts.set(object, text);
  }
  return text;
}
