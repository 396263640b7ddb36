/** What every file of the repository keeps to. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { codeOnly, filesBelow, isGenerated, isTest, lineOf, ROOT, sourceFiles } from './source-files.ts';

const LINES_MAX = 700;
const LINES_WORTH_A_THOUGHT = 400;
const SEEN_MIN = 200;

const files = sourceFiles();

test('files stay short', () => {
  expect(files.length).toBeGreaterThan(SEEN_MIN);
  const lengths = files
    .filter(({ path }) => !isGenerated(path))
    .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
    .sort((a, b) => b.lines - a.lines);
  const long = lengths.filter(({ lines }) => lines > LINES_WORTH_A_THOUGHT);
  if (long.length > 0) {
    console.info(
      `over ${LINES_WORTH_A_THOUGHT} lines:\n${long.map(({ path, lines }) => `${String(lines).padStart(6)} ${path}`).join('\n')}`,
    );
  }
  expect(lengths.filter(({ lines }) => lines > LINES_MAX)).toEqual([]);
});

test('file names are kebab-case', () => {
  // A locale's name is its BCP 47 tag.
  const named = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*|zh-CN)(?:\.(?:test|bench|soak|d|generated|config|headless))?\.tsx?$/;
  expect(files.map(({ path }) => path).filter((path) => !named.test(path.split('/').at(-1) ?? ''))).toEqual([]);
});

test('the engine has no enums, namespaces, default exports or barrels', () => {
  const wrong: string[] = [];
  for (const { path, text } of files) {
    if (isTest(path) || isGenerated(path)) continue;
    const code = codeOnly(text);
    for (const match of code.matchAll(
      /^\s*(?:export\s+)?(?:const\s+)?enum\s+\w|^\s*(?:export\s+)?namespace\s+\w|^export \* from\b/gm,
    )) {
      wrong.push(`${path}:${lineOf(code, match.index)} ${match[0].trim()}`);
    }
    // Tools demand a default export of their configuration.
    if (!/vite\.headless\.ts$/.test(path)) {
      for (const match of code.matchAll(/^export default\b/gm))
        wrong.push(`${path}:${lineOf(code, match.index)} export default`);
    }
  }
  expect(wrong).toEqual([]);
});

test('what is read by others speaks only of what they have', () => {
  const texts = [
    ...filesBelow('lessons', /\.(md|yaml)$/),
    { path: 'README.md', text: readFileSync(join(ROOT, 'README.md'), 'utf8') },
    ...files,
  ].filter(({ path }) => !/^(node_modules|dist)\//.test(path) && path !== 'src/testing/files.test.ts');
  const inside = /(?<![\w-])(?:\.\.\/shared\b|\/work\/|\/tmp\/briefs\b)/;
  // An import of a folder `shared` that lies in src is not what is meant.
  const withoutOwn = (path: string, text: string): string =>
    text.replace(/from '(\.[^']+)'/g, (whole, to: string) => (join(dirname(path), to).startsWith('src/') ? '' : whole));
  expect(texts.filter(({ path, text }) => inside.test(withoutOwn(path, text))).map(({ path }) => path)).toEqual([]);
});

test('the files that a visitor looks for are there', () => {
  for (const name of [
    'README.md',
    'LICENSE',
    'package.json',
    'package-lock.json',
    '.ci/run',
    'biome.json',
    'tsconfig.json',
  ]) {
    expect(existsSync(join(ROOT, name)), name).toBe(true);
  }
});
