/** A handler of type `pod`: one conmonrs stands for all of a pod's conmons. */
import { beforeAll, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../../testing/boot.ts';

const HANDLER = `[crio.runtime.runtimes.perpod]
runtime_path = "/usr/libexec/crio/crun"
runtime_type = "pod"
runtime_root = "/run/crun"
monitor_path = "/usr/libexec/crio/conmonrs"
`;
const OWN = { security_context: { namespace_options: { pid: 1 } } };
const pod = (name: string): string =>
  JSON.stringify({ metadata: { name, namespace: 'default', uid: name }, log_directory: '/tmp', linux: OWN });
const container = (name: string, script: string): string =>
  JSON.stringify({
    metadata: { name },
    image: { image: 'busybox' },
    command: ['sh', '-c', script],
    log_path: `${name}.log`,
    linux: OWN,
  });

let node: BootedNode;

async function run(line: string): Promise<string> {
  const { stdout, stderr } = await node.run(line);
  return stdout + stderr;
}

beforeAll(async () => {
  node = await boot({ scenario: 'crio' });
  await run('systemctl stop kubelet; crictl rmp -fa; crictl pull busybox');
  const files = {
    '/etc/crio/crio.conf.d/70-pod.conf': HANDLER,
    'p.json': pod('p'),
    'tick.json': container('tick', 'while true; do echo tick; echo tock >&2; sleep 1; done'),
    'short.json': container('short', 'sleep 1; exit 3'),
  };
  for (const [file, text] of Object.entries(files)) await run(`cat > ${file} <<'E'\n${text}\nE`);
  await run('systemctl restart crio; P=$(crictl runp --runtime perpod p.json 2>/dev/null)');
  await run('C=$(crictl create $P tick.json p.json 2>/dev/null); D=$(crictl create $P short.json p.json 2>/dev/null)');
  await run('crictl start $C $D');
}, 60_000);

test('one server, nobody’s child, in a scope of the pod: all containers are its children', async () => {
  expect(await run('ps -C conmon --no-headers; ps -o ppid= -C conmonrs')).toMatch(/^ +1\n$/);
  expect(await run('ps -o args= -C conmonrs')).toMatch(
    /^\/usr\/libexec\/crio\/conmonrs --runtime \/usr\/libexec\/crio\/crun --runtime-dir \S+ --runtime-root \/run\/crun --log-level info --log-driver none --cgroup-manager systemd\n$/,
  );
  expect(
    await run('for id in $C $D; do ps -o comm= -p $(ps -o ppid= -p $(crictl inspect $id | jq .info.pid)); done'),
  ).toBe('conmonrs\nconmonrs\n');
  expect(await run('cat /proc/$(pgrep conmonrs)/cgroup')).toBe(await run('echo 0::/system.slice/crio-conmon-$P.scope'));
});

test('logs, exit codes, commands and their time', async () => {
  await run('sleep 2');
  expect(await run('tail -1 /tmp/tick.log')).toMatch(/^\S+ stderr F tock\n$/);
  expect(await run("crictl inspect $D | jq -c '[.status.state, .status.exitCode]'")).toBe('["CONTAINER_EXITED",3]\n');
  expect(await run('crictl exec $C echo streamed; crictl exec -s $C echo sync')).toBe('streamed\nsync\n\n\n');
  expect(await run("crictl exec -s $C sh -c 'echo err >&2; exit 4'")).toContain('exited with 4: err');
  expect(await run('crictl exec -s --timeout 1 $C sleep 5')).toContain('command timed out');
  expect(await run('echo typed | timeout 2 crictl attach $C')).toContain('tick\n');
});

test('the daemon may die: it finds the server again', async () => {
  const before = await run('pgrep conmonrs');
  await run('kill -9 $(pidof crio); sleep 12');
  expect(await run('pgrep conmonrs')).toBe(before);
  expect(await run('crictl exec -s $C echo again')).toBe('again\n\n\n');
});

test('without it, containers run on, and nobody can be asked', async () => {
  await run('kill -9 $(pgrep conmonrs); sleep 1');
  expect(await run('crictl ps -q')).toBe(await run('echo $C'));
  expect(await run('crictl exec -s $C echo x')).toContain('connect: connection refused');
  expect(await run('crictl exec $C echo streamed')).toBe('streamed\n');
});

test('nothing of a removed pod is left', async () => {
  await run('crictl rmp -fa; R=$(crictl runp --runtime perpod p.json 2>/dev/null); crictl rmp -f $R');
  expect(
    await run("pgrep conmonrs; find /sys/fs/cgroup -name 'crio-*'; ls /run/containers/storage/overlay-containers"),
  ).toBe('');
});
