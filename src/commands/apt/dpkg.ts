/**
 * @models dpkg 1.20 src/querycmd.c
 * @fidelity partial: -l, -s, -L and -S; columns are as wide as what stands in them, on terminals too
 */
import type { Context } from '../../linux/context.ts';
import { print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { filesOf, installedPackages, type Package } from './database.ts';
import { globPattern } from './pattern.ts';

const HEAD = `Desired=Unknown/Install/Remove/Purge/Hold
| Status=Not/Inst/Conf-files/Unpacked/halF-conf/Half-inst/trig-aWait/Trig-pend
|/ Err?=(none)/Reinst-required (Status,Err: uppercase=bad)
`;
const WANTS: Readonly<Record<string, string>> = {
  unknown: 'u',
  install: 'i',
  hold: 'h',
  deinstall: 'r',
  purge: 'p',
};
const STATES: Readonly<Record<string, string>> = {
  'not-installed': 'n',
  installed: 'i',
  'config-files': 'c',
  unpacked: 'U',
  'half-configured': 'F',
  'half-installed': 'H',
  'triggers-awaited': 'W',
  'triggers-pending': 't',
};
const MIN_WIDTHS: readonly number[] = [14, 12, 12, 33];

async function main(ctx: Context, argv: string[], name: string): Promise<number> {
  const [action = '', ...words] = argv.slice(1);
  const lists = action === '-l' || action === '--list';
  if (action === '-L' || action === '--listfiles') return await listFiles(ctx, words);
  if (action === '-S' || action === '--search') return await search(ctx, words);
  if (!lists && action !== '-s' && action !== '--status') {
    await printError(ctx, `${name}: not simulated: everything but -l, -s, -L and -S\n`);
    return 2;
  }
  const installed = await installedPackages(ctx);
  if (installed === null) {
    await printError(ctx, `${name}: not simulated: the package database of this node (/var/lib/dpkg/status)\n`);
    return 2;
  }
  return lists ? await list(ctx, installed, words) : await status(ctx, installed, words);
}

async function listFiles(ctx: Context, words: readonly string[]): Promise<number> {
  let exitCode = 0;
  for (const word of words) {
    const files = await filesOf(ctx, word);
    if (files !== null) {
      await print(ctx, files.map((file) => `${file}\n`).join(''));
      continue;
    }
    await printError(ctx, `dpkg-query: package '${word}' is not installed\n`);
    exitCode = 1;
  }
  if (exitCode > 0)
    await printError(ctx, 'Use dpkg --contents (= dpkg-deb --contents) to list archive files contents.\n');
  return exitCode;
}

/** Whose files match: a word without a pattern's signs may stand anywhere in the path. */
async function search(ctx: Context, words: readonly string[]): Promise<number> {
  const packages = (await installedPackages(ctx)) ?? [];
  let exitCode = 0;
  for (const word of words) {
    const pattern = globPattern(/[*?[]/.test(word) || word.startsWith('/') ? word : `*${word}*`);
    const owners = new Map<string, string[]>();
    for (const { name } of packages)
      for (const file of (await filesOf(ctx, name)) ?? [])
        if (pattern.test(file)) owners.set(file, [...(owners.get(file) ?? []), name]);
    for (const [file, names] of owners) await print(ctx, `${names.join(', ')}: ${file}\n`);
    if (owners.size > 0) continue;
    await printError(ctx, `dpkg-query: no path found matching pattern ${word}\n`);
    exitCode = 1;
  }
  return exitCode;
}

async function list(ctx: Context, installed: readonly Package[], words: readonly string[]): Promise<number> {
  const patterns = words.map(globPattern);
  const shown = installed.filter(
    ({ name, status }) =>
      (words.length === 0 && !status.endsWith(' not-installed')) || patterns.some((pattern) => pattern.test(name)),
  );
  if (shown.length > 0) {
    const rows = shown.map(({ name, version, architecture, summary }) => [name, version, architecture, summary]);
    const widths = MIN_WIDTHS.map((least, i) => rows.reduce((most, row) => Math.max(most, row[i]?.length ?? 0), least));
    const line = (mark: string, row: readonly string[]): string =>
      `${mark} ${row.map((cell, i) => (i === 3 ? cell : cell.padEnd(widths[i] ?? 0))).join(' ')}\n`;
    const rule = `+++-${widths.map((width) => '='.repeat(width)).join('-')}\n`;
    const marks = shown.map(({ status }) => {
      const [want = '', error = '', state = ''] = status.split(' ');
      return `${WANTS[want] ?? '?'}${STATES[state] ?? '?'}${error === 'reinstreq' ? 'R' : ' '}`;
    });
    await print(ctx, HEAD + line('||/', ['Name', 'Version', 'Architecture', 'Description']) + rule);
    await print(ctx, rows.map((row, i) => line(marks[i] ?? '', row)).join(''));
  }
  let exitCode = 0;
  for (const [i, word] of words.entries()) {
    if (shown.some(({ name }) => patterns[i]?.test(name))) continue;
    await printError(ctx, `dpkg-query: no packages found matching ${word}\n`);
    exitCode = 1;
  }
  return exitCode;
}

async function status(ctx: Context, installed: readonly Package[], words: readonly string[]): Promise<number> {
  let exitCode = 0;
  for (const [i, word] of words.entries()) {
    const found = installed.find(({ name }) => name === word);
    if (found !== undefined) {
      await print(ctx, `${found.text}\n`);
    } else {
      await printError(ctx, `dpkg-query: package '${word}' is not installed and no information is available\n`);
      exitCode = 1;
    }
    if (i < words.length - 1) await print(ctx, '\n');
  }
  if (exitCode > 0) await printError(ctx, 'Use dpkg --info (= dpkg-deb --info) to examine archive files.\n');
  return exitCode;
}

function programNamed(name: string): Program {
  return {
    name,
    startCpuNs: LATENCY.coreutilsStartNs,
    rssBytes: 4_000_000,
    threads: 1,
    main: (ctx, argv) => main(ctx, argv, name),
  };
}

export const dpkg = programNamed('dpkg');
export const dpkgQuery = programNamed('dpkg-query');
