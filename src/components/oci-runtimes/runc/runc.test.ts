import { describe, expect, test } from 'vitest';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, print, printError, readFile, writeFile } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { parseSignal } from '../../../linux/signals.ts';
import type { Spec } from '../../../protocols/oci-runtime/types.ts';
import { type ExecResult, type TestKernel, testKernel } from '../../../testing/kernel.ts';
import { runcProgram } from './program.ts';
import { example } from './spec-template.ts';

/** One program that does what its words say, one after another: a busybox for these tests. */
const probe: Program = {
  name: 'probe',
  async main(ctx, argv) {
    const { sys } = ctx;
    for (let i = 1; i < argv.length; i++) {
      const next = (): string => argv[++i] ?? '';
      try {
        switch (argv[i]) {
          case 'sleep':
            await ctx.sleep(Number(next()) * 1e9);
            break;
          case 'echo':
            await print(ctx, `${next()}\n`);
            break;
          case 'complain':
            await printError(ctx, `${next()}\n`);
            break;
          case 'exit':
            return Number(next());
          case 'cat':
            await print(ctx, await readFile(ctx, next()));
            break;
          case 'write':
            await writeFile(ctx, next(), 'x');
            break;
          case 'pwd':
            await print(ctx, `${await sys.getcwd(ctx)}\n`);
            break;
          case 'env':
            await print(ctx, `${ctx.process.env.join('\n')}\n`);
            break;
          case 'pid':
            await print(ctx, `${sys.getpid(ctx)} ${sys.getppid(ctx)}\n`);
            break;
          case 'id':
            await print(ctx, `${ctx.process.credentials.uid}:${ctx.process.credentials.gid}\n`);
            break;
          case 'hostname':
            await print(ctx, `${(await sys.uname(ctx)).nodename}\n`);
            break;
          case 'ls': {
            const names = (await sys.readDirectory(ctx, next())).map((e) => e.name).filter((n) => !n.startsWith('.'));
            await print(ctx, `${names.sort().join(' ')}\n`);
            break;
          }
          case 'links':
            await print(ctx, `${(await sys.netLinks(ctx)).map((l) => `${l.name}:${l.up}`).join(' ')}\n`);
            break;
          case 'rss':
            await sys.setMemory(ctx, Number(next()));
            break;
          case 'trap':
            sys.sigaction(ctx, parseSignal(next()) ?? 'SIGTERM', () => {});
            break;
          case 'tty':
            await print(ctx, `${await sys.isTty(ctx, 0)}\n`);
            break;
          default:
            await printError(ctx, `probe: ${argv[i]}?\n`);
        }
      } catch (error) {
        if (!isErrno(error)) throw error;
        await printError(ctx, `${argv[i]}: ${error.libc}\n`);
        return 1;
      }
    }
    return 0;
  },
};

const RUNC = '/usr/bin/runc';

type Rig = TestKernel & {
  runc(...args: string[]): Promise<ExecResult>;
  /** With its output to /dev/null, which a container that stays would otherwise keep open. */
  quietly(...args: string[]): Promise<number>;
  config(change: (spec: Spec & { process: NonNullable<Spec['process']> }) => void): Promise<void>;
};

function rig(): Rig {
  const base = testKernel({ programs: [runcProgram, probe], files: { '/tmp/bundle/rootfs/bin/.keep': '' } });
  base.disk.program('/tmp/bundle/rootfs/bin/probe', 'probe', 40_000);
  base.disk.file('/tmp/bundle/rootfs/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n');
  for (const dir of ['proc', 'sys', 'dev', 'tmp']) base.disk.directory(`/tmp/bundle/rootfs/${dir}`);
  return {
    ...base,
    runc: (...args) => base.exec([RUNC, ...args], { cwd: '/tmp/bundle' }),
    quietly: (...args) =>
      base.act(async (ctx) => {
        const pid = await ctx.sys.spawn(ctx, RUNC, {
          argv: [RUNC, ...args],
          cwd: '/tmp/bundle',
          stdio: { 0: 'null', 1: 'null', 2: 'null' },
        });
        return (await ctx.sys.wait(ctx, pid))?.exitCode ?? -1;
      }),
    config: (change) =>
      base.act(async (ctx: Context) => {
        const spec = example() as Spec & { process: NonNullable<Spec['process']> };
        spec.process.terminal = false;
        change(spec);
        await writeFile(ctx, '/tmp/bundle/config.json', JSON.stringify(spec));
      }),
  };
}

function msg(result: ExecResult): string[] {
  return [...result.stderr.matchAll(/msg="((?:[^"\\]|\\.)*)"/g)].map((m) => (m[1] ?? '').replaceAll('\\"', '"'));
}

async function run(words: string[], change: Parameters<Rig['config']>[0] = () => {}): Promise<ExecResult> {
  const node = rig();
  await node.config((spec) => {
    spec.process.args = words;
    change(spec);
  });
  return node.runc('run', 'v1');
}

describe('run', () => {
  test('output and exit code', async () => {
    expect(await run(['probe', 'echo', 'out', 'complain', 'err', 'exit', '3'])).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 3,
    });
  });
  test('is pid 1, in its own hostname, network, env', async () => {
    const result = await run(['probe', 'pid', 'hostname', 'links', 'env', 'pwd']);
    expect(result.stderr).toBe('');
    expect(result.stdout).toBe(
      '1 0\nrunc\nlo:true\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nTERM=xterm\nHOME=/root\n/\n',
    );
  });
  test('mounts', async () => {
    const { stdout } = await run(['probe', 'cat', '/proc/self/mounts']);
    expect(stdout).not.toContain('/tmp/bundle');
    const targets = stdout
      .trim()
      .split('\n')
      .map((l) =>
        l
          .split(' ')
          .slice(1, 4)
          .join(' ')
          .replace(/,(size|mode|gid|ptmxmode|nsdelegate).*/, ''),
      );
    expect(targets).toEqual(
      expect.arrayContaining([
        '/ ext4 ro,relatime',
        '/proc proc rw,relatime',
        expect.stringMatching(/^\/dev tmpfs rw,nosuid/),
        '/dev/pts devpts rw,nosuid,noexec,relatime',
        '/dev/shm tmpfs rw,nosuid,nodev,noexec,relatime',
        '/dev/mqueue mqueue rw,nosuid,nodev,noexec,relatime',
        '/sys sysfs ro,nosuid,nodev,noexec,relatime',
        '/sys/fs/cgroup cgroup2 ro,nosuid,nodev,noexec,relatime',
      ]),
    );
    expect(targets).toContain('/proc/sys proc ro,relatime');
  });
  test('/dev', async () => {
    expect((await run(['probe', 'ls', '/dev'])).stdout).toMatch(
      /fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero\n$/,
    );
  });
  test('sees its own cgroup as the root', async () => {
    expect((await run(['probe', 'cat', '/proc/self/cgroup'])).stdout).toBe('0::/\n');
  });
  test('read-only root and /proc/sys', async () => {
    expect(await run(['probe', 'write', '/x'])).toMatchObject({
      stderr: expect.stringContaining('Read-only file system'),
      exitCode: 1,
    });
    expect(await run(['probe', 'write', '/proc/sys/kernel/panic'])).toMatchObject({
      stderr: expect.stringContaining('Read-only file system'),
      exitCode: 1,
    });
  });
  test('user, cwd, capabilities', async () => {
    expect(
      await run(['probe', 'id'], (s) => {
        s.process.user = { uid: 1000, gid: 1000 };
      }),
    ).toEqual({ stdout: '1000:1000\n', stderr: '', exitCode: 0 });
    const cwd = await run(['probe', 'pwd'], (s) => {
      s.process.cwd = '/tmp/new';
      s.root = { path: 'rootfs' };
    });
    expect(cwd).toEqual({ stdout: '/tmp/new\n', stderr: '', exitCode: 0 });
    const status = (await run(['probe', 'cat', '/proc/self/status'])).stdout;
    expect(status).toContain('CapEff:\t0000000020000420\nCapBnd:\t0000000020000420\n');
    expect(status).toContain('NoNewPrivs:\t1\n');
    const bogus = await run(['probe', 'id'], (s) => {
      s.process.capabilities = { bounding: ['CAP_BOGUS'] };
    });
    expect(bogus.stdout).toBe('0:0\n');
    expect(msg(bogus)).toEqual(['ignoring unknown or unavailable capabilities: [CAP_BOGUS]']);
  });
  test.each([
    [
      ['nosuch'],
      'unable to start container process: error during container init: exec: "nosuch": executable file not found in $PATH',
    ],
    [
      ['/etc/passwd'],
      'unable to start container process: error during container init: exec: "/etc/passwd": permission denied',
    ],
    [
      ['/nosuch'],
      'unable to start container process: error during container init: exec: "/nosuch": stat /nosuch: no such file or directory',
    ],
    [[], 'args must not be empty'],
  ])('args %j', async (args, words) => {
    const result = await run(args);
    expect(result.exitCode).toBe(1);
    expect(msg(result)).toEqual([`runc run failed: ${words}`]);
  });
  test.each<[string, Parameters<Rig['config']>[0], string]>([
    [
      'cwd relative',
      (s) => {
        s.process.cwd = 'relative';
      },
      'Cwd must be an absolute path',
    ],
    [
      'hostname without a UTS namespace',
      (s) => {
        s.linux = { ...s.linux, namespaces: [{ type: 'mount' }] };
      },
      'unable to set hostname without a private UTS namespace',
    ],
    [
      'rootfs missing',
      (s) => {
        s.root = { path: '/nosuch' };
      },
      'invalid rootfs: stat /nosuch: no such file or directory',
    ],
    [
      'mount source missing',
      (s) => {
        s.mounts?.push({ destination: '/m', type: 'bind', source: '/nosuch', options: ['rbind'] });
      },
      'unable to start container process: error during container init: failed to fulfil mount request: open /nosuch: no such file or directory',
    ],
    [
      'prestart hook fails',
      (s) => {
        s.hooks = { prestart: [{ path: '/usr/bin/probe', args: ['probe', 'exit', '1'] }] };
      },
      'unable to start container process: error during container init: error running prestart hook #0: exit status 1, stdout: , stderr: ',
    ],
  ])('%s', async (_name, change, words) => {
    const result = await run(['probe', 'id'], change);
    expect(msg(result)).toEqual([`runc run failed: ${words}`]);
    expect(result.exitCode).toBe(1);
  });
  test('memory limit', async () => {
    const result = await run(['probe', 'rss', '100000000', 'echo', 'lived'], (s) => {
      s.linux = { ...s.linux, resources: { memory: { limit: 64 << 20 } } };
    });
    expect(result).toEqual({ stdout: '', stderr: '', exitCode: 137 });
  });
  test('leaves nothing behind', async () => {
    const node = rig();
    await node.config((s) => {
      s.process.args = ['probe', 'id'];
    });
    await node.runc('run', 'v1');
    await node.act(async (ctx) => {
      expect(await exists(ctx, '/run/runc/v1')).toBe(false);
      expect(await exists(ctx, '/sys/fs/cgroup/v1')).toBe(false);
      expect(await readFile(ctx, '/proc/self/mounts')).not.toContain('bundle');
    });
    expect([...node.kernel.processes.values()].filter((p) => p.comm.startsWith('runc'))).toEqual([]);
  });
});

test('life cycle', async () => {
  const node = rig();
  await node.config((s) => {
    s.process.args = ['probe', 'trap', 'TERM', 'sleep', '300'];
  });
  expect(await node.quietly('create', 'c1')).toBe(0);
  const created = await node.runc('state', 'c1');
  const { pid, ...rest } = JSON.parse(created.stdout) as { pid: number; status: string };
  expect(rest).toMatchObject({
    ociVersion: '1.2.1',
    id: 'c1',
    status: 'created',
    bundle: '/tmp/bundle',
    rootfs: '/tmp/bundle/rootfs',
    owner: '',
  });
  expect(node.kernel.processes.get(pid)?.comm).toBe('runc:[2:INIT]');
  expect((await node.runc('list')).stdout).toMatch(
    /^ID {10}PID {9}STATUS {6}BUNDLE {8}CREATED +OWNER\nc1 +\d+ +created +\/tmp\/bundle +\S+ +root\n$/,
  );
  expect(msg(await node.runc('create', 'c1'))).toEqual(['runc create failed: container with given ID already exists']);
  expect(await node.runc('start', 'c1')).toEqual({ stdout: '', stderr: '', exitCode: 0 });
  expect(msg(await node.runc('start', 'c1'))).toEqual(['cannot start an already running container']);
  expect(await node.runc('exec', 'c1', 'probe', 'pid', 'exit', '9')).toMatchObject({
    stdout: expect.stringMatching(/^[2-9]\d* 0\n$/),
    exitCode: 9,
  });
  const missing = await node.runc('exec', 'c1', 'nosuchcmd');
  expect(missing.exitCode).toBe(255);
  expect(msg(missing)).toEqual([
    'exec failed: unable to start container process: exec: "nosuchcmd": executable file not found in $PATH',
  ]);
  expect((await node.runc('exec', '--user', '1000:1000', 'c1', 'probe', 'id')).stdout).toBe('1000:1000\n');
  expect(msg(await node.runc('exec', '--cwd', '/nosuch', 'c1', 'probe', 'pwd'))).toEqual([
    'exec failed: unable to start container process: chdir to cwd ("/nosuch") set in config.json failed: no such file or directory',
  ]);
  expect(msg(await node.runc('exec', 'c1'))).toEqual(['exec failed: exec args cannot be empty']);
  expect((await node.runc('ps', '-f', 'json', 'c1')).stdout).toBe(`[${pid}]\n`);
  expect((await node.runc('pause', 'c1')).exitCode).toBe(0);
  expect(msg(await node.runc('pause', 'c1'))).toEqual(['container not running']);
  expect(msg(await node.runc('exec', 'c1', 'probe'))).toEqual([
    'exec failed: cannot exec in a paused container (use --ignore-paused to override)',
  ]);
  expect((await node.runc('resume', 'c1')).exitCode).toBe(0);
  expect(msg(await node.runc('resume', 'c1'))).toEqual(['container not paused']);
  expect(
    (await node.runc('update', '--memory', '33554432', '--cpu-quota', '20000', '--cpu-period', '100000', 'c1'))
      .exitCode,
  ).toBe(0);
  await node.act(async (ctx) => {
    expect(await readFile(ctx, '/sys/fs/cgroup/c1/memory.max')).toBe('33554432\n');
    expect(await readFile(ctx, '/sys/fs/cgroup/c1/cpu.max')).toBe('20000 100000\n');
  });
  expect(msg(await node.runc('update', '--memory', 'bogus', 'c1'))).toEqual([
    "invalid value for memory: invalid size: 'bogus'",
  ]);
  expect((await node.runc('events', '--stats', 'c1')).stdout).toContain('"type":"stats","id":"c1"');
  expect(msg(await node.runc('delete', 'c1'))).toEqual(['cannot delete container c1 that is not stopped: running']);
  expect(msg(await node.runc('kill', 'c1', 'BOGUS'))).toEqual(['unknown signal "BOGUS"']);
  expect((await node.runc('kill', 'c1', 'KILL')).exitCode).toBe(0);
  await node.act((ctx) => ctx.sleep(300_000_000));
  expect((await node.runc('list')).stdout).toMatch(/c1 +0 +stopped/);
  expect(msg(await node.runc('kill', 'c1'))).toEqual(['container not running']);
  expect(msg(await node.runc('exec', 'c1', 'probe'))).toEqual(['exec failed: cannot exec in a stopped container']);
  expect(msg(await node.runc('start', 'c1'))).toEqual(['cannot start a container that has stopped']);
  expect(await node.runc('delete', 'c1')).toEqual({ stdout: '', stderr: '', exitCode: 0 });
  expect(msg(await node.runc('delete', 'c1'))).toEqual(['container does not exist']);
  expect((await node.runc('delete', '-f', 'c1')).exitCode).toBe(0);
});

test('detached: force delete, limits, and no systemd to ask for a cgroup', async () => {
  const node = rig();
  await node.config((s) => {
    s.process.args = ['probe'];
  });
  expect(msg(await node.runc('--systemd-cgroup', 'run', 'c2'))).toEqual([
    'runc run failed: systemd not running on this host, cannot use systemd cgroups manager',
  ]);
  await node.config((s) => {
    s.process.args = ['probe', 'sleep', '300'];
    s.linux = {
      ...s.linux,
      cgroupsPath: '/kubepods/burstable/abc',
      resources: { cpu: { shares: 512, quota: 50_000, period: 100_000 }, pids: { limit: 10 } },
    };
  });
  expect(await node.quietly('run', '-d', '--pid-file', '/tmp/c2.pid', 'c2')).toBe(0);
  await node.act(async (ctx) => {
    const dir = '/sys/fs/cgroup/kubepods/burstable/abc';
    expect(await readFile(ctx, `${dir}/cgroup.procs`)).toBe(`${await readFile(ctx, '/tmp/c2.pid')}\n`);
    expect(await readFile(ctx, `${dir}/cpu.weight`)).toBe('59\n');
    expect(await readFile(ctx, `${dir}/cpu.max`)).toBe('50000 100000\n');
    expect(await readFile(ctx, `${dir}/pids.max`)).toBe('10\n');
  });
  expect(await node.runc('delete', '-f', 'c2')).toEqual({ stdout: '', stderr: '', exitCode: 0 });
});

test('JSON log and errors without a container', async () => {
  const node = rig();
  const result = await node.runc('--log', '/tmp/rl.json', '--log-format', 'json', 'run', '-b', '/nosuch', 'nosuch');
  expect(result).toEqual({
    stdout: '',
    stderr: 'runc run failed: chdir /nosuch: no such file or directory\n',
    exitCode: 1,
  });
  await node.act(async (ctx) => {
    expect(await readFile(ctx, '/tmp/rl.json')).toMatch(
      /^\{"level":"error","msg":"runc run failed: chdir \/nosuch: no such file or directory","time":"[^"]+"\}\n$/,
    );
  });
  expect(await node.runc('exec')).toMatchObject({ exitCode: 1 });
  expect(msg(await node.runc('restore', 'x'))).toEqual(['JSON specification file config.json not found']);
  expect(await node.runc('bogus')).toMatchObject({
    stderr: expect.stringContaining('msg="No help topic for \'bogus\'\\n"'),
    exitCode: 3,
  });
  expect(msg(await node.runc('--root', '/tmp/altroot', 'list'))).toEqual([
    'open /tmp/altroot: no such file or directory',
  ]);
  expect(msg(await node.runc('run', ''))).toEqual(['runc run failed: JSON specification file config.json not found']);
});

test('a container in the namespaces of another', async () => {
  const node = rig();
  await node.config((s) => {
    s.process.args = ['probe', 'sleep', '300'];
    s.hostname = 'pod';
  });
  await node.quietly('run', '-d', '--pid-file', '/tmp/p.pid', 'pod');
  const pid = await node.act((ctx) => readFile(ctx, '/tmp/p.pid'));
  const join = (type: string, name: string): { type: 'pid'; path: string } => ({
    type: type as 'pid',
    path: `/proc/${pid}/ns/${name}`,
  });
  await node.config((s) => {
    delete s.hostname;
    s.process.args = ['probe', 'pid', 'hostname', 'links'];
    s.linux = {
      ...s.linux,
      namespaces: [
        join('pid', 'pid'),
        join('network', 'net'),
        join('uts', 'uts'),
        join('ipc', 'ipc'),
        { type: 'mount' },
        { type: 'cgroup' },
      ],
    };
  });
  expect(await node.runc('run', 'app')).toEqual({
    stdout: expect.stringMatching(/^[2-9]\d* 0\npod\nlo:true\n$/),
    stderr: '',
    exitCode: 0,
  });
  // Without a pid namespace of its own, KILL goes to the whole cgroup.
  await node.config((s) => {
    delete s.hostname;
    s.process.args = ['probe', 'trap', 'TERM', 'sleep', '300'];
    s.linux = { ...s.linux, namespaces: [join('pid', 'pid'), { type: 'mount' }, { type: 'cgroup' }] };
  });
  expect(await node.quietly('run', '-d', 'app2')).toBe(0);
  expect((await node.runc('kill', 'app2', 'KILL')).exitCode).toBe(0);
  expect((await node.runc('list')).stdout).toMatch(/app2 +0 +stopped/);
  expect((await node.runc('delete', 'app2')).exitCode).toBe(0);
});

test('exec -t: without a terminal, and through one', async () => {
  const node = rig();
  await node.config((s) => {
    s.process.args = ['probe', 'sleep', '300'];
  });
  await node.quietly('run', '-d', 'c1');
  const bare = await node.runc('exec', '-t', 'c1', 'probe', 'tty');
  expect(msg(bare)).toEqual(['exec failed: open /dev/tty: no such device or address']);
  expect(bare.exitCode).toBe(255);
  await node.act(async (ctx) => {
    const { master, slavePath } = await ctx.sys.openPty(ctx);
    const slave = await ctx.sys.open(ctx, slavePath, { read: true, write: true });
    const pid = await ctx.sys.spawn(ctx, RUNC, {
      argv: ['runc', 'exec', '-t', 'c1', 'probe', 'tty', 'exit', '4'],
      cwd: '/tmp/bundle',
      newSession: true,
      stdio: { 0: slave, 1: slave, 2: slave },
    });
    expect((await ctx.sys.wait(ctx, pid))?.exitCode).toBe(4);
    expect(new TextDecoder().decode(await ctx.sys.read(ctx, master))).toBe('true\r\n');
    expect(await ctx.sys.getTermios(ctx, slave)).toMatchObject({ canonical: true, echo: true });
  });
});

test('terminal without a console socket', async () => {
  const node = rig();
  await node.config((s) => {
    s.process.terminal = true;
  });
  expect(msg(await node.runc('create', 'c1'))).toEqual([
    'runc create failed: cannot allocate tty if runc will detach without setting console socket',
  ]);
  expect((await node.runc('list')).stdout).not.toContain('c1');
});

test('argument errors print the help of the command', async () => {
  const node = rig();
  const result = await node.runc('state');
  expect(result.stdout).toMatch(/^Incorrect Usage\.\n\nNAME:\n {3}runc state - /);
  expect(msg(result)).toEqual(['runc: "state" requires exactly 1 argument(s)']);
  const version = await node.runc('--version');
  expect(version.stdout).toBe(
    'runc version 1.3.6+ds1\ncommit: 1.3.6+ds1-1\nspec: 1.2.1\ngo: go1.26.5\nlibseccomp: 2.6.1\n',
  );
  expect(await node.runc('spec')).toMatchObject({ exitCode: 0 });
  expect(msg(await node.runc('spec'))).toEqual(['File config.json exists. Remove it first']);
});

test('the pty goes out over the console socket', async () => {
  const node = rig();
  await node.config((s) => {
    s.process.terminal = true;
    s.process.args = ['probe', 'tty', 'ls', '/dev', 'sleep', '300'];
  });
  await node.act(async (ctx) => {
    const listener = await ctx.sys.listen(ctx, { family: 'unix', path: '/tmp/console.sock' });
    const pid = await ctx.sys.spawn(ctx, RUNC, {
      argv: [RUNC, 'run', '-d', '--console-socket', '/tmp/console.sock', 'c1'],
      cwd: '/tmp/bundle',
    });
    const connection = await ctx.sys.accept(ctx, listener);
    const { descriptors } = await ctx.sys.receiveDescriptors(ctx, connection);
    expect((await ctx.sys.wait(ctx, pid))?.exitCode).toBe(0);
    let text = '';
    while (!text.includes('zero')) text += new TextDecoder().decode(await ctx.sys.read(ctx, descriptors[0] ?? -1));
    expect(text).toMatch(/^true\r\nconsole core fd full mqueue null ptmx pts/);
  });
});
