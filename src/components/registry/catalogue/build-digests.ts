/**
 * What building every layer of the catalogue really gives. `npm run build:catalogue` writes it to the committed table;
 * the catalogue's test compares the table with it.
 */
import type { Rope } from '../../../linux/rope.ts';
import { crc32OfRope } from '../../../protocols/oci/crc32.ts';
import { hashBytes } from '../../../protocols/oci/digest.ts';
import { gzip } from '../../../protocols/oci/gzip.ts';
import { imageDefinitions } from './images.ts';
import { buildTar, type LayerDefinition, type LayerDigest } from './layer.ts';

/** A faster hash than the engine's, lent by Node. */
export type Hashing = { digest(rope: Rope): string; crc32(rope: Rope): number };

const OWN: Hashing = { digest: hashBytes, crc32: crc32OfRope };

/** Every layer of every image once, by key. */
export function allLayers(): LayerDefinition[] {
  const layers = imageDefinitions.flatMap((definition) => definition.images().flatMap((image) => image.layers));
  return [...new Map(layers.map((layer) => [layer.key, layer])).values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

export function computeLayer(layer: LayerDefinition, hashing: Hashing = OWN): LayerDigest {
  const tar = buildTar(layer);
  const crc = hashing.crc32(tar);
  const blob = gzip(tar, crc);
  return { digest: hashing.digest(blob), size: blob.length, diffId: hashing.digest(tar), tarSize: tar.length, crc };
}

export function renderTable(rows: readonly [string, LayerDigest][]): string {
  const lines = rows.map(([key, row]) => {
    const { digest, size, diffId, tarSize, crc } = row;
    return `  '${key}': {\n    digest: '${digest}',\n    diffId: '${diffId}',\n    size: ${size},\n    tarSize: ${tarSize},\n    crc: ${crc},\n  },`;
  });
  return `/** Written by \`npm run build:catalogue\`; do not edit. */\nimport type { LayerDigest } from './layer.ts';\n\nexport const LAYER_DIGESTS: Readonly<Record<string, LayerDigest>> = {\n${lines.join('\n')}\n};\n`;
}
