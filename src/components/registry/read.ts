/** What can be got from a registry. @models distribution/distribution v2.8 registry/handlers/{manifests,blob,tags,catalog}.go */
import { Rope } from '../../linux/rope.ts';
import { headerValue, type RequestHead } from '../../protocols/http/http1.ts';
import { digestError } from '../../protocols/oci/digest.ts';
import { MEDIA_TYPES } from '../../protocols/oci/media-types.ts';
import { platformMatches } from '../../protocols/oci/platform.ts';
import type { ImageIndex } from '../../protocols/oci/types.ts';
import type { Repository, StoredManifest } from './catalogue/repository.ts';
import { type Answer, failure, json, type Parameters } from './reply.ts';
import type { Store } from './store.ts';

const CATALOG_MAX = 100;

export function manifest(repository: Repository, reference: string, request: RequestHead): Answer {
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

export function blob(repository: Repository, digest: string, request: RequestHead, ranges: boolean): Answer {
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
  const range = ranges ? headerValue(request.headers, 'range') : undefined;
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

export function tagList(repository: Repository, query: Parameters): Answer {
  const tags = [...repository.tags.keys()].sort();
  const { page, next } = paged(tags, query);
  const reply = json(200, `${JSON.stringify({ name: repository.name, tags: page })}\n`);
  if (next !== null) reply.headers.push(['Link', `</v2/${repository.name}/tags/list?${next}>; rel="next"`]);
  return reply;
}

export function catalog(store: Store, query: Parameters): Answer {
  const { page, next } = paged(store.names(), query, CATALOG_MAX);
  const reply = json(200, `${JSON.stringify({ repositories: page })}\n`);
  if (next !== null) reply.headers.push(['Link', `</v2/_catalog?${next}>; rel="next"`]);
  return reply;
}

function paged(
  all: readonly string[],
  query: Parameters,
  standard = all.length,
): { page: string[]; next: string | null } {
  const parameters = new Map(query);
  const size = Number(parameters.get('n') ?? standard);
  const last = parameters.get('last') ?? '';
  const rest = all.filter((entry) => entry > last);
  const page = rest.slice(0, size);
  return { page, next: page.length < rest.length ? `last=${page.at(-1) ?? ''}&n=${size}` : null };
}
