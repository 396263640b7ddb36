/**
 * How many pods of a budget may be away at present.
 * @models kubernetes 1.36 pkg/controller/disruption/disruption.go
 * @fidelity partial: no disruptedPods; percentages round up, as there
 */
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { selectorMatches } from '../../../protocols/kube/labels.ts';
import type { Condition, KubeObject, LabelSelector, Pod } from '../../../protocols/kube/types.ts';
import type { Recorder } from '../common/events.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { isReady, type SharedInformers, share } from './shared.ts';

type Budget = KubeObject & {
  spec: { minAvailable?: number | string; maxUnavailable?: number | string; selector?: LabelSelector };
  status?: { conditions?: Condition[]; [field: string]: unknown };
};

export function startDisruption(ctx: Context, client: KubeClient, shared: SharedInformers, record: Recorder): void {
  const { pods } = shared;
  const budgets = share<Budget>(ctx, client, 'poddisruptionbudgets');
  const queue = startWorkQueue(ctx, 'disruption', async (c, key) => {
    const budget = budgets.items.get(key);
    if (budget === undefined) return undefined;
    const { namespace, generation = 1 } = budget.metadata;
    const { minAvailable, maxUnavailable, selector } = budget.spec;
    const meant = [...pods.items.values()].filter(
      ({ metadata, status }) =>
        metadata.namespace === namespace &&
        status?.phase !== 'Succeeded' &&
        status?.phase !== 'Failed' &&
        selectorMatches(selector, metadata.labels),
    );
    if (meant.length === 0) record(budget, 'Normal', 'NoPods', 'No matching pods found');
    const scaled = maxUnavailable !== undefined || typeof minAvailable === 'string';
    const expectedPods = scaled ? expectedOf(meant) : meant.length;
    const desiredHealthy =
      maxUnavailable !== undefined
        ? Math.max(0, expectedPods - amount(maxUnavailable, expectedPods))
        : amount(minAvailable ?? 0, expectedPods);
    const currentHealthy = meant.filter((pod) => pod.metadata.deletionTimestamp === undefined && isReady(pod)).length;
    const disruptionsAllowed = expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy);
    const [known] = budget.status?.conditions ?? [];
    const state = disruptionsAllowed > 0 ? 'True' : 'False';
    const condition: Condition =
      known?.status === state
        ? { ...known, observedGeneration: generation }
        : {
            lastTransitionTime: rfc3339(c.wallTime),
            message: '',
            observedGeneration: generation,
            reason: disruptionsAllowed > 0 ? 'SufficientPods' : 'InsufficientPods',
            status: state,
            type: 'DisruptionAllowed',
          };
    const status = {
      conditions: [condition],
      currentHealthy,
      desiredHealthy,
      disruptionsAllowed,
      expectedPods,
      observedGeneration: generation,
    };
    if (!equal(status, budget.status ?? {}))
      await client.update(c, 'poddisruptionbudgets', { ...budget, status }, 'status');
    return undefined;
  });

  /** As many as the pods' controllers are to have. */
  function expectedOf(meant: readonly Pod[]): number {
    const owners = new Map<string, number>();
    let alone = 0;
    for (const pod of meant) {
      const owner = pod.metadata.ownerReferences?.find((one) => one.controller === true);
      if (owner === undefined) {
        alone++;
        continue;
      }
      const key = `${pod.metadata.namespace}/${owner.name}`;
      const set = owner.kind === 'StatefulSet' ? shared.statefulSets.items.get(key) : shared.replicaSets.items.get(key);
      const deployment = set?.metadata.ownerReferences?.find((one) => one.kind === 'Deployment');
      const above =
        deployment === undefined ? set : shared.deployments.items.get(`${pod.metadata.namespace}/${deployment.name}`);
      owners.set(deployment?.uid ?? owner.uid, above?.spec.replicas ?? 1);
    }
    return [...owners.values()].reduce((sum, replicas) => sum + replicas, alone);
  }

  budgets.onChange((_, after) => {
    if (after !== null) queue.add(`${after.metadata.namespace}/${after.metadata.name}`);
  });
  pods.onChange((before, after) => {
    const namespace = (after ?? before)?.metadata.namespace;
    for (const [key, { metadata }] of budgets.items) if (metadata.namespace === namespace) queue.add(key);
  });
}

function amount(value: number | string, of: number): number {
  if (typeof value === 'number') return value;
  return Math.ceil((Number(value.replace('%', '')) * of) / 100);
}
