/** The session's markers and branches. Apart from what is done with them, so that the session itself can keep them. */
import { createStore } from 'zustand/vanilla';
import {
  type Branch,
  MARKERS_MAX,
  type Marker,
  type Marks,
  NAME_LENGTH_MAX,
  oneLine,
} from '../../machine/moments/marks.ts';
import { capped, fork, goTo, type Left, type Parting, presentOf, shared, treeOf, without } from './branch-tree.ts';

export type MarksState = Marks & {
  /** The marker whose name is being written where it stands. */
  readonly naming: number | null;
  /** What the last branch had to make room for. */
  readonly dropped: readonly Branch[];
  /** Two that are to be set side by side. */
  readonly comparing: readonly [number, number] | null;
};

const NONE: MarksState = { markers: [], branches: [], naming: null, dropped: [], comparing: null };

export const marks = createStore<MarksState>()(() => NONE);

/** Another node, or a session that was kept with its marks. */
export function putMarks(kept: Marks | null): void {
  marks.setState({ ...NONE, ...kept });
}

/** Null when there are too many. */
export function addMarker({ at, time }: Parting, name: string): Marker | null {
  const { markers } = marks.getState();
  if (markers.length >= MARKERS_MAX) return null;
  const id = 1 + Math.max(0, ...markers.map((marker) => marker.id));
  const marker = { id, at, time, name: oneLine(name, NAME_LENGTH_MAX) };
  marks.setState({ markers: [...markers, marker].sort((a, b) => a.at - b.at || a.id - b.id) });
  return marker;
}

/** An empty name changes nothing. */
export function renameMarker(id: number, text: string): void {
  const name = oneLine(text, NAME_LENGTH_MAX);
  if (name === '') return;
  marks.setState(({ markers }) => ({ markers: markers.map((each) => (each.id === id ? { ...each, name } : each)) }));
}

export function removeMarker(id: number): void {
  marks.setState(({ markers }) => ({ markers: markers.filter((each) => each.id !== id) }));
}

/** An empty name takes away the one that it had. */
export function renameBranch(id: number, text: string): void {
  const name = oneLine(text, NAME_LENGTH_MAX) || null;
  marks.setState(({ branches }) => ({
    branches: treeOf(branches).map((each) => (each.id === id ? { ...each, name } : each)),
  }));
}

export function removeBranch(id: number): void {
  marks.setState(({ branches }) => ({ branches: without(branches, id) }));
}

/** What the present shares with another. */
export function sharedWith(id: number): Parting {
  const { branches } = marks.getState();
  return shared(branches, presentOf(branches).id, id);
}

/** The history of this machine goes on differently after `parting`. */
export function noteFork(parting: Parting, left: Omit<Left, 'markers'> | null): void {
  const { branches, markers } = marks.getState();
  const after = fork(branches, parting, left === null ? null : { ...left, markers });
  const kept = markers.filter(({ at }) => at <= parting.at);
  marks.setState({ ...capped(after), markers: kept, naming: null });
}

/** Another history has taken its place. */
export function noteGone(id: number, left: Omit<Left, 'markers'> | null): void {
  const { branches, markers } = marks.getState();
  const parting = sharedWith(id);
  const theirs = branches.find((branch) => branch.id === id)?.markers ?? [];
  const after = goTo(branches, id, left === null ? null : { ...left, markers });
  const kept = [...markers.filter(({ at }) => at <= parting.at), ...theirs.filter(({ at }) => at > parting.at)];
  // Two histories have numbered theirs each by itself.
  marks.setState({ ...capped(after), markers: kept.map((each, i) => ({ ...each, id: i + 1 })), naming: null });
}
