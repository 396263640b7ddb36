/** The whole corpora, twice: the same seed has the same history to the last byte. */
import { expect, test } from 'vitest';
import { corpusHistory, corpusLines } from '../corpus-history.ts';

test.each([1, 2, 3])('seed %i', async (seed) => {
  const lines = corpusLines(1);
  const first = await corpusHistory(seed, lines);
  expect(await corpusHistory(seed, lines)).toEqual(first);
});
