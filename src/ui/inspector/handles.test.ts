/** What an inspector says to type works on the node that it is about, and its paths are there; what made the thing is found. */
import { expect, test } from 'vitest';
import { History } from '../../projections/history.ts';
import { makingOf, provenanceOf } from '../../projections/provenance.ts';
import { podsOf } from '../../projections/rooms.ts';
import { TraceIndex } from '../../projections/trace-index.ts';
import { kernelOfPid, NODE_KERNEL } from '../../sim/trace.ts';
import { boot } from '../../testing/boot.ts';
import type { Selection } from '../selection.ts';
import { namespaceParts } from './describe-namespace.ts';
import { handlesOf } from './handles.ts';

type Inspected = Parameters<typeof handlesOf>[1];

const CREATE = '/runtime.v1.RuntimeService/CreateContainer';
const POD = 'kubectl run web --image=nginx && kubectl wait --for=condition=Ready pod/web --timeout=60s';

test.each([
  ['containerd', `${POD}; ctr images pull docker.io/library/busybox:latest`],
  ['crio', POD],
  ['docker', `${POD}; docker run -d --name plain busybox sleep 1000`],
] as const)('on a %s node', async (scenario, line) => {
  const { machine, run } = await boot({ scenario });
  await run(line);
  const [history, index] = [new History(), new TraceIndex()];
  history.append(machine.trace.since(0));
  index.append(history.events);
  const view = history.live;

  const things = new Map<string, Inspected>();
  const add = (name: string, selection: Selection | undefined): void => {
    if (selection !== undefined && !things.has(name)) things.set(name, selection as Inspected);
  };
  const pods = podsOf(view);
  const pod = pods.find((each) => each.pod);
  const container = pod?.containers.find(({ sandbox }) => !sandbox);
  const main = container?.processes[0];
  if (pod === undefined || container === undefined || main === undefined) throw new Error('no pod');
  add('pod', { kind: 'pod', id: pod.id });
  for (const { pod: one, id } of pods) if (!one) add('no pod', { kind: 'pod', id });
  for (const { id } of pods.flatMap(({ pod: one, containers }) => (one ? [] : containers)))
    add('container of no pod', { kind: 'container', id });
  add('container', { kind: 'container', id: container.id });
  add('process', { kind: 'process', pid: main.pid });
  for (const part of namespaceParts(view, main)) add(`namespace ${part.label.split(':')[0]}`, part.select);
  for (const [id, { component, scope, topic, kernel, key }] of view.state)
    if (kernel === NODE_KERNEL && (topic !== 'unit' || key.endsWith('.service')))
      add(topic === 'unit' ? topic : `${component} ${scope} ${topic}`.replace('  ', ' '), { kind: 'state', id });
  for (const [address, socket] of view.sockets)
    if (socket.kernel === NODE_KERNEL) add(address.startsWith('/') ? 'socket' : 'port', { kind: 'socket', address });
  for (const [id, mount] of view.mounts)
    if (mount.kernel === NODE_KERNEL && mount.parent !== null) add(mount.fstype, { kind: 'mount', id });
  add('cgroup', { kind: 'cgroup', path: container.cgroup });
  for (const [path, group] of view.cgroups) if (group.path === '/') add('root cgroup', { kind: 'cgroup', path });
  for (const [id, link] of view.links) add(link.kind, { kind: 'link', id });

  expect([...things.keys()]).toEqual(
    expect.arrayContaining([
      'pod',
      'container',
      'process',
      'namespace net',
      'root cgroup',
      'unit',
      ...{
        containerd: ['containerd k8s.io image', 'containerd default image', 'containerd k8s.io snapshot'],
        crio: ['crio image', 'crio snapshot'],
        docker: ['no pod', 'container of no pod', 'dockerd container'],
      }[scenario],
      'socket',
      'overlay',
    ]),
  );
  const failed: string[] = [];
  const unmade: string[] = [];
  for (const [name, selection] of things) {
    const { commands, paths, making } = handlesOf(view, selection);
    const files = paths.filter((path) => path.startsWith('/'));
    for (const line of [...commands, ...files.map((path) => `ls -d ${path}`)]) {
      const { exitCode, stderr } = await run(line);
      if (exitCode !== 0) failed.push(`${name}: ${line}: ${stderr}`);
    }
    if (making === null || makingOf(history.events, history.length, making) === null) unmade.push(name);
  }
  expect(failed).toEqual([]);
  // The initial namespaces and the root cgroup were there before anything happened.
  expect(unmade.filter((name) => !/^namespace|kernel|^root cgroup/.test(name))).toEqual([]);

  // The container's record was made in a call of its runtime.
  const { making } = handlesOf(view, { kind: 'container', id: container.id });
  const maker = making === null ? null : makingOf(history.events, history.length, making);
  if (maker === null) throw new Error('nobody made it');
  // dockershim is a part of the kubelet: there the first that is known of it is what dockerd asks containerd for.
  const method = scenario === 'docker' ? '/containerd.services.containers.v1.Containers/Create' : CREATE;
  expect(provenanceOf(index, maker).call?.method).toBe(method);
  expect(kernelOfPid(maker.pid)).toBe(NODE_KERNEL);
});
