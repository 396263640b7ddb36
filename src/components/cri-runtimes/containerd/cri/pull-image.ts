/**
 * PullImage: fetch and unpack, then give the image all the names it is known by.
 * @models containerd 2.1 internal/cri/server/images/image_pull.go
 * @fidelity partial: always by the transfer service; no progress timeout, no image decryption
 */

import { durationString } from '../../../../go/duration.ts';
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import type { AuthConfig, PullImageRequest, PullImageResponse } from '../../../../protocols/cri/generated.ts';
import type { Credentials } from '../../../../protocols/distribution/authorizer.ts';
import {
  formatReference,
  type ImageReference,
  InvalidReference,
  parseDockerReference,
  repositoryName,
} from '../../../../protocols/oci/reference.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { failure, isKind, toFailure, wrap } from '../../shared/errors.ts';
import { fromBase64 } from '../../shared/go-json.ts';
import type { ContentDescriptor } from '../content-store/content-store.ts';
import { resolveImage } from '../images/image-content.ts';
import type { PullResult } from '../images/pull.ts';
import type { CriService } from './cri-service.ts';
import { CRI_NAMESPACE, IMAGE_LABEL, PINNED_LABEL } from './types.ts';

const DEFAULT_CONFIG_PATH = '/etc/containerd/certs.d:/etc/docker/certs.d';
const MANAGED = 'managed';

export async function pullImage(ctx: Context, cri: CriService, request: PullImageRequest): Promise<PullImageResponse> {
  return { imageRef: await pullImageByName(ctx, cri, request.image?.image ?? '', request.auth ?? null) };
}

/** Returns the image's id. */
export async function pullImageByName(
  ctx: Context,
  cri: CriService,
  name: string,
  auth: AuthConfig | null,
): Promise<string> {
  const started = ctx.now;
  const named = parseName(name);
  const ref = formatReference(named);
  const labels = labelsFor(cri, ref);
  const { image } = await transfer(ctx, cri, ref, labels, auth);
  const resolved = await resolveImage(ctx, cri.parts.content, CRI_NAMESPACE, image.target).catch((error: unknown) => {
    throw wrap('get image config descriptor', error);
  });
  const id = resolved.configDigest;
  const { repoTag, repoDigest } = digestAndTag(named, image.target.digest);
  for (const reference of [id, repoTag, repoDigest]) {
    if (reference === '') continue;
    await createOrUpdateReference(ctx, cri, reference, image.target, labels).catch((error: unknown) => {
      throw wrap(`failed to create image reference ${quote(reference)}`, error);
    });
    await cri.images.update(ctx, reference).catch((error: unknown) => {
      throw wrap(`failed to update image store ${quote(reference)}`, error);
    });
  }
  await ctx.cpu(LATENCY.containerdReadRpcNs);
  await cri.log.info(
    ctx,
    `Pulled image ${quote(name)} with image id ${quote(id)}, repo tag ${quote(repoTag)}, repo digest ${quote(repoDigest)}, ` +
      `size ${quote(String(resolved.size))} in ${durationString(ctx.now - started)}`,
  );
  return id;
}

function parseName(name: string): ImageReference {
  try {
    return parseDockerReference(name);
  } catch (error) {
    if (!(error instanceof InvalidReference)) throw error;
    throw failure(`failed to parse image reference ${quote(name)}: ${error.message}`);
  }
}

function labelsFor(cri: CriService, ref: string): Record<string, string> {
  const labels: Record<string, string> = { [IMAGE_LABEL]: MANAGED };
  if (Object.values(cri.imagesConfig.pinned_images).includes(ref)) labels[PINNED_LABEL] = 'pinned';
  return labels;
}

async function transfer(
  ctx: Context,
  cri: CriService,
  ref: string,
  labels: Record<string, string>,
  auth: AuthConfig | null,
): Promise<PullResult> {
  const { config_path: configured } = cri.imagesConfig.registry;
  const report = (bytes: number): Promise<void> =>
    cri.log.info(ctx, `stop pulling image ${ref}: active requests=0, bytes read=${bytes}`);
  try {
    const result = await cri.parts.transfer.pull(ctx, ref, {
      namespace: CRI_NAMESPACE,
      labels,
      configPath: configured === '' ? DEFAULT_CONFIG_PATH : configured,
      credentials: (_ctx, host) => credentialsOf(auth, host),
      downloadsMax: cri.imagesConfig.max_concurrent_downloads,
    });
    await report(result.bytesRead);
    return result;
  } catch (error) {
    const fault = toFailure(error);
    // The reporter notices the end a moment after the call has failed.
    cri.parts.base.go('pull-progress', async () => report(0));
    throw wrap(`failed to pull and unpack image ${quote(ref)}`, fault);
  }
}

function digestAndTag(named: ImageReference, digest: string): { repoTag: string; repoDigest: string } {
  const repository = repositoryName(named);
  return {
    repoTag: named.tag !== null && named.digest === null ? `${repository}:${named.tag}` : '',
    repoDigest: `${repository}@${digest}`,
  };
}

async function createOrUpdateReference(
  ctx: Context,
  cri: CriService,
  name: string,
  target: ContentDescriptor,
  labels: Record<string, string>,
): Promise<void> {
  const { images } = cri.parts;
  const known = images.find(CRI_NAMESPACE, name);
  if (known === undefined) {
    try {
      await images.create(ctx, CRI_NAMESPACE, name, target, labels);
      return;
    } catch (error) {
      if (!isKind(error, 'AlreadyExists')) throw error;
    }
  } else if (
    known.target.digest === target.digest &&
    Object.entries(labels).every(([key, value]) => known.labels[key] === value)
  ) {
    return;
  }
  await images.update(ctx, CRI_NAMESPACE, name, { target, labels: { ...known?.labels, ...labels } });
}

/** Takes notice of an image that somebody else has created, changed or deleted. */
export async function refreshImage(ctx: Context, cri: CriService, name: string): Promise<void> {
  const { images, content } = cri.parts;
  const record = images.find(CRI_NAMESPACE, name);
  if (record !== undefined && record.labels[IMAGE_LABEL] !== MANAGED) {
    const labels = labelsFor(cri, name);
    const { configDigest } = await resolveImage(ctx, content, CRI_NAMESPACE, record.target).catch((error: unknown) => {
      throw wrap('get image config descriptor', error);
    });
    await createOrUpdateReference(ctx, cri, configDigest, record.target, labels).catch((error: unknown) => {
      throw wrap(`create image id reference ${quote(configDigest)}`, error);
    });
    await cri.images.update(ctx, configDigest).catch((error: unknown) => {
      throw wrap(`update image store for ${quote(configDigest)}`, error);
    });
    await createOrUpdateReference(ctx, cri, name, record.target, labels).catch((error: unknown) => {
      throw wrap(`create managed label`, error);
    });
  }
  await cri.images.update(ctx, name).catch((error: unknown) => {
    throw wrap(`update image store for ${quote(name)}`, error);
  });
}

/** ParseAuth: what the client sent, if it is meant for this host. */
function credentialsOf(auth: AuthConfig | null, host: string): Credentials | null {
  if (auth === null) return null;
  if (auth.serverAddress !== '') {
    const server = auth.serverAddress.replace(/^[a-z]+:\/\//, '').split('/')[0] ?? '';
    if (host !== server) return null;
  }
  if (auth.username !== '') return { username: auth.username, secret: auth.password };
  if (auth.identityToken !== '') return { username: '', secret: auth.identityToken };
  if (auth.auth !== '') {
    const decoded = new TextDecoder().decode(fromBase64(auth.auth));
    const colon = decoded.indexOf(':');
    if (colon < 0) throw failure(`invalid decoded auth: ${quote(decoded)}`);
    return { username: decoded.slice(0, colon), secret: decoded.slice(colon + 1).replace(/\0+$/, '') };
  }
  throw failure('invalid auth config');
}
