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

test.each(['containerd', 'crio'] as const)('on a %s node', async (scenario) => {
  const { machine, run } = await boot({ scenario });
  await run('kubectl run web --image=nginx && kubectl wait --for=condition=Ready pod/web --timeout=60s');
  const [history, index] = [new History(), new TraceIndex()];
  history.append(machine.trace.since(0));
  index.append(history.events);
  const view = history.live;

  const things = new Map<string, Inspected>();
  const add = (name: string, selection: Selection | undefined): void => {
    if (selection !== undefined && !things.has(name)) things.set(name, selection as Inspected);
  };
  const [pod] = podsOf(view);
  const container = pod?.containers.find(({ sandbox }) => !sandbox);
  const main = container?.processes[0];
  if (pod === undefined || container === undefined || main === undefined) throw new Error('no pod');
  add('pod', { kind: 'pod', id: pod.id });
  add('container', { kind: 'container', id: container.id });
  add('process', { kind: 'process', pid: main.pid });
  for (const part of namespaceParts(view, main)) add(`namespace ${part.label.split(':')[0]}`, part.select);
  for (const [id, { topic, kernel, key }] of view.state)
    if (kernel === NODE_KERNEL && (topic !== 'unit' || key.endsWith('.service'))) add(topic, { kind: 'state', id });
  for (const [address, socket] of view.sockets)
    if (socket.kernel === NODE_KERNEL) add(address.startsWith('/') ? 'socket' : 'port', { kind: 'socket', address });
  for (const [id, mount] of view.mounts)
    if (mount.kernel === NODE_KERNEL && mount.parent !== null) add(mount.fstype, { kind: 'mount', id });
  add('cgroup', { kind: 'cgroup', path: container.cgroup });
  for (const [id, link] of view.links) add(link.kind, { kind: 'link', id });

  expect([...things.keys()]).toEqual(
    expect.arrayContaining([
      'pod',
      'container',
      'process',
      'namespace net',
      'image',
      'snapshot',
      'unit',
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
  // The initial namespaces were there before anything happened.
  expect(unmade.filter((name) => !name.startsWith('namespace') && name !== 'kernel')).toEqual([]);

  // The container's record was made in a call of its runtime.
  const { making } = handlesOf(view, { kind: 'container', id: container.id });
  const maker = making === null ? null : makingOf(history.events, history.length, making);
  if (maker === null) throw new Error('nobody made it');
  expect(provenanceOf(index, maker).call?.method).toBe('/runtime.v1.RuntimeService/CreateContainer');
  expect(kernelOfPid(maker.pid)).toBe(NODE_KERNEL);
});
