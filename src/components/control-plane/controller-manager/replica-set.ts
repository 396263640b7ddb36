/**
 * ReplicaSets and ReplicationControllers: as many pods as asked for.
 * @models kubernetes 1.36 pkg/controller/replicaset/replica_set.go, pkg/controller/replication/replication_controller.go
 * @fidelity partial: no adoption of orphans, minReadySeconds counts as 0; creations in batches of doubling size are serial
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { keyOf } from '../../../protocols/kube/informer.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { Pod, ReplicaSet, ReplicationController } from '../../../protocols/kube/types.ts';
import { isApiFailure, type Recorder } from '../common/events.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import {
  controllerKey,
  Expectations,
  isActive,
  isReady,
  ownerOf,
  type Shared,
  type SharedInformers,
} from './shared.ts';

const BURST_MAX = 500;

export function startReplicaSets(
  ctx: Context,
  client: KubeClient,
  { pods, replicaSets }: SharedInformers,
  record: Recorder,
): void {
  keepReplicas(ctx, client, pods, { kind: 'ReplicaSet', resource: 'replicasets', items: replicaSets }, record);
}

export function startReplicationControllers(
  ctx: Context,
  client: KubeClient,
  { pods, replicationControllers: items }: SharedInformers,
  record: Recorder,
): void {
  keepReplicas(ctx, client, pods, { kind: 'ReplicationController', resource: 'replicationcontrollers', items }, record);
}

/** What the two differ in: only by their selectors, at which nobody looks here, is one more than the other. */
type Sets = {
  readonly kind: 'ReplicaSet' | 'ReplicationController';
  readonly resource: string;
  readonly items: Shared<ReplicaSet> | Shared<ReplicationController>;
};
type AnySet = ReplicaSet | ReplicationController;

function keepReplicas(
  ctx: Context,
  client: KubeClient,
  pods: SharedInformers['pods'],
  sets: Sets,
  record: Recorder,
): void {
  const expected = new Expectations();
  const queue = startWorkQueue(ctx, sets.kind.toLowerCase(), async (c, key) => {
    const set = sets.items.items.get(key);
    if (set !== undefined) await sync(c, key, set);
    return undefined;
  });
  sets.items.onChange((before: AnySet | null, after: AnySet | null) => {
    const key = keyOf((after ?? before) as AnySet);
    if (after === null) expected.forget(key);
    queue.add(key);
  });
  pods.onChange((before, after) => {
    const pod = (after ?? before) as Pod;
    const key = controllerKey(pod, sets.kind);
    if (key === null) return;
    expected.observed(key, pod.metadata.name, after);
    queue.add(key);
  });

  async function sync(c: Context, key: string, set: AnySet): Promise<void> {
    const owned = [...pods.items.values()].filter((p) =>
      p.metadata.ownerReferences?.some((o) => o.uid === set.metadata.uid),
    );
    const active = owned.filter(isActive);
    if (expected.satisfied(key) && set.metadata.deletionTimestamp === undefined) {
      const difference = (set.spec.replicas ?? 1) - active.length;
      if (difference > 0) await create(c, set, Math.min(difference, BURST_MAX), key);
      else if (difference < 0) await remove(c, set, active, -difference, key);
    }
    await updateStatus(c, set, active);
  }

  async function create(c: Context, set: AnySet, count: number, key: string): Promise<void> {
    const { namespace = null, name } = set.metadata;
    for (let i = 0; i < count; i++) {
      const { metadata, spec } = set.spec.template;
      const body = { metadata: { ...metadata, generateName: `${name}-`, ownerReferences: [ownerOf(set)] }, spec };
      try {
        const pod = await client.create<Pod>(c, 'pods', namespace, body);
        if (!pods.items.has(keyOf(pod))) expected.creation(key, pod.metadata.name);
        record(set, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
      } catch (error) {
        if (!isApiFailure(error)) throw error;
        if (!isStatusError(error, 'Conflict'))
          record(set, 'Warning', 'FailedCreate', `Error creating: ${(error as Error).message}`);
        throw error;
      }
    }
  }

  async function remove(c: Context, set: AnySet, active: readonly Pod[], count: number, key: string): Promise<void> {
    const ranked = [...active].sort(
      (a, b) => rank(a) - rank(b) || (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? 1 : -1),
    );
    for (const pod of ranked.slice(0, count)) {
      expected.deletion(key, pod.metadata.name);
      try {
        await client.delete(c, 'pods', pod.metadata.namespace ?? null, pod.metadata.name);
        record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${pod.metadata.name}`);
      } catch (error) {
        expected.deletionFailed(key, pod.metadata.name);
        if (!isStatusError(error, 'NotFound')) throw error;
      }
    }
  }

  async function updateStatus(c: Context, set: AnySet, active: readonly Pod[]): Promise<void> {
    const ready = active.filter(isReady).length;
    const status = {
      replicas: active.length,
      ...(active.length === 0 ? {} : { fullyLabeledReplicas: active.length }),
      ...(ready === 0 ? {} : { readyReplicas: ready, availableReplicas: ready }),
      observedGeneration: set.metadata.generation ?? 1,
    };
    const { replicas, readyReplicas, observedGeneration } = set.status ?? { replicas: -1 };
    if (
      replicas === status.replicas &&
      (readyReplicas ?? 0) === ready &&
      observedGeneration === status.observedGeneration
    )
      return;
    await client.update(c, sets.resource, { ...set, status }, 'status');
  }
}

/** Which pods go first: those that do the least. */
function rank(pod: Pod): number {
  if (pod.spec.nodeName === undefined) return 0;
  if (pod.status?.phase === 'Pending') return 1;
  return isReady(pod) ? 3 : 2;
}
