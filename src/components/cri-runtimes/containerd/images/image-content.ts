/**
 * From a descriptor to what it consists of, through the content store.
 * @models containerd 2.1 core/images/image.go, handlers.go, usage/calculator.go
 * @fidelity partial: this host's platform only
 */
import type { Context } from '../../../../linux/context.ts';
import { chainId } from '../../../../protocols/oci/digest.ts';
import { isIndexType, isManifestType } from '../../../../protocols/oci/media-types.ts';
import { HOST_PLATFORM, selectManifests } from '../../../../protocols/oci/platform.ts';
import type { Descriptor, ImageConfig, ImageIndex, ImageManifest } from '../../../../protocols/oci/types.ts';
import { failure, notFound, wrap } from '../../shared/errors.ts';
import { unmarshalJson } from '../../shared/go-json.ts';
import type { ContentDescriptor, ContentStore } from '../content-store/content-store.ts';

export type ResolvedImage = {
  manifestDescriptor: Descriptor;
  manifest: ImageManifest;
  config: ImageConfig;
  configDigest: string;
  /** Of all layers. */
  chainId: string;
  /** Bytes of manifest, config and compressed layers, and of the index if there is one. */
  size: number;
};

/** Images are immutable: parsed once for each target digest. */
const CACHE_MAX = 256;
const cache = new WeakMap<ContentStore, Map<string, ResolvedImage>>();

export async function resolveImage(
  ctx: Context,
  content: ContentStore,
  ns: string,
  target: ContentDescriptor,
): Promise<ResolvedImage> {
  let known = cache.get(content);
  if (known === undefined) {
    known = new Map();
    cache.set(content, known);
  }
  const hit = known.get(target.digest);
  if (hit !== undefined && content.info(ns, hit.configDigest) !== undefined) return hit;
  const { descriptor, manifest, indexSize } = await findManifest(ctx, content, ns, target);
  const configText = await content.readText(ctx, ns, manifest.config.digest);
  const config = unmarshalJson(configText) as unknown as ImageConfig;
  const layers = manifest.layers.reduce((sum, layer) => sum + layer.size, 0);
  const image: ResolvedImage = {
    manifestDescriptor: descriptor,
    manifest,
    config,
    configDigest: manifest.config.digest,
    chainId: chainId(config.rootfs?.diff_ids ?? []),
    size: indexSize + descriptor.size + manifest.config.size + layers,
  };
  if (known.size >= CACHE_MAX) known.clear();
  known.set(target.digest, image);
  return image;
}

async function findManifest(
  ctx: Context,
  content: ContentStore,
  ns: string,
  target: ContentDescriptor,
): Promise<{ descriptor: Descriptor; manifest: ImageManifest; indexSize: number }> {
  if (isManifestType(target.mediaType)) {
    const manifest = unmarshalJson(await content.readText(ctx, ns, target.digest)) as unknown as ImageManifest;
    return { descriptor: target, manifest, indexSize: 0 };
  }
  if (!isIndexType(target.mediaType)) throw notFound(`unexpected media type ${target.mediaType} for ${target.digest}`);
  const index = unmarshalJson(await content.readText(ctx, ns, target.digest)) as unknown as ImageIndex;
  const descriptor = chooseManifest(index);
  const manifest = unmarshalJson(await content.readText(ctx, ns, descriptor.digest)) as unknown as ImageManifest;
  return { descriptor, manifest, indexSize: target.size };
}

export function chooseManifest(index: ImageIndex): Descriptor {
  const chosen = selectManifests(index.manifests ?? [], HOST_PLATFORM)[0];
  if (chosen === undefined) throw notFound('no match for platform in manifest');
  return chosen;
}

/** images.validateMediaType: a blob that claims to be a manifest must look like one. */
export function parseManifest(text: string, descriptor: Descriptor): ImageManifest {
  let parsed: Record<string, unknown>;
  try {
    parsed = unmarshalJson(text) as Record<string, unknown>;
  } catch (error) {
    throw wrap(`manifest: invalid desc ${descriptor.digest}`, error);
  }
  if (parsed['fsLayers'] !== undefined || parsed['schemaVersion'] === 1) {
    throw failure('media-type: schema 1 not supported');
  }
  if (parsed['manifests'] !== undefined) {
    throw failure(`media-type: expected manifest but found index (${descriptor.mediaType})`);
  }
  return parsed as unknown as ImageManifest;
}
