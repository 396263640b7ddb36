/**
 * The files that dpkg and apt keep: paragraphs of fields.
 * @models dpkg 1.22 lib/dpkg/parse.c, apt 3.0 apt-pkg/tagfile.cc
 * @fidelity partial: read whole
 */
import type { Context } from '../../linux/context.ts';
import { exists, readFile, writeFileAtomic } from '../../linux/io.ts';
import { distsOf, indicesOf, listName, readSources } from './sources.ts';

const STATUS = '/var/lib/dpkg/status';
const LISTS = '/var/lib/apt/lists';
const EXTENDED_STATES = '/var/lib/apt/extended_states';

export type Package = {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** The first line of the description. */
  readonly summary: string;
  /** `install ok installed`; empty for what a repository offers. */
  readonly status: string;
  /** The paragraph as it stands. */
  readonly text: string;
};

export type Offer = {
  readonly package: Package;
  readonly suite: string;
  readonly codename: string;
  readonly component: string;
  readonly site: string;
  readonly label: string;
  /** Where the pool is: `http://deb.debian.org/debian`. */
  readonly base: string;
  readonly filename: string;
  readonly size: number;
};

/** The part of a repository that has it, as apt names it: ` trixie/main amd64`; of a mere directory nothing. */
export const placeOf = ({ codename, component }: Offer): string =>
  component === '' ? '' : ` ${codename}/${component} amd64`;

/** Sorted by name; null when the node keeps no such database. */
export async function installedPackages(ctx: Context): Promise<Package[] | null> {
  if (!(await exists(ctx, STATUS))) return null;
  return paragraphs(await readFile(ctx, STATUS)).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The files and directories that a package owns; null if it is not installed. */
export async function filesOf(ctx: Context, name: string): Promise<string[] | null> {
  const path = `/var/lib/dpkg/info/${name}.list`;
  if (!(await exists(ctx, path))) return null;
  return (await readFile(ctx, path)).split('\n').filter((line) => line !== '');
}

/** What the lists that were last fetched from the sources offer. */
export async function offeredPackages(ctx: Context): Promise<Offer[]> {
  const offers: Offer[] = [];
  for (const source of (await readSources(ctx)).sources) {
    const release = `${LISTS}/${listName(source.uri, `${distsOf(source)}InRelease`)}`;
    const about = (await exists(ctx, release)) ? await readFile(ctx, release) : '';
    for (const { component, path } of indicesOf(source)) {
      const list = `${LISTS}/${listName(source.uri, path)}`;
      if (!(await exists(ctx, list))) continue;
      const origin = {
        suite: fieldOf(about, 'Suite'),
        codename: source.suite === '/' ? '' : source.suite,
        component,
        site: source.uri.replace(/^\w+:\/\//, '').replace(/\/.*$/, ''),
        label: fieldOf(about, 'Label'),
        base: source.uri,
      };
      for (const one of paragraphs(await readFile(ctx, list)))
        offers.push({
          package: one,
          ...origin,
          filename: fieldOf(one.text, 'Filename'),
          size: Number(fieldOf(one.text, 'Size')),
        });
    }
  }
  return offers;
}

/** The packages that came as dependencies of others. */
export async function automaticPackages(ctx: Context): Promise<ReadonlySet<string>> {
  if (!(await exists(ctx, EXTENDED_STATES))) return new Set();
  return new Set(
    split(await readFile(ctx, EXTENDED_STATES))
      .filter((text) => fieldOf(text, 'Auto-Installed') === '1')
      .map((text) => fieldOf(text, 'Package')),
  );
}

export async function setManual(ctx: Context, name: string): Promise<void> {
  await setAutomatic(ctx, [name], false);
}

export async function setAutomatic(ctx: Context, names: readonly string[], on: boolean): Promise<void> {
  const there = (await exists(ctx, EXTENDED_STATES)) ? split(await readFile(ctx, EXTENDED_STATES)) : [];
  const kept = there.filter((text) => !names.includes(fieldOf(text, 'Package')));
  if (on) kept.push(...names.map((name) => `Package: ${name}\nArchitecture: amd64\nAuto-Installed: 1`));
  await writeFileAtomic(ctx, EXTENDED_STATES, kept.map((text) => `${text}\n\n`).join(''));
}

/** Replaces the paragraph of a package, or takes it out. */
export async function writeStatus(ctx: Context, name: string, paragraph: string | null): Promise<void> {
  const kept = split(await readFile(ctx, STATUS)).filter((text) => fieldOf(text, 'Package') !== name);
  if (paragraph !== null) kept.push(paragraph.trim());
  kept.sort((a, b) => (fieldOf(a, 'Package') < fieldOf(b, 'Package') ? -1 : 1));
  await writeFileAtomic(ctx, STATUS, kept.map((text) => `${text}\n\n`).join(''));
}

function paragraphs(text: string): Package[] {
  return split(text).map((paragraph) => ({
    name: fieldOf(paragraph, 'Package'),
    version: fieldOf(paragraph, 'Version'),
    architecture: fieldOf(paragraph, 'Architecture'),
    summary: fieldOf(paragraph, 'Description'),
    status: fieldOf(paragraph, 'Status'),
    text: paragraph,
  }));
}

export function split(text: string): string[] {
  return text
    .split(/\n\s*\n/)
    .map((one) => one.replace(/^\n+|\n+$/g, ''))
    .filter((one) => one !== '');
}

export function fieldOf(paragraph: string, name: string): string {
  const line = paragraph.split('\n').find((one) => one.startsWith(`${name}:`));
  return line === undefined ? '' : line.slice(name.length + 1).trim();
}
