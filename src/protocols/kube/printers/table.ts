/**
 * Objects as the rows that the API server answers with when a client accepts `as=Table`: who prints decides nothing,
 * the server names the columns.
 * @models kubernetes pkg/printers/internalversion/printers.go AddHandlers, staging apiserver pkg/endpoints/handlers/response.go asTable
 * @fidelity partial: columns carry no descriptions; kinds that have no printer here show NAME and CREATED AT, as custom resources do
 */
import { type Fields, field, list, object, text } from '../fields.ts';
import {
  componentStatusPrinter,
  configMapPrinter,
  endpointSlicePrinter,
  endpointsPrinter,
  eventPrinter,
  leasePrinter,
  nameAgePrinter,
  namePrinter,
  namespacePrinter,
  nodePrinter,
  persistentVolumeClaimPrinter,
  priorityClassPrinter,
  roleBindingPrinter,
  runtimeClassPrinter,
  secretPrinter,
  servicePrinter,
} from './core.ts';
import { podPrinter } from './pod.ts';
import {
  autoscalerPrinter,
  disruptionBudgetPrinter,
  ingressClassPrinter,
  ingressPrinter,
  networkPolicyPrinter,
  persistentVolumePrinter,
  resourceQuotaPrinter,
  signingRequestPrinter,
  storageClassPrinter,
} from './policy.ts';
import type { Printer } from './printer.ts';
import {
  controllerRevisionPrinter,
  cronJobPrinter,
  daemonSetPrinter,
  deploymentPrinter,
  jobPrinter,
  replicaSetPrinter,
  replicationControllerPrinter,
  statefulSetPrinter,
} from './workloads.ts';

const PRINTERS: Readonly<Record<string, Printer>> = {
  CertificateSigningRequest: signingRequestPrinter,
  ClusterRole: namePrinter,
  ClusterRoleBinding: roleBindingPrinter,
  ComponentStatus: componentStatusPrinter,
  ConfigMap: configMapPrinter,
  ControllerRevision: controllerRevisionPrinter,
  CronJob: cronJobPrinter,
  DaemonSet: daemonSetPrinter,
  Deployment: deploymentPrinter,
  EndpointSlice: endpointSlicePrinter,
  Endpoints: endpointsPrinter,
  Event: eventPrinter,
  HorizontalPodAutoscaler: autoscalerPrinter,
  Ingress: ingressPrinter,
  IngressClass: ingressClassPrinter,
  Job: jobPrinter,
  Lease: leasePrinter,
  Namespace: namespacePrinter,
  NetworkPolicy: networkPolicyPrinter,
  Node: nodePrinter,
  PersistentVolume: persistentVolumePrinter,
  PersistentVolumeClaim: persistentVolumeClaimPrinter,
  Pod: podPrinter,
  PodDisruptionBudget: disruptionBudgetPrinter,
  PriorityClass: priorityClassPrinter,
  ReplicaSet: replicaSetPrinter,
  ReplicationController: replicationControllerPrinter,
  ResourceQuota: resourceQuotaPrinter,
  Role: namePrinter,
  RoleBinding: roleBindingPrinter,
  RuntimeClass: runtimeClassPrinter,
  Secret: secretPrinter,
  Service: servicePrinter,
  ServiceAccount: nameAgePrinter,
  StatefulSet: statefulSetPrinter,
  StorageClass: storageClassPrinter,
};

export type TableColumn = {
  readonly name: string;
  readonly type: 'string' | 'integer';
  readonly format: '' | 'name';
  readonly description: string;
  readonly priority: number;
};

export type TableRow = { readonly cells: readonly (string | number)[]; readonly object?: Fields | null };

export type Table = {
  readonly kind: 'Table';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: Fields;
  readonly columnDefinitions: readonly TableColumn[];
  readonly rows: readonly TableRow[];
};

/** `includeObject` of the request: what of each object goes with its row. */
export type IncludeObject = 'Metadata' | 'None' | 'Object';

/** Whether an Accept header asks for rows before anything else. */
export function acceptsTable(accept: string): boolean {
  return /^\s*application\/json\s*;[^,]*\bas=Table\b/.test(accept);
}

/**
 * The table of one object or of a list, whose items may lack a kind of their own.
 * `kind`: the kind of the objects, as the server knows it from the request's path.
 */
export function tableOf(
  value: Fields,
  kind: string,
  nowNs: bigint,
  options: { includeObject?: IncludeObject; withColumns?: boolean } = {},
): Table {
  const printer = PRINTERS[kind] ?? namePrinter;
  const isList = Array.isArray(field(value, 'items'));
  const items = isList ? list(value, 'items') : [value];
  const { resourceVersion, ...rest } = object(value, 'metadata') ?? {};
  const metadata: Record<string, unknown> = { resourceVersion: resourceVersion ?? '' };
  for (const key of ['continue', 'remainingItemCount'])
    if (isList && rest[key] !== undefined) metadata[key] = rest[key];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: options.withColumns === false ? [] : printer.columns.map(columnOf),
    rows: items.map((item) => ({
      cells: printer.cells(item, nowNs),
      object: included(item, kind, text(value, 'apiVersion'), options.includeObject ?? 'Metadata'),
    })),
  };
}

function columnOf([name, priority]: readonly [string, number], index: number): TableColumn {
  return { name, type: 'string', format: index === 0 && name === 'Name' ? 'name' : '', description: '', priority };
}

function included(item: Fields, kind: string, apiVersion: string, include: IncludeObject): Fields | null {
  if (include === 'None') return null;
  if (include === 'Object') return { kind, apiVersion: text(item, 'apiVersion') || apiVersion, ...item };
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: field(item, 'metadata') };
}
