/**
 * Images out of a tar archive: an OCI layout, or what `docker save` writes.
 * @models containerd 2.1 core/images/archive/importer.go, core/transfer/local/import.go
 * @fidelity partial: no compression of bare layers, no symbolic links to layers
 */
import type { Context } from '../../../../linux/context.ts';
import type { Rope } from '../../../../linux/rope.ts';
import { digestOf } from '../../../../protocols/oci/digest.ts';
import { isGzip } from '../../../../protocols/oci/gzip.ts';
import { isIndexType, isManifestType, MEDIA_TYPES } from '../../../../protocols/oci/media-types.ts';
import { platformMatches } from '../../../../protocols/oci/platform.ts';
import { formatReference, parseDockerReference, parseReferenceSpec } from '../../../../protocols/oci/reference.ts';
import { readTar, TarError } from '../../../../protocols/oci/tar.ts';
import type { Descriptor, ImageConfig, ImageIndex, ImageManifest, Platform } from '../../../../protocols/oci/types.ts';
import { failure } from '../../shared/errors.ts';
import { unmarshalJson } from '../../shared/go-json.ts';
import type { Parts } from '../parts.ts';
import { parseManifest } from './image-content.ts';

export const IMAGE_NAME = 'io.containerd.image.name';
export const REF_NAME = 'org.opencontainers.image.ref.name';

type DockerManifest = { Config: string; RepoTags?: string[] | null; Layers: string[] };

type Blob = { digest: string; size: number };

/** Stores what the archive holds; returns its index. */
export async function importIndex(ctx: Context, parts: Parts, ns: string, archive: Rope): Promise<Descriptor> {
  const blobs = new Map<string, Blob>();
  let layoutVersion = '';
  let docker: DockerManifest[] | null = null;
  try {
    for (const entry of readTar(archive)) {
      if (entry.type !== 'file') continue;
      if (entry.name === 'oci-layout') {
        layoutVersion =
          (unmarshalJson(entry.content.toString()) as { imageLayoutVersion?: string }).imageLayoutVersion ?? '';
      } else if (entry.name === 'manifest.json') {
        docker = unmarshalJson(entry.content.toString()) as unknown as DockerManifest[];
      } else {
        const descriptor = { mediaType: '', digest: digestOf(entry.content), size: entry.content.length };
        await parts.content.write(ctx, ns, `tar-${entry.name}`, entry.content, descriptor);
        blobs.set(entry.name, descriptor);
      }
    }
  } catch (error) {
    if (error instanceof TarError) throw failure(error.message);
    throw error;
  }
  if (layoutVersion !== '') {
    if (layoutVersion !== '1.0.0') throw failure(`unsupported OCI version ${layoutVersion}`);
    const index = blobs.get('index.json');
    if (index === undefined) throw failure('missing index.json in OCI layout 1.0.0');
    return { ...index, mediaType: MEDIA_TYPES.index };
  }
  if (docker === null) throw failure('unrecognized image format');
  return dockerIndex(ctx, parts, ns, docker, blobs);
}

async function dockerIndex(
  ctx: Context,
  parts: Parts,
  ns: string,
  manifests: readonly DockerManifest[],
  blobs: ReadonlyMap<string, Blob>,
): Promise<Descriptor> {
  const entries: Descriptor[] = [];
  for (const { Config, RepoTags, Layers } of manifests) {
    const config = blobs.get(Config);
    if (config === undefined) throw failure(`image config "${Config}" not found`);
    const layers: Descriptor[] = [];
    for (const name of Layers) {
      const layer = blobs.get(name);
      if (layer === undefined) throw failure(`failed to resolve layers: layer "${name}" not found`);
      const packed = isGzip(await parts.content.read(ctx, ns, layer.digest));
      const { digest, size } = layer;
      layers.push({ mediaType: packed ? MEDIA_TYPES.dockerLayerGzip : MEDIA_TYPES.dockerLayer, size, digest });
    }
    const descriptor = await writeJson(ctx, parts, ns, MEDIA_TYPES.dockerManifest, {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.dockerManifest,
      config: { mediaType: MEDIA_TYPES.dockerConfig, digest: config.digest, size: config.size },
      layers,
    });
    const parsed = unmarshalJson(await parts.content.readText(ctx, ns, config.digest)) as unknown as ImageConfig;
    const platform = { architecture: parsed.architecture, os: parsed.os };
    const names = (RepoTags ?? []).map((tag) => formatReference(parseDockerReference(tag)));
    if (names.length === 0) entries.push({ ...descriptor, platform });
    for (const name of names) {
      const annotations = { [IMAGE_NAME]: name, [REF_NAME]: ociReferenceName(name) };
      entries.push({ ...descriptor, annotations, platform });
    }
  }
  return writeJson(ctx, parts, ns, MEDIA_TYPES.index, { schemaVersion: 2, manifests: entries });
}

async function writeJson(
  ctx: Context,
  parts: Parts,
  ns: string,
  mediaType: string,
  value: unknown,
): Promise<Descriptor> {
  const text = JSON.stringify(value);
  const bytes = new TextEncoder().encode(text);
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
  await parts.content.write(ctx, ns, `manifest-${descriptor.digest}`, bytes, descriptor);
  return descriptor;
}

/** The tag alone, or the whole name when it has none. */
export function ociReferenceName(name: string): string {
  const { object } = parseReferenceSpec(name);
  return object !== '' && !object.startsWith('@') ? object : name;
}

/** Labels and unpacks every image of an index; returns the descriptors that may be given names. */
export async function importImages(
  ctx: Context,
  parts: Parts,
  ns: string,
  index: Descriptor,
  platforms: readonly Platform[],
  unpacks: boolean,
): Promise<Descriptor[]> {
  const { content } = parts;
  const top = unmarshalJson(await content.readText(ctx, ns, index.digest)) as unknown as ImageIndex;
  const walk = async (descriptor: Descriptor): Promise<void> => {
    if (content.info(ns, descriptor.digest) === undefined) return;
    if (isIndexType(descriptor.mediaType)) {
      const inner = unmarshalJson(await content.readText(ctx, ns, descriptor.digest)) as unknown as ImageIndex;
      const label = (at: number): string => `containerd.io/gc.ref.content.m.${at}`;
      const refs = Object.fromEntries(inner.manifests.map((child, at) => [label(at), child.digest]));
      await content.addLabels(ctx, ns, descriptor.digest, refs);
      for (const child of inner.manifests) if (isWanted(child, platforms)) await walk(child);
    } else if (isManifestType(descriptor.mediaType)) {
      await importManifest(ctx, parts, ns, descriptor, unpacks);
    }
  };
  await walk(index);
  return top.manifests;
}

function isWanted({ platform }: Descriptor, platforms: readonly Platform[]): boolean {
  return platform === undefined || platforms.length === 0 || platforms.some((p) => platformMatches(platform, p));
}

async function importManifest(
  ctx: Context,
  parts: Parts,
  ns: string,
  descriptor: Descriptor,
  unpacks: boolean,
): Promise<void> {
  const { content } = parts;
  const manifest: ImageManifest = parseManifest(await content.readText(ctx, ns, descriptor.digest), descriptor);
  await content.addLabels(ctx, ns, descriptor.digest, {
    'containerd.io/gc.ref.content.config': manifest.config.digest,
    ...Object.fromEntries(manifest.layers.map((layer, at) => [`containerd.io/gc.ref.content.l.${at}`, layer.digest])),
  });
  if (!unpacks) return;
  const text = await content.readText(ctx, ns, manifest.config.digest);
  const config = unmarshalJson(text) as unknown as ImageConfig;
  await parts.unpacker.unpack(
    ctx,
    ns,
    parts.snapshots,
    manifest.layers,
    config.rootfs?.diff_ids ?? [],
    manifest.config.digest,
  );
}
