import { expect, test } from 'vitest';
import { nextLesson } from './next-lesson.ts';

const lesson = (id: string, track: string, ...requires: string[]) => ({ id, track, requires });
const LESSONS = [
  lesson('L1', 'a'),
  lesson('L2', 'b'),
  lesson('L3', 'a', 'L4'),
  lesson('L4', 'a', 'L1'),
  lesson('L5', 'b'),
];

test('the same track goes before the order, prerequisites before both, and what is finished does not come again', () => {
  const after = (id: string, ...finished: string[]) => nextLesson(id, LESSONS, new Set([id, ...finished]))?.id ?? null;
  expect(after('L1')).toBe('L4');
  expect(after('L4', 'L1')).toBe('L3');
  expect(after('L3', 'L1', 'L4')).toBe('L5');
  expect(after('L5', 'L1', 'L4', 'L3')).toBe('L2');
  expect(after('L2', 'L1', 'L3', 'L4', 'L5')).toBeNull();
  // Whoever began in the middle is led back to what was left out.
  expect(after('L5')).toBe('L2');
  expect(nextLesson('', LESSONS, new Set())?.id).toBe('L1');
});
