/** A sample of what `npm run soak` does at length: whatever ends, the cluster comes to what was declared. */
import { expect, test } from 'vitest';
import { endAtCall, VICTIMS } from './convergence.ts';

test.each(VICTIMS)(
  '%s ends at one of its system calls: everything declared runs, nothing is left',
  {
    timeout: 120_000,
  },
  async (victim) => {
    const n = { kubelet: 1650, containerd: 4700, node: 6350 }[victim];
    expect([n, await endAtCall(victim, n, 1)]).toEqual([n, null]);
  },
);
