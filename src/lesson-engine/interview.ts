/**
 * An interview: a pack of drills, which node each of them gets, and what the candidate may use. Which variant it is
 * depends on a word that the interviewer chooses, so that nobody can learn the answers by heart, and two candidates who
 * are given the same word have the same nodes.
 */
import type { Savepoint } from '../machine/machine.ts';
import { textHash } from './text-hash.ts';

/** What helps, and is not there from the start. */
export const AIDS = ['drawing', 'undo', 'rewind', 'completion', 'hints'] as const;
export type Aid = (typeof AIDS)[number];

/** `on` from the start; `off` until the candidate switches it on, which is noted; `locked` for good. */
export const AID_RULES = ['on', 'off', 'locked'] as const;
export type AidRule = (typeof AID_RULES)[number];

export type PackDrill = { id: string; minutes: number; line: number };

export type Pack = {
  id: string;
  /** The whole interview; what the drills leave of it is for talking. */
  minutes: number;
  aids: Readonly<Record<Aid, AidRule>>;
  /** In this order. */
  drills: readonly PackDrill[];
};

export type PackText = {
  title: string;
  /** What the candidate is told. */
  body: string;
  /** What the interviewer is told. */
  interviewer: string;
};

/** One use of an aid: which, and when by the node's clock. */
export type AidUse = { aid: Aid; virtualNs: number };

/** A task as its candidate left it. Nothing in it is believed but the log, which is run again. */
export type HandedInTask = {
  drill: string;
  savepoint: Savepoint;
  /** As the page noted them; a file can be changed. */
  uses: readonly AidUse[];
  /** By the clock of the candidate's device; not proven. */
  seconds: number;
  /** How often the task was begun: a page that is loaded again has a fresh node. Not proven either. */
  starts: number;
};

export const INTERVIEW_FORMAT = 'cutaway-interview-1';
export type InterviewHandIn = {
  format: typeof INTERVIEW_FORMAT;
  pack: string;
  nonce: string;
  name: string;
  tasks: readonly HandedInTask[];
};

const NONCE_LENGTH_MAX = 24;
const SEED_MAX = 9999;
const TASKS_MAX = 20;

/** Letters and digits of any script, in capitals: what is said aloud is typed in many ways. */
export function normaliseNonce(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .slice(0, NONCE_LENGTH_MAX);
}

/** The node's seed, 1 to 9999, is a function of nonce and drill; the variant follows from the seed. */
export function taskSeed(nonce: string, drill: string): number {
  return 1 + (textHash(`${normaliseNonce(nonce)}/${drill}`) % SEED_MAX);
}

export function taskVariant(nonce: string, drill: string, variants: number): number {
  return taskSeed(nonce, drill) % variants;
}

/** Null if it is no hand-in of an interview. */
export function readInterviewHandIn(text: string): InterviewHandIn | null {
  let read: Partial<InterviewHandIn>;
  try {
    read = (JSON.parse(text) ?? {}) as Partial<InterviewHandIn>;
  } catch {
    return null;
  }
  const { format, pack, nonce, name, tasks } = read;
  if (format !== INTERVIEW_FORMAT || typeof pack !== 'string' || typeof nonce !== 'string') return null;
  if (!Array.isArray(tasks) || tasks.length > TASKS_MAX || !tasks.every(isTask)) return null;
  return { format, pack, nonce, name: String(name ?? ''), tasks: tasks.map(sane) };
}

function isTask(value: unknown): value is HandedInTask {
  const { drill, savepoint } = (value ?? {}) as Partial<HandedInTask>;
  return typeof drill === 'string' && savepoint?.format === 1 && Array.isArray(savepoint.inputs);
}

function sane({ drill, savepoint, uses, seconds, starts }: HandedInTask): HandedInTask {
  const noted = Array.isArray(uses) ? uses : [];
  return {
    drill,
    savepoint,
    uses: noted.filter((use) => AIDS.includes(use?.aid) && typeof use.virtualNs === 'number'),
    seconds: typeof seconds === 'number' && seconds >= 0 ? seconds : 0,
    starts: typeof starts === 'number' && starts >= 1 ? starts : 1,
  };
}
