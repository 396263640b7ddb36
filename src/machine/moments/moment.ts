/**
 * A moment of a session that somebody shares: the log that makes its history again, and which instant of it is meant.
 * Moments come from strangers: nothing of one is used before it has been read here.
 */
import type { LoggedInput, Savepoint } from '../machine.ts';
import { SCENARIO_NAMES, type ScenarioName } from '../scenarios/names.ts';

export type Moment = {
  /** Nothing was added to the node: `files` is empty. */
  savepoint: Savepoint;
  /** How many events of the trace had happened. */
  at: number;
  /** It was the present: the history has no more than this, and stands still there. */
  live: boolean;
  /** The drawing goes on from there by itself. */
  play: boolean;
  /** The node that was drawn, by the number of its kernel. */
  node: number;
  /** The lesson, drill, section or demo whose node it is; `variant` counts from 1. */
  course: { id: string; variant: number } | null;
  /** `checkOf` the events before the moment; empty if it was not taken. */
  check: string;
};

/** Why a moment cannot be shown; `input`: its log holds what no page can give a node, as a connection from outside. */
export type MomentProblem = 'malformed' | 'older' | 'newer' | 'tooLarge' | 'scenario' | 'input';

export const SEED_MAX = 2 ** 32 - 1;
/** A day: who leaves a node alone for longer has nothing to show. */
export const TIME_NS_MAX = 86_400 * 1e9;
export const INPUTS_MAX = 200_000;
/** Of everything that was typed or brought, in UTF-16 units. */
export const TEXT_LENGTH_MAX = 16 << 20;
const EVENTS_MAX = 50_000_000;
const CELLS_MAX = 2000;
const CHANNELS_MAX = 64;
/** That one session opens one after the other; fewer are open at once. */
export const TERMINALS_MAX = 40;
const COURSE_ID = /^[A-Za-z0-9-]{1,40}$/;
/** At most 240 bytes of UTF-8: Linux takes 255. */
const FILE_NAME = /^[\p{L}\p{N}._+-]{1,60}$/u;
const CHECK = /^([0-9a-f]{8})?$/;

type Plain = Readonly<Record<string, unknown>>;

/**
 * Where something malformed begins: a field, as `savepoint.inputs[3]`, or a place in the text of a link. Characters are
 * counted from 1.
 */
export type WrongPlace =
  | string
  /** This one cannot stand there. */
  | { readonly character: number; readonly found: string }
  /** What comes from here on makes no sense. */
  | { readonly from: number }
  /** After so many characters the text ends, and what it holds does not. */
  | { readonly endsAfter: number };

/** Is told the first such place. */
export type WrongAt = (place: WrongPlace) => void;

/** Takes from a value of any kind what a moment has, and nothing else. */
export function readMoment(value: unknown, wrongAt: WrongAt = () => {}): Moment | MomentProblem {
  const wrong = (place: string): 'malformed' => {
    wrongAt(place);
    return 'malformed';
  };
  const read = plain(value);
  if (read === null) return wrong('moment');
  const savepoint = readSavepoint(read.savepoint, wrongAt);
  if (typeof savepoint === 'string') return savepoint;
  const { at, live, play, node, check } = read;
  const course = readCourse(read.course);
  if (course === undefined) return wrong('course');
  if (!isCount(at, EVENTS_MAX)) return wrong('at');
  if (!isCount(node, CHANNELS_MAX)) return wrong('node');
  if (typeof live !== 'boolean') return wrong('live');
  if (typeof play !== 'boolean') return wrong('play');
  if (typeof check !== 'string' || !CHECK.test(check)) return wrong('check');
  return { savepoint, at, live, play, node, course, check };
}

/** As a learner's hand-in has one, too. */
export function readSavepoint(value: unknown, wrongAt: WrongAt = () => {}): Savepoint | MomentProblem {
  const wrong = (field: string): 'malformed' => {
    wrongAt(`savepoint${field}`);
    return 'malformed';
  };
  const saved = plain(value);
  if (saved === null) return wrong('');
  const { format, scenario, seed, time, inputs, readyWallTimeNs } = saved;
  if (typeof format !== 'number') return wrong('.format');
  if (format !== 1) return format > 1 ? 'newer' : 'older';
  if (typeof scenario !== 'string') return wrong('.scenario');
  if (!isKnown(scenario)) return 'scenario';
  if (!isCount(seed, SEED_MAX)) return wrong('.seed');
  if (!isCount(time, TIME_NS_MAX)) return wrong('.time');
  if (!Array.isArray(inputs)) return wrong('.inputs');
  // What is put on a node's disk from outside could be anything.
  if (Object.keys(plain(saved.files) ?? { none: 1 }).length > 0) return wrong('.files');
  if (inputs.length > INPUTS_MAX) return 'tooLarge';
  const log: LoggedInput[] = [];
  const state = { step: 0, time: 0, channels: 0, terminals: 0, text: 0 };
  for (const each of inputs as unknown[]) {
    if (isForeign(each)) return 'input';
    const input = readInput(each, state);
    if (input === null || input.time > time) return wrong(`.inputs[${log.length}]`);
    if (state.text > TEXT_LENGTH_MAX) return 'tooLarge';
    log.push(input);
  }
  const epoch = typeof readyWallTimeNs === 'string' && /^\d{1,19}$/.test(readyWallTimeNs) ? { readyWallTimeNs } : {};
  return { format: 1, scenario, seed, ...epoch, files: {}, inputs: log, time };
}

/** A kind of input that a machine can have had, or a newer one can have, and that a page's session has not. */
function isForeign(value: unknown): boolean {
  const kind = plain(value)?.kind;
  return typeof kind === 'string' && !isPageInput(kind);
}

const PAGE_INPUTS = ['open-terminal', 'open-session', 'keys', 'end', 'resize', 'upload'] as const;

/** What comes in to a page's node: its terminals, files for root's home, and sessions that set the node up. Faults and power are typed there. */
export function isPageInput(kind: string): kind is (typeof PAGE_INPUTS)[number] {
  return (PAGE_INPUTS as readonly string[]).includes(kind);
}

type LogState = { step: number; time: number; channels: number; terminals: number; text: number };

/** Only what a page's session has: terminals, sessions that set the node up, files, and what was typed there. */
function readInput(value: unknown, state: LogState): LoggedInput | null {
  const input = plain(value);
  if (input === null) return null;
  const { step, time, kind, channel, text, columns, rows, name, base64 } = input;
  if (!isCount(step, Number.MAX_SAFE_INTEGER) || !isCount(time, TIME_NS_MAX)) return null;
  if (step < state.step || time < state.time) return null;
  [state.step, state.time] = [step, time];
  const when = { step, time };
  if (kind === 'open-session' || kind === 'open-terminal') {
    if (++state.channels > CHANNELS_MAX) return null;
    if (kind === 'open-session') return { ...when, kind };
    if (++state.terminals > TERMINALS_MAX || !isSize(columns) || !isSize(rows)) return null;
    return { ...when, kind, columns, rows };
  }
  if (kind === 'upload') {
    if (!isFileName(name) || typeof base64 !== 'string' || !isBase64(base64)) return null;
    state.text += base64.length;
    return { ...when, kind, name, base64 };
  }
  if (!isCount(channel, state.channels - 1)) return null;
  if (kind === 'end') return { ...when, kind, channel };
  if (kind === 'resize') return isSize(columns) && isSize(rows) ? { ...when, kind, channel, columns, rows } : null;
  if (kind !== 'keys' || typeof text !== 'string') return null;
  state.text += text.length;
  return { ...when, kind, channel, text };
}

/** Of a file in a directory, and nothing that a terminal would obey when it is listed. */
export function isFileName(name: unknown): name is string {
  return typeof name === 'string' && FILE_NAME.test(name) && name !== '.' && name !== '..';
}

function isBase64(text: string): boolean {
  const end = text.length - 2;
  return (
    text.length % 4 === 0 &&
    !/[^A-Za-z0-9+/]/.test(text.slice(0, end)) &&
    /^(|[A-Za-z0-9+/]{2}|[A-Za-z0-9+/]=|==)$/.test(text.slice(end))
  );
}

function readCourse(value: unknown): Moment['course'] | undefined {
  if (value === null || value === undefined) return null;
  const { id, variant } = plain(value) ?? {};
  if (typeof id !== 'string' || !COURSE_ID.test(id) || !isCount(variant, 1000)) return undefined;
  return { id, variant };
}

/** Events that are the same in kind and time: what another version of the model would do differently shows here first. */
export function checkOf(events: readonly { kind: string; time: number; pid: number }[], count: number): string {
  let h = 0x811c9dc5;
  for (let i = 0; i < Math.min(count, events.length); i++) {
    const { kind, time, pid } = events[i] as (typeof events)[number];
    h = Math.imul(h ^ (time % 0x1_0000_0000), 0x01000193);
    h = Math.imul(h ^ Math.floor(time / 0x1_0000_0000), 0x01000193);
    h = Math.imul(h ^ ((pid << 5) ^ kind.length ^ (kind.charCodeAt(kind.length - 1) << 16)), 0x01000193);
  }
  return (h >>> 0).toString(16).padStart(8, '0');
}

function isKnown(name: string): name is ScenarioName {
  return (SCENARIO_NAMES as readonly string[]).includes(name);
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= max;
}

function isSize(value: unknown): value is number {
  return isCount(value, CELLS_MAX) && value > 0;
}

function plain(value: unknown): Plain | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Plain) : null;
}
