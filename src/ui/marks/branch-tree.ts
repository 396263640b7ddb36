/**
 * Which histories of a session there are and what each shares with the others. Each shares the first events of the one
 * it parted from, so that what any two share is the least that lies on the way between them.
 */

import type { Savepoint } from '../../machine/machine.ts';
import { BRANCHES_MAX, type Branch, type Marker } from '../../machine/moments/marks.ts';

/** So many events, the last of them at virtual ns `time`. */
export type Parting = { readonly at: number; readonly time: number };

/** The history that is left: what is to be known of it once it is gone. */
export type Left = Pick<Branch, 'line' | 'last' | 'commands'> & {
  readonly savepoint: Savepoint;
  readonly markers: readonly Marker[];
};

/** The session's only history so far. */
const ORIGIN: Branch = {
  id: 1,
  parent: null,
  at: 0,
  time: 0,
  name: null,
  line: '',
  last: '',
  commands: 0,
  markers: [],
  savepoint: null,
};

/** None yet: there is one history, of which nothing need be known. */
export function treeOf(branches: readonly Branch[]): readonly Branch[] {
  return branches.length === 0 ? [ORIGIN] : branches;
}

export function presentOf(branches: readonly Branch[]): Branch {
  return treeOf(branches).find(({ savepoint }) => savepoint === null) as Branch;
}

/** Those that were left, the latest last. */
export function asides(branches: readonly Branch[]): readonly Branch[] {
  return branches.filter(({ savepoint }) => savepoint !== null);
}

/** What two of them share. Of one with itself there is no end. */
export function shared(branches: readonly Branch[], one: number, other: number): Parting {
  let least: Parting = { at: Number.POSITIVE_INFINITY, time: Number.POSITIVE_INFINITY };
  const above = new Map<number, Parting>();
  for (let at = branchOf(branches, one); at !== undefined; at = branchOf(branches, at.parent)) {
    above.set(at.id, least);
    if (at.at < least.at) least = { at: at.at, time: at.time };
  }
  least = { at: Number.POSITIVE_INFINITY, time: Number.POSITIVE_INFINITY };
  for (let at = branchOf(branches, other); at !== undefined; at = branchOf(branches, at.parent)) {
    const met = above.get(at.id);
    if (met !== undefined) return met.at < least.at ? met : least;
    if (at.at < least.at) least = { at: at.at, time: at.time };
  }
  return { at: 0, time: 0 };
}

/** The present goes on differently after `parting`. `left` null: what it was is not worth keeping. */
export function fork(branches: readonly Branch[], parting: Parting, left: Left | null): readonly Branch[] {
  const tree = treeOf(branches);
  const present = presentOf(tree);
  // What lies before it had parted is its parent's as well.
  let from: Branch = present;
  while (from.parent !== null && parting.at < from.at) from = branchOf(tree, from.parent) as Branch;
  const id = 1 + Math.max(...tree.map((branch) => branch.id));
  const next: Branch = { ...ORIGIN, id, parent: from.id, ...parting };
  if (left !== null) return [...tree.filter(({ id: each }) => each !== present.id), { ...present, ...left }, next];
  // Nobody has done anything in it: its name, if it has one, was meant for what was to come.
  return without([...tree, { ...next, name: present.name }], present.id);
}

/** To one that was left; the present is left for it. */
export function goTo(branches: readonly Branch[], id: number, left: Left | null): readonly Branch[] {
  const present = presentOf(branches);
  const others = branches.filter((branch) => branch.id !== present.id && branch.id !== id);
  const there = { ...(branchOf(branches, id) as Branch), savepoint: null };
  const all = [...others, { ...present, ...left }, there];
  return left === null ? without(all, present.id) : all;
}

/** Those that parted from one that goes stay where they are: the one that shared most of it takes its place. */
export function without(branches: readonly Branch[], id: number): readonly Branch[] {
  const gone = branchOf(branches, id);
  if (gone === undefined) return branches;
  const children = branches.filter(({ parent }) => parent === id);
  const heir = children.reduce<Branch | undefined>(
    (most, each) => (most === undefined || each.at > most.at ? each : most),
    undefined,
  );
  const rest = branches
    .filter((branch) => branch !== gone)
    .map((branch) => {
      if (branch === heir) return { ...branch, parent: gone.parent, at: gone.at, time: gone.time };
      return branch.parent === id && heir !== undefined ? { ...branch, parent: heir.id } : branch;
    });
  // One history is none that could be told from others.
  return rest.length === 1 && rest[0]?.savepoint === null && rest[0].name === null ? [] : rest;
}

/** As many as are kept: the oldest that has no name goes first, and none that has one. */
export function capped(branches: readonly Branch[]): { branches: readonly Branch[]; dropped: readonly Branch[] } {
  const left = asides(branches);
  const over = Math.max(0, left.length - BRANCHES_MAX);
  const unnamed = left.filter(({ name }) => name === null);
  const dropped = [...unnamed, ...left.filter(({ name }) => name !== null).reverse()].slice(0, over);
  return { branches: dropped.reduce((all, { id }) => without(all, id), branches), dropped };
}

function branchOf(branches: readonly Branch[], id: number | null): Branch | undefined {
  return branches.find((branch) => branch.id === id);
}
