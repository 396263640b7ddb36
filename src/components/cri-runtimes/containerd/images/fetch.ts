/**
 * Fetching everything an image consists of into the content store, with the labels that keep it from the collector.
 * @models containerd 2.1 core/transfer/local/pull.go, core/images/handlers.go, core/remotes/handlers.go
 * @fidelity partial: no verifiers
 */
import { type GoError, isErrorCode } from '../../../../go/errors.ts';
import type { Context } from '../../../../linux/context.ts';
import type { Rope } from '../../../../linux/rope.ts';
import { UNEXPECTED_EOF } from '../../../../protocols/distribution/client.ts';
import { digestHex } from '../../../../protocols/oci/digest.ts';
import { isConfigType, isIndexType, isManifestType } from '../../../../protocols/oci/media-types.ts';
import { selectManifests } from '../../../../protocols/oci/platform.ts';
import type { Descriptor, ImageIndex, ImageManifest, Platform } from '../../../../protocols/oci/types.ts';
import { classed, failure, isKind, throwIfCancelled, wrap } from '../../shared/errors.ts';
import type { ContentStore } from '../content-store/content-store.ts';
import { childLabels, chooseManifest, readIndex, readManifest } from './image-content.ts';
import type { ProgressTracker } from './progress.ts';

export interface Fetcher {
  /** `docker.io` and `library/busybox`: for the label that remembers where content came from. */
  readonly host: string;
  readonly repository: string;
  /** Delivers the parts of a blob as they arrive, from an offset on. */
  fetch(
    ctx: Context,
    descriptor: Descriptor,
    offset: number,
    sink: (ctx: Context, part: Rope) => Promise<void>,
  ): Promise<unknown>;
}

export type FetchOptions = {
  content: ContentStore;
  namespace: string;
  fetcher: Fetcher;
  tracker: ProgressTracker | null;
};

/**
 * One blob, unless it is there. What an earlier attempt has left of it is gone on with; what this one leaves stays for
 * the next. Returns how many bytes came over the network.
 */
export async function fetchBlob(ctx: Context, options: FetchOptions, descriptor: Descriptor): Promise<number> {
  const { content, namespace, fetcher, tracker } = options;
  const { digest, size, mediaType } = descriptor;
  tracker?.add(ctx, descriptor);
  throwIfCancelled(ctx);
  let received = 0;
  const writer = await content.openWriter(ctx, namespace, refKey(descriptor), size, digest);
  if (writer === null) tracker?.exists(ctx, descriptor);
  else {
    try {
      if (size === 0)
        throw classed('InvalidArgument', `unable to fetch descriptor (${digest}) which reports content size of zero`);
      const from = writer.status.offset;
      if (from !== size) {
        try {
          await fetcher.fetch(ctx, descriptor, from, async (c, part) => {
            received += part.length;
            await writer.write(c, part);
            throwIfCancelled(c);
          });
        } catch (error) {
          // What is missing is told by its length.
          if (!isUnexpectedEof(error)) throw wrap('failed to copy', error);
        }
      }
      if (writer.status.offset < size)
        throw failure(`short read: expected ${size - from} bytes but got ${received}: unexpected EOF`);
      await content.commit(ctx, writer, size, digest, {}, mediaType).catch((error: unknown) => {
        throw isKind(error, 'AlreadyExists') ? error : wrap(`failed commit on ref "${refKey(descriptor)}"`, error);
      });
    } catch (error) {
      if (!isKind(error, 'AlreadyExists')) throw error;
    } finally {
      await writer.close(ctx);
    }
  }
  await addSource(ctx, options, digest);
  return received;
}

function isUnexpectedEof(error: unknown): boolean {
  const fault = error as Partial<GoError> | null;
  return typeof fault?.before === 'string' && isErrorCode(fault as GoError, UNEXPECTED_EOF);
}

async function addSource(ctx: Context, { content, namespace, fetcher }: FetchOptions, digest: string): Promise<void> {
  const key = `containerd.io/distribution.source.${fetcher.host}`;
  const known = (content.info(namespace, digest)?.labels[key] ?? '').split(',').filter((name) => name !== '');
  const repositories = [...new Set([...known, fetcher.repository])].sort();
  await content.addLabels(ctx, namespace, digest, { [key]: repositories.join(',') });
}

export type FetchedManifest = { descriptor: Descriptor; manifest: ImageManifest; isWanted: boolean };

/**
 * The index, the manifests and the configs of an image. `platforms` null: the one manifest that suits this host best,
 * which must exist; empty: all. With `allMetadata` those of other platforms come as well.
 */
export async function fetchMetadata(
  ctx: Context,
  options: FetchOptions,
  target: Descriptor,
  platforms: readonly Platform[] | null,
  allMetadata: boolean,
): Promise<{ manifests: FetchedManifest[]; bytesRead: number }> {
  const { content, namespace, tracker } = options;
  let bytesRead = await fetchBlob(ctx, options, target);
  const wanted: { descriptor: Descriptor; isWanted: boolean }[] = [];
  if (isIndexType(target.mediaType)) {
    const index = await readIndex(ctx, content, namespace, target);
    const chosen = platforms === null ? [chooseManifest(index)] : suiting(index, platforms);
    // GC labels name every manifest of the index by its place, fetched or not.
    await content.addLabels(ctx, namespace, target.digest, childLabels(index.manifests));
    for (const descriptor of allMetadata ? index.manifests : chosen)
      wanted.push({ descriptor, isWanted: chosen.includes(descriptor) });
    tracker?.children(
      target,
      wanted.map((w) => w.descriptor),
    );
  } else if (isManifestType(target.mediaType)) wanted.push({ descriptor: target, isWanted: true });
  else throw failure(`encountered unknown type ${target.mediaType}; children may not be fetched`);
  const manifests: FetchedManifest[] = [];
  for (const { descriptor, isWanted } of wanted) {
    if (descriptor !== target) bytesRead += await fetchBlob(ctx, options, descriptor);
    const manifest = await readManifest(ctx, content, namespace, descriptor);
    await content.addLabels(ctx, namespace, descriptor.digest, childLabels([manifest.config, ...manifest.layers]));
    tracker?.children(descriptor, isWanted ? [manifest.config, ...manifest.layers] : [manifest.config]);
    bytesRead += await fetchBlob(ctx, options, manifest.config);
    manifests.push({ descriptor, manifest, isWanted });
  }
  return { manifests, bytesRead };
}

function suiting(index: ImageIndex, platforms: readonly Platform[]): Descriptor[] {
  if (platforms.length === 0) return index.manifests;
  const best = platforms.map((platform) => selectManifests(index.manifests, platform)[0]);
  return index.manifests.filter((descriptor) => best.includes(descriptor));
}

/** remotes.MakeRefKey: `layer-sha256:…` and the like, as `ctr content active` shows it. */
export function refKey(descriptor: Pick<Descriptor, 'mediaType' | 'digest'>): string {
  const { mediaType, digest } = descriptor;
  if (isManifestType(mediaType)) return `manifest-sha256:${digestHex(digest)}`;
  if (isIndexType(mediaType)) return `index-sha256:${digestHex(digest)}`;
  if (isConfigType(mediaType)) return `config-sha256:${digestHex(digest)}`;
  return `layer-sha256:${digestHex(digest)}`;
}
