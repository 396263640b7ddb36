/**
 * @models apt 2.2 cmdline/apt.cc, apt-private/private-install.cc private-list.cc
 * @fidelity partial: says what is installed and what an install would leave as it is; it neither fetches nor unpacks
 */
import type { Context } from '../../linux/context.ts';
import { print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { isTerminal } from '../common/streams.ts';
import { automaticPackages, installedPackages, offeredPackages, type Package, setManual } from './database.ts';
import { globPattern } from './pattern.ts';

/** The exit code of everything that apt itself finds wrong. */
const FAILED = 100;
const NO_DATABASE = 'not simulated: the package database of this node (/var/lib/dpkg/status)';

type Call = { readonly program: 'apt' | 'apt-get'; readonly options: readonly string[]; readonly words: string[] };

async function main(ctx: Context, argv: string[], program: Call['program']): Promise<number> {
  const words = argv.slice(1).filter((word) => !word.startsWith('-'));
  const options = argv.slice(1).filter((word) => word.startsWith('-'));
  const [operation, ...rest] = words;
  const call: Call = { program, options, words: rest };
  // It tells scripts from people by where its output goes.
  if (program === 'apt' && operation !== undefined && !(await isTerminal(ctx, 1)))
    await printError(ctx, '\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n');
  const strange = options.find((option) => !KNOWN_OPTIONS.includes(option));
  if (strange !== undefined) return await refuse(ctx, call, `not simulated: the option ${strange}`);
  switch (operation) {
    case 'install':
      return await install(ctx, call);
    case 'list':
      if (program === 'apt') return await list(ctx, call);
      break;
    case undefined:
      return await refuse(ctx, call, 'not simulated: help');
  }
  if (OPERATIONS.includes(operation)) return await refuse(ctx, call, `not simulated: ${operation}`);
  await printError(ctx, `E: Invalid operation ${operation}\n`);
  return FAILED;
}

const KNOWN_OPTIONS = ['-y', '--yes', '--assume-yes', '--installed', '--no-install-recommends'];
/** Those that are nowhere above. */
const OPERATIONS = [
  'update',
  'upgrade',
  'full-upgrade',
  'dist-upgrade',
  'remove',
  'purge',
  'autoremove',
  'search',
  'show',
  'download',
  'clean',
  'source',
];

async function refuse(ctx: Context, { program }: Call, what: string): Promise<number> {
  await printError(ctx, `${program}: ${what}\n`);
  return FAILED;
}

async function install(ctx: Context, call: Call): Promise<number> {
  const installed = await installedPackages(ctx);
  if (installed === null) return await refuse(ctx, call, NO_DATABASE);
  const done = (await isTerminal(ctx, 1)) ? ' Done' : '';
  for (const step of ['Reading package lists', 'Building dependency tree', 'Reading state information'])
    await print(ctx, `${step}...${done}\n`);
  const offers = await offeredPackages(ctx);
  const here: Package[] = [];
  const missing: string[] = [];
  let fresh: string | null = null;
  for (const word of call.words) {
    const found = installed.find(({ name, status }) => name === word && status.endsWith(' installed'));
    const offered = offers.filter((offer) => offer.package.name === word);
    if (found === undefined && offered.length === 0) missing.push(word);
    else if (found === undefined || offered.some((offer) => offer.package.version !== found.version)) fresh ??= word;
    else here.push(found);
  }
  if (missing.length > 0) {
    for (const word of missing) await printError(ctx, `E: Unable to locate package ${word}\n`);
    return FAILED;
  }
  if (fresh !== null) return await refuse(ctx, call, `not simulated: fetching and unpacking ${fresh}`);
  const automatic = await automaticPackages(ctx);
  for (const { name, version } of here) {
    await print(ctx, `${name} is already the newest version (${version}).\n`);
    if (!automatic.has(name)) continue;
    await setManual(ctx, name);
    await print(ctx, `${name} set to manually installed.\n`);
  }
  await print(ctx, '0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n');
  return 0;
}

async function list(ctx: Context, call: Call): Promise<number> {
  const installed = await installedPackages(ctx);
  if (installed === null) return await refuse(ctx, call, NO_DATABASE);
  if (!call.options.includes('--installed')) return await refuse(ctx, call, 'not simulated: list without --installed');
  await print(ctx, `Listing...${(await isTerminal(ctx, 1)) ? ' Done' : ''}\n`);
  const offers = await offeredPackages(ctx);
  const automatic = await automaticPackages(ctx);
  const patterns = call.words.map(globPattern);
  for (const { name, version, architecture, status } of installed) {
    if (!status.endsWith(' installed')) continue;
    if (patterns.length > 0 && !patterns.some((pattern) => pattern.test(name))) continue;
    const suites = offers.filter((o) => o.package.name === name && o.package.version === version).map((o) => o.suite);
    const from = [...suites, 'now'].filter((suite) => suite !== '').join(',');
    const how = suites.length === 0 ? 'installed,local' : automatic.has(name) ? 'installed,automatic' : 'installed';
    await print(ctx, `${name}/${from} ${version} ${architecture} [${how}]\n`);
  }
  return 0;
}

function programNamed(name: Call['program']): Program {
  return {
    name,
    startCpuNs: LATENCY.coreutilsStartNs,
    rssBytes: 8_000_000,
    threads: 1,
    main: (ctx, argv) => main(ctx, argv, name),
  };
}

export const apt = programNamed('apt');
export const aptGet = programNamed('apt-get');
