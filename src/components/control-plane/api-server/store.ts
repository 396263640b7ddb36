/**
 * All objects, held in memory and written through to etcd; every change has a revision and goes to the watchers.
 * @models apiserver pkg/storage/etcd3 store.go, pkg/storage/cacher
 * @fidelity partial: one API server owns the store, so that reads never ask etcd (what others
 * write there it sees when it next asks whether etcd is well, or when a write meets it); values are JSON, as with
 * --storage-media-type=application/json
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { utf8 } from '../../../linux/rope.ts';
import { EtcdClient, type EtcdEndpoint } from '../../../protocols/etcd/client.ts';
import { Compare_CompareTarget, KVService } from '../../../protocols/etcd/etcdserverpb/generated.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import { apiVersionOf, type Resource, resources } from '../../../protocols/kube/resources.ts';
import type { KubeObject } from '../../../protocols/kube/types.ts';
import { Mutex } from '../../../sim/primitives.ts';
import { formOf } from './forms.ts';

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
  const history = new Map<string, Change[]>();
  const watchers = new Set<Watcher>();
  const lock = new Mutex(ctx.scheduler);
  const first = await listAll(ctx, client);
  let { revision } = first;
  const firstRevision = revision;
  for (const { resource, key, object } of first.objects) objects.get(resource)?.set(key, object);
  const bucket = (resource: Resource): Map<string, KubeObject> =>
    objects.get(resource.resource) as Map<string, KubeObject>;

  const publish = (resource: Resource, change: Change): void => {
    const past = history.get(resource.resource) ?? [];
    if (past.length === 0) history.set(resource.resource, past);
    past.push(change);
    if (past.length > HISTORY_MAX) past.shift();
    const { namespace } = change.object.metadata;
    for (const watcher of watchers) {
      if (watcher.resource !== resource.resource) continue;
      if (watcher.namespace === null || watcher.namespace === namespace) watcher.deliver(change);
    }
  };

  /** What etcd has now, after somebody else has written there or it came back with another past. */
  async function relist(c: Context): Promise<void> {
    const listed = await listAll(c, client);
    revision = listed.revision;
    const there = new Set(listed.objects.map(({ resource, key }) => `${resource}/${key}`));
    for (const resource of resources)
      for (const [key, object] of [...bucket(resource)]) {
        if (there.has(`${resource.resource}/${key}`)) continue;
        bucket(resource).delete(key);
        publish(resource, { type: 'DELETED', object, before: object, revision });
      }
    for (const { resource: name, key, object } of listed.objects) {
      const resource = resources.find((one) => one.resource === name);
      const before = objects.get(name)?.get(key) ?? null;
      if (resource === undefined || before?.metadata.resourceVersion === object.metadata.resourceVersion) continue;
      bucket(resource).set(key, object);
      const type = before === null ? 'ADDED' : 'MODIFIED';
      publish(resource, { type, object, before, revision: Number(object.metadata.resourceVersion) });
    }
  }

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
      const path = encoder.encode(`/registry/${resource.resource}/${key}`);
      const { resourceVersion: _, ...metadata } = next.metadata;
      const operation =
        type === 'DELETED'
          ? { requestDeleteRange: { key: path } }
          : { requestPut: { key: path, value: encoder.encode(JSON.stringify({ ...next, metadata })) } };
      const seen = BigInt(current?.metadata.resourceVersion ?? 0);
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
      revision = Number(answer.header?.revision);
      const stored = { ...next, metadata: { ...next.metadata, resourceVersion: String(revision) } };
      if (type === 'DELETED') bucket(resource).delete(key);
      else bucket(resource).set(key, stored);
      publish(resource, { type, object: stored, before: current, revision });
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
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    ping: async (c) => {
      const isNew = async (): Promise<boolean> => {
        const answer = await asking(client.call(c, KVService.methods.Range, { key: HEALTH_KEY }));
        return Number(answer.header?.revision) !== revision;
      };
      if (!(await isNew())) return;
      const unlock = await lock.lock();
      try {
        // It may have been a write of this server that was on its way.
        if (await isNew()) await relist(c);
      } finally {
        unlock();
      }
    },
  };
}

type Listed = { readonly resource: string; readonly key: string; readonly object: KubeObject };

async function listAll(ctx: Context, client: EtcdClient): Promise<{ revision: number; objects: Listed[] }> {
  const { header, kvs } = await asking(
    client.call(ctx, KVService.methods.Range, { key: FIRST_KEY, rangeEnd: AFTER_LAST_KEY }),
  );
  const objects: Listed[] = [];
  for (const { key, value, modRevision } of kvs) {
    const object = objectIn(utf8(value));
    // Anybody may put there what is no object.
    if (object === null) continue;
    object.metadata.resourceVersion = String(modRevision);
    const [, , resource = '', ...rest] = utf8(key).split('/');
    objects.push({ resource, key: rest.join('/'), object });
  }
  return { revision: Number(header?.revision ?? 0n), objects };
}

function objectIn(text: string): KubeObject | null {
  try {
    const value = JSON.parse(text) as Partial<KubeObject> | null;
    return typeof value?.metadata?.name === 'string' ? (value as KubeObject) : null;
  } catch {
    return null;
  }
}

const FIRST_KEY = encoder.encode('/registry/');
const AFTER_LAST_KEY = encoder.encode('/registry0');
const HEALTH_KEY = encoder.encode('/registry/health');

/** What goes wrong is an error like any other to whoever asked. */
async function asking<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof GrpcError ? newError(error.message, { code: error.code }) : error;
  }
}

export function storeKey(resource: Resource, namespace: string | null, name: string): string {
  return resource.namespaced ? `${namespace}/${name}` : name;
}

/** A stored object in the form that the resource has. */
export function typed(resource: Resource, object: KubeObject): KubeObject {
  const { apiVersion: _a, kind: _k, ...rest } = formOf(resource)?.fromStored(object) ?? object;
  return { kind: resource.kind, apiVersion: apiVersionOf(resource), ...rest } as KubeObject;
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
