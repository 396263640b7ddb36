/** Any process of any stack killed with -9 at a random system call, many times. */
import { expect, test } from 'vitest';
import { killAny } from '../kill-any.ts';

const SEEDS = Number(process.env['SOAK_SEEDS'] ?? 500);
const FIRST = Number(process.env['SOAK_FIRST'] ?? 1);

for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
  test(`seed ${seed}`, async () => {
    const outcome = await killAny(seed);
    if (process.env['SOAK_SHOW'] !== undefined) console.log(JSON.stringify([seed, outcome]));
    expect(outcome).toEqual({ ...outcome, wrong: [] });
  });
}
