/** Layers and images as data, and how a layer's blob comes to be. */
import { type ByteSource, Rope } from '../../../linux/rope.ts';
import { gzip, registerInflated } from '../../../protocols/oci/gzip.ts';
import { registerEntries, type TarEntry, writeTar } from '../../../protocols/oci/tar.ts';
import type { ImageHistory, ImageRunConfig, Platform } from '../../../protocols/oci/types.ts';
import { LAYER_DIGESTS } from './digests.generated.ts';

export type LayerDefinition = {
  /** Key in the digest table, unique: `nginx-1.27/install/amd64`. */
  readonly key: string;
  readonly entries: () => TarEntry[];
};

export type PlatformImage = {
  readonly platform: Platform;
  readonly layers: readonly LayerDefinition[];
  readonly config: ImageRunConfig;
  readonly history: readonly ImageHistory[];
  readonly created: string;
};

export type ImageDefinition = {
  readonly registry: string;
  readonly repository: string;
  readonly tags: readonly string[];
  /** Docker Hub's official images are OCI indexes; registry.k8s.io serves Docker manifest lists. */
  readonly format: 'oci' | 'docker';
  readonly annotations?: Readonly<Record<string, string>>;
  readonly images: () => readonly PlatformImage[];
};

/** What building a layer once has shown; kept in a table so that nothing need be built to serve a manifest. */
export type LayerDigest = {
  readonly digest: string;
  readonly size: number;
  readonly diffId: string;
  readonly tarSize: number;
  readonly crc: number;
};

const tars = new Map<string, Rope>();
const blobs = new Map<string, Rope>();

export function layerDigest(key: string): LayerDigest {
  const known = LAYER_DIGESTS[key];
  if (known === undefined) throw new Error(`no digest for layer ${key}: run npm run build:catalogue`);
  return known;
}

export function buildTar(layer: LayerDefinition): Rope {
  return writeTar(layer.entries());
}

/** The uncompressed layer, one source that knows its diff id. */
export function layerTar(layer: LayerDefinition): Rope {
  return lazily(tars, layer.key, () => {
    const { diffId, tarSize } = layerDigest(layer.key);
    const source = viewOf(`layer:${diffId}`, tarSize, diffId, () => buildTar(layer));
    let entries: readonly TarEntry[] | null = null;
    registerEntries(source, () => {
      entries ??= layer.entries();
      return entries;
    });
    return Rope.from(source);
  });
}

/** The gzip blob, one source that knows its digest and is unpacked without reading it. */
export function layerBlob(layer: LayerDefinition): Rope {
  return lazily(blobs, layer.key, () => {
    const { digest, size, crc } = layerDigest(layer.key);
    const source = viewOf(`layer:${digest}`, size, digest, () => gzip(layerTar(layer), crc));
    registerInflated(source, () => layerTar(layer));
    return Rope.from(source);
  });
}

function viewOf(id: string, length: number, digest: string, build: () => Rope): ByteSource {
  let built: Rope | null = null;
  const rope = (): Rope => {
    if (built !== null) return built;
    built = build();
    if (built.length !== length) throw new Error(`${id} is ${built.length} bytes, the table says ${length}`);
    return built;
  };
  return {
    id,
    length,
    digest,
    asRope: rope,
    fill: (out, start) =>
      out.set(
        rope()
          .slice(start, start + out.length)
          .bytes(),
      ),
  };
}

function lazily(cache: Map<string, Rope>, key: string, make: () => Rope): Rope {
  const found = cache.get(key);
  if (found !== undefined) return found;
  const made = make();
  cache.set(key, made);
  return made;
}
