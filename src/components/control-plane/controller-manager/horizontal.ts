/**
 * Autoscalers: nothing here measures pods, so that a target's size is only held between its bounds, and the object says why.
 * @models kubernetes 1.36 pkg/controller/podautoscaler/horizontal.go
 * @fidelity partial: there is no metrics API in this cluster
 */
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { equal } from '../../../protocols/kube/equal.ts';
import { qualifiedResource, resourceOfKind, resourcePath } from '../../../protocols/kube/resources.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { Condition, KubeObject } from '../../../protocols/kube/types.ts';
import { isApiFailure, type Recorder } from '../common/events.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { share } from './shared.ts';

type Metric = { type: string; resource?: { name: string; target?: { averageUtilization?: number } } };
type Autoscaler = KubeObject & {
  spec: {
    scaleTargetRef: { apiVersion?: string; kind: string; name: string };
    minReplicas?: number;
    maxReplicas: number;
    metrics?: Metric[];
  };
  status?: { conditions?: Condition[]; desiredReplicas?: number; [field: string]: unknown };
};
type Scale = { spec: { replicas?: number }; status?: { replicas?: number } };

const PERIOD_NS = 15_000_000_000;
const NO_METRICS =
  'unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';

export function startHorizontal(ctx: Context, client: KubeClient, record: Recorder): void {
  const autoscalers = share<Autoscaler>(ctx, client, 'horizontalpodautoscalers');
  const queue = startWorkQueue(ctx, 'horizontal', async (c, key) => {
    const autoscaler = autoscalers.items.get(key);
    if (autoscaler === undefined) return undefined;
    await sync(c, autoscaler);
    return PERIOD_NS;
  });
  autoscalers.onChange((before, after) => {
    if (before === null && after !== null) queue.add(`${after.metadata.namespace}/${after.metadata.name}`);
  });

  async function sync(c: Context, autoscaler: Autoscaler): Promise<void> {
    const { scaleTargetRef: ref, minReplicas = 1, maxReplicas, metrics = [] } = autoscaler.spec;
    const { namespace = null } = autoscaler.metadata;
    const conditions: Condition[] = [];
    const set = (type: string, status: 'True' | 'False', reason: string, message: string): void => {
      const known = autoscaler.status?.conditions?.find((one) => one.type === type);
      const lastTransitionTime = known?.status === status ? (known.lastTransitionTime ?? null) : rfc3339(c.wallTime);
      conditions.push({ type, status, lastTransitionTime, reason, message } as Condition);
    };
    const store = async (current: number, desired: number): Promise<void> => {
      const status = { conditions, currentMetrics: null, currentReplicas: current, desiredReplicas: desired };
      if (!equal(status, autoscaler.status ?? {}))
        await client.update(c, 'horizontalpodautoscalers', { ...autoscaler, status }, 'status');
    };
    const resource = resourceOfKind(ref.apiVersion ?? 'v1', ref.kind);
    const path = resource === undefined ? null : resourcePath(resource, namespace, ref.name, 'scale');
    let scale: Scale;
    try {
      if (resource === undefined || path === null || !resource.subresources.includes('scale'))
        throw new Error(`no matches for kind "${ref.kind}" in group "${(ref.apiVersion ?? '').split('/')[0] ?? ''}"`);
      scale = await client.request<Scale>(c, 'GET', path);
    } catch (error) {
      if (isApiFailure(error) && !isStatusError(error, 'NotFound')) throw error;
      const why =
        isStatusError(error, 'NotFound') && resource !== undefined
          ? `${qualifiedResource(resource)} "${ref.name}" not found`
          : (error as Error).message;
      record(autoscaler, 'Warning', 'FailedGetScale', why);
      set(
        'AbleToScale',
        'False',
        'FailedGetScale',
        `the HPA controller was unable to get the target's current scale: ${why}`,
      );
      return await store(0, 0);
    }
    const present = scale.spec.replicas ?? 0;
    const current = scale.status?.replicas ?? 0;
    set('AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
    if (present === 0) {
      set(
        'ScalingActive',
        'False',
        'ScalingDisabled',
        'scaling is disabled since the replica count of the target is zero',
      );
      return await store(current, 0);
    }
    const wanted = Math.min(Math.max(present, minReplicas), maxReplicas);
    if (wanted !== present) {
      const why =
        wanted < present
          ? 'Current number of replicas above Spec.MaxReplicas'
          : 'Current number of replicas below Spec.MinReplicas';
      await client.request(c, 'PUT', path, { body: { ...scale, spec: { replicas: wanted } } });
      record(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${wanted}; reason: ${why}`);
      conditions.length = 0;
      set(
        'AbleToScale',
        'True',
        'SucceededRescale',
        `the HPA controller was able to update the target scale to ${wanted}`,
      );
      return await store(current, wanted);
    }
    const name = metrics[0]?.resource?.name ?? 'cpu';
    const kind =
      metrics[0]?.resource?.target?.averageUtilization === undefined ? 'resource metric value' : 'utilization';
    const failure = `failed to get ${name} ${kind}: unable to get metrics for resource ${name}: ${NO_METRICS}`;
    record(autoscaler, 'Warning', 'FailedGetResourceMetric', failure);
    record(
      autoscaler,
      'Warning',
      'FailedComputeMetricsReplicas',
      `invalid metrics (${metrics.length} invalid out of ${metrics.length}), first error is: failed to get ${name} resource metric value: ${failure}`,
    );
    set(
      'ScalingActive',
      'False',
      'FailedGetResourceMetric',
      `the HPA was unable to compute the replica count: ${failure}`,
    );
    await store(current, autoscaler.status?.desiredReplicas ?? 0);
  }
}
