/**
 * What is left when one process of CRI-O's stack is killed with -9, as recorded from CRI-O 1.36.3: which processes live
 * on, what the CRI says of the pod and its containers, and what is found again after a restart.
 */
import { beforeEach, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../../testing/boot.ts';

const POD = (name: string, pid: number) =>
  JSON.stringify({
    metadata: { name, namespace: 'default', attempt: 1, uid: `uid-${name}` },
    log_directory: '/tmp',
    linux: { security_context: { namespace_options: { pid } } },
  });
const container = (name: string, command: string[], pid: number) =>
  JSON.stringify({
    metadata: { name },
    image: { image: 'busybox' },
    command,
    log_path: `${name}.log`,
    linux: { security_context: { namespace_options: { pid } } },
  });
const TICK = ['sh', '-c', 'while true; do echo tick; sleep 1; done'];
const OWN_PIDS = 1;
const SHARED_PIDS = 0;

let node: BootedNode;

async function run(line: string): Promise<string> {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
}

beforeEach(async () => {
  node = await boot({ scenario: 'crio' });
  const files = {
    'own-pod.json': POD('own', OWN_PIDS),
    'own.json': container('own', TICK, OWN_PIDS),
    'shared-pod.json': POD('shared', SHARED_PIDS),
    'shared.json': container('shared', ['sleep', '1000'], SHARED_PIDS),
  };
  for (const [file, json] of Object.entries(files)) await run(`cat > ${file} <<'E'\n${json}\nE`);
  // The kubelet would take away what it has not made.
  await run('systemctl stop kubelet; crictl rmp -fa; crictl pull busybox');
  await run('P=$(crictl runp own-pod.json 2>/dev/null); C=$(crictl create $P own.json own-pod.json 2>/dev/null)');
  await run(
    'Q=$(crictl runp shared-pod.json 2>/dev/null); D=$(crictl create $Q shared.json shared-pod.json 2>/dev/null)',
  );
  await run('crictl start $C $D');
}, 60_000);

const PROCESSES = "ps -eo args | grep -oE '^(/pause|sleep 1000|sh -c while true|/usr/bin/crio|[/a-z]*/conmon)' | sort";
const STATES = `crictl pods -o json | jq -r '.items[] | "\\(.metadata.name) \\(.state)"' | sort; crictl ps -a -o json | jq -r '.containers[] | "\\(.metadata.name) \\(.state)"' | sort`;
const ALL_RUN = 'own SANDBOX_READY\nshared SANDBOX_READY\nown CONTAINER_RUNNING\nshared CONTAINER_RUNNING\n';
const ENDED = "| jq -c '[.status.state, .status.exitCode, .status.reason]'";
const CONMON = '/usr/libexec/crio/conmon\n';

test('a conmon of its own beside each container, and no pause where no PID namespace is shared', async () => {
  expect(await run(PROCESSES)).toBe(`/pause\n/usr/bin/crio\n${CONMON.repeat(3)}sh -c while true\nsleep 1000\n`);
  expect(await run('ps -o ppid= -p $(pgrep -d, conmon) | sort -u')).toMatch(/^\s*1\n$/);
  const monitor = await run('ps -o ppid= -p $(crictl inspect $C | jq .info.pid)');
  expect(await run(`ps -o comm= -p ${monitor.trim()}`)).toBe('conmon\n');
  expect(await run('crictl inspectp $P | jq .info.pid')).toBe('null\n');
});

test('crio: containers and their logs go on, systemd restarts the daemon and it finds them again', async () => {
  const before = await run(`pidof pause; ${PROCESSES} | grep -v crio`);
  await run('kill -9 $(pidof crio)');
  expect(await run('crictl ps')).toContain('dial unix /var/run/crio/crio.sock: connect: connection refused');
  const logged = Number(await run('wc -l < /tmp/own.log'));
  await run('sleep 3');
  expect(Number(await run('wc -l < /tmp/own.log'))).toBeGreaterThanOrEqual(logged + 3);
  await run('sleep 10');
  expect(await run(STATES)).toBe(ALL_RUN);
  expect(await run(`pidof pause; ${PROCESSES} | grep -v crio`)).toBe(before);
  expect(await run('journalctl -u crio -o cat')).toContain('because of unclean shutdown');
});

test('a process that dies while crio is down is found dead, with its exit code', async () => {
  await run("systemctl stop crio; kill -9 $(pgrep -f 'while true'); sleep 1; systemctl start crio");
  expect(await run(`crictl inspect $C ${ENDED}`)).toBe('["CONTAINER_EXITED",137,"Error"]\n');
  expect(await run(STATES)).toBe(ALL_RUN.replace('own CONTAINER_RUNNING', 'own CONTAINER_EXITED'));
});

test('conmon: the container is orphaned, nobody hears of its end, and a stop waits for an exit file in vain', async () => {
  await run('kill -9 $(pgrep -f "conmon.*$C"); sleep 1');
  expect(await run(STATES)).toBe(ALL_RUN);
  expect(await run("ps -o ppid= -p $(pgrep -f 'while true')")).toMatch(/^\s*1\n$/);
  expect(await run('crictl exec -s $C echo alive')).toBe('alive\n\n\n');
  await run("kill -9 $(pgrep -f 'while true'); sleep 1");
  const { virtualMs } = await node.run('crictl stop $C');
  expect(virtualMs).toBeGreaterThan(3_700);
  expect(await run('journalctl -u crio -o cat')).toContain('level=warning msg="Failed to find container exit file for');
  expect(await run(`crictl inspect $C ${ENDED}`)).toBe('["CONTAINER_EXITED",-1,"Error"]\n');
});

test('pause: the pod is not ready and who shares its PID namespace dies with it', async () => {
  await run('kill -9 $(crictl inspectp $Q | jq .info.pid); sleep 1');
  expect(await run(STATES)).toBe(
    'own SANDBOX_READY\nshared SANDBOX_NOTREADY\nown CONTAINER_RUNNING\nshared CONTAINER_EXITED\n',
  );
  expect(await run(`crictl inspect $D ${ENDED}`)).toBe('["CONTAINER_EXITED",137,"Error"]\n');
  expect(await run('crictl inspectp $Q | jq .info.pid')).toBe('0\n');
});

test('after all of it is removed, no mount, namespace, address, cgroup or bundle of a pod is left', async () => {
  await run('crictl rmp -fa');
  expect(await run('mount | grep -E "overlay-containers|/merged|netns|ipcns|utsns"')).toBe('');
  expect(await run('ls /run/netns /run/ipcns /run/utsns /run/crio/exits')).toBe(
    '/run/crio/exits:\n\n/run/ipcns:\n\n/run/netns:\n\n/run/utsns:\n',
  );
  expect(await run('ls /var/lib/containers/storage/overlay-containers')).toBe(
    'containers.lock\nvolatile-containers.json\n',
  );
  expect(await run('cat /var/lib/containers/storage/overlay-containers/volatile-containers.json')).toMatch(/^\[\]\n?$/);
  expect(await run('ls /var/lib/cni/networks/crio')).toBe('last_reserved_ip.0\nlock\n');
  expect(await run('find /sys/fs/cgroup -name "crio-*"')).toBe('');
  expect(await run(PROCESSES)).toBe('/usr/bin/crio\n');
});

test('without a network configuration a pod waits until there is one', async () => {
  await run('crictl rmp -fa; mv /etc/cni/net.d/*.conflist /root; systemctl restart crio');
  const network = "crictl info | jq -c '.status.conditions[1] | [.status, .reason]'";
  expect(await run(network)).toBe('[false,"NetworkPluginNotReady"]\n');
  await run('crictl runp own-pod.json > /tmp/id 2>/dev/null & sleep 2');
  expect(await run('cat /tmp/id')).toBe('');
  await run('mv /root/*.conflist /etc/cni/net.d; sleep 1');
  expect(await run('cat /tmp/id')).toMatch(/^[0-9a-f]{64}\n$/);
  expect(await run(network)).toMatch(/^\[true,/);
});
