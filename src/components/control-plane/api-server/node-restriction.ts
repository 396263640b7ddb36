/**
 * What a kubelet may change: its own Node, pods bound to it, tokens for them. Who it is the authorizer has found; this
 * looks at what it writes.
 * @models kubernetes 1.36 plugin/pkg/admission/noderestriction admission.go, k8s.io/kubelet pkg/apis well_known_labels.go
 * @fidelity partial: no CSI nodes, no resource claims; claims' status is not served to nodes
 */
import { equal } from '../../../protocols/kube/equal.ts';
import { type Resource, resourceNamed } from '../../../protocols/kube/resources.ts';
import { forbidden, notFound } from '../../../protocols/kube/status-error.ts';
import type { KubeObject, Node, Pod } from '../../../protocols/kube/types.ts';
import { referencesOf } from './node-authorizer.ts';
import type { Store } from './store.ts';

export type NodeWrite = {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  resource: Resource;
  namespace: string | null;
  /** '' when an object is made: its name is in `after`. */
  name: string;
  subresource: string | undefined;
  before: KubeObject | null;
  after: KubeObject | null;
};

const MIRROR = 'kubernetes.io/config.mirror';
const RESTRICTED = 'node-restriction.kubernetes.io';
const OWN_LABELS = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
]);
const OWN_PREFIXES = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

const within = (domain: string, parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`);

/** Throws 403 for what the node `node` may not write. */
export function restrictNode(store: Store, node: string, write: NodeWrite): void {
  const { resource, operation, subresource } = write;
  const name = write.name || (write.after?.metadata.name ?? '');
  const refuse = (why: string): Error => forbidden(resource, name, why);
  switch (resource.resource) {
    case 'nodes':
      return restrictOwnNode(node, name, write, refuse);
    case 'pods': {
      if (subresource === 'status') {
        const [before, after] = [write.before as Pod | null, write.after as Pod | null];
        if (before?.spec.nodeName !== node)
          throw refuse(`node "${node}" can only update pod status for pods with spec.nodeName set to itself`);
        if (!equal(before.metadata.labels ?? {}, after?.metadata.labels ?? {}))
          throw refuse(`node "${node}" cannot update labels through pod status`);
        return;
      }
      if (subresource === 'eviction') {
        if ((write.before as Pod | null)?.spec.nodeName !== node)
          throw refuse(`node ${node} can only evict pods with spec.nodeName set to itself`);
        return;
      }
      if (operation === 'DELETE') {
        if ((write.before as Pod | null)?.spec.nodeName !== node)
          throw refuse(`node "${node}" can only delete pods with spec.nodeName set to itself`);
        return;
      }
      if (operation === 'CREATE') return restrictMirror(store, node, write.after as Pod, refuse);
      throw refuse(`unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`);
    }
    case 'leases':
      if (write.namespace !== 'kube-node-lease')
        throw refuse('can only access leases in the "kube-node-lease" system namespace');
      if (name !== node) throw refuse('can only access node lease with the same name as the requesting node');
  }
}

type Refuse = (why: string) => Error;

function restrictOwnNode(node: string, name: string, { operation, before, after }: NodeWrite, refuse: Refuse): void {
  if (name !== node) throw refuse(`node "${node}" is not allowed to modify node "${name}"`);
  if (operation === 'DELETE') return;
  const was = before as Node | null;
  const is = after as Node;
  if (was !== null && !equal(was.spec?.taints ?? [], is.spec?.taints ?? []))
    throw refuse(`node "${node}" is not allowed to modify taints`);
  const [old, next] = [was?.metadata.labels ?? {}, is.metadata.labels ?? {}];
  const labels = [...new Set([...Object.keys(old), ...Object.keys(next)])]
    .filter((key) => old[key] !== next[key] && !mayLabel(key))
    .sort();
  if (labels.length === 0) return;
  throw refuse(
    was === null
      ? `node "${node}" is not allowed to set the following labels: ${labels.join(', ')}`
      : `is not allowed to modify labels: ${labels.join(', ')}`,
  );
}

/** Labels of Kubernetes itself only as far as they are known to be kubelets'; none that are reserved against them. */
function mayLabel(key: string): boolean {
  const domain = key.includes('/') ? key.slice(0, key.indexOf('/')) : '';
  if (within(domain, RESTRICTED)) return false;
  if (!within(domain, 'kubernetes.io') && !within(domain, 'k8s.io')) return true;
  return OWN_LABELS.has(key) || OWN_PREFIXES.some((prefix) => within(domain, prefix));
}

function restrictMirror(store: Store, node: string, pod: Pod, refuse: Refuse): void {
  const { annotations, ownerReferences = [] } = pod.metadata;
  if (annotations?.[MIRROR] === undefined)
    throw refuse(`pod does not have "${MIRROR}" annotation, node "${node}" can only create mirror pods`);
  if (pod.spec.nodeName !== node) throw refuse(`node "${node}" can only create pods with spec.nodeName set to itself`);
  const [owner] = ownerReferences;
  if (ownerReferences.length > 1)
    throw refuse(`node "${node}" can only create pods with a single owner reference set to itself`);
  if (owner === undefined || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node)
    throw refuse(`node "${node}" can only create pods with an owner reference set to itself`);
  if (owner.controller !== true)
    throw refuse(`node "${node}" can only create pods with a controller owner reference set to itself`);
  if (owner.blockOwnerDeletion === true)
    throw refuse(`node "${node}" must not set blockOwnerDeletion on an owner reference`);
  const uid = store.get(resourceNamed('nodes'), node)?.metadata.uid;
  if (uid === undefined) throw notFound(resourceNamed('nodes'), node);
  if (owner.uid !== uid) throw refuse(`node ${node} UID mismatch: expected ${owner.uid} got ${uid}`);
  if ((pod.spec.serviceAccountName ?? '') !== '')
    throw refuse(`node "${node}" can not create pods that reference a service account`);
  for (const kind of ['secrets', 'configmaps', 'persistentvolumeclaims'] as const)
    if (referencesOf(pod.spec).some(([resource]) => resource === kind))
      throw refuse(`node "${node}" can not create pods that reference ${kind}`);
}

/** Tokens only for pods that run there. */
export function restrictToken(store: Store, node: string, namespace: string, account: string, request: unknown): void {
  const refuse = (why: string): Error => forbidden(resourceNamed('serviceaccounts'), account, why);
  const { spec } = request as { spec?: { boundObjectRef?: Record<string, string> } };
  const ref = spec?.boundObjectRef;
  if (ref?.['apiVersion'] !== 'v1' || ref['kind'] !== 'Pod' || (ref['name'] ?? '') === '')
    throw refuse('node requested token not bound to a pod');
  if ((ref['uid'] ?? '') === '') throw refuse('node requested token with a pod binding without a uid');
  const pod = store.get(resourceNamed('pods'), `${namespace}/${ref['name']}`) as Pod | undefined;
  if (pod === undefined) throw notFound(resourceNamed('pods'), ref['name'] ?? '');
  if (ref['uid'] !== pod.metadata.uid)
    throw refuse(
      `the UID in the bound object reference (${ref['uid']}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  if (pod.spec.nodeName !== node) throw refuse('node requested token bound to a pod scheduled on a different node');
}
