/**
 * Defaults and checks of kinds that others act on: storage, policies, ingresses, autoscalers, signing requests.
 * @models kubernetes 1.36 pkg/apis/{core,networking,policy,autoscaling,certificates,storage}: v1 defaults.go, validation.go
 * @fidelity partial: the fields that every such object needs, and those that may not change
 */
import { equal } from '../../../protocols/kube/equal.ts';
import { resourceNamed } from '../../../protocols/kube/resources.ts';
import type { FieldError } from '../../../protocols/kube/status-error.ts';
import type { KubeObject } from '../../../protocols/kube/types.ts';
import { setLimitDefaults } from './limit-range.ts';
import type { Store } from './store.ts';

// biome-ignore lint/suspicious/noExplicitAny: what is checked here is not typed yet
type Loose = any;

const required = (field: string, detail = ''): FieldError => ({ field, type: 'Required', detail });
const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const VOLUME_SOURCES = ['hostPath', 'local', 'nfs', 'csi', 'iscsi', 'fc', 'cephfs', 'rbd', 'azureFile', 'azureDisk'];

const DEFAULTS: Readonly<Record<string, (object: Loose) => void>> = {
  PersistentVolumeClaim: ({ spec, ...rest }) => {
    spec.volumeMode ??= 'Filesystem';
    rest.status ??= { phase: 'Pending' };
  },
  PersistentVolume: ({ spec }) => {
    spec.persistentVolumeReclaimPolicy ??= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath !== undefined) spec.hostPath.type ??= '';
  },
  StorageClass: (object) => {
    object.reclaimPolicy ??= 'Delete';
    object.volumeBindingMode ??= 'Immediate';
  },
  LimitRange: setLimitDefaults,
  NetworkPolicy: ({ spec }) => {
    spec.policyTypes ??= ['Ingress', ...(spec.egress === undefined ? [] : ['Egress'])];
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
      for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
  },
  HorizontalPodAutoscaler: ({ spec }) => {
    spec.minReplicas ??= 1;
    spec.metrics ??= [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
    ];
  },
  CertificateSigningRequest: () => undefined,
};

/** `status` is what the kind begins with. */
export function setStoredDefaults(object: KubeObject): void {
  const kind = object as Loose;
  if (DEFAULTS[object.kind] === undefined) return;
  if (object.kind !== 'StorageClass' && kind.spec === undefined) kind.spec = {};
  DEFAULTS[object.kind]?.(kind);
  if (object.kind === 'PersistentVolumeClaim' || object.kind === 'PersistentVolume')
    kind.status ??= { phase: 'Pending' };
}

/** What is added when it is made: a finalizer while it may be in use, the default class. */
export function admitStored(store: Store, object: KubeObject): void {
  const { metadata } = object;
  const kind = object as Loose;
  const protect = (name: string): void => {
    if (!(metadata.finalizers ?? []).includes(name)) metadata.finalizers = [...(metadata.finalizers ?? []), name];
  };
  if (object.kind === 'PersistentVolume') protect('kubernetes.io/pv-protection');
  if (object.kind !== 'PersistentVolumeClaim') return;
  protect('kubernetes.io/pvc-protection');
  if (kind.spec.storageClassName !== undefined) return;
  const chosen = store
    .list(resourceNamed('storageclasses'), null)
    .find(({ metadata: m }) => m.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true');
  if (chosen !== undefined) kind.spec.storageClassName = chosen.metadata.name;
}

const CHECKS: Readonly<Record<string, (object: Loose) => FieldError[]>> = {
  PersistentVolumeClaim: ({ spec }) => [
    ...accessModes(spec),
    ...(spec.resources?.requests?.storage === undefined ? [required('spec.resources[storage]')] : []),
  ],
  PersistentVolume: ({ spec }) => [
    ...(spec.capacity?.storage === undefined ? [required('spec.capacity')] : []),
    ...accessModes(spec),
    ...(VOLUME_SOURCES.some((source) => spec[source] !== undefined)
      ? []
      : [required('spec', 'must specify a volume type')]),
  ],
  CronJob: ({ spec }) => {
    const schedule = String(spec.schedule ?? '');
    if (schedule === '') return [required('spec.schedule')];
    const why = scheduleProblem(schedule);
    return why === null ? [] : [{ field: 'spec.schedule', type: 'Invalid', value: schedule, detail: why }];
  },
  StorageClass: ({ provisioner }) => ((provisioner ?? '') === '' ? [required('provisioner')] : []),
  Ingress: ({ spec = {} }) => [
    ...(spec.defaultBackend === undefined && (spec.rules ?? []).length === 0
      ? [
          {
            field: 'spec',
            type: 'Invalid' as const,
            value: {},
            detail: 'either `defaultBackend` or `rules` must be specified',
          },
        ]
      : []),
    ...(spec.rules ?? []).flatMap((rule: Loose, i: number) =>
      (rule.http?.paths ?? []).flatMap((path: Loose, j: number) =>
        ingressPath(path, `spec.rules[${i}].http.paths[${j}]`),
      ),
    ),
  ],
  PodDisruptionBudget: ({ spec = {} }) =>
    spec.minAvailable !== undefined && spec.maxUnavailable !== undefined
      ? [
          {
            field: 'spec',
            type: 'Invalid',
            value: spec,
            detail: 'minAvailable and maxUnavailable cannot be both set',
          },
        ]
      : [],
  HorizontalPodAutoscaler: ({ spec }) => [
    ...((spec.scaleTargetRef?.kind ?? '') === '' ? [required('spec.scaleTargetRef.kind')] : []),
    ...((spec.scaleTargetRef?.name ?? '') === '' ? [required('spec.scaleTargetRef.name')] : []),
    ...((spec.maxReplicas ?? 0) < 1
      ? [
          {
            field: 'spec.maxReplicas',
            type: 'Invalid' as const,
            value: spec.maxReplicas ?? 0,
            detail: 'must be greater than 0',
          },
        ]
      : []),
    ...(spec.maxReplicas < spec.minReplicas
      ? [
          {
            field: 'spec.maxReplicas',
            type: 'Invalid' as const,
            value: spec.maxReplicas,
            detail: 'must be greater than or equal to `minReplicas`',
          },
        ]
      : []),
  ],
  CertificateSigningRequest: ({ spec }) => [
    ...((spec.signerName ?? '') === '' ? [required('spec.signerName')] : []),
    ...((spec.usages ?? []).length === 0 ? [required('spec.usages')] : []),
    ...((spec.request ?? '') === '' ? [required('spec.request')] : []),
  ],
};

/** @models robfig/cron v3 parser.go */
function scheduleProblem(schedule: string): string | null {
  if (schedule.startsWith('@'))
    return /^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every .+)$/.test(schedule)
      ? null
      : `unrecognized descriptor: ${schedule}`;
  const fields = schedule.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== 5) return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  const limits = [
    [0, 59],
    [0, 23],
    [1, 31],
    [1, 12],
    [0, 7],
  ] as const;
  for (const [i, field] of fields.entries()) {
    const [low, high] = limits[i] ?? [0, 0];
    for (const part of field.split(',')) {
      const [range = ''] = part.split('/');
      for (const word of range.split('-')) {
        if (/^[*?]$/.test(word) || (i >= 3 && /^[a-z]{3}$/i.test(word))) continue;
        if (!/^\d+$/.test(word))
          return `failed to parse int from ${word}: strconv.Atoi: parsing ${JSON.stringify(word)}: invalid syntax`;
        if (Number(word) > high) return `end of range (${word}) above maximum (${high}): ${part}`;
        if (Number(word) < low) return `beginning of range (${word}) below minimum (${low}): ${part}`;
      }
    }
  }
  return null;
}

function accessModes({ accessModes: modes = [] }: Loose): FieldError[] {
  if (modes.length === 0) return [required('spec.accessModes', 'at least 1 access mode is required')];
  return modes
    .filter((mode: string) => !ACCESS_MODES.includes(mode))
    .map((value: string) => ({
      field: 'spec.accessModes',
      type: 'NotSupported',
      value,
      detail: `supported values: ${ACCESS_MODES.map((mode) => `"${mode}"`).join(', ')}`,
    }));
}

function ingressPath({ path = '', pathType, backend }: Loose, at: string): FieldError[] {
  if (pathType === undefined) return [required(`${at}.pathType`, 'pathType must be specified')];
  const errors: FieldError[] = [];
  if (!['Exact', 'Prefix', 'ImplementationSpecific'].includes(pathType))
    errors.push({
      field: `${at}.pathType`,
      type: 'NotSupported',
      value: pathType,
      detail: 'supported values: "Exact", "ImplementationSpecific", "Prefix"',
    });
  else if (pathType !== 'ImplementationSpecific' && !path.startsWith('/'))
    errors.push({ field: `${at}.path`, type: 'Invalid', value: path, detail: 'must be an absolute path' });
  if (backend?.service !== undefined && (backend.service.name ?? '') === '')
    errors.push(required(`${at}.backend.service.name`));
  const { name, number } = backend?.service?.port ?? {};
  if (backend?.service !== undefined && name === undefined && number === undefined)
    errors.push(required(`${at}.backend`, 'port name or number is required'));
  return errors;
}

export function validateStored(object: KubeObject): FieldError[] {
  return CHECKS[object.kind]?.(object) ?? [];
}

/** What of a StatefulSet may change. */
const MOVABLE = {
  replicas: 0,
  ordinals: 0,
  template: 0,
  updateStrategy: 0,
  revisionHistoryLimit: 0,
  persistentVolumeClaimRetentionPolicy: 0,
  minReadySeconds: 0,
};
const SET_FIXED =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

const CLAIM_FIXED =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

/** Fields that may not change any more. */
export function validateStoredUpdate(before: KubeObject, after: KubeObject): FieldError[] {
  const [was, is] = [before as Loose, after as Loose];
  switch (after.kind) {
    case 'PersistentVolumeClaim': {
      const fixed = ({ spec: { resources: _, volumeName, ...spec } }: Loose): unknown => ({
        ...spec,
        // Binding sets it once.
        volumeName: was.spec.volumeName === undefined ? undefined : volumeName,
      });
      const sized = was.status?.phase === 'Bound' || equal(was.spec.resources, is.spec.resources);
      return equal(fixed(was), fixed(is)) && sized ? [] : [{ field: 'spec', type: 'Forbidden', detail: CLAIM_FIXED }];
    }
    case 'PersistentVolume': {
      const source = ({ spec }: Loose): unknown => VOLUME_SOURCES.map((name) => spec[name] ?? null);
      return equal(source(was), source(is))
        ? []
        : [
            {
              field: 'spec.persistentvolumesource',
              type: 'Forbidden',
              detail: 'spec.persistentvolumesource is immutable after creation',
            },
          ];
    }
    case 'StatefulSet': {
      const fixed = ({ spec }: Loose): unknown => ({ ...spec, ...MOVABLE });
      return equal(fixed(was), fixed(is)) ? [] : [{ field: 'spec', type: 'Forbidden', detail: SET_FIXED }];
    }
    case 'StorageClass':
      return (['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'] as const)
        .filter((field) => !equal(was[field], is[field]))
        .map((field) => ({ field, type: 'Forbidden', detail: `updates to ${field} are forbidden.` }));
    default:
      return [];
  }
}
