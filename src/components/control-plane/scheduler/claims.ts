/**
 * Whether the claims that a pod mounts let it be scheduled.
 * @models kubernetes 1.36 pkg/scheduler/framework/plugins/volumebinding, volumerestrictions
 * @fidelity partial: of volumes only whether they are bound; not on which nodes they are
 */
import { claimNameOf } from '../../../protocols/kube/pod-claims.ts';
import type { KubeObject, Pod } from '../../../protocols/kube/types.ts';

export type Claim = KubeObject & {
  spec: { volumeName?: string; storageClassName?: string };
  status?: { phase?: string };
};
export type StorageClass = KubeObject & { volumeBindingMode?: string };

/** Null when nothing stands in the way. */
export function claimProblem(
  pod: Pod,
  claims: ReadonlyMap<string, Claim>,
  classes: ReadonlyMap<string, StorageClass>,
): string | null {
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume);
    if (name === undefined) continue;
    const claim = claims.get(`${pod.metadata.namespace}/${name}`);
    if (claim === undefined && volume.ephemeral !== undefined)
      return `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`;
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found`;
    if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`;
    if (claim.status?.phase === 'Lost')
      return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName ?? ''}"`;
    if (claim.status?.phase === 'Bound') continue;
    const mode = classes.get(claim.spec.storageClassName ?? '')?.volumeBindingMode;
    if (mode !== 'WaitForFirstConsumer') return 'pod has unbound immediate PersistentVolumeClaims';
    return "node(s) didn't find available persistent volumes to bind";
  }
  return null;
}
