/**
 * Claims for the ephemeral volumes of pods: made from the template in the pod, owned by it, gone with it.
 * @models kubernetes 1.36 pkg/controller/volume/ephemeral controller.go
 * @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { keyOf } from '../../../protocols/kube/informer.ts';
import { claimNameOf } from '../../../protocols/kube/pod-claims.ts';
import { isStatusError } from '../../../protocols/kube/status-error.ts';
import { isApiFailure, type Recorder } from '../common/events.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { ownerOf, type SharedInformers } from './shared.ts';

export function startEphemeralVolumes(
  ctx: Context,
  client: KubeClient,
  { pods, claims }: SharedInformers,
  record: Recorder,
): void {
  const queue = startWorkQueue(ctx, 'ephemeral-volume', async (c, key) => {
    const pod = pods.items.get(key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return undefined;
    const { namespace = null, name: podName, uid } = pod.metadata;
    for (const volume of pod.spec.volumes ?? []) {
      if (volume.ephemeral === undefined) continue;
      const name = claimNameOf(pod, volume) ?? '';
      const { metadata, spec } = volume.ephemeral.volumeClaimTemplate ?? { spec: {} };
      const present = claims.items.get(`${namespace}/${name}`);
      if (present !== undefined) {
        if (present.metadata.ownerReferences?.some((owner) => owner.uid === uid) !== true)
          record(
            pod,
            'Warning',
            'FailedBinding',
            `ephemeral volume ${volume.name}: PVC ${namespace}/${name} was not created for pod ${namespace}/${podName} (pod is not owner)`,
          );
        continue;
      }
      const owner = ownerOf({ ...pod, apiVersion: 'v1', kind: 'Pod' });
      try {
        const body = { metadata: { ...metadata, name, ownerReferences: [owner] }, spec };
        await client.create(c, 'persistentvolumeclaims', namespace, body);
      } catch (error) {
        if (!isApiFailure(error)) throw error;
        if (isStatusError(error, 'AlreadyExists')) continue;
        const why = (error as Error).message;
        record(pod, 'Warning', 'FailedBinding', `ephemeral volume ${volume.name}: create PVC ${name}: ${why}`);
        throw error;
      }
    }
    return undefined;
  });
  pods.onChange((before, after) => {
    if (before === null && after?.spec.volumes?.some(({ ephemeral }) => ephemeral !== undefined) === true)
      queue.add(keyOf(after));
  });
}
