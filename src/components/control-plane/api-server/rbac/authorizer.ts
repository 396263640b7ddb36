/**
 * What the stored roles and bindings allow to whom.
 *
 * The rules of a user in a namespace are gathered once and kept until a role or a binding changes.
 * @models kubernetes plugin/pkg/auth/authorizer/rbac/rbac.go, pkg/registry/rbac/validation/rule.go
 * @fidelity full
 */
import { resourceNamed } from '../../../../protocols/kube/resources.ts';
import type { KubeObject, PolicyRule, RoleRef, Subject } from '../../../../protocols/kube/types.ts';
import type { User } from '../auth.ts';
import type { Store } from '../store.ts';
import { type Attributes, ruleAllows, whateverTheName } from './rules.ts';

type Role = KubeObject & { rules?: PolicyRule[] | null };
type Binding = KubeObject & { roleRef: RoleRef; subjects?: Subject[] };

export type Rules = {
  rules: readonly PolicyRule[];
  errors: readonly string[];
  /** What has been found to be allowed of objects of whatever name. */
  always: Set<string>;
};

export type RbacAuthorizer = {
  /** `namespace` null or '': only what holds in the whole cluster. */
  rulesOf(user: User, namespace: string | null): Rules;
  /** `why`: what was wrong with the roles, when that may be the reason for a no. */
  authorize(user: User, attributes: Attributes): { allowed: boolean; why: string };
  /** The rules of a role that a binding in this namespace refers to; null when it is not there. */
  roleRules(ref: RoleRef, namespace: string | null): readonly PolicyRule[] | null;
};

const KEPT_MAX = 500;
const WATCHED = ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'] as const;

export function newRbacAuthorizer(store: Store): RbacAuthorizer {
  const kept = new Map<string, Rules>();
  const roles = resourceNamed('roles');
  const clusterRoles = resourceNamed('clusterroles');
  const roleBindings = resourceNamed('rolebindings');
  const clusterRoleBindings = resourceNamed('clusterrolebindings');
  for (const resource of WATCHED) store.watch({ resource, namespace: null, deliver: () => kept.clear() });

  const roleRules = ({ kind, name }: RoleRef, namespace: string | null): readonly PolicyRule[] | null => {
    const found = kind === 'ClusterRole' ? store.get(clusterRoles, name) : store.get(roles, `${namespace}/${name}`);
    return found === undefined ? null : ((found as Role).rules ?? []);
  };

  function gather(user: User, namespace: string | null): Rules {
    const rules: PolicyRule[] = [];
    const errors: string[] = [];
    const take = (binding: Binding, own: string | null): void => {
      if (!(binding.subjects ?? []).some((subject) => isMeant(subject, user, own))) return;
      const { kind, name } = binding.roleRef;
      const found = roleRules(binding.roleRef, own);
      if (found === null) errors.push(`${kind.toLowerCase()}.rbac.authorization.k8s.io "${name}" not found`);
      else rules.push(...found);
    };
    for (const binding of store.list(clusterRoleBindings, null)) take(binding as Binding, null);
    if (namespace !== null && namespace !== '')
      for (const binding of store.list(roleBindings, namespace)) take(binding as Binding, namespace);
    return { rules, errors, always: new Set() };
  }

  function rulesOf(user: User, namespace: string | null): Rules {
    const key = `${user.name}\n${user.groups.join('\n')}\n/${namespace ?? ''}`;
    let found = kept.get(key);
    if (found === undefined) {
      found = gather(user, namespace);
      if (kept.size >= KEPT_MAX) kept.clear();
      kept.set(key, found);
    }
    return found;
  }

  return {
    rulesOf,
    roleRules,
    authorize(user, attributes) {
      const { rules, errors, always } = rulesOf(user, attributes.namespace);
      const what = attributes.path === undefined ? whateverTheName(attributes) : '';
      if (always.has(what)) return YES;
      for (const rule of rules) {
        if (!ruleAllows(rule, attributes)) continue;
        if (what !== '' && (rule.resourceNames ?? []).length === 0) always.add(what);
        return YES;
      }
      return { allowed: false, why: errors.length === 0 ? '' : `RBAC: ${listed(errors)}` };
    },
  };
}

const YES = { allowed: true, why: '' };

/** An aggregate of Go's: one as it is, several in brackets. */
function listed(errors: readonly string[]): string {
  const once = [...new Set(errors)];
  return once.length === 1 ? (once[0] ?? '') : `[${once.join(', ')}]`;
}

function isMeant({ kind, name, namespace }: Subject, user: User, bindingNamespace: string | null): boolean {
  switch (kind) {
    case 'User':
      return name === user.name;
    case 'Group':
      return user.groups.includes(name);
    case 'ServiceAccount':
      return user.name === `system:serviceaccount:${namespace ?? bindingNamespace ?? ''}:${name}`;
    default:
      return false;
  }
}
