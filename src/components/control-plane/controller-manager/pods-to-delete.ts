/**
 * Which of too many pods go first.
 * @models kubernetes 1.36 pkg/controller/controller_utils.go ActivePodsWithRanks, pkg/controller/replicaset/replica_set.go
 * getPodsToDelete
 * @fidelity full
 */
import { DELETION_COST, parseDeletionCost } from '../../../protocols/kube/deletion-cost.ts';
import type { Pod } from '../../../protocols/kube/types.ts';
import { isActive, isReady, timeOf } from './shared.ts';

/**
 * @param related those of all sets of the same owner: where many of them are on one node, that one gives first
 * @param now ns since 1970; null where, as for a Job, there is no more to it than which has been ready for less time, or is newer
 */
export function podsToDelete(pods: readonly Pod[], related: readonly Pod[], count: number, now: bigint | null): Pod[] {
  if (count >= pods.length) return [...pods];
  const onNode = new Map<string, number>();
  for (const pod of related) {
    const { nodeName = '' } = pod.spec;
    if (isActive(pod)) onNode.set(nodeName, (onNode.get(nodeName) ?? 0) + 1);
  }
  const order = (a: Pod, b: Pod): number =>
    Number(a.spec.nodeName !== undefined) - Number(b.spec.nodeName !== undefined) ||
    phaseOf(a) - phaseOf(b) ||
    Number(isReady(a)) - Number(isReady(b)) ||
    (now === null ? 0 : deletionCost(a) - deletionCost(b)) ||
    (onNode.get(b.spec.nodeName ?? '') ?? 0) - (onNode.get(a.spec.nodeName ?? '') ?? 0) ||
    (isReady(a) && isReady(b) ? byAge(readySince(a), readySince(b), a, b, now) : 0) ||
    byRestarts(a, b) ||
    byAge(timeOf(a.metadata.creationTimestamp), timeOf(b.metadata.creationTimestamp), a, b, now);
  return [...pods].sort(order).slice(0, count);
}

function deletionCost({ metadata }: Pod): number {
  return parseDeletionCost(metadata.annotations?.[DELETION_COST] ?? '') ?? 0;
}

function phaseOf({ status }: Pod): number {
  return status?.phase === 'Running' ? 2 : status?.phase === 'Unknown' ? 1 : 0;
}

function readySince({ status }: Pod): bigint | null {
  return timeOf(status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime);
}

/**
 * The younger goes first, but only if the other is at least twice as old: among those of about one age the UID decides,
 * so that it is not always the newest.
 */
function byAge(since: bigint | null, other: bigint | null, a: Pod, b: Pod, now: bigint | null): number {
  if (since === other) return 0;
  if (since === null) return -1;
  if (other === null) return 1;
  if (now === null) return since > other ? -1 : 1;
  const difference = magnitude(now - since) - magnitude(now - other);
  if (difference !== 0) return difference;
  return (a.metadata.uid ?? '') < (b.metadata.uid ?? '') ? -1 : 1;
}

/** The whole part of the binary logarithm. */
function magnitude(ns: bigint): number {
  return ns <= 0n ? -1 : ns.toString(2).length - 1;
}

/** Those that have been restarted more often go first; sidecars count only among equals. */
function byRestarts(a: Pod, b: Pod): number {
  const [own, other] = [restartsOf(a), restartsOf(b)];
  return other.regular - own.regular || other.sidecar - own.sidecar;
}

function restartsOf({ spec, status }: Pod): { regular: number; sidecar: number } {
  const sidecars = new Set(
    (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name),
  );
  const most = (counts: readonly { restartCount: number }[]): number =>
    Math.max(0, ...counts.map(({ restartCount }) => restartCount));
  return {
    regular: most(status?.containerStatuses ?? []),
    sidecar: most((status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name))),
  };
}
