/** What every runtime behind the CRI promises, whoever it is: seen with crictl on a node of each. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../testing/boot.ts';

const POD = {
  metadata: { name: 'one', namespace: 'default', attempt: 1, uid: 'u1' },
  hostname: 'host-of-one',
  labels: { app: 'one' },
  log_directory: '/tmp/logs',
  dns_config: { servers: ['10.96.0.10'], searches: ['cluster.local'] },
  linux: { security_context: { namespace_options: { pid: 1 } } },
};
const container = (name: string, command: string[], more: object = {}) => ({
  metadata: { name },
  image: { image: 'busybox' },
  command,
  log_path: `${name}.log`,
  linux: { security_context: { namespace_options: { pid: 1 } } },
  ...more,
});
const FILES = {
  'p.json': POD,
  'long.json': container('long', ['sleep', '1000'], {
    envs: [{ key: 'GREETING', value: 'hello' }],
    working_dir: '/tmp',
    mounts: [{ container_path: '/data', host_path: '/tmp/data', readonly: true }],
    linux: {
      resources: { memory_limit_in_bytes: 67_108_864, cpu_quota: 50_000, cpu_period: 100_000 },
      security_context: { namespace_options: { pid: 1 } },
    },
  }),
  'short.json': container('short', ['sh', '-c', 'echo out; echo err >&2; exit 3']),
};
const RUNTIMES = [
  { scenario: 'bare', name: 'containerd', unit: 'containerd' },
  { scenario: 'crio', name: 'cri-o', unit: 'crio' },
] as const;

describe.each(RUNTIMES)('$name', ({ scenario, name, unit }) => {
  let node: BootedNode;

  async function run(line: string): Promise<string> {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  }
  const field = (kind: 'inspect' | 'inspectp', id: string, path: string) =>
    run(`crictl ${kind} ${id} | jq -c '${path}'`);

  beforeAll(async () => {
    node = await boot({ scenario });
    // The kubelet would take away what it has not made.
    await run('systemctl stop kubelet; crictl rmp -fa; mkdir -p /tmp/data; echo from-the-node > /tmp/data/file');
    for (const [file, value] of Object.entries(FILES)) await run(`cat > ${file} <<'E'\n${JSON.stringify(value)}\nE`);
    await run('crictl pull busybox; P=$(crictl runp p.json 2>/dev/null)');
    await run('C=$(crictl create $P long.json p.json 2>/dev/null)');
  }, 60_000);

  test('says who it is', async () => {
    expect(await run('crictl version')).toContain(`RuntimeName:  ${name}\n`);
    expect(await run('crictl version')).toContain('RuntimeApiVersion:  v1\n');
  });

  test('the trace has the deadline of a call', async () => {
    await run('crictl ps');
    const call = node.machine.trace
      .since(0)
      .findLast((event) => event.kind === 'rpc.request' && event.method.endsWith('/ListContainers'));
    expect(call).toMatchObject({ metadata: { 'grpc-timeout': expect.stringMatching(/^\d+[num]$/) } });
  });

  test('a pod is ready with an address before it has a container that runs', async () => {
    expect(await field('inspectp', '$P', '.status.state')).toBe('"SANDBOX_READY"\n');
    expect(await field('inspectp', '$P', '.status.network.ip')).toMatch(/^"10\.\d+\.\d+\.\d+"\n$/);
    expect(await field('inspect', '$C', '.status.state')).toBe('"CONTAINER_CREATED"\n');
    expect(await run('crictl pods -q --label app=one')).toBe(await run('echo $P'));
    expect(await run('crictl pods -q --label app=two')).toBe('');
  });

  test('a container runs once it is started, and only once', async () => {
    expect(await run('crictl start $C')).toBe(await run('echo $C'));
    expect((await node.run('crictl start $C')).exitCode).toBe(1);
    expect(await field('inspect', '$C', '.status.state')).toBe('"CONTAINER_RUNNING"\n');
    expect(await run('crictl ps -q --pod $P')).toBe(await run('echo $C'));
  });

  test('the container has what was asked for', async () => {
    const inside = 'echo $GREETING; pwd; hostname; cat /data/file /etc/resolv.conf; echo no > /data/file';
    expect(await run(`crictl exec $C sh -c '${inside}' 2>/dev/null`)).toBe(
      'hello\n/tmp\nhost-of-one\nfrom-the-node\nsearch cluster.local\nnameserver 10.96.0.10\n',
    );
    expect(await run('cat /tmp/data/file')).toBe('from-the-node\n');
    expect(await run('crictl exec $C cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max')).toBe(
      '67108864\n50000 100000\n',
    );
    expect(await run('crictl exec $C sh -c \'echo $$; ls /proc | grep -c "^1$"\'')).toMatch(/^\d+\n1\n$/);
  });

  test('exec passes streams and exit codes', async () => {
    expect(await run('echo typed | crictl exec -i $C cat')).toBe('typed\n');
    const failed = await node.run("crictl exec $C sh -c 'echo err >&2; exit 7'");
    expect(failed.stderr).toContain('err\n');
    expect(failed.stderr).toContain('command terminated with exit code 7');
    expect((await node.run('crictl exec -s --timeout 1 $C sleep 5')).exitCode).toBe(1);
  });

  test('what a container prints is in its log, by stream, and its exit code is kept', async () => {
    await run('S=$(crictl create $P short.json p.json 2>/dev/null); crictl start $S; sleep 1');
    const { stdout, stderr } = await node.run('crictl logs $S');
    expect([stdout, stderr]).toEqual(['out\n', 'err\n']);
    expect(await run('cat /tmp/logs/short.log')).toMatch(/^\S+ stdout F out\n\S+ stderr F err\n$/);
    expect(await field('inspect', '$S', '[.status.state, .status.exitCode, .status.reason]')).toBe(
      '["CONTAINER_EXITED",3,"Error"]\n',
    );
  });

  test('limits change while it runs', async () => {
    expect(await run('crictl update --memory 100003840 $C')).toBe(await run('echo $C'));
    expect(await run('crictl exec $C cat /sys/fs/cgroup/memory.max')).toBe('100003840\n');
  });

  test('statistics are there for what runs', async () => {
    expect(await run("crictl stats -o json $C | jq -r '.stats[].attributes.metadata.name'")).toBe('long\n');
  });

  test('the daemon may be restarted: nothing stops, nothing is forgotten', async () => {
    const before = await field('inspect', '$C', '[.status.state, .info.pid, .status.startedAt]');
    await run(`systemctl restart ${unit}; sleep 1`);
    expect(await field('inspect', '$C', '[.status.state, .info.pid, .status.startedAt]')).toBe(before);
    expect(await run('crictl exec $C echo alive')).toBe('alive\n');
    expect(await field('inspect', '$S', '.status.exitCode')).toBe('3\n');
  });

  test('an image is known by its name, and pulling it again is no error', async () => {
    expect(await run('crictl inspecti busybox | jq -r .status.repoTags[0]')).toBe('docker.io/library/busybox:latest\n');
    expect(await run('crictl pull busybox')).toContain('Image is up to date for ');
  });

  test('stopping and removing may be asked for again, and of what never was', async () => {
    for (const again of [1, 2]) expect([again, (await node.run('crictl stop -t 1 $C')).exitCode]).toEqual([again, 0]);
    expect(await field('inspect', '$C', '.status.state')).toBe('"CONTAINER_EXITED"\n');
    expect(await run('crictl stop deadbeef; crictl stopp deadbeef')).toBe('deadbeef\nStopped sandbox deadbeef\n');
    for (const again of [1, 2]) expect([again, (await node.run('crictl stopp $P')).exitCode]).toEqual([again, 0]);
    expect(await field('inspectp', '$P', '.status.state')).toBe('"SANDBOX_NOTREADY"\n');
    expect(await run('crictl inspect deadbeef')).toContain('code = NotFound');
    expect(await run('crictl inspectp deadbeef')).toContain('code = NotFound');
  });

  test('a removed pod takes its containers with it', async () => {
    await run('crictl rmp $P');
    expect(await run('crictl ps -aq; crictl pods -q')).toBe('');
    expect(await run('ls /var/run/netns; ps -eo args | grep -c "^sleep 1000"')).toBe('0\n');
  });
});
