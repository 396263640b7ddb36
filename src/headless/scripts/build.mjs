/** `npm run build`: the page to dist/, the command line to dist/headless/. */
import { ensureDependencies, runTool } from './install.mjs';

export function buildPage() {
  return runTool('vite/bin/vite.js', ['build', '--logLevel', 'warn']);
}

export function buildHeadless() {
  return runTool('vite/bin/vite.js', ['build', '--config', 'src/headless/vite.headless.ts', '--logLevel', 'warn']);
}

if (process.argv[1] === import.meta.filename) {
  ensureDependencies();
  process.exitCode = buildPage() || buildHeadless();
}
