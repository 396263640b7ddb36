/**
 * What can be put into a registry and taken out: blobs by upload sessions, manifests by name.
 * @models distribution/distribution v2.8 registry/handlers/{blobupload,manifests,blob}.go
 * @fidelity partial: uploads never expire; blobs that nothing refers to stay until the process ends
 */
import { Rope } from '../../linux/rope.ts';
import { headerValue } from '../../protocols/http/http1.ts';
import { digestError, digestOf } from '../../protocols/oci/digest.ts';
import { isIndexType, isManifestType } from '../../protocols/oci/media-types.ts';
import type { Descriptor } from '../../protocols/oci/types.ts';
import type { Asking, Service } from './answer.ts';
import type { Repository } from './catalogue/repository.ts';
import { type Answer, done, failure, type Parameters } from './reply.ts';
import type { Store } from './store.ts';

const TAG = /^\w[\w.-]{0,127}$/;

/** One request about an upload: `POST uploads/` begins, `PATCH` adds, `PUT ?digest=` ends it. */
export function uploadStep(
  service: Service,
  { head, body }: Asking,
  name: string,
  id: string,
  parameters: Parameters,
): Answer {
  const value = (key: string): string => parameters.find(([found]) => found === key)?.[1] ?? '';
  if (id === '') {
    if (head.method !== 'POST') return failure(405, 'UNSUPPORTED', 'The operation is unsupported.');
    const mounted = value('mount');
    const shared = mounted === '' ? undefined : service.store.repository(value('from'))?.blobs.get(mounted);
    if (shared !== undefined) return stored(service.store, name, mounted, shared);
    if (value('digest') !== '') return finished(service.store, name, value('digest'), body);
    const started = service.newUploadId();
    service.uploads.set(started, { repository: name, content: Rope.empty });
    return progress(202, name, started, 0);
  }
  const upload = service.uploads.get(id);
  if (upload === undefined || upload.repository !== name)
    return failure(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry');
  switch (head.method) {
    case 'GET':
      return progress(204, name, id, upload.content.length);
    case 'DELETE':
      service.uploads.delete(id);
      return done(204, [['Docker-Upload-UUID', id]]);
    case 'PATCH': {
      const start = /^(\d+)-\d+$/.exec(headerValue(head.headers, 'content-range') ?? '')?.[1];
      if (start !== undefined && Number(start) !== upload.content.length)
        return { ...progress(416, name, id, upload.content.length) };
      upload.content = upload.content.concat(body);
      return progress(202, name, id, upload.content.length);
    }
    case 'PUT': {
      const reply = finished(service.store, name, value('digest'), upload.content.concat(body));
      if (reply.status === 201) service.uploads.delete(id);
      return reply;
    }
    default:
      return failure(405, 'UNSUPPORTED', 'The operation is unsupported.');
  }
}

function progress(status: number, name: string, id: string, length: number): Answer {
  return done(status, [
    ['Location', `/v2/${name}/blobs/uploads/${id}`],
    ['Range', `0-${Math.max(0, length - 1)}`],
    ['Docker-Upload-UUID', id],
  ]);
}

function finished(store: Store, name: string, digest: string, content: Rope): Answer {
  if (digestError(digest) !== null || digestOf(content) !== digest)
    return failure(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  return stored(store, name, digest, content);
}

function stored(store: Store, name: string, digest: string, content: Rope): Answer {
  store.create(name).blobs.set(digest, content);
  return done(201, [
    ['Location', `/v2/${name}/blobs/${digest}`],
    ['Docker-Content-Digest', digest],
  ]);
}

export function putManifest(store: Store, name: string, reference: string, { head, body }: Asking): Answer {
  const digest = digestOf(body);
  const isDigest = reference.includes(':');
  if (isDigest && reference !== digest)
    return failure(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  if (!isDigest && !TAG.test(reference)) return failure(400, 'TAG_INVALID', 'manifest tag did not match URI');
  const mediaType = (headerValue(head.headers, 'content-type') ?? '').split(';')[0]?.trim() ?? '';
  const repository = store.create(name);
  const missing = missingReferences(repository, mediaType, body);
  if (missing === null) return failure(400, 'MANIFEST_INVALID', 'manifest invalid', {});
  if (missing.length > 0)
    return failure(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry', { digest: missing[0] });
  repository.manifests.set(digest, { mediaType, bytes: body });
  if (!isDigest) repository.tags.set(reference, digest);
  return done(201, [
    ['Location', `/v2/${name}/manifests/${digest}`],
    ['Docker-Content-Digest', digest],
  ]);
}

/** What a manifest refers to and the repository has not; null when it is no manifest. */
function missingReferences({ blobs, manifests }: Repository, mediaType: string, bytes: Rope): string[] | null {
  let value: { config?: Descriptor; layers?: Descriptor[]; manifests?: Descriptor[] };
  try {
    value = JSON.parse(bytes.toString()) as typeof value;
  } catch {
    return null;
  }
  if (isIndexType(mediaType)) {
    if (!Array.isArray(value.manifests)) return null;
    return value.manifests.map(({ digest }) => digest).filter((digest) => !manifests.has(digest));
  }
  if (!isManifestType(mediaType) || value.config === undefined || !Array.isArray(value.layers)) return null;
  return [value.config, ...value.layers].map(({ digest }) => digest).filter((digest) => !blobs.has(digest));
}

export function deleteManifest(store: Store, name: string, reference: string): Answer {
  const repository = store.repository(name);
  if (repository === null) return failure(404, 'NAME_UNKNOWN', 'repository name not known to registry', { name });
  if (digestError(reference) !== null)
    return failure(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
  if (!repository.manifests.delete(reference)) return failure(404, 'MANIFEST_UNKNOWN', 'manifest unknown');
  for (const [tag, digest] of [...repository.tags]) if (digest === reference) repository.tags.delete(tag);
  return done(202, []);
}

export function deleteBlob(store: Store, name: string, digest: string): Answer {
  const repository = store.repository(name);
  if (repository === null) return failure(404, 'NAME_UNKNOWN', 'repository name not known to registry', { name });
  return repository.blobs.delete(digest) ? done(202, []) : failure(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
}
