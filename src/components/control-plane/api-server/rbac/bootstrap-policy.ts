/**
 * Roles and bindings that every API server makes sure of when it starts.
 *
 * One line a rule below its role: `groups resources verbs [names]`, or `url paths verbs`. `core` is the group without a
 * name; READ and WRITE stand for their verbs, EVENTS for what everybody who reports events may.
 * @models kubernetes 1.36 plugin/pkg/auth/authorizer/rbac/bootstrappolicy policy.go controller_policy.go namespace_policy.go
 * @fidelity partial: of the controllers' roles those of controllers that run here; a controller's role is bound to its
 *   service account and also to the controller manager, whose controllers share one identity here
 */
import type { PolicyRule, RoleRef, Subject } from '../../../../protocols/kube/types.ts';

const ABBREVIATIONS: Readonly<Record<string, string>> = {
  READ: 'get,list,watch',
  WRITE: 'create,delete,deletecollection,patch,update',
  ALL: 'create,delete,deletecollection,get,list,patch,update,watch',
};

const CLUSTER_ROLES = `
cluster-admin
  * * *
  url * *
system:discovery
  url /api,/api/*,/apis,/apis/*,/healthz,/livez,/openapi,/openapi/*,/readyz,/version,/version/ get
system:monitoring
  url /healthz,/healthz/*,/livez,/livez/*,/metrics,/metrics/slis,/readyz,/readyz/* get
system:basic-user
  authorization.k8s.io selfsubjectaccessreviews,selfsubjectrulesreviews create
  authentication.k8s.io selfsubjectreviews create
system:public-info-viewer
  url /healthz,/livez,/readyz,/version,/version/ get
admin <admin
edit admin <edit
view edit <view
system:aggregate-to-admin admin
  authorization.k8s.io localsubjectaccessreviews create
  rbac.authorization.k8s.io rolebindings,roles ALL
system:aggregate-to-edit edit
  core pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy READ
  core serviceaccounts impersonate
  core pods,pods/attach,pods/exec,pods/portforward,pods/proxy WRITE
  core pods/eviction create
  core configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy WRITE
  core serviceaccounts/token create
  apps daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale WRITE
  autoscaling horizontalpodautoscalers WRITE
  batch cronjobs,jobs WRITE
  extensions daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,replicasets,replicasets/scale,replicationcontrollers/scale WRITE
  policy poddisruptionbudgets WRITE
  networking.k8s.io ingresses,networkpolicies WRITE
  coordination.k8s.io leases ALL
system:aggregate-to-view view
  core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status READ
  core bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status READ
  core namespaces READ
  discovery.k8s.io endpointslices READ
  apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status READ
  autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status READ
  batch cronjobs,cronjobs/status,jobs,jobs/status READ
  extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale READ
  policy poddisruptionbudgets,poddisruptionbudgets/status READ
  networking.k8s.io ingresses,ingresses/status,networkpolicies READ
system:heapster
  core events,namespaces,nodes,pods READ
  extensions deployments READ
system:node
  authentication.k8s.io tokenreviews create
  authorization.k8s.io localsubjectaccessreviews,subjectaccessreviews create
  core services READ
  core nodes create,get,list,watch
  core nodes/status patch,update
  core nodes patch,update
  core events create,patch,update
  core pods READ
  core pods create,delete
  core pods/status patch,update
  core pods/eviction create
  core configmaps,secrets READ
  core persistentvolumeclaims,persistentvolumes get
  core endpoints get
  certificates.k8s.io certificatesigningrequests create,get,list,watch
  coordination.k8s.io leases create,delete,get,patch,update
  storage.k8s.io volumeattachments get
  core serviceaccounts/token create
  core persistentvolumeclaims/status get,patch,update
  storage.k8s.io csidrivers READ
  storage.k8s.io csinodes create,delete,get,patch,update
  node.k8s.io runtimeclasses READ
system:node-problem-detector
  core nodes get
  core nodes/status patch
  EVENTS
system:kubelet-api-admin
  core nodes READ
  core nodes proxy
  core nodes/log,nodes/metrics,nodes/proxy,nodes/stats *
system:node-bootstrapper
  certificates.k8s.io certificatesigningrequests create,get,list,watch
system:auth-delegator
  authentication.k8s.io tokenreviews create
  authorization.k8s.io subjectaccessreviews create
system:kube-aggregator
  core endpoints,services READ
system:kube-controller-manager
  EVENTS
  coordination.k8s.io leases create
  coordination.k8s.io leases get,update kube-controller-manager
  core secrets,serviceaccounts create
  core secrets delete
  core configmaps,namespaces,secrets,serviceaccounts get
  core secrets,serviceaccounts update
  authentication.k8s.io tokenreviews create
  authorization.k8s.io subjectaccessreviews create
  * * list,watch
  core serviceaccounts/token create
system:kube-dns
  core endpoints,services list,watch
system:persistent-volume-provisioner
  core persistentvolumes create,delete,get,list,watch
  core persistentvolumeclaims get,list,update,watch
  storage.k8s.io storageclasses READ
  core events watch
  EVENTS
system:volume-scheduler
  core persistentvolumes get,list,patch,update,watch
  storage.k8s.io storageclasses READ
  core persistentvolumeclaims get,list,patch,update,watch
system:kube-scheduler
  EVENTS
  coordination.k8s.io leases create
  coordination.k8s.io leases get,update kube-scheduler
  core nodes READ
  core pods delete,get,list,watch
  core bindings,pods/binding create
  core pods/status patch,update
  core replicationcontrollers,services READ
  apps,extensions replicasets READ
  apps statefulsets READ
  policy poddisruptionbudgets READ
  core persistentvolumeclaims,persistentvolumes READ
  authentication.k8s.io tokenreviews create
  authorization.k8s.io subjectaccessreviews create
  storage.k8s.io csinodes READ
  core namespaces READ
  storage.k8s.io csidrivers READ
  storage.k8s.io csistoragecapacities READ
system:node-proxier
  core endpoints,services list,watch
  core nodes READ
  EVENTS
  discovery.k8s.io endpointslices list,watch
system:service-account-issuer-discovery
  url /.well-known/openid-configuration,/openid/v1/jwks get
system:certificates.k8s.io:certificatesigningrequests:nodeclient
  certificates.k8s.io certificatesigningrequests/nodeclient create
system:certificates.k8s.io:certificatesigningrequests:selfnodeclient
  certificates.k8s.io certificatesigningrequests/selfnodeclient create
system:certificates.k8s.io:kube-apiserver-client-approver
  certificates.k8s.io signers approve kubernetes.io/kube-apiserver-client
system:certificates.k8s.io:kube-apiserver-client-kubelet-approver
  certificates.k8s.io signers approve kubernetes.io/kube-apiserver-client-kubelet
system:certificates.k8s.io:kubelet-serving-approver
  certificates.k8s.io signers approve kubernetes.io/kubelet-serving
system:certificates.k8s.io:legacy-unknown-approver
  certificates.k8s.io signers approve kubernetes.io/legacy-unknown
system:controller:certificate-controller
  certificates.k8s.io certificatesigningrequests delete,get,list,watch
  certificates.k8s.io certificatesigningrequests/approval,certificatesigningrequests/status update
  certificates.k8s.io signers approve kubernetes.io/kube-apiserver-client-kubelet
  certificates.k8s.io signers sign kubernetes.io/kube-apiserver-client,kubernetes.io/kube-apiserver-client-kubelet,kubernetes.io/kubelet-serving,kubernetes.io/legacy-unknown
  authorization.k8s.io subjectaccessreviews create
  EVENTS
system:controller:clusterrole-aggregation-controller
  rbac.authorization.k8s.io clusterroles escalate,get,list,patch,update,watch
system:controller:cronjob-controller
  batch cronjobs get,list,update,watch
  batch jobs create,delete,get,list,patch,update,watch
  batch cronjobs/status update
  batch cronjobs/finalizers update
  core pods delete,list,watch
  EVENTS
system:controller:daemon-set-controller
  apps,extensions daemonsets READ
  apps,extensions daemonsets/status update
  apps,extensions daemonsets/finalizers update
  core nodes list,watch
  core pods create,delete,list,patch,watch
  core pods/binding create
  apps controllerrevisions create,delete,get,list,patch,update,watch
  EVENTS
system:controller:deployment-controller
  apps,extensions deployments get,list,update,watch
  apps,extensions deployments/status update
  apps,extensions deployments/finalizers update
  apps,extensions replicasets create,delete,get,list,patch,update,watch
  core pods get,list,update,watch
  EVENTS
system:controller:disruption-controller
  apps,extensions deployments READ
  apps,extensions replicasets READ
  core replicationcontrollers READ
  policy poddisruptionbudgets READ
  apps statefulsets READ
  policy poddisruptionbudgets/status update
  core pods/status patch,update
  * */scale get
  EVENTS
system:controller:endpoint-controller
  core pods,services READ
  core endpoints create,delete,get,list,update
  core endpoints/restricted create
  EVENTS
system:controller:endpointslicemirroring-controller
  core endpoints,services READ
  core endpoints/finalizers update
  discovery.k8s.io endpointslices create,delete,get,list,update,watch
  EVENTS
system:controller:endpointslice-controller
  core nodes,pods,services READ
  core services/finalizers update
  discovery.k8s.io endpointslices create,delete,get,list,update,watch
  EVENTS
system:controller:generic-garbage-collector
  * * delete,get,list,patch,update,watch
  EVENTS
system:controller:horizontal-pod-autoscaler
  autoscaling horizontalpodautoscalers READ
  autoscaling horizontalpodautoscalers/status update
  * */scale get,update
  core pods list,watch
  metrics.k8s.io pods list,watch
  custom.metrics.k8s.io * READ
  external.metrics.k8s.io * READ
  EVENTS
system:controller:job-controller
  batch jobs get,list,patch,update,watch
  batch jobs/status update
  batch jobs/finalizers update
  core pods create,delete,list,patch,watch
  EVENTS
system:controller:namespace-controller
  core namespaces delete,get,list,watch
  core namespaces/finalize,namespaces/status update
  * * delete,deletecollection,get,list,watch
system:controller:node-controller
  core nodes delete,get,list,patch,update,watch
  core nodes/status patch,update
  core pods/status patch,update
  core pods delete,get,list,watch
  EVENTS
system:controller:persistent-volume-binder
  core persistentvolumes create,delete,get,list,update,watch
  core persistentvolumes/status update
  core persistentvolumeclaims get,list,update,watch
  core persistentvolumeclaims/status update
  core pods create,delete,get,list,watch
  storage.k8s.io storageclasses READ
  core nodes list,watch
  EVENTS
  core events watch
  core services get
system:controller:pod-garbage-collector
  core pods delete,list,watch
  core nodes READ
  core pods/status patch
system:controller:replicaset-controller
  apps,extensions replicasets get,list,update,watch
  apps,extensions replicasets/status update
  apps,extensions replicasets/finalizers update
  core pods create,delete,list,patch,watch
  EVENTS
system:controller:resourcequota-controller
  * * list,watch
  core resourcequotas/status update
  EVENTS
system:controller:root-ca-cert-publisher
  core configmaps create,update
  EVENTS
system:controller:service-account-controller
  core serviceaccounts create
  EVENTS
system:controller:statefulset-controller
  core pods list,watch
  apps statefulsets READ
  apps statefulsets/status update
  apps statefulsets/finalizers update
  core pods create,delete,get,patch,update
  apps controllerrevisions create,delete,get,list,patch,update,watch
  core persistentvolumeclaims create,get,list,watch
  core persistentvolumeclaims delete,update
  core pods/finalizers update
  EVENTS
system:controller:ttl-after-finished-controller
  batch jobs delete,get,list,watch
  EVENTS
`;

/** `role subjects`, a subject as `kind/name` or, for a service account, `ServiceAccount/namespace/name`. */
const CLUSTER_ROLE_BINDINGS = `
cluster-admin Group/system:masters
system:monitoring Group/system:monitoring
system:discovery Group/system:authenticated
system:basic-user Group/system:authenticated
system:public-info-viewer Group/system:authenticated Group/system:unauthenticated
system:node-proxier User/system:kube-proxy
system:kube-controller-manager User/system:kube-controller-manager
system:kube-dns ServiceAccount/kube-system/kube-dns
system:kube-scheduler User/system:kube-scheduler
system:volume-scheduler User/system:kube-scheduler
system:node
system:service-account-issuer-discovery Group/system:serviceaccounts
`;

/** Below a namespace and a name, as roles of a cluster. */
const ROLES = `
kube-system extension-apiserver-authentication-reader
  core configmaps READ extension-apiserver-authentication
kube-system system:controller:bootstrap-signer
  core secrets READ
kube-system system:controller:cloud-provider
  core configmaps create,get,list,watch
kube-system system:controller:token-cleaner
  core secrets delete,get,list,watch
  EVENTS
kube-system system::leader-locking-kube-controller-manager
  core configmaps watch
  core configmaps get,update kube-controller-manager
kube-system system::leader-locking-kube-scheduler
  core configmaps watch
  core configmaps get,update kube-scheduler
kube-public system:controller:bootstrap-signer
  core configmaps READ
  core configmaps update cluster-info
  EVENTS
`;

const ROLE_BINDINGS = `
kube-system system::extension-apiserver-authentication-reader extension-apiserver-authentication-reader User/system:kube-controller-manager User/system:kube-scheduler
kube-system system::leader-locking-kube-controller-manager system::leader-locking-kube-controller-manager User/system:kube-controller-manager ServiceAccount/kube-system/kube-controller-manager
kube-system system::leader-locking-kube-scheduler system::leader-locking-kube-scheduler User/system:kube-scheduler ServiceAccount/kube-system/kube-scheduler
kube-system system:controller:bootstrap-signer system:controller:bootstrap-signer ServiceAccount/kube-system/bootstrap-signer
kube-system system:controller:cloud-provider system:controller:cloud-provider ServiceAccount/kube-system/cloud-provider
kube-system system:controller:token-cleaner system:controller:token-cleaner ServiceAccount/kube-system/token-cleaner
kube-public system:controller:bootstrap-signer system:controller:bootstrap-signer ServiceAccount/kube-system/bootstrap-signer
`;

export const RBAC_GROUP = 'rbac.authorization.k8s.io';
const CONTROLLER = 'system:controller:';

/** A stored object's body, and the plural of its resource. */
export type PolicyObject = {
  readonly resource: 'clusterroles' | 'clusterrolebindings' | 'roles' | 'rolebindings';
  readonly object: { readonly metadata: { readonly name: string; readonly namespace?: string } } & Record<
    string,
    unknown
  >;
};

const words = (text = ''): string[] => (ABBREVIATIONS[text] ?? text).split(',');

/** One line of the tables above. */
export function policyRule(line: string): PolicyRule {
  if (line === 'EVENTS') return policyRule('core,events.k8s.io events create,patch,update');
  const [groups, resources, verbs, names] = line.split(' ');
  if (groups === 'url') return { nonResourceURLs: words(resources), verbs: words(verbs) };
  return {
    apiGroups: words(groups).map((group) => (group === 'core' ? '' : group)),
    ...(names === undefined ? {} : { resourceNames: words(names) }),
    resources: words(resources),
    verbs: words(verbs),
  };
}

/** Heads, each with the rules that stand below it. */
function paragraphs(text: string): { head: string[]; rules: PolicyRule[] }[] {
  const found: { head: string[]; rules: PolicyRule[] }[] = [];
  for (const line of text.trim().split('\n')) {
    if (line.startsWith('  ')) found.at(-1)?.rules.push(policyRule(line.trim()));
    else found.push({ head: line.split(' '), rules: [] });
  }
  return found;
}

export function policySubject(text: string): Subject {
  const [kind = '', first = '', second] = text.split('/');
  if (kind === 'ServiceAccount') return { kind, name: second ?? '', namespace: first };
  return { apiGroup: RBAC_GROUP, kind, name: first };
}

const METADATA = {
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
};

const aggregateTo = (name: string): string => `rbac.authorization.k8s.io/aggregate-to-${name}`;

function clusterRoles(): PolicyObject[] {
  const all = paragraphs(CLUSTER_ROLES).map(({ head: [name = '', ...more], rules }) => {
    const to = more.filter((word) => !word.startsWith('<'));
    const labels = { ...METADATA.labels, ...Object.fromEntries(to.map((role) => [aggregateTo(role), 'true'])) };
    const from = more.find((word) => word.startsWith('<'))?.slice(1);
    return { name, to, from, labels, rules };
  });
  // What its controller would have gathered: the roles that are labelled so, by name, each rule once.
  const gathered = (role: string): PolicyRule[] => {
    const parts = all.filter(({ to }) => to.includes(role)).sort((a, b) => (a.name < b.name ? -1 : 1));
    const rules = parts.flatMap(({ from, rules: own }) => (from === undefined ? own : gathered(from)));
    return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
  };
  return all.map(({ name, from, labels, rules }) => ({
    resource: 'clusterroles',
    object: {
      metadata: { ...METADATA, labels, name },
      ...(from === undefined
        ? { rules }
        : {
            aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregateTo(from)]: 'true' } }] },
            rules: gathered(from),
          }),
    },
  }));
}

const roleRef = (kind: 'ClusterRole' | 'Role', name: string): RoleRef => ({ apiGroup: RBAC_GROUP, kind, name });

function clusterRoleBindings(): PolicyObject[] {
  const lines = CLUSTER_ROLE_BINDINGS.trim()
    .split('\n')
    .map((line) => line.split(' '));
  const controllers = paragraphs(CLUSTER_ROLES)
    .map(({ head: [name = ''] }) => name)
    .filter((name) => name.startsWith(CONTROLLER))
    .map((name) => [
      name,
      `ServiceAccount/kube-system/${name.slice(CONTROLLER.length)}`,
      'User/system:kube-controller-manager',
    ]);
  return [...lines, ...controllers].map(([name = '', ...subjects]) => ({
    resource: 'clusterrolebindings',
    object: {
      metadata: { ...METADATA, name },
      roleRef: roleRef('ClusterRole', name),
      ...(subjects.length === 0 ? {} : { subjects: subjects.map(policySubject) }),
    },
  }));
}

function namespacedObjects(): PolicyObject[] {
  const roles = paragraphs(ROLES).map(
    ({ head: [namespace = '', name = ''], rules }): PolicyObject => ({
      resource: 'roles',
      object: { metadata: { ...METADATA, name, namespace }, rules },
    }),
  );
  const bindings = ROLE_BINDINGS.trim()
    .split('\n')
    .map((line): PolicyObject => {
      const [namespace = '', name = '', role = '', ...subjects] = line.split(' ');
      return {
        resource: 'rolebindings',
        object: {
          metadata: { ...METADATA, name, namespace },
          roleRef: roleRef('Role', role),
          subjects: subjects.map(policySubject),
        },
      };
    });
  return [...roles, ...bindings];
}

/** In the order in which they are made. */
export function bootstrapPolicy(): PolicyObject[] {
  return [...clusterRoles(), ...clusterRoleBindings(), ...namespacedObjects()];
}

/** The rules of one of the cluster roles above. */
export function bootstrapRules(name: string): readonly PolicyRule[] {
  return paragraphs(CLUSTER_ROLES).find(({ head }) => head[0] === name)?.rules ?? [];
}
