/** A folder imports only from folders above it; what only the embedder may use stays out of the engine. */
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { codeOnly, isGenerated, isTest, lineOf, sourceFiles } from './source-files.ts';

/** Top to bottom. A folder that is missing here may not exist. */
const FOLDERS = [
  'sim',
  'go',
  'linux',
  'protocols',
  'components',
  'commands',
  'shell',
  'machine',
  'lesson-engine',
  'projections',
  'ui',
  'headless',
  'testing',
] as const;

/** Neighbours that meet only through linux/ and protocols/. */
const STRANGERS = new Set(['components', 'commands', 'shell']);
/** What runs in the page or in Node, rather than being simulated. */
const EMBEDDERS = new Set(['ui', 'headless', 'testing']);

const SEEN_MIN = 200;
const files = sourceFiles().filter(({ path }) => !path.startsWith('src/protocols/generate/'));
const folderOf = (path: string): string => path.split('/')[1] ?? '';

function importsOf(text: string): { specifier: string; line: number }[] {
  const found: { specifier: string; line: number }[] = [];
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"\n]+)\1/g;
  for (const match of text.matchAll(pattern))
    found.push({ specifier: match[2] ?? '', line: lineOf(text, match.index) });
  return found;
}

function allowed(from: string, to: string): boolean {
  if (from === to) return true;
  if (from === 'go') return to === 'sim';
  if (STRANGERS.has(from) && STRANGERS.has(to)) return false;
  // The page and the command line are two embedders of one engine.
  if (from === 'headless' && to === 'ui') return false;
  return FOLDERS.indexOf(to as (typeof FOLDERS)[number]) < FOLDERS.indexOf(from as (typeof FOLDERS)[number]);
}

test('the check sees the source', () => {
  expect(files.length).toBeGreaterThan(SEEN_MIN);
  const imports = files.flatMap(({ text }) => importsOf(text)).filter(({ specifier }) => specifier.startsWith('.'));
  expect(imports.length).toBeGreaterThan(SEEN_MIN);
});

test('every folder of src/ has its place in the order', () => {
  const unknown = files.filter(({ path }) => !(FOLDERS as readonly string[]).includes(folderOf(path)));
  expect(unknown.map(({ path }) => path)).toEqual([]);
});

test('imports point upwards only', () => {
  const wrong: string[] = [];
  for (const { path, text } of files) {
    for (const { specifier, line } of importsOf(text)) {
      if (!specifier.startsWith('.')) continue;
      const target = normalize(join(dirname(path), specifier)).replaceAll('\\', '/');
      if (!target.startsWith('src/')) {
        // Recorded fixtures and lessons are data.
        if (!isTest(path) && !EMBEDDERS.has(folderOf(path)))
          wrong.push(`${path}:${line} imports ${target}, outside src/`);
        continue;
      }
      const [from, to] = [folderOf(path), folderOf(target)];
      // A test may bring the programs that it needs on its node, wherever they come from.
      if (isTest(path) && (to === 'testing' || path.startsWith('src/testing/'))) continue;
      if (isTest(path) && STRANGERS.has(from) && STRANGERS.has(to)) continue;
      if (!allowed(from, to)) wrong.push(`${path}:${line} imports ${target}: ${from} may not import ${to}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('long-running programs and commands do not import each other', () => {
  const wrong: string[] = [];
  // Two levels below components/ where a kind of program has several implementations.
  const program = (path: string): string | null => {
    const [, folder, first, second, third] = path.split('/');
    if (folder === 'components') {
      return third === undefined || !/^(cri-runtimes|shims|oci-runtimes|control-plane)$/.test(first ?? '')
        ? (first ?? null)
        : `${first}/${second}`;
    }
    return null;
  };
  for (const { path, text } of files) {
    if (isTest(path)) continue;
    const own = program(path);
    if (own === null) continue;
    for (const { specifier, line } of importsOf(text)) {
      if (!specifier.startsWith('.')) continue;
      const target = normalize(join(dirname(path), specifier)).replaceAll('\\', '/');
      const other = program(target);
      // What implementations of one kind truly share stands beside them.
      if (other !== null && other !== own && !other.endsWith('/shared'))
        wrong.push(`${path}:${line} imports ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

test('the engine knows neither Node nor the page', () => {
  const wrong: string[] = [];
  for (const { path, text } of files) {
    if (EMBEDDERS.has(folderOf(path)) || isTest(path)) continue;
    for (const { specifier, line } of importsOf(text)) {
      if (/^(node:|react|zustand|@xterm|comlink|vite)/.test(specifier))
        wrong.push(`${path}:${line} imports ${specifier}`);
    }
  }
  expect(wrong).toEqual([]);
});

/** Same seed, same input, same history: nothing in the model may depend on the platform or on real time. */
const BANNED: readonly [RegExp, string][] = [
  [/\bDate\b\s*[.(]|\bnew\s+Date\b/g, 'the virtual clock instead of Date'],
  [/\bMath\.random\b/g, 'ctx.random'],
  [
    /\bMath\.(?:sin|cos|tan|asin|acos|atan|atan2|sinh|cosh|tanh|asinh|acosh|atanh|exp|expm1|log|log10|log1p|log2|pow|cbrt|hypot)\b/g,
    'arithmetic that is the same on every platform',
  ],
  [/(?<!\.)\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|requestAnimationFrame)\b/g, 'ctx.sleep'],
  [/(?<![.\w])fetch\s*\(/g, 'the simulated network'],
  [/(?<![.\w])(?:globalThis\.)?crypto\./g, '@noble/hashes or ctx.random'],
  [/\bIntl\b/g, 'formatting of our own'],
  [/\.(?:localeCompare|toLocaleString|toLocaleUpperCase|toLocaleLowerCase)\b/g, 'comparison by code unit'],
  [/\bPromise\.(?:all|allSettled|race|any)\b/g, 'strands and the primitives of sim/'],
  [/\b(?:performance\.now|process\.(?:hrtime|nextTick)|structuredClone)\b/g, 'what the context gives'],
];

/** A definition, or a method's. */
const OWN_FETCH = /function\*? fetch\b|import .*\bfetch\b|\bconst fetch\b|^\s+(?:(?:private|async) )*fetch\(/m;

/** `new Promise` is how the scheduler itself parks a strand; anywhere else it would escape it. */
const MAKES_PROMISES = new Set(['src/sim/scheduler.ts']);

test('nothing in the engine depends on the platform, real time or the order of promises', () => {
  const wrong: string[] = [];
  let scanned = 0;
  for (const { path, text } of files) {
    if (EMBEDDERS.has(folderOf(path)) || isTest(path) || isGenerated(path)) continue;
    scanned++;
    const code = codeOnly(text);
    for (const [pattern, instead] of BANNED) {
      for (const match of code.matchAll(pattern)) {
        // A function of the file's own, or imported, may have the word for its name; the compiler knows no global one.
        if (match[0].startsWith('fetch') && OWN_FETCH.test(code)) continue;
        wrong.push(`${path}:${lineOf(code, match.index)} uses ${match[0].trim()}; use ${instead}`);
      }
    }
    if (!MAKES_PROMISES.has(path)) {
      for (const match of code.matchAll(/\bnew Promise\b/g))
        wrong.push(`${path}:${lineOf(code, match.index)} makes a promise of its own`);
    }
  }
  expect(scanned).toBeGreaterThan(SEEN_MIN);
  expect(wrong).toEqual([]);
});
