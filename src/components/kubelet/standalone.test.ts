/** A kubelet without an API server, on a node with containerd: what only the runtime and the files can show. */
import { expect, test } from 'vitest';
import { type BootedNode, boot } from '../../testing/boot.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const CONFIG = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
staticPodPath: /etc/kubernetes/manifests
logging: {verbosity: 2}
`;
const UNIT = `[Service]
ExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --node-ip=192.168.1.10 --hostname-override=node-1
Restart=always
RestartSec=10
`;
const podText = (name: string, spec: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}}
spec:
  terminationGracePeriodSeconds: 2
${spec}`;
const SLEEP = '  containers: [{name: c, image: "busybox:1.36", command: [sleep, "3600"]}]';

async function kubeletNode(pods: Record<string, string>, config = CONFIG): Promise<BootedNode> {
  const files: Record<string, Uint8Array> = {
    '/var/lib/kubelet/config.yaml': text(config),
    '/usr/lib/systemd/system/kubelet.service': text(UNIT),
  };
  for (const [name, spec] of Object.entries(pods))
    files[`/etc/kubernetes/manifests/${name}.yaml`] = text(podText(name, spec));
  return boot({ seed: 1, files });
}

const out = async (node: BootedNode, line: string): Promise<string> => (await node.run(line)).stdout;
const COLUMNS = (kind: string): string => `jq -r '${kind}'`;
const CONTAINERS = `crictl ps -a -o json | ${COLUMNS('.containers[] | "\\(.metadata.name) \\(.metadata.attempt) \\(.state)"')}`;
const SANDBOXES = `crictl pods -o json | ${COLUMNS('.items[] | "\\(.metadata.name) \\(.metadata.attempt) \\(.state)"')}`;

test('a manifest becomes a pod, its removal ends it', async () => {
  const node = await kubeletNode({ st: SLEEP });
  await node.run('systemctl start kubelet; sleep 10');
  expect(await out(node, SANDBOXES)).toBe('st-node-1 0 SANDBOX_READY\n');
  expect(await out(node, CONTAINERS)).toBe('c 0 CONTAINER_RUNNING\n');
  expect(await out(node, 'cat /var/lib/kubelet/pods/*/etc-hosts')).toMatch(
    /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n(?:.*\n)*10\.88\.0\.\d+\tst-node-1\n$/,
  );
  await node.run('rm /etc/kubernetes/manifests/st.yaml; sleep 7');
  expect(await out(node, SANDBOXES)).toBe('st-node-1 0 SANDBOX_NOTREADY\n');
  expect(await out(node, CONTAINERS)).toBe('');
  expect(await out(node, 'ls /var/lib/kubelet/pods; find /sys/fs/cgroup/kubepods -name "pod*"')).toBe('');
});

test('a container that is stopped by hand comes back; a pause that is killed means another sandbox', async () => {
  const node = await kubeletNode({ st: SLEEP });
  await node.run('systemctl start kubelet; sleep 10; crictl stop $(crictl ps -q); sleep 3');
  expect(await out(node, CONTAINERS)).toBe('c 1 CONTAINER_RUNNING\nc 0 CONTAINER_EXITED\n');
  await node.run('pkill -9 pause; sleep 5');
  expect(await out(node, SANDBOXES)).toBe('st-node-1 1 SANDBOX_READY\nst-node-1 0 SANDBOX_NOTREADY\n');
});

test('init containers one after the other, a sidecar beside them', async () => {
  const spec = `  initContainers:
  - {name: first, image: "busybox:1.36", command: [sleep, "2"]}
  - {name: side, restartPolicy: Always, image: "busybox:1.36", command: [sleep, "3600"]}
${SLEEP}`;
  const node = await kubeletNode({ init: spec });
  await node.run('systemctl start kubelet; sleep 12');
  expect(await out(node, CONTAINERS)).toBe(
    'c 0 CONTAINER_RUNNING\nside 0 CONTAINER_RUNNING\nfirst 0 CONTAINER_EXITED\n',
  );
});

test('back-off grows from failure to failure', async () => {
  const spec = '  containers: [{name: c, image: "busybox:1.36", command: [sh, -c, "sleep 1; exit 1"]}]';
  const node = await kubeletNode({ crash: spec });
  await node.run('systemctl start kubelet; sleep 60');
  const journal = await out(node, 'journalctl -u kubelet --no-pager');
  const delays = [...journal.matchAll(/back-off (\w+) restarting/g)].map(([, delay]) => delay);
  expect([...new Set(delays)]).toEqual(['10s', '20s', '40s']);
});

test('a restarted kubelet leaves running containers alone', async () => {
  const node = await kubeletNode({ st: SLEEP });
  await node.run('systemctl start kubelet; sleep 10');
  const before = await out(node, 'crictl ps -q');
  await node.run('systemctl restart kubelet; sleep 10');
  expect(await out(node, 'crictl ps -a -q')).toBe(before);

  // Evented PLEG: an end is noticed and mended at once, not within a second.
  await node.run(
    "sed -i 's/verbosity: 2}/verbosity: 4}\\nfeatureGates: {EventedPLEG: true}/' /var/lib/kubelet/config.yaml; systemctl restart kubelet; sleep 10",
  );
  expect(await out(node, 'crictl ps -a -q')).toBe(before);
  await node.run('crictl stop -t 0 $(crictl ps -q); sleep 5');
  const [died = 0, started = 0] = (
    await out(
      node,
      'journalctl -u kubelet | grep -oE "[0-9]{2}[.][0-9]{6} .*Received Container (Stopped|Started)" | tail -2 | cut -c 1-9',
    )
  )
    .trim()
    .split('\n')
    .map(Number);
  expect(started).toBeGreaterThan(died);
  expect(started).toBeLessThan(died + 0.3);
  expect(await out(node, CONTAINERS)).toContain('c 1 CONTAINER_RUNNING\n');
  // Five failures, and it looks for itself again.
  await node.run('systemctl restart containerd; sleep 8');
  expect(
    await out(node, 'journalctl -u kubelet | grep -oE "Evented PLEG: Failed to get|Fall back to Generic" | uniq -c'),
  ).toBe('      5 Evented PLEG: Failed to get\n      1 Fall back to Generic\n');
  await node.run('crictl stop -t 0 $(crictl ps -q); sleep 15');
  expect(await out(node, CONTAINERS)).toContain('c 2 CONTAINER_RUNNING\n');
});

test('what keeps it from starting is in its journal', async () => {
  const failures = async (line: string): Promise<string> => {
    const node = await boot({ seed: 1, files: { '/var/lib/kubelet/config.yaml': text(CONFIG) } });
    const { stderr, exitCode } = await node.run(line);
    expect(exitCode).toBe(1);
    return stderr
      .split('\n')
      .filter((one) => one.startsWith('E'))
      .map((one) => one.slice(one.indexOf(']') + 2))
      .join('\n');
  };
  expect(await failures('kubelet --foo')).toBe(
    '"command failed" err="failed to parse kubelet flag: unknown flag: --foo"',
  );
  expect(await failures('kubelet --config=/none')).toBe(
    '"command failed" err="failed to load kubelet config file, path: /none, error: failed to load Kubelet config file /none, error failed to read kubelet config file \\"/none\\", error: open /none: no such file or directory"',
  );
  expect(await failures('kubelet --container-runtime-endpoint=unix:///run/no.sock')).toBe(
    '"command failed" err="failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint \\"unix:///run/no.sock\\": rpc error: code = Unavailable desc = connection error: desc = \\"transport: Error while dialing: dial unix /run/no.sock: connect: no such file or directory\\""',
  );
});
