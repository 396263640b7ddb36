/**
 * Images as a client sees them: from a name to manifest, config and snapshots.
 * @models containerd 2.1 client/image.go, core/images/image.go
 * @fidelity partial: usage is what is there of the image's content
 */
import type { Context } from '../../../linux/context.ts';
import { ContentService } from '../../../protocols/containerd/services/content/v1/generated.ts';
import { DiffService } from '../../../protocols/containerd/services/diff/v1/generated.ts';
import { type Image, ImagesService } from '../../../protocols/containerd/services/images/v1/generated.ts';
import { SnapshotsService } from '../../../protocols/containerd/services/snapshots/v1/generated.ts';
import { chainIds } from '../../../protocols/oci/digest.ts';
import { isIndexType, isManifestType } from '../../../protocols/oci/media-types.ts';
import { HOST_PLATFORM, selectManifests } from '../../../protocols/oci/platform.ts';
import type { Descriptor, ImageConfig, ImageIndex, ImageManifest, Platform } from '../../../protocols/oci/types.ts';
import type { Client } from './client.ts';
import { leaseId } from './client.ts';
import { hasContent, readJson } from './content.ts';
import { ContainerdError, isKind, wrapping } from './errors.ts';

export type ResolvedImage = {
  name: string;
  target: Descriptor;
  manifestDescriptor: Descriptor;
  manifest: ImageManifest;
  config: ImageConfig;
  /** Of all layers; empty without layers. */
  chainId: string;
};

export async function getImage(ctx: Context, client: Client, name: string): Promise<Image> {
  const { image } = await client.call(ctx, ImagesService.methods.Get, { name });
  if (image === undefined) throw new ContainerdError(`image "${name}": not found`, 'NotFound');
  return image;
}

export async function listImages(ctx: Context, client: Client, filters: readonly string[] = []): Promise<Image[]> {
  return (await client.call(ctx, ImagesService.methods.List, { filters })).images;
}

export function targetOf(image: Image): Descriptor {
  const { mediaType = '', digest = '', size = 0n } = image.target ?? {};
  return { mediaType, digest, size: Number(size) };
}

/** The manifest that suits a platform best. */
export async function findManifest(
  ctx: Context,
  client: Client,
  target: Descriptor,
  platform: Platform = HOST_PLATFORM,
): Promise<Descriptor> {
  if (isManifestType(target.mediaType)) return target;
  if (!isIndexType(target.mediaType)) {
    throw new ContainerdError(`unexpected media type ${target.mediaType} for ${target.digest}: not found`, 'NotFound');
  }
  const index = await readJson<ImageIndex>(ctx, client, target.digest);
  for (const descriptor of selectManifests(index.manifests ?? [], platform)) {
    if (await hasContent(ctx, client, descriptor.digest)) return descriptor;
  }
  throw new ContainerdError(`no match for platform in manifest ${target.digest}: not found`, 'NotFound');
}

export async function resolveImage(
  ctx: Context,
  client: Client,
  image: Image,
  platform: Platform = HOST_PLATFORM,
): Promise<ResolvedImage> {
  const target = targetOf(image);
  const manifestDescriptor = await findManifest(ctx, client, target, platform);
  const manifest = await readJson<ImageManifest>(ctx, client, manifestDescriptor.digest);
  const config = await readJson<ImageConfig>(ctx, client, manifest.config.digest);
  const chainId = chainIds(config.rootfs?.diff_ids ?? []).at(-1) ?? '';
  return { name: image.name, target, manifestDescriptor, manifest, config, chainId };
}

/** The platforms whose manifests and configs are there. */
export async function imagePlatforms(ctx: Context, client: Client, target: Descriptor): Promise<Platform[]> {
  if (isIndexType(target.mediaType)) {
    const { manifests = [] } = await readJson<ImageIndex>(ctx, client, target.digest);
    const found: Platform[] = [];
    for (const descriptor of manifests) {
      if (!(await hasContent(ctx, client, descriptor.digest))) continue;
      found.push(
        ...(descriptor.platform === undefined ? await imagePlatforms(ctx, client, descriptor) : [descriptor.platform]),
      );
    }
    return found;
  }
  if (!isManifestType(target.mediaType)) return [];
  const { config } = await readJson<ImageManifest>(ctx, client, target.digest);
  const { os, architecture, variant } = await readJson<ImageConfig>(ctx, client, config.digest);
  return [{ os, architecture, ...(variant === undefined ? {} : { variant }) }];
}

/** Bytes of the index, the manifest, the config and the packed layers. */
export async function imageSize(ctx: Context, client: Client, target: Descriptor): Promise<number> {
  const descriptor = await findManifest(ctx, client, target);
  const manifest = await readJson<ImageManifest>(ctx, client, descriptor.digest);
  const own = descriptor.digest === target.digest ? 0 : target.size;
  const parts = [descriptor, manifest.config, ...manifest.layers];
  return parts.reduce((sum, part) => sum + part.size, own);
}

export async function isUnpacked(
  ctx: Context,
  client: Client,
  image: ResolvedImage,
  snapshotter: string,
): Promise<boolean> {
  try {
    await client.call(ctx, SnapshotsService.methods.Stat, { snapshotter, key: image.chainId });
    return true;
  } catch (error) {
    if (isKind(error, 'NotFound')) return false;
    throw error;
  }
}

/** Image.Unpack: layer by layer with the snapshots and diff services. */
export async function unpackImage(
  ctx: Context,
  client: Client,
  image: ResolvedImage,
  snapshotter: string,
): Promise<void> {
  const diffIds = image.config.rootfs?.diff_ids ?? [];
  const chains = chainIds(diffIds);
  const { layers, config } = image.manifest;
  if (layers.length !== diffIds.length) throw new ContainerdError('mismatched image rootfs and manifest layers');
  await client.withLease(ctx, async (leased) => {
    for (const [i, layer] of layers.entries()) {
      await wrapping(`apply layer error for "${image.name}"`, () =>
        applyLayer(ctx, leased, layer, diffIds[i] as string, chains[i] as string, chains[i - 1] ?? '', snapshotter),
      );
    }
    await labelContent(ctx, leased, config.digest, `containerd.io/gc.ref.snapshot.${snapshotter}`, image.chainId);
  });
}

async function applyLayer(
  ctx: Context,
  client: Client,
  layer: Descriptor,
  diffId: string,
  chain: string,
  parent: string,
  snapshotter: string,
): Promise<void> {
  const { methods } = SnapshotsService;
  try {
    await client.call(ctx, methods.Stat, { snapshotter, key: chain });
    return;
  } catch (error) {
    if (!isKind(error, 'NotFound')) throw error;
  }
  const key = `extract-${leaseId(ctx)} ${chain}`;
  const labels = { 'containerd.io/snapshot.ref': chain };
  const { mounts } = await client.call(ctx, methods.Prepare, { snapshotter, key, parent, labels });
  try {
    const { mediaType, digest, size } = layer;
    const { applied } = await client.call(ctx, DiffService.methods.Apply, {
      diff: { mediaType, digest, size: BigInt(size) },
      mounts,
    });
    if (applied?.digest !== diffId)
      throw new ContainerdError(`wrong diff id calculated on extraction "${applied?.digest}"`);
    await client.call(ctx, methods.Commit, { snapshotter, name: chain, key, labels });
    await labelContent(ctx, client, digest, 'containerd.io/uncompressed', diffId);
  } catch (error) {
    try {
      await client.call(ctx, methods.Remove, { snapshotter, key });
    } catch (cleanup) {
      if (!isKind(cleanup, 'NotFound')) throw cleanup;
    }
    if (!isKind(error, 'AlreadyExists')) throw error;
  }
}

async function labelContent(ctx: Context, client: Client, digest: string, key: string, value: string): Promise<void> {
  await client.call(ctx, ContentService.methods.Update, {
    info: { digest, labels: { [key]: value } },
    updateMask: { paths: [`labels.${key}`] },
  });
}
