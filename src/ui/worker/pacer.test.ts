import { expect, it } from 'vitest';
import { Pacer, RATIOS } from './pacer.ts';

it('follows real time at the chosen ratio', () => {
  const pacer = new Pacer(1000, 0);
  expect(pacer.horizon(1016, 0)).toBe(16_000_000);
  pacer.set({ ratio: 1 / 16 }, 1016, 16_000_000);
  expect(pacer.horizon(1032, 16_000_000)).toBe(17_000_000);
});

it('stands still while paused or hidden, and does not jump afterwards', () => {
  const pacer = new Pacer(0, 0);
  pacer.set({ watched: false }, 10, 10);
  expect(pacer.horizon(9_000_000, 10)).toBe(10);
  pacer.set({ watched: true }, 9_000_000, 10);
  expect(pacer.horizon(9_000_001, 10)).toBe(1_000_010);
});

it('never lets a slow frame turn into a long leap', () => {
  const pacer = new Pacer(0, 0);
  expect(pacer.horizon(5000, 0)).toBe(100_000_000);
  expect(pacer.horizon(5016, 100_000_000)).toBe(116_000_000);
});

it.each(RATIOS)('at %f a second of ours is so many of the machine, frame by frame', (ratio) => {
  const pacer = new Pacer(0, 0);
  pacer.set({ ratio: 1 }, 0, 0);
  let now = 0;
  for (let frame = 1; frame <= 60; frame++) now = pacer.horizon(frame * 16.6, now);
  pacer.set({ ratio }, 60 * 16.6, now);
  const from = now;
  for (let frame = 61; frame <= 120; frame++) now = pacer.horizon(frame * 16.6, now);
  expect((now - from) / (60 * 16.6 * 1e6)).toBeCloseTo(ratio, 2);
});
