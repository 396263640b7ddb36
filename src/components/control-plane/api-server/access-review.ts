/**
 * Questions about oneself: who am I, may I, what may I.
 * @models kubernetes 1.36 pkg/registry/authorization, pkg/registry/authentication/selfsubjectreview
 * @fidelity partial: the fixed roles of auth.ts; paths that are no resources only for administrators
 */
import { isObject, type JsonObject } from '../../../protocols/kube/json.ts';
import type { Exchange } from '../../../protocols/kube/server.ts';
import { mayDo, rulesOf, type User } from './auth.ts';
import { requestBody } from './decode.ts';

const ADMINISTRATORS = ['system:masters', 'kubeadm:cluster-admins'];

/** The answer to a review; null when the request is none. */
export function accessReview(user: User, exchange: Exchange): JsonObject | null {
  switch (exchange.path) {
    case '/apis/authentication.k8s.io/v1/selfsubjectreviews':
      return review(exchange, { userInfo: { username: user.name, groups: [...user.groups] } });
    case '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews':
      return review(exchange, allowed(user, exchange));
    case '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews':
      return review(exchange, rules(user));
    default:
      return null;
  }
}

function review(exchange: Exchange, status: JsonObject): JsonObject {
  const { status: _, ...asked } = requestBody(exchange);
  return { ...asked, metadata: {}, status };
}

function allowed(user: User, exchange: Exchange): JsonObject {
  const { spec } = requestBody(exchange);
  const attributes = isObject(spec) && isObject(spec.resourceAttributes) ? spec.resourceAttributes : null;
  const text = (key: string): string => (typeof attributes?.[key] === 'string' ? String(attributes[key]) : '');
  const may =
    attributes === null
      ? user.groups.some((group) => ADMINISTRATORS.includes(group))
      : mayDo(user, {
          verb: text('verb'),
          group: text('group'),
          resource: text('resource'),
          subresource: text('subresource'),
          namespace: text('namespace') === '' ? null : text('namespace'),
          name: text('name'),
        });
  return { allowed: may };
}

function rules(user: User): JsonObject {
  const isAdministrator = user.groups.some((group) => ADMINISTRATORS.includes(group));
  const everybody = [
    '/api',
    '/api/*',
    '/apis',
    '/apis/*',
    '/healthz',
    '/livez',
    '/openapi',
    '/openapi/*',
    '/readyz',
    '/version',
    '/version/',
  ];
  return {
    resourceRules: [
      {
        verbs: ['create'],
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      },
      { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
      ...rulesOf(user).map(({ verbs, resources }) => ({
        verbs: [...verbs],
        apiGroups: ['*'],
        resources: [...resources],
      })),
    ],
    nonResourceRules: [
      ...(isAdministrator ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : []),
      { verbs: ['get'], nonResourceURLs: everybody },
    ],
    incomplete: false,
  };
}
