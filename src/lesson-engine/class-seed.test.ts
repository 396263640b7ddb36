import { expect, test } from 'vitest';
import { classSeed } from './class-seed.ts';

test('forty students of a class have forty nodes, and other ones in another class', () => {
  const numbers = Array.from({ length: 40 }, (_, i) => String(i + 1).padStart(2, '0'));
  const seeds = numbers.map((number) => classSeed('K8S-2', number));
  expect(new Set(seeds).size).toBe(40);
  expect(Math.min(...seeds)).toBeGreaterThan(0);
  expect(numbers.filter((number, i) => classSeed('K8S-3', number) === seeds[i])).toEqual([]);
});

test('how it is typed does not matter', () => {
  expect(classSeed(' k8s-2', '０７ ')).toBe(classSeed('K8S-2', '07'));
  expect(classSeed('a', 'b/c')).toBe(classSeed('a', 'b/c'));
});
