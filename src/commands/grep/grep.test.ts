import { expect, test } from 'vitest';
import { contextNumbers } from './grep.ts';

test.each([
  ['-1 b', '-C 1 b'],
  ['-12 a', '-C 12 a'],
  ['-1i A', '-C 1 -i A'],
  ['-i1 A', '-C 1 -i A'],
  ['-1e b', '-C 1 -e b'],
  ['-1 -0 a', '-C 1 -C 0 a'],
  // What is a value is none.
  ['-e -1', '-e -1'],
  ['-e1', '-e1'],
  ['-ie -1', '-ie -1'],
  ['-m1 -1 a', '-m1 -C 1 a'],
  ['-A 1 a', '-A 1 a'],
  ['--regexp -1', '--regexp -1'],
  ['--regexp=-1 -2', '--regexp=-1 -C 2'],
  ['-- -1', '-- -1'],
  ['- -1', '- -C 1'],
])('grep %s', (line, read) => {
  expect(contextNumbers(line.split(' ')).join(' ')).toBe(read);
});
