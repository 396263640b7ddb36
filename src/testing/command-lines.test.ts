/** A sample of what `npm run soak` does at length: random command lines for every tool. */
import { describe, test } from 'vitest';
import { FUZZED_TOOLS, fuzzCommandLines } from './command-lines.ts';

const LINES = 150;

describe.each(Object.keys(FUZZED_TOOLS))('%s', (name) => {
  test('answers, whatever it is told', { timeout: 120_000 }, () => fuzzCommandLines(name, 1, LINES));
});
