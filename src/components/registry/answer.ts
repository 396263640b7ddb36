/**
 * The distribution API as a function from request to answer.
 * @models distribution/distribution v2.8 registry/handlers, registry/auth/token
 * @fidelity partial: read only (uploads and deletions answer UNSUPPORTED); anybody may pull anything
 */
import { Rope } from '../../linux/rope.ts';
import { errorBody } from '../../protocols/distribution/registry-errors.ts';
import { headerValue, type RequestHead } from '../../protocols/http/http1.ts';
import { digestError } from '../../protocols/oci/digest.ts';
import { MEDIA_TYPES } from '../../protocols/oci/media-types.ts';
import { platformMatches } from '../../protocols/oci/platform.ts';
import type { ImageIndex } from '../../protocols/oci/types.ts';
import type { Repository, StoredManifest } from './catalogue/repository.ts';
import type { RegistrySite } from './sites.ts';
import type { Store } from './store.ts';

export type Answer = { status: number; headers: [string, string][]; body: Rope };

/** Tokens this process has handed out, and what they allow. */
export type Tokens = { issue(scopes: readonly string[]): string; allows(token: string, scope: string): boolean };

const JSON_TYPE = 'application/json; charset=utf-8';
const CATALOG_MAX = 100;
const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

export function answer(site: RegistrySite, store: Store, tokens: Tokens, request: RequestHead): Answer {
  const [path = '', query = ''] = request.target.split('?');
  if (site.token !== null && path === '/token') return tokenAnswer(tokens, query);
  if (path !== '/v2' && !path.startsWith('/v2/'))
    return {
      status: 404,
      headers: [['Content-Type', 'text/plain; charset=utf-8']],
      body: Rope.text('404 page not found\n'),
    };
  const reply = authorised(site, store, tokens, request, path.slice(4), query);
  reply.headers.unshift(['Docker-Distribution-Api-Version', 'registry/2.0']);
  return reply;
}

function authorised(
  site: RegistrySite,
  store: Store,
  tokens: Tokens,
  request: RequestHead,
  path: string,
  query: string,
): Answer {
  const [, name = '', kind = '', reference = ''] = /^(.+)\/(manifests|blobs|tags)\/(.+?)\/?$/.exec(path) ?? [];
  const scope = name === '' ? (path === '_catalog' ? 'registry:catalog:*' : '') : `repository:${name}:pull`;
  if (site.token !== null) {
    const token = /^Bearer (.+)$/i.exec(headerValue(request.headers, 'authorization') ?? '')?.[1];
    if (token === undefined || !tokens.allows(token, scope))
      return challenge(site.token, scope, name, token !== undefined);
  }
  if (path === '') return json(200, '{}');
  if (path === '_catalog') return catalog(store, query);
  if (kind === '' || !NAME.test(name)) {
    if (name !== '') return failure(400, 'NAME_INVALID', 'invalid repository name');
    return {
      status: 404,
      headers: [['Content-Type', 'text/plain; charset=utf-8']],
      body: Rope.text('404 page not found\n'),
    };
  }
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return failure(405, 'UNSUPPORTED', 'The operation is unsupported.');
  const repository = store.repository(name);
  if (repository === null) return failure(404, 'NAME_UNKNOWN', 'repository name not known to registry', { name });
  if (kind === 'tags')
    return reference === 'list'
      ? tagList(repository, query)
      : failure(404, 'UNSUPPORTED', 'The operation is unsupported.');
  return kind === 'manifests' ? manifest(repository, reference, request) : blob(repository, reference, request);
}

function challenge(token: { realm: string; service: string }, scope: string, name: string, hasToken: boolean): Answer {
  const parts = [`realm="${token.realm}"`, `service="${token.service}"`];
  if (scope !== '') parts.push(`scope="${scope}"`);
  if (hasToken) parts.push('error="invalid_token"');
  const detail = name === '' ? null : [{ Type: 'repository', Class: '', Name: name, Action: 'pull' }];
  const reply = failure(401, 'UNAUTHORIZED', 'authentication required', detail);
  reply.headers.push(['WWW-Authenticate', `Bearer ${parts.join(',')}`]);
  return reply;
}

function tokenAnswer(tokens: Tokens, query: string): Answer {
  const scopes = parametersOf(query)
    .filter(([key]) => key === 'scope')
    .flatMap(([, value]) => value.split(' '));
  const token = tokens.issue(scopes);
  return json(200, JSON.stringify({ token, access_token: token, expires_in: 300 }));
}

function manifest(repository: Repository, reference: string, request: RequestHead): Answer {
  const isDigest = reference.includes(':');
  if (isDigest && digestError(reference) !== null)
    return failure(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  const digest = isDigest ? reference : repository.tags.get(reference);
  const found = digest === undefined ? undefined : repository.manifests.get(digest);
  if (digest === undefined || found === undefined) {
    const detail = isDigest ? { Name: repository.name, Revision: reference } : { Tag: reference };
    return failure(404, 'MANIFEST_UNKNOWN', isDigest ? `manifest unknown` : 'manifest unknown', detail);
  }
  const accepted = acceptedTypes(request);
  if (isDigest || accepted.has(found.mediaType)) return manifestAnswer(digest, found);
  // Old clients that know no indexes are given the image for linux/amd64, if it is one of Docker's.
  if (found.mediaType === MEDIA_TYPES.index) {
    return failure(404, 'MANIFEST_UNKNOWN', 'OCI index found, but accept header does not support OCI indexes');
  }
  if (found.mediaType !== MEDIA_TYPES.dockerManifestList) return manifestAnswer(digest, found);
  const index = JSON.parse(found.bytes.toString()) as ImageIndex;
  const child = index.manifests.find(
    (entry) => entry.platform !== undefined && platformMatches(entry.platform, { os: 'linux', architecture: 'amd64' }),
  );
  const image = repository.manifests.get(child?.digest ?? '');
  if (child === undefined || image === undefined) return failure(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  return manifestAnswer(child.digest, image);
}

function acceptedTypes(request: RequestHead): { has(type: string): boolean } {
  const values = request.headers
    .filter(([name]) => name.toLowerCase() === 'accept')
    .flatMap(([, value]) => value.split(','));
  const types = new Set(values.map((value) => (value.split(';')[0] ?? '').trim()));
  // Like the original, a wildcard alone does not stand for the newer formats, except for clients that send nothing else.
  return { has: (type) => types.has(type) || (types.has('*/*') && type !== MEDIA_TYPES.dockerManifestList) };
}

function manifestAnswer(digest: string, { mediaType, bytes }: StoredManifest): Answer {
  return {
    status: 200,
    headers: [
      ['Content-Type', mediaType],
      ['Docker-Content-Digest', digest],
      ['Etag', `"${digest}"`],
    ],
    body: bytes,
  };
}

function blob(repository: Repository, digest: string, request: RequestHead): Answer {
  if (digestError(digest) !== null)
    return failure(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  const content = repository.blobs.get(digest);
  if (content === undefined) return failure(404, 'BLOB_UNKNOWN', 'blob unknown to registry', digest);
  const headers: [string, string][] = [
    ['Accept-Ranges', 'bytes'],
    ['Cache-Control', 'max-age=31536000'],
    ['Content-Type', 'application/octet-stream'],
    ['Docker-Content-Digest', digest],
    ['Etag', `"${digest}"`],
  ];
  const range = headerValue(request.headers, 'range');
  if (range === undefined || request.method === 'HEAD') return { status: 200, headers, body: content };
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
  if (from === '' && to === '') return { status: 200, headers, body: content };
  const start = from === '' ? Math.max(0, content.length - Number(to)) : Number(from);
  const end = from === '' || to === '' ? content.length : Math.min(content.length, Number(to) + 1);
  if (start >= content.length || end <= start) {
    return {
      status: 416,
      headers: [
        ['Content-Range', `bytes */${content.length}`],
        ['Content-Type', 'text/plain; charset=utf-8'],
      ],
      body: Rope.text('invalid range: failed to overlap\n'),
    };
  }
  headers.push(['Content-Range', `bytes ${start}-${end - 1}/${content.length}`]);
  return { status: 206, headers, body: content.slice(start, end) };
}

function tagList(repository: Repository, query: string): Answer {
  const tags = [...repository.tags.keys()].sort();
  const { page, next } = paged(tags, query);
  const reply = json(200, `${JSON.stringify({ name: repository.name, tags: page })}\n`);
  if (next !== null) reply.headers.push(['Link', `</v2/${repository.name}/tags/list?${next}>; rel="next"`]);
  return reply;
}

function catalog(store: Store, query: string): Answer {
  const { page, next } = paged(store.names(), query, CATALOG_MAX);
  const reply = json(200, `${JSON.stringify({ repositories: page })}\n`);
  if (next !== null) reply.headers.push(['Link', `</v2/_catalog?${next}>; rel="next"`]);
  return reply;
}

function paged(all: readonly string[], query: string, standard = all.length): { page: string[]; next: string | null } {
  const parameters = new Map(parametersOf(query));
  const size = Number(parameters.get('n') ?? standard);
  const last = parameters.get('last') ?? '';
  const rest = all.filter((entry) => entry > last);
  const page = rest.slice(0, size);
  return { page, next: page.length < rest.length ? `last=${page.at(-1) ?? ''}&n=${size}` : null };
}

function parametersOf(query: string): [string, string][] {
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const [key = '', value = ''] = part.split('=');
      return [key, decodeURIComponent(value.replaceAll('+', ' '))];
    });
}

function json(status: number, body: string): Answer {
  return { status, headers: [['Content-Type', JSON_TYPE]], body: Rope.text(body) };
}

function failure(status: number, code: string, message: string, detail?: unknown): Answer {
  return json(status, errorBody(code, message, detail));
}
