import { expect, it } from 'vitest';
import { Pacer } from './pacer.ts';

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
