/**
 * Nobody may give what he has not: looked at before a role or a binding is stored.
 * @models kubernetes pkg/registry/rbac/{role,clusterrole,rolebinding,clusterrolebinding}/policybased/storage.go, escalation_check.go
 * @fidelity full
 */
import { equal } from '../../../../protocols/kube/equal.ts';
import type { Resource } from '../../../../protocols/kube/resources.ts';
import { forbidden, notFound } from '../../../../protocols/kube/status-error.ts';
import type { KubeObject, PolicyRule, RoleRef } from '../../../../protocols/kube/types.ts';
import type { User } from '../auth.ts';
import type { Authorizer } from '../authorize.ts';
import { RBAC_GROUP } from './bootstrap-policy.ts';
import { rulesText, uncovered } from './rules.ts';

type RbacObject = KubeObject & {
  rules?: PolicyRule[];
  aggregationRule?: unknown;
  roleRef?: RoleRef;
  subjects?: unknown;
};

/** `before`: what is stored, null when it is new. Throws 403, or 404 for a binding to a role that is not there. */
export function checkEscalation(
  authorizer: Authorizer,
  user: User,
  resource: Resource,
  before: KubeObject | null,
  after: KubeObject,
): void {
  const { name, namespace = null } = after.metadata;
  const [old, next] = [before as RbacObject | null, after as RbacObject];
  const may = (verb: string, plural: string, target: string): boolean =>
    authorizer.decide(user, { verb, group: RBAC_GROUP, resource: plural, namespace, name: target }).allowed;
  if (user.groups.includes('system:masters')) return;
  if (resource.kind === 'Role' || resource.kind === 'ClusterRole') {
    if (old !== null && equal(old.rules ?? [], next.rules ?? []) && equal(old.aggregationRule, next.aggregationRule))
      return;
    if (may('escalate', resource.resource, name)) return;
    const aggregates = next.aggregationRule !== undefined || old?.aggregationRule !== undefined;
    const everything: PolicyRule[] = [
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { nonResourceURLs: ['*'], verbs: ['*'] },
    ];
    confirm(authorizer, user, resource, name, namespace, [...(next.rules ?? []), ...(aggregates ? everything : [])]);
    return;
  }
  const { roleRef } = next;
  if (roleRef === undefined) return;
  if (old !== null && equal(old.roleRef, roleRef) && equal(old.subjects ?? [], next.subjects ?? [])) return;
  const plural = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  if (may('bind', plural, roleRef.name)) return;
  const rules = authorizer.rbac.roleRules(roleRef, namespace);
  if (rules === null) throw notFound({ group: RBAC_GROUP, resource: plural.slice(0, -1) }, roleRef.name);
  confirm(authorizer, user, resource, name, namespace, rules);
}

function confirm(
  authorizer: Authorizer,
  user: User,
  resource: Resource,
  name: string,
  namespace: string | null,
  asked: readonly PolicyRule[],
): void {
  const { rules, errors } = authorizer.rbac.rulesOf(user, namespace);
  const missing = uncovered(rules, asked);
  if (missing.length === 0) return;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
  const resolution = errors.length === 0 ? '' : `; resolution errors: [${errors.join(', ')}]`;
  throw forbidden(
    resource,
    name,
    `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${rulesText(missing)}${resolution}`,
  );
}
