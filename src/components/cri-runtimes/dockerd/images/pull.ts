/**
 * Pulling: a manifest, its configuration and the layers that are not there yet, told step by step.
 * @models moby 20.10 distribution/pull_v2.go, distribution/xfer
 * @fidelity partial: layers are downloaded one after another; progress is told at the beginning and the end of each
 */
import type { Context } from '../../../../linux/context.ts';
import { utf8 } from '../../../../linux/rope.ts';
import type { Credentials } from '../../../../protocols/distribution/authorizer.ts';
import type { PullMessage } from '../../../../protocols/docker/types.ts';
import { isIndexType } from '../../../../protocols/oci/media-types.ts';
import { HOST_PLATFORM, selectManifests } from '../../../../protocols/oci/platform.ts';
import type { ImageReference } from '../../../../protocols/oci/reference.ts';
import type { ImageConfig, ImageIndex, ImageManifest } from '../../../../protocols/oci/types.ts';
import { decompress } from '../../shared/layers/apply-layer.ts';
import { systemError } from '../errors.ts';
import type { ImageStore } from './image-store.ts';
import { familiarName, familiarRepository } from './names.ts';
import { noPlatform, RegistryClient } from './registry-client.ts';

const SHORT_ID = 12;

export type PullOptions = {
  store: ImageStore;
  insecure: boolean;
  credentials: Credentials | null;
  tell: (ctx: Context, message: PullMessage) => Promise<void>;
};

export async function pullImage(ctx: Context, reference: ImageReference, options: PullOptions): Promise<string> {
  const { store, insecure, credentials, tell } = options;
  const client = new RegistryClient(reference, insecure, credentials);
  const what = reference.digest ?? reference.tag ?? 'latest';
  try {
    const top = await client.manifest(ctx, what);
    await tell(ctx, {
      status: `Pulling from ${reference.domain === 'docker.io' ? reference.path : familiarRepository(reference).replace(/^[^/]+\//, '')}`,
      id: what,
    });
    let chosen = top;
    if (isIndexType(top.mediaType)) {
      const index = JSON.parse(utf8(top.body.bytes())) as ImageIndex;
      const one = selectManifests(index.manifests ?? [], HOST_PLATFORM)[0];
      if (one === undefined) throw systemError(noPlatform().message);
      chosen = await client.manifest(ctx, one.digest);
    }
    const manifest = JSON.parse(utf8(chosen.body.bytes())) as ImageManifest;
    const isKnown = store.images.has(manifest.config.digest);
    if (!isKnown) await fetchImage(ctx, client, manifest, options);
    const repository = familiarRepository(reference);
    const before = store.idOf(familiarName(reference));
    if (reference.digest === null)
      await store.putName(ctx, repository, familiarName(reference), manifest.config.digest);
    await store.putName(ctx, repository, `${repository}@${top.digest}`, manifest.config.digest);
    await tell(ctx, { status: `Digest: ${top.digest}` });
    const isNew = before !== manifest.config.digest && !(reference.digest !== null && isKnown);
    await tell(ctx, {
      status: `Status: ${isNew ? 'Downloaded newer image for' : 'Image is up to date for'} ${familiarName(reference)}`,
    });
    return manifest.config.digest;
  } finally {
    await client.close(ctx);
  }
}

async function fetchImage(
  ctx: Context,
  client: RegistryClient,
  manifest: ImageManifest,
  { store, tell }: PullOptions,
): Promise<void> {
  const configBlob = await client.blob(ctx, manifest.config.digest);
  const config = JSON.parse(utf8(configBlob.bytes())) as ImageConfig;
  const diffIds = config.rootfs?.diff_ids ?? [];
  const chain = store.chainOf(diffIds);
  const short = (digest: string): string => digest.slice('sha256:'.length, 'sha256:'.length + SHORT_ID);
  for (const [i, { digest }] of manifest.layers.entries())
    await tell(ctx, {
      status: store.layers.has(chain[i] ?? '') ? 'Already exists' : 'Pulling fs layer',
      progressDetail: {},
      id: short(digest),
    });
  for (const [i, { digest, size }] of manifest.layers.entries()) {
    const chainId = chain[i] ?? '';
    if (store.layers.has(chainId)) continue;
    const id = short(digest);
    await tell(ctx, { status: 'Downloading', progressDetail: { current: 0, total: size }, id });
    const blob = await ctx.spanned('fetch', 'cri-runtime', (c) => client.blob(c, digest));
    await tell(ctx, { status: 'Verifying Checksum', progressDetail: {}, id });
    await tell(ctx, { status: 'Download complete', progressDetail: {}, id });
    await tell(ctx, { status: 'Extracting', progressDetail: { current: size, total: size }, id });
    await ctx.spanned('unpack', 'cri-runtime', (c) =>
      store.putLayer(c, chainId, chain[i - 1] ?? '', diffIds[i] ?? '', decompress(blob)),
    );
    await tell(ctx, { status: 'Pull complete', progressDetail: {}, id });
  }
  await store.putImage(ctx, configBlob);
}
