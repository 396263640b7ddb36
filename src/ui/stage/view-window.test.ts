import { expect, test } from 'vitest';
import { middleOf, moved, SCALE_MAX, showing, viewBoxOf, WHOLE, zoomed } from './view-window.ts';

const SIZE = { width: 1000, height: 500 };

test('what is under the pointer stays there, and the whole is the least', () => {
  const near = zoomed(WHOLE, SIZE, [250, 100], 2);
  expect(near).toEqual({ x: 125, y: 50, scale: 2 });
  expect(zoomed(near, SIZE, [250, 100], 0.5)).toEqual(WHOLE);
  expect(zoomed(near, SIZE, [900, 0], 0.01)).toEqual(WHOLE);
  expect(zoomed(near, SIZE, [250, 100], 100).scale).toBe(SCALE_MAX);
});

test('nothing beyond the edges is seen', () => {
  const near = zoomed(WHOLE, SIZE, [500, 250], 2);
  expect(viewBoxOf(moved(near, SIZE, [9000, 9000]), SIZE)).toBe('500 250 500 250');
  expect(viewBoxOf(moved(near, SIZE, [-9000, -9000]), SIZE)).toBe('0 0 500 250');
  expect(moved(WHOLE, SIZE, [50, 50])).toEqual(WHOLE);
});

test('what is looked for comes into sight by the least move', () => {
  const near = moved(zoomed(WHOLE, SIZE, [0, 0], 4), SIZE, [0, 0]);
  expect(showing(near, SIZE, { x: 10, y: 10, w: 50, h: 20 })).toEqual(near);
  expect(showing(near, SIZE, { x: 900, y: 10, w: 50, h: 20 })).toEqual({ x: 700, y: 0, scale: 4 });
  // Wider than what is seen: a part of it is in sight already.
  expect(showing(near, SIZE, { x: 100, y: 0, w: 600, h: 20 })).toEqual(near);
  expect(middleOf(near, SIZE)).toEqual([125, 62.5]);
});
