/**
 * @models kubernetes pkg/printers/internalversion/printers.go printPersistentVolume printStorageClass printResourceQuota printIngress printIngressClass printNetworkPolicy printPodDisruptionBudget printHorizontalPodAutoscaler printCertificateSigningRequest
 * @fidelity full
 */
import { type Fields, field, flag, list, number, object, text } from '../fields.ts';
import { humanDuration, since } from '../human-duration.ts';
import { formatSelector } from '../selector-text.ts';
import { accessModes } from './pod.ts';
import type { Printer } from './printer.ts';

const name = (item: Fields): string => text(item, 'metadata', 'name');
const age = (item: Fields, now: bigint): string => since(field(item, 'metadata', 'creationTimestamp'), now);
const titles = (...names: readonly string[]): [string, number][] => names.map((title) => [title, 0]);

export const persistentVolumePrinter: Printer = {
  columns: [
    ...titles('Name', 'Capacity', 'Access Modes', 'Reclaim Policy', 'Status', 'Claim', 'StorageClass'),
    ...titles('VolumeAttributesClass', 'Reason', 'Age'),
    ['VolumeMode', 1],
  ],
  cells(volume, now) {
    const claim = object(volume, 'spec', 'claimRef');
    const isDeleting = field(volume, 'metadata', 'deletionTimestamp') !== undefined;
    return [
      name(volume),
      text(volume, 'spec', 'capacity', 'storage'),
      accessModes(volume, 'spec', 'accessModes'),
      text(volume, 'spec', 'persistentVolumeReclaimPolicy'),
      isDeleting ? 'Terminating' : text(volume, 'status', 'phase'),
      claim === undefined ? '' : `${text(claim, 'namespace')}/${text(claim, 'name')}`,
      text(volume, 'spec', 'storageClassName'),
      text(volume, 'spec', 'volumeAttributesClassName') || '<unset>',
      text(volume, 'status', 'reason'),
      age(volume, now),
      text(volume, 'spec', 'volumeMode') || '<unset>',
    ];
  },
};

export const storageClassPrinter: Printer = {
  columns: titles('Name', 'Provisioner', 'ReclaimPolicy', 'VolumeBindingMode', 'AllowVolumeExpansion', 'Age'),
  cells(item, now) {
    const isDefault = text(item, 'metadata', 'annotations', 'storageclass.kubernetes.io/is-default-class') === 'true';
    return [
      `${name(item)}${isDefault ? ' (default)' : ''}`,
      text(item, 'provisioner'),
      text(item, 'reclaimPolicy') || 'Delete',
      text(item, 'volumeBindingMode') || 'Immediate',
      String(flag(item, 'allowVolumeExpansion')),
      age(item, now),
    ];
  },
};

export const resourceQuotaPrinter: Printer = {
  columns: titles('Name', 'Request', 'Limit', 'Age'),
  cells(quota, now) {
    const hard = Object.keys(object(quota, 'status', 'hard') ?? {}).sort();
    const shown = (keys: readonly string[]): string =>
      keys
        .map((key) => `${key}: ${text(quota, 'status', 'used', key) || '0'}/${text(quota, 'status', 'hard', key)}`)
        .join(', ');
    const isLimit = (key: string): boolean => key.startsWith('limits');
    return [name(quota), shown(hard.filter((key) => !isLimit(key))), shown(hard.filter(isLimit)), age(quota, now)];
  },
};

export const ingressPrinter: Printer = {
  columns: titles('Name', 'Class', 'Hosts', 'Address', 'Ports', 'Age'),
  cells(ingress, now) {
    const hosts = list(ingress, 'spec', 'rules')
      .map((rule) => text(rule, 'host'))
      .filter((host) => host !== '');
    const more = hosts.length - 3;
    const addresses = list(ingress, 'status', 'loadBalancer', 'ingress').map(
      (i) => text(i, 'ip') || text(i, 'hostname'),
    );
    return [
      name(ingress),
      text(ingress, 'spec', 'ingressClassName') || '<none>',
      hosts.length === 0 ? '*' : hosts.slice(0, 3).join(',') + (more > 0 ? ` + ${more} more...` : ''),
      addresses.join(','),
      list(ingress, 'spec', 'tls').length > 0 ? '80, 443' : '80',
      age(ingress, now),
    ];
  },
};

export const ingressClassPrinter: Printer = {
  columns: titles('Name', 'Controller', 'Parameters', 'Age'),
  cells(item, now) {
    const to = object(item, 'spec', 'parameters');
    const group = text(to, 'apiGroup');
    return [
      name(item),
      text(item, 'spec', 'controller'),
      to === undefined ? '<none>' : `${text(to, 'kind')}${group === '' ? '' : `.${group}`}/${text(to, 'name')}`,
      age(item, now),
    ];
  },
};

export const networkPolicyPrinter: Printer = {
  columns: titles('Name', 'Pod-Selector', 'Age'),
  cells: (policy, now) => [name(policy), formatSelector(field(policy, 'spec', 'podSelector')), age(policy, now)],
};

export const disruptionBudgetPrinter: Printer = {
  columns: titles('Name', 'Min Available', 'Max Unavailable', 'Allowed Disruptions', 'Age'),
  cells(budget, now) {
    const shown = (key: string): string => {
      const value = field(budget, 'spec', key);
      return value === undefined ? 'N/A' : String(value);
    };
    return [
      name(budget),
      shown('minAvailable'),
      shown('maxUnavailable'),
      number(budget, 'status', 'disruptionsAllowed') ?? 0,
      age(budget, now),
    ];
  },
};

const TARGETS_SHOWN_MAX = 2;

/** `cpu: <unknown>/50%` */
export function autoscalerTargets(autoscaler: Fields): string {
  const metrics = list(autoscaler, 'spec', 'metrics');
  if (metrics.length === 0) return '<none>';
  const current = list(autoscaler, 'status', 'currentMetrics');
  const shown = metrics.map((metric, i) => {
    const key =
      { Resource: 'resource', ContainerResource: 'containerResource', Pods: 'pods' }[text(metric, 'type')] ?? '';
    const resource = text(metric, key, 'name') || text(metric, key, 'metric', 'name');
    const target = object(metric, key, 'target');
    const now = object(current[i], key, 'current');
    const wanted = number(target, 'averageUtilization');
    if (wanted !== undefined) {
      const measured = number(now, 'averageUtilization');
      return `${resource}: ${measured === undefined ? '<unknown>' : `${measured}%`}/${wanted}%`;
    }
    const value = text(target, 'averageValue') || text(target, 'value');
    const measured = text(now, 'averageValue') || text(now, 'value');
    return `${key === 'pods' ? '' : `${resource}: `}${measured === '' ? '<unknown>' : measured}/${value}`;
  });
  const more = shown.length - TARGETS_SHOWN_MAX;
  return shown.slice(0, TARGETS_SHOWN_MAX).join(', ') + (more > 0 ? ` + ${more} more...` : '');
}

export const autoscalerPrinter: Printer = {
  columns: titles('Name', 'Reference', 'Targets', 'MinPods', 'MaxPods', 'Replicas', 'Age'),
  cells: (item, now) => [
    name(item),
    `${text(item, 'spec', 'scaleTargetRef', 'kind')}/${text(item, 'spec', 'scaleTargetRef', 'name')}`,
    autoscalerTargets(item),
    String(number(item, 'spec', 'minReplicas') ?? '<unset>'),
    number(item, 'spec', 'maxReplicas') ?? 0,
    number(item, 'status', 'currentReplicas') ?? 0,
    age(item, now),
  ],
};

/** `Pending`, `Approved,Issued` */
export function signingState(request: Fields): string {
  const conditions = list(request, 'status', 'conditions');
  const has = (type: string): boolean => conditions.some((condition) => text(condition, 'type') === type);
  const first = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return [
    first,
    ...(has('Failed') ? ['Failed'] : []),
    ...(text(request, 'status', 'certificate') === '' ? [] : ['Issued']),
  ].join(',');
}

export const signingRequestPrinter: Printer = {
  columns: titles('Name', 'Age', 'SignerName', 'Requestor', 'RequestedDuration', 'Condition'),
  cells(request, now) {
    const seconds = number(request, 'spec', 'expirationSeconds');
    return [
      name(request),
      age(request, now),
      text(request, 'spec', 'signerName') || '<none>',
      text(request, 'spec', 'username'),
      seconds === undefined ? '<none>' : humanDuration(BigInt(seconds) * 1_000_000_000n),
      signingState(request),
    ];
  },
};
