/**
 * A sample of what `npm run soak` does at length: containerd dies at some system call of everything it does to images
 * and containers.
 */
import { describe, expect, test } from 'vitest';
import { Random } from '../../../sim/random.ts';
import { callsOf, killAtCall, OPERATIONS } from '../../../testing/kill-at-call.ts';

const SAMPLES = 2;

describe.each(Object.keys(OPERATIONS))('%s', (name) => {
  test('killed at any system call: nothing lost, nothing left', { timeout: 120_000 }, async () => {
    const random = new Random(1).fork(name);
    const total = await callsOf(name);
    for (let i = 0; i < SAMPLES; i++) {
      const n = 1 + random.below(total);
      expect([n, await killAtCall(name, n, 1)]).toEqual([n, []]);
    }
  });
});
