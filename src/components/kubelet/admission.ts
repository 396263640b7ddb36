/**
 * Whether a pod that was bound to this node fits it.
 * @models kubernetes 1.36 pkg/kubelet/lifecycle/predicate.go
 * @fidelity partial: CPU, memory, number of pods, nodeSelector
 */
import type { Pod } from '../../protocols/kube/types.ts';
import { isStaticPod, podResources, uidOf } from './pod.ts';

export type Rejection = { reason: string; message: string };

export type NodeCapacity = {
  cpuMilli: number;
  memoryBytes: number;
  pods: number;
  labels: Readonly<Record<string, string>>;
};

export function rejectionOf(pod: Pod, others: readonly Pod[], node: NodeCapacity): Rejection | null {
  const used = others.filter((other) => uidOf(other) !== uidOf(pod)).map(podResources);
  const asked = podResources(pod);
  const lacking = (name: string, requested: number, taken: number, capacity: number): Rejection | null =>
    requested > 0 && taken + requested > capacity
      ? {
          reason: `OutOf${name}`,
          message: `Node didn't have enough resource: ${name}, requested: ${requested}, used: ${taken}, capacity: ${capacity}`,
        }
      : null;
  const sum = (pick: (resources: ReturnType<typeof podResources>) => number): number =>
    used.reduce((all, one) => all + pick(one), 0);
  const shortage =
    lacking('pods', 1, used.length, node.pods) ??
    lacking(
      'cpu',
      asked.cpuRequestMilli,
      sum((r) => r.cpuRequestMilli),
      node.cpuMilli,
    ) ??
    lacking(
      'memory',
      asked.memoryRequest,
      sum((r) => r.memoryRequest),
      node.memoryBytes,
    );
  if (shortage !== null) return shortage;
  if (isStaticPod(pod)) return null;
  const matches = Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => node.labels[key] === value);
  if (matches) return null;
  return {
    reason: 'NodeAffinity',
    message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  };
}
