/**
 * How evenly a pod's like are spread over the values of a node label.
 * @models kubernetes 1.36 pkg/scheduler/framework/plugins/podtopologyspread
 * @fidelity partial: minDomains, matchLabelKeys and the node inclusion policies are not looked at
 */
import { selectorMatches } from '../../../protocols/kube/labels.ts';
import type { LabelSelector, Node, Pod, TopologySpreadConstraint } from '../../../protocols/kube/types.ts';
import { matchesNode } from './filters.ts';

/** What runs where, and which selectors of Services there are. */
export type Placed = {
  podsOn(node: Node): readonly Pod[];
  nodes: readonly Node[];
  services: readonly { namespace: string; selector: Readonly<Record<string, string>> }[];
};

/** What the cluster asks of pods that ask for nothing themselves, if something gathers them. */
const DEFAULTS: readonly (readonly [topologyKey: string, maxSkew: number])[] = [
  ['kubernetes.io/hostname', 3],
  ['topology.kubernetes.io/zone', 5],
];

export function softConstraints(pod: Pod, services: Placed['services']): TopologySpreadConstraint[] {
  const own = pod.spec.topologySpreadConstraints ?? [];
  if (own.length > 0) return own.filter((one) => one.whenUnsatisfiable === 'ScheduleAnyway');
  const labelSelector = gatheredBy(pod, services);
  if (labelSelector === null) return [];
  return DEFAULTS.map(([topologyKey, maxSkew]) => ({
    topologyKey,
    maxSkew,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector,
  }));
}

/** The labels by which a Service or a controller finds the pod. */
function gatheredBy(pod: Pod, services: Placed['services']): LabelSelector | null {
  const labels = pod.metadata.labels ?? {};
  const matchLabels: Record<string, string> = {};
  for (const { namespace, selector } of services)
    if (namespace === pod.metadata.namespace && Object.entries(selector).every(([key, value]) => labels[key] === value))
      Object.assign(matchLabels, selector);
  const owner = pod.metadata.ownerReferences?.find((one) => one.controller === true);
  if (owner?.kind === 'ReplicaSet' || owner?.kind === 'ReplicationController' || owner?.kind === 'StatefulSet')
    Object.assign(matchLabels, labels);
  return Object.keys(matchLabels).length === 0 ? null : { matchLabels };
}

export function countsOf(
  pod: Pod,
  { topologyKey, labelSelector }: TopologySpreadConstraint,
  nodes: readonly Node[],
  { podsOn }: Placed,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const node of nodes) {
    const domain = node.metadata.labels?.[topologyKey];
    if (domain === undefined) continue;
    const like = podsOn(node).filter(
      (other) =>
        other.metadata.namespace === pod.metadata.namespace &&
        other.metadata.uid !== pod.metadata.uid &&
        other.metadata.deletionTimestamp === undefined &&
        labelSelector !== undefined &&
        selectorMatches(labelSelector, other.metadata.labels ?? {}),
    );
    counts.set(domain, (counts.get(domain) ?? 0) + like.length);
  }
  return counts;
}

/** Null, or why the node will not do. */
export function spreadProblem(pod: Pod, node: Node, all: Placed): string | null {
  const hard = (pod.spec.topologySpreadConstraints ?? []).filter((one) => one.whenUnsatisfiable === 'DoNotSchedule');
  for (const constraint of hard) {
    const domain = node.metadata.labels?.[constraint.topologyKey];
    if (domain === undefined) return "node(s) didn't match pod topology spread constraints (missing required label)";
    const eligible = all.nodes.filter((other) => matchesNode(pod, other));
    const counts = countsOf(pod, constraint, eligible, all);
    const least = Math.min(...counts.values());
    const self =
      constraint.labelSelector !== undefined && selectorMatches(constraint.labelSelector, pod.metadata.labels ?? {});
    if ((counts.get(domain) ?? 0) + (self ? 1 : 0) - least > constraint.maxSkew)
      return "node(s) didn't match pod topology spread constraints";
  }
  return null;
}
