/**
 * The distribution API as a function from request to answer: who asks, and what for.
 * @models distribution/distribution v2.8 registry/handlers, registry/auth/{token,htpasswd}
 * @fidelity partial: no referrers; a token says which repositories it is for and is known to its issuer only
 */
import type { Rope } from '../../linux/rope.ts';
import { fromBase64 } from '../../protocols/base64.ts';
import { headerValue, type RequestHead } from '../../protocols/http/http1.ts';
import type { Manners } from './manners.ts';
import { blob, catalog, manifest, tagList } from './read.ts';
import { type Answer, failure, json, notFoundPage, type Parameters, parametersOf } from './reply.ts';
import type { RegistrySite } from './sites.ts';
import type { Store } from './store.ts';
import { deleteBlob, deleteManifest, putManifest, uploadStep } from './write.ts';

/** Tokens this process has handed out, and what they allow: scopes like `repository:library/nginx:pull`. */
export type Tokens = { issue(scopes: readonly string[]): string; allows(token: string, scope: string): boolean };

export type Service = {
  readonly site: RegistrySite;
  readonly store: Store;
  readonly tokens: Tokens;
  /** Uploads that were begun, by id. */
  readonly uploads: Map<string, { repository: string; content: Rope }>;
  newUploadId(): string;
  /** Manifests that were fetched without an account in the present window, by address. */
  readonly pulls: Map<string, { since: number; count: number }>;
  /** How often each blob was refused, for each way of being busy. */
  readonly refused: Map<string, number>;
};

export type Asking = {
  readonly head: RequestHead;
  readonly body: Rope;
  readonly from: string;
  readonly now: number;
  readonly manners: Manners;
};

type Path = { name: string; kind: string; reference: string };

const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const PULL_WINDOW_NS = 6 * 3600 * 1_000_000_000;

export function answer(service: Service, asking: Asking): Answer {
  const { site } = service;
  const [path = '', query = ''] = asking.head.target.split('?');
  if (site.access.kind === 'token' && path === '/token') return tokenAnswer(service, asking, query);
  if (path !== '/v2' && !path.startsWith('/v2/')) return notFoundPage();
  const reply = authorised(service, asking, path.slice(4), parametersOf(query));
  reply.headers.unshift(['Docker-Distribution-Api-Version', 'registry/2.0']);
  return reply;
}

function authorised(service: Service, asking: Asking, path: string, parameters: Parameters): Answer {
  const [, name = '', kind = '', reference = ''] =
    /^(.+)\/(manifests|blobs|tags)\/(.+?|uploads\/)\/?$/.exec(path) ?? [];
  const { method } = asking.head;
  const isRead = method === 'GET' || method === 'HEAD';
  const actions = isRead ? 'pull' : method === 'DELETE' ? 'delete' : 'pull,push';
  const scope = name === '' ? (path === '_catalog' ? 'registry:catalog:*' : '') : `repository:${name}:${actions}`;
  const refused = refusal(service, asking.head, scope, name, actions);
  if (refused !== null) return refused;
  if (path === '') return json(200, '{}');
  if (path === '_catalog') return catalog(service.store, parameters);
  if (kind === '' || !NAME.test(name))
    return name === '' ? notFoundPage() : failure(400, 'NAME_INVALID', 'invalid repository name');
  const where = { name, kind, reference: reference.replace(/\/$/, '') };
  return isRead && !where.reference.startsWith('uploads/')
    ? read(service, asking, where, parameters)
    : write(service, asking, where, parameters);
}

function read(service: Service, asking: Asking, { name, kind, reference }: Path, parameters: Parameters): Answer {
  const repository = service.store.repository(name);
  if (repository === null) return failure(404, 'NAME_UNKNOWN', 'repository name not known to registry', { name });
  if (kind === 'tags')
    return reference === 'list'
      ? tagList(repository, parameters)
      : failure(404, 'UNSUPPORTED', 'The operation is unsupported.');
  if (kind === 'blobs') {
    const { busy, ranges } = asking.manners;
    const key = `${busy?.status} ${busy?.times} ${reference}`;
    const times = service.refused.get(key) ?? 0;
    if (busy !== null && times < busy.times) {
      service.refused.set(key, times + 1);
      return failure(busy.status, 'UNAVAILABLE', 'service unavailable');
    }
    return blob(repository, reference, asking.head, ranges);
  }
  return limited(service, asking, () => manifest(repository, reference, asking.head));
}

function write(service: Service, asking: Asking, { name, kind, reference }: Path, parameters: Parameters): Answer {
  const { method } = asking.head;
  if (kind === 'blobs' && /^uploads(\/|$)/.test(reference))
    return uploadStep(service, asking, name, reference.slice('uploads/'.length), parameters);
  if (kind === 'manifests' && method === 'PUT') return putManifest(service.store, name, reference, asking);
  if (kind === 'manifests' && method === 'DELETE') return deleteManifest(service.store, name, reference);
  if (kind === 'blobs' && method === 'DELETE') return deleteBlob(service.store, name, reference);
  return failure(405, 'UNSUPPORTED', 'The operation is unsupported.');
}

/** Null when the request may go on. Public sites let everybody pull; pushing needs an account if the site has any rule. */
function refusal(
  { site, tokens }: Service,
  head: RequestHead,
  scope: string,
  name: string,
  actions: string,
): Answer | null {
  const { access } = site;
  if (access.kind === 'open') return null;
  const given = headerValue(head.headers, 'authorization') ?? '';
  const detail =
    name === '' ? null : actions.split(',').map((Action) => ({ Type: 'repository', Class: '', Name: name, Action }));
  const reply = failure(401, 'UNAUTHORIZED', 'authentication required', detail);
  if (access.kind === 'basic') {
    if ((site.public && actions === 'pull') || accountOf(site, given) !== null) return null;
    reply.headers.push(['WWW-Authenticate', `Basic realm="${access.realm}"`]);
    return reply;
  }
  const token = /^Bearer (.+)$/i.exec(given)?.[1];
  if (token !== undefined && tokens.allows(token, scope)) return null;
  const parts = [`realm="${access.realm}"`, `service="${access.service}"`];
  if (scope !== '') parts.push(`scope="${scope}"`);
  if (token !== undefined) parts.push(`error="${tokens.allows(token, '') ? 'insufficient_scope' : 'invalid_token'}"`);
  reply.headers.push(['WWW-Authenticate', `Bearer ${parts.join(',')}`]);
  return reply;
}

/** Whose `Basic` credentials these are, or null. */
function accountOf(site: RegistrySite, authorization: string): string | null {
  const encoded = /^Basic (.+)$/i.exec(authorization)?.[1];
  if (encoded === undefined) return null;
  const [user = '', ...rest] = new TextDecoder().decode(fromBase64(encoded)).split(':');
  return site.users.get(user) === rest.join(':') ? user : null;
}

/** The token server: by GET with `Basic`, or by POST with a form, as OAuth2 has it. */
function tokenAnswer({ site, tokens }: Service, asking: Asking, query: string): Answer {
  const { head, body } = asking;
  const form = parametersOf(head.method === 'POST' ? body.toString() : query);
  const value = (key: string): string => form.find(([name]) => name === key)?.[1] ?? '';
  const given = headerValue(head.headers, 'authorization') ?? '';
  let account: string | null = null;
  if (head.method === 'POST') {
    if (value('grant_type') !== 'password') return failure(400, 'UNSUPPORTED', 'unsupported grant type');
    account = site.users.get(value('username')) === value('password') ? value('username') : null;
  } else if (given !== '') account = accountOf(site, given);
  if (account === null && (head.method === 'POST' || given !== ''))
    return json(401, `${JSON.stringify({ details: 'incorrect username or password' })}\n`);
  const scopes = form.filter(([key]) => key === 'scope').flatMap(([, scope]) => scope.split(' '));
  const granted = scopes.flatMap((scope) => {
    const [type = '', name = '', actions = ''] = scope.split(':');
    const allowed = actions.split(',').filter((action) => account !== null || (site.public && action === 'pull'));
    return allowed.length === 0 ? [] : [`${type}:${name}:${allowed.join(',')}`];
  });
  const token = tokens.issue(granted);
  return json(200, JSON.stringify({ token, access_token: token, expires_in: 300 }));
}

/** Docker Hub counts the manifests that an address fetches, not those it only asks about. */
function limited({ site, pulls }: Service, { head, from, now }: Asking, get: () => Answer): Answer {
  if (site.pullLimit === null) return get();
  let window = pulls.get(from);
  if (window === undefined || now - window.since >= PULL_WINDOW_NS) window = { since: now, count: 0 };
  const isPull = head.method === 'GET';
  const seconds = PULL_WINDOW_NS / 1_000_000_000;
  if (isPull && window.count >= site.pullLimit) {
    const reply = failure(
      429,
      'TOOMANYREQUESTS',
      'You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
    );
    reply.headers.push(['Retry-After', String(Math.ceil((window.since + PULL_WINDOW_NS - now) / 1_000_000_000))]);
    return reply;
  }
  const reply = get();
  if (isPull && reply.status === 200) window = { since: window.since, count: window.count + 1 };
  pulls.set(from, window);
  reply.headers.push(
    ['Ratelimit-Limit', `${site.pullLimit};w=${seconds}`],
    ['Ratelimit-Remaining', `${site.pullLimit - window.count};w=${seconds}`],
    ['Docker-Ratelimit-Source', from],
  );
  return reply;
}
