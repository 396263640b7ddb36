/** A thousand containers, and the kernel's books before and after. */
import { expect, test } from 'vitest';
import { holdingsOf } from '../bookkeeping.ts';
import { boot } from '../boot.ts';
import { cycleContainers } from '../container-cycles.ts';

const CONTAINERS = 1000;

test(`after ${CONTAINERS} containers nothing is left of them`, async () => {
  const node = await boot({ scenario: 'bare' });
  await cycleContainers(node, 10);
  const before = holdingsOf(node.machine.kernel);
  await cycleContainers(node, CONTAINERS);
  expect(holdingsOf(node.machine.kernel)).toEqual(before);
});
