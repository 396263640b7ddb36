/** The breakpoints of this page: kept in this browser, told to the machine, and what happens when one stops it. */
import { createStore } from 'zustand/vanilla';
import {
  BREAKPOINTS_MAX,
  type Breakpoint,
  type BreakRule,
  type Stop,
  saneBreakpoints,
} from '../../projections/breakpoints.ts';
import { shortMethod } from '../../projections/layers.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import { selectionOf } from '../inspector/event-thing.ts';
import type { BreaksMessageKey } from '../messages/breaks/en.ts';
import type { Locale } from '../messages/catalogue.ts';
import { KEPT, takeBreakpoints } from '../moment/kept.ts';
import { session } from '../session.ts';
import { select, ui } from '../store.ts';

const KEY = 'cutaway.breakpoints';
/** Narrower than that, the inspector would hide the drawing. */
const INSPECTOR_BESIDE_PX = 700;

export type Breaks = {
  readonly points: readonly Breakpoint[];
  /** Where the machine stands because of one of them. */
  readonly stop: Stop | null;
  /** How many the file had that the page was opened with. */
  readonly brought: number;
};

export const breaks = createStore<Breaks>()(() => ({ points: [], stop: null, brought: 0 }));

/** Those of the last visit are set again. */
export function armKept(): void {
  // Where the inside is not to be seen, nothing would say why the node stands still.
  if (ui.getState().interview?.on.drawing === false) return;
  session.onStop = (stop) => void stopped(stop);
  ui.subscribe(({ paused }) => {
    if (!paused && breaks.getState().stop !== null) breaks.setState({ stop: null });
  });
  try {
    const points = saneBreakpoints(JSON.parse(localStorage.getItem(KEY) ?? '[]'));
    if (points.length > 0) set(points);
  } catch {
    // Storage may be switched off, or hold what somebody else put there.
  }
  if (location.hash === KEPT) takeBrought();
}

/** Those of the file that the page was opened with, beside the browser's own. */
function takeBrought(): void {
  let brought: readonly Breakpoint[] = [];
  try {
    brought = saneBreakpoints(JSON.parse(takeBreakpoints()));
  } catch {
    return;
  }
  for (const { rule, on } of brought) {
    const added = add(rule);
    const point = breaks.getState().points.at(-1);
    if (added && !on && point !== undefined) toggle(point.id);
  }
  if (brought.length > 0) breaks.setState({ brought: brought.length });
}

/** False if the same is there already (it is then switched on), or there are too many. */
export function add(rule: BreakRule): boolean {
  const { points } = breaks.getState();
  const same = points.find((point) => JSON.stringify(point.rule) === JSON.stringify(rule));
  if (same !== undefined) {
    if (!same.on) toggle(same.id);
    return false;
  }
  if (points.length >= BREAKPOINTS_MAX) return false;
  const id = 1 + Math.max(0, ...points.map((point) => point.id));
  set([...points, { id, on: true, rule }]);
  return true;
}

export function toggle(id: number): void {
  set(breaks.getState().points.map((point) => (point.id === id ? { ...point, on: !point.on } : point)));
}

export function remove(id: number): void {
  set(breaks.getState().points.filter((point) => point.id !== id));
}

function set(points: readonly Breakpoint[]): void {
  breaks.setState({ points });
  session.link?.breakAt(points);
  try {
    localStorage.setItem(KEY, JSON.stringify(points));
  } catch {
    // Then they last as long as the page.
  }
}

async function stopped(stop: Stop): Promise<void> {
  session.pace({ paused: true });
  session.catchUp();
  breaks.setState({ stop });
  const event = session.history.events[stop.seq];
  if (event === undefined) return;
  if (innerWidth >= INSPECTOR_BESIDE_PX) select(selectionOf(event));
  const texts = await breaksMessages(ui.getState().locale);
  ui.setState({ announcement: texts.stopped.replace('{what}', wordsFor(event)) });
}

export function breaksMessages(locale: Locale): Promise<Readonly<Record<BreaksMessageKey, string>>> {
  return locale === 'zh-CN'
    ? import('../messages/breaks/zh-CN.ts').then((m) => m.breaksZhCN)
    : import('../messages/breaks/en.ts').then((m) => m.breaksEn);
}

/** One event in the words of the system itself. */
export function wordsFor(event: TraceEvent): string {
  const { processes } = session.history.live;
  const who = (pid: number): string => processes.get(pid)?.comm ?? '';
  switch (event.kind) {
    case 'rpc.request':
      return `${who(event.pid)} → ${shortMethod(event.method)}`;
    case 'rpc.response':
      return `${shortMethod(event.method)}: ${event.codeName} ${event.message}`.trim();
    case 'process.exec':
      return `execve ${event.argv.join(' ').slice(0, 80)}`;
    case 'process.exit':
      return `${who(event.pid)} ${event.pid}: exit ${event.signal ?? event.code}`;
    case 'file.create':
    case 'file.write':
    case 'file.unlink':
      return `${who(event.pid)}: ${event.kind.slice(5)} ${event.path}`;
    case 'file.rename':
      return `${who(event.pid)}: rename ${event.path} ${event.to}`;
    case 'span.start':
      return event.name;
    case 'state':
      return `${event.component}: ${event.topic} ${event.key}`;
    default:
      return `${who(event.pid)} ${event.kind}`.trim();
  }
}
