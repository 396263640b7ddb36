import { expect, test } from 'vitest';
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { failure, notFound } from '../../../protocols/kube/status-error.ts';
import type { KubeObject, Pod, ReplicaSet, StatefulSet } from '../../../protocols/kube/types.ts';
import { candidates, claim, onDependents, selectorOf } from './claim-dependents.ts';
import type { Shared } from './shared.ts';
import { isMember } from './stateful-set-claims.ts';

const CTX = {} as Context;
const RESOURCES = { owner: 'replicasets', dependents: 'pods' };

type About = { namespace?: string; labels?: Record<string, string>; owner?: string; deleting?: boolean };

function meta(name: string, { namespace = 'default', labels = {}, owner, deleting = false }: About): object {
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }];
  return {
    name,
    namespace,
    uid: name,
    labels,
    ...(owner === undefined ? {} : { ownerReferences }),
    ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
  };
}
const pod = (name: string, about: About = {}): Pod => ({ metadata: meta(name, about), spec: {} }) as unknown as Pod;
const set = (name: string, about: About = {}): ReplicaSet =>
  ({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: meta(name, about),
    spec: { selector: { matchLabels: { app: 'web' } } },
  }) as unknown as ReplicaSet;

const WEB = { app: 'web' };
const OTHER = { app: 'other' };

/** @param fresh what the API server says of the owner @param refuse what it says to a change of that name */
function server(fresh: KubeObject | null, refuse: Readonly<Record<string, Error>> = {}) {
  const asked: string[] = [];
  const patch = async (_: Context, resource: string, namespace: string, name: string, _type: string, body: object) => {
    asked.push(`PATCH ${namespace}/${resource}/${name} ${JSON.stringify(body)}`);
    const error = refuse[name];
    if (error !== undefined) throw error;
    return pod(name, { labels: { patched: 'yes' } });
  };
  const client = {
    get: async (_: Context, resource: string, namespace: string, name: string) => {
      asked.push(`GET ${namespace}/${resource}/${name}`);
      if (fresh === null) throw notFound({ group: 'apps', resource }, name);
      return fresh;
    },
    patch,
    blind: { patch },
  } as unknown as KubeClient;
  const claims = async (owner: ReplicaSet, pods: readonly Pod[], suits?: (one: Pod) => boolean): Promise<string[]> => {
    const near = candidates(owner, pods);
    const own = await claim(CTX, client, RESOURCES, owner, selectorOf(owner), near, suits);
    return own.map(({ metadata }) => metadata.name);
  };
  return { asked, claims };
}

test('what is its own, or is none of its business, costs no request', async () => {
  const { asked, claims } = server(set('web'));
  const pods = [
    pod('own', { labels: WEB, owner: 'web' }),
    pod('own-going', { labels: WEB, owner: 'web', deleting: true }),
    pod('unlike', { labels: OTHER }),
    pod('going', { labels: WEB, deleting: true }),
    pod('owned', { labels: WEB, owner: 'other' }),
    pod('elsewhere', { labels: WEB, namespace: 'second' }),
  ];
  expect(await claims(set('web'), pods)).toEqual(['own', 'own-going']);
  expect(asked).toEqual([]);
});

test('orphans are adopted after one look whether the owner is still there; what no longer matches is let go', async () => {
  const { asked, claims } = server(set('web'));
  const pods = [pod('a', { labels: WEB }), pod('b', { labels: WEB }), pod('c', { labels: OTHER, owner: 'web' })];
  expect(await claims(set('web'), pods)).toEqual(['a', 'b']);
  const reference =
    '{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web","uid":"web","controller":true,"blockOwnerDeletion":true}';
  expect(asked).toEqual([
    'GET default/replicasets/web',
    `PATCH default/pods/a {"metadata":{"uid":"a","ownerReferences":[${reference}]}}`,
    `PATCH default/pods/b {"metadata":{"uid":"b","ownerReferences":[${reference}]}}`,
    'PATCH default/pods/c {"metadata":{"uid":"c","ownerReferences":[{"$patch":"delete","uid":"web"}]}}',
  ]);
});

test('an owner that has gone, is going, or has been made again adopts nothing, and tries again', async () => {
  const orphans = [pod('a', { labels: WEB }), pod('b', { labels: WEB })];
  const again = { ...set('web'), metadata: { ...set('web').metadata, uid: 'second' } };
  for (const [fresh, words] of [
    [null, 'can\'t recheck DeletionTimestamp: replicasets.apps "web" not found'],
    [again, "can't recheck DeletionTimestamp: original ReplicaSet default/web is gone: got uid second, wanted web"],
    [set('web', { deleting: true }), 'default/web has just been deleted at 2026-01-01T00:00:00Z'],
  ] as const) {
    const { asked, claims } = server(fresh);
    await expect(claims(set('web'), orphans)).rejects.toMatchObject({ message: words });
    expect(asked).toEqual(['GET default/replicasets/web']);
  }
  const { asked, claims } = server(set('web'));
  const pods = [...orphans, pod('c', { labels: OTHER, owner: 'web' }), pod('d', { labels: WEB, owner: 'web' })];
  expect(await claims(set('web', { deleting: true }), pods)).toEqual(['d']);
  expect(asked).toEqual([]);
});

test('what has gone meanwhile is no failure; another failure is told after all have been tried', async () => {
  const pods = ['a', 'b', 'c'].map((name) => pod(name, { labels: WEB }));
  const gone = server(set('web'), { b: notFound({ group: '', resource: 'pods' }, 'b') });
  expect(await gone.claims(set('web'), pods)).toEqual(['a', 'c']);
  const refused = server(set('web'), { a: failure(403, 'Forbidden', 'no') });
  await expect(refused.claims(set('web'), pods)).rejects.toThrow('no');
  expect(refused.asked.map((line) => line.split(' ', 2).join(' '))).toEqual([
    'GET default/replicasets/web',
    'PATCH default/pods/a',
    'PATCH default/pods/b',
    'PATCH default/pods/c',
  ]);
  const released = server(set('web'), { x: failure(422, 'Invalid', 'is another') });
  expect(await released.claims(set('web'), [pod('x', { labels: OTHER, owner: 'web' })])).toEqual([]);
});

test('a StatefulSet looks at names too: it takes what is called like its own, and lets go of what is not', async () => {
  const owner = set('db');
  const suits = (one: Pod): boolean => isMember(owner as unknown as StatefulSet, one);
  const { asked, claims } = server(owner);
  const pods = [
    pod('db-0', { labels: WEB }),
    pod('db', { labels: WEB }),
    pod('db-x', { labels: WEB }),
    pod('my-db-1', { labels: WEB }),
    pod('other-2', { labels: WEB, owner: 'db' }),
  ];
  expect(await claims(owner, pods, suits)).toEqual(['db-0']);
  expect(asked.map((line) => line.split(' ', 2).join(' '))).toEqual([
    'GET default/replicasets/db',
    'PATCH default/pods/db-0',
    'PATCH default/pods/other-2',
  ]);
});

test('a change is told to who owns it and who owned it; of what nobody owns, to those that could', () => {
  const sets = [set('web'), set('web2'), set('far', { namespace: 'second' })];
  const owners = { items: new Map(sets.map((one) => [one.metadata.name, one])) } as unknown as Shared<ReplicaSet>;
  let change: (before: Pod | null, after: Pod | null) => void = () => {};
  const pods = { onChange: (listener: typeof change) => (change = listener) } as unknown as Shared<Pod>;
  let told: string[] = [];
  onDependents(pods, owners, 'ReplicaSet', selectorOf, (key) => told.push(key));
  const after = (before: Pod | null, now: Pod | null): string[] => {
    told = [];
    change(before, now);
    return told;
  };
  const [owned, orphan] = [pod('p', { labels: WEB, owner: 'web' }), pod('p', { labels: WEB })];
  expect(after(null, owned)).toEqual(['default/web']);
  expect(after(owned, owned)).toEqual(['default/web']);
  expect(after(owned, null)).toEqual(['default/web']);
  expect(after(owned, pod('p', { labels: WEB, owner: 'web2' }))).toEqual(['default/web', 'default/web2']);
  // Let go: whose it was, and whoever else it suits.
  expect(after(owned, orphan)).toEqual(['default/web', 'default/web', 'default/web2']);
  expect(after(owned, pod('p', { labels: OTHER }))).toEqual(['default/web']);
  expect(after(null, orphan)).toEqual(['default/web', 'default/web2']);
  expect(after(pod('p', { labels: OTHER }), orphan)).toEqual(['default/web', 'default/web2']);
  // Nothing that matters has changed, or it is too late.
  expect(after(orphan, orphan)).toEqual([]);
  expect(after(null, pod('p', { labels: WEB, deleting: true }))).toEqual([]);
  expect(after(orphan, null)).toEqual([]);
});
