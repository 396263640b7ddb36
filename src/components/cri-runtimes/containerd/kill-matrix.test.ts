/**
 * What is left when one process of the stack is killed with -9, as recorded from containerd 2.1.9: which processes
 * live on, what the CRI says of the pod and its containers, and what is found again after a restart.
 */
import { beforeEach, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../../testing/boot.ts';

const POD = {
  metadata: { name: 'one', namespace: 'default', attempt: 1, uid: 'u1' },
  log_directory: '/tmp',
  linux: {},
};
const container = (name: string, command: string[], linux: object) =>
  JSON.stringify({ metadata: { name }, image: { image: 'busybox' }, command, log_path: `${name}.log`, linux });
/** Its init is pause's sibling in the pod's PID namespace. */
const SHARED = container('shared', ['sh', '-c', 'while true; do echo tick; sleep 1; done'], {});
const OWN = container('own', ['sleep', '1000'], { security_context: { namespace_options: { pid: 1 } } });

let node: BootedNode;

async function run(line: string): Promise<string> {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
}

beforeEach(async () => {
  node = await boot();
  for (const [file, json] of Object.entries({ 'p.json': JSON.stringify(POD), 'shared.json': SHARED, 'own.json': OWN }))
    await run(`cat > ${file} <<'E'\n${json}\nE`);
  await run('crictl pull busybox');
  await run('P=$(crictl runp p.json 2>/dev/null)');
  await run('C=$(crictl create $P shared.json p.json 2>/dev/null); D=$(crictl create $P own.json p.json 2>/dev/null)');
  await run('crictl start $C $D');
}, 60_000);

const PROCESSES =
  "ps -eo args | grep -oE '^(/pause|sleep 1000|sh -c while true|/usr/bin/containerd( |-shim-runc-v2|$))' | sort";
const STATES = `crictl pods -o json | jq -r '.items[].state'; crictl ps -a -o json | jq -r '.containers[] | "\\(.metadata.name) \\(.state)"' | sort`;
const ENDED = "| jq -c '[.status.state, .status.exitCode, .status.reason]'";

test('containerd: pods run on, their output waits, systemd restarts the daemon and it finds them again', async () => {
  const before = await run('pidof pause');
  await run('kill -9 $(pidof containerd)');
  expect(await run('crictl ps')).toContain('dial unix /run/containerd/containerd.sock: connect: connection refused');
  const logged = await run('wc -l < /tmp/shared.log');
  await run('sleep 3');
  expect(await run('wc -l < /tmp/shared.log')).toBe(logged);
  expect(await run(PROCESSES)).toBe('/pause\n/usr/bin/containerd-shim-runc-v2\nsh -c while true\nsleep 1000\n');

  await run('sleep 4');
  expect(Number(await run('wc -l < /tmp/shared.log'))).toBeGreaterThanOrEqual(Number(logged) + 6);
  expect(await run(STATES)).toBe('SANDBOX_READY\nown CONTAINER_RUNNING\nshared CONTAINER_RUNNING\n');
  expect(await run('pidof pause')).toBe(before);
});

test('a process that dies while containerd is down is found dead, its exit code lost', async () => {
  await run("systemctl stop containerd; kill -9 $(pgrep -f 'while true'); systemctl start containerd; sleep 1");
  expect(await run(`crictl inspect $C ${ENDED}`)).toBe('["CONTAINER_EXITED",255,"Unknown"]\n');
  expect(await run(STATES)).toBe('SANDBOX_READY\nown CONTAINER_RUNNING\nshared CONTAINER_EXITED\n');
});

test("a container's init: 137, and the pod stands", async () => {
  await run('kill -9 $(crictl inspect $C | jq .info.pid); sleep 1');
  expect(await run(`crictl inspect $C ${ENDED}`)).toBe('["CONTAINER_EXITED",137,"Error"]\n');
  expect(await run(STATES)).toBe('SANDBOX_READY\nown CONTAINER_RUNNING\nshared CONTAINER_EXITED\n');
});

test('pause: who shares its PID namespace dies with it; who has an own one runs on; nothing new starts', async () => {
  const ip = await run('crictl inspectp $P | jq -r .status.network.ip');
  await run('kill -9 $(crictl inspectp $P | jq .info.pid); sleep 1');
  expect(await run(STATES)).toBe('SANDBOX_NOTREADY\nown CONTAINER_RUNNING\nshared CONTAINER_EXITED\n');
  expect(await run(`crictl inspect $C ${ENDED}`)).toBe('["CONTAINER_EXITED",137,"Error"]\n');
  expect(await run("crictl inspectp $P | jq -r '.status.network.ip, .info.pid'")).toBe(`${ip}0\n`);
  expect(await run('crictl exec $D echo alive')).toBe('alive\n');
  await run('sed s/shared/late/ shared.json > late.json; L=$(crictl create $P late.json p.json 2>/dev/null)');
  const pod = (await run('echo $P')).trim();
  expect(await run('crictl start $L')).toContain(
    `rpc error: code = Unknown desc = sandbox container \\"${pod}\\" is not running`,
  );
  // The shim outlives its pod: recorded, not intended.
  await run('crictl stopp $P; crictl rmp -f $P');
  expect(await run(PROCESSES)).toBe('/usr/bin/containerd\n/usr/bin/containerd-shim-runc-v2\n');
});

test('the shim: containerd cleans up after it, but a container with its own PID namespace is orphaned', async () => {
  await run('kill -9 $(pgrep -f "shim-runc-v2.*$P"); sleep 3');
  expect(await run(STATES)).toBe('SANDBOX_NOTREADY\nown CONTAINER_EXITED\nshared CONTAINER_EXITED\n');
  expect(await run(`crictl inspect $C ${ENDED}`)).toBe('["CONTAINER_EXITED",255,"Error"]\n');
  expect(await run('journalctl -u containerd -o cat')).toContain('cleaning up after shim disconnected');
  await run('crictl rmp -f $P');
  expect(await run(PROCESSES)).toBe('/usr/bin/containerd\nsleep 1000\n');
  expect(await run("ps -o ppid= -p $(pgrep -f 'sleep 1000')")).toMatch(/^\s*1\n$/);
});

test('after all of it is removed, no mount, network namespace, address or bundle of the pod is left', async () => {
  await run('crictl rmp -fa');
  expect(
    await run('mount | grep -c containerd; ls /run/containerd/io.containerd.runtime.v2.task/k8s.io /var/run/netns'),
  ).toBe('0\n/run/containerd/io.containerd.runtime.v2.task/k8s.io:\n\n/var/run/netns:\n');
  expect(await run('ls /var/lib/cni/networks/containerd-net')).toBe('last_reserved_ip.0\nlock\n');
  expect(await run('ls /sys/fs/cgroup/k8s.io | grep -c -v "\\."')).toBe('0\n');
  expect(await run(PROCESSES)).toBe('/usr/bin/containerd\n');
});
