/**
 * Which of the nodes that a pod fits is best: each plugin gives 0 to 100, times its weight.
 * @models kubernetes 1.36 pkg/scheduler/framework/plugins, default profile
 * @fidelity partial: least allocated, balanced allocation, image locality, preferred node affinity, soft taints and spread;
 *   no inter-pod affinity; among equals the first rather than any
 */
import type { Node, Pod, TopologySpreadConstraint } from '../../../protocols/kube/types.ts';
import { matchesTerm, tolerates } from './filters.ts';
import { allocatable, nonZeroRequests } from './resources.ts';
import { countsOf, type Placed, softConstraints } from './spread.ts';

export type Candidate = { readonly node: Node; readonly others: readonly Pod[] };

const MAX = 100;
const MB = 1024 * 1024;
/** Images between these sizes count in proportion. */
const IMAGE_BYTES_MIN = 23 * MB;
const IMAGE_BYTES_MAX = 1000 * MB;

const WEIGHTS = { taints: 3, affinity: 2, spread: 2 };

export function scores(pod: Pod, candidates: readonly Candidate[], everywhere: Placed): number[] {
  const nodes = candidates.map(({ node }) => node);
  const taints = normalized(
    nodes.map((node) => intolerable(pod, node)),
    true,
  );
  const affinity = normalized(
    nodes.map((node) => preference(pod, node)),
    false,
  );
  const spread = spreadScores(pod, nodes, everywhere);
  return candidates.map(({ node, others }, i) => {
    const fit = fitScore(node, [...others, pod]);
    const image = imageScore(pod, node, nodes.length);
    return (
      fit +
      image +
      WEIGHTS.taints * (taints[i] ?? 0) +
      WEIGHTS.affinity * (affinity[i] ?? 0) +
      WEIGHTS.spread * (spread[i] ?? 0)
    );
  });
}

/** Least allocated, and balanced: how much would be left, and how evenly. */
function fitScore(node: Node, pods: readonly Pod[]): number {
  const total = allocatable(node);
  const used = new Map<string, number>();
  for (const pod of pods)
    for (const [name, amount] of nonZeroRequests(pod)) used.set(name, (used.get(name) ?? 0) + amount);
  let least = 0;
  const fractions: number[] = [];
  for (const name of ['cpu', 'memory']) {
    const all = total.get(name) ?? 0;
    const fraction = all === 0 ? 1 : Math.min(1, (used.get(name) ?? 0) / all);
    least += Math.floor((1 - fraction) * MAX);
    fractions.push(fraction);
  }
  const [cpu = 0, memory = 0] = fractions;
  const balanced = Math.floor((1 - Math.abs(cpu - memory) / 2) * MAX);
  return Math.floor(least / 2) + balanced;
}

function imageScore(pod: Pod, node: Node, nodes: number): number {
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  let bytes = 0;
  for (const { image } of containers) {
    const found = node.status?.images?.find(({ names = [] }) => names.some((name) => sameImage(name, image ?? '')));
    bytes += (found?.sizeBytes ?? 0) / nodes;
  }
  const max = IMAGE_BYTES_MAX * containers.length;
  const within = Math.min(max, Math.max(IMAGE_BYTES_MIN, bytes));
  return Math.floor((MAX * (within - IMAGE_BYTES_MIN)) / (max - IMAGE_BYTES_MIN));
}

function sameImage(name: string, wanted: string): boolean {
  const tagged = wanted.includes('@') || /:[^/]*$/.test(wanted) ? wanted : `${wanted}:latest`;
  return name === tagged || name.endsWith(`/${tagged}`);
}

function intolerable(pod: Pod, node: Node): number {
  const soft = (node.spec.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule');
  return soft.filter((taint) => !(pod.spec.tolerations ?? []).some((t) => tolerates(t, taint))).length;
}

function preference(pod: Pod, node: Node): number {
  const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return preferred.reduce((sum, one) => sum + (matchesTerm(one.preference, node) ? one.weight : 0), 0);
}

/** To 0..100 of the largest; nothing to tell them apart is 0, or 100 where less is better. */
function normalized(values: readonly number[], lessIsBetter: boolean): number[] {
  const max = Math.max(0, ...values);
  return values.map((value) => {
    const share = max === 0 ? 0 : Math.floor((value * MAX) / max);
    return lessIsBetter ? MAX - share : share;
  });
}

function spreadScores(pod: Pod, nodes: readonly Node[], everywhere: Placed): number[] {
  const constraints = softConstraints(pod, everywhere.services);
  if (constraints.length === 0) return nodes.map(() => 0);
  const costs = nodes.map((node) => constraints.reduce((sum, one) => sum + cost(pod, one, node, nodes, everywhere), 0));
  const [low, high] = [Math.min(...costs), Math.max(...costs)];
  return costs.map((one) => (high === 0 ? MAX : Math.floor((MAX * (high + low - one)) / high)));
}

function cost(pod: Pod, constraint: TopologySpreadConstraint, node: Node, nodes: readonly Node[], all: Placed): number {
  const domain = node.metadata.labels?.[constraint.topologyKey];
  if (domain === undefined) return 0;
  const counts = countsOf(pod, constraint, nodes, all);
  // A domain's weight grows slowly with how many there are: the logarithm of their number and two, to a series' precision.
  return (counts.get(domain) ?? 0) * (1 + counts.size / 4) + (constraint.maxSkew - 1);
}
