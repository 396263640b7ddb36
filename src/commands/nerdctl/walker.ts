/**
 * Containers and images by what was typed: a name, an id, the start of one.
 * @models nerdctl v2.3.5 pkg/idutil/containerwalker, pkg/idutil/imagewalker, pkg/referenceutil
 * @fidelity partial: no IPFS
 */
import type { Context } from '../../linux/context.ts';
import type { Container } from '../../protocols/containerd/services/containers/v1/generated.ts';
import type { Image } from '../../protocols/containerd/services/images/v1/generated.ts';
import {
  formatReference,
  type ImageReference,
  InvalidReference,
  parseDockerReference,
} from '../../protocols/oci/reference.ts';
import type { Client } from '../common/containerd/client.ts';
import { listContainers } from '../common/containerd/container.ts';
import { ContainerdError, nativeError } from '../common/containerd/errors.ts';
import { listImages, targetOf } from '../common/containerd/image.ts';
import { LABELS } from './labels.ts';
import { fail } from './run.ts';

export async function matchContainers(ctx: Context, client: Client, request: string): Promise<Container[]> {
  if (request.startsWith('k8s://'))
    fail(`specifying "k8s://..." form is not supported (Hint: specify ID instead): "${request}"`);
  const all = await listContainers(ctx, client);
  return all.filter(({ id, labels }) => labels[LABELS.name] === request || id.startsWith(request));
}

/** The one that is meant; null when there is none. */
async function onlyOne(ctx: Context, client: Client, request: string): Promise<Container | null> {
  const found = await matchContainers(ctx, client, request);
  if (found.length > 1) fail(`multiple IDs found with provided prefix: ${request}`);
  return found[0] ?? null;
}

/** For commands about one container: `no such container X`. */
export async function findContainer(ctx: Context, client: Client, request: string): Promise<Container> {
  return (await onlyOne(ctx, client, request)) ?? fail(`no such container ${request}`);
}

/** WalkAll: every request is tried, and what failed is told together at the end. */
export async function walkContainers(
  ctx: Context,
  client: Client,
  requests: readonly string[],
  onFound: (container: Container, request: string) => Promise<void>,
  all = true,
): Promise<void> {
  const errors: string[] = [];
  for (const request of requests) {
    try {
      const container = await onlyOne(ctx, client, request);
      if (container === null) throw new ContainerdError(`no such container: ${request}`);
      await onFound(container, request);
    } catch (error) {
      if (error instanceof Error && 'exitCode' in error) throw error;
      const native = nativeError(error);
      if (!all) throw native;
      errors.push(native.message);
    }
  }
  if (errors.length > 0) fail(`${errors.length} errors:\n${errors.join('\n')}`);
}

/** referenceutil.Parse: docker.io, library and latest are filled in; a digest alone stays one. */
export function parseImageName(text: string): string {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(text)) return text.startsWith('sha256:') ? text : `sha256:${text}`;
  return formatReference(parseDockerReference(text));
}

export function parsedReference(text: string): ImageReference | null {
  try {
    return parseDockerReference(text);
  } catch (error) {
    if (error instanceof InvalidReference) return null;
    throw error;
  }
}

export type FoundImages = { images: Image[] /** The one whose name was typed, or -1. */; byName: number };

export async function matchImages(ctx: Context, client: Client, request: string): Promise<FoundImages> {
  const parsed = parsedReference(request);
  const name = parsed === null ? request : formatReference(parsed);
  const images = (await listImages(ctx, client)).filter((image) => {
    const { digest } = targetOf(image);
    const byDigest = request !== '' && (digest.startsWith(request) || digest.startsWith(`sha256:${request}`));
    return image.name === name || image.name === request || byDigest;
  });
  return { images, byName: images.findIndex((image) => image.name === name || image.name === request) };
}

/** The image that is meant: by name first, then by digest when that is one image only. */
export async function findImage(ctx: Context, client: Client, request: string): Promise<Image | null> {
  const { images, byName } = await matchImages(ctx, client, request);
  return images[byName] ?? images[0] ?? null;
}
