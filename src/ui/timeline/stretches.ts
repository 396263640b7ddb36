/** Which parts of each track are covered by bars, in whole pixels: bars that touch are one stretch. */
import { STANDING_NS, type Stratum } from '../../projections/layers.ts';
import type { Bar } from '../../projections/trace-index.ts';

export type Scale = {
  /** The first and the last event of the window. */
  readonly from: number;
  readonly to: number;
  /** Virtual time of the last event there is. */
  readonly now: number;
  /** Pixels that the window is drawn on, and at least how many a bar has. */
  readonly pixels: number;
  readonly least: number;
};

/** Starts and ends, one after the other, for each of `strata` in their order. */
export function stretchesOf(bars: readonly Bar[], strata: readonly Stratum[], scale: Scale): number[][] {
  const { from, to, now, pixels, least } = scale;
  const perEvent = pixels / Math.max(1, to - from);
  // How many bars begin at a pixel less how many end there: thousands of bars cost two additions each.
  const edges = new Map(strata.map((stratum) => [stratum, new Int32Array(pixels + 1)]));
  for (const bar of bars) {
    const end = bar.to ?? (now - bar.startTime > STANDING_NS ? bar.from + 1 : to);
    const track = end < from ? undefined : edges.get(bar.stratum);
    if (track === undefined) continue;
    const start = Math.max(0, Math.min(pixels, Math.round((bar.from - from) * perEvent)));
    const right = Math.min(pixels, Math.max(start + least, Math.round((end - from) * perEvent)));
    track[start] = (track[start] ?? 0) + 1;
    track[right] = (track[right] ?? 0) - 1;
  }
  return [...edges.values()].map(covered);
}

function covered(edges: Int32Array): number[] {
  const stretches: number[] = [];
  let depth = 0;
  for (let pixel = 0; pixel < edges.length; pixel++) {
    const before = depth;
    depth += edges[pixel] ?? 0;
    if ((before === 0) !== (depth === 0)) stretches.push(pixel);
  }
  return stretches;
}
