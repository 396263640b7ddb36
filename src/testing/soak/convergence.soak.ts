/** The kubelet, the runtime or the node ends at a random system call while objects are declared, many times. */
import { expect, test } from 'vitest';
import { Random } from '../../sim/random.ts';
import { callsUntilSettled, endAtCall, VICTIMS, type Victim } from '../convergence.ts';

const SEEDS = Number(process.env['SOAK_SEEDS'] ?? 300);
const FIRST = Number(process.env['SOAK_FIRST'] ?? 1);

for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
  test(`seed ${seed}`, async () => {
    const victim = VICTIMS[seed % VICTIMS.length] as Victim;
    const n = 1 + new Random(seed).fork('convergence').below(await callsUntilSettled(victim));
    expect([victim, n, await endAtCall(victim, n, seed)]).toEqual([victim, n, null]);
  });
}
