/**
 * What the API server fills in where a client said nothing.
 * @models pkg/apis/{core,apps,batch}/v1/defaults.go, pkg/registry/core/pod/strategy.go
 * @fidelity partial: the kinds below
 */
import { base64 } from '../../../go/json.ts';
import { milliValue } from '../../../protocols/kube/quantity.ts';
import type {
  Container,
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  KubeObject,
  LifecycleHandler,
  Namespace,
  Pod,
  PodSpec,
  Probe,
  ReplicaSet,
  ReplicationController,
  Secret,
  Service,
  StatefulSet,
  Volume,
} from '../../../protocols/kube/types.ts';

import { isRbac, setRbacDefaults } from './rbac/validation.ts';
import { setStoredDefaults } from './stored-kinds.ts';

const DEFAULT_MODE = 0o644;
/** The annotation that tells how often the template of a DaemonSet has changed. */
export const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

type Defaulter = (object: KubeObject) => void;

const defaulters: Readonly<Record<string, Defaulter>> = {
  Pod: (object) => {
    const { spec } = object as Pod;
    spec.enableServiceLinks ??= true;
    for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) requestsFromLimits(container);
    defaultPodSpec(spec);
  },
  Namespace: (object) => {
    const namespace = object as Namespace;
    namespace.metadata.labels = {
      ...namespace.metadata.labels,
      'kubernetes.io/metadata.name': namespace.metadata.name,
    };
    namespace.spec ??= {};
    namespace.spec.finalizers ??= ['kubernetes'];
    namespace.status ??= { phase: 'Active' };
  },
  Secret: (object) => {
    const secret = object as Secret;
    secret.type ??= 'Opaque';
    if (secret.stringData !== undefined) {
      secret.data ??= {};
      for (const [key, text] of Object.entries(secret.stringData)) secret.data[key] = encodeText(text);
      delete secret.stringData;
    }
  },
  Service: (object) => {
    const { spec } = object as Service;
    spec.type ??= 'ClusterIP';
    spec.sessionAffinity ??= 'None';
    if (spec.type !== 'ExternalName') {
      spec.internalTrafficPolicy ??= 'Cluster';
      spec.ipFamilies ??= ['IPv4'];
      spec.ipFamilyPolicy ??= 'SingleStack';
    }
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') spec.externalTrafficPolicy ??= 'Cluster';
    for (const port of spec.ports ?? []) {
      port.protocol ??= 'TCP';
      port.targetPort ??= port.port;
    }
  },
  Deployment: (object) => {
    const { spec } = object as Deployment;
    spec.replicas ??= 1;
    spec.strategy ??= {};
    spec.strategy.type ??= 'RollingUpdate';
    if (spec.strategy.type === 'RollingUpdate')
      spec.strategy.rollingUpdate = { maxSurge: '25%', maxUnavailable: '25%', ...spec.strategy.rollingUpdate };
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    defaultPodSpec(spec.template.spec);
  },
  ReplicationController: (object) => {
    const { spec, metadata } = object as ReplicationController;
    const { labels } = spec.template?.metadata ?? {};
    if (labels !== undefined) {
      if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
      if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
    }
    spec.replicas ??= 1;
    if (spec.template !== undefined) defaultPodSpec(spec.template.spec);
  },
  ReplicaSet: (object) => {
    const { spec } = object as ReplicaSet;
    spec.replicas ??= 1;
    defaultPodSpec(spec.template.spec);
  },
  DaemonSet: (object) => {
    const { spec, metadata } = object as DaemonSet;
    metadata.annotations = { [TEMPLATE_GENERATION]: '1', ...metadata.annotations };
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ??= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate')
      spec.updateStrategy.rollingUpdate = { maxSurge: 0, maxUnavailable: 1, ...spec.updateStrategy.rollingUpdate };
    spec.revisionHistoryLimit ??= 10;
    defaultPodSpec(spec.template.spec);
  },
  StatefulSet: (object) => {
    const { spec } = object as StatefulSet;
    spec.replicas ??= 1;
    spec.podManagementPolicy ??= 'OrderedReady';
    spec.updateStrategy ??= {};
    spec.updateStrategy.type ??= 'RollingUpdate';
    if (spec.updateStrategy.type === 'RollingUpdate')
      spec.updateStrategy.rollingUpdate = { partition: 0, ...spec.updateStrategy.rollingUpdate };
    spec.revisionHistoryLimit ??= 10;
    spec.persistentVolumeClaimRetentionPolicy = {
      whenDeleted: 'Retain',
      whenScaled: 'Retain',
      ...spec.persistentVolumeClaimRetentionPolicy,
    };
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.spec['volumeMode'] ??= 'Filesystem';
      Object.assign(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', status: { phase: 'Pending' } });
    }
    defaultPodSpec(spec.template.spec);
  },
  CronJob: (object) => {
    const { spec } = object as CronJob;
    spec.concurrencyPolicy ??= 'Allow';
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    defaultPodSpec(spec.jobTemplate.spec.template.spec);
  },
  Job: (object) => {
    const { spec } = object as Job;
    if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
    spec.parallelism ??= 1;
    spec.backoffLimit ??= 6;
    spec.completionMode ??= 'NonIndexed';
    spec.suspend ??= false;
    spec.manualSelector ??= false;
    spec.podReplacementPolicy ??= 'TerminatingOrFailed';
    defaultPodSpec(spec.template.spec);
  },
};

export function setDefaults(object: KubeObject): void {
  if (isRbac(object.kind)) setRbacDefaults(object);
  setStoredDefaults(object);
  defaulters[object.kind]?.(object);
}

function requestsFromLimits(container: Container): void {
  const { limits } = container.resources ?? {};
  if (limits === undefined || container.resources === undefined) return;
  container.resources.requests = { ...limits, ...container.resources.requests };
}

function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ??= 'Always';
  spec.dnsPolicy ??= 'ClusterFirst';
  spec.schedulerName ??= 'default-scheduler';
  spec.terminationGracePeriodSeconds ??= 30;
  spec.securityContext ??= {};
  if (spec.serviceAccountName === undefined && spec.serviceAccount !== undefined)
    spec.serviceAccountName = spec.serviceAccount;
  if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName;
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
    defaultContainer(container);
    if (spec.hostNetwork === true) for (const port of container.ports ?? []) port.hostPort ??= port.containerPort;
  }
}

function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).length === 1) volume.emptyDir = {};
  for (const source of [volume.secret, volume.configMap, volume.downwardAPI, volume.projected])
    if (source !== undefined) source.defaultMode ??= DEFAULT_MODE;
  if (volume.hostPath !== undefined) volume.hostPath.type ??= '';
  const template = volume.ephemeral?.volumeClaimTemplate;
  if (template !== undefined) template.spec['volumeMode'] ??= 'Filesystem';
  if (volume.image !== undefined) volume.image.pullPolicy ??= pullPolicy(volume.image.reference ?? '');
  for (const item of volume.downwardAPI?.items ?? [])
    if (item.fieldRef !== undefined) item.fieldRef.apiVersion ??= 'v1';
  for (const source of volume.projected?.sources ?? []) {
    if (source.serviceAccountToken !== undefined) source.serviceAccountToken.expirationSeconds ??= 3600;
    for (const item of source.downwardAPI?.items ?? [])
      if (item.fieldRef !== undefined) item.fieldRef.apiVersion ??= 'v1';
  }
}

function defaultContainer(container: Container): void {
  container.imagePullPolicy ??= pullPolicy(container.image ?? '');
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  container.resources ??= {};
  for (const port of container.ports ?? []) port.protocol ??= 'TCP';
  for (const env of container.env ?? [])
    if (env.valueFrom?.fieldRef !== undefined) env.valueFrom.fieldRef.apiVersion ??= 'v1';
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) defaultProbe(probe);
  defaultHandler(container.lifecycle?.postStart);
  defaultHandler(container.lifecycle?.preStop);
}

/** `:latest`, or neither tag nor digest: Always. */
function pullPolicy(image: string): string {
  if (image.includes('@')) return 'IfNotPresent';
  const name = image.slice(image.lastIndexOf('/') + 1);
  const colon = name.indexOf(':');
  return colon < 0 || name.slice(colon + 1) === 'latest' ? 'Always' : 'IfNotPresent';
}

function defaultProbe(probe: Probe | undefined): void {
  if (probe === undefined) return;
  probe.timeoutSeconds ??= 1;
  probe.periodSeconds ??= 10;
  probe.successThreshold ??= 1;
  probe.failureThreshold ??= 3;
  defaultHandler(probe);
}

function defaultHandler(handler: LifecycleHandler | undefined): void {
  if (handler?.httpGet === undefined) return;
  handler.httpGet.path ??= '/';
  handler.httpGet.scheme ??= 'HTTP';
}

/** Guaranteed, Burstable or BestEffort. */
export function qosClass(spec: PodSpec): string {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  let requested = false;
  let guaranteed = true;
  for (const { resources } of containers) {
    for (const name of ['cpu', 'memory']) {
      const [limit, request] = [milliValue(resources?.limits?.[name]), milliValue(resources?.requests?.[name])];
      if (limit > 0 || request > 0) requested = true;
      if (limit === 0 || request !== limit) guaranteed = false;
    }
  }
  return requested ? (guaranteed ? 'Guaranteed' : 'Burstable') : 'BestEffort';
}

function encodeText(text: string): string {
  return base64(new TextEncoder().encode(text));
}
