import { expect, test } from 'vitest';
import { INTERVIEW_FORMAT, normaliseNonce, readInterviewHandIn, taskSeed, taskVariant } from './interview.ts';

test('the nonce decides seed and variant; how it was typed does not matter', () => {
  expect(normaliseNonce(' k7-q2 ')).toBe('K7Q2');
  expect(taskSeed('k7-q2', 'R01')).toBe(taskSeed('K7Q2', 'R01'));
  expect(taskSeed('K7Q2', 'R01')).not.toBe(taskSeed('K7Q2', 'R02'));
  const seeds = Array.from({ length: 500 }, (_, i) => taskSeed(`word${i}`, 'R01'));
  expect(Math.min(...seeds)).toBeGreaterThanOrEqual(1);
  expect(Math.max(...seeds)).toBeLessThanOrEqual(9999);
  const counts = Array.from(
    { length: 5 },
    (_, v) => seeds.filter((_, i) => taskVariant(`word${i}`, 'R01', 5) === v).length,
  );
  expect(Math.min(...counts)).toBeGreaterThan(60);
});

test('a hand-in is read with care, and nothing in it but logs and notes', () => {
  const savepoint = { format: 1, scenario: 'bare', seed: 1, files: {}, inputs: [], time: 0 };
  const file = {
    format: INTERVIEW_FORMAT,
    pack: 'P30',
    nonce: 'K7',
    name: 'x',
    score: 100,
    tasks: [
      {
        drill: 'R01',
        savepoint,
        uses: [{ aid: 'undo', virtualNs: 5 }, { aid: '<b>', virtualNs: 1 }, null],
        seconds: -4,
        score: 100,
      },
    ],
  };
  expect(readInterviewHandIn(JSON.stringify(file))).toEqual({
    format: INTERVIEW_FORMAT,
    pack: 'P30',
    nonce: 'K7',
    name: 'x',
    tasks: [{ drill: 'R01', savepoint, uses: [{ aid: 'undo', virtualNs: 5 }], seconds: 0, starts: 1 }],
  });
  for (const text of [
    '',
    'null',
    '[]',
    '{}',
    JSON.stringify({ ...file, tasks: [{}] }),
    JSON.stringify({ ...file, pack: 1 }),
  ])
    expect(readInterviewHandIn(text)).toBeNull();
});
