/**
 * What a session has beside the history that goes on: markers at moments of it, and branches, which are the histories
 * that were left for another.
 */
import type { Savepoint } from '../machine.ts';

/** A moment that somebody has put a name to: after `at` events, at virtual ns `time`. */
export type Marker = { readonly id: number; readonly at: number; readonly time: number; readonly name: string };

export type Branch = {
  readonly id: number;
  /** The branch whose first `at` events it shares; null: it begins with the node. */
  readonly parent: number | null;
  readonly at: number;
  /** Virtual ns of the last event that is shared. */
  readonly time: number;
  /** Null until somebody gives it one. */
  readonly name: string | null;
  /** The first command line after it parted, and its last one. */
  readonly line: string;
  readonly last: string;
  readonly commands: number;
  /** Those that lie after the present had parted from it, too. */
  readonly markers: readonly Marker[];
  /** Null: it is the present one, which goes on. */
  readonly savepoint: Savepoint | null;
};

export type Marks = { readonly markers: readonly Marker[]; readonly branches: readonly Branch[] };

/** Beside the present one. */
export const BRANCHES_MAX = 12;
export const MARKERS_MAX = 50;
export const NAME_LENGTH_MAX = 60;
export const LINE_LENGTH_MAX = 200;

/** What a name or a line is cut to, on one line, without what a terminal or a reader of lists would obey. */
export function oneLine(text: string, max = LINE_LENGTH_MAX): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, max)
    .trim();
}
