/** One track for each stratum, a mark for each command, and where the drawing is in them. */
import { useEffect, useRef } from 'react';
import { NUMERALS, STRATA, type Stratum } from '../../projections/layers.ts';
import { useSize, useUi } from '../hooks.ts';
import { session } from '../session.ts';
import { stretchesOf } from './stretches.ts';

export const COMMANDS_SHOWN = 10;
export const LABEL_WIDTH = 22;
export const RIGHT_MARGIN = 8;
const BAR_WIDTH_MIN = 2;
/** While time goes on a few pictures a second will do. */
const PAINT_MS = 120;

/** Strata that only Kubernetes has get their track when something happens in them. */
function tracks(): Stratum[] {
  const { strata } = session.index;
  return STRATA.filter((stratum) => (stratum !== 'control-plane' && stratum !== 'kubelet') || strata.has(stratum));
}

type Painting = { from: number; to: number; width: number; height: number; theme: string; history: object };

export function Tracks({ from, to, at }: { from: number; to: number; at: number }) {
  const box = useRef<HTMLCanvasElement>(null);
  const { width, height } = useSize(box);
  const theme = useUi((state) => state.theme);
  const painted = useRef<{ what: Painting | null; at: number; timer: ReturnType<typeof setTimeout> | null }>({
    what: null,
    at: 0,
    timer: null,
  });
  const wanted = useRef<Painting | null>(null);
  useEffect(() => {
    const what = { from, to, width, height, theme, history: session.history };
    const done = painted.current;
    wanted.current = what;
    if (done.timer !== null || (done.what !== null && same(done.what, what))) return;
    // In a task of its own: who has the drawing rendered does not wait for it.
    done.timer = setTimeout(
      () => {
        done.timer = null;
        done.at = performance.now();
        done.what = wanted.current;
        if (box.current !== null && done.what !== null) paintTracks(box.current, done.what);
      },
      Math.max(0, PAINT_MS - (performance.now() - done.at)),
    );
  });
  useEffect(() => {
    const done = painted.current;
    return () => {
      if (done.timer !== null) clearTimeout(done.timer);
      done.timer = null;
    };
  }, []);
  const x = LABEL_WIDTH + (at - from) * perEvent({ from, to, width });
  return (
    <>
      <canvas ref={box} aria-hidden="true" />
      {width > 0 && at >= from && (
        <i className="playhead" aria-hidden="true" style={{ transform: `translateX(${x - 1}px)` }} />
      )}
    </>
  );
}

function same(a: Painting, b: Painting): boolean {
  return (Object.keys(a) as (keyof Painting)[]).every((key) => a[key] === b[key]);
}

function perEvent({ from, to, width }: Pick<Painting, 'from' | 'to' | 'width'>): number {
  return (width - LABEL_WIDTH - RIGHT_MARGIN) / Math.max(1, to - from);
}

function paintTracks(canvas: HTMLCanvasElement, { from, to, width, height }: Painting): void {
  const context = canvas.getContext('2d');
  if (context === null || width === 0) return;
  const density = devicePixelRatio;
  canvas.width = width * density;
  canvas.height = height * density;
  context.setTransform(density, 0, 0, density, 0, 0);
  const style = getComputedStyle(canvas);
  const colour = (token: string): string => style.getPropertyValue(`--${token}`);
  const scale = perEvent({ from, to, width });
  const shown = tracks();
  const row = height / shown.length;
  context.font = `${Math.min(11, row + 1)}px system-ui`;
  context.textBaseline = 'middle';
  const hair = colour('hair');
  shown.forEach((stratum, i) => {
    const y = row * (i + 0.5);
    context.fillStyle = colour(stratum);
    context.fillText(NUMERALS[stratum], 4, y + 0.5);
    context.fillStyle = hair;
    context.fillRect(LABEL_WIDTH, y, width - LABEL_WIDTH - RIGHT_MARGIN, 0.5);
  });
  context.fillStyle = colour('soft');
  for (const command of session.index.commands.slice(-COMMANDS_SHOWN))
    context.fillRect(LABEL_WIDTH + (command.startSeq - from) * scale, 0, 1, height);
  const pixels = Math.max(0, Math.round((width - LABEL_WIDTH - RIGHT_MARGIN) * density));
  const least = Math.round(BAR_WIDTH_MIN * density);
  const now = session.history.live.time;
  stretchesOf(session.index.bars, shown, { from, to, now, pixels, least }).forEach((stretches, i) => {
    context.fillStyle = colour(shown[i] as Stratum);
    for (let at = 0; at + 1 < stretches.length; at += 2) {
      const [start, right] = [stretches[at] as number, stretches[at + 1] as number];
      context.fillRect(LABEL_WIDTH + start / density, row * (i + 0.22), (right - start) / density, row * 0.56);
    }
  });
}
