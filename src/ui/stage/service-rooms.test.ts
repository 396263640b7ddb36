import { expect, test } from 'vitest';
import { boot, Recording } from '../../projections/fixture.ts';
import { History } from '../../projections/history.ts';
import { planHops } from '../../projections/hops.ts';
import { TraceIndex } from '../../projections/trace-index.ts';
import { translator } from '../messages/catalogue.ts';
import { en } from '../messages/en.ts';
import { endsOf } from './routes.ts';
import { buildScene } from './scene.ts';
import { roomOfMethod } from './service-rooms.ts';

test('a call is at home in the room of its service', () => {
  expect(roomOfMethod('/containerd.services.tasks.v1.Tasks/Create')).toBe('tasks');
  expect(roomOfMethod('/containerd.services.snapshots.v1.Snapshots/Prepare')).toBe('snapshots');
  expect(roomOfMethod('/containerd.services.transfer.v1.Transfer/Transfer')).toBe('content');
  expect(roomOfMethod('/containerd.services.containers.v1.Containers/Get')).toBe('metadata');
  expect(roomOfMethod('/runtime.v1.RuntimeService/CreateContainer')).toBe('cri');
});

test('what ctr asks for lights the room of the service, and the CRI plugin stays idle', () => {
  const r = new Recording();
  const { containerd, shell } = boot(r);
  const before = r.trace.events.length;
  let during = 0;
  const span = r.trace.startSpan(0, shell, 'ctr run', 'client');
  r.call(
    shell,
    containerd,
    'grpc',
    '/containerd.services.tasks.v1.Tasks/Create',
    '/run/containerd/containerd.sock',
    span,
    () => {
      during = r.trace.events.length;
    },
  );
  const history = new History();
  history.append(r.trace.events);
  const index = new TraceIndex();
  index.append(r.trace.events);
  const options = { width: 1200, height: 540, detail: 'full', selection: null } as const;
  const scene = buildScene(history.at(during), translator(en), options);
  const said = (id: string): string =>
    scene.byId
      .get(id)
      ?.texts.map(({ text }) => text)
      .join(' | ') ?? '';
  expect(said('room:tasks')).toContain('· Create');
  expect(said('room:cri')).toContain('idle');
  expect([scene.byId.get('room:tasks')?.lit, scene.byId.get('room:cri')?.lit]).toEqual([true, false]);
  const [there, back] = planHops(history.events, before, history.length, index, 0);
  expect([there?.kind, back?.kind]).toEqual(['request', 'response']);
  if (there !== undefined) expect(endsOf(scene, there, history.live).to?.id).toBe('room:tasks');
  if (back !== undefined) expect(endsOf(scene, back, history.live).from?.id).toBe('room:tasks');
});
