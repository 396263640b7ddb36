/** Each fault on one node: begun, seen, ended, and the node is as it was. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type BootedNode, boot } from '../testing/boot.ts';
import { FAULTS, type Fault } from './faults.ts';

let node: BootedNode;

async function out(line: string): Promise<string> {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
}

const NODE = `kubectl get node node-1 -o jsonpath='{range .status.conditions[?(@.status=="True")]}{.type} {end}{.status.conditions[?(@.type=="Ready")].message}'`;
const newPod = (image: string): string =>
  `kubectl run p --image=${image}; sleep 12; kubectl get events --field-selector involvedObject.name=p -o custom-columns=M:.message; kubectl get pod p; kubectl delete pod p --force 2> /dev/null`;

/** What is typed to see it, and what is seen. */
const SEEN: Readonly<Record<string, readonly [line: string, seen: RegExp]>> = {
  'runtime-stopped': [`sleep 45; ${NODE}`, /container runtime is down/],
  'socket-moved': [
    `sleep 70; ${NODE}; journalctl -u kubelet | tail -20`,
    /stopped posting[\s\S]*no such file or directory/,
  ],
  'cri-disabled': [
    `sleep 45; ${NODE}; crictl ps`,
    /container runtime is down[\s\S]*unknown service runtime\.v1\.RuntimeService/,
  ],
  'cgroup-driver': [
    `${newPod('busybox')} > /dev/null; find /sys/fs/cgroup -name '*:cri-containerd:*'`,
    /slice:cri-containerd:/,
  ],
  'cni-missing': [`sleep 8; ${NODE}`, /cni plugin not initialized/],
  'pause-unreachable': [newPod('busybox'), /failed to get sandbox image .*connection refused/],
  'registry-unreachable': [newPod('redis'), /failed to do request: Head .*connection refused/],
  'disk-full': [`sleep 25; ${NODE}`, /DiskPressure/],
  'runtime-slow': [
    `sleep 260; ${NODE}`,
    /container runtime is down, PLEG is not healthy: pleg was last seen active [34]m/,
  ],
  'create-hangs': [newPod('busybox'), / 0\/1 +ContainerCreating/],
  'clock-skew': ['date', / 18:/],
  reboot: ['uptime -p', /up [012] minutes?/],
  'power-cut': ['uptime -p', /up [012] minutes?/],
  'kubelet-killed': ['sleep 1; systemctl is-active kubelet', /activating/],
  'network-lost': ['ping -c 1 -W 1 192.168.1.1; kubectl get nodes', /network is unreachable/i],
};

beforeAll(async () => {
  node = await boot({ scenario: 'containerd' });
}, 60_000);

describe.each(FAULTS.filter(({ scenarios }) => scenarios.includes('containerd')))('$id', (fault: Fault) => {
  test('is seen and can be ended', { timeout: 60_000 }, async () => {
    const [line, seen] = SEEN[fault.id] as (typeof SEEN)[string];
    const argument = fault.argument?.value ?? '';
    await out(`${fault.begin('containerd', argument)}; sleep 1`);
    const shown = await out(line);
    const end = fault.end('containerd', argument);
    if (end !== null) await out(end);
    expect(shown).toMatch(seen);
    let found = '';
    for (let i = 0; i < 40 && found !== 'healthy'; i++) {
      await out('sleep 15');
      found = /^Ready kubelet is posting ready status$/.test((await out(NODE)).trim()) ? 'healthy' : await out(NODE);
    }
    expect(found).toBe('healthy');
  });
});
