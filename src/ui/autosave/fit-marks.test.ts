import { expect, test } from 'vitest';
import type { Savepoint } from '../../machine/machine.ts';
import type { Branch } from '../../machine/moments/marks.ts';
import { fitMarks } from './fit-marks.ts';

const savepoint = (text: string): Savepoint => ({
  format: 1,
  scenario: 'bare',
  seed: 7,
  files: {},
  inputs: [{ kind: 'keys', channel: 0, text, step: 9, time: 400_000 }],
  time: 900_000,
});
const branch = (id: number, line: string): Branch => ({
  id,
  parent: id === 1 ? null : 1,
  at: id,
  time: id,
  name: null,
  line,
  last: line,
  commands: 1,
  markers: [],
  savepoint: savepoint(line),
});

test('what is too large goes without its oldest branches, and says which', () => {
  const present: Branch = { ...branch(4, ''), savepoint: null };
  const marks = { markers: [], branches: [branch(1, 'one'), branch(2, 'two'), branch(3, 'three'), present] };
  const whole = fitMarks(marks, 100_000);
  expect(whole.leftOut).toEqual([]);
  const length = whole.text?.length ?? 0;
  const less = fitMarks(marks, length - 1);
  expect(less.leftOut.map(({ line }) => line)).toEqual(['one']);
  expect(JSON.parse(less.text ?? '').branches.map(({ line }: Branch) => line)).toEqual(['two', 'three', '']);
  expect(fitMarks(marks, 10)).toMatchObject({
    text: null,
    leftOut: [{ line: 'one' }, { line: 'two' }, { line: 'three' }],
  });
});
