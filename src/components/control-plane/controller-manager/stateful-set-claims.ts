/**
 * The volume claims of a StatefulSet's pods: one for each template and number, made before the pod and kept when it goes,
 * unless the set's retention policy gives them an owner to go with.
 * @models kubernetes 1.36 pkg/controller/statefulset stateful_set_utils.go getPersistentVolumeClaims updateStorage
 *   updateClaimOwnerRefForSetAndPod, stateful_pod_control.go createPersistentVolumeClaims
 * @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { KubeObject, ObjectMeta, Pod, PodSpec, StatefulSet } from '../../../protocols/kube/types.ts';
import { isApiFailure, type Recorder } from '../common/events.ts';
import { type Claim, ownerOf, type SharedInformers } from './shared.ts';

type Owners = NonNullable<ObjectMeta['ownerReferences']>;

export function numberOf(pod: Pod): number {
  return Number(/-(\d+)$/.exec(pod.metadata.name)?.[1] ?? -1);
}

/** By its name: what else is labelled like it is none of it. */
export function isMember({ metadata }: StatefulSet, pod: Pod): boolean {
  return /^(.*)-\d+$/.exec(pod.metadata.name)?.[1] === metadata.name;
}

/** `data-db-0` for each template, by the template's name. */
function claimNames(set: StatefulSet, index: number): Map<string, string> {
  const templates = set.spec.volumeClaimTemplates ?? [];
  return new Map(
    templates.map(({ metadata }) => [metadata?.name ?? '', `${metadata?.name}-${set.metadata.name}-${index}`]),
  );
}

/** A pod's volumes with its claims in place of those of the same names. */
export function withClaims(set: StatefulSet, index: number): Pick<PodSpec, 'volumes'> {
  const names = claimNames(set, index);
  if (names.size === 0) return {};
  const own = [...names].map(([name, claimName]) => ({ name, persistentVolumeClaim: { claimName } }));
  const others = (set.spec.template.spec.volumes ?? []).filter(({ name }) => !names.has(name));
  return { volumes: [...own, ...others] };
}

/** Throws what the API server refuses, after an event about it. */
export async function createClaims(
  c: Context,
  client: KubeClient,
  { claims }: SharedInformers,
  set: StatefulSet,
  index: number,
  record: Recorder,
): Promise<void> {
  const { namespace = null } = set.metadata;
  const pod = `${set.metadata.name}-${index}`;
  for (const template of set.spec.volumeClaimTemplates ?? []) {
    const name = `${template.metadata?.name}-${pod}`;
    if (claims.items.has(`${namespace}/${name}`)) continue;
    const labels = { ...template.metadata?.labels, ...set.spec.selector.matchLabels };
    const owners = ownersOf(set, null, []);
    const metadata = {
      ...template.metadata,
      name,
      labels,
      ...(owners.length === 0 ? {} : { ownerReferences: owners }),
    };
    try {
      await client.create(c, 'persistentvolumeclaims', namespace, { metadata, spec: template.spec });
      const said = `create Claim ${name} Pod ${pod} in StatefulSet ${set.metadata.name} success`;
      record(set, 'Normal', 'SuccessfulCreate', said);
    } catch (error) {
      if (!isApiFailure(error)) throw error;
      if (isStatusError(error, 'AlreadyExists')) continue;
      const why = (error as Error).message;
      const said = `create Claim ${name} for Pod ${pod} in StatefulSet ${set.metadata.name} failed error: ${why}`;
      record(set, 'Warning', 'FailedCreate', said);
      throw error;
    }
  }
}

/** Makes the owners of the claims what the policy says. */
export async function ownClaims(
  c: Context,
  client: KubeClient,
  { claims }: SharedInformers,
  set: StatefulSet,
  pods: readonly Pod[],
): Promise<void> {
  if ((set.spec.volumeClaimTemplates ?? []).length === 0) return;
  const first = set.spec.ordinals?.start ?? 0;
  const end = first + (set.spec.replicas ?? 1);
  for (const pod of pods) {
    const index = numberOf(pod);
    const leaving = index < first || index >= end;
    for (const name of claimNames(set, index).values()) {
      const claim = claims.items.get(`${set.metadata.namespace}/${name}`);
      if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) continue;
      const present = claim.metadata.ownerReferences ?? [];
      const mine = new Set([set.metadata.uid, ...pods.map(({ metadata }) => metadata.uid)]);
      const others = present.filter(({ uid }) => !mine.has(uid));
      const wanted = ownersOf(set, leaving ? pod : null, others);
      if (equal(wanted, present)) continue;
      const { ownerReferences: _, ...rest } = claim.metadata;
      const metadata = { ...rest, ...(wanted.length === 0 ? {} : { ownerReferences: wanted }) };
      await client.update<Claim>(c, 'persistentvolumeclaims', { ...claim, metadata });
    }
  }
}

/** @param leaving the claim's pod when it is about to be scaled away */
function ownersOf(set: StatefulSet, leaving: Pod | null, others: Owners): Owners {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  if (leaving !== null && whenScaled === 'Delete') return [...others, ownerOf(podOf(leaving))];
  return whenDeleted === 'Delete' ? [...others, ownerOf(set)] : [...others];
}

/** What a watch delivers may lack its kind. */
const podOf = (pod: Pod): KubeObject => ({ ...pod, apiVersion: 'v1', kind: 'Pod' });
