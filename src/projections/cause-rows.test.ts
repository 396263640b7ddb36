/** The waterfall's rows, of a real command and of trees made for it. */
import { expect, test } from 'vitest';
import { boot } from '../testing/boot.ts';
import { type CausalNode, causalTrees } from './causal-tree.ts';
import { causeRows } from './cause-rows.ts';

const ALL = { strata: new Set<never>(), text: '' };
const node = (name: string, startNs: number, endNs: number | null, more: Partial<CausalNode> = {}): CausalNode => ({
  kind: 'span',
  name,
  layer: null,
  pid: 1,
  span: 1,
  seq: startNs,
  startNs,
  endNs,
  error: null,
  attributes: {},
  children: [],
  ...more,
});

test('bars lie within the command, and what has not ended reaches to its end', () => {
  const root = node('root', 100, 200, { children: [node('a', 100, 150), node('b', 150, null)] });
  const { rows } = causeRows(root, new Set(), ALL, 200, 10);
  expect(rows.map(({ node: { name }, left, width }) => [name, left, width])).toEqual([
    ['root', 0, 1],
    ['a', 0, 0.5],
    ['b', 0.5, 0.5],
  ]);
});

test('a filter leaves what it finds and the way to it; toggling opens and closes', () => {
  const deep = node('write cgroup', 120, 120, { kind: 'event', layer: 'kernel' });
  const root = node('root', 100, 200, { children: [node('a', 100, 150, { children: [deep] }), node('b', 150, 160)] });
  const names = (toggled: string[], filter: Parameters<typeof causeRows>[2], max = 10): string[] =>
    causeRows(root, new Set(toggled), filter, 200, max).rows.map((row) => row.node.name);
  expect(names([], ALL)).toEqual(['root', 'a', 'b']);
  expect(names(['0.0'], ALL)).toEqual(['root', 'a', 'write cgroup', 'b']);
  expect(names(['0'], ALL)).toEqual(['root']);
  expect(names([], { strata: new Set(['kernel']), text: '' })).toEqual(['root', 'a', 'write cgroup']);
  expect(names([], { strata: new Set(), text: 'CGROUP' })).toEqual(['root', 'a', 'write cgroup']);
  expect(names([], { strata: new Set(), text: 'nowhere' })).toEqual(['root']);
  expect(causeRows(root, new Set(['0.0']), ALL, 200, 2).left).toBe(2);
});

test('one crictl command reaches from the call to the cgroup', async () => {
  const { machine, run } = await boot();
  await run(
    `echo '{"metadata":{"name":"p","namespace":"default","uid":"u"},"linux":{}}' > pod.json; crictl pull busybox > /dev/null`,
  );
  await run('crictl runp pod.json');
  const tree = causalTrees(machine.trace.events, 0n).at(-1);
  if (tree === undefined) throw new Error('no tree');
  expect(tree.root.name).toBe('crictl runp pod.json');
  const found = (text: string): string[] =>
    causeRows(tree.root, new Set(), { strata: new Set(), text }, machine.now, 1000).rows.map((row) => row.node.name);
  const way = found('cgroup attach');
  expect(way.some((name) => name.endsWith('/RunPodSandbox'))).toBe(true);
  expect(way.some((name) => name.endsWith('Task/Create'))).toBe(true);
  expect(way.some((name) => /^runc .*create/.test(name))).toBe(true);
  for (const row of causeRows(tree.root, new Set(), { strata: new Set(['kernel']), text: '' }, machine.now, 5000)
    .rows) {
    expect(row.left).toBeGreaterThanOrEqual(0);
    expect(row.left + row.width).toBeLessThanOrEqual(1.000001);
  }
});
