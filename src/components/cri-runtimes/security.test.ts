/** What a container's security context forbids, it forbids: seccomp, capabilities, masked paths, limits, sysctls. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type BootedNode, boot } from '../../testing/boot.ts';

const POD = {
  metadata: { name: 'one', namespace: 'default', uid: 'u1' },
  linux: {
    sysctls: { 'fs.mqueue.msg_max': '100', 'kernel.shm_rmid_forced': '1' },
    security_context: { privileged: true },
  },
};
const sleeper = (name: string, security: object, resources: object = {}, command = ['sleep', '1000']) => ({
  metadata: { name },
  image: { image: 'busybox' },
  command,
  linux: { security_context: security, resources },
});
const PROFILE = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [
    { names: ['chmod', 'fchmod', 'fchmodat'], action: 'SCMP_ACT_ERRNO' },
    { names: ['symlink'], action: 'SCMP_ACT_ERRNO', errnoRet: 30 },
    { names: ['mknod'], action: 'SCMP_ACT_KILL_PROCESS' },
  ],
};
const FILES = {
  'p.json': POD,
  'profile.json': PROFILE,
  'default.json': sleeper('default', { seccomp: { profile_type: 0 } }),
  'admin.json': sleeper('admin', {
    seccomp: { profile_type: 0 },
    capabilities: { add_capabilities: ['SYS_ADMIN', 'NET_ADMIN'], drop_capabilities: ['NET_RAW'] },
  }),
  'free.json': sleeper('free', { seccomp: { profile_type: 1 }, masked_paths: ['/bin/ls'] }),
  'local.json': sleeper('local', { seccomp: { profile_type: 2, localhost_ref: '/root/profile.json' } }),
  'missing.json': sleeper('missing', { seccomp: { profile_type: 2, localhost_ref: '/root/none.json' } }),
  'mounts.json': {
    ...sleeper('mounts', { privileged: true }),
    mounts: [
      { host_path: '/srv/both', container_path: '/both', propagation: 2 },
      { host_path: '/srv/slave', container_path: '/slave', propagation: 1 },
      { host_path: '/srv/own', container_path: '/own' },
      { host_path: '/srv/rro', container_path: '/rro', readonly: true, recursive_read_only: true },
      { host_path: '/srv/rro', container_path: '/ro', readonly: true },
    ],
  },
  'oom.json': sleeper('oom', {}, { memory_limit_in_bytes: 15_728_640, memory_swap_limit_in_bytes: 15_728_640 }, [
    'sh',
    '-c',
    'dd if=/dev/zero of=/dev/null bs=20M',
  ]),
};

describe.each(['bare', 'crio'] as const)('%s', (scenario) => {
  let node: BootedNode;
  const run = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };

  beforeAll(async () => {
    node = await boot({ scenario });
    await run('systemctl stop kubelet; crictl rmp -fa');
    for (const [file, value] of Object.entries(FILES)) await run(`cat > ${file} <<'E'\n${JSON.stringify(value)}\nE`);
    await run('mkdir -p /srv/both/m /srv/slave/m /srv/own/m /srv/rro/m; mount -t tmpfs tmpfs /srv/rro/m');
    await run('crictl pull busybox; P=$(crictl runp p.json 2>/dev/null)');
    for (const name of ['default', 'admin', 'free', 'local', 'mounts', 'oom'])
      await run(`${name}=$(crictl create $P ${name}.json p.json 2>/dev/null); crictl start $${name}`);
  }, 60_000);

  const modeOf = (name: string) => run(`crictl exec $${name} grep Seccomp: /proc/self/status`);

  test('the default profile filters, and allows more to who has the capabilities', async () => {
    expect(await modeOf('default')).toBe('Seccomp:\t2\n');
    expect(await modeOf('free')).toBe('Seccomp:\t0\n');
    expect(await run('crictl exec $default hostname x')).toContain('exit code 1');
    expect(await run('crictl exec $admin hostname x; crictl exec $admin hostname')).toBe('x\n');
    expect(await run('crictl exec $default sh -c "echo hi | cat; ls / | head -n1"')).toBe('hi\nbin\n');
  });

  test('a profile of its own: refused with its errno, or killed', async () => {
    expect(await run('crictl exec $local chmod 400 /tmp')).toContain('Operation not permitted');
    expect(await run('crictl exec $local ln -s a /tmp/b')).toContain('Read-only file system');
    expect(await run("crictl exec $local sh -c 'mkfifo /tmp/f; echo $?'")).toContain('159');
    expect(await run('dmesg | grep -c "type=1326.*mkfifo.*sig=31"')).toBe('1\n');
    expect(await run('crictl exec $free chmod 400 /tmp')).toBe('');
  });

  test('a profile that is not there', async () => {
    const words = {
      bare: 'failed to generate spec: failed to generate seccomp spec opts: cannot load seccomp profile',
      crio: 'desc = setup seccomp: unable to load local profile',
    }[scenario];
    const path = String.raw`\"/root/none.json\"`;
    expect(await run('crictl create $P missing.json p.json')).toContain(
      `${words} ${path}: open /root/none.json: no such file or directory`,
    );
  });

  test('capabilities, masked paths, sysctls of the pod', async () => {
    expect(await run('crictl exec $admin brctl addbr foobar')).toBe('');
    expect(await run('crictl exec $default brctl addbr foobar')).toContain('Operation not permitted');
    expect(await run('crictl exec $admin ping -c1 127.0.0.1')).toContain('permission denied (are you root?)');
    expect(await run('crictl exec $free /bin/sh -c ls')).toContain('/bin/sh: ls: Permission denied\n');
    expect(await run('crictl exec $free cat /proc/sys/fs/mqueue/msg_max; cat /proc/sys/fs/mqueue/msg_max')).toBe(
      '100\n10\n',
    );
  });

  test('mounts go on to others as their propagation says, and read-only goes down as asked', async () => {
    await run('for d in both slave own; do mount -t tmpfs tmpfs /srv/$d/m; touch /srv/$d/m/file; done');
    expect(await run('crictl exec $mounts ls /both/m /slave/m /own/m')).toBe(
      '/both/m:\nfile\n\n/own/m:\n\n/slave/m:\nfile\n',
    );
    await run(
      'crictl exec $mounts sh -c "mkdir /both/c /slave/c; mount --bind /etc /both/c; mount --bind /etc /slave/c"',
    );
    expect(await run('ls -d /srv/both/c/passwd; ls /srv/slave/c')).toBe('/srv/both/c/passwd\n');
    expect(await run('crictl exec $mounts touch /ro/m/a')).toBe('');
    expect(await run('crictl exec $mounts touch /rro/m/b')).toContain('Read-only file system');
  });

  test('a buffer that is larger than the memory limit', async () => {
    expect(await run("crictl inspect $oom | jq -r '.status.state, .status.reason, .status.exitCode'")).toBe(
      'CONTAINER_EXITED\nOOMKilled\n137\n',
    );
  });
});
