/**
 * Who asks: a client certificate, a service account's token, or nobody; and whom they may pretend to be.
 * @models apiserver pkg/authentication, pkg/endpoints/filters/impersonation.go; kubernetes pkg/serviceaccount
 * @fidelity partial: no OIDC, webhooks or bootstrap tokens; a signature stands for the key that made it
 */
import { base64 } from '../../../go/json.ts';
import { rfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { fromBase64 } from '../../../protocols/base64.ts';
import { type Certificate, encodePem } from '../../../protocols/distribution/tls-model.ts';
import { headerValue } from '../../../protocols/http/http1.ts';
import { isObject, type JsonObject } from '../../../protocols/kube/json.ts';
import { resourceNamed } from '../../../protocols/kube/resources.ts';
import type { Exchange } from '../../../protocols/kube/server.ts';
import { badRequest, failure } from '../../../protocols/kube/status-error.ts';
import { digestHex, digestOf } from '../../../protocols/oci/digest.ts';
import type { Authorizer } from './authorize.ts';
import type { Store } from './store.ts';

export type User = {
  name: string;
  uid?: string;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
};

export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
const AUTHENTICATED = 'system:authenticated';
const CREDENTIAL = 'authentication.kubernetes.io/credential-id';
const ISSUER = 'https://kubernetes.default.svc.cluster.local';
/** kubelets ask for this; the API server makes a year of it, so that clients which never read the file again go on. */
const EXTENDED_FROM_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;
const WARN_SECONDS = 3607;
const TOKENS_MAX = 2_000;

const encoder = new TextEncoder();
const encode = (text: string): Uint8Array => encoder.encode(text);
const urlSafe = (text: string): string =>
  base64(encode(text)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

type Claims = {
  aud: string[];
  exp: number;
  jti: string;
  sub: string;
  'kubernetes.io': {
    namespace: string;
    node?: { name: string; uid: string };
    pod?: { name: string; uid: string };
    secret?: { name: string; uid: string };
    serviceaccount: { name: string; uid: string };
  };
};

export type Authenticator = {
  /** Throws 401 for a token that does not hold. */
  authenticate(ctx: Context, exchange: Exchange): User;
  /** What a token says when it holds, null otherwise. */
  userOfToken(ctx: Context, token: string): User | null;
  /** @param body the TokenRequest; @returns its spec and status */
  issue(ctx: Context, account: { namespace: string; name: string; uid: string }, body: JsonObject): JsonObject;
};

/** @param secret stands for the signing key */
export function newAuthenticator(store: Store, secret: string): Authenticator {
  const certificates = new WeakMap<Certificate, User>();
  const tokens = new Map<string, Claims | null>();
  const accounts = resourceNamed('serviceaccounts');
  const head = urlSafe('{"alg":"RS256","kid":"cutaway"}');
  const signature = urlSafe(secret);

  function userOfCertificate(certificate: Certificate): User {
    let user = certificates.get(certificate);
    if (user === undefined) {
      const print = digestHex(digestOf(encodePem(certificate)));
      user = {
        name: certificate.subject,
        groups: [...(certificate.organizations ?? []), AUTHENTICATED],
        extra: { [CREDENTIAL]: [`X509SHA256=${print}`] },
      };
      certificates.set(certificate, user);
    }
    return user;
  }

  function claimsOf(token: string): Claims | null {
    let claims = tokens.get(token);
    if (claims === undefined) {
      claims = parseToken(token, signature);
      if (tokens.size >= TOKENS_MAX) tokens.clear();
      tokens.set(token, claims);
    }
    return claims;
  }

  function userOfToken(ctx: Context, token: string): User | null {
    const claims = claimsOf(token);
    if (claims === null || ctx.wallTime >= BigInt(claims.exp) * 1_000_000_000n) return null;
    const { namespace, serviceaccount, pod, node } = claims['kubernetes.io'];
    const lives = (plural: string, key: string, uid: string): boolean =>
      store.get(resourceNamed(plural), key)?.metadata.uid === uid;
    if (store.get(accounts, `${namespace}/${serviceaccount.name}`)?.metadata.uid !== serviceaccount.uid) return null;
    if (pod !== undefined && !lives('pods', `${namespace}/${pod.name}`, pod.uid)) return null;
    return {
      name: claims.sub,
      uid: serviceaccount.uid,
      groups: [...accountGroups(namespace), AUTHENTICATED],
      extra: {
        [CREDENTIAL]: [`JTI=${claims.jti}`],
        ...(node === undefined
          ? {}
          : {
              'authentication.kubernetes.io/node-name': [node.name],
              'authentication.kubernetes.io/node-uid': [node.uid],
            }),
        ...(pod === undefined
          ? {}
          : {
              'authentication.kubernetes.io/pod-name': [pod.name],
              'authentication.kubernetes.io/pod-uid': [pod.uid],
            }),
      },
    };
  }

  return {
    userOfToken,
    authenticate(ctx, { certificate, headers }) {
      if (certificate !== null) return userOfCertificate(certificate);
      const [, token] = /^Bearer (.+)$/i.exec(headerValue(headers, 'authorization') ?? '') ?? [];
      if (token === undefined) return ANONYMOUS;
      const user = userOfToken(ctx, token);
      if (user === null) throw failure(401, 'Unauthorized', 'Unauthorized');
      return user;
    },
    issue(ctx, { namespace, name, uid }, body) {
      const spec = isObject(body.spec) ? body.spec : {};
      const asked = typeof spec.expirationSeconds === 'number' ? spec.expirationSeconds : 3600;
      const audiences = Array.isArray(spec.audiences) && spec.audiences.length > 0 ? spec.audiences : [ISSUER];
      const issued = Number(ctx.wallTime / 1_000_000_000n);
      const extended = asked === EXTENDED_FROM_SECONDS && audiences[0] === ISSUER;
      const bound = isObject(spec.boundObjectRef) ? spec.boundObjectRef : null;
      const claims = {
        aud: audiences,
        exp: issued + (extended ? EXTENDED_SECONDS : asked),
        iat: issued,
        iss: ISSUER,
        jti: ctx.random.hex(32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
        'kubernetes.io': {
          namespace,
          ...(bound === null ? {} : boundTo(store, namespace, bound)),
          serviceaccount: { name, uid },
          ...(extended ? { warnafter: issued + WARN_SECONDS } : {}),
        },
        nbf: issued,
        sub: `system:serviceaccount:${namespace}:${name}`,
      };
      return {
        spec: {
          audiences,
          expirationSeconds: asked,
          boundObjectRef: bound,
        },
        status: {
          expirationTimestamp: rfc3339(ctx.wallTime + BigInt(asked) * 1_000_000_000n),
          token: `${head}.${urlSafe(JSON.stringify(claims))}.${signature}`,
        },
      };
    },
  };
}

function parseToken(token: string, signature: string): Claims | null {
  const [, payload = '', signed] = token.split('.');
  if (signed !== signature) return null;
  try {
    const text = payload.replaceAll('-', '+').replaceAll('_', '/');
    const padded = text.padEnd(Math.ceil(text.length / 4) * 4, '=');
    return JSON.parse(new TextDecoder().decode(fromBase64(padded))) as Claims;
  } catch {
    return null;
  }
}

/** The object that a token lives as long as; of a pod also its node. */
function boundTo(store: Store, namespace: string, ref: JsonObject): JsonObject {
  const kind = String(ref.kind ?? '').toLowerCase();
  const name = String(ref.name ?? '');
  const found =
    kind === 'pod' || kind === 'secret' || kind === 'node'
      ? store.get(resourceNamed(`${kind}s`), kind === 'node' ? name : `${namespace}/${name}`)
      : undefined;
  if (found === undefined) throw failure(404, 'NotFound', `${kind}s "${name}" not found`, { name, kind: `${kind}s` });
  const { uid } = found.metadata;
  if (kind === 'node') return { node: { name, uid } };
  const nodeName = (found as unknown as { spec?: { nodeName?: string } }).spec?.nodeName;
  const node = nodeName === undefined ? undefined : store.get(resourceNamed('nodes'), nodeName);
  return {
    ...(node === undefined ? {} : { node: { name: node.metadata.name, uid: node.metadata.uid } }),
    [kind]: { name, uid },
  };
}

function accountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

const IMPERSONATION = /^impersonate-/i;

/** The user that the Impersonate headers ask for, if any; whoever sends them must be allowed to. Throws StatusError. */
export function impersonated(user: User, { headers }: Exchange, authorizer: Authorizer): User {
  if (!headers.some((header) => IMPERSONATION.test(header[0]))) return user;
  const all = (name: string): string[] =>
    headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  const [name = ''] = all('impersonate-user');
  const groups = all('impersonate-group');
  const [uid = ''] = all('impersonate-uid');
  const extras = headers.flatMap(([key, value]): [string, string][] => {
    const lower = key.toLowerCase();
    return lower.startsWith('impersonate-extra-')
      ? [[decodeURIComponent(lower.slice('impersonate-extra-'.length)), value]]
      : [];
  });
  if (name === '' && groups.length === 0 && uid === '' && extras.length === 0) return user;
  if (name === '') throw badRequest(`requested [${groups.join(' ')}] without impersonating a user`);
  const check = (group: string, resource: string, value: string, namespace: string | null, subresource?: string) =>
    authorizer.require(user, {
      verb: 'impersonate',
      group,
      resource,
      namespace,
      name: value,
      ...(subresource === undefined ? {} : { subresource }),
    });
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  if (account !== null) check('', 'serviceaccounts', account[2] ?? '', account[1] ?? '');
  else check('', 'users', name, null);
  for (const group of groups) check('', 'groups', group, null);
  for (const [key, value] of extras) check('authentication.k8s.io', 'userextras', value, null, key);
  if (uid !== '') check('authentication.k8s.io', 'uids', uid, null);
  const given = groups.length > 0 ? groups : account !== null ? accountGroups(account[1] ?? '') : [];
  const last = name === ANONYMOUS.name ? 'system:unauthenticated' : AUTHENTICATED;
  const extra: Record<string, string[]> = {};
  for (const [key, value] of extras) extra[key] = [...(extra[key] ?? []), value];
  return {
    name,
    ...(uid === '' ? {} : { uid }),
    groups: given.includes(last) ? given : [...given, last],
    ...(extras.length === 0 ? {} : { extra }),
  };
}
