/**
 * `npm run bench`: the numbers to reach, measured on the code as it is shipped (bundled), not as tests load it.
 * `npm run bench pods`: what pods of a cluster cost. `npm run bench restarting`: 50 of them, 20 of which restart.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleHeadless } from './build.mjs';
import { ensureDependencies, run } from './install.mjs';
import { V8_FLAGS } from './v8-flags.mjs';

ensureDependencies();
const out = mkdtempSync(join(tmpdir(), 'cutaway-bench-'));
const env = { ...process.env, CUTAWAY_BUNDLE: 'module' };
const status = bundleHeadless(
  ['--ssr', `src/testing/benchmarks/${process.argv[2] ?? 'ratios'}.ts`, '--outDir', out],
  env,
);
process.exitCode = status || run(process.execPath, ['--expose-gc', ...V8_FLAGS, join(out, 'program.mjs')]);
rmSync(out, { recursive: true, force: true });
