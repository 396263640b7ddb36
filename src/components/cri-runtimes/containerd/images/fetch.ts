/**
 * Fetching everything an image consists of into the content store, with the labels that keep it from the collector.
 * @models containerd 2.1 core/transfer/local/pull.go, core/images/handlers.go, core/remotes/handlers.go
 * @fidelity partial: this host's platform only; no resumption, no verifiers
 */
import type { Context } from '../../../../linux/context.ts';
import type { Rope } from '../../../../linux/rope.ts';
import { digestHex } from '../../../../protocols/oci/digest.ts';
import { isConfigType, isIndexType, isManifestType } from '../../../../protocols/oci/media-types.ts';
import type { Descriptor, ImageIndex, ImageManifest } from '../../../../protocols/oci/types.ts';
import { parallel } from '../concurrency.ts';
import type { ContentStore } from '../content-store/content-store.ts';
import { failure } from '../errors.ts';
import { unmarshalJson } from '../go-json.ts';
import { chooseManifest, parseManifest } from './image-content.ts';

export interface Fetcher {
  /** `docker.io` and `library/busybox`: for the label that remembers where content came from. */
  readonly host: string;
  readonly repository: string;
  fetch(ctx: Context, descriptor: Descriptor): Promise<Rope>;
}

export type FetchedImage = { manifest: ImageManifest; manifestDescriptor: Descriptor; bytesRead: number };

export async function fetchImage(
  ctx: Context,
  content: ContentStore,
  ns: string,
  fetcher: Fetcher,
  target: Descriptor,
  downloadsMax: number,
): Promise<FetchedImage> {
  let bytesRead = 0;
  const source = { [`containerd.io/distribution.source.${fetcher.host}`]: fetcher.repository };
  const fetchOne = async (c: Context, descriptor: Descriptor): Promise<void> => {
    if (content.info(ns, descriptor.digest) !== undefined) {
      await content.addLabels(c, ns, descriptor.digest, source);
      return;
    }
    const blob = await fetcher.fetch(c, descriptor);
    bytesRead += blob.length;
    await content.write(c, ns, refKey(descriptor), blob, descriptor, source);
  };
  await fetchOne(ctx, target);
  let manifestDescriptor = target;
  if (isIndexType(target.mediaType)) {
    const index = unmarshalJson(await content.readText(ctx, ns, target.digest)) as unknown as ImageIndex;
    manifestDescriptor = chooseManifest(index);
    // GC labels name every manifest of the index by its place, fetched or not.
    const labels = Object.fromEntries(index.manifests.map((m, i) => [`containerd.io/gc.ref.content.m.${i}`, m.digest]));
    await content.addLabels(ctx, ns, target.digest, labels);
    await fetchOne(ctx, manifestDescriptor);
  } else if (!isManifestType(target.mediaType)) {
    throw failure(`encountered unknown type ${target.mediaType}; children may not be fetched`);
  }
  const manifest = parseManifest(await content.readText(ctx, ns, manifestDescriptor.digest), manifestDescriptor);
  await content.addLabels(ctx, ns, manifestDescriptor.digest, {
    'containerd.io/gc.ref.content.config': manifest.config.digest,
    ...Object.fromEntries(manifest.layers.map((layer, i) => [`containerd.io/gc.ref.content.l.${i}`, layer.digest])),
  });
  await parallel(
    ctx,
    'fetch',
    [manifest.config, ...manifest.layers],
    (c, descriptor) => fetchOne(c, descriptor),
    downloadsMax,
  );
  return { manifest, manifestDescriptor, bytesRead };
}

/** remotes.MakeRefKey: `layer-sha256:…` and the like, as `ctr content active` shows it. */
function refKey(descriptor: Descriptor): string {
  const { mediaType, digest } = descriptor;
  if (isManifestType(mediaType)) return `manifest-sha256:${digestHex(digest)}`;
  if (isIndexType(mediaType)) return `index-sha256:${digestHex(digest)}`;
  if (isConfigType(mediaType)) return `config-sha256:${digestHex(digest)}`;
  return `layer-sha256:${digestHex(digest)}`;
}
