/** Same seed, same trace hash: a sample of the corpora here, all of them in the soak. */
import { expect, test } from 'vitest';
import { corpusHistory, corpusLines } from './corpus-history.ts';

const STEP = 19;

test('a sample of the corpora gives the same history twice', {
  timeout: 120_000,
}, async () => {
  const lines = corpusLines(STEP);
  expect(lines.length).toBeGreaterThan(25);
  const first = await corpusHistory(3, lines);
  expect(first.events).toBeGreaterThan(700);
  expect(await corpusHistory(3, lines)).toEqual(first);
});
