/**
 * Claims find volumes: the smallest that is large enough; a volume whose claim has gone is released.
 * @models kubernetes 1.36 pkg/controller/volume/persistentvolume pv_controller.go index.go, pvcprotection, pvprotection
 * @fidelity partial: no provisioners, no recycling; of the plugins that delete only the refusal of hostPath
 */
import type { Context } from '../../../linux/context.ts';
import type { KubeClient } from '../../../protocols/kube/client.ts';
import { selectorMatches } from '../../../protocols/kube/labels.ts';
import { quantityValue } from '../../../protocols/kube/quantity.ts';
import type { KubeObject, Pod } from '../../../protocols/kube/types.ts';
import type { Recorder } from '../common/events.ts';
import { startWorkQueue } from '../common/work-queue.ts';
import { type Claim, type SharedInformers, share } from './shared.ts';

type ClaimRef = { namespace?: string; name?: string; uid?: string };
type Volume = KubeObject & {
  spec: {
    capacity?: { storage?: string };
    accessModes?: string[];
    claimRef?: ClaimRef;
    persistentVolumeReclaimPolicy?: string;
    storageClassName?: string;
    volumeMode?: string;
    hostPath?: { path: string };
  };
  status?: { phase?: string; message?: string };
};
type StorageClass = KubeObject & { provisioner: string; volumeBindingMode?: string };

const PVC_PROTECTION = 'kubernetes.io/pvc-protection';
const PV_PROTECTION = 'kubernetes.io/pv-protection';
const RESYNC_NS = 15_000_000_000;
const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace}/${metadata.name}`;

export function startVolumeBinder(
  ctx: Context,
  client: KubeClient,
  { pods, claims }: SharedInformers,
  record: Recorder,
): void {
  const volumes = share<Volume>(ctx, client, 'persistentvolumes');
  const classes = share<StorageClass>(ctx, client, 'storageclasses');

  const claimQueue = startWorkQueue(ctx, 'pvc', async (c, key) => {
    const claim = claims.items.get(key);
    if (claim === undefined || !volumes.hasSynced) return claim === undefined ? undefined : RESYNC_NS / 100;
    if (claim.metadata.deletionTimestamp !== undefined) return await letClaimGo(c, claim);
    if (claim.metadata.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined) return undefined;
    return await bindClaim(c, claim);
  });
  const volumeQueue = startWorkQueue(ctx, 'pv', async (c, key) => {
    const volume = volumes.items.get(key);
    if (volume === undefined || !claims.hasSynced) return volume === undefined ? undefined : RESYNC_NS / 100;
    return await syncVolume(c, volume);
  });

  claims.onChange((before, after) => {
    const claim = after ?? before;
    if (claim === null) return;
    claimQueue.add(keyOf(claim));
    if (claim.spec.volumeName !== undefined) volumeQueue.add(claim.spec.volumeName);
  });
  volumes.onChange((_, after) => {
    if (after !== null) volumeQueue.add(after.metadata.name);
    for (const claim of claims.items.values())
      if (claim.metadata.annotations?.['pv.kubernetes.io/bind-completed'] === undefined) claimQueue.add(keyOf(claim));
  });
  classes.onChange(() => {
    for (const claim of claims.items.values()) claimQueue.add(keyOf(claim));
  });
  pods.onChange((before, after) => {
    const pod = after ?? before;
    if (pod === null || claims.items.size === 0) return;
    for (const name of claimsOf(pod)) claimQueue.add(`${pod.metadata.namespace}/${name}`);
  });

  async function bindClaim(c: Context, claim: Claim): Promise<number | undefined> {
    const className = claim.spec.storageClassName ?? '';
    const chosen = choose(claim, [...volumes.items.values()]);
    if (chosen !== null) {
      await bind(c, claim, chosen);
      return undefined;
    }
    if (claim.spec.volumeName !== undefined) return RESYNC_NS;
    const found = classes.items.get(className);
    if (className === '')
      record(
        claim,
        'Normal',
        'FailedBinding',
        'no persistent volumes available for this claim and no storage class is set',
      );
    else if (found === undefined)
      record(claim, 'Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`);
    else if (found.volumeBindingMode === 'WaitForFirstConsumer' && !isUsed(claim))
      record(claim, 'Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
    else if (found.provisioner === 'kubernetes.io/no-provisioner')
      record(claim, 'Warning', 'ProvisioningFailed', 'no volume plugin matched name: kubernetes.io/no-provisioner');
    else
      record(
        claim,
        'Normal',
        'ExternalProvisioning',
        `Waiting for a volume to be created either by the external provisioner '${found.provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
      );
    return RESYNC_NS;
  }

  function choose(claim: Claim, all: readonly Volume[]): Volume | null {
    const { volumeName, accessModes = [], resources, selector, storageClassName = '', volumeMode } = claim.spec;
    const mine = ({ spec: { claimRef } }: Volume): boolean =>
      claimRef?.namespace === claim.metadata.namespace &&
      claimRef?.name === claim.metadata.name &&
      (claimRef?.uid === undefined || claimRef.uid === claim.metadata.uid);
    const asked = all.find((volume) => (volumeName === undefined ? mine(volume) : volume.metadata.name === volumeName));
    if (asked !== undefined) return asked.spec.claimRef === undefined || mine(asked) ? asked : null;
    if (volumeName !== undefined) return null;
    // A class that waits binds when a pod that uses the claim is there.
    if (classes.items.get(storageClassName)?.volumeBindingMode === 'WaitForFirstConsumer' && !isUsed(claim))
      return null;
    const need = quantityValue(resources?.requests?.storage);
    const fits = all.filter(
      ({ spec, metadata, status }) =>
        spec.claimRef === undefined &&
        metadata.deletionTimestamp === undefined &&
        (status?.phase === 'Available' || status?.phase === 'Pending') &&
        (spec.storageClassName ?? '') === storageClassName &&
        (spec.volumeMode ?? 'Filesystem') === (volumeMode ?? 'Filesystem') &&
        quantityValue(spec.capacity?.storage) >= need &&
        accessModes.every((mode) => spec.accessModes?.includes(mode) === true) &&
        (selector === undefined || selectorMatches(selector, metadata.labels)),
    );
    fits.sort(
      (a, b) =>
        quantityValue(a.spec.capacity?.storage) - quantityValue(b.spec.capacity?.storage) ||
        (a.metadata.name < b.metadata.name ? -1 : 1),
    );
    return fits[0] ?? null;
  }

  const isUsed = (claim: Claim): boolean =>
    [...pods.items.values()].some(
      (pod) => pod.metadata.namespace === claim.metadata.namespace && claimsOf(pod).includes(claim.metadata.name),
    );

  async function bind(c: Context, claim: Claim, volume: Volume): Promise<void> {
    const { name, namespace = '', uid, resourceVersion } = claim.metadata;
    const byController = { 'pv.kubernetes.io/bound-by-controller': 'yes' };
    const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid, resourceVersion };
    const prebound = volume.spec.claimRef !== undefined;
    let bound = volume;
    if (volume.spec.claimRef?.uid !== uid)
      bound = await client.update<Volume>(c, 'persistentvolumes', {
        ...volume,
        metadata: {
          ...volume.metadata,
          ...(prebound ? {} : { annotations: { ...volume.metadata.annotations, ...byController } }),
        },
        spec: { ...volume.spec, claimRef },
      });
    await setPhase(c, bound, 'Bound');
    const updated = await client.update<Claim>(c, 'persistentvolumeclaims', {
      ...claim,
      metadata: {
        ...claim.metadata,
        annotations: {
          ...claim.metadata.annotations,
          'pv.kubernetes.io/bind-completed': 'yes',
          ...(claim.spec.volumeName === undefined ? byController : {}),
        },
      },
      spec: { ...claim.spec, volumeName: volume.metadata.name },
    });
    const status = { phase: 'Bound', accessModes: volume.spec.accessModes, capacity: volume.spec.capacity };
    await client.update<Claim>(c, 'persistentvolumeclaims', { ...updated, status }, 'status');
  }

  async function setPhase(c: Context, volume: Volume, phase: string, message?: string): Promise<void> {
    if (volume.status?.phase === phase) return;
    const status = { phase, ...(message === undefined ? {} : { message }) };
    await client.update<Volume>(c, 'persistentvolumes', { ...volume, status }, 'status');
  }

  async function syncVolume(c: Context, volume: Volume): Promise<undefined> {
    const { claimRef, persistentVolumeReclaimPolicy } = volume.spec;
    if (volume.metadata.deletionTimestamp !== undefined && volume.status?.phase !== 'Bound')
      return await withoutFinalizer(c, 'persistentvolumes', volume, PV_PROTECTION);
    if (claimRef?.uid === undefined) {
      await setPhase(c, volume, 'Available');
      return undefined;
    }
    const claim = claims.items.get(`${claimRef.namespace}/${claimRef.name}`);
    if (claim?.metadata.uid === claimRef.uid) return undefined;
    if (volume.status?.phase === 'Bound') await setPhase(c, volume, 'Released');
    else if (volume.status?.phase === 'Released' && persistentVolumeReclaimPolicy === 'Delete') {
      const path = volume.spec.hostPath?.path ?? '';
      const why =
        volume.spec.hostPath === undefined
          ? 'error getting deleter volume plugin for volume: no deletable volume plugin matched'
          : `host_path deleter only supports /tmp/.+ but received provided ${path}`;
      if (path.startsWith('/tmp/')) await client.delete(c, 'persistentvolumes', null, volume.metadata.name);
      else {
        record(volume, 'Warning', 'VolumeFailedDelete', why);
        await setPhase(c, volume, 'Failed', why);
      }
    }
    return undefined;
  }

  async function letClaimGo(c: Context, claim: Claim): Promise<undefined> {
    const inUse = [...pods.items.values()].some(
      (pod) =>
        pod.metadata.namespace === claim.metadata.namespace &&
        pod.status?.phase !== 'Succeeded' &&
        pod.status?.phase !== 'Failed' &&
        claimsOf(pod).includes(claim.metadata.name),
    );
    if (!inUse) await withoutFinalizer(c, 'persistentvolumeclaims', claim, PVC_PROTECTION);
    return undefined;
  }

  async function withoutFinalizer(c: Context, resource: string, object: KubeObject, name: string): Promise<undefined> {
    const { finalizers = [] } = object.metadata;
    if (!finalizers.includes(name)) return undefined;
    const rest = finalizers.filter((finalizer) => finalizer !== name);
    await client.update(c, resource, { ...object, metadata: { ...object.metadata, finalizers: rest } });
    return undefined;
  }
}

function claimsOf({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => {
    const name = (persistentVolumeClaim as { claimName?: string } | undefined)?.claimName;
    return name === undefined ? [] : [name];
  });
}
