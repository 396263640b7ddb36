import { expect, test } from 'vitest';
import { boot, Recording } from '../../projections/fixture.ts';
import { History } from '../../projections/history.ts';
import type { KernelView } from '../../projections/kernels.ts';
import type { ProcessView } from '../../projections/node-view.ts';
import type { PodRoom } from '../../projections/rooms.ts';
import { translator } from '../messages/catalogue.ts';
import { en } from '../messages/en.ts';
import { SceneBuilder } from './scene-builder.ts';
import { drawLectureGroup, drawLecturePod } from './scene-lecture.ts';

const r = new Recording();
const { containerd } = boot(r);
const main = r.spawn(containerd, '/usr/bin/app', ['app'], 'workload', 0);
const history = new History();
history.append(r.trace.events);
const process = history.live.processes.get(main) as ProcessView;

function pod(name: string, comm: string, guest: 'vm' | 'sentry' | null): PodRoom {
  return {
    id: name,
    name,
    pod: true,
    kubeNamespace: 'default',
    address: '',
    ready: true,
    containers: [
      {
        ...{ id: `${name}-c`, name: comm, image: '', state: 'running', sandbox: false, cgroup: '', attempt: 0, seq: 0 },
        processes: [{ ...process, comm, argv: [comm], path: `/usr/bin/${comm}` }],
        namespaces: { host: [], pod: [], own: [] },
        layers: { upper: null, lower: 0 },
      } as PodRoom['containers'][number],
    ],
    guest: guest === null ? null : ({ kind: guest, number: 2, carrier: 0, release: '6.18' } as KernelView),
    support: [],
    guestProcesses: [],
    net: null,
    cgroup: '',
    seq: 0,
  };
}

test('who does not stand on the floor of the host is told apart in a group', () => {
  const pods = [
    pod('a', 'nginx', null),
    pod('v1', 'redis', 'vm'),
    pod('v2', 'redis', 'vm'),
    pod('judge', 'app', 'sentry'),
  ];
  const builder = new SceneBuilder(translator(en), 'lecture', 0);
  drawLectureGroup(builder, { view: history.live }, { key: 'others', pods }, { x: 0, y: 0, w: 400, h: 120 }, true);
  const [, ...lines] = builder.nodes[0]?.texts.map(({ text }) => text) ?? [];
  expect(lines).toEqual(['nginx', 'v1, v2 (own guest kernel): redis ×2', 'judge (on a Sentry kernel): app']);
});

test('a narrow room gives up the address before the name, and how somebody ended before nothing', () => {
  const web = pod('web-7d4b9c6f5-x2x9k', 'nginx', null);
  const [container] = web.containers;
  const main = { ...(container?.processes[0] as ProcessView), exitedAt: 1, exitCode: 137 };
  const ended = { ...container, state: 'exited', processes: [main] } as PodRoom['containers'][number];
  const room: PodRoom = { ...web, address: '10.88.0.2', containers: [ended] };
  const told = (w: number): (string | undefined)[] => {
    const builder = new SceneBuilder(translator(en), 'lecture', 0);
    const around = { view: history.live, usage: new Map() };
    drawLecturePod(builder, around, room, { x: 0, y: 0, w, h: 120 }, { found: null, walls: false });
    return builder.nodes[0]?.texts.map(({ text }) => text) ?? [];
  };
  expect(told(600)).toEqual(['⑦ pod web-7d4b9c6f5-x2x9k · 10.88.0.2', 'nginx exited 137']);
  expect(told(230)).toEqual(['⑦ pod web-7d4b9c6f5-x2x9k', 'nginx exited 137']);
  expect(told(110).slice(1)).toEqual(['nginx', 'exited 137']);
});
