import { describe, expect, test } from 'vitest';
import { type BootedNode, boot } from './boot.ts';

/** What `kill -9` of a process does on a Kubernetes node, to the rest and to what is declared. */

const CLASSES = `printf 'apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: kata}
handler: kata
---
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: gvisor}
handler: runsc
' | kubectl apply -f -`;

const podOf = (runtimeClass: string): string => `printf 'apiVersion: v1
kind: Pod
metadata: {name: ${runtimeClass}}
spec:
  runtimeClassName: ${runtimeClass}
  containers: [{name: app, image: busybox, command: [sleep, "3600"]}]
' | kubectl apply -f - && kubectl wait --for=condition=Ready pod/${runtimeClass} --timeout=60s`;

async function out(node: BootedNode, line: string): Promise<string> {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
}

/** How the second sandbox of a pod replaced the first, whose hypervisor or Sentry is gone. */
async function replaced(node: BootedNode, pod: string, victim: string): Promise<void> {
  const before = await out(node, `crictl pods -q --name ${pod}`);
  expect(await out(node, `kill -9 $(pgrep -f ${victim})`)).toBe('');
  await node.run('sleep 25');
  expect(await out(node, `kubectl get pod ${pod} --no-headers`)).toMatch(/ 1\/1 +Running +1 \(/);
  expect(await out(node, `kubectl get events --field-selector involvedObject.name=${pod}`)).toContain(
    'Pod sandbox changed, it will be killed and re-created.',
  );
  const after = await out(node, `crictl pods -q --name ${pod} --state ready`);
  expect(after).not.toBe('');
  expect(before).not.toContain(after.trim());
  // One of each again, and nothing of the first is left.
  expect(await out(node, `pgrep -fc ${victim}`)).toBe('1\n');
}

describe('kill -9 on containerd', () => {
  test('the kubelet comes back after RestartSec and no container notices', async () => {
    const node = await boot({ scenario: 'containerd' });
    const before = await out(node, 'crictl ps -q');
    await node.run('kill -9 $(pidof kubelet); sleep 2');
    expect(await out(node, 'systemctl is-active kubelet')).toBe('activating\n');
    await node.run('sleep 15');
    expect(await out(node, 'systemctl is-active kubelet')).toBe('active\n');
    expect(await out(node, 'crictl ps -q')).toBe(before);
    expect(await out(node, 'kubectl get nodes --no-headers')).toMatch(/^node-1 +Ready /);
  });

  test('a hypervisor or a Sentry takes its pod with it, and the kubelet makes a new sandbox', async () => {
    const node = await boot({ scenario: 'containerd' });
    await node.run(CLASSES);
    for (const name of ['kata', 'gvisor']) expect(await out(node, podOf(name))).toContain('condition met');
    await replaced(node, 'kata', 'qemu-system-x86_64');
    await replaced(node, 'gvisor', 'runsc-sandbox');
  });
});

describe('kill -9 on CRI-O', () => {
  test('crio: its containers run on, systemd starts it again and it finds them', async () => {
    const node = await boot({ scenario: 'crio' });
    const before = await out(node, 'crictl ps -q');
    const conmons = await out(node, 'ps -o pid=,ppid= -C conmon');
    expect(conmons.trim().split('\n').length).toBe(4);
    // The daemon is nobody's parent: each conmon is a child of systemd.
    expect(conmons).toMatch(/^(?: *\d+ +1\n)+$/);
    await node.run('kill -9 $(pidof crio); sleep 1');
    expect(await out(node, 'crictl ps')).toContain('/var/run/crio/crio.sock: connect: connection refused');
    expect(await out(node, 'ps -o pid=,ppid= -C conmon')).toBe(conmons);
    await node.run('sleep 15');
    expect(await out(node, 'systemctl is-active crio')).toBe('active\n');
    expect(await out(node, 'crictl ps -q')).toBe(before);
  });

  test('conmon: nobody watches the container any more', async () => {
    const node = await boot({ scenario: 'crio' });
    await node.run('kubectl run web --image=nginx:alpine; kubectl wait --for=condition=Ready pod/web --timeout=60s');
    await node.run('pid=$(crictl inspect $(crictl ps -q --name web) | jq .info.pid)');
    expect(await out(node, 'kill -9 $(ps -o ppid= -p $pid); sleep 2; ps -o ppid= -p $pid')).toMatch(/^ +1\n$/);
    expect(await out(node, 'curl -sI http://$(kubectl get pod web -o jsonpath={.status.podIP}) | head -1')).toContain(
      '200 OK',
    );
  });
});
