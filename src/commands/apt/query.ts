/** apt list, search, show, policy; apt-cache. @models apt 3.0 apt-private/private-list.cc, private-search.cc, private-show.cc, cmdline/apt-cache.cc @fidelity partial: no pinning; records have the fields that the mirror gives */
import type { Context } from '../../linux/context.ts';
import { print, printError } from '../../linux/io.ts';
import { sizeText } from './acquire.ts';
import {
  automaticPackages,
  fieldOf,
  installedPackages,
  type Offer,
  offeredPackages,
  type Package,
  placeOf,
} from './database.ts';
import { globPattern } from './pattern.ts';
import { dependenciesOf, newestOffer } from './transaction.ts';
import { compareVersions } from './version.ts';

type World = { installed: Package[]; offers: Offer[] };

async function world(ctx: Context): Promise<World> {
  const installed = ((await installedPackages(ctx)) ?? []).filter((p) => p.status.endsWith(' installed'));
  return { installed, offers: await offeredPackages(ctx) };
}

/** `containerd/oldstable,now 1.4.13 amd64 [installed,automatic]` */
export async function list(
  ctx: Context,
  options: readonly string[],
  words: readonly string[],
  done: string,
): Promise<number> {
  const { installed, offers } = await world(ctx);
  await print(ctx, `Listing...${done}\n`);
  const automatic = await automaticPackages(ctx);
  const patterns = words.map(globPattern);
  const names = [...new Set([...installed.map((p) => p.name), ...offers.map((o) => o.package.name)])].sort();
  const onlyInstalled = options.includes('--installed') || options.includes('--manual-installed');
  for (const name of names) {
    if (patterns.length > 0 && !patterns.some((pattern) => pattern.test(name))) continue;
    const here = installed.find((p) => p.name === name);
    const newest = newestOffer(offers, name);
    const isNewer =
      here !== undefined && newest !== undefined && compareVersions(newest.package.version, here.version) > 0;
    if (onlyInstalled && here === undefined) continue;
    if (options.includes('--manual-installed') && automatic.has(name)) continue;
    if (options.includes('--upgradable') || options.includes('--upgradeable')) {
      if (!isNewer || newest === undefined) continue;
      await print(ctx, `${name}/${newest.suite} ${newest.package.version} amd64 [upgradable from: ${here.version}]\n`);
      continue;
    }
    if (here !== undefined && !(isNewer && !onlyInstalled)) {
      const suites = offers
        .filter((o) => o.package.name === name && o.package.version === here.version)
        .map((o) => o.suite);
      const from = [...suites, 'now'].filter((suite) => suite !== '').join(',');
      const how =
        suites.length === 0
          ? newest === undefined
            ? 'installed,local'
            : `installed,upgradable to: ${newest.package.version}`
          : automatic.has(name)
            ? 'installed,automatic'
            : 'installed';
      await print(ctx, `${name}/${from} ${here.version} ${here.architecture} [${how}]\n`);
      continue;
    }
    if (newest === undefined) continue;
    await print(
      ctx,
      `${name}/${newest.suite} ${newest.package.version} amd64${here === undefined ? '' : ` [upgradable from: ${here.version}]`}\n`,
    );
  }
  return 0;
}

export async function search(
  ctx: Context,
  program: string,
  options: readonly string[],
  words: readonly string[],
  done: string,
): Promise<number> {
  if (words.length === 0) {
    await printError(ctx, 'E: You must give at least one search pattern\n');
    return 100;
  }
  const { installed, offers } = await world(ctx);
  const patterns = words.map((word) => new RegExp(word, 'i'));
  const namesOnly = options.includes('-n') || options.includes('--names-only');
  const all = new Map<string, Package>();
  for (const p of [...offers.map((o) => o.package), ...installed]) if (!all.has(p.name)) all.set(p.name, p);
  const hits = [...all.values()]
    .filter((p) => patterns.every((pattern) => pattern.test(p.name) || (!namesOnly && pattern.test(p.summary))))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (program === 'apt-cache') {
    await print(ctx, hits.map((p) => `${p.name} - ${p.summary}\n`).join(''));
    return 0;
  }
  await print(ctx, `Sorting...${done}\nFull Text Search...${done}\n`);
  for (const p of hits) {
    const here = installed.find((one) => one.name === p.name);
    const suites = offers.filter((o) => o.package.name === p.name).map((o) => o.suite);
    const mark = here === undefined ? '' : suites.length === 0 ? ' [installed,local]' : ' [installed]';
    await print(
      ctx,
      `${p.name}/${[...suites, ...(here === undefined ? [] : ['now'])].join(',')} ${p.version} ${p.architecture}${mark}\n  ${p.summary}\n\n`,
    );
  }
  return 0;
}

export async function show(ctx: Context, program: string, words: readonly string[]): Promise<number> {
  if (words.length === 0) {
    await printError(ctx, 'E: No packages found\n');
    return 100;
  }
  const { installed, offers } = await world(ctx);
  let status = 0;
  for (const [i, word] of words.entries()) {
    const offer = newestOffer(offers, word);
    const found = offer?.package ?? installed.find((p) => p.name === word);
    if (found === undefined) {
      await printError(ctx, `N: Unable to locate package ${word}\n`);
      status = 100;
      continue;
    }
    if (i > 0 && program === 'apt') await print(ctx, '\n');
    if (program === 'apt-cache') {
      await print(ctx, `${found.text}\n\n`);
      continue;
    }
    const lines = found.text
      .split('\n')
      .filter((line) => !/^(Filename|Size|Status|Architecture|Conffiles):|^ \//.test(line))
      .map((line) =>
        line.replace(/^Installed-Size: (\d+)$/, (_, kb: string) => `Installed-Size: ${sizeText(Number(kb) * 1024)}`),
      );
    const at = lines.findIndex((line) => line.startsWith('Description:'));
    const extra =
      offer === undefined
        ? ['APT-Manual-Installed: yes', 'APT-Sources: /var/lib/dpkg/status']
        : [
            `Download-Size: ${sizeText(offer.size)}`,
            ...(installed.some((p) => p.name === word) ? ['APT-Manual-Installed: yes'] : []),
            `APT-Sources: ${offer.base}${placeOf(offer)} Packages`,
          ];
    lines.splice(at < 0 ? lines.length : at, 0, ...extra);
    await print(ctx, `${lines.join('\n')}\n\n`);
  }
  if (status === 100 && words.length === 1) await printError(ctx, 'E: No packages found\n');
  return status;
}

export async function policy(ctx: Context, words: readonly string[]): Promise<number> {
  const { installed, offers } = await world(ctx);
  if (words.length === 0) {
    const places = new Map(offers.map((o) => [`${o.base}${placeOf(o)}`, o]));
    await print(ctx, 'Package files:\n 100 /var/lib/dpkg/status\n     release a=now\n');
    for (const [place, o] of places)
      await print(
        ctx,
        ` 500 ${place} amd64 Packages\n     release o=Debian,a=${o.suite},n=${o.codename},l=${o.label},c=${o.component},b=amd64\n     origin ${o.site}\n`,
      );
    await print(ctx, 'Pinned packages:\n');
    return 0;
  }
  for (const word of words) {
    const here = installed.find((p) => p.name === word);
    const own = offers.filter((o) => o.package.name === word);
    if (here === undefined && own.length === 0) {
      await printError(ctx, `N: Unable to locate package ${word}\n`);
      continue;
    }
    const versions = [
      ...new Set([...own.map((o) => o.package.version), ...(here === undefined ? [] : [here.version])]),
    ].sort((a, b) => compareVersions(b, a));
    await print(
      ctx,
      `${word}:\n  Installed: ${here?.version ?? '(none)'}\n  Candidate: ${versions[0] ?? '(none)'}\n  Version table:\n`,
    );
    for (const version of versions) {
      const places = own.filter((o) => o.package.version === version);
      await print(ctx, `${here?.version === version ? ' ***' : '    '} ${version} ${places.length > 0 ? 500 : 100}\n`);
      for (const o of places) await print(ctx, `        500 ${o.base}${placeOf(o)} Packages\n`);
      if (here?.version === version) await print(ctx, '        100 /var/lib/dpkg/status\n');
    }
  }
  return 0;
}

export async function depends(ctx: Context, words: readonly string[], reverse: boolean): Promise<number> {
  const { installed, offers } = await world(ctx);
  const all = [...new Map([...installed, ...offers.map((o) => o.package)].map((p) => [p.name, p])).values()];
  for (const word of words) {
    const found = all.find((p) => p.name === word);
    if (found === undefined) {
      await printError(ctx, 'E: No packages found\n');
      return 100;
    }
    await print(ctx, `${word}\n`);
    if (reverse) {
      await print(ctx, 'Reverse Depends:\n');
      for (const p of all) if (dependenciesOf(p).includes(word)) await print(ctx, `  ${p.name}\n`);
    } else
      for (const name of fieldOf(found.text, 'Depends') === '' ? [] : dependenciesOf(found))
        await print(ctx, `  Depends: ${name}\n`);
  }
  return 0;
}
