/**
 * Whether a pod may be evicted now: its disruption budget decides, and counts it.
 * @models kubernetes 1.36 pkg/registry/core/pod/rest/eviction.go
 * @fidelity partial: disruptedPods are not listed; the controller's next count corrects what was taken off
 */
import type { Context } from '../../../linux/context.ts';
import { selectorMatches } from '../../../protocols/kube/labels.ts';
import { resourceNamed } from '../../../protocols/kube/resources.ts';
import { failure } from '../../../protocols/kube/status-error.ts';
import type { KubeObject, LabelSelector, Pod } from '../../../protocols/kube/types.ts';
import { type Store, storeKey } from './store.ts';

type Budget = KubeObject & {
  spec: { selector?: LabelSelector; unhealthyPodEvictionPolicy?: string };
  status?: {
    disruptionsAllowed?: number;
    currentHealthy?: number;
    desiredHealthy?: number;
    observedGeneration?: number;
  };
};

const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";

/** Throws 429 when its budget has nothing left. */
export async function takeFromBudget(ctx: Context, store: Store, pod: Pod): Promise<void> {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending') return;
  if (pod.metadata.deletionTimestamp !== undefined) return;
  const resource = resourceNamed('poddisruptionbudgets');
  const { namespace = null, labels } = pod.metadata;
  for (;;) {
    const budgets = (store.list(resource, namespace) as Budget[]).filter(({ spec }) =>
      selectorMatches(spec.selector, labels),
    );
    if (budgets.length > 1)
      throw failure(
        500,
        'InternalError',
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      );
    const [budget] = budgets;
    if (budget === undefined) return;
    const { name, generation = 1 } = budget.metadata;
    const {
      disruptionsAllowed = 0,
      currentHealthy = 0,
      desiredHealthy = 0,
      observedGeneration = 0,
    } = budget.status ?? {};
    const ready = pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
    if (
      !ready &&
      (budget.spec.unhealthyPodEvictionPolicy === 'AlwaysAllow' ||
        (currentHealthy >= desiredHealthy && desiredHealthy > 0))
    )
      return;
    const refuse = (message: string): Error =>
      failure(429, 'TooManyRequests', REFUSED, { causes: [{ reason: 'DisruptionBudget', message }] });
    if (observedGeneration < generation)
      throw refuse(`The disruption budget ${name} is still being processed by the server.`);
    if (disruptionsAllowed <= 0)
      throw refuse(
        `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
      );
    const next: Budget = { ...budget, status: { ...budget.status, disruptionsAllowed: disruptionsAllowed - 1 } };
    if ((await store.write(ctx, resource, storeKey(resource, namespace, name), budget, next)) !== null) return;
  }
}
