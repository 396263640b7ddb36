import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TaskExit } from './containerd/events/generated.ts';
import { Container, LinuxSandboxSecurityContext } from './cri/generated.ts';
import { PutRequest } from './etcd/etcdserverpb/generated.ts';
import { wireView } from './wire-view.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

it('names the fields and says where their bytes are', () => {
  const bytes = Container.encode({
    id: 'ab',
    metadata: { name: 'x', attempt: 2 },
    state: 1,
    createdAt: -1n,
    labels: { k: 'v' },
  });
  const { nodes, malformedAt } = wireView(Container, bytes);
  expect(malformedAt).toBeUndefined();
  expect(nodes.map(({ name, typeName, text }) => [name, typeName, text])).toEqual([
    ['id', 'string', 'ab'],
    ['metadata', 'runtime.v1.ContainerMetadata', ''],
    ['state', 'runtime.v1.ContainerState', 'CONTAINER_RUNNING (1)'],
    ['created_at', 'int64', '-1'],
    ['labels', 'map<string, string>', 'k = v'],
  ]);
  expect(nodes[1]?.children.map(({ name, text, fieldNumber }) => [name, text, fieldNumber])).toEqual([
    ['name', 'x', 1],
    ['attempt', '2', 2],
  ]);
  expect(nodes[0]).toMatchObject({ start: 0, valueStart: 2, end: 4, wireType: 2 });
  expect(nodes.at(-1)?.end).toBe(bytes.length);
});

it('shows packed lists, times and unknown fields', () => {
  const packed = wireView(
    LinuxSandboxSecurityContext,
    LinuxSandboxSecurityContext.encode({ supplementalGroups: [10, 20] }),
  );
  expect(packed.nodes[0]).toMatchObject({ name: 'supplemental_groups', typeName: 'packed int64', text: '10, 20' });
  const key = wireView(PutRequest, PutRequest.encode({ key: utf8('/registry/é'), value: Uint8Array.of(1, 255) }));
  expect(key.nodes.map(({ text }) => text)).toEqual(['/registry/é', '01 ff']);
  // Cut where no character is cut.
  const long = wireView(PutRequest, PutRequest.encode({ value: utf8(`a${'é'.repeat(2_000)}`) }));
  expect(long.nodes[0]?.text).toMatch(/^aé+…$/);
  const exit = wireView(TaskExit, TaskExit.encode({ exitedAt: { seconds: 1795454733n } }));
  expect(exit.nodes[0]).toMatchObject({ name: 'exited_at', text: '2026-11-23T17:25:33Z' });
  const unknown = wireView(TaskExit, Uint8Array.of(0xba, 1, 2, 104, 105));
  expect(unknown.nodes[0]).toMatchObject({ fieldNumber: 23, name: null, typeName: 'unknown', text: 'hi' });
  expect(wireView(TaskExit, Uint8Array.of(10, 1, 97, 10, 200))).toMatchObject({
    malformedAt: 3,
    nodes: [{ text: 'a' }],
  });
});

it('never throws', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => void wireView(Container, bytes)),
    { seed: 1, numRuns: 1000 },
  );
});
