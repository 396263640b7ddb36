/** A sample of what `npm run soak` does at length: any process of any stack dies at any of its system calls. */
import { expect, test } from 'vitest';
import { killAny } from '../../testing/kill-any.ts';

const SEEDS = [1, 2, 3, 4];
const STACKS = [
  ['bare', 'runsc'],
  ['crio', 'crun'],
] as const;

test('killed at any system call: what runs has a process, what is cleaned up is gone', {
  timeout: 120_000,
}, async () => {
  for (const seed of SEEDS) {
    const outcome = await killAny(seed, STACKS);
    expect([seed, outcome]).toEqual([seed, { ...outcome, died: true, wrong: [] }]);
  }
});
