/**
 * Images into a tar archive: an OCI layout that `docker load` understands as well.
 * @models containerd 2.1 core/images/archive/exporter.go
 * @fidelity partial: no non-distributable layers are left out
 */
import type { Context } from '../../../../linux/context.ts';
import { Rope } from '../../../../linux/rope.ts';
import { digestHex } from '../../../../protocols/oci/digest.ts';
import { isIndexType, isManifestType, MEDIA_TYPES } from '../../../../protocols/oci/media-types.ts';
import { HOST_PLATFORM, selectManifests } from '../../../../protocols/oci/platform.ts';
import { familiarReference, parseDockerReference } from '../../../../protocols/oci/reference.ts';
import { type TarEntry, tarEntry, writeTar } from '../../../../protocols/oci/tar.ts';
import type { Descriptor, ImageManifest, Platform } from '../../../../protocols/oci/types.ts';
import { classed, notFound } from '../../shared/errors.ts';
import type { Parts } from '../parts.ts';
import { readIndex, readManifest } from './image-content.ts';
import type { ImageRecord } from './image-records.ts';
import { IMAGE_NAME, ociReferenceName, REF_NAME } from './import.ts';

export type ExportOptions = { platforms: readonly Platform[]; allPlatforms: boolean; skipsDockerManifest: boolean };

export async function exportImages(
  ctx: Context,
  parts: Parts,
  ns: string,
  images: readonly ImageRecord[],
  options: ExportOptions,
): Promise<Rope> {
  const { content } = parts;
  const files = new Map<string, TarEntry>();
  const add = (name: string, data: Rope, mode: number): void => {
    files.set(name, tarEntry({ name, type: 'file', mode, content: data }));
  };
  const addBlob = async (digest: string): Promise<void> =>
    add(`blobs/sha256/${digestHex(digest)}`, await content.read(ctx, ns, digest), 0o444);
  const docker = new Map<string, { manifest: ImageManifest; names: string[] }>();

  const addManifest = async (descriptor: Descriptor): Promise<ImageManifest> => {
    await addBlob(descriptor.digest);
    const manifest = await readManifest(ctx, content, ns, descriptor);
    for (const { digest } of [manifest.config, ...manifest.layers]) await addBlob(digest);
    return manifest;
  };
  /** The manifest that stands for the image in Docker's format. */
  const addImage = async (target: Descriptor): Promise<{ digest: string; manifest: ImageManifest }> => {
    if (isManifestType(target.mediaType)) return { digest: target.digest, manifest: await addManifest(target) };
    if (!isIndexType(target.mediaType)) throw classed('InvalidArgument', 'only manifests may be exported');
    await addBlob(target.digest);
    const index = await readIndex(ctx, content, ns, target);
    const wanted = options.platforms.length === 0 ? [HOST_PLATFORM] : options.platforms;
    const suiting = wanted.flatMap((platform) => selectManifests(index.manifests, platform).slice(0, 1));
    const first = suiting[0];
    if (first === undefined) throw notFound('no manifest found for platform');
    for (const descriptor of options.allPlatforms ? index.manifests : suiting) await addManifest(descriptor);
    const manifest = await readManifest(ctx, content, ns, first);
    return { digest: first.digest, manifest };
  };

  const manifests: Descriptor[] = [];
  for (const { name, target } of images) {
    const { digest, manifest } = await addImage(target);
    const entry = docker.get(digest) ?? { manifest, names: [] };
    entry.names.push(name);
    docker.set(digest, entry);
    const sources = Object.entries(content.info(ns, target.digest)?.labels ?? {}).filter(([key]) =>
      key.startsWith('containerd.io/distribution.source'),
    );
    const annotations = sorted({
      ...Object.fromEntries(sources),
      [IMAGE_NAME]: name,
      [REF_NAME]: ociReferenceName(name),
    });
    manifests.push({ mediaType: target.mediaType, digest: target.digest, size: target.size, annotations });
  }
  add('oci-layout', Rope.text('{"imageLayoutVersion":"1.0.0"}'), 0o444);
  add('index.json', Rope.text(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests })), 0o644);
  if (!options.skipsDockerManifest)
    add('manifest.json', Rope.text(JSON.stringify([...docker.values()].map(dockerEntry))), 0o644);
  for (const name of ['blobs', 'blobs/sha256'])
    files.set(`${name}/`, tarEntry({ name, type: 'directory', mode: 0o755 }));
  return writeTar([...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry));
}

function sorted(map: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function dockerEntry({ manifest, names }: { manifest: ImageManifest; names: readonly string[] }): unknown {
  const path = ({ digest }: Descriptor): string => `blobs/sha256/${digestHex(digest)}`;
  return {
    Config: path(manifest.config),
    RepoTags: names.map((name) => familiarReference(parseDockerReference(name))),
    Layers: manifest.layers.map(path),
  };
}
