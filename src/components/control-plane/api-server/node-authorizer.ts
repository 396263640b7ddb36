/**
 * What kubelets may: fixed rules, and of pods, secrets, configmaps and accounts only what pods bound to their node use.
 * @models kubernetes 1.36 plugin/pkg/auth/authorizer/node node_authorizer.go graph.go
 * @fidelity partial: no volume attachments, CSI nodes and resource claims
 */
import { resourceNamed } from '../../../protocols/kube/resources.ts';
import type { KubeObject, Pod } from '../../../protocols/kube/types.ts';
import type { User } from './auth.ts';
import { bootstrapRules } from './rbac/bootstrap-policy.ts';
import { type Attributes, ruleAllows, whateverTheName } from './rbac/rules.ts';
import type { Store } from './store.ts';

type Bound = KubeObject & { spec: { claimRef?: { namespace?: string; name?: string } } };

const PREFIX = 'system:node:';
const LEASES = 'kube-node-lease';

export type NodeAuthorizer = {
  /** Null when the user is no node; `why` may explain a no. */
  authorize(user: User, attributes: Attributes): { allowed: boolean; why: string } | null;
};

const YES = { allowed: true, why: '' };
const no = (why = ''): { allowed: boolean; why: string } => ({ allowed: false, why });

export function nodeNameOf(user: User): string | null {
  if (!user.name.startsWith(PREFIX) || !user.groups.includes('system:nodes')) return null;
  return user.name.slice(PREFIX.length);
}

export function newNodeAuthorizer(store: Store): NodeAuthorizer {
  const rules = bootstrapRules('system:node');
  const always = new Set<string>();
  const used = usedByNodes(store);

  const related = (node: string, { resource, namespace, name }: Attributes) =>
    used.has(`${node} ${resource} ${namespace ?? ''}/${name}`)
      ? YES
      : no(`no relationship found between node '${node}' and this object`);

  /** A volume is used by whose pods use the claim that it is bound to. */
  const claimOf = (a: Attributes): Attributes => {
    const found = store.get(resourceNamed('persistentvolumes'), a.name) as Bound | undefined;
    const { namespace = '', name = '' } = found?.spec.claimRef ?? {};
    return { ...a, resource: 'persistentvolumeclaims', namespace, name };
  };

  return {
    authorize(user, a) {
      const node = nodeNameOf(user);
      if (node === null) return null;
      const part = a.subresource ?? '';
      if (a.path === undefined)
        switch (a.group === '' || a.resource === 'leases' ? a.resource : '') {
          case 'secrets':
          case 'configmaps':
            if (!['get', 'list', 'watch'].includes(a.verb)) return no('can only read resources of this type');
            if (part !== '') return no('cannot read subresource');
            if ((a.namespace ?? '') === '') return no('can only read namespaced object of this type');
            return a.name === '' ? no('No Object name found') : related(node, a);
          case 'persistentvolumeclaims':
          case 'persistentvolumes':
            if (a.verb !== 'get') return no('can only get individual resources of this type');
            if (part !== '') return no('cannot get subresource');
            if (a.name === '') return no('No Object name found');
            return related(node, a.resource === 'persistentvolumes' ? claimOf(a) : a);
          case 'serviceaccounts':
            if (a.verb === 'get' && part === '') return related(node, a);
            if (a.verb !== 'create' || a.name === '')
              return no('can only create tokens for individual service accounts');
            return part === 'token' ? related(node, a) : no('can only create token subresource of serviceaccount');
          case 'leases':
            if (!['get', 'create', 'update', 'patch', 'delete'].includes(a.verb))
              return no('can only get, create, update, patch, or delete a node lease');
            if (a.namespace !== LEASES) return no(`can only access leases in the "${LEASES}" system namespace`);
            return a.verb === 'create' || a.name === node
              ? YES
              : no('can only access node lease with the same name as the requesting node');
          case 'nodes':
            return ofNode(node, a, part);
          case 'pods':
            return ofPod(node, a, part, related);
        }
      const what = a.path === undefined ? whateverTheName(a) : '';
      if (always.has(what)) return YES;
      const found = rules.find((rule) => ruleAllows(rule, a));
      if (found === undefined) return no();
      if (what !== '' && (found.resourceNames ?? []).length === 0) always.add(what);
      return YES;
    },
  };
}

function ofNode(node: string, { verb, name }: Attributes, part: string) {
  if (part === 'status') return verb === 'update' || verb === 'patch' ? YES : no();
  if (part !== '') return no();
  // Which node is changed is looked at by NodeRestriction.
  if (verb === 'create' || verb === 'update' || verb === 'patch') return YES;
  if (!['get', 'list', 'watch'].includes(verb)) return no();
  if (name === node) return YES;
  return no(
    name === ''
      ? `node '${node}' cannot read all nodes, only its own Node object`
      : `node '${node}' cannot read '${name}', only its own Node object`,
  );
}

function ofPod(
  node: string,
  a: Attributes,
  part: string,
  related: (node: string, a: Attributes) => { allowed: boolean; why: string },
) {
  const { verb, fields = [] } = a;
  if (part === 'status') return verb === 'update' || verb === 'patch' ? YES : no();
  if (part === 'eviction') return verb === 'create' ? YES : no();
  if (part !== '') return no();
  if (verb === 'create' || verb === 'delete') return YES;
  if (verb === 'get') return related(node, a);
  if (verb !== 'list' && verb !== 'watch') return no();
  if (fields.some(({ path, value }) => path === 'spec.nodeName' && value === node)) return YES;
  return a.name === '' ? no('can only list/watch pods with spec.nodeName field selector') : related(node, a);
}

/** `node resource namespace/name` of all that the pods of a node need, kept up to date with the pods. */
function usedByNodes(store: Store): { has(key: string): boolean } {
  const counts = new Map<string, number>();
  const count = (object: KubeObject | null, by: number): void => {
    if (object === null) return;
    for (const key of keysOf(object as Pod)) {
      const next = (counts.get(key) ?? 0) + by;
      if (next === 0) counts.delete(key);
      else counts.set(key, next);
    }
  };
  const pods = { resource: 'pods' } as Parameters<Store['list']>[0];
  for (const pod of store.list(pods, null)) count(pod, 1);
  store.watch({
    resource: 'pods',
    namespace: null,
    deliver({ type, object, before }) {
      // Most changes are of the status.
      if (type === 'MODIFIED' && before !== null && (before as Pod).spec.nodeName === (object as Pod).spec.nodeName)
        return;
      count(before, -1);
      if (type !== 'DELETED') count(object, 1);
    },
  });
  return counts;
}

const known = new WeakMap<Pod['spec'], readonly string[]>();

function keysOf({ metadata, spec }: Pod): readonly string[] {
  const { nodeName: node } = spec;
  if (node === undefined) return [];
  let keys = known.get(spec);
  if (keys !== undefined) return keys;
  const { namespace = '', name } = metadata;
  const found = new Set<string>([`${node} pods ${namespace}/${name}`]);
  // A mirror pod has no rights of its own.
  if (metadata.annotations?.['kubernetes.io/config.mirror'] === undefined)
    for (const [resource, named] of [...referencesOf(spec), ...ephemeralClaims(name, spec)])
      found.add(`${node} ${resource} ${namespace}/${named}`);
  keys = [...found];
  known.set(spec, keys);
  return keys;
}

function ephemeralClaims(pod: string, { volumes = [] }: Pod['spec']): [resource: string, name: string][] {
  return volumes.flatMap(({ name, ephemeral }) =>
    ephemeral === undefined ? [] : [['persistentvolumeclaims', `${pod}-${name}`]],
  );
}

/** Resource and name of the accounts, secrets, configmaps and claims that a spec needs. */
export function referencesOf(spec: Pod['spec']): [resource: string, name: string][] {
  const found: [string, string][] = [];
  const add = (resource: string, named: string | undefined): void => {
    if (named !== undefined && named !== '') found.push([resource, named]);
  };
  add('serviceaccounts', spec.serviceAccountName);
  for (const secret of spec.imagePullSecrets ?? []) add('secrets', secret.name);
  visit(spec, add);
  return found;
}

type Fields = Record<string, unknown>;

/** Wherever a spec names a secret, a configmap or a claim. */
function visit(value: unknown, add: (resource: string, name: string | undefined) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visit(item, add);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value as Fields)) {
    const named = (typeof item === 'object' && item !== null ? item : {}) as Fields;
    const text = (field: string): string | undefined => named[field] as string | undefined;
    switch (key) {
      case 'configMap':
      case 'configMapRef':
      case 'configMapKeyRef':
        add('configmaps', text('name'));
        break;
      case 'secret':
        add('secrets', text('secretName') ?? text('name'));
        break;
      case 'secretRef':
      case 'secretKeyRef':
        add('secrets', text('name'));
        break;
      case 'persistentVolumeClaim':
        add('persistentvolumeclaims', text('claimName'));
        break;
      default:
        visit(item, add);
    }
  }
}
