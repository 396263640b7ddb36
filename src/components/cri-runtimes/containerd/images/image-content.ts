/**
 * From a descriptor to what it consists of, through the content store.
 * @models containerd 2.1 core/images/image.go, handlers.go, usage/calculator.go
 * @fidelity partial: this host's platform only
 */
import type { Context } from '../../../../linux/context.ts';
import { chainId } from '../../../../protocols/oci/digest.ts';
import { parseConfig, parseIndex, parseManifest, validateMediaType } from '../../../../protocols/oci/documents.ts';
import { isConfigType, isIndexType, isLayerType, isManifestType } from '../../../../protocols/oci/media-types.ts';
import { HOST_PLATFORM, selectManifests } from '../../../../protocols/oci/platform.ts';
import type { Descriptor, ImageConfig, ImageIndex, ImageManifest } from '../../../../protocols/oci/types.ts';
import { notFound, wrap } from '../../shared/errors.ts';
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
  const config = parseConfig(await content.readText(ctx, ns, manifest.config.digest));
  const layers = manifest.layers.reduce((sum, layer) => sum + layer.size, 0);
  const image: ResolvedImage = {
    manifestDescriptor: descriptor,
    manifest,
    config,
    configDigest: manifest.config.digest,
    chainId: chainId(config.rootfs.diff_ids),
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
    const manifest = await readManifest(ctx, content, ns, target, 'manifest');
    return { descriptor: target, manifest, indexSize: 0 };
  }
  if (!isIndexType(target.mediaType)) throw notFound(`unexpected media type ${target.mediaType} for ${target.digest}`);
  const descriptor = chooseManifest(await readIndex(ctx, content, ns, target, 'manifest'));
  const manifest = await readManifest(ctx, content, ns, descriptor, 'manifest');
  return { descriptor, manifest, indexSize: target.size };
}

export function chooseManifest(index: ImageIndex): Descriptor {
  const chosen = selectManifests(index.manifests, HOST_PLATFORM)[0];
  if (chosen === undefined) throw notFound('no match for platform in manifest');
  return chosen;
}

type Target = Pick<Descriptor, 'mediaType' | 'digest'>;

/** `asker` names who wants to know, as containerd's messages do: `children` or `manifest`. */
export async function readIndex(
  ctx: Context,
  content: ContentStore,
  ns: string,
  target: Target,
  asker = 'children',
): Promise<ImageIndex> {
  return parseIndex(await validText(ctx, content, ns, target, asker));
}

export async function readManifest(
  ctx: Context,
  content: ContentStore,
  ns: string,
  target: Target,
  asker = 'children',
): Promise<ImageManifest> {
  return parseManifest(await validText(ctx, content, ns, target, asker));
}

async function validText(
  ctx: Context,
  content: ContentStore,
  ns: string,
  { mediaType, digest }: Target,
  asker: string,
): Promise<string> {
  const text = await content.readText(ctx, ns, digest);
  try {
    validateMediaType(text, mediaType);
  } catch (error) {
    throw wrap(`${asker}: invalid desc ${digest}`, error);
  }
  return text;
}

/**
 * images.ChildGCLabels with the names that SetChildrenMappedLabels gives them: what a blob refers to, for the collector.
 */
export function childLabels(children: readonly Descriptor[]): Record<string, string> {
  const labels: Record<string, string> = {};
  const used = new Map<string, number>();
  for (const { mediaType, digest } of children) {
    const key = `containerd.io/gc.ref.content.${labelSuffix(mediaType)}`;
    const at = used.get(key) ?? 0;
    used.set(key, at + 1);
    labels[at > 0 || key.endsWith('.') ? `${key}${at}` : key] = digest;
  }
  return labels;
}

function labelSuffix(mediaType: string): string {
  if (isConfigType(mediaType)) return 'config';
  if (isManifestType(mediaType)) return 'm.';
  return isLayerType(mediaType) ? 'l.' : '';
}
