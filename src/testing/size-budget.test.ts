/** First load: what the browser must fetch and run before the prompt is usable. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ROOT } from './source-files.ts';

const FIRST_LOAD_BYTES_MAX = 300_000;
const DIST = join(ROOT, 'dist');
const GZIP = { level: 9 };

/** A script with everything it imports statically. */
function withImports(path: string, seen: Set<string>): void {
  if (seen.has(path)) return;
  seen.add(path);
  const text = readFileSync(path, 'utf8');
  const pattern = /(?:\bimport|\bfrom)\s*(["'`])(\.{1,2}\/[^"'`]+\.js)\1/g;
  for (const match of text.matchAll(pattern)) withImports(join(dirname(path), match[2] ?? ''), seen);
}

// The budget is of what `npm run build` makes: `npm test` builds first.
test.skipIf(!existsSync(join(DIST, 'index.html')))('first-load JavaScript stays within 300 kB gzipped', () => {
  const html = readFileSync(join(DIST, 'index.html'), 'utf8');
  const seen = new Set<string>();
  const scripts = [...html.matchAll(/(?:src|href)="\.\/([^"]+\.js)"/g)].map((match) => match[1] ?? '');
  expect(scripts.length).toBeGreaterThan(0);
  for (const script of scripts) withImports(join(DIST, script), seen);
  const workers = readdirSync(join(DIST, 'assets')).filter((name) => /worker.*\.js$/.test(name));
  expect(workers.length).toBeGreaterThan(0);
  for (const worker of workers) withImports(join(DIST, 'assets', worker), seen);
  const sizes = [...seen].map((path) => ({
    path: path.slice(DIST.length + 1),
    bytes: gzipSync(readFileSync(path), GZIP).length,
  }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  console.info(
    `first load: ${(total / 1000).toFixed(1)} kB gzipped\n${sizes.map(({ path, bytes }) => `${String(bytes).padStart(8)} ${path}`).join('\n')}`,
  );
  expect(total).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX);
});
