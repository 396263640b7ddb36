/** Media types of the OCI image format and of Docker's image manifest version 2, schema 2. */
export const MEDIA_TYPES = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  layerNonDistributableGzip: 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  empty: 'application/vnd.oci.empty.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerManifestList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifestSchema1: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerForeignLayerGzip: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
} as const;

export function isManifestType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPES.manifest || mediaType === MEDIA_TYPES.dockerManifest;
}

export function isIndexType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPES.index || mediaType === MEDIA_TYPES.dockerManifestList;
}

export function isConfigType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPES.config || mediaType === MEDIA_TYPES.dockerConfig;
}

export function isLayerType(mediaType: string): boolean {
  if (mediaType.startsWith('application/vnd.oci.image.layer.')) return true;
  const base = mediaType.split('+')[0] ?? '';
  return (
    base === MEDIA_TYPES.dockerLayer ||
    base === MEDIA_TYPES.dockerLayerGzip ||
    base === 'application/vnd.docker.image.rootfs.diff.tar.zstd' ||
    base === 'application/vnd.docker.image.rootfs.foreign.diff.tar' ||
    base === MEDIA_TYPES.dockerForeignLayerGzip
  );
}

/** Layers that are read as they are; others may be packed, and say so by their first bytes. */
export function isRawLayerType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPES.layer || mediaType === 'application/vnd.oci.image.layer.nondistributable.v1.tar';
}

export type LayerCompression = 'gzip' | 'zstd' | 'none';

/** How a layer blob of this media type is packed. */
export function layerCompression(mediaType: string): LayerCompression {
  if (mediaType.endsWith('+gzip') || mediaType.endsWith('.gzip')) return 'gzip';
  return mediaType.endsWith('+zstd') ? 'zstd' : 'none';
}
