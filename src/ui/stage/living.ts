/** Who lives, said in the room that there is: every name with its count, and what has no room as a number. */

import type { ProcessView } from '../../projections/node-view.ts';
import { nameOf, placeOf } from '../../projections/roles.ts';
import type { PodRoom } from '../../projections/rooms.ts';

/** Processes of one name; `text` is `nginx ×2`, or `nginx` of one. */
export type Named = { readonly text: string; readonly count: number };

const SEPARATOR = ' · ';
const NAME_LENGTH_MIN = 9;
/** How long names may be, the last try last. */
const NAME_LENGTHS = [Number.POSITIVE_INFINITY, 18, 14, 11, NAME_LENGTH_MIN];
const COMM_LENGTH_MAX = 15;

export function isAlive(process: ProcessView): boolean {
  return process.exitedAt === null;
}

/** The living among `processes` by name, in the order in which a name first comes. */
export function byName(
  processes: Iterable<ProcessView>,
  name: (process: ProcessView) => string = shownName,
  one: (process: ProcessView) => string = name,
): Named[] {
  const found = new Map<string, ProcessView[]>();
  for (const process of processes) {
    if (!isAlive(process)) continue;
    const same = found.get(name(process));
    if (same === undefined) found.set(name(process), [process]);
    else same.push(process);
  }
  return [...found].map(([text, same]) => ({
    text: same.length === 1 ? one(same[0] as ProcessView) : `${text} ×${same.length}`,
    count: same.length,
  }));
}

/** As `ps` lists it; parts of one program by what they are started as, and what the kernel cut at 15 characters whole. */
export function shownName(process: ProcessView): string {
  const started = placeOf(process).role === null ? '' : (process.argv[0]?.split('/').at(-1) ?? '');
  return started || (process.comm.length < COMM_LENGTH_MAX ? process.comm : nameOf(process));
}

/** Of a pod: what it is there for, then what holds it together. */
export function livingOf(pod: PodRoom): ProcessView[] {
  const containers = [...pod.containers].sort((a, b) => Number(a.sandbox) - Number(b.sandbox));
  return [
    ...containers.flatMap((container) => container.processes),
    ...pod.support.map(({ process }) => process),
    ...guestsOf(pod),
  ].filter(isAlive);
}

/** Processes of the guest in no container that are somebody's: what the Sentry keeps as its first is the Sentry itself. */
export function guestsOf(pod: PodRoom): readonly ProcessView[] {
  return pod.guest?.kind === 'sentry' ? [] : pod.guestProcesses;
}

/**
 * The names in at most `linesMax` lines of `width` pixels; the last says how many processes it has no room to name
 * (`+3`). Empty without any.
 */
export function fitNames(names: readonly Named[], width: number, charWidth: number, linesMax: number): string[] {
  for (const lengthMax of NAME_LENGTHS) {
    const shorter = names.map((name) => ({ ...name, text: cut(name.text, lengthMax) }));
    const lines = fill(shorter, width, charWidth, linesMax);
    // All of them, shortened, is better than one not named.
    if (!/ \+\d+$/.test(lines.at(-1) ?? '')) return lines;
  }
  return fill(names, width, charWidth, linesMax);
}

function fill(names: readonly Named[], width: number, charWidth: number, linesMax: number): string[] {
  const columns = Math.max(4, Math.floor(width / charWidth));
  const lines: string[] = [];
  let left = names.reduce((sum, { count }) => sum + count, 0);
  const excess = names.map(({ text }) => text).join(SEPARATOR).length - columns * linesMax;
  if (linesMax === 1 && excess > 0) {
    // All named, one of them shortened, is better than one not named.
    const long = names.findIndex(({ text }) => text.length - excess - 1 >= NAME_LENGTH_MIN);
    if (long >= 0)
      return [names.map(({ text }, i) => (i === long ? cut(text, text.length - excess) : text)).join(SEPARATOR)];
  }
  for (const { text, count } of names) {
    const line = lines.at(-1);
    const together = line === undefined ? text : line + SEPARATOR + text;
    const onLast = lines.length >= linesMax;
    const rest = left > count && onLast ? ` +${left - count}`.length : 0;
    if (line !== undefined && together.length + rest <= columns) lines[lines.length - 1] = together;
    else if (!onLast || line === undefined) lines.push(text);
    else {
      lines[lines.length - 1] = `${cut(line, columns - ` +${left}`.length)} +${left}`;
      return lines;
    }
    left -= count;
  }
  return lines.map((line) => cut(line, columns));
}

/** A count at the end of a name outlives the name's own end. */
function cut(text: string, columns: number): string {
  if (text.length <= columns) return text;
  const count = / ×?\d+$/.exec(text)?.[0] ?? '';
  return `${text.slice(0, Math.max(1, columns - count.length - 1))}…${count}`;
}
