// Writes digests.generated.ts. Node runs the TypeScript through Vite, as the tests do.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { runnerImport } from 'vite';

const here = new URL('.', import.meta.url).pathname;
const { module } = await runnerImport(`${here}build-digests.ts`, { configFile: false, logLevel: 'error' });

const STEP = 1 << 20;
const hashing = {
  digest(rope) {
    const hash = createHash('sha256');
    for (let at = 0; at < rope.length; at += STEP) hash.update(rope.slice(at, at + STEP).bytes());
    return `sha256:${hash.digest('hex')}`;
  },
  crc32(rope) {
    let crc = 0;
    for (let at = 0; at < rope.length; at += STEP) crc = crc32(rope.slice(at, at + STEP).bytes(), crc);
    return crc;
  },
};

const rows = module.allLayers().map((layer) => [layer.key, module.computeLayer(layer, hashing)]);
writeFileSync(`${here}digests.generated.ts`, module.renderTable(rows));
for (const [key, { size, tarSize }] of rows) console.log(`${key}  ${size} bytes packed, ${tarSize} unpacked`);
