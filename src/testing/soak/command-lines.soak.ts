/** Random command lines for every tool, many seeds. */
import { describe, test } from 'vitest';
import { FUZZED_TOOLS, fuzzCommandLines } from '../command-lines.ts';

const SEEDS = Number(process.env['SOAK_SEEDS'] ?? 100);
const LINES = 300;

describe.each(Object.keys(FUZZED_TOOLS))('%s', (name) => {
  for (let seed = 1; seed <= SEEDS; seed++) test(`seed ${seed}`, () => fuzzCommandLines(name, seed, LINES));
});
