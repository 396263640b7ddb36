import { expect, test } from 'vitest';
import { followTo } from './follow-to.ts';

const ended = (...ends: (number | null)[]) => ends.map((endSeq) => ({ endSeq }));

test('a second machine follows to before the last twenty commands, or to before fewer where they did much', () => {
  const many = ended(...Array.from({ length: 200 }, (_, i) => 10_000 + 30 * i));
  expect(followTo(many, 16_000)).toBe(10_000 + 30 * 179);
  // The last ten commands alone are as long as may be left.
  const long = ended(...Array.from({ length: 30 }, (_, i) => 1000 * (i + 1)));
  expect(followTo(long, 30_500)).toBe(23_000);
  // The last one is longer than that: from before it, it can at least be taken back.
  expect(followTo(ended(500, 9000, 90_000), 91_000)).toBe(9000);
  expect(followTo(ended(500, 9000, null), 91_000)).toBe(9000);
});

test('nothing follows a short history, or one of a single command', () => {
  expect(followTo(ended(500, 900, 1200), 1300)).toBe(0);
  expect(followTo(ended(90_000), 91_000)).toBe(0);
  expect(followTo([], 91_000)).toBe(0);
});
