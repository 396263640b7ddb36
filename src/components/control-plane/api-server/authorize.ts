/**
 * Whether that may be done: nodes by what their pods need, everybody by roles.
 * @models apiserver pkg/authorization/union, pkg/endpoints/filters/authorization.go, handlers/responsewriters/errors.go Forbidden
 * @fidelity partial: the modes Node and RBAC, as --authorization-mode=Node,RBAC has them
 */
import { failure, forbidden, type StatusError } from '../../../protocols/kube/status-error.ts';
import type { User } from './auth.ts';
import { newNodeAuthorizer } from './node-authorizer.ts';
import { newRbacAuthorizer, type RbacAuthorizer } from './rbac/authorizer.ts';
import { type Attributes, fullResource } from './rbac/rules.ts';
import type { Store } from './store.ts';

export type Decision = { allowed: boolean; why: string };

export type Authorizer = {
  readonly rbac: RbacAuthorizer;
  decide(user: User, attributes: Attributes): Decision;
  /** Throws 403 unless it is allowed. */
  require(user: User, attributes: Attributes): void;
};

const MASTERS = 'system:masters';

export function newAuthorizer(store: Store): Authorizer {
  const node = newNodeAuthorizer(store);
  const rbac = newRbacAuthorizer(store);
  const decide = (user: User, attributes: Attributes): Decision => {
    if (user.groups.includes(MASTERS)) return { allowed: true, why: '' };
    const first = node.authorize(user, attributes);
    if (first?.allowed === true) return first;
    const second = rbac.authorize(user, attributes);
    if (second.allowed || first === null) return second;
    return { allowed: false, why: [first.why, second.why].filter((why) => why !== '').join('\n') };
  };
  return {
    rbac,
    decide,
    require(user, attributes) {
      const { allowed, why } = decide(user, attributes);
      if (!allowed) throw refusal(user, attributes, why);
    },
  };
}

function refusal({ name: user }: User, a: Attributes, why: string): StatusError {
  const reason = why === '' ? '' : `: ${why}`;
  if (a.path !== undefined)
    return failure(
      403,
      'Forbidden',
      `forbidden: User ${JSON.stringify(user)} cannot ${a.verb} path ${JSON.stringify(a.path)}${reason}`,
      {},
    );
  const scope = (a.namespace ?? '') === '' ? 'at the cluster scope' : `in the namespace "${a.namespace}"`;
  const what = `User ${JSON.stringify(user)} cannot ${a.verb} resource "${fullResource(a)}" in API group "${a.group}" ${scope}`;
  return forbidden(a, a.name, `${what}${reason}`);
}
