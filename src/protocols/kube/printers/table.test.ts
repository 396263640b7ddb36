import { expect, test } from 'vitest';
import { parseRfc3339 } from '../../../go/time.ts';
import { acceptsTable, tableOf } from './table.ts';

const at = (text: string): bigint => {
  const parsed = parseRfc3339(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.ns;
};
const now = at('2026-11-23T18:55:03Z');

function pod(status: object, extra: { spec?: object; metadata?: object } = {}): Record<string, unknown> {
  return {
    kind: 'Pod',
    metadata: { name: 'web', creationTimestamp: '2026-11-23T18:54:57Z', ...extra.metadata },
    spec: { nodeName: 'node-1', containers: [{ name: 'web', image: 'nginx' }], ...extra.spec },
    status,
  };
}

const cells = (object: Record<string, unknown>, kind = 'Pod') => tableOf(object, kind, now).rows[0]?.cells;
const terminated = (reason: string) => ({
  state: { terminated: { reason, exitCode: reason === 'Completed' ? 0 : 1 } },
});

test('states of a pod', () => {
  const running = { ready: true, restartCount: 0, state: { running: {} } };
  expect(cells(pod({ phase: 'Running', podIP: '10.88.2.7', containerStatuses: [running] }))).toEqual([
    'web',
    '1/1',
    'Running',
    '0',
    '6s',
    '10.88.2.7',
    'node-1',
    '<none>',
    '<none>',
  ]);
  const status = (object: object, extra = {}) => cells(pod(object, extra))?.slice(1, 4);
  expect(status({ phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ErrImagePull' } } }] })).toEqual(
    ['0/1', 'ErrImagePull', '0'],
  );
  const crashed = { ...terminated('Error'), restartCount: 2 };
  expect(
    status({
      phase: 'Running',
      containerStatuses: [{ ...crashed, lastState: { terminated: { finishedAt: '2026-11-23T18:54:59Z' } } }, running],
    }),
  ).toEqual(['1/1', 'Error', '2 (4s ago)']);
  expect(
    status(
      { phase: 'Pending', initContainerStatuses: [{ name: 'i', restartCount: 1, ...terminated('Error') }] },
      { spec: { initContainers: [{ name: 'i' }] } },
    ),
  ).toEqual(['0/1', 'Init:Error', '1']);
  expect(
    status(
      { phase: 'Running', containerStatuses: [running] },
      { metadata: { deletionTimestamp: '2026-11-23T18:55:33Z' } },
    ),
  ).toEqual(['1/1', 'Terminating', '0']);
  expect(
    status({ phase: 'Pending', conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated', status: 'False' }] }),
  ).toEqual(['0/1', 'SchedulingGated', '0']);
});

test('a node', () => {
  const node = {
    metadata: { name: 'node-1', labels: { 'node-role.kubernetes.io/control-plane': '' } },
    spec: { unschedulable: true },
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '192.168.1.10' }],
      nodeInfo: { kubeletVersion: 'v1.36.4', kernelVersion: '6.12', architecture: 'amd64', osImage: 'Debian' },
    },
  };
  expect(cells(node, 'Node')).toEqual([
    'node-1',
    'Ready,SchedulingDisabled',
    'control-plane',
    '<unknown>',
    'v1.36.4',
    '192.168.1.10',
    '<none>',
    'Debian',
    '6.12 (amd64)',
    '<unknown>',
  ]);
});

test('a list keeps its version; who asks for rows', () => {
  const table = tableOf({ items: [], metadata: { resourceVersion: '7' } }, 'Secret', now);
  expect(table.metadata).toEqual({ resourceVersion: '7' });
  expect(table.columnDefinitions.map(({ name }) => name)).toEqual(['Name', 'Type', 'Data', 'Age']);
  expect(acceptsTable('application/json;as=Table;v=v1;g=meta.k8s.io,application/json')).toBe(true);
  expect(acceptsTable('application/json')).toBe(false);
});
