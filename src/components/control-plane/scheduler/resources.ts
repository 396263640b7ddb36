/** What a pod asks for: the larger of its containers' sum and any one init container, plus overhead. */
import { milliValue } from '../../../protocols/kube/quantity.ts';
import type { Container, Node, Pod } from '../../../protocols/kube/types.ts';

/** Thousandths by resource name. */
export type Amounts = Map<string, number>;

/** While a resize is under way, the larger of what is asked for and what is there; what cannot be had does not count. */
function requestsOf(container: Container, { status }: Pod): [string, number][] {
  const asked = container.resources?.requests ?? {};
  const known = status?.containerStatuses?.find(({ name }) => name === container.name);
  const isInfeasible = status?.conditions?.some(
    ({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible',
  );
  const present = [known?.allocatedResources ?? {}, known?.resources?.requests ?? {}];
  const counted = known !== undefined && isInfeasible === true ? present : [asked, ...present];
  return Object.keys(asked).map((name) => [name, Math.max(...counted.map((list) => milliValue(list[name])))]);
}

export function podRequests(pod: Pod): ReadonlyMap<string, number> {
  let known = requestsOfPods.get(pod);
  if (known === undefined) {
    known = sumOfRequests(pod);
    requestsOfPods.set(pod, known);
  }
  return known;
}

/** All pods of a node are summed up for each that is to come. */
const requestsOfPods = new WeakMap<Pod, ReadonlyMap<string, number>>();

function sumOfRequests(pod: Pod): Amounts {
  const { spec } = pod;
  const sum: Amounts = new Map();
  const sidecars: Amounts = new Map();
  const plus = (to: Amounts, name: string, amount: number): void => void to.set(name, (to.get(name) ?? 0) + amount);
  for (const container of spec.containers)
    for (const [name, amount] of requestsOf(container, pod)) plus(sum, name, amount);
  const initMax: Amounts = new Map();
  for (const container of spec.initContainers ?? []) {
    for (const [name, amount] of requestsOf(container, pod)) {
      if (container.restartPolicy === 'Always') {
        plus(sum, name, amount);
        plus(sidecars, name, amount);
      } else initMax.set(name, Math.max(initMax.get(name) ?? 0, amount + (sidecars.get(name) ?? 0)));
    }
  }
  for (const [name, amount] of initMax) sum.set(name, Math.max(sum.get(name) ?? 0, amount));
  for (const [name, text] of Object.entries(spec.overhead ?? {})) plus(sum, name, milliValue(text));
  return sum;
}

/** For scoring, a container that asks for nothing counts as if it asked for this: thousandths of cores, of bytes. */
const NON_ZERO: readonly (readonly [name: string, amount: number])[] = [
  ['cpu', 100],
  ['memory', 200 * 1024 * 1024 * 1000],
];

/** @models kubernetes 1.36 pkg/scheduler/util/pod_resources.go @fidelity partial: init containers as requested */
export function nonZeroRequests(pod: Pod): Amounts {
  const sum = new Map(podRequests(pod));
  for (const { resources } of pod.spec.containers)
    for (const [name, amount] of NON_ZERO)
      if (resources?.requests?.[name] === undefined) sum.set(name, (sum.get(name) ?? 0) + amount);
  return sum;
}

export function allocatable(node: Node): Amounts {
  return new Map(Object.entries(node.status?.allocatable ?? {}).map(([name, text]) => [name, milliValue(text)]));
}
