/**
 * The drawing never lies: whatever was typed, the projection of the trace is what the machine is. Random sessions over
 * commands that make and end processes, containers, cgroups, namespaces and images, also half-way through a command.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Machine } from '../machine/machine.ts';
import type { ScenarioName } from '../machine/scenarios/names.ts';
import { History } from '../projections/history.ts';
import { podsOf } from '../projections/rooms.ts';
import { translator } from '../ui/messages/catalogue.ts';
import { en } from '../ui/messages/en.ts';
import { buildScene } from '../ui/stage/scene.ts';
import { LECTURE_LABELS_MAX } from '../ui/stage/scene-lecture.ts';
import { type BootedNode, boot } from './boot.ts';
import { projectedOf, truthOf } from './truth.ts';

const POD = (name: string, extra = ''): string =>
  `echo '{"metadata":{"name":"${name}","namespace":"default","uid":"${name}"},"log_directory":"/tmp","linux":{}}' > p.json; POD=$(crictl runp ${extra} p.json)`;
const CONTAINER = `echo '{"metadata":{"name":"c"},"image":{"image":"busybox"},"command":["top"],"log_path":"c.log","linux":{"resources":{"memory_limit_in_bytes":50000000,"cpu_quota":20000,"cpu_period":100000}}}' > c.json; CTR=$(crictl create $POD c.json p.json); crictl start $CTR`;
const GROUP = '/sys/fs/cgroup/mine';

const LINES = [
  'crictl pull busybox',
  POD('runc'),
  POD('kata', '-r kata'),
  POD('gvisor', '-r runsc'),
  CONTAINER,
  'crictl exec $CTR ls /',
  'crictl stop $CTR',
  'crictl rm -f $CTR',
  'crictl stopp $POD; crictl rmp $POD',
  'crictl rmi busybox',
  'ctr image pull docker.io/library/alpine:latest; ctr run -d docker.io/library/alpine:latest one sleep 1000',
  'ctr task kill -s KILL one; sleep 1; ctr container rm one',
  'ctr image rm docker.io/library/alpine:latest',
  'kill -9 $(pidof containerd); sleep 2',
  'systemctl restart containerd',
  'kill -9 $(pidof containerd-shim-runc-v2)',
  'kill -9 $(pidof qemu-system-x86_64)',
  'sleep 500 & (sleep 300 & sleep 400 &)',
  'kill $!; wait',
  'kill -STOP $!',
  `mkdir -p ${GROUP}/below; echo $! > ${GROUP}/cgroup.procs; echo 64M > ${GROUP}/memory.max; echo 50 > ${GROUP}/cpu.weight`,
  `echo 5000 100000 > ${GROUP}/cpu.max; rmdir ${GROUP}/below`,
  `for p in $(cat ${GROUP}/cgroup.procs); do echo $p > /sys/fs/cgroup/cgroup.procs; done; rmdir ${GROUP}`,
  `echo -cpu -memory > /sys/fs/cgroup/cgroup.subtree_control; echo +cpu +memory > /sys/fs/cgroup/cgroup.subtree_control`,
  // A zombie that nobody waits for.
  `sh -c 'sleep 0.1 & exec sleep 400' & sleep 1`,
  'unshare -n -u -i sleep 200 &',
  'unshare --fork --pid sleep 200 &',
  'mkdir -p /mnt/a /mnt/b; mount -t tmpfs none /mnt/a; mkdir /mnt/a/c; mount --rbind /mnt/a /mnt/b; mount -t tmpfs x /mnt/b/c',
  'umount /mnt/b/c; umount /mnt/b; umount /mnt/a',
  'unshare -m sh -c "mount -t tmpfs own /mnt; sleep 200" &',
  'ip link add br9 type bridge; ip link set br9 up; ip addr add 10.9.0.1/24 dev br9',
  'ip link add v0 type veth peer name v1; ip link set v0 master br9; ip link set v0 up',
  'ip link del br9; ip link del v0',
] as const;

const SIZES = [
  [1300, 390],
  [760, 700],
] as const;
const translate = translator(en);
const SESSIONS = 12;
const LINES_MAX = 9;
const SEED = 20_261_123;

/** Folds what came since the last look and compares. */
class Observer {
  readonly history = new History();
  private readonly machine: Machine;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  compare(after: string): void {
    this.history.append(this.machine.trace.since(this.history.length));
    const view = this.history.live;
    expect(projectedOf(view), after).toEqual(truthOf(this.machine));
    for (const [width, height] of SIZES) {
      const scene = buildScene(view, translate, { width, height, detail: 'full', selection: null });
      const missing = [...view.processes.values()].filter(
        (p) => p.exitedAt === null && !scene.byId.has(scene.nodeOfPid.get(p.pid) ?? ''),
      );
      expect(
        missing.map((p) => `${p.pid} ${p.comm}`),
        `${after}: alive, and not in the drawing`,
      ).toEqual([]);
      const outside = scene.nodes.filter(
        (n) => n.x < 0 || n.x + n.w > scene.width + 0.5 || n.y + n.h > scene.height + 0.5,
      );
      expect(
        outside.map((n) => n.id),
        `${after}: beyond the drawing's edge`,
      ).toEqual([]);
      const bridges = scene.nodes.filter((n) => n.kind === 'bridge');
      const loose = scene.lines.filter(({ kind, points }) => {
        const [x, y] = points.at(-1) ?? [0, 0];
        return kind === 'wire' && !bridges.some((b) => x >= b.x && x <= b.x + b.w && y >= b.y && y <= b.y + b.h);
      });
      expect(
        loose.map((line) => line.id),
        `${after}: wires that end on nothing that is one end of them`,
      ).toEqual([]);
    }
    const lecture = buildScene(view, translate, { width: 900, height: 360, detail: 'lecture', selection: null });
    const unplaced = [...view.processes.values()].filter(
      (p) => p.exitedAt === null && !lecture.byId.has(lecture.nodeOfPid.get(p.pid) ?? ''),
    );
    expect(
      unplaced.map((p) => `${p.pid} ${p.comm}`),
      `${after}: alive, and not in the lecture`,
    ).toEqual([]);
    const said = lecture.nodes
      .filter((node) => node.texts.length > 0)
      .map((node) => node.texts.map((line) => line.text).join(' / '));
    expect(said.length, `${after}: ${said.join(' | ')}`).toBeLessThanOrEqual(LECTURE_LABELS_MAX);
  }
}

async function started(
  scenario: ScenarioName,
  seed: number,
  files: Record<string, Uint8Array> = {},
): Promise<{ node: BootedNode; observer: Observer }> {
  const node = await boot({ scenario, seed, files });
  const observer = new Observer(node.machine);
  observer.compare('boot');
  return { node, observer };
}

test('after every line of random sessions the projection is the machine', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1000 }),
      fc.array(fc.constantFrom(...LINES), { minLength: 3, maxLength: LINES_MAX }),
      async (seed, lines) => {
        const { node, observer } = await started('bare', seed);
        for (const line of lines) {
          await node.run(line);
          observer.compare(line);
        }
      },
    ),
    { numRuns: SESSIONS, seed: SEED },
  );
});

test('a node that was rebooted is drawn as it is, and one that is off is empty', { timeout: 120_000 }, async () => {
  const { node, observer } = await started('bare', 6);
  for (const line of ['crictl pull busybox', POD('runc'), CONTAINER, POD('gvisor', '-r runsc'), POD('kata', '-r kata')])
    await node.run(line);
  observer.compare('pods');
  for (const line of ['reboot', 'crictl pods', 'crictl rmp -fa', 'poweroff']) {
    await node.run(line);
    observer.compare(line);
  }
});

test('half-way through a command, too', { timeout: 120_000 }, async () => {
  const { node, observer } = await started('bare', 5);
  await node.run('crictl pull busybox');
  const session = node.machine.openSession();
  for (const line of [
    POD('kata', '-r kata'),
    CONTAINER,
    POD('gvisor', '-r runsc'),
    CONTAINER,
    POD('runc'),
    CONTAINER,
  ]) {
    session.write(`${line}\n`);
    for (let i = 0; i < 20; i++) {
      await node.machine.advance({ horizon: node.machine.now + 73_000_000 });
      observer.compare(`${line} ${i}`);
    }
  }
});

const CLASSES = `apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: kata}
handler: kata
overhead: {podFixed: {memory: 300Mi, cpu: 250m}}
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: gvisor}
handler: runsc
`;
const POD_YAML = (name: string, runtimeClass: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  runtimeClassName: ${runtimeClass}
  containers: [{name: app, image: "nginx:alpine", resources: {limits: {memory: 128Mi, cpu: 500m}}}]
---
`;

test.each(['containerd', 'crio'] as const)(
  'on a Kubernetes node with %s, too',
  { timeout: 120_000 },
  async (runtime) => {
    const pods = POD_YAML('secure', 'kata') + POD_YAML('boxed', 'gvisor');
    const files = {
      '/root/classes.yaml': new TextEncoder().encode(CLASSES),
      '/root/pods.yaml': new TextEncoder().encode(pods),
    };
    const { node, observer } = await started(runtime, 9, files);
    for (const line of [
      'kubectl apply -f classes.yaml',
      'kubectl apply -f pods.yaml',
      'kubectl run web --image=nginx:alpine --port=80',
      'kubectl create deployment many --image=nginx:alpine --replicas=3',
      'sleep 20; kubectl get pods',
      `kubectl delete pod secure boxed --wait=false; sleep 3; systemctl restart ${runtime} kubelet`,
      'sleep 40; kubectl scale deployment many --replicas=1; sleep 40',
    ]) {
      const { exitCode, stderr } = await node.run(line);
      expect([exitCode, stderr], line).toEqual([0, '']);
      observer.compare(line);
    }
  },
);

test('on a node with CRI-O, too', { timeout: 120_000 }, async () => {
  const { node, observer } = await started('crio', 9);
  for (const line of [
    'kubectl run web --image=nginx:alpine --port=80; sleep 20; kubectl get pods',
    'kubectl create deployment many --image=nginx:alpine --replicas=2; sleep 20',
    'kill -9 $(pidof crio); sleep 5',
    'kubectl delete pod web --wait=false; sleep 40',
  ]) {
    await node.run(line);
    observer.compare(line);
  }
  const pods = podsOf(observer.history.live).filter(
    (pod) => pod.kubeNamespace === 'default' && pod.containers.some((c) => c.state === 'running'),
  );
  expect(pods.map((pod) => [pod.name.slice(0, 5), pod.containers.map((c) => c.name)])).toEqual([
    ['many-', ['nginx']],
    ['many-', ['nginx']],
  ]);
});

test('what containerd says it has is what is drawn', { timeout: 120_000 }, async () => {
  const { node, observer } = await started('bare', 6);
  const lists: readonly (readonly [topic: string, command: string])[] = [
    ['image', 'images ls -q'],
    ['container', 'containers ls -q'],
    ['content', 'content ls -q'],
    ['task', 'tasks ls -q'],
  ];
  const compare = async (after: string): Promise<void> => {
    for (const ns of ['default', 'k8s.io'])
      for (const [topic, command] of lists) {
        const { stdout } = await node.run(`ctr -n ${ns} ${command}`);
        observer.compare(after);
        const drawn = [...observer.history.live.state.values()].filter(
          (s) => s.topic === topic && s.component === 'containerd' && (s.scope === ns || topic === 'content'),
        );
        const said = stdout.split('\n').filter((line) => line !== '');
        if (topic === 'content') for (const digest of said) expect(drawn.map((s) => s.key)).toContain(digest);
        else expect(drawn.map((s) => s.key).sort(), `${topic} in ${ns} after ${after}`).toEqual(said.sort());
      }
    // What a task's container is called may be anything: its process stands in its room all the same.
    const { stdout } = await node.run(
      `for n in default k8s.io; do ctr -n $n tasks ls | awk 'NR > 1 { print $1, $2 }'; done`,
    );
    observer.compare(after);
    const rooms = podsOf(observer.history.live).flatMap(({ containers }) => containers);
    for (const [id = '', pid] of stdout.split('\n').map((line) => line.split(' '))) {
      if (id === '') continue;
      const room = rooms.find((each) => each.id === id);
      expect(room?.state, `${id} after ${after}`).toBe('running');
      expect(room?.processes.map((process) => process.pid)).toContain(Number(pid));
    }
  };
  for (const line of [
    'crictl pull busybox',
    POD('runc'),
    CONTAINER,
    'ctr image pull docker.io/library/busybox:latest; ctr run -d docker.io/library/busybox:latest one sleep 1000',
    'crictl rm -f $CTR; crictl rmi busybox',
    'systemctl restart containerd',
    'ctr task kill -s KILL one; sleep 1; ctr container rm one; ctr image rm docker.io/library/busybox:latest',
    'crictl stopp $POD; crictl rmp $POD',
  ]) {
    await node.run(line);
    await compare(line);
  }
});
