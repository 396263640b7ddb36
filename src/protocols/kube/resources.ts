/**
 * Where each kind of object lives in the API. One line a resource.
 * @models discovery of kube-apiserver 1.36
 * @fidelity partial: the resources that this control plane serves
 */
export type Resource = {
  /** '' for the core group. */
  group: string;
  version: string;
  /** Plural, as in URLs. */
  resource: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  shortNames: readonly string[];
  categories?: readonly string[];
  /** Sub-resources that are served: `status`, `scale`, `log`, … */
  subresources: readonly string[];
  /** What can be done with it; everything by default. */
  verbs?: readonly string[];
  /** The name of its shape in the schema, where that is not the kind. */
  schema?: string;
  /** The group and version in which it is kept, when this is another form of the same objects. */
  storedAs?: string;
  /** From which minor release on it is deprecated, and what takes its place. */
  deprecated?: { readonly minor: number; readonly instead?: string };
};

type Extra = {
  short?: readonly string[];
  sub?: readonly string[];
  categories?: readonly string[];
  cluster?: true;
} & Pick<Resource, 'verbs' | 'schema' | 'storedAs' | 'deprecated'>;

function define(groupVersion: string, resource: string, kind: string, extra: Extra = {}): Resource {
  const slash = groupVersion.indexOf('/');
  return {
    group: slash < 0 ? '' : groupVersion.slice(0, slash),
    version: groupVersion.slice(slash + 1),
    resource,
    singular: kind.toLowerCase(),
    kind,
    namespaced: extra.cluster !== true,
    shortNames: extra.short ?? [],
    subresources: extra.sub ?? [],
    ...(extra.categories === undefined ? {} : { categories: extra.categories }),
    ...(extra.verbs === undefined ? {} : { verbs: extra.verbs }),
    ...(extra.schema === undefined ? {} : { schema: extra.schema }),
    ...(extra.storedAs === undefined ? {} : { storedAs: extra.storedAs }),
    ...(extra.deprecated === undefined ? {} : { deprecated: extra.deprecated }),
  };
}

const all = ['all'];
const asked = { cluster: true, verbs: ['create'] } as const;

/** Questions, of which nothing is kept. */
const REVIEWS: readonly Resource[] = [
  define('authentication.k8s.io/v1', 'selfsubjectreviews', 'SelfSubjectReview', asked),
  define('authentication.k8s.io/v1', 'tokenreviews', 'TokenReview', asked),
  define('authorization.k8s.io/v1', 'localsubjectaccessreviews', 'LocalSubjectAccessReview', { verbs: ['create'] }),
  define('authorization.k8s.io/v1', 'selfsubjectaccessreviews', 'SelfSubjectAccessReview', asked),
  define('authorization.k8s.io/v1', 'selfsubjectrulesreviews', 'SelfSubjectRulesReview', asked),
  define('authorization.k8s.io/v1', 'subjectaccessreviews', 'SubjectAccessReview', asked),
];

export const resources: readonly Resource[] = [
  define('v1', 'bindings', 'Binding', { verbs: ['create'] }),
  define('v1', 'componentstatuses', 'ComponentStatus', {
    short: ['cs'],
    cluster: true,
    verbs: ['get', 'list'],
    deprecated: { minor: 19 },
  }),
  define('v1', 'configmaps', 'ConfigMap', { short: ['cm'] }),
  define('v1', 'endpoints', 'Endpoints', {
    short: ['ep'],
    deprecated: { minor: 33, instead: 'discovery.k8s.io/v1 EndpointSlice' },
  }),
  define('v1', 'events', 'Event', { short: ['ev'] }),
  define('v1', 'namespaces', 'Namespace', {
    short: ['ns'],
    sub: ['status', 'finalize'],
    cluster: true,
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  }),
  define('v1', 'nodes', 'Node', { short: ['no'], sub: ['status', 'proxy'], cluster: true }),
  define('v1', 'limitranges', 'LimitRange', { short: ['limits'] }),
  define('v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', { short: ['pvc'], sub: ['status'] }),
  define('v1', 'persistentvolumes', 'PersistentVolume', { short: ['pv'], sub: ['status'], cluster: true }),
  define('v1', 'resourcequotas', 'ResourceQuota', { short: ['quota'], sub: ['status'] }),
  define('v1', 'pods', 'Pod', {
    short: ['po'],
    categories: all,
    sub: ['status', 'binding', 'eviction', 'log', 'exec', 'attach', 'portforward', 'ephemeralcontainers', 'resize'],
  }),
  define('v1', 'replicationcontrollers', 'ReplicationController', {
    short: ['rc'],
    sub: ['status', 'scale'],
    categories: all,
  }),
  define('v1', 'secrets', 'Secret'),
  define('v1', 'serviceaccounts', 'ServiceAccount', { short: ['sa'], sub: ['token'] }),
  define('v1', 'services', 'Service', { short: ['svc'], sub: ['status'], categories: all }),
  define('apps/v1', 'controllerrevisions', 'ControllerRevision'),
  define('apps/v1', 'daemonsets', 'DaemonSet', { short: ['ds'], sub: ['status'], categories: all }),
  define('apps/v1', 'deployments', 'Deployment', { short: ['deploy'], sub: ['status', 'scale'], categories: all }),
  define('apps/v1', 'replicasets', 'ReplicaSet', { short: ['rs'], sub: ['status', 'scale'], categories: all }),
  define('apps/v1', 'statefulsets', 'StatefulSet', { short: ['sts'], sub: ['status', 'scale'], categories: all }),
  ...REVIEWS,
  define('autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
    short: ['hpa'],
    sub: ['status'],
    categories: all,
  }),
  define('autoscaling/v1', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', {
    short: ['hpa'],
    sub: ['status'],
    categories: all,
    schema: 'HorizontalPodAutoscalerV1',
    storedAs: 'autoscaling/v2',
  }),
  define('batch/v1', 'cronjobs', 'CronJob', { short: ['cj'], sub: ['status'], categories: all }),
  define('batch/v1', 'jobs', 'Job', { sub: ['status'], categories: all }),
  define('certificates.k8s.io/v1', 'certificatesigningrequests', 'CertificateSigningRequest', {
    short: ['csr'],
    sub: ['status', 'approval'],
    cluster: true,
  }),
  define('coordination.k8s.io/v1', 'leases', 'Lease'),
  define('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice'),
  define('events.k8s.io/v1', 'events', 'Event', { short: ['ev'], schema: 'EventV1', storedAs: 'v1' }),
  define('networking.k8s.io/v1', 'ingressclasses', 'IngressClass', { cluster: true }),
  define('networking.k8s.io/v1', 'ingresses', 'Ingress', { short: ['ing'], sub: ['status'] }),
  define('networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy', { short: ['netpol'] }),
  define('node.k8s.io/v1', 'runtimeclasses', 'RuntimeClass', { cluster: true }),
  define('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget', { short: ['pdb'], sub: ['status'] }),
  define('rbac.authorization.k8s.io/v1', 'clusterrolebindings', 'ClusterRoleBinding', { cluster: true }),
  define('rbac.authorization.k8s.io/v1', 'clusterroles', 'ClusterRole', { cluster: true }),
  define('rbac.authorization.k8s.io/v1', 'rolebindings', 'RoleBinding'),
  define('rbac.authorization.k8s.io/v1', 'roles', 'Role'),
  define('scheduling.k8s.io/v1', 'priorityclasses', 'PriorityClass', { short: ['pc'], cluster: true }),
  define('storage.k8s.io/v1', 'storageclasses', 'StorageClass', { short: ['sc'], cluster: true }),
];

const byPlural = new Map(resources.filter((r) => r.storedAs === undefined).map((r) => [r.resource, r]));
const byKind = new Map(resources.map((r) => [`${apiVersionOf(r)} ${r.kind}`, r]));

/** The form in which objects of the resource are kept: itself, but for older and newer versions of it. */
export function storageOf(resource: Resource): Resource {
  return resource.storedAs === undefined ? resource : (byKind.get(`${resource.storedAs} ${resource.kind}`) ?? resource);
}

/** @param plural one of the names in the list */
export function resourceNamed(plural: string): Resource {
  const found = byPlural.get(plural);
  if (found === undefined) throw new Error(`no resource is called ${plural}`);
  return found;
}

export function resourceOfKind(apiVersion: string, kind: string): Resource | undefined {
  return byKind.get(`${apiVersion} ${kind}`);
}

/** `v1`, `apps/v1` */
export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** `/api/v1/namespaces/default/pods/web/log` */
export function resourcePath(
  resource: Pick<Resource, 'group' | 'version' | 'resource' | 'namespaced'>,
  namespace: string | null,
  name?: string,
  subresource?: string,
): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const scope = resource.namespaced && namespace !== null ? `/namespaces/${escaped(namespace)}` : '';
  let path = `${root}${scope}/${resource.resource}`;
  if (name !== undefined) path += `/${escaped(name)}`;
  if (subresource !== undefined) path += `/${escaped(subresource)}`;
  return path;
}

const escaped = (part: string): string => (PLAIN.test(part) ? part : encodeURIComponent(part));

/** As nearly all names are. */
const PLAIN = /^[\w.-]*$/;

/** `pods`, `deployments.apps`: how error texts name a resource. */
export function qualifiedResource(resource: { group: string; resource: string }): string {
  return resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`;
}
