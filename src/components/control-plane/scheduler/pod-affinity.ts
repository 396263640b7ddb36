/**
 * Pods that must, or must not, be where certain others are.
 * @models kubernetes 1.36 pkg/scheduler/framework/plugins/interpodaffinity
 * @fidelity partial: what is required; preferences do not count, nor do namespaceSelector and matchLabelKeys
 */
import { selectorMatches } from '../../../protocols/kube/labels.ts';
import type { Node, Pod, PodAffinityTerm } from '../../../protocols/kube/types.ts';
import type { Placed } from './spread.ts';

function meant(term: PodAffinityTerm, owner: Pod, other: Pod): boolean {
  const namespaces = (term as { namespaces?: string[] }).namespaces ?? [owner.metadata.namespace ?? ''];
  return (
    namespaces.includes(other.metadata.namespace ?? '') &&
    term.labelSelector !== undefined &&
    selectorMatches(term.labelSelector, other.metadata.labels ?? {})
  );
}

/** Whether a pod that the term means is in the domain of the node. */
function isNear(term: PodAffinityTerm, pod: Pod, node: Node, { nodes, podsOn }: Placed): boolean {
  const domain = node.metadata.labels?.[term.topologyKey];
  return (
    domain !== undefined &&
    nodes.some(
      (other) =>
        other.metadata.labels?.[term.topologyKey] === domain &&
        podsOn(other).some((one) => one.metadata.uid !== pod.metadata.uid && meant(term, pod, one)),
    )
  );
}

const required = (side: { requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[] } | undefined) =>
  side?.requiredDuringSchedulingIgnoredDuringExecution ?? [];

/** Null, or why the node will not do. */
export function affinityProblem(pod: Pod, node: Node, all: Placed): string | null {
  for (const term of required(pod.spec.affinity?.podAffinity)) {
    if (isNear(term, pod, node, all)) continue;
    // The first of a group that wants to be together has to be somewhere.
    const anywhere = all.nodes.some((other) =>
      all.podsOn(other).some((one) => one.metadata.uid !== pod.metadata.uid && meant(term, pod, one)),
    );
    if (anywhere || !meant(term, pod, pod) || node.metadata.labels?.[term.topologyKey] === undefined)
      return "node(s) didn't match pod affinity rules";
  }
  for (const term of required(pod.spec.affinity?.podAntiAffinity))
    if (isNear(term, pod, node, all)) return "node(s) didn't match pod anti-affinity rules";
  for (const other of all.nodes)
    for (const one of all.podsOn(other))
      for (const term of required(one.spec.affinity?.podAntiAffinity)) {
        const domain = other.metadata.labels?.[term.topologyKey];
        if (domain !== undefined && domain === node.metadata.labels?.[term.topologyKey] && meant(term, one, pod))
          return "node(s) didn't satisfy existing pods anti-affinity rules";
      }
  return null;
}
