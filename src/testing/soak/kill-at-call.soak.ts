/** containerd killed at a random system call of a random operation, many times. */
import { expect, test } from 'vitest';
import { Random } from '../../sim/random.ts';
import { callsOf, killAtCall, OPERATIONS } from '../kill-at-call.ts';

const SEEDS = Number(process.env['SOAK_SEEDS'] ?? 500);
const NAMES = Object.keys(OPERATIONS);

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`seed ${seed}`, async () => {
    const random = new Random(seed).fork('kill at call');
    const name = NAMES[random.below(NAMES.length)] as string;
    const n = 1 + random.below(await callsOf(name));
    expect([name, n, await killAtCall(name, n, seed)]).toEqual([name, n, []]);
  });
}
