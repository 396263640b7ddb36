/**
 * A temporary image that names only the platforms asked for: what is pushed, since the blobs of the others are mostly
 * not there.
 * @models nerdctl v2.3.5 pkg/cmd/image/push.go; containerd 2.1 core/images/converter/default.go convertIndex, WriteJSON
 * @fidelity partial: no conversion of layers; layers that are missing are not fetched first
 */
import type { Context } from '../../linux/context.ts';
import { Rope } from '../../linux/rope.ts';
import { ImagesService } from '../../protocols/containerd/services/images/v1/generated.ts';
import { digestOf } from '../../protocols/oci/digest.ts';
import { isIndexType } from '../../protocols/oci/media-types.ts';
import { formatPlatform, normalizePlatform } from '../../protocols/oci/platform.ts';
import type { Descriptor, ImageIndex, Platform } from '../../protocols/oci/types.ts';
import type { Client } from '../common/containerd/client.ts';
import { contentInfo, readJson, writeBlob } from '../common/containerd/content.ts';
import { isKind } from '../common/containerd/errors.ts';
import { getImage, targetOf } from '../common/containerd/image.ts';

const SUFFIX = '-tmp-reduced-platform';
const MANIFEST_LABEL = 'containerd.io/gc.ref.content.m.';

/** The name under which to push, and what it stands for. Give it to `dropReducedImage` afterwards. */
export async function reducedImage(
  ctx: Context,
  client: Client,
  name: string,
  platforms: readonly Platform[],
): Promise<{ name: string; target: Descriptor }> {
  const target = await reduce(ctx, client, targetOf(await getImage(ctx, client, name)), platforms);
  const { mediaType, digest, size } = target;
  const image = { name: name + SUFFIX, labels: {}, target: { mediaType, digest, size: BigInt(size) } };
  try {
    await client.call(ctx, ImagesService.methods.Create, { image });
  } catch (error) {
    if (!isKind(error, 'AlreadyExists')) throw error;
    await client.call(ctx, ImagesService.methods.Update, { image });
  }
  return { name: image.name, target };
}

export async function dropReducedImage(ctx: Context, client: Client, name: string): Promise<void> {
  await client.call(ctx, ImagesService.methods.Delete, { name, sync: true });
}

async function reduce(
  ctx: Context,
  client: Client,
  target: Descriptor,
  platforms: readonly Platform[],
): Promise<Descriptor> {
  if (!isIndexType(target.mediaType)) return target;
  const wanted = new Set(platforms.map((platform) => formatPlatform(normalizePlatform(platform))));
  const index = await readJson<ImageIndex>(ctx, client, target.digest);
  const manifests = (index.manifests ?? []).filter(
    ({ platform }) => platform === undefined || wanted.has(formatPlatform(normalizePlatform(platform))),
  );
  if (manifests.length === (index.manifests ?? []).length) return target;
  const data = Rope.text(JSON.stringify({ ...index, manifests }));
  const digest = digestOf(data.bytes());
  const labels = labelsOf((await contentInfo(ctx, client, target.digest)).labels, manifests);
  await writeBlob(ctx, client, `converter-write-json-${digest}`, data, { size: data.length, digest }, labels);
  return { ...target, digest, size: data.length };
}

/** Those of the index it was made from, without the references to what is not in this one. */
function labelsOf(labels: Record<string, string>, kept: readonly Descriptor[]): Record<string, string> {
  const digests = new Set(kept.map(({ digest }) => digest));
  return Object.fromEntries(
    Object.entries(labels).filter(([key, value]) => !key.startsWith(MANIFEST_LABEL) || digests.has(value)),
  );
}
