/** `npm run bench`: the numbers to reach, measured on the code as it is shipped (bundled), not as tests load it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDependencies, run, runTool } from './install.mjs';

ensureDependencies();
const out = mkdtempSync(join(tmpdir(), 'cutaway-bench-'));
const status = runTool('vite/bin/vite.js', [
  'build',
  '--config',
  'src/headless/vite.headless.ts',
  '--logLevel',
  'error',
  '--ssr',
  'src/testing/benchmarks/ratios.ts',
  '--outDir',
  out,
]);
process.exitCode = status || run(process.execPath, ['--expose-gc', join(out, 'cutaway.js')]);
rmSync(out, { recursive: true, force: true });
