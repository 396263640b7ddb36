/** What is done with markers: put where the drawing is, gone to, named. */
import type { Marker } from '../../machine/moments/marks.ts';
import { clockText } from '../format.ts';
import { session } from '../session.ts';
import { select, ui } from '../store.ts';
import type { Parting } from './branch-tree.ts';
import { addMarker, marks } from './marks-store.ts';

const LINE_SHOWN = 32;

/** The moment that is drawn. */
export function drawnMoment(): Parting {
  const at = session.director.shown.playhead ?? session.history.length;
  return { at, time: session.director.shown.playhead === null ? ui.getState().now : timeAt(at) };
}

export function timeAt(at: number): number {
  return session.history.events[Math.max(0, at - 1)]?.time ?? 0;
}

/** What a moment is called until somebody says better: when it is, and which command was the last. */
export function momentName({ at, time }: Parting): string {
  const line = session.index.commands.findLast(({ startSeq }) => startSeq < at)?.line.split('\n')[0] ?? '';
  return `${clockText(time).replace(/ \d+$/, '')} ${line.length > LINE_SHOWN ? `${line.slice(0, LINE_SHOWN)}…` : line}`.trim();
}

/** Null when there are too many, or the past is not to be looked at. */
export function putMarker(name?: string): Marker | null {
  if (!mayMark()) return null;
  const moment = drawnMoment();
  return addMarker(moment, name ?? momentName(moment));
}

/** By hand: its name is asked for where the marker stands, or in the list where no timeline is. */
export function markHere(): void {
  const marker = putMarker();
  const { hidden, projector } = ui.getState();
  const onTimeline = !hidden.timeline && !projector && document.querySelector('.timeline') !== null;
  if (marker === null || !onTimeline) select({ kind: 'marks' });
  marks.setState({ naming: marker?.id ?? null });
}

export function showMarker({ at }: Marker): void {
  if (at >= session.history.length) session.skip();
  else session.lookAt(at);
}

/** The next marker from the moment that is drawn, or the one before. */
export function goToMarker(way: 'next' | 'previous'): void {
  const { at } = drawnMoment();
  const { markers } = marks.getState();
  const found = way === 'next' ? markers.find((each) => each.at > at) : markers.findLast((each) => each.at < at);
  if (found === undefined) return;
  showMarker(found);
  ui.setState({ announcement: found.name });
}

export function mayMark(): boolean {
  const { interview } = ui.getState();
  return interview === null || interview.on.rewind;
}
