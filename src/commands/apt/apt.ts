/**
 * apt, apt-get, apt-cache, apt-mark. @models apt 3.0 cmdline/apt.cc, apt-get.cc, apt-cache.cc, apt-mark.cc
 * @fidelity partial: the operations below; see transaction.ts for what an installation leaves out
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError, printRefusal } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { LATENCY } from '../../sim/latency.ts';
import { isTerminal } from '../common/streams.ts';
import {
  automaticPackages,
  installedPackages,
  offeredPackages,
  type Package,
  setAutomatic,
  setManual,
  writeStatus,
} from './database.ts';
import { depends, list, policy, search, show } from './query.ts';
import { addWithDependencies, carryOut, newestOffer, noLongerRequired, type Plan, type Style } from './transaction.ts';
import { update, upgradable } from './update.ts';
import { compareVersions } from './version.ts';

/** The exit code of everything that apt itself finds wrong. */
const FAILED = 100;
const NO_DATABASE = 'not simulated: the package database of this node (/var/lib/dpkg/status)';

type Name = 'apt' | 'apt-get';
type Call = {
  readonly program: Name;
  readonly style: Style;
  readonly options: readonly string[];
  readonly words: string[];
};

const KNOWN_OPTIONS = new Set([
  '-y',
  '--yes',
  '--assume-yes',
  '-q',
  '-qq',
  '--quiet',
  '--installed',
  '--upgradable',
  '--upgradeable',
  '--manual-installed',
  '-a',
  '--all-versions',
  '--no-install-recommends',
  '--no-install-suggests',
  '--install-recommends',
  '-s',
  '--simulate',
  '--dry-run',
  '-d',
  '--download-only',
  '--purge',
  '--reinstall',
  '--allow-downgrades',
  '--allow-change-held-packages',
  '-f',
  '--fix-broken',
  '-m',
  '--fix-missing',
  '-n',
  '--names-only',
  '--no-upgrade',
  '--only-upgrade',
  '--autoremove',
  '--auto-remove',
  '-V',
  '--verbose-versions',
  '-qy',
  '-yq',
  '--show-progress',
  '-yqq',
  '-qqy',
  '--print-uris',
]);
const NOT_SIMULATED = [
  'source',
  'build-dep',
  'download',
  'changelog',
  'edit-sources',
  'satisfy',
  'why',
  'indextargets',
  'moo',
  'check',
];

async function main(ctx: Context, argv: string[], program: Name): Promise<number> {
  const words: string[] = [];
  const options: string[] = [];
  for (let i = 1; i < argv.length; i++) {
    const arg = argv[i] as string;
    if (arg === '-o' || arg === '-c' || arg === '-t') i++;
    else if (/^-[ot]./.test(arg)) continue;
    else if (arg.startsWith('-')) options.push(arg);
    else words.push(arg);
  }
  const [operation, ...rest] = words;
  const has = (...names: string[]): boolean => options.some((option) => names.includes(option));
  if (has('-v', '--version') || operation === 'version') {
    await print(ctx, `apt ${(await aptVersion(ctx)) ?? '3.0.4'} (amd64)\n`);
    return 0;
  }
  // It tells scripts from people by where its output goes.
  if (program === 'apt' && operation !== undefined && !(await isTerminal(ctx, 1)))
    await printError(ctx, '\nWARNING: apt does not have a stable CLI interface. Use with caution in scripts.\n\n');
  const style: Style = {
    program,
    modern: /^3\./.test((await aptVersion(ctx)) ?? ''),
    yes: has('-y', '--yes', '--assume-yes', '-qq', '-qy', '-yq', '-yqq', '-qqy'),
    purge: has('--purge') || operation === 'purge',
    simulate: has('-s', '--simulate', '--dry-run'),
    downloadOnly: has('-d', '--download-only'),
    changesHeld: options.includes('--allow-change-held-packages'),
  };
  const call: Call = { program, style, options, words: rest };
  const strange = options.find((option) => !KNOWN_OPTIONS.has(option) && option !== '-h' && option !== '--help');
  if (strange !== undefined) {
    const letter = /^-(\w)$/.exec(strange)?.[1];
    await printError(
      ctx,
      letter === undefined
        ? `E: Command line option ${strange} is not understood in combination with the other options\n`
        : `E: Command line option '${letter}' [from ${strange}] is not understood in combination with the other options.\n`,
    );
    return FAILED;
  }
  if (operation === undefined || operation === 'help' || has('-h', '--help')) {
    await print(ctx, help(program, (await aptVersion(ctx)) ?? '3.0.4'));
    return operation === undefined && !has('-h', '--help') ? 1 : 0;
  }
  const done = (await isTerminal(ctx, 1)) ? ' Done' : '';
  if (operation === 'clean' || operation === 'autoclean' || operation === 'auto-clean') return await clean(ctx);
  if ((await installedPackages(ctx)) === null) return await refuse(ctx, call, NO_DATABASE);
  switch (operation) {
    case 'update':
      return await update(ctx, program, done);
    case 'install':
    case 'reinstall':
      return await install(ctx, call, done);
    case 'remove':
    case 'purge':
      return await removal(ctx, call, done);
    case 'autoremove':
    case 'autopurge':
      return await autoremove(ctx, call, done);
    case 'upgrade':
    case 'full-upgrade':
    case 'dist-upgrade':
      return await upgrade(ctx, call, done);
    case 'list':
      if (program === 'apt') return await list(ctx, options, rest, done);
      break;
    case 'search':
      if (program === 'apt') return await search(ctx, program, options, rest, done);
      break;
    case 'show':
      if (program === 'apt') return await show(ctx, program, rest);
      break;
    case 'policy':
      if (program === 'apt') return await policy(ctx, rest);
      break;
    case 'depends':
    case 'rdepends':
      if (program === 'apt') return await depends(ctx, rest, operation === 'rdepends');
      break;
  }
  if (NOT_SIMULATED.includes(operation)) return await refuse(ctx, call, `not simulated: ${operation}`);
  await printError(ctx, `E: Invalid operation ${operation}\n`);
  return FAILED;
}

function help(program: Name, version: string): string {
  const verbs =
    program === 'apt'
      ? 'list search show policy install reinstall remove purge autoremove update upgrade full-upgrade clean'
      : 'update upgrade install reinstall remove purge autoremove dist-upgrade clean';
  return `apt ${version} (amd64)\nUsage: ${program} [options] command\n\n${program} installs, removes and upgrades packages.\n\nCommands:\n${verbs
    .split(' ')
    .map((v) => `  ${v}\n`)
    .join('')}`;
}

async function aptVersion(ctx: Context): Promise<string | null> {
  return ((await installedPackages(ctx)) ?? []).find((p) => p.name === 'apt')?.version ?? null;
}

async function refuse(ctx: Context, { program }: Call, what: string): Promise<number> {
  await printError(ctx, `${program}: ${what}\n`);
  return FAILED;
}

async function clean(ctx: Context): Promise<number> {
  const folder = '/var/cache/apt/archives';
  try {
    for (const { name } of await ctx.sys.readDirectory(ctx, folder))
      if (name.endsWith('.deb')) await ctx.sys.unlink(ctx, `${folder}/${name}`);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  return 0;
}

async function reading(ctx: Context, { style }: Call, done: string): Promise<void> {
  for (const step of [
    'Reading package lists',
    'Building dependency tree',
    'Reading state information',
    ...(style.modern ? ['Solving dependencies'] : []),
  ])
    await print(ctx, `${step}...${done}\n`);
}

const isThere = (p: Package): boolean => p.status.endsWith(' installed');
const emptyPlan = (): Plan => ({ install: [], upgrade: [], remove: [], extra: new Set(), notUpgraded: 0 });

async function notUpgraded(ctx: Context, plan: Plan): Promise<number> {
  const taken = new Set([...plan.remove.map((p) => p.name), ...plan.upgrade.map(({ old }) => old.name)]);
  return (await upgradable(ctx)).filter((name) => !taken.has(name)).length;
}

async function install(ctx: Context, call: Call, done: string): Promise<number> {
  const installed = (await installedPackages(ctx)) ?? [];
  const offers = [...(await offeredPackages(ctx))];
  if (call.words.some((word) => word.endsWith('.deb')))
    return await refuse(ctx, call, 'not simulated: files as arguments; dpkg -i installs them');
  await reading(ctx, call, done);
  const plan = emptyPlan();
  const here: Package[] = [];
  const missing: string[] = [];
  for (const word of call.words) {
    const [name = '', wanted] = word.split('=');
    if (name.endsWith('-') && installed.some((p) => p.name === name.slice(0, -1) && isThere(p))) {
      plan.remove.push(...installed.filter((p) => p.name === name.slice(0, -1)));
      continue;
    }
    const found = installed.find((p) => p.name === name && isThere(p));
    const offer =
      wanted === undefined
        ? newestOffer(offers, name)
        : offers.find((o) => o.package.name === name && o.package.version === wanted);
    if (offer === undefined && (wanted === undefined ? found === undefined : found?.version !== wanted)) {
      missing.push(
        wanted !== undefined && (found !== undefined || newestOffer(offers, name) !== undefined)
          ? `Version '${wanted}' for '${name}' was not found`
          : `Unable to locate package ${name}`,
      );
      continue;
    }
    const again = call.options.includes('--reinstall');
    if (
      found !== undefined &&
      (offer === undefined || (!again && compareVersions(offer.package.version, found.version) <= 0))
    )
      here.push(found);
    else if (offer !== undefined && found !== undefined) plan.upgrade.push({ offer, old: found });
    else if (offer !== undefined) addWithDependencies(plan, offer, offers, installed);
  }
  if (missing.length > 0) {
    for (const what of missing) await printError(ctx, `E: ${what}\n`);
    return FAILED;
  }
  const rival = await rivalOf(ctx, plan, installed);
  if (rival !== null) return await refuse(ctx, call, `not simulated: ${rival}`);
  const automatic = await automaticPackages(ctx);
  for (const { name, version } of here) {
    await print(ctx, `${name} is already the newest version (${version}).\n`);
    if (!automatic.has(name)) continue;
    await setManual(ctx, name);
    await print(ctx, `${name} set to manually installed.\n`);
  }
  plan.notUpgraded = await notUpgraded(ctx, plan);
  return await carryOut(ctx, plan, call.style);
}

/** Packages from elsewhere that bring the same programs. */
const RIVALS: Readonly<Record<string, readonly string[]>> = { 'containerd.io': ['containerd', 'runc', 'docker.io'] };

async function rivalOf(_ctx: Context, plan: Plan, installed: readonly Package[]): Promise<string | null> {
  for (const [name, others] of Object.entries(RIVALS)) {
    const there = installed.find((p) => p.name === name && isThere(p));
    const offer = plan.install.findLast((o) => others.includes(o.package.name));
    if (there !== undefined && offer !== undefined)
      return `${offer.package.name} ${offer.package.version} in the place of ${name} ${there.version}`;
  }
  return null;
}

async function removal(ctx: Context, call: Call, done: string): Promise<number> {
  const installed = (await installedPackages(ctx)) ?? [];
  const offers = await offeredPackages(ctx);
  await reading(ctx, call, done);
  const plan = emptyPlan();
  for (const word of call.words) {
    const found = installed.find(
      (p) => p.name === word && (isThere(p) || (call.style.purge && p.status.endsWith(' config-files'))),
    );
    if (found !== undefined) plan.remove.push(found);
    else if (newestOffer(offers, word) !== undefined || installed.some((p) => p.name === word))
      await print(ctx, `Package '${word}' is not installed, so not removed\n`);
    else {
      await printError(ctx, `E: Unable to locate package ${word}\n`);
      return FAILED;
    }
  }
  // What needs one of them goes, too.
  for (let grown = true; grown; ) {
    grown = false;
    for (const p of installed) {
      if (!isThere(p) || plan.remove.includes(p)) continue;
      const needs = (/^Depends: (.*)$/m.exec(p.text)?.[1] ?? '').split(',').map((d) => d.trim().split(/[\s(|:]/)[0]);
      if (!plan.remove.some((gone) => needs.includes(gone.name))) continue;
      plan.remove.push(p);
      grown = true;
    }
  }
  plan.notUpgraded = await notUpgraded(ctx, plan);
  return await carryOut(ctx, plan, call.style);
}

async function autoremove(ctx: Context, call: Call, done: string): Promise<number> {
  await reading(ctx, call, done);
  const plan = emptyPlan();
  plan.remove.push(...(await noLongerRequired(ctx, [])));
  plan.notUpgraded = await notUpgraded(ctx, plan);
  return await carryOut(ctx, plan, call.style);
}

async function upgrade(ctx: Context, call: Call, done: string): Promise<number> {
  await reading(ctx, call, done);
  if (!call.style.modern) await print(ctx, `Calculating upgrade...${done}\n`);
  const installed = (await installedPackages(ctx)) ?? [];
  const offers = await offeredPackages(ctx);
  const plan = emptyPlan();
  for (const old of installed) {
    const offer = isThere(old) && !old.status.startsWith('hold ') ? newestOffer(offers, old.name) : undefined;
    if (offer !== undefined && compareVersions(offer.package.version, old.version) > 0)
      plan.upgrade.push({ offer, old });
  }
  plan.notUpgraded = await notUpgraded(ctx, plan);
  return await carryOut(ctx, plan, call.style);
}

async function cacheMain(ctx: Context, argv: string[]): Promise<number> {
  const options = argv.slice(1).filter((word) => word.startsWith('-'));
  const [operation, ...words] = argv.slice(1).filter((word) => !word.startsWith('-'));
  switch (operation) {
    case 'search':
      return await search(ctx, 'apt-cache', options, words, '');
    case 'show':
      return await show(ctx, 'apt-cache', words);
    case 'policy':
      return await policy(ctx, words);
    case 'depends':
    case 'rdepends':
      return await depends(ctx, words, operation === 'rdepends');
    case 'pkgnames': {
      const names = new Set([
        ...((await installedPackages(ctx)) ?? []).map((p) => p.name),
        ...(await offeredPackages(ctx)).map((o) => o.package.name),
      ]);
      await print(
        ctx,
        [...names]
          .filter((name) => name.startsWith(words[0] ?? ''))
          .sort()
          .map((name) => `${name}\n`)
          .join(''),
      );
      return 0;
    }
    case undefined:
      await print(
        ctx,
        'Usage: apt-cache [options] command\n       apt-cache [options] show pkg1 [pkg2 ...]\n\nCommands:\n  search\n  show\n  policy\n  depends\n  rdepends\n  pkgnames\n',
      );
      return 1;
  }
  const known = ['showpkg', 'showsrc', 'stats', 'dump', 'dumpavail', 'unmet', 'madison', 'dotty', 'gencaches'].includes(
    operation,
  );
  await (known ? printRefusal : printError)(
    ctx,
    known ? `apt-cache: not simulated: ${operation}\n` : `E: Invalid operation ${operation}\n`,
  );
  return FAILED;
}

async function markMain(ctx: Context, argv: string[]): Promise<number> {
  const [operation, ...words] = argv.slice(1).filter((word) => !word.startsWith('-'));
  const installed = ((await installedPackages(ctx)) ?? []).filter(isThere);
  const automatic = await automaticPackages(ctx);
  const chosen = installed.filter((p) => words.length === 0 || words.includes(p.name));
  const held = (p: Package): boolean => p.status.startsWith('hold ');
  if (operation === 'showhold' || operation === 'showauto' || operation === 'showmanual') {
    const wanted = (p: Package): boolean =>
      operation === 'showhold' ? held(p) : automatic.has(p.name) === (operation === 'showauto');
    await print(
      ctx,
      chosen
        .filter(wanted)
        .map((p) => `${p.name}\n`)
        .join(''),
    );
    return 0;
  }
  if (!['hold', 'unhold', 'auto', 'manual'].includes(operation ?? '')) {
    await printError(
      ctx,
      operation === undefined
        ? 'apt-mark: give one of hold, unhold, auto, manual, showhold, showauto, showmanual\n'
        : `E: Invalid operation ${operation}\n`,
    );
    return operation === undefined ? 1 : FAILED;
  }
  for (const word of words) {
    const p = installed.find((one) => one.name === word);
    if (p === undefined) {
      await printError(
        ctx,
        `E: Can't select installed nor candidate version from package '${word}' as it has neither of them\n`,
      );
      return FAILED;
    }
    if (operation === 'auto' || operation === 'manual') {
      const already = automatic.has(word) === (operation === 'auto');
      await setAutomatic(ctx, [word], operation === 'auto');
      await print(
        ctx,
        already
          ? `${word} was already set to ${operation === 'auto' ? 'automatically' : 'manually'} installed.\n`
          : `${word} set to ${operation === 'auto' ? 'automatically' : 'manually'} installed.\n`,
      );
      continue;
    }
    const on = operation === 'hold';
    if (held(p) === on) {
      await print(ctx, `${word} was already ${on ? 'set on hold' : 'not on hold'}.\n`);
      continue;
    }
    await writeStatus(ctx, word, p.text.replace(/^Status: \S+/m, `Status: ${on ? 'hold' : 'install'}`));
    await print(ctx, on ? `${word} set on hold.\n` : `Canceled hold on ${word}.\n`);
  }
  return 0;
}

function programNamed(name: string, run: (ctx: Context, argv: string[]) => Promise<number>): Program {
  return { name, startCpuNs: LATENCY.coreutilsStartNs, rssBytes: 8_000_000, threads: 1, main: run };
}

export const apt = programNamed('apt', (ctx, argv) => main(ctx, argv, 'apt'));
export const aptGet = programNamed('apt-get', (ctx, argv) => main(ctx, argv, 'apt-get'));
export const aptCache = programNamed('apt-cache', cacheMain);
export const aptMark = programNamed('apt-mark', markMain);
