/**
 * The transfer service's push: blobs first, then the manifests that name them.
 * @models containerd 2.1 core/transfer/local/push.go, core/remotes/handlers.go (PushContent)
 * @fidelity partial: one blob after the other; no mounting from other repositories
 */
import type { Context } from '../../../../linux/context.ts';
import type { Credentials } from '../../../../protocols/distribution/authorizer.ts';
import { newRegistryClient } from '../../../../protocols/distribution/client.ts';
import { registryHosts } from '../../../../protocols/distribution/hosts-dir.ts';
import { isIndexType, isManifestType } from '../../../../protocols/oci/media-types.ts';
import { selectManifests } from '../../../../protocols/oci/platform.ts';
import { parseReferenceSpec, specHostname } from '../../../../protocols/oci/reference.ts';
import type { Descriptor, Platform } from '../../../../protocols/oci/types.ts';
import type { Parts } from '../parts.ts';
import { readIndex, readManifest } from './image-content.ts';
import type { ImageRecord } from './image-records.ts';
import { type ProgressFunction, ProgressTracker } from './progress.ts';

export type PushOptions = {
  configPath: string;
  defaultScheme?: 'http' | 'https';
  credentials: (ctx: Context, host: string) => Promise<Credentials | null>;
  platforms: readonly Platform[];
  progress?: ProgressFunction;
};

export async function pushImage(
  ctx: Context,
  parts: Parts,
  ns: string,
  image: ImageRecord,
  reference: string,
  options: PushOptions,
): Promise<void> {
  const { progress } = options;
  const to = `OCI Registry (${reference})`;
  const host = specHostname(parseReferenceSpec(reference));
  const hosts = await registryHosts(ctx, options.configPath, host, options.defaultScheme);
  const credentials = await options.credentials(ctx, hosts.at(-1)?.host ?? host);
  const client = newRegistryClient({ hosts, ...(credentials === null ? {} : { credentials }) });
  await progress?.(ctx, { event: `Pushing to ${to}` });
  await progress?.(ctx, { event: 'pushing content', name: image.name, desc: image.target });
  const complete = new Set<string>();
  const tracker =
    progress === undefined
      ? null
      : new ProgressTracker(image.name, 'uploading', progress, {
          active: () => [],
          isComplete: (digest) => complete.has(digest),
        });
  tracker?.start(ctx);
  try {
    const push = async (descriptor: Descriptor): Promise<void> => {
      tracker?.add(ctx, descriptor);
      const children = await childrenOf(ctx, parts, ns, descriptor, options.platforms);
      tracker?.children(descriptor, children);
      for (const child of children) await push(child);
      const blob = await parts.content.read(ctx, ns, descriptor.digest);
      const isNew = await client.push(ctx, reference, descriptor, blob, descriptor.digest === image.target.digest);
      complete.add(descriptor.digest);
      if (!isNew) tracker?.exists(ctx, descriptor);
    };
    await push(image.target);
    tracker?.send(ctx, { event: 'pushed content', name: image.name, desc: image.target });
    tracker?.send(ctx, { event: `Completed push to ${to}`, desc: image.target });
  } finally {
    await tracker?.end(ctx);
    await client.close(ctx);
  }
}

async function childrenOf(
  ctx: Context,
  parts: Parts,
  ns: string,
  descriptor: Descriptor,
  platforms: readonly Platform[],
): Promise<Descriptor[]> {
  const { mediaType } = descriptor;
  if (isManifestType(mediaType)) {
    const manifest = await readManifest(ctx, parts.content, ns, descriptor);
    return [...manifest.layers, manifest.config];
  }
  if (!isIndexType(mediaType)) return [];
  const { manifests } = await readIndex(ctx, parts.content, ns, descriptor);
  if (platforms.length === 0) return manifests;
  const chosen = platforms.flatMap((platform) => selectManifests(manifests, platform).slice(0, 1));
  return manifests.filter((manifest) => chosen.includes(manifest));
}
