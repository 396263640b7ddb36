/**
 * Who asks, and whether that may be done.
 * @models apiserver pkg/authentication, pkg/authorization; plugin/pkg/auth/authorizer/rbac bootstrap policy
 * @fidelity partial: client certificates and service account tokens; fixed roles by group instead of RBAC objects
 */
import { base64 } from '../../../go/json.ts';
import { fromBase64 } from '../../../protocols/base64.ts';
import { headerValue } from '../../../protocols/http/http1.ts';
import type { Exchange } from '../../../protocols/kube/server.ts';
import { failure, forbidden } from '../../../protocols/kube/status-error.ts';

export type User = { name: string; groups: readonly string[] };

const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

const urlSafe = (text: string): string =>
  base64(new TextEncoder().encode(text)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/** A token of the right shape; `secret` stands for the signing key. */
export function serviceAccountToken(claims: Record<string, unknown>, secret: string): string {
  return `${urlSafe('{"alg":"RS256","kid":"cutaway"}')}.${urlSafe(JSON.stringify(claims))}.${urlSafe(secret)}`;
}

export function authenticate(exchange: Exchange, secret: string): User {
  const { certificate } = exchange;
  if (certificate !== null)
    return { name: certificate.subject, groups: [...(certificate.organizations ?? []), 'system:authenticated'] };
  const [, token] = /^Bearer (.+)$/.exec(headerValue(exchange.headers, 'authorization') ?? '') ?? [];
  if (token === undefined) return ANONYMOUS;
  const [, payload = '', signature] = token.split('.');
  if (signature !== urlSafe(secret)) throw failure(401, 'Unauthorized', 'Unauthorized');
  const text = payload.replaceAll('-', '+').replaceAll('_', '/');
  const { sub } = JSON.parse(new TextDecoder().decode(fromBase64(text))) as { sub: string };
  const namespace = sub.split(':')[2] ?? '';
  return {
    name: sub,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}

export type Attributes = {
  verb: string;
  group: string;
  resource: string;
  subresource?: string;
  namespace: string | null;
  name: string;
};

/** User or group, and what it may do: verbs, and resources (`*` all). */
const RULES: readonly { subject: string; verbs: readonly string[]; resources: readonly string[] }[] = [
  { subject: 'system:masters', verbs: ['*'], resources: ['*'] },
  { subject: 'kubeadm:cluster-admins', verbs: ['*'], resources: ['*'] },
  { subject: 'system:kube-controller-manager', verbs: ['*'], resources: ['*'] },
  { subject: 'system:kube-scheduler', verbs: ['get', 'list', 'watch'], resources: ['*'] },
  {
    subject: 'system:kube-scheduler',
    verbs: ['create', 'update', 'patch', 'delete'],
    resources: ['events', 'leases', 'pods/binding', 'pods/status', 'bindings'],
  },
  { subject: 'system:kube-scheduler', verbs: ['delete'], resources: ['pods'] },
  {
    subject: 'system:nodes',
    verbs: ['get', 'list', 'watch'],
    resources: [
      'pods',
      'nodes',
      'secrets',
      'configmaps',
      'services',
      'runtimeclasses',
      'leases',
      'namespaces',
      'serviceaccounts',
    ],
  },
  {
    subject: 'system:nodes',
    verbs: ['create', 'update', 'patch', 'delete'],
    resources: ['pods', 'pods/status', 'nodes', 'nodes/status', 'events', 'leases', 'serviceaccounts/token'],
  },
  {
    subject: 'system:serviceaccount:kube-system:kube-proxy',
    verbs: ['get', 'list', 'watch'],
    resources: ['nodes', 'services', 'endpointslices'],
  },
  {
    subject: 'system:serviceaccount:kube-system:coredns',
    verbs: ['get', 'list', 'watch'],
    resources: ['namespaces', 'services', 'pods', 'endpointslices', 'nodes'],
  },
];

/** What holds for this user. */
export function rulesOf(user: User): { verbs: readonly string[]; resources: readonly string[] }[] {
  const subjects = new Set([user.name, ...user.groups]);
  return RULES.filter((rule) => subjects.has(rule.subject));
}

const fullResource = (a: Attributes): string =>
  a.subresource === undefined || a.subresource === '' ? a.resource : `${a.resource}/${a.subresource}`;

export function mayDo(user: User, a: Attributes): boolean {
  return rulesOf(user).some(
    (rule) =>
      (rule.verbs.includes('*') || rule.verbs.includes(a.verb)) &&
      (rule.resources.includes('*') || rule.resources.includes(fullResource(a))),
  );
}

export function authorize(user: User, a: Attributes): void {
  if (mayDo(user, a)) return;
  const resource = fullResource(a);
  const scope = a.namespace === null ? 'at the cluster scope' : `in the namespace "${a.namespace}"`;
  throw forbidden(
    a,
    a.name,
    `User "${user.name}" cannot ${a.verb} resource "${resource}" in API group "${a.group}" ${scope}`,
  );
}
