import type { Pod, Volume } from './types.ts';

/**
 * The name of the claim behind a pod's volume, undefined for other volumes. An ephemeral volume's is made of the pod's
 * name and its own. @models k8s.io/component-helpers storage/ephemeral VolumeClaimName
 */
export function claimNameOf({ metadata }: Pick<Pod, 'metadata'>, volume: Volume): string | undefined {
  if (volume.ephemeral !== undefined) return `${metadata.name}-${volume.name}`;
  return volume.persistentVolumeClaim?.claimName;
}
