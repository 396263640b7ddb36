import { describe, expect, it } from 'vitest';
import { boot, CTR, POD, pull, Recording, runContainer, runPod } from '../../projections/fixture.ts';
import { History } from '../../projections/history.ts';
import { planHops } from '../../projections/hops.ts';
import { TraceIndex } from '../../projections/trace-index.ts';
import { translator } from '../messages/catalogue.ts';
import { en } from '../messages/en.ts';
import { fitNames } from './living.ts';
import { endsOf } from './routes.ts';
import { buildScene } from './scene.ts';
import { shorten } from './scene-types.ts';

const t = translator(en);
const options = { width: 1200, height: 540, detail: 'full', selection: null } as const;

function walk() {
  const r = new Recording();
  const { containerd, shell } = boot(r);
  const booted = r.trace.events.length;
  pull(r, containerd, shell, 1);
  const shim = runPod(r, containerd, shell, 2);
  runContainer(r, containerd, shell, shim, 3);
  const history = new History();
  history.append(r.trace.events);
  const index = new TraceIndex();
  index.append(r.trace.events);
  return { history, index, booted, shim };
}

describe('scene', () => {
  it('draws what is there, and nothing else', () => {
    const { history, booted } = walk();
    const empty = buildScene(history.at(0), t, options);
    expect(empty.nodes.filter((n) => n.kind !== 'note').map((n) => [n.id, n.ghost])).toEqual([
      ['pipe', true],
      ['runtime', true],
      ['floor', false],
    ]);
    const fresh = buildScene(history.at(booted), t, options);
    expect(fresh.nodes.filter((n) => n.kind === 'shim' || n.kind === 'pod' || n.kind === 'oci')).toEqual([]);
    expect(fresh.byId.get('room:content')!.texts[1]!.text).toBe('blobs: 0 · 0 B');
  });

  it('puts containers in their pod on the floor, and runc where it was, as an outline', () => {
    const { history, shim } = walk();
    const scene = buildScene(history.live, t, options);
    const pod = scene.byId.get(`pod:${POD}`)!;
    const container = scene.byId.get(`container:${CTR}`)!;
    const floor = scene.byId.get('floor')!;
    expect(container.x).toBeGreaterThan(pod.x);
    expect(container.x + container.w).toBeLessThan(pod.x + pod.w);
    expect(pod.y + pod.h).toBe(floor.y);
    expect(scene.post!.y + scene.post!.h).toBe(floor.y);
    expect(scene.slabs.map(({ x }) => x)).toEqual([floor.x, floor.x, floor.x, floor.x]);
    expect(container.label).toContain('top');
    expect(container.label).toContain('was runc:[2:INIT]');
    expect(scene.byId.get(`process:${shim}`)).toMatchObject({ kind: 'shim', ghost: false });
    expect(scene.nodes.filter((n) => n.kind === 'oci').map((n) => [n.texts[0]!.text, n.ghost])).toEqual([
      ['runc create', true],
      ['runc start', true],
    ]);
    expect(scene.nodes.filter((n) => n.kind === 'chip').map((n) => n.label)).toEqual([
      'cgroup cpu.weight 1',
      'ns pid mnt net uts ipc',
      'overlay upper=…/9/fs lower ×1',
    ]);
  });

  it.each([560, 1240])('says what a process was in full or not at all: %i wide', (width) => {
    const { history } = walk();
    const { nodes } = buildScene(history.live, t, { ...options, width });
    const told = (node: (typeof nodes)[number]) =>
      node.texts.flatMap(({ text }) => (text.startsWith('was') ? text : []));
    for (const node of nodes) if (told(node).length > 0) expect(told(node), node.id).toEqual(['was runc:[2:INIT]']);
    const pause = nodes.find(({ texts }) => texts[0]?.text.startsWith('pause'));
    expect(pause?.texts.some(({ text }) => text.startsWith('was'))).toBe(width > 1000);
  });

  it.each([
    [700, 400],
    [1200, 540],
    [2400, 1200],
  ])('keeps every block inside a drawing of %i × %i', (width, height) => {
    const { history } = walk();
    const scene = buildScene(history.live, t, { ...options, width, height });
    for (const node of scene.nodes) {
      expect(node.x, node.id).toBeGreaterThanOrEqual(0);
      expect(node.x + node.w, node.id).toBeLessThanOrEqual(scene.width);
      expect(node.y + node.h, node.id).toBeLessThanOrEqual(scene.height);
    }
  });

  it('has a place for both ends of every hop', () => {
    const { history, index } = walk();
    for (const command of index.commands) {
      for (const hop of planHops(history.events, command.startSeq, command.endSeq! + 1, index, command.span)) {
        const view = history.at(hop.seq + 1);
        const { from, to } = endsOf(buildScene(view, t, options), hop, view);
        expect(from, `${hop.kind} ${hop.label}`).not.toBeNull();
        expect(to, `${hop.kind} ${hop.label}`).not.toBeNull();
      }
    }
  });

  it.each([
    [1366, 300, 'full'],
    [900, 500, 'full'],
    [1024, 300, 'lecture'],
  ] as const)('names every living process, or counts it beside a name, at %i × %i (%s)', (width, height, detail) => {
    const r = new Recording();
    const { containerd, shell } = boot(r);
    pull(r, containerd, shell, 1);
    const shim = runPod(r, containerd, shell, 2);
    runContainer(r, containerd, shell, shim, 3);
    for (let i = 0; i < 6; i++) r.spawn(shell, '/usr/bin/sleep', ['sleep', String(i)], 'client', 0);
    for (const name of ['cron', 'chronyd', 'rsyslogd', 'sshd']) r.spawn(1, `/usr/sbin/${name}`, [name], null, 0);
    const history = new History();
    history.append(r.trace.events);
    const scene = buildScene(history.live, t, { ...options, width, height, detail });
    for (const [id, pids] of scene.pidsOf) {
      // The runtime's name stands beside its rooms.
      if (id === 'room:cri') continue;
      // From the back row a pause is named by its pod.
      const named = [scene.byId.get(id)!, ...(detail === 'lecture' ? [scene.byId.get(`pod:${POD}`)!] : [])];
      const said = named.flatMap((node) => node.texts.map((line) => line.text)).join(' ');
      const counts = new Map<string, number>();
      for (const pid of pids.split(' ').map(Number)) {
        const { comm } = history.live.processes.get(pid)!;
        counts.set(comm, (counts.get(comm) ?? 0) + 1);
      }
      const unnamed = Number(/ \+(\d+)$/.exec(said)?.[1] ?? 0);
      let missing = 0;
      for (const [comm, count] of counts)
        if (!said.includes(comm)) missing += count;
        else if (count > 1 && said.split(comm).length - 1 < count) expect(said, id).toContain(`${comm} ×${count}`);
      expect(missing, `${id}: ${said}`).toBeLessThanOrEqual(unnamed);
    }
    const pids = [...scene.pidsOf.values()].flatMap((list) => list.split(' '));
    const alive = [...history.live.processes.values()].filter((p) => p.exitedAt === null && p.pid !== 0);
    expect(pids.length).toBe(alive.length);
  });

  it('says at most twelve things to the back row', () => {
    const { history } = walk();
    const scene = buildScene(history.live, t, { ...options, detail: 'lecture' });
    expect(scene.nodes.filter((n) => n.texts.length > 0).length).toBeLessThanOrEqual(12);
    expect(scene.strata).toEqual([]);
  });
});

it('shows what was put into a container and has ended there, with its code, until the next command', () => {
  const r = new Recording();
  const { containerd, shell } = boot(r);
  pull(r, containerd, shell, 1);
  const shim = runPod(r, containerd, shell, 2);
  runContainer(r, containerd, shell, shim, 3);
  r.command(4, shell, 'crictl exec', () => {
    const sleep = r.spawn(shim, '/bin/sleep', ['sleep', '2'], 'workload', 0);
    r.trace.emit(0, shim, { kind: 'cgroup.attach', path: `/k8s.io/${CTR}`, target: sleep });
    r.exit(sleep, shim, 0, 3);
    return 3;
  });
  const history = new History();
  history.append(r.trace.events);
  const gone = () => buildScene(history.live, t, options).nodes.filter((n) => n.kind === 'process');
  expect(gone().map((n) => [n.texts.map((line) => line.text), n.ghost])).toEqual([[['sleep exited 3'], true]]);
  r.command(5, shell, 'true', () => 0);
  history.append(r.trace.events.slice(history.length));
  expect(gone()).toEqual([]);
});

describe('a Kubernetes node', () => {
  const pods = (r: Recording, containerd: number, namespace: string, count: number): void => {
    for (let i = 0; i < count; i++)
      r.trace.emit(0, containerd, {
        kind: 'state',
        component: 'containerd',
        topic: 'sandbox',
        key: String(i).padStart(64, namespace),
        value: { name: `${namespace}-pod-${i}`, namespace, state: 'ready', ip: '' },
      });
  };
  const scene = (fill: (r: Recording, containerd: number) => void) => {
    const r = new Recording();
    const { containerd } = boot(r);
    fill(r, containerd);
    const history = new History();
    history.append(r.trace.events);
    return buildScene(history.live, t, options);
  };

  it('has the control plane above, kubelet over the CRI, and the system pods in one column', () => {
    const drawn = scene((r, containerd) => {
      r.spawn(1, '/usr/bin/kubelet', ['/usr/bin/kubelet'], 'kubelet', 0);
      r.spawn(1, '/usr/local/bin/kube-apiserver', ['kube-apiserver'], 'control-plane', 0);
      pods(r, containerd, 'kube-system', 3);
      pods(r, containerd, 'default', 2);
    });
    expect(drawn.strata.map((s) => s.stratum).slice(0, 3)).toEqual(['control-plane', 'kubelet', 'cri']);
    const group = drawn.byId.get('group:kube-system')!;
    expect(group.label).toBe('kube-system: 3 of 3 pods ready');
    expect(drawn.nodes.filter((n) => n.kind === 'row').length).toBe(3);
    expect(drawn.nodes.filter((n) => n.kind === 'pod').map((n) => n.id)).toHaveLength(3);
  });

  it('counts what does not fit: 110 pods are all drawn or in a named group', () => {
    const drawn = scene((r, containerd) => pods(r, containerd, 'default', 110));
    const alone = drawn.nodes.filter((n) => n.kind === 'pod' && !n.id.startsWith('group:')).length;
    const grouped = Number(/of (\d+) pods/.exec(drawn.byId.get('group:others')!.label)![1]);
    expect(alone).toBeGreaterThan(3);
    expect(alone + grouped).toBe(110);
  });
});

it('says names in the room there is, and counts what has none', () => {
  const names = [
    { text: 'nginx ×3', count: 3 },
    { text: 'pause', count: 1 },
    { text: 'kube-controller-manager', count: 1 },
  ];
  expect(fitNames(names, 600, 6, 1)).toEqual(['nginx ×3 · pause · kube-controller-manager']);
  expect(fitNames(names, 180, 6, 1)).toEqual(['nginx ×3 · pause · kube-contr…']);
  expect(fitNames(names, 150, 6, 2)).toEqual(['nginx ×3 · pause', 'kube-controller-manager']);
  expect(fitNames(names, 100, 6, 1)).toEqual(['nginx ×3 +2']);
  expect(fitNames([], 100, 6, 1)).toEqual([]);
});

it('cuts text that does not fit, and counts wide characters as wide', () => {
  expect(shorten('containerd', 60, 6)).toBe('containerd');
  expect(shorten('containerd', 36, 6)).toBe('conta…');
  expect(shorten('内核内核', 30, 6)).toBe('内…');
});
