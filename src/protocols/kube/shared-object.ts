/**
 * Objects of the API, read from their text. Each change of an object is told to several watchers, and who asks for the
 * object is given the same text once more: what was made of a text is kept for a while, and whoever reads that text again
 * has it. Readers must not write to it, as with the caches of client-go.
 */
import type { WatchEvent } from './types.ts';

type Read = { readonly text: string; readonly object: unknown };

/** A power of two. Revisions are numbers of one sequence: those that come one after the other have places of their own. */
const PLACES = 256;
const read: (Read | undefined)[] = new Array<Read | undefined>(PLACES).fill(undefined);

const REVISION = '"resourceVersion":"';

export function sharedObject<T>(text: string): T {
  const at = text.indexOf(REVISION) + REVISION.length;
  const place = Number.parseInt(text.slice(at, at + 16), 10) & (PLACES - 1);
  const known = read[place];
  if (known?.text === text) return known.object as T;
  const object = JSON.parse(text) as T;
  read[place] = { text, object };
  return object;
}

const EVENT = /^\{"type":"([A-Z]+)","object":(?=\{)/;

/** One line of a watch. */
export function sharedEvent<T>(line: string): WatchEvent<T> {
  const start = EVENT.exec(line);
  if (start === null || !line.endsWith('}}')) return JSON.parse(line) as WatchEvent<T>;
  return { type: start[1], object: sharedObject(line.slice(start[0].length, -1)) } as WatchEvent<T>;
}
