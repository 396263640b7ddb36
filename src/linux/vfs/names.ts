/**
 * What the names in a directory stand for, in the order in which they came. A node has thousands of directories, and most
 * hold a few names: those lie flat in an array, one after the other, at a third of a map's size.
 */

const FLAT_MAX = 16;

/** Each name is followed by what it stands for. */
type Flat<V> = (string | V)[];

export type Names<V> = Flat<V> | Map<string, V>;

/** Shared by all that have none: what changes one gives the one to keep from then on. */
export const NO_NAMES: Names<never> = [];

function isFlat<V>(names: Names<V>): names is Flat<V> {
  return Array.isArray(names);
}

function indexOf<V>(names: Flat<V>, name: string): number {
  for (let i = 0; i < names.length; i += 2) if (names[i] === name) return i;
  return -1;
}

/** Every step along a path asks this. */
export function valueOf<V>(names: Names<V>, name: string): V | undefined {
  if (!Array.isArray(names)) return names.get(name);
  for (let i = 0; i < names.length; i += 2) if (names[i] === name) return names[i + 1] as V;
  return undefined;
}

export function countOf<V>(names: Names<V>): number {
  return isFlat(names) ? names.length / 2 : names.size;
}

export function entriesOf<V>(names: Names<V>): [string, V][] {
  if (!isFlat(names)) return [...names];
  const entries: [string, V][] = [];
  for (let i = 0; i < names.length; i += 2) entries.push([names[i] as string, names[i + 1] as V]);
  return entries;
}

export function withName<V>(names: Names<V>, name: string, value: V): Names<V> {
  if (!isFlat(names)) return names.set(name, value);
  const at = indexOf(names, name);
  if (at >= 0) names[at + 1] = value;
  else if (names.length >= 2 * FLAT_MAX) return new Map(entriesOf(names)).set(name, value);
  // Joined, an array is as long as it needs to be; one that is pushed to has room for sixteen more.
  else return names.concat([name, value]);
  return names;
}

export function withoutName<V>(names: Names<V>, name: string): Names<V> {
  if (!isFlat(names)) {
    names.delete(name);
    return names.size === 0 ? NO_NAMES : names;
  }
  const at = indexOf(names, name);
  return at < 0 ? names : names.slice(0, at).concat(names.slice(at + 2));
}
