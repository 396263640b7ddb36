/**
 * What has lost its owner goes.
 * @models kubernetes 1.36 pkg/controller/garbagecollector, podgc
 * @fidelity partial: what ReplicaSets, Deployments, DaemonSets, StatefulSets, Jobs and CronJobs own, and claims of pods;
 *   background only
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import type { KubeObject } from '../../../protocols/kube/types.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import type { SharedInformers } from './shared.ts';

export function startGarbageCollector(
  ctx: Context,
  client: KubeClient,
  { pods, replicaSets, deployments, daemonSets, statefulSets, jobs, cronJobs, claims, revisions }: SharedInformers,
): void {
  const queue = startWorkQueue(ctx, 'garbage', async (c, key) => {
    const [resource = '', namespace = '', name = '', uid = ''] = key.split('/');
    try {
      await client.delete(c, resource, namespace, name, { preconditions: { uid } });
    } catch (error) {
      if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
    }
    return undefined;
  });
  const drop = (resource: string, { metadata }: KubeObject): void =>
    queue.add(`${resource}/${metadata.namespace}/${metadata.name}/${metadata.uid}`);
  const dropOwned = (resource: string, items: ReadonlyMap<string, KubeObject>, owner: KubeObject): void => {
    for (const item of items.values())
      if (item.metadata.ownerReferences?.some((o) => o.uid === owner.metadata.uid)) drop(resource, item);
  };
  deployments.onChange((before, after) => {
    if (after === null && before !== null) dropOwned('replicasets', replicaSets.items, before);
  });
  cronJobs.onChange((before, after) => {
    if (after === null && before !== null) dropOwned('jobs', jobs.items, before);
  });
  for (const owners of [statefulSets, pods]) {
    owners.onChange((before: KubeObject | null, after: KubeObject | null) => {
      if (after === null && before !== null) dropOwned('persistentvolumeclaims', claims.items, before);
    });
  }
  for (const owners of [daemonSets, statefulSets]) {
    owners.onChange((before: KubeObject | null, after: KubeObject | null) => {
      if (after === null && before !== null) dropOwned('controllerrevisions', revisions.items, before);
    });
  }
  for (const owners of [replicaSets, daemonSets, statefulSets, jobs]) {
    owners.onChange((before: KubeObject | null, after: KubeObject | null) => {
      if (after === null && before !== null) dropOwned('pods', pods.items, before);
    });
  }
}
