/** @models k8s.io/kubectl pkg/describe/describe.go describePersistentVolume describePersistentVolumeClaim describeStorageClass @fidelity partial: of volume sources hostPath, local and nfs */
import type { Context } from '../../../linux/context.ts';
import { type Fields, field, list, object, pairs, text, texts } from '../../../protocols/kube/fields.ts';
import { since } from '../../../protocols/kube/human-duration.ts';
import { accessModes } from '../../../protocols/kube/printers/pod.ts';
import { formatPairs } from '../../../protocols/kube/selector-text.ts';
import type { Run } from '../run.ts';
import { annotationLines, labelLines } from './text.ts';

function phase(item: Fields, now: bigint): string {
  const deleted = field(item, 'metadata', 'deletionTimestamp');
  return deleted === undefined ? text(item, 'status', 'phase') : `Terminating (lasts ${since(deleted, now)})`;
}

const finalizers = (item: Fields): string => `[${texts(item, 'metadata', 'finalizers').join(' ')}]`;

export function volumeLines(volume: Fields, now: bigint): string[] {
  const claim = object(volume, 'spec', 'claimRef');
  return [
    `Name:\t${text(volume, 'metadata', 'name')}`,
    ...labelLines('Labels', volume, 'metadata', 'labels'),
    ...annotationLines('Annotations', volume),
    `Finalizers:\t${finalizers(volume)}`,
    `StorageClass:\t${text(volume, 'spec', 'storageClassName')}`,
    `Status:\t${phase(volume, now)}`,
    `Claim:\t${claim === undefined ? '' : `${text(claim, 'namespace')}/${text(claim, 'name')}`}`,
    `Reclaim Policy:\t${text(volume, 'spec', 'persistentVolumeReclaimPolicy')}`,
    `Access Modes:\t${accessModes(volume, 'spec', 'accessModes')}`,
    `VolumeMode:\t${text(volume, 'spec', 'volumeMode')}`,
    `Capacity:\t${text(volume, 'spec', 'capacity', 'storage') || '0'}`,
    ...affinityLines(volume),
    `Message:\t${text(volume, 'status', 'message')}`,
    'Source:',
    ...sourceLines(volume),
  ];
}

function affinityLines(volume: Fields): string[] {
  const required = object(volume, 'spec', 'nodeAffinity', 'required');
  if (required === undefined) return ['Node Affinity:\t<none>'];
  const terms = list(required, 'nodeSelectorTerms');
  if (terms.length === 0) return ['Node Affinity:\t', '  Required Terms:\t<none>'];
  return [
    'Node Affinity:\t',
    '  Required Terms:\t',
    ...terms.flatMap((term, i) =>
      list(term, 'matchExpressions').map((one, j) => {
        const values = texts(one, 'values').join(', ');
        return `${j === 0 ? `    Term ${i}:` : '    '}\t${text(one, 'key')} ${text(one, 'operator').toLowerCase()}${values === '' ? '' : ` [${values}]`}`;
      }),
    ),
  ];
}

function sourceLines({ spec }: Fields): string[] {
  const hostPath = object(spec, 'hostPath');
  if (hostPath !== undefined)
    return [
      '    Type:\tHostPath (bare host directory volume)',
      `    Path:\t${text(hostPath, 'path')}`,
      `    HostPathType:\t${field(hostPath, 'type') === undefined ? '<none>' : text(hostPath, 'type')}`,
    ];
  const local = object(spec, 'local');
  if (local !== undefined)
    return [
      '    Type:\tLocalVolume (a persistent volume backed by local storage on a node)',
      `    Path:\t${text(local, 'path')}`,
    ];
  const nfs = object(spec, 'nfs');
  if (nfs !== undefined)
    return [
      '    Type:\tNFS (an NFS mount that lasts the lifetime of a pod)',
      `    Server:\t${text(nfs, 'server')}`,
      `    Path:\t${text(nfs, 'path')}`,
      `    ReadOnly:\t${field(nfs, 'readOnly') === true}`,
    ];
  return ['  <unknown>'];
}

export async function claimLines(ctx: Context, run: Run, claim: Fields): Promise<string[]> {
  const client = await run.client(ctx);
  const [namespace, name] = [text(claim, 'metadata', 'namespace'), text(claim, 'metadata', 'name')];
  const pods = list(await client.list<Fields>(ctx, 'pods', namespace), 'items')
    .filter((pod) =>
      list(pod, 'spec', 'volumes').some(
        (volume) =>
          (object(volume, 'ephemeral') === undefined
            ? text(volume, 'persistentVolumeClaim', 'claimName')
            : `${text(pod, 'metadata', 'name')}-${text(volume, 'name')}`) === name,
      ),
    )
    .map((pod) => text(pod, 'metadata', 'name'))
    .sort();
  const isBound = text(claim, 'spec', 'volumeName') !== '';
  return [
    `Name:\t${name}`,
    `Namespace:\t${namespace}`,
    `StorageClass:\t${text(claim, 'spec', 'storageClassName')}`,
    `Status:\t${phase(claim, ctx.wallTime)}`,
    `Volume:\t${text(claim, 'spec', 'volumeName')}`,
    ...labelLines('Labels', claim, 'metadata', 'labels'),
    ...annotationLines('Annotations', claim),
    `Finalizers:\t${finalizers(claim)}`,
    `Capacity:\t${isBound ? text(claim, 'status', 'capacity', 'storage') || '0' : ''}`,
    `Access Modes:\t${isBound ? accessModes(claim, 'status', 'accessModes') : ''}`,
    `VolumeMode:\t${text(claim, 'spec', 'volumeMode')}`,
    ...(pods.length === 0 ? ['Used By:\t<none>'] : pods.map((pod, i) => `${i === 0 ? 'Used By:' : ''}\t${pod}`)),
  ];
}

export function storageClassLines(item: Fields): string[] {
  const isDefault = text(item, 'metadata', 'annotations', 'storageclass.kubernetes.io/is-default-class') === 'true';
  const annotations = formatPairs(pairs(item, 'metadata', 'annotations'));
  const expands = field(item, 'allowVolumeExpansion');
  const options = texts(item, 'mountOptions');
  return [
    `Name:\t${text(item, 'metadata', 'name')}`,
    `IsDefaultClass:\t${isDefault ? 'Yes' : 'No'}`,
    `Annotations:\t${annotations}`,
    `Provisioner:\t${text(item, 'provisioner')}`,
    `Parameters:\t${formatPairs(pairs(item, 'parameters'))}`,
    `AllowVolumeExpansion:\t${expands === undefined ? '<unset>' : expands === true ? 'True' : 'False'}`,
    ...(options.length === 0 ? ['MountOptions:\t<none>'] : ['MountOptions:', ...options.map((one) => `  ${one}`)]),
    `ReclaimPolicy:\t${text(item, 'reclaimPolicy')}`,
    `VolumeBindingMode:\t${text(item, 'volumeBindingMode')}`,
  ];
}
