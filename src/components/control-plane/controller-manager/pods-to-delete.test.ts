import { expect, test } from 'vitest';
import type { Pod } from '../../../protocols/kube/types.ts';
import { podsToDelete } from './pods-to-delete.ts';

type About = {
  node?: string;
  phase?: string;
  ready?: string;
  cost?: string;
  restarts?: number;
  made?: string;
};
const NOW = '2026-01-01T10:00:00Z';

function pod(name: string, { node = 'n', phase = 'Running', ready = '', cost, restarts = 0, made }: About = {}): Pod {
  const conditions = ready === '' ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: ready }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: name,
      creationTimestamp: made ?? '2026-01-01T09:00:00Z',
      ...(cost === undefined ? {} : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { containers: [], ...(node === '' ? {} : { nodeName: node }) },
    status: { phase, conditions, containerStatuses: [{ name: 'c', restartCount: restarts }] },
  } as unknown as Pod;
}

const at = (minute: number): string => `2026-01-01T09:${String(minute).padStart(2, '0')}:00Z`;
/** The first to go of two, in either order. */
function first(a: Pod, b: Pod, related: readonly Pod[] = []): string {
  const now = BigInt(Date.parse(NOW)) * 1_000_000n;
  const [one] = podsToDelete([a, b], related, 1, now);
  const [same] = podsToDelete([b, a], related, 1, now);
  expect(same?.metadata.name).toBe(one?.metadata.name);
  return one?.metadata.name ?? '';
}

test('what decides, from the first to the last', () => {
  const ready = { ready: at(0) };
  expect(first(pod('a', ready), pod('b', { node: '', phase: 'Pending' }))).toBe('b');
  expect(first(pod('a', { phase: 'Unknown' }), pod('b', { phase: 'Pending', cost: '9' }))).toBe('b');
  expect(first(pod('a', { ...ready, cost: '-9' }), pod('b', { cost: '9' }))).toBe('b');
  expect(first(pod('a', { ...ready, cost: '1' }), pod('b', { ...ready, cost: '-1' }))).toBe('b');
  // 05 is no number as Go writes it, and counts as nought.
  expect(first(pod('a', { ...ready, cost: '05' }), pod('b', { ...ready, cost: '-1' }))).toBe('b');
  const crowd = ['x', 'y'].map((name) => pod(name, { node: 'm' }));
  expect(first(pod('a', ready), pod('b', { ...ready, node: 'm' }), crowd)).toBe('b');
  expect(first(pod('a', { ready: at(0) }), pod('b', { ready: at(50) }))).toBe('b');
  // Of about one age: neither is twice as old as the other, so the UID decides.
  expect(first(pod('a', { ready: at(5) }), pod('b', { ready: at(10) }))).toBe('a');
  expect(first(pod('a'), pod('b', { restarts: 1 }))).toBe('b');
  expect(first(pod('a', { made: at(0) }), pod('b', { made: at(59) }))).toBe('b');
  // For a Job any difference in age counts, and no cost.
  const ofJob = (a: Pod, b: Pod): string | undefined => podsToDelete([a, b], [], 1, null)[0]?.metadata.name;
  expect(ofJob(pod('a', { ready: at(5) }), pod('b', { ready: at(10), cost: '9' }))).toBe('b');
  expect(ofJob(pod('b', { made: at(6) }), pod('a', { made: at(5) }))).toBe('b');
});
