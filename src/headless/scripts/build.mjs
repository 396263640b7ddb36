/** `npm run build`: the page to dist/, the command line to dist/headless/. */
import { chmodSync } from 'node:fs';
import { resolve } from 'node:path';
import { ensureDependencies, ROOT, runTool } from './install.mjs';

export function buildPage() {
  return runTool('vite/bin/vite.js', ['build', '--logLevel', 'warn']);
}

export function buildHeadless() {
  const status = runTool('vite/bin/vite.js', [
    'build',
    '--config',
    'src/headless/vite.headless.ts',
    '--logLevel',
    'warn',
  ]);
  if (status === 0) chmodSync(resolve(ROOT, 'dist/headless/cutaway.js'), 0o755);
  return status;
}

if (process.argv[1] === import.meta.filename) {
  ensureDependencies();
  process.exitCode = buildPage() || buildHeadless();
}
