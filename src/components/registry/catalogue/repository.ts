/** One repository as a registry stores it: manifests and blobs by digest, tags pointing at manifests. */
import { Rope } from '../../../linux/rope.ts';
import { digestOf } from '../../../protocols/oci/digest.ts';
import { MEDIA_TYPES } from '../../../protocols/oci/media-types.ts';
import type { Descriptor, ImageConfig, ImageIndex, ImageManifest } from '../../../protocols/oci/types.ts';
import { imageDefinitions } from './images.ts';
import { type ImageDefinition, layerBlob, layerDigest, type PlatformImage } from './layer.ts';

export type StoredManifest = { mediaType: string; bytes: Rope };

export type Repository = {
  readonly name: string;
  readonly tags: Map<string, string>;
  readonly manifests: Map<string, StoredManifest>;
  readonly blobs: Map<string, Rope>;
};

/** Names of the catalogue's repositories in a registry, sorted. */
export function repositoryNames(registry: string): string[] {
  return [...new Set(imageDefinitions.filter((d) => d.registry === registry).map((d) => d.repository))].sort();
}

export function newRepository(name: string): Repository {
  return { name, tags: new Map(), manifests: new Map(), blobs: new Map() };
}

/** Builds the manifests of a repository; layers stay unbuilt. Null if the catalogue has none of that name. */
export function buildRepository(registry: string, name: string): Repository | null {
  const definitions = imageDefinitions.filter((d) => d.registry === registry && d.repository === name);
  if (definitions.length === 0) return null;
  const repository = newRepository(name);
  for (const definition of definitions) {
    const index = addIndex(repository, definition);
    for (const tag of definition.tags) repository.tags.set(tag, index.digest);
  }
  return repository;
}

function addIndex(repository: Repository, definition: ImageDefinition): Descriptor {
  const docker = definition.format === 'docker';
  const index: ImageIndex = {
    schemaVersion: 2,
    mediaType: docker ? MEDIA_TYPES.dockerManifestList : MEDIA_TYPES.index,
    manifests: definition.images().map((image) => ({
      ...addManifest(repository, definition, image),
      ...(definition.annotations === undefined
        ? {}
        : { annotations: { 'org.opencontainers.image.created': image.created, ...definition.annotations } }),
      platform: image.platform,
    })),
  };
  return addJson(repository, index.mediaType ?? '', index, true);
}

function addManifest(repository: Repository, definition: ImageDefinition, image: PlatformImage): Descriptor {
  const docker = definition.format === 'docker';
  const { architecture, os, variant } = image.platform;
  const config: ImageConfig = {
    architecture,
    os,
    ...(variant === undefined ? {} : { variant }),
    config: image.config,
    created: image.created,
    history: [...image.history],
    rootfs: { type: 'layers', diff_ids: image.layers.map((layer) => layerDigest(layer.key).diffId) },
  };
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: docker ? MEDIA_TYPES.dockerManifest : MEDIA_TYPES.manifest,
    config: addJson(repository, docker ? MEDIA_TYPES.dockerConfig : MEDIA_TYPES.config, config, false),
    layers: image.layers.map((layer) => {
      const { digest, size } = layerDigest(layer.key);
      if (!repository.blobs.has(digest)) repository.blobs.set(digest, layerBlob(layer));
      return { mediaType: docker ? MEDIA_TYPES.dockerLayerGzip : MEDIA_TYPES.layerGzip, digest, size };
    }),
  };
  return addJson(repository, manifest.mediaType ?? '', manifest, true);
}

/** Manifests are indented as the public registries have them, configs are compact. */
function addJson(
  repository: Repository,
  mediaType: string,
  value: ImageIndex | ImageManifest | ImageConfig,
  isManifest: boolean,
): Descriptor {
  const bytes = Rope.text(isManifest ? JSON.stringify(value, null, 2) : JSON.stringify(value));
  const digest = digestOf(bytes);
  if (isManifest) repository.manifests.set(digest, { mediaType, bytes });
  else repository.blobs.set(digest, bytes);
  return { mediaType, digest, size: bytes.length };
}
