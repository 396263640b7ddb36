import { expect, test } from 'vitest';
import { gradeTable, HAND_IN_FORMAT, readHandIn, refusedRow, Twins } from './hand-in.ts';

const SAVEPOINT = { format: 1, inputs: [] };

test('what is no hand-in of a lesson is not read as one, and nothing that it claims is kept', () => {
  const text = (more: object): string =>
    JSON.stringify({
      format: HAND_IN_FORMAT,
      number: 7,
      name: '李雷',
      lesson: 'L02',
      steps: 99,
      savepoint: SAVEPOINT,
      ...more,
    });
  expect(readHandIn(text({}))).toEqual({ number: '7', name: '李雷', lesson: 'L02', savepoint: SAVEPOINT });
  expect(readHandIn(text({ class: 12 }))?.class).toBe('12');
  for (const broken of ['', '{', 'null', text({ format: 'other' }), text({ lesson: 1 }), text({ savepoint: {} })])
    expect(readHandIn(broken), broken).toBeNull();
});

test('the first file with the same keys is named; other input does not count', () => {
  const twins = new Twins();
  const keys = (text: string) => [{ kind: 'keys' as const, step: 1, time: 1, channel: 0, text }];
  expect(twins.of('a', keys('ps\r'))).toBe('');
  expect(twins.of('b', keys('ls\r'))).toBe('');
  expect(twins.of('c', keys('ps\r'))).toBe('a');
  expect(twins.of('d', keys('ps\r'))).toBe('a');
});

test('the table opens in Excel: marked as UTF-8, quoted, and without formulas', () => {
  const table = gradeTable([refusedRow('=cmd|"x",y.cutaway', 'no hand-in file')]);
  expect(table).toMatch(/^\ufefffile,number,/);
  expect(table).toContain(`\r\n"'=cmd|""x"",y.cutaway",,,,0,,,,,,no hand-in file\r\n`);
});
