/** Containers come and go; the kernel's books say that they are gone. */
import { expect, test } from 'vitest';
import { holdingsOf } from '../testing/bookkeeping.ts';
import { boot } from '../testing/boot.ts';
import { cycleContainers } from '../testing/container-cycles.ts';

test('after a dozen containers nothing is left of them', async () => {
  const node = await boot({ scenario: 'bare' });
  await cycleContainers(node, 4);
  const before = holdingsOf(node.machine.kernel);
  await cycleContainers(node, 12);
  expect(holdingsOf(node.machine.kernel)).toEqual(before);
});
