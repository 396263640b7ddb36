/**
 * What has lost its owner goes: after it, before it (foreground), or not at all (orphan).
 * @models kubernetes 1.36 pkg/controller/garbagecollector garbagecollector.go operations.go, podgc
 * @fidelity partial: what ReplicaSets, ReplicationControllers, Deployments, DaemonSets, StatefulSets, Jobs and CronJobs own, and
 *   claims of pods; every dependent holds back an owner that is deleted in the foreground
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { KubeObject } from '../../../protocols/kube/types.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import type { Shared, SharedInformers } from './shared.ts';

const ORPHAN = 'orphan';
const FOREGROUND = 'foregroundDeletion';

type Listener = (before: KubeObject | null, after: KubeObject | null) => void;
/** A resource, as far as this controller is concerned. */
type Node = {
  readonly resource: string;
  readonly items: ReadonlyMap<string, KubeObject>;
  on(listener: Listener): void;
};

export function startGarbageCollector(ctx: Context, client: KubeClient, shared: SharedInformers): void {
  const node = <T extends KubeObject>(resource: string, informer: Shared<T>): Node => ({
    resource,
    items: informer.items,
    on: (listener) => informer.onChange(listener as (before: T | null, after: T | null) => void),
  });
  const pods = node('pods', shared.pods);
  const claims = node('persistentvolumeclaims', shared.claims);
  const revisions = node('controllerrevisions', shared.revisions);
  const replicaSets = node('replicasets', shared.replicaSets);
  const jobs = node('jobs', shared.jobs);
  const graph = new Map<Node, readonly Node[]>([
    [node('deployments', shared.deployments), [replicaSets]],
    [node('cronjobs', shared.cronJobs), [jobs]],
    [node('statefulsets', shared.statefulSets), [claims, revisions, pods]],
    [node('daemonsets', shared.daemonSets), [revisions, pods]],
    [node('replicationcontrollers', shared.replicationControllers), [pods]],
    [replicaSets, [pods]],
    [jobs, [pods]],
    [pods, [claims]],
  ]);
  const nodes = new Map([...graph.keys()].map((one) => [one.resource, one]));

  const queue = startWorkQueue(ctx, 'garbage', async (c, key) => {
    const [what = '', resource = '', namespace = '', name = '', uid = ''] = key.split('/');
    try {
      if (what === 'drop') await client.delete(c, resource, namespace, name, { preconditions: { uid } });
      else await finish(c, nodes.get(resource) as Node, `${namespace}/${name}`);
    } catch (error) {
      if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
    }
    return undefined;
  });
  const keyed = (what: string, { resource }: Node, { metadata }: KubeObject): void =>
    queue.add(`${what}/${resource}/${metadata.namespace}/${metadata.name}/${metadata.uid}`);
  const ownedBy = (owner: KubeObject, { items }: Node): KubeObject[] =>
    [...items.values()].filter((item) => item.metadata.ownerReferences?.some((o) => o.uid === owner.metadata.uid));

  for (const [owners, dependents] of graph) {
    owners.on((before, after) => {
      if (after !== null && isWaiting(after)) keyed('finish', owners, after);
      if (after === null && before !== null)
        for (const one of dependents) for (const item of ownedBy(before, one)) keyed('drop', one, item);
    });
    for (const one of dependents)
      one.on((before, after) => {
        if (after !== null) return;
        for (const { uid, name } of before?.metadata.ownerReferences ?? []) {
          const owner = owners.items.get(`${before?.metadata.namespace}/${name}`);
          if (owner?.metadata.uid === uid && isWaiting(owner)) keyed('finish', owners, owner);
        }
      });
  }

  /** An owner that is deleted but held: its dependents are let go, or go first. */
  async function finish(c: Context, owners: Node, key: string): Promise<void> {
    const owner = owners.items.get(key);
    if (owner === undefined || !isWaiting(owner)) return;
    const { finalizers = [], namespace = null, name } = owner.metadata;
    const all = (graph.get(owners) ?? []).flatMap((one) => ownedBy(owner, one).map((item) => ({ one, item })));
    const isOrphaning = finalizers.includes(ORPHAN);
    for (const { one, item } of all) {
      const { metadata } = item;
      if (isOrphaning) {
        const ownerReferences = metadata.ownerReferences?.filter(({ uid }) => uid !== owner.metadata.uid) ?? [];
        const body = {
          metadata: { uid: metadata.uid, ownerReferences: ownerReferences.length === 0 ? null : ownerReferences },
        };
        await client.patch(c, one.resource, namespace, metadata.name, 'merge', body);
      } else if (metadata.deletionTimestamp === undefined)
        await client.delete(c, one.resource, namespace, metadata.name, {
          preconditions: { uid: metadata.uid },
          ...(nodes.has(one.resource) && one !== pods ? { propagationPolicy: 'Foreground' } : {}),
        });
    }
    if (!isOrphaning && all.length > 0) return;
    const rest = finalizers.filter((one) => one !== ORPHAN && one !== FOREGROUND);
    await client.patch(c, owners.resource, namespace, name, 'merge', {
      metadata: { uid: owner.metadata.uid, finalizers: rest.length === 0 ? null : rest },
    });
  }
}

const isWaiting = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined &&
  (metadata.finalizers ?? []).some((one) => one === ORPHAN || one === FOREGROUND);
