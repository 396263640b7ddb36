/** Each node of a cluster, seen as if it were alone, is what it is. */
import { expect, test } from 'vitest';
import { PIDS_PER_KERNEL } from '../sim/trace.ts';
import { boot } from '../testing/boot.ts';
import { History } from './history.ts';
import { podsOf } from './rooms.ts';
import { Viewpoint } from './viewpoint.ts';

test('four nodes, each with its own processes, mounts and pods', { timeout: 120_000 }, async () => {
  const { machine, run } = await boot({ scenario: 'cluster' });
  await run('kubectl run k --image=busybox --overrides=\'{"spec":{"runtimeClassName":"kata"}}\' -- sleep 1000');
  await run('kubectl wait --for=condition=Ready pod/k');
  const kernels = machine.hostNames.map((name) => machine.kernelOf(name));
  const names: string[] = [];
  for (const kernel of kernels) {
    const viewpoint = new Viewpoint(kernel.pidBase / PIDS_PER_KERNEL);
    const history = new History();
    history.append(machine.trace.events.map((event) => viewpoint.see(event)));
    const own = [...kernel.processes.values()].map((p) => `${p.pid - kernel.pidBase} ${p.comm}`);
    const drawn = [...history.live.processes.values()].filter((p) => p.pid < PIDS_PER_KERNEL && !p.reaped);
    expect(drawn.map((p) => `${p.pid} ${p.comm}`).sort()).toEqual(own.sort());
    const mine = new Set([...kernel.processes.values()].filter((p) => p.alive).map((p) => p.namespaces.mnt));
    const ids = new Set([...mine].map((mnt) => mnt.id));
    const mounts = [...history.live.mounts.values()].filter((m) => m.kernel === 0 && ids.has(m.namespace));
    expect(mounts.length).toBe([...mine].reduce((sum, mnt) => sum + mnt.mounts.length, 0));
    const pods = podsOf(history.live).map(
      (pod) => `${pod.name.replace(/-[a-z0-9-]+$/, '')} ${pod.guest?.kind ?? 'host'}`,
    );
    names.push(pods.sort().join(', '));
    expect(viewpoint.nodes.map((node) => node.name)).toEqual(['node-1', 'node-2', 'node-3', 'node-4']);
  }
  expect(names).toEqual([
    'etcd host, kube host, kube host, kube host, kube host',
    'coredns host, kube host',
    'coredns host, k vm, kube host',
    'kube host',
  ]);
});

test('one that is rebooted is drawn anew, and none of the others', { timeout: 60_000 }, async () => {
  const { machine, run } = await boot({ scenario: 'cluster' });
  await run('ssh node-3 reboot; sleep 60');
  for (const name of machine.hostNames) {
    const kernel = machine.kernelOf(name);
    const viewpoint = new Viewpoint(kernel.pidBase / PIDS_PER_KERNEL);
    const history = new History();
    history.append(machine.trace.events.map((event) => viewpoint.see(event)));
    const own = [...kernel.processes.values()].map((p) => `${p.pid - kernel.pidBase} ${p.comm}`);
    const drawn = [...history.live.processes.values()].filter((p) => p.pid < PIDS_PER_KERNEL && !p.reaped);
    expect(drawn.map((p) => `${p.pid} ${p.comm}`).sort()).toEqual(own.sort());
    expect(viewpoint.nodes.map((node) => node.name)).toEqual(['node-1', 'node-2', 'node-3', 'node-4']);
  }
  expect(machine.kernelOf('node-3').bootTime).toBeGreaterThan(machine.kernelOf('node-2').bootTime);
});
