/**
 * Pulling: a manifest, its config and the layers that are not there yet, into the store.
 * @models CRI-O 1.36 server/image_pull.go, internal/storage/image.go; containers/image 5.38 copy
 * @fidelity partial: no partial pulls, signatures, decryption or progress timeouts
 */
import type { Context } from '../../../../linux/context.ts';
import { Rope, utf8 } from '../../../../linux/rope.ts';
import type { Credentials } from '../../../../protocols/distribution/authorizer.ts';
import { digestOf } from '../../../../protocols/oci/digest.ts';
import { isIndexType } from '../../../../protocols/oci/media-types.ts';
import { HOST_PLATFORM, selectManifests } from '../../../../protocols/oci/platform.ts';
import type { ImageReference } from '../../../../protocols/oci/reference.ts';
import type { Descriptor, ImageConfig } from '../../../../protocols/oci/types.ts';
import { parallel } from '../concurrency.ts';
import { type BigData, Store } from '../containers-storage/store.ts';
import { failure, wrap } from '../errors.ts';
import { decompress } from '../layers/apply-layer.ts';
import type { Logger } from '../log.ts';
import { DockerSource, errorWords, type FetchedManifest, parseImageManifest, parseIndex } from './docker-client.ts';
import { familiarName, fullName, repositoryOf } from './names.ts';
import { pullSources, readRegistriesConf } from './registries-conf.ts';

const DOWNLOADS_MAX = 6;
/** Above this a layer's diff id is only checked when it is known without reading every byte. */
const HASH_BYTES_MAX = 16 << 20;

export type PullOptions = {
  store: Store;
  log: Logger;
  insecureRegistries: readonly string[];
  credentials: Credentials | null;
  userAgent: string;
  /** By default its own name. */
  storeAs?: ImageReference;
  /** Is told what is copied, for those who show it. */
  onCopy?: (ctx: Context, what: 'signatures' | 'blob' | 'config' | 'manifest', digest: string) => Promise<void>;
};

/** Returns the image's id. */
export async function pull(ctx: Context, reference: ImageReference, options: PullOptions): Promise<string> {
  const name = fullName(reference);
  const { source, top } = await openSource(ctx, reference, options).catch((error: unknown) => {
    throw wrap(`initializing source docker://${familiarName(reference)}`, error);
  });
  try {
    await options.onCopy?.(ctx, 'signatures', '');
    const chosen = await chooseInstance(ctx, source, top);
    const manifest = parseImageManifest(utf8(chosen.body.bytes()));
    const id = manifest.config.digest.slice('sha256:'.length);
    const { store } = options;
    for (const { digest } of manifest.layers) await options.onCopy?.(ctx, 'blob', digest);
    await options.onCopy?.(ctx, 'config', manifest.config.digest);
    await options.onCopy?.(ctx, 'manifest', chosen.digest);
    const known = store.findImage(id);
    const data: BigData[] = [{ key: `manifest-${chosen.digest}`, data: chosen.body }];
    if (top !== chosen) data.push({ key: `manifest-${top.digest}`, data: top.body });
    data.push({ key: 'manifest', data: chosen.body });
    const { storeAs } = options;
    const keptName = storeAs !== undefined ? fullName(storeAs) : reference.digest === null ? name : '';
    if (known !== undefined) {
      await store.putImage(ctx, id, chosen.digest, known.layer, keptName, data);
      return id;
    }
    const configBlob = await source.blob(ctx, manifest.config);
    const config = JSON.parse(utf8(configBlob.bytes())) as ImageConfig;
    const layer = await putLayers(ctx, options, source, manifest.layers, config.rootfs?.diff_ids ?? []);
    await store.putImage(ctx, id, chosen.digest, layer, keptName, [
      { key: manifest.config.digest, data: configBlob },
      ...data,
    ]);
    return id;
  } finally {
    await source.close(ctx);
  }
}

export async function openSource(
  ctx: Context,
  reference: ImageReference,
  options: Omit<PullOptions, 'store'>,
): Promise<{ source: DockerSource; top: FetchedManifest }> {
  const conf = await readRegistriesConf(ctx);
  const what = reference.digest ?? reference.tag ?? 'latest';
  const suffix = reference.digest === null ? `:${what}` : `@${what}`;
  const failed: { location: string; error: unknown }[] = [];
  for (const { location, insecure } of pullSources(conf, repositoryOf(reference))) {
    await options.log.info(ctx, `Trying to access "${location}${suffix}"`);
    const domain = location.slice(0, location.indexOf('/'));
    const source = new DockerSource(
      location,
      insecure || options.insecureRegistries.includes(domain),
      options.credentials,
      options.userAgent,
    );
    try {
      return { source, top: await source.manifest(ctx, what) };
    } catch (error) {
      errorWords(error);
      failed.push({ location, error });
      await source.close(ctx);
    }
  }
  const last = failed.pop();
  const mirrors = failed.map(({ location, error }) => `[${location}${suffix}: ${errorWords(error)}]`);
  const words =
    mirrors.length === 0
      ? errorWords(last?.error)
      : `(Mirrors also failed: ${mirrors.join('')}): ${last?.location}${suffix}: ${errorWords(last?.error)}`;
  throw failure(words);
}

export async function chooseInstance(
  ctx: Context,
  source: DockerSource,
  top: FetchedManifest,
): Promise<FetchedManifest> {
  if (!isIndexType(top.mediaType)) return top;
  const index = parseIndex(utf8(top.body.bytes()));
  const chosen = selectManifests(index.manifests ?? [], HOST_PLATFORM)[0];
  if (chosen === undefined)
    throw failure(
      'choosing image instance: no image found in manifest list for architecture "amd64", variant "", OS "linux"',
    );
  return source.manifest(ctx, chosen.digest);
}

/** Returns the topmost layer. */
async function putLayers(
  ctx: Context,
  { store }: PullOptions,
  source: DockerSource,
  layers: readonly Descriptor[],
  diffIds: readonly string[],
): Promise<string> {
  const ids: string[] = [];
  for (const diffId of diffIds) ids.push(Store.layerId(ids.at(-1) ?? '', diffId));
  const missing = layers
    .map((layer, at) => ({ layer, at }))
    .filter(({ at }) => store.findLayer(ids[at] ?? '') === undefined);
  const blobs = new Map<number, Rope>();
  await ctx.spanned('fetch', 'cri-runtime', (c) =>
    parallel(
      c,
      'fetch',
      missing,
      async (inner, { layer, at }) => void blobs.set(at, await source.blob(inner, layer)),
      DOWNLOADS_MAX,
    ),
  );
  await ctx.spanned('unpack', 'cri-runtime', async (c) => {
    for (const { layer, at } of missing) {
      const id = ids[at] as string;
      if (store.findLayer(id) !== undefined) continue;
      const blob = blobs.get(at) ?? Rope.empty;
      const tar = decompress(blob);
      const diffId = diffIds[at] as string;
      if ((tar.wholeSource?.digest !== undefined || tar.length <= HASH_BYTES_MAX) && digestOf(tar) !== diffId)
        throw failure(`unpacking failed: uncompressed layer has digest ${digestOf(tar)}, expected ${diffId}`);
      await store.putLayer(c, id, ids[at - 1] ?? '', {
        digest: layer.digest,
        compressedSize: layer.size,
        diffId,
        tar,
      });
    }
  });
  return ids.at(-1) ?? '';
}
