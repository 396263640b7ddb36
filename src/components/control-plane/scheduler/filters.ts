/**
 * Why a pod cannot run on a node: the filters in their order, each with its words.
 * @models kubernetes 1.36 pkg/scheduler/framework/plugins
 * @fidelity partial: no volumes
 */
import { suits } from '../../../protocols/kube/labels.ts';
import type { Node, NodeSelectorTerm, Pod, Taint, Toleration } from '../../../protocols/kube/types.ts';
import { affinityProblem } from './pod-affinity.ts';
import { allocatable, podRequests } from './resources.ts';
import { type Placed, spreadProblem } from './spread.ts';

/** `resolvable`: evicting other pods could help. */
export type Verdict = { reasons: string[]; resolvable: boolean };

export function filterNode(pod: Pod, node: Node, others: readonly Pod[], all: Placed): Verdict | null {
  const fixed = (reason: string): Verdict => ({ reasons: [reason], resolvable: false });
  const taints = node.spec.taints ?? [];
  const tolerations = pod.spec.tolerations ?? [];
  const unschedulable: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
  if (node.spec.unschedulable === true && !tolerations.some((t) => tolerates(t, unschedulable)))
    return fixed('node(s) were unschedulable');
  if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== node.metadata.name)
    return fixed("node(s) didn't match the requested node name");
  const hard = taints.filter((t) => t.effect === 'NoSchedule' || t.effect === 'NoExecute');
  if (hard.some((taint) => !tolerations.some((t) => tolerates(t, taint))))
    return fixed('node(s) had untolerated taint(s)');
  if (!matchesNode(pod, node)) return fixed("node(s) didn't match Pod's node affinity/selector");
  if (portsClash(pod, others))
    return { reasons: ["node(s) didn't have free ports for the requested pod ports"], resolvable: true };
  const unfit = fitsResources(pod, node, others);
  if (unfit !== null) return unfit;
  const uneven = spreadProblem(pod, node, all);
  if (uneven !== null) return { reasons: [uneven], resolvable: !uneven.includes('missing') };
  const averse = affinityProblem(pod, node, all);
  return averse === null ? null : { reasons: [averse], resolvable: averse.includes('anti-affinity') };
}

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== '' && toleration.effect !== taint.effect) return false;
  if (toleration.key !== undefined && toleration.key !== '' && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  return toleration.key !== undefined && (toleration.value ?? '') === (taint.value ?? '');
}

export function matchesNode({ spec }: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) if (labels[key] !== value) return false;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || required.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

export function matchesTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  return (
    matchExpressions.every((r) =>
      suits(r.operator, r.values ?? [], Object.hasOwn(labels, r.key) ? labels[r.key] : undefined),
    ) && matchFields.every((r) => suits(r.operator, r.values ?? [], node.metadata.name))
  );
}

function portsClash(pod: Pod, others: readonly Pod[]): boolean {
  const ports = (p: Pod): string[] =>
    p.spec.containers.flatMap((c) =>
      (c.ports ?? []).filter((x) => (x.hostPort ?? 0) > 0).map((x) => `${x.protocol ?? 'TCP'}/${x.hostPort}`),
    );
  const wanted = ports(pod);
  return wanted.length > 0 && others.some((other) => ports(other).some((port) => wanted.includes(port)));
}

function fitsResources(pod: Pod, node: Node, others: readonly Pod[]): Verdict | null {
  const free = allocatable(node);
  const most = new Map(free);
  for (const other of others)
    for (const [name, amount] of podRequests(other)) free.set(name, (free.get(name) ?? 0) - amount);
  const reasons: string[] = [];
  let resolvable = false;
  const pods = (most.get('pods') ?? 0) / 1000;
  if (others.length + 1 > pods) reasons.push('Too many pods');
  for (const [name, amount] of podRequests(pod)) {
    if (amount === 0 || amount <= (free.get(name) ?? 0)) continue;
    reasons.push(`Insufficient ${name}`);
    if (amount <= (most.get(name) ?? 0)) resolvable = true;
  }
  return reasons.length === 0 ? null : { reasons, resolvable: resolvable || reasons[0] === 'Too many pods' };
}
