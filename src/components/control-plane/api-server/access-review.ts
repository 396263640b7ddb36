/**
 * Questions of which nothing is kept: who am I, may I, what may I, may somebody, whose token is this.
 * @models kubernetes 1.36 pkg/registry/authorization, pkg/registry/authentication
 * @fidelity partial: no label selectors in questions
 */
import type { Context } from '../../../linux/context.ts';
import { isObject, type JsonObject } from '../../../protocols/kube/json.ts';
import type { Exchange } from '../../../protocols/kube/server.ts';
import { badRequest } from '../../../protocols/kube/status-error.ts';
import type { Authenticator, User } from './auth.ts';
import type { Authorizer } from './authorize.ts';
import { requestBody } from './decode.ts';
import { nodeNameOf } from './node-authorizer.ts';
import type { Attributes } from './rbac/rules.ts';
import type { Route } from './routing.ts';

/** The answer to a review; null when the request is none. */
export function accessReview(
  ctx: Context,
  api: { authenticator: Authenticator; authorizer: Authorizer },
  user: User,
  exchange: Exchange,
  { resource, namespace }: Route,
): JsonObject | null {
  const { authorizer } = api;
  switch (resource.kind) {
    case 'SelfSubjectReview':
      return review(exchange, () => ({ userInfo: userInfo(user) }));
    case 'SelfSubjectAccessReview':
      return review(exchange, (spec) => decision(authorizer, user, spec));
    case 'SelfSubjectRulesReview':
      return review(exchange, (spec) => rules(authorizer, user, text(spec, 'namespace')));
    case 'SubjectAccessReview':
      return review(exchange, (spec) => decision(authorizer, subject(spec), spec));
    case 'LocalSubjectAccessReview':
      return review(exchange, (spec) => {
        const asked = isObject(spec.resourceAttributes) ? spec.resourceAttributes : {};
        if (text(asked, 'namespace') !== namespace)
          throw badRequest(`namespace does not match: ${namespace} vs. ${text(asked, 'namespace')}`);
        return decision(authorizer, subject(spec), spec);
      });
    case 'TokenReview':
      return review(exchange, (spec) => {
        const token = text(spec, 'token');
        const found = token === '' ? null : api.authenticator.userOfToken(ctx, token);
        if (found === null) return { user: {}, ...(token === '' ? {} : { error: 'invalid bearer token' }) };
        const audiences = Array.isArray(spec.audiences) ? spec.audiences : [];
        return { authenticated: true, user: userInfo(found), ...(audiences.length === 0 ? {} : { audiences }) };
      });
    default:
      return null;
  }
}

const text = (of: JsonObject, key: string): string => (typeof of[key] === 'string' ? String(of[key]) : '');

function review(exchange: Exchange, answer: (spec: JsonObject) => JsonObject): JsonObject {
  const { status: _, spec, ...asked } = requestBody(exchange);
  const status = answer(isObject(spec) ? spec : {});
  return { ...asked, metadata: {}, ...(spec === undefined ? {} : { spec }), status };
}

function userInfo({ name, uid, groups, extra }: User): JsonObject {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    groups: [...groups],
    ...(extra === undefined ? {} : { extra: JSON.parse(JSON.stringify(extra)) as JsonObject }),
  };
}

function subject(spec: JsonObject): User {
  return { name: text(spec, 'user'), groups: Array.isArray(spec.groups) ? spec.groups.map(String) : [] };
}

function decision(authorizer: Authorizer, user: User, spec: JsonObject): JsonObject {
  const { allowed, why } = authorizer.decide(user, attributesOf(spec));
  return { allowed, ...(why === '' ? {} : { reason: why }) };
}

function attributesOf(spec: JsonObject): Attributes {
  const { resourceAttributes: asked, nonResourceAttributes: other } = spec;
  if (isObject(asked)) {
    const fields = isObject(asked.fieldSelector) ? asked.fieldSelector.requirements : undefined;
    return {
      verb: text(asked, 'verb'),
      group: text(asked, 'group'),
      resource: text(asked, 'resource'),
      subresource: text(asked, 'subresource'),
      namespace: text(asked, 'namespace') === '' ? null : text(asked, 'namespace'),
      name: text(asked, 'name'),
      fields: (Array.isArray(fields) ? fields : []).filter(isObject).map((one) => ({
        path: text(one, 'key'),
        value: Array.isArray(one.values) ? String(one.values[0]) : '',
      })),
    };
  }
  const path = isObject(other) ? other : {};
  return { verb: text(path, 'verb'), group: '', resource: '', namespace: null, name: '', path: text(path, 'path') };
}

function rules(authorizer: Authorizer, user: User, namespace: string): JsonObject {
  if (namespace === '') throw badRequest('no namespace on request');
  const found = authorizer.rbac.rulesOf(user, namespace);
  const plain = JSON.parse(JSON.stringify(found.rules)) as JsonObject[];
  const errors = [
    ...(nodeNameOf(user) === null ? [] : ['node authorizer does not support user rule resolution']),
    ...found.errors,
  ];
  return {
    resourceRules: plain
      .filter(({ resources }) => resources !== undefined)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({
        verbs: verbs ?? [],
        apiGroups: apiGroups ?? [],
        resources: resources ?? [],
        ...(resourceNames === undefined ? {} : { resourceNames }),
      })),
    nonResourceRules: plain
      .filter(({ nonResourceURLs }) => nonResourceURLs !== undefined)
      .map(({ verbs, nonResourceURLs }) => ({ verbs: verbs ?? [], nonResourceURLs: nonResourceURLs ?? [] })),
    incomplete: errors.length > 0,
    ...(errors.length === 0 ? {} : { evaluationError: errors.join(', ') }),
  };
}
