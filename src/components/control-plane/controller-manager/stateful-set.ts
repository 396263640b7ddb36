/**
 * StatefulSets: pods with a number each, made in their order and taken away in the other.
 * @models kubernetes 1.36 pkg/controller/statefulset
 * @fidelity partial: no maxUnavailable; the volumes of a pod that is adopted are not compared with the set's
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { keyOf } from '../../../protocols/kube/informer.ts';
import { matches } from '../../../protocols/kube/labels.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { ControllerRevision, Pod, StatefulSet } from '../../../protocols/kube/types.ts';
import { isApiFailure, type Recorder } from '../common/events.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { candidates, claim, onDependents, selectorOf } from './claim-dependents.ts';
import { byRevision, forgetRevisions, presentRevision, SYNC_WAIT_NS, templateOf } from './history.ts';
import { Expectations, isReady, ownerOf, type SharedInformers } from './shared.ts';
import { createClaims, isMember, numberOf, ownClaims, withClaims } from './stateful-set-claims.ts';

const PODS = { owner: 'statefulsets', dependents: 'pods' };
const REVISIONS = { owner: 'statefulsets', dependents: 'controllerrevisions' };
const REVISION = 'controller-revision-hash';
const HASH = 'controller.kubernetes.io/hash';
const POD_NAME = 'statefulset.kubernetes.io/pod-name';
const POD_INDEX = 'apps.kubernetes.io/pod-index';

export function startStatefulSets(ctx: Context, client: KubeClient, shared: SharedInformers, record: Recorder): void {
  const { pods, statefulSets, revisions } = shared;
  const expected = new Expectations();
  const queue = startWorkQueue(ctx, 'statefulset', async (c, key) => {
    const set = statefulSets.items.get(key);
    if (set === undefined) return undefined;
    if (!revisions.hasSynced) return SYNC_WAIT_NS;
    await sync(c, key, set);
    return undefined;
  });
  statefulSets.onChange((before, after) => {
    const key = keyOf((after ?? before) as StatefulSet);
    if (after === null) expected.forget(key);
    queue.add(key);
  });
  onDependents(pods, statefulSets, 'StatefulSet', selectorOf, (key, before, after) => {
    expected.observed(key, ((after ?? before) as Pod).metadata.name, after);
    queue.add(key);
  });

  async function sync(c: Context, key: string, set: StatefulSet): Promise<void> {
    if (set.metadata.deletionTimestamp !== undefined) return;
    const selector = selectorOf(set);
    // Of its history it lets nothing go; what the selector does not match is not looked at.
    const kept = candidates(set, revisions.items.values()).filter((one) => matches(selector, one.metadata.labels));
    const history = (await claim(c, client, REVISIONS, set, selector, kept)).sort(byRevision);
    const near = candidates(set, pods.items.values());
    const owned = await claim(c, client, PODS, set, selector, near, (pod) => isMember(set, pod));
    const present = await presentRevision(c, client, set, history, HASH);
    const revision = present.metadata.name;
    const current = history.find((r) => r.metadata.name === set.status?.currentRevision) ?? present;
    let failed: unknown = null;
    if (expected.satisfied(key)) {
      try {
        await ownClaims(c, client, shared, set, owned);
        await step(c, key, set, owned, present, current);
      } catch (error) {
        if (!isApiFailure(error)) throw error;
        failed = error;
      }
    }
    await updateStatus(c, set, owned, revision);
    const used = new Set([revision, current.metadata.name, ...owned.map((pod) => pod.metadata.labels?.[REVISION])]);
    const unused = history.filter((r) => !used.has(r.metadata.name));
    await forgetRevisions(c, client, unused, unused.length - (set.spec.revisionHistoryLimit ?? 10));
    if (failed !== null) throw failed;
  }

  /** One thing at a time, unless the pods may be managed in parallel. */
  async function step(
    c: Context,
    key: string,
    set: StatefulSet,
    owned: readonly Pod[],
    present: ControllerRevision,
    current: ControllerRevision,
  ): Promise<void> {
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    const first = set.spec.ordinals?.start ?? 0;
    const wanted = set.spec.replicas ?? 1;
    const parallel = set.spec.podManagementPolicy === 'Parallel';
    const byNumber = new Map(owned.map((pod) => [numberOf(pod), pod]));
    for (let i = first; i < first + wanted; i++) {
      const pod = byNumber.get(i);
      const phase = pod?.status?.phase;
      if (pod === undefined) await create(c, key, set, i, i < first + partition ? current : present);
      else if (phase === 'Failed' || phase === 'Succeeded') {
        if (pod.metadata.deletionTimestamp === undefined) await remove(c, key, set, pod);
      } else if (isReady(pod) && pod.metadata.deletionTimestamp === undefined) {
        await identify(c, set, pod);
        continue;
      }
      if (!parallel) return;
    }
    const surplus = owned
      .filter((pod) => numberOf(pod) < first || numberOf(pod) >= first + wanted)
      .sort((a, b) => numberOf(b) - numberOf(a));
    for (const pod of surplus) {
      if (pod.metadata.deletionTimestamp === undefined) await remove(c, key, set, pod);
      if (!parallel) return;
    }
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    for (let i = first + wanted - 1; i >= first + partition; i--) {
      const pod = byNumber.get(i);
      if (pod === undefined || !isReady(pod)) return;
      if (pod.metadata.labels?.[REVISION] === present.metadata.name) continue;
      await remove(c, key, set, pod);
      return;
    }
  }

  async function create(
    c: Context,
    key: string,
    set: StatefulSet,
    index: number,
    of: ControllerRevision,
  ): Promise<void> {
    const { namespace = null } = set.metadata;
    const name = `${set.metadata.name}-${index}`;
    await createClaims(c, client, shared, set, index, record);
    const { metadata, spec } = templateOf(of);
    const labels = { ...metadata?.labels, [POD_INDEX]: String(index), [REVISION]: of.metadata.name, [POD_NAME]: name };
    try {
      const pod = await client.create<Pod>(c, 'pods', namespace, {
        metadata: { ...metadata, name, labels, ownerReferences: [ownerOf(set)] },
        spec: {
          ...spec,
          ...withClaims(set, index),
          hostname: name,
          ...(set.spec.serviceName === undefined ? {} : { subdomain: set.spec.serviceName }),
        },
      });
      if (!pods.items.has(keyOf(pod))) expected.creation(key, name);
      record(set, 'Normal', 'SuccessfulCreate', `create Pod ${name} in StatefulSet ${set.metadata.name} successful`);
    } catch (error) {
      if (!isApiFailure(error)) throw error;
      // The name is another's: it is tried again until that one has gone.
      if (isStatusError(error, 'AlreadyExists')) throw error;
      const why = (error as Error).message;
      record(
        set,
        'Warning',
        'FailedCreate',
        `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${why}`,
      );
      throw error;
    }
  }

  /** An adopted pod may lack the labels that go by its name. */
  async function identify(c: Context, set: StatefulSet, pod: Pod): Promise<void> {
    const { metadata } = pod;
    if (metadata.labels?.[POD_NAME] === metadata.name) return;
    const labels = { ...metadata.labels, [POD_NAME]: metadata.name, [POD_INDEX]: String(numberOf(pod)) };
    const words = `update Pod ${metadata.name} in StatefulSet ${set.metadata.name}`;
    try {
      await client.blind.update(c, 'pods', { ...pod, metadata: { ...metadata, labels } });
      record(set, 'Normal', 'SuccessfulUpdate', `${words} successful`);
    } catch (error) {
      if (!isApiFailure(error)) throw error;
      record(set, 'Warning', 'FailedUpdate', `${words} failed error: ${(error as Error).message}`);
      throw error;
    }
  }

  async function remove(c: Context, key: string, set: StatefulSet, pod: Pod): Promise<void> {
    const { name, namespace = null, uid } = pod.metadata;
    expected.deletion(key, name);
    try {
      await client.delete(c, 'pods', namespace, name, { preconditions: { uid } });
      record(set, 'Normal', 'SuccessfulDelete', `delete Pod ${name} in StatefulSet ${set.metadata.name} successful`);
    } catch (error) {
      expected.deletionFailed(key, name);
      if (!isStatusError(error, 'NotFound')) throw error;
    }
  }

  async function updateStatus(c: Context, set: StatefulSet, owned: readonly Pod[], revision: string): Promise<void> {
    const updated = owned.filter((pod) => pod.metadata.labels?.[REVISION] === revision).length;
    const ready = owned.filter(isReady).length;
    const before = set.status?.currentRevision ?? revision;
    const complete = updated === (set.spec.replicas ?? 1) && ready === updated;
    const currentRevision = complete ? revision : before;
    const current = owned.filter((pod) => pod.metadata.labels?.[REVISION] === currentRevision).length;
    const status: NonNullable<StatefulSet['status']> = {
      observedGeneration: set.metadata.generation ?? 1,
      replicas: owned.length,
      ...(ready === 0 ? {} : { readyReplicas: ready }),
      ...(current === 0 ? {} : { currentReplicas: current }),
      ...(updated === 0 ? {} : { updatedReplicas: updated }),
      currentRevision,
      updateRevision: revision,
      collisionCount: 0,
      availableReplicas: ready,
    };
    if (!equal(status, set.status)) await client.update(c, 'statefulsets', { ...set, status }, 'status');
  }
}
