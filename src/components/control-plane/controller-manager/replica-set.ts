/**
 * ReplicaSets and ReplicationControllers: as many pods as asked for.
 * @models kubernetes 1.36 pkg/controller/replicaset/replica_set.go, pkg/controller/replication/replication_controller.go
 * @fidelity partial: creations in batches of doubling size are serial
 */
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { keyOf } from '../../../protocols/kube/informer.ts';
import { type Requirement, selectorRequirements } from '../../../protocols/kube/labels.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type {
  Condition,
  LabelSelector,
  Pod,
  ReplicaSet,
  ReplicationController,
} from '../../../protocols/kube/types.ts';
import { isApiFailure, type Recorder } from '../common/events.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { candidates, claim, controllerOf, onDependents } from './claim-dependents.ts';
import { podsToDelete } from './pods-to-delete.ts';
import { Expectations, isActive, isReady, ownerOf, type Shared, type SharedInformers, timeOf } from './shared.ts';

const BURST_MAX = 500;

export function startReplicaSets(
  ctx: Context,
  client: KubeClient,
  { pods, replicaSets: items }: SharedInformers,
  record: Recorder,
  countsTerminating: boolean,
): void {
  keepReplicas(ctx, client, pods, { kind: 'ReplicaSet', resource: 'replicasets', items, countsTerminating }, record);
}

export function startReplicationControllers(
  ctx: Context,
  client: KubeClient,
  { pods, replicationControllers: items }: SharedInformers,
  record: Recorder,
): void {
  const countsTerminating = false;
  keepReplicas(
    ctx,
    client,
    pods,
    { kind: 'ReplicationController', resource: 'replicationcontrollers', items, countsTerminating },
    record,
  );
}

/** What the two differ in beside their selectors. */
type Sets = {
  readonly kind: 'ReplicaSet' | 'ReplicationController';
  readonly resource: string;
  readonly items: Shared<ReplicaSet> | Shared<ReplicationController>;
  readonly countsTerminating: boolean;
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
    return set === undefined ? undefined : sync(c, key, set);
  });
  sets.items.onChange((before: AnySet | null, after: AnySet | null) => {
    const key = keyOf((after ?? before) as AnySet);
    if (after === null) expected.forget(key);
    queue.add(key);
  });
  onDependents(pods, sets.items as Shared<AnySet>, sets.kind, selectorOf, (key, before, after) => {
    expected.observed(key, ((after ?? before) as Pod).metadata.name, after);
    queue.add(key);
  });

  /** ns after which a pod that is ready has been so for long enough. */
  async function sync(c: Context, key: string, set: AnySet): Promise<number | undefined> {
    const near = candidates(set, pods.items.values());
    const resources = { owner: sets.resource, dependents: 'pods' };
    const active = await claim(c, client, resources, set, selectorOf(set), near.filter(isActive));
    const terminating = near.filter((pod) => isTerminating(pod) && controllerOf(pod) !== undefined).length;
    let failed: unknown = null;
    if (expected.satisfied(key) && set.metadata.deletionTimestamp === undefined) {
      const difference = (set.spec.replicas ?? 1) - active.length;
      try {
        if (difference > 0) await create(c, set, Math.min(difference, BURST_MAX), key);
        else if (difference < 0) await remove(c, set, active, -difference, key);
      } catch (error) {
        if (!isApiFailure(error)) throw error;
        failed = error;
      }
    }
    const soonest = await updateStatus(c, set, active, terminating, failed);
    if (failed !== null) throw failed;
    return soonest;
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
    for (const pod of podsToDelete(active, related(set), count, c.wallTime)) {
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

  /** The pods of all sets of the same owner. */
  function related(set: AnySet): Pod[] {
    const owner = controllerOf(set);
    const uids = new Set<string | undefined>([set.metadata.uid]);
    if (owner !== undefined)
      for (const other of sets.items.items.values() as Iterable<AnySet>)
        if (controllerOf(other)?.uid === owner.uid) uids.add(other.metadata.uid);
    return [...pods.items.values()].filter((pod) => uids.has(controllerOf(pod)?.uid));
  }

  async function updateStatus(
    c: Context,
    set: AnySet,
    active: readonly Pod[],
    terminating: number,
    failed: unknown,
  ): Promise<number | undefined> {
    const waits = active.filter(isReady).map((pod) => untilAvailableNs(c, pod, set.spec.minReadySeconds ?? 0));
    const ready = waits.length;
    const template = set.spec.template.metadata?.labels ?? {};
    const labelled = active.filter(({ metadata }) => hasAll(metadata.labels, template)).length;
    const available = waits.filter((ns) => ns <= 0).length;
    const conditions = withFailure(c, set, active.length, failed);
    const status = {
      replicas: active.length,
      ...(labelled === 0 ? {} : { fullyLabeledReplicas: labelled }),
      ...(ready === 0 ? {} : { readyReplicas: ready }),
      ...(available === 0 ? {} : { availableReplicas: available }),
      ...(sets.countsTerminating ? { terminatingReplicas: terminating } : {}),
      observedGeneration: set.metadata.generation ?? 1,
      ...(conditions.length === 0 ? {} : { conditions }),
    };
    const soonest = available === ready ? undefined : Math.min(...waits.filter((ns) => ns > 0));
    const before: Partial<typeof status> = set.status ?? {};
    const same =
      COUNTS.every((count) => before[count] === status[count]) &&
      JSON.stringify(before.conditions ?? []) === JSON.stringify(conditions);
    if (!same) await client.blind.update(c, sets.resource, { ...set, status }, 'status');
    return soonest;
  }
}

function hasAll(
  labels: Readonly<Record<string, string>> | undefined,
  wanted: Readonly<Record<string, string>>,
): boolean {
  for (const key in wanted) if (labels?.[key] !== wanted[key]) return false;
  return true;
}

const COUNTS = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'terminatingReplicas',
  'observedGeneration',
] as const;

/** How long a pod that is ready has yet to stay so; 0 and less means that it is available. */
function untilAvailableNs(ctx: Context, pod: Pod, minReadySeconds: number): number {
  if (minReadySeconds === 0) return 0;
  const since = pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;
  const from = timeOf(since) ?? ctx.wallTime;
  return Number(from + BigInt(minReadySeconds) * 1_000_000_000n - ctx.wallTime);
}

/** That pods could not be made or removed stays until they can. */
function withFailure(ctx: Context, set: AnySet, active: number, failed: unknown): Condition[] {
  const before = set.status?.conditions ?? [];
  const known = before.some(({ type }) => type === 'ReplicaFailure');
  if (failed === null) return known ? before.filter(({ type }) => type !== 'ReplicaFailure') : before;
  if (known) return before;
  return [
    ...before,
    {
      type: 'ReplicaFailure',
      status: 'True',
      lastTransitionTime: rfc3339(ctx.wallTime),
      reason: active < (set.spec.replicas ?? 1) ? 'FailedCreate' : 'FailedDelete',
      message: (failed as Error).message,
    },
  ];
}

function isTerminating(pod: Pod): boolean {
  const { phase } = pod.status ?? {};
  return pod.metadata.deletionTimestamp !== undefined && phase !== 'Succeeded' && phase !== 'Failed';
}

function selectorOf({ kind, spec }: AnySet): readonly Requirement[] {
  // A ReplicationController's is labels alone.
  const isMap = kind === 'ReplicationController';
  const selector = isMap ? { matchLabels: spec.selector as Record<string, string> } : (spec.selector as LabelSelector);
  return selectorRequirements(selector) ?? [];
}
