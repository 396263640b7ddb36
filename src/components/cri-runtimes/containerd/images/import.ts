/**
 * Images out of a tar archive: an OCI layout, or what `docker save` writes; either may be packed as a whole.
 * @models containerd 2.1 core/images/archive/importer.go, core/transfer/{local,archive}/import*.go
 * @fidelity partial: bare layers stay bare, as without --compress-blobs
 */
import type { Context } from '../../../../linux/context.ts';
import type { Rope } from '../../../../linux/rope.ts';
import { compressionOf, decompressed, isCompressionError } from '../../../../protocols/oci/compression.ts';
import { digestOf } from '../../../../protocols/oci/digest.ts';
import {
  type DockerManifest,
  decodeDockerManifests,
  decodeLayoutVersion,
  parseConfig,
  parseIndex,
} from '../../../../protocols/oci/documents.ts';
import { isIndexType, isLayerType, isManifestType, MEDIA_TYPES } from '../../../../protocols/oci/media-types.ts';
import { HOST_PLATFORM, normalizePlatform, platformMatches } from '../../../../protocols/oci/platform.ts';
import {
  formatReference,
  InvalidReference,
  parseDockerReference,
  parseReferenceSpec,
} from '../../../../protocols/oci/reference.ts';
import { readTar, TarError, TarTruncated } from '../../../../protocols/oci/tar.ts';
import type { Descriptor, Platform } from '../../../../protocols/oci/types.ts';
import { failure, wrap } from '../../shared/errors.ts';
import type { Parts } from '../parts.ts';
import { childLabels, readIndex, readManifest } from './image-content.ts';

export const IMAGE_NAME = 'io.containerd.image.name';
export const REF_NAME = 'org.opencontainers.image.ref.name';
const LAYOUT_VERSION = '1.0.0';

type Blob = { digest: string; size: number };

/** What the archive holds, by name. */
type Archive = {
  blobs: Map<string, Blob>;
  symlinks: Map<string, string>;
  layoutVersion: string;
  docker: DockerManifest[] | null;
};

/** Stores what the archive holds; returns its index. */
export async function importIndex(ctx: Context, parts: Parts, ns: string, archive: Rope): Promise<Descriptor> {
  const { blobs, symlinks, layoutVersion, docker } = await readArchive(ctx, parts, ns, archive);
  if (layoutVersion !== '') {
    if (layoutVersion !== LAYOUT_VERSION) throw failure(`unsupported OCI version ${layoutVersion}`);
    const index = blobs.get('index.json');
    if (index === undefined) throw failure(`missing index.json in OCI layout ${LAYOUT_VERSION}`);
    return { ...index, mediaType: MEDIA_TYPES.index };
  }
  if (docker === null) throw failure('unrecognized image format');
  for (const [name, target] of symlinks) {
    const blob = blobs.get(target);
    if (blob === undefined) throw failure(`no target for symlink layer from "${name}" to "${target}"`);
    blobs.set(name, blob);
  }
  return dockerIndex(ctx, parts, ns, docker, blobs);
}

async function readArchive(ctx: Context, parts: Parts, ns: string, packed: Rope): Promise<Archive> {
  const archive: Archive = { blobs: new Map(), symlinks: new Map(), layoutVersion: '', docker: null };
  try {
    for (const entry of readTar(decompressed(packed))) {
      const { name, type, content } = entry;
      if (type === 'symlink') archive.symlinks.set(name, joined(name, entry.linkName));
      if (type !== 'file') continue;
      if (name === 'oci-layout') {
        archive.layoutVersion = reading(`untar oci layout "${name}"`, () => decodeLayoutVersion(content.toString()));
      } else if (name === 'manifest.json') {
        archive.docker = reading(`untar manifest "${name}"`, () => decodeDockerManifests(content.toString()));
      } else {
        const blob = { digest: digestOf(content), size: content.length };
        await ingest(ctx, parts, ns, name, content, blob);
        archive.blobs.set(name, blob);
      }
    }
  } catch (error) {
    if (error instanceof TarTruncated) await ingestPart(ctx, parts, ns, error);
    if (error instanceof TarError || isCompressionError(error)) throw failure(error.message);
    throw error;
  }
  return archive;
}

function reading<T>(what: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw wrap(what, error);
  }
}

async function ingest(
  ctx: Context,
  parts: Parts,
  ns: string,
  name: string,
  content: Rope,
  { digest, size }: Blob,
): Promise<void> {
  await parts.content
    .write(ctx, ns, `tar-${name}`, content, { mediaType: '', digest, size })
    .catch((error: unknown) => {
      throw wrap(`failed to ingest "${name}"`, error);
    });
}

/** A file that ends before its length: as far as it goes it is written, and stays an ingest. */
async function ingestPart(ctx: Context, parts: Parts, ns: string, { entry, wanted }: TarTruncated): Promise<never> {
  const { name, content } = entry;
  if (name === 'oci-layout') throw failure(`untar oci layout "${name}": unexpected EOF`);
  if (name === 'manifest.json') throw failure(`untar manifest "${name}": unexpected EOF`);
  const writer = await parts.content.openWriter(ctx, ns, `tar-${name}`, wanted, '');
  if (writer !== null) {
    try {
      if (writer.status.offset > 0) await writer.truncate(ctx);
      await writer.write(ctx, content);
    } finally {
      await writer.close(ctx);
    }
  }
  throw failure(
    `failed to ingest "${name}": short read: expected ${wanted} bytes but got ${content.length}: unexpected EOF`,
  );
}

/** path.Join of the directory of one name and another. */
function joined(name: string, target: string): string {
  const out: string[] = [];
  for (const part of `${name.slice(0, name.lastIndexOf('/') + 1)}${target}`.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && out.length > 0 && out.at(-1) !== '..') out.pop();
    else out.push(part);
  }
  return out.join('/');
}

async function dockerIndex(
  ctx: Context,
  parts: Parts,
  ns: string,
  manifests: readonly DockerManifest[],
  blobs: ReadonlyMap<string, Blob>,
): Promise<Descriptor> {
  const { content } = parts;
  const entries: Descriptor[] = [];
  for (const { Config, RepoTags, Layers } of manifests) {
    const config = blobs.get(Config);
    if (config === undefined) throw failure(`image config "${Config}" not found`);
    const layers: Descriptor[] = [];
    for (const name of Layers) {
      const layer = blobs.get(name);
      if (layer === undefined) throw failure(`failed to resolve layers: layer "${name}" not found`);
      // One that the store has packed already is taken as it is there.
      const known = content.list(ns).find(({ labels }) => labels['containerd.io/uncompressed'] === layer.digest);
      const { digest, size } = known ?? layer;
      const packed = compressionOf(await content.read(ctx, ns, digest)) !== 'none';
      layers.push({ mediaType: packed ? MEDIA_TYPES.dockerLayerGzip : MEDIA_TYPES.dockerLayer, size, digest });
    }
    const descriptor = await writeJson(ctx, parts, ns, MEDIA_TYPES.dockerManifest, {
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.dockerManifest,
      config: { mediaType: MEDIA_TYPES.dockerConfig, digest: config.digest, size: config.size },
      layers,
    });
    const text = await content.readText(ctx, ns, config.digest);
    const { architecture, os } = reading('unable to resolve platform', () => parseConfig(text));
    const platform = { architecture, os };
    if (RepoTags.length === 0) entries.push({ ...descriptor, platform });
    for (const tag of RepoTags) {
      const name = normalizedName(tag);
      const annotations = { [IMAGE_NAME]: name, [REF_NAME]: ociReferenceName(name) };
      entries.push({ ...descriptor, annotations, platform });
    }
  }
  return writeJson(ctx, parts, ns, MEDIA_TYPES.index, { schemaVersion: 2, manifests: entries });
}

function normalizedName(tag: string): string {
  try {
    return formatReference(parseDockerReference(tag));
  } catch (error) {
    if (error instanceof InvalidReference) throw failure(`normalize image ref "${tag}": ${error.message}`);
    throw error;
  }
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
  const top = parseIndex(await content.readText(ctx, ns, index.digest));
  let isEmpty = true;
  const children = async (descriptor: Descriptor): Promise<Descriptor[]> => {
    if (descriptor === index) return top.manifests;
    if (isIndexType(descriptor.mediaType)) return (await readIndex(ctx, content, ns, descriptor)).manifests;
    if (!isManifestType(descriptor.mediaType)) return [];
    const { config, layers } = await readManifest(ctx, content, ns, descriptor);
    return [config, ...layers];
  };
  const walk = async (descriptor: Descriptor): Promise<void> => {
    const all = await children(descriptor);
    if (all.length > 0) await content.addLabels(ctx, ns, descriptor.digest, childLabels(all));
    const wanted = all.filter((child) => isWanted(child, platforms));
    if (wanted.length > 0) isEmpty = false;
    if (!isManifestType(descriptor.mediaType)) {
      for (const child of wanted) await walk(child);
    } else if (unpacks) await unpackManifest(ctx, parts, ns, wanted);
  };
  await walk(index);
  if (isEmpty) throw failure('image might be filtered out');
  return top.manifests;
}

function isWanted({ platform }: Descriptor, platforms: readonly Platform[]): boolean {
  return platform === undefined || platforms.length === 0 || platforms.some((p) => platformMatches(platform, p));
}

/** Only what says that it is a layer is unpacked, and only for this machine. */
async function unpackManifest(
  ctx: Context,
  parts: Parts,
  ns: string,
  [config, ...others]: readonly Descriptor[],
): Promise<void> {
  const layers = others.filter(({ mediaType }) => isLayerType(mediaType));
  const isConfig = config?.mediaType === MEDIA_TYPES.config || config?.mediaType === MEDIA_TYPES.dockerConfig;
  if (config === undefined || !isConfig || layers.length === 0) return;
  const { rootfs, architecture, os, variant } = await parts.content
    .readText(ctx, ns, config.digest)
    .then((text) => reading('unmarshal image config', () => parseConfig(text)));
  const diffIds = rootfs.diff_ids;
  if (layers.length !== diffIds.length)
    throw failure(`number of layers and diffIDs don't match: ${layers.length} != ${diffIds.length}`);
  const platform = normalizePlatform({ architecture, os, ...(variant === undefined ? {} : { variant }) });
  if (rootfs.type !== '' && rootfs.type !== 'layers') return;
  if (!platformMatches(platform, HOST_PLATFORM)) return;
  await parts.unpacker.unpack(ctx, ns, parts.snapshots, { layers, diffIds, configDigest: config.digest });
}
