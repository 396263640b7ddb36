/**
 * `npm test`: everything, on a clean checkout too. The last line is `N passed, N failed`: the sum over all parts, a
 * check without tests of its own (a type check, a build) counting as one.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildHeadless, buildPage } from './build.mjs';
import { ensureBrowser, ensureDependencies, ensureRealClients, ROOT, runTool } from './install.mjs';

const TYPE_SCRIPT_PROJECTS = [
  'tsconfig.json',
  'src/ui/tsconfig.json',
  'src/headless/tsconfig.json',
  'src/testing/tsconfig.json',
  'e2e/tsconfig.json',
];
const LESSON_TESTS_MS_MAX = 300_000;

ensureDependencies();
const reports = mkdtempSync(join(tmpdir(), 'cutaway-test-'));
const results = [];

/** `body` returns an exit status, or the counts themselves. */
function part(name, body) {
  const start = performance.now();
  console.log(`\n── ${name}`);
  let outcome;
  try {
    outcome = body();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    outcome = 1;
  }
  const counts =
    typeof outcome === 'number' ? { passed: outcome === 0 ? 1 : 0, failed: outcome === 0 ? 0 : 1 } : outcome;
  results.push({ name, ...counts, seconds: (performance.now() - start) / 1000 });
}

/** A run that fails without a failing test (a suite that does not load, a crash) counts as one failure. */
function counted(status, passed, failed) {
  return { passed, failed: failed === 0 && status !== 0 ? 1 : failed };
}

for (const project of TYPE_SCRIPT_PROJECTS) {
  part(`tsc ${project}`, () => runTool('typescript/bin/tsc', ['--noEmit', '-p', project]));
}
part('biome check', () => runTool('@biomejs/biome/bin/biome', ['check', '--reporter=summary']));
part('knip', () => runTool('knip/bin/knip.js', []));
part('build: page', buildPage);
part('build: headless', buildHeadless);

part('vitest', () => {
  ensureRealClients();
  const report = join(reports, 'vitest.json');
  const status = runTool('vitest/vitest.mjs', [
    'run',
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  const json = JSON.parse(readFileSync(report, 'utf8'));
  const broken = json.testResults.filter(
    (suite) => suite.status === 'failed' && suite.assertionResults.length === 0,
  ).length;
  return counted(status, json.numPassedTests, json.numFailedTests + broken);
});

for (const kind of ['lesson', 'drill']) {
  // One variant of each drill, and a lesson's own path: `npm run soak` has the rest.
  part(`${kind}s`, () => {
    const args = [join(ROOT, 'dist/headless/cutaway.js'), kind, 'test', '--quick'];
    const result = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', timeout: LESSON_TESTS_MS_MAX });
    process.stdout.write(result.stdout + result.stderr);
    const [, passed = '0', failed = '0'] = /^(\d+) passed, (\d+) failed$/m.exec(result.stdout) ?? [];
    return counted(result.status ?? 1, Number(passed), Number(failed));
  });
}

part('playwright', () => {
  const missing = ensureBrowser();
  if (missing !== null) throw new Error(missing);
  const report = join(reports, 'playwright.json');
  const env = { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: report, PLAYWRIGHT_JSON_OUTPUT_FILE: report };
  const args = ['test', '--config', 'e2e/playwright.config.ts', '--reporter=list,json'];
  const status = runTool('@playwright/test/cli.js', args, { env });
  const { stats } = JSON.parse(readFileSync(report, 'utf8'));
  return counted(status, stats.expected + stats.flaky, stats.unexpected);
});

rmSync(reports, { recursive: true, force: true });
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log('');
for (const { name, passed, failed, seconds } of results) {
  console.log(
    `${failed === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(34)} ${passed} passed, ${failed} failed (${seconds.toFixed(1)} s)`,
  );
}
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exitCode = sum('failed') === 0 ? 0 : 1;
