/**
 * What an installation or a removal would change, and doing it.
 * @models apt 3.0 apt-private/private-install.cc, private-output.cc; dpkg 1.22 src/main
 * @fidelity partial: first alternatives of dependencies, whose versions do not matter; libraries count as there; no solver, recommendations or conflicts but those with what came from elsewhere
 */
import type { Context } from '../../linux/context.ts';
import { LineReader, mkdirAll, print, printError, writeFile } from '../../linux/io.ts';
import { isTerminal } from '../common/streams.ts';
import { acquire, sizeText } from './acquire.ts';
import {
  automaticPackages,
  fieldOf,
  filesOf,
  installedPackages,
  type Offer,
  type Package,
  placeOf,
  setAutomatic,
} from './database.ts';
import { configure, type Deb, DebError, readDeb, remove, unpack } from './unpack.ts';
import { compareVersions } from './version.ts';

const ARCHIVES = '/var/cache/apt/archives';
const WIDTH = 79;

export type Plan = {
  /** In the order in which they are unpacked: what others need comes first. */
  install: Offer[];
  upgrade: { offer: Offer; old: Package }[];
  remove: Package[];
  /** Came along with what was asked for. */
  extra: Set<string>;
  notUpgraded: number;
};

export type Style = {
  program: 'apt' | 'apt-get';
  modern: boolean;
  yes: boolean;
  purge: boolean;
  simulate: boolean;
  downloadOnly: boolean;
  changesHeld: boolean;
};

export function newestOffer(offers: readonly Offer[], name: string): Offer | undefined {
  return offers
    .filter((o) => o.package.name === name)
    .reduce<Offer | undefined>(
      (best, o) => (best === undefined || compareVersions(o.package.version, best.package.version) > 0 ? o : best),
      undefined,
    );
}

export function dependenciesOf(p: Package): string[] {
  return fieldOf(p.text, 'Depends')
    .split(',')
    .map((one) => (one.trim().split(/[\s(|:]/)[0] ?? '').trim())
    .filter((name) => name !== '');
}

/** Adds a package and what it needs. */
export function addWithDependencies(
  plan: Plan,
  offer: Offer,
  offers: readonly Offer[],
  installed: readonly Package[],
): void {
  if (plan.install.includes(offer)) return;
  const there = (name: string): boolean => installed.some((p) => p.name === name && p.status.endsWith(' installed'));
  for (const name of dependenciesOf(offer.package)) {
    if (there(name) || plan.install.some((o) => o.package.name === name)) continue;
    const needed = newestOffer(offers, name);
    if (needed === undefined || needed === offer) continue;
    plan.extra.add(name);
    addWithDependencies(plan, needed, offers, installed);
  }
  if (!plan.install.includes(offer)) plan.install.push(offer);
}

/** What came along with something that is gone. */
export async function noLongerRequired(ctx: Context, gone: readonly string[]): Promise<Package[]> {
  const installed = ((await installedPackages(ctx)) ?? []).filter(
    (p) => p.status.endsWith(' installed') && !gone.includes(p.name),
  );
  const automatic = await automaticPackages(ctx);
  const needed = new Set(installed.filter((p) => !automatic.has(p.name)).map((p) => p.name));
  for (let grown = true; grown; ) {
    grown = false;
    for (const p of installed)
      if (needed.has(p.name))
        for (const name of dependenciesOf(p))
          if (!needed.has(name)) {
            needed.add(name);
            grown = true;
          }
  }
  return installed.filter((p) => !needed.has(p.name));
}

function block(title: string, names: readonly string[], indent = '  '): string {
  if (names.length === 0) return '';
  let out = `${title}\n`;
  let line = '';
  for (const name of [...names].sort()) {
    if (line !== '' && indent.length + line.length + 1 + name.length > WIDTH) {
      out += `${indent}${line}\n`;
      line = '';
    }
    line += (line === '' ? '' : ' ') + name;
  }
  return `${out}${indent}${line}\n`;
}

const plural = (n: number): string => String(n);

async function summary(ctx: Context, plan: Plan, style: Style): Promise<void> {
  const names = plan.install.map((o) => o.package.name);
  const extra = names.filter((name) => plan.extra.has(name));
  const asked = names.filter((name) => !plan.extra.has(name));
  const gone = plan.remove.map((p) => (style.purge ? `${p.name}*` : p.name));
  const upgraded = plan.upgrade.map(({ old }) => old.name);
  const unneeded =
    plan.remove.length === 0
      ? []
      : (
          await noLongerRequired(
            ctx,
            plan.remove.map((p) => p.name),
          )
        ).map((p) => p.name);
  const tool = style.program === 'apt' ? 'apt' : 'apt';
  const unneededText =
    unneeded.length === 0
      ? ''
      : `${block(`The following package${unneeded.length === 1 ? ' was' : 's were'} automatically installed and ${unneeded.length === 1 ? 'is' : 'are'} no longer required:`, unneeded)}Use '${tool} autoremove' to remove ${unneeded.length === 1 ? 'it' : 'them'}.\n`;
  const [i, u, r] = [names.length, upgraded.length, gone.length].map(plural);
  if (style.modern && style.program === 'apt') {
    await print(
      ctx,
      [
        unneededText === '' ? '' : `${unneededText}\n`,
        upgraded.length === 0 ? '' : `${block('Upgrading:', upgraded)}\n`,
        asked.length === 0 ? '' : `${block('Installing:', asked)}\n`,
        extra.length === 0 ? '' : `${block('Installing dependencies:', extra)}\n`,
        gone.length === 0 ? '' : `${block('REMOVING:', gone)}\n`,
        `Summary:\n  Upgrading: ${u}, Installing: ${i}, Removing: ${r}, Not Upgrading: ${plan.notUpgraded}\n`,
      ].join(''),
    );
    return;
  }
  await print(
    ctx,
    unneededText +
      block('The following additional packages will be installed:', extra) +
      block('The following packages will be REMOVED:', gone) +
      block('The following held packages will be changed:', heldAmong(plan)) +
      block('The following NEW packages will be installed:', names) +
      block('The following packages will be upgraded:', upgraded) +
      `${u} upgraded, ${i} newly installed, ${r} to remove and ${plan.notUpgraded} not upgraded.\n`,
  );
}

const heldAmong = (plan: Plan): string[] =>
  plan.upgrade.filter(({ old }) => old.status.startsWith('hold ')).map(({ old }) => old.name);

const kilobytes = (p: Package): number => Number(fieldOf(p.text, 'Installed-Size')) || 0;

/** Shows, asks, fetches, unpacks. */
export async function carryOut(ctx: Context, plan: Plan, style: Style): Promise<number> {
  await summary(ctx, plan, style);
  const fetched = [...plan.install, ...plan.upgrade.map(({ offer }) => offer)];
  if (fetched.length + plan.remove.length === 0) return 0;
  if (style.yes && !style.changesHeld && heldAmong(plan).length > 0) {
    await printError(ctx, 'E: Held packages were changed and -y was used without --allow-change-held-packages.\n');
    return 100;
  }
  if (style.simulate) {
    for (const p of plan.remove) await print(ctx, `${style.purge ? 'Purg' : 'Remv'} ${p.name} [${p.version}]\n`);
    for (const o of plan.install)
      await print(ctx, `Inst ${o.package.name} (${o.package.version} ${o.label}:${o.suite} [amd64])\n`);
    for (const o of plan.install)
      await print(ctx, `Conf ${o.package.name} (${o.package.version} ${o.label}:${o.suite} [amd64])\n`);
    return 0;
  }
  if (ctx.process.credentials.euid !== 0) {
    await printError(
      ctx,
      'E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?\n',
    );
    return 100;
  }
  const bytes = fetched.reduce((sum, o) => sum + o.size, 0);
  const more =
    fetched.reduce((sum, o) => sum + kilobytes(o.package), 0) -
    [...plan.remove, ...plan.upgrade.map(({ old }) => old)].reduce((sum, p) => sum + kilobytes(p), 0);
  const space = sizeText(Math.abs(more) * 1024);
  if (style.modern && style.program === 'apt')
    await print(
      ctx,
      `${fetched.length > 0 ? `  Download size: ${sizeText(bytes)}\n` : ''}  ${more >= 0 ? 'Space needed' : 'Freed space'}: ${space}${more >= 0 ? ` / ${sizeText(await freeBytes(ctx))} available` : ''}\n\n`,
    );
  else
    await print(
      ctx,
      `${fetched.length > 0 ? `Need to get ${sizeText(bytes)} of archives.\n` : ''}After this operation, ${space} ${more >= 0 ? 'of additional disk space will be used' : 'disk space will be freed'}.\n`,
    );
  const asks = !style.yes && (plan.extra.size > 0 || plan.remove.length > 0 || plan.upgrade.length > 0);
  if (asks && !(await agreed(ctx, style))) {
    await print(ctx, 'Abort.\n');
    return 1;
  }
  const debs: { offer: Offer; deb: Deb }[] = [];
  const started = ctx.now;
  for (const [i, offer] of fetched.entries()) {
    const { package: p, base } = offer;
    const what = `${base}${placeOf(offer) || ' '} ${p.name}${offer.component === '' ? '' : ' amd64'} ${p.version}`;
    const got = await acquire(ctx, `${base}/${offer.filename}`);
    if ('problem' in got) {
      await print(ctx, `Err:${i + 1} ${what}\n  ${got.problem}\n`);
      await printError(
        ctx,
        `E: Failed to fetch ${base}/${offer.filename}  ${got.problem}\nE: Unable to fetch some archives, maybe run ${style.program} update or try with --fix-missing?\n`,
      );
      return 100;
    }
    await print(ctx, `Get:${i + 1} ${what} [${sizeText(got.body.length)}]\n`);
    await mkdirAll(ctx, ARCHIVES);
    const path = `${ARCHIVES}/${p.name}_${p.version.replace(':', '%3a')}_amd64.deb`;
    await writeFile(ctx, path, got.body);
    try {
      debs.push({ offer, deb: readDeb(got.body, path) });
    } catch (error) {
      if (!(error instanceof DebError)) throw error;
      await printError(
        ctx,
        `dpkg-deb: error: ${error.message}\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n`,
      );
      return 100;
    }
  }
  if (fetched.length > 0) {
    const seconds = Math.max(1, Math.round((ctx.now - started) / 1e9));
    await print(ctx, `Fetched ${sizeText(bytes)} in ${seconds}s (${sizeText(bytes / seconds)}/s)\n`);
  }
  if (style.downloadOnly) {
    await print(ctx, 'Download complete and in download only mode\n');
    return 0;
  }
  return (await removeAndInstall(ctx, plan, style, debs)) ? 0 : 100;
}

async function removeAndInstall(
  ctx: Context,
  plan: Plan,
  style: Style,
  debs: readonly { offer: Offer; deb: Deb }[],
): Promise<boolean> {
  const { files, names } = await databaseSize(ctx);
  let counted = false;
  const reading = async (): Promise<void> => {
    if (!counted) await print(ctx, `(Reading database ... ${files} files and directories currently installed.)\n`);
    counted = true;
  };
  let good = true;
  for (const p of plan.remove) {
    await reading();
    await print(ctx, `Removing ${p.name} (${p.version}) ...\n`);
    good = (await remove(ctx, p.name, p.text, style.purge)) && good;
    if (style.purge) await print(ctx, `Purging configuration files for ${p.name} (${p.version}) ...\n`);
  }
  if (plan.remove.length > 0)
    await setAutomatic(
      ctx,
      plan.remove.map((p) => p.name),
      false,
    );
  for (const { offer, deb } of debs) {
    const { name, version } = offer.package;
    if (!names.has(name)) await print(ctx, `Selecting previously unselected package ${name}.\n`);
    await reading();
    const old = plan.upgrade.find((one) => one.offer === offer)?.old;
    await print(
      ctx,
      `Preparing to unpack .../${name}_${version.replace(':', '%3a')}_amd64.deb ...\nUnpacking ${name} (${version})${old === undefined ? '' : ` over (${old.version})`} ...\n`,
    );
    await unpack(ctx, deb);
  }
  for (const { offer, deb } of debs) {
    await print(ctx, `Setting up ${offer.package.name} (${offer.package.version}) ...\n`);
    good = (await configure(ctx, deb)) && good;
  }
  await setAutomatic(ctx, [...plan.extra], true);
  if (!good) await printError(ctx, 'E: Sub-process /usr/bin/dpkg returned an error code (1)\n');
  return good;
}

export async function databaseSize(ctx: Context): Promise<{ files: number; names: Set<string> }> {
  const all = new Set<string>();
  const names = new Set<string>();
  for (const { name } of (await installedPackages(ctx)) ?? []) {
    names.add(name);
    for (const path of (await filesOf(ctx, name)) ?? []) all.add(path);
  }
  return { files: all.size, names };
}

async function freeBytes(ctx: Context): Promise<number> {
  const { blockSize, blocksFree } = await ctx.sys.statfs(ctx, '/');
  return blockSize * blocksFree;
}

async function agreed(ctx: Context, style: Style): Promise<boolean> {
  await print(ctx, style.modern && style.program === 'apt' ? 'Continue? [Y/n] ' : 'Do you want to continue? [Y/n] ');
  const answer = await new LineReader(0).next(ctx);
  if (!(await isTerminal(ctx, 0))) await print(ctx, '\n');
  return answer !== null && /^(y|yes|)$/i.test(answer.trim());
}
