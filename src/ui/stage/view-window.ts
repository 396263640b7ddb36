/** What of a drawing is seen, in the drawing's own units. Pure. */
import type { Box, Point } from './scene-types.ts';

/** The left top corner of what is seen, and how many times as large as in the whole it is seen. */
export type ViewWindow = { readonly x: number; readonly y: number; readonly scale: number };

export type Size = { readonly width: number; readonly height: number };

export const WHOLE: ViewWindow = { x: 0, y: 0, scale: 1 };
export const SCALE_MAX = 8;

/** `factor` times as large, `at` staying where it is on the screen. */
export function zoomed(view: ViewWindow, size: Size, at: Point, factor: number): ViewWindow {
  const scale = Math.max(1, Math.min(SCALE_MAX, view.scale * factor));
  const kept = view.scale / scale;
  return within({ x: at[0] - (at[0] - view.x) * kept, y: at[1] - (at[1] - view.y) * kept, scale }, size);
}

/** What is seen moves by so much over the drawing; never beyond its edges. */
export function moved(view: ViewWindow, size: Size, by: Point): ViewWindow {
  return within({ ...view, x: view.x + by[0], y: view.y + by[1] }, size);
}

/** The least move after which `box` is seen; what is larger than the window shows its beginning. */
export function showing(view: ViewWindow, size: Size, box: Box): ViewWindow {
  const x = reach(view.x, size.width / view.scale, box.x, box.w);
  const y = reach(view.y, size.height / view.scale, box.y, box.h);
  return within({ ...view, x, y }, size);
}

export function viewBoxOf(view: ViewWindow, size: Size): string {
  return `${view.x} ${view.y} ${size.width / view.scale} ${size.height / view.scale}`;
}

export function middleOf(view: ViewWindow, size: Size): Point {
  return [view.x + size.width / view.scale / 2, view.y + size.height / view.scale / 2];
}

function within(view: ViewWindow, size: Size): ViewWindow {
  const limit = (at: number, whole: number): number => Math.max(0, Math.min(whole - whole / view.scale, at));
  return { x: limit(view.x, size.width), y: limit(view.y, size.height), scale: view.scale };
}

function reach(from: number, seen: number, at: number, length: number): number {
  if (length > seen) return at < from + seen && at + length > from ? from : at;
  if (at < from) return at;
  return Math.max(from, at + length - seen);
}
