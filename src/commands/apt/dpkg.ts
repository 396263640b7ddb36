/**
 * @models dpkg 1.22 src/query/main.c, src/main/main.c
 * @fidelity partial: -i, -r, -P, -l, -s, -L, -S, --get-selections; columns are as wide as what stands in them, on terminals too
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { fieldOf, filesOf, installedPackages, type Package } from './database.ts';
import { globPattern } from './pattern.ts';
import { databaseSize, dependenciesOf } from './transaction.ts';
import { configure, DebError, readDebFile, remove, unpack } from './unpack.ts';

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
  if (action === '--version') {
    await print(ctx, "Debian 'dpkg' package management program version 1.22.22 (amd64).\n");
    return 0;
  }
  if (action === '--print-architecture') {
    await print(ctx, 'amd64\n');
    return 0;
  }
  if (action === '--get-selections') return await selections(ctx, words);
  if (name === 'dpkg' && (action === '-i' || action === '--install')) return await installFiles(ctx, words);
  if (name === 'dpkg' && ['-r', '--remove', '-P', '--purge'].includes(action))
    return await removeNames(ctx, words, action === '-P' || action === '--purge');
  if (!lists && action !== '-s' && action !== '--status') {
    if (action === '') {
      await printError(
        ctx,
        "dpkg: error: need an action option\n\nType dpkg --help for help about installing and deinstalling packages [*];\nUse 'apt' or 'aptitude' for user-friendly package management;\n",
      );
      return 2;
    }
    await printRefusal(
      ctx,
      `${name}: not simulated: everything but -i, -r, -P, -l, -s, -L, -S, --get-selections and --print-architecture\n`,
    );
    return 2;
  }
  const installed = await installedPackages(ctx);
  if (installed === null) {
    await printRefusal(ctx, `${name}: not simulated: the package database of this node (/var/lib/dpkg/status)\n`);
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

async function selections(ctx: Context, words: readonly string[]): Promise<number> {
  const patterns = words.map(globPattern);
  for (const { name, status } of (await installedPackages(ctx)) ?? [])
    if (patterns.length === 0 || patterns.some((pattern) => pattern.test(name)))
      await print(ctx, `${`${name}`.padEnd(47)}\t${status.split(' ')[0]}\n`);
  return 0;
}

const DENIED = 'dpkg: error: requested operation requires superuser privilege\n';

async function installFiles(ctx: Context, paths: readonly string[]): Promise<number> {
  if (ctx.process.credentials.euid !== 0) {
    await printError(ctx, DENIED);
    return 2;
  }
  let code = 0;
  for (const path of paths) {
    let deb: Awaited<ReturnType<typeof readDebFile>>;
    try {
      deb = await readDebFile(ctx, path);
    } catch (error) {
      if (!isErrno(error) && !(error instanceof DebError)) throw error;
      const why = isErrno(error) ? `cannot access archive '${path}': ${error.libc}` : error.message;
      await printError(ctx, `dpkg: error${isErrno(error) ? '' : ` processing archive ${path} (--install)`}: ${why}\n`);
      code = isErrno(error) ? 2 : 1;
      continue;
    }
    const { files, names } = await databaseSize(ctx);
    const [name, version] = [fieldOf(deb.control, 'Package'), fieldOf(deb.control, 'Version')];
    const there = (await installedPackages(ctx))?.find((p) => p.name === name);
    await print(
      ctx,
      `${names.has(name) ? '' : `Selecting previously unselected package ${name}.\n`}(Reading database ... ${files} files and directories currently installed.)\nPreparing to unpack ${path} ...\nUnpacking ${name} (${version})${there === undefined ? '' : ` over (${there.version})`} ...\nSetting up ${name} (${version}) ...\n`,
    );
    await unpack(ctx, deb);
    if (!(await configure(ctx, deb))) code = 1;
  }
  return code;
}

async function removeNames(ctx: Context, words: readonly string[], purge: boolean): Promise<number> {
  if (ctx.process.credentials.euid !== 0) {
    await printError(ctx, DENIED);
    return 2;
  }
  let code = 0;
  for (const word of words) {
    const all = (await installedPackages(ctx)) ?? [];
    const found = all.find((p) => p.name === word);
    if (found === undefined) {
      await printError(ctx, `dpkg: warning: ignoring request to remove ${word} which isn't installed\n`);
      continue;
    }
    const dependents = all.filter((p) => p.status.endsWith(' installed') && dependenciesOf(p).includes(word));
    if (dependents.length > 0) {
      await printError(
        ctx,
        `dpkg: dependency problems prevent removal of ${word}:\n${dependents.map((p) => ` ${p.name} depends on ${word}.\n`).join('')}\ndpkg: error processing package ${word} (--remove):\n dependency problems - not removing\nErrors were encountered while processing:\n ${word}\n`,
      );
      code = 1;
      continue;
    }
    const { files } = await databaseSize(ctx);
    await print(
      ctx,
      `(Reading database ... ${files} files and directories currently installed.)\nRemoving ${word} (${found.version}) ...\n`,
    );
    if (!(await remove(ctx, word, found.text, purge))) code = 1;
    if (purge) await print(ctx, `Purging configuration files for ${word} (${found.version}) ...\n`);
  }
  return code;
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
