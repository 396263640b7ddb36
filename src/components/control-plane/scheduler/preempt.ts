/**
 * Room for a pod of higher priority: whom to evict, and where.
 * @models kubernetes 1.36 pkg/scheduler/framework/preemption
 * @fidelity partial: no disruption budgets
 */
import type { Node, Pod } from '../../../protocols/kube/types.ts';
import { filterNode } from './filters.ts';
import type { Placed } from './spread.ts';

export type Preemption = { readonly node: Node; readonly victims: readonly Pod[] };

const priorityOf = (pod: Pod): number => pod.spec.priority ?? 0;

/** The node that loses least, or null when evicting would not help anywhere. */
export function planPreemption(pod: Pod, all: Placed): Preemption | null {
  if (pod.spec.preemptionPolicy === 'Never') return null;
  const plans = all.nodes.flatMap((node) => planOn(pod, node, all) ?? []);
  const cost = ({ victims }: Preemption): number[] => [
    Math.max(...victims.map(priorityOf)),
    victims.reduce((sum, victim) => sum + priorityOf(victim), 0),
    victims.length,
  ];
  return plans.reduce<Preemption | null>((best, plan) => {
    if (best === null) return plan;
    const [a, b] = [cost(plan), cost(best)];
    const at = a.findIndex((value, i) => value !== b[i]);
    return at >= 0 && (a[at] as number) < (b[at] as number) ? plan : best;
  }, null);
}

function planOn(pod: Pod, node: Node, all: Placed): Preemption | null {
  const present = all.podsOn(node);
  const lower = present.filter((other) => priorityOf(other) < priorityOf(pod));
  if (lower.length === 0) return null;
  const without = (gone: readonly Pod[]): boolean => {
    const left = present.filter((other) => !gone.includes(other));
    const view = { ...all, podsOn: (other: Node) => (other === node ? left : all.podsOn(other)) };
    return filterNode(pod, node, left, view) === null;
  };
  if (!without(lower)) return null;
  // The most important ones are spared first, as far as there is room.
  let victims = [...lower].sort((a, b) => priorityOf(b) - priorityOf(a));
  for (const one of [...victims]) {
    const fewer = victims.filter((victim) => victim !== one);
    if (without(fewer)) victims = fewer;
  }
  return victims.length === 0 ? null : { node, victims };
}
