/** What a learner asked for that is not simulated: kept in this browser alone, to be looked at and handed on. */
import { createStore } from 'zustand/vanilla';
import type { CommandRecord } from '../../projections/trace-index.ts';
import { session } from '../session.ts';
import { ui } from '../store.ts';

export type Met = {
  /** What the program said. */
  readonly what: string;
  /** The line that it was asked by, the last time. */
  readonly line: string;
  readonly scenario: string;
  readonly count: number;
  /** The last time, ms since 1970. */
  readonly at: number;
};

const KEY = 'cutaway.met';
const MET_MAX = 200;
const LINE_LENGTH_MAX = 400;

/** The latest first. */
export const met = createStore<{ list: readonly Met[] }>()(() => ({ list: readKept() }));

/** From now on; what a shared session met while it was made again is nobody's news. */
export function keepMet(): void {
  const noteOf = ({ startSeq, endSeq, line }: CommandRecord): void => {
    for (const event of session.history.events.slice(startSeq, (endSeq ?? session.history.length) + 1))
      if (event.kind === 'refusal') note(event.what, line);
  };
  session.onCommandEnd(({ command }) => {
    const run = session.index.commands.find((each) => each.command === command);
    if (run !== undefined) noteOf(run);
  });
  // Whoever types at once has ended a command before this code came.
  if (ui.getState().moment === null) for (const run of session.index.commands) if (run.endSeq !== null) noteOf(run);
}

export function forgetMet(): void {
  keep([]);
}

/** One a line: when, how often, on which node, the command line, what was said. */
export function metText(list: readonly Met[]): string {
  return list
    .map(
      ({ at, count, scenario, line, what }) =>
        `${new Date(at).toISOString()}\t${count}\t${scenario}\t${line}\t${what}\n`,
    )
    .join('');
}

export function metJson(list: readonly Met[]): string {
  const all = list.map(({ at, ...rest }) => ({ at: new Date(at).toISOString(), ...rest }));
  return `${JSON.stringify({ format: 'cutaway-not-simulated-1', met: all }, null, 2)}\n`;
}

function note(what: string, line: string): void {
  const { list } = met.getState();
  const before = list.find((each) => each.what === what);
  const { scenario } = ui.getState();
  const one: Met = {
    what,
    line: (line.split('\n')[0] ?? '').slice(0, LINE_LENGTH_MAX),
    scenario,
    count: (before?.count ?? 0) + 1,
    at: Date.now(),
  };
  keep([one, ...list.filter((each) => each !== before)].slice(0, MET_MAX));
}

function keep(list: readonly Met[]): void {
  met.setState({ list });
  try {
    localStorage.setItem(KEY, JSON.stringify(list));
  } catch {
    // Then it lasts as long as this page does.
  }
}

function readKept(): readonly Met[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isMet).slice(0, MET_MAX) : [];
  } catch {
    return [];
  }
}

function isMet(value: unknown): value is Met {
  if (typeof value !== 'object' || value === null) return false;
  const { what, line, scenario, count, at } = value as Record<string, unknown>;
  const texts = [what, line, scenario].every((text) => typeof text === 'string');
  return texts && Number.isSafeInteger(count) && Number.isSafeInteger(at);
}
