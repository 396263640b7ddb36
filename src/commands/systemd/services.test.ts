/** Services, dependencies and transient units, steered by systemctl. */
import { expect, test } from 'vitest';
import { mkdirAll, print, readFile, writeFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import type { Signal } from '../../linux/signals.ts';
import { journald } from '../../linux/systemd/journald.ts';
import { systemd } from '../../linux/systemd/manager.ts';
import { testKernel } from '../../testing/kernel.ts';
import { systemdCgls } from './cgls.ts';
import { journalctl } from './journalctl.ts';
import { systemdRun } from './run.ts';
import { systemctl } from './systemctl.ts';

const FOREVER = 1e15;

/** daemon [--exit=N after a second] [--deaf: ignores SIGTERM] [--child: leaves one behind] [--busy] */
const daemon: Program = {
  name: 'daemon',
  main: async (ctx, argv) => {
    const exit = argv.find((a) => a.startsWith('--exit='));
    if (argv.includes('--deaf')) ctx.sys.sigaction(ctx, 'SIGTERM', 'ignore');
    if (argv.includes('--child'))
      await ctx.sys.fork(ctx, async (c) => {
        await c.sleep(FOREVER);
        return 0;
      });
    if (argv.includes('--busy')) for (;;) await ctx.cpu(10_000_000);
    if (exit === undefined) await ctx.sleep(FOREVER);
    else await ctx.sleep(1e9);
    return Number(exit?.slice(7));
  },
};
const show: Program = {
  name: 'show',
  main: async (ctx) => {
    const { uid, gid, groups } = ctx.process.credentials;
    const limit = ctx.sys.getrlimit(ctx, 'NOFILE');
    const env = ctx.process.env.filter((e) => /^(FROM|HOME|MAINPID)/.test(e)).join(' ');
    await print(
      ctx,
      `uid=${uid} gid=${gid} groups=${groups} cwd=${await ctx.sys.getcwd(ctx)} nofile=${limit.soft}/${limit.hard} ${env}\n`,
    );
    return 0;
  },
};
/** Answers each connection on the socket that it was started with. */
const answerer: Program = {
  name: 'answerer',
  main: async (ctx) => {
    for (;;) {
      const fd = await ctx.sys.accept(ctx, 3);
      await ctx.sys.write(
        ctx,
        fd,
        `LISTEN_FDS=${ctx.process.env.find((e) => e.startsWith('LISTEN_FDS='))?.slice(11)}\n`,
      );
      await ctx.sys.close(ctx, fd);
    }
  },
};
const yes: Program = { name: 'true', main: async () => 0 };
const no: Program = { name: 'false', main: async () => 1 };

async function node(units: Record<string, string>, files: Record<string, string> = {}) {
  const rig = testKernel({
    programs: [systemctl, journalctl, systemd, journald, systemdRun, systemdCgls, daemon, show, answerer, yes, no],
    files: {
      '/usr/lib/systemd/system/systemd-journald.service':
        '[Unit]\nDescription=Journal Service\n\n[Service]\nExecStart=/usr/bin/systemd-journald\n',
      ...Object.fromEntries(Object.entries(units).map(([name, text]) => [`/usr/lib/systemd/system/${name}`, text])),
      ...files,
    },
  });
  await rig.act(async (ctx) => {
    await ctx.sys.fork(ctx, async (c) => c.sys.execve(c, '/usr/bin/systemd', ['/sbin/init'], c.process.env));
    await ctx.sleep(2e9);
  });
  const run = (line: string) => rig.exec(`/usr/bin/${line}`.split(' '));
  const wait = (seconds: number) => rig.act(async (ctx) => ctx.sleep(seconds * 1e9));
  const read = (path: string) => rig.act(async (ctx) => (await readFile(ctx, path)).trim());
  const log = async (unit: string) => (await run(`journalctl -o cat -u ${unit}`)).stdout.split('\n').slice(0, -1);
  const prop = async (unit: string, name: string) => (await run(`systemctl show ${unit} -P ${name}`)).stdout.trim();
  const kill = (pid: number, signal: Signal) => rig.act(async (ctx) => ctx.sys.kill(ctx, pid, signal));
  return { run, wait, read, log, prop, kill, rig };
}

const service = (text: string, unit = ''): string => `[Unit]\n${unit}\n[Service]\n${text}\n`;

test('what is around the main process: conditions, commands before, after and at the end', async () => {
  const { run, log, prop } = await node({
    'all.service': service(
      'Type=simple\nExecStartPre=/usr/bin/true\nExecStartPre=-/usr/bin/false\nExecStart=/usr/bin/daemon\nExecStartPost=/usr/bin/true\nExecStop=/usr/bin/show\nExecStopPost=/usr/bin/true',
    ),
    'skipped.service': service('ExecStart=/usr/bin/daemon', 'ConditionPathExists=/nowhere'),
    'refused.service': service('ExecStartPre=/usr/bin/false\nExecStart=/usr/bin/daemon'),
    'nouser.service': service('User=nobodyatall\nExecStart=/usr/bin/daemon\nType=oneshot'),
  });
  expect((await run('systemctl start all')).exitCode).toBe(0);
  const pid = await prop('all', 'MainPID');
  await run('systemctl stop all');
  expect(await log('all')).toEqual([
    'Starting all.service...',
    'all.service: Control process exited, code=exited, status=1/FAILURE',
    'Started all.service.',
    'Stopping all.service...',
    expect.stringContaining(`MAINPID=${pid}`),
    'all.service: Deactivated successfully.',
    'Stopped all.service.',
  ]);
  expect((await run('systemctl start skipped')).exitCode).toBe(0);
  expect(await log('skipped')).toEqual([
    'skipped.service was skipped because of an unmet condition check (ConditionPathExists=/nowhere).',
  ]);
  expect(await run('systemctl start refused')).toMatchObject({
    exitCode: 1,
    stderr:
      'Job for refused.service failed because the control process exited with error code.\nSee "systemctl status refused.service" and "journalctl -xeu refused.service" for details.\n',
  });
  expect((await run('systemctl status refused -n0')).stdout).toContain(
    'ExecStartPre=/usr/bin/false (code=exited, status=1/FAILURE)',
  );
  await run('systemctl start nouser');
  expect(await log('nouser')).toContain(
    'nouser.service: Failed at step USER spawning /usr/bin/daemon: No such process',
  );
  expect((await run('systemctl status nouser -n0')).stdout).toContain('status=217/USER');
});

test('who it runs as, where, with which limits and environment', async () => {
  const { run, log } = await node(
    {
      'who.service': service(
        'Type=oneshot\nUser=nobody\nWorkingDirectory=/tmp\nLimitNOFILE=100:200\nEnvironmentFile=-/etc/missing\nEnvironmentFile=/etc/env\nExecStart=/usr/bin/show',
      ),
      'noenv.service': service('Type=oneshot\nEnvironmentFile=/etc/missing\nExecStart=/usr/bin/show'),
    },
    { '/etc/env': 'FROM="a file"\n' },
  );
  await run('systemctl start who');
  expect(await log('who')).toContain(
    'uid=65534 gid=65534 groups=65534 cwd=/tmp nofile=100/200 FROM=a file HOME=/nonexistent',
  );
  expect((await run('systemctl start noenv')).stderr).toContain('of unavailable resources or another system error');
});

test('stopping: the whole cgroup, only the main process, or nobody; SIGKILL when the time is over', async () => {
  const { run, log, read, wait } = await node({
    'group.service': service('ExecStart=/usr/bin/daemon --child'),
    'process.service': service('ExecStart=/usr/bin/daemon --child\nKillMode=process'),
    'deaf.service': service('ExecStart=/usr/bin/daemon --deaf\nTimeoutStopSec=3'),
  });
  await run('systemctl start group process deaf');
  await run('systemctl stop group process');
  expect((await run('systemctl show group -P ControlGroup')).stdout).toBe('\n');
  await expect(read('/sys/fs/cgroup/system.slice/group.service/cgroup.procs')).rejects.toThrow('ENOENT');
  expect(await read('/sys/fs/cgroup/system.slice/process.service/cgroup.procs')).toMatch(/^\d+$/);
  expect(await log('process')).toContainEqual(
    expect.stringMatching(/^process.service: Unit process \d+ \(daemon\) remains running after unit stopped.$/),
  );
  await run('systemctl start process');
  expect(await log('process')).toContainEqual(expect.stringMatching(/Found left-over process \d+ \(daemon\)/));
  await run('systemctl stop deaf');
  expect(await log('deaf')).toEqual([
    'Started deaf.service.',
    'Stopping deaf.service...',
    "deaf.service: State 'stop-sigterm' timed out. Killing.",
    expect.stringMatching(/^deaf.service: Killing process \d+ \(daemon\) with signal SIGKILL.$/),
    'deaf.service: Main process exited, code=killed, status=9/KILL',
    "deaf.service: Failed with result 'timeout'.",
    'Stopped deaf.service.',
  ]);
  await wait(1);
  expect((await run('systemctl is-failed deaf')).stdout).toBe('failed\n');
});

test('restarts: on failure, not after a clean signal, until there were too many', async () => {
  const { run, log, prop, kill, wait } = await node({
    'flaky.service': service('ExecStart=/usr/bin/daemon --exit=3\nRestart=on-failure\nRestartSec=1'),
    'calm.service': service('ExecStart=/usr/bin/daemon\nRestart=on-failure'),
    'never.service': service('ExecStart=/usr/bin/daemon --exit=3\nRestart=always\nRestartPreventExitStatus=3'),
  });
  await run('systemctl start flaky calm never');
  await kill(Number(await prop('calm', 'MainPID')), 'SIGTERM');
  await wait(1.5);
  expect(await prop('calm', 'ActiveState')).toBe('inactive');
  expect(await prop('never', 'ActiveState')).toBe('failed');
  expect(await prop('flaky', 'SubState')).toBe('auto-restart');
  await wait(15);
  expect(Number(await prop('flaky', 'NRestarts'))).toBeGreaterThan(5);
  await run('systemctl stop flaky');
  expect((await log('flaky')).slice(0, 5)).toEqual([
    'Started flaky.service.',
    'flaky.service: Main process exited, code=exited, status=3/n/a',
    "flaky.service: Failed with result 'exit-code'.",
    'flaky.service: Scheduled restart job, restart counter is at 1.',
    'Started flaky.service.',
  ]);
});

test('the start limit, and reset-failed', async () => {
  const { run, prop } = await node({
    'bad.service': service('Type=oneshot\nExecStart=/usr/bin/false', 'StartLimitBurst=2'),
  });
  for (let i = 0; i < 2; i++) await run('systemctl start bad');
  const third = await run('systemctl start bad');
  expect(third.stderr).toBe(
    'Job for bad.service failed because start of the service was attempted too often.\nSee "systemctl status bad.service" and "journalctl -xeu bad.service" for details.\nTo force a start use "systemctl reset-failed bad.service"\nfollowed by "systemctl start bad.service" again.\n',
  );
  expect((await run('systemctl is-system-running')).stdout).toBe('degraded\n');
  expect(await run('systemctl reset-failed bad')).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await prop('bad', 'ActiveState')).toBe('inactive');
  expect((await run('systemctl is-system-running')).stdout).toBe('running\n');
  expect((await run('systemctl start bad')).stderr).toContain('control process exited with error code');
  expect(await run('systemctl reset-failed nosuch')).toMatchObject({
    stderr: 'Failed to reset failed state of unit nosuch.service: Unit nosuch.service not loaded.\n',
  });
});

test('dependencies: pulled in, in order, taken along, in each other’s way', async () => {
  const { run, log, prop, kill, wait } = await node({
    'base.service': service('ExecStart=/usr/bin/daemon'),
    'top.service': service('ExecStart=/usr/bin/daemon', 'Requires=base.service\nAfter=base.service'),
    'part.service': service('ExecStart=/usr/bin/daemon', 'PartOf=base.service'),
    'bound.service': service('ExecStart=/usr/bin/daemon', 'BindsTo=base.service\nAfter=base.service'),
    'rival.service': service('ExecStart=/usr/bin/daemon', 'Conflicts=base.service'),
    'broken.service': service('Type=oneshot\nExecStart=/usr/bin/false', 'OnFailure=rescue.service'),
    'rescue.service': service('ExecStart=/usr/bin/daemon'),
    'needy.service': service('ExecStart=/usr/bin/daemon', 'Requires=broken.service\nAfter=broken.service'),
    'lost.service': service('ExecStart=/usr/bin/daemon', 'Requires=nosuch.service'),
  });
  const state = async (...names: string[]) =>
    (await run(`systemctl is-active ${names.join(' ')}`)).stdout.trim().split('\n');
  await run('systemctl start top part bound');
  expect(await state('base', 'top', 'part', 'bound')).toEqual(['active', 'active', 'active', 'active']);
  const before = await prop('part', 'MainPID');
  await run('systemctl restart base');
  expect(await state('base', 'top', 'part', 'bound')).toEqual(['active', 'active', 'active', 'active']);
  expect(await prop('part', 'MainPID')).not.toBe(before);
  await kill(Number(await prop('base', 'MainPID')), 'SIGKILL');
  await wait(1);
  expect(await state('base', 'top', 'part', 'bound')).toEqual(['failed', 'active', 'active', 'inactive']);
  expect(await log('bound')).toContain("bound.service: Bound to unit base.service, but unit isn't active.");
  await run('systemctl start base');
  await run('systemctl start rival');
  expect(await state('base', 'top', 'rival')).toEqual(['inactive', 'inactive', 'active']);
  expect(await run('systemctl start needy')).toMatchObject({
    exitCode: 1,
    stderr: "A dependency job for needy.service failed. See 'journalctl -xe' for details.\n",
  });
  await wait(1);
  expect(await state('rescue')).toEqual(['active']);
  expect((await run('systemctl start lost')).stderr).toBe(
    'Failed to start lost.service: Unit nosuch.service not found.\n',
  );
});

test('resources of a unit, by file, by set-property, and back by revert', async () => {
  const { run, read, prop } = await node({
    'a.service': service('ExecStart=/usr/bin/daemon\nMemoryMax=100M\nTasksMax=50\nSlice=app-web.slice'),
    'app-web.slice': '[Slice]\nCPUQuota=150%\n',
  });
  await run('systemctl start a');
  const directory = '/sys/fs/cgroup/app.slice/app-web.slice';
  expect(await read(`${directory}/cpu.max`)).toBe('150000 100000');
  expect(await read(`${directory}/a.service/memory.max`)).toBe('104857600');
  expect(await read(`${directory}/a.service/pids.max`)).toBe('50');
  await run('systemctl set-property a CPUQuota=20% MemoryMax=200M');
  expect(await read(`${directory}/a.service/cpu.max`)).toBe('20000 100000');
  expect(await read(`${directory}/a.service/memory.max`)).toBe('209715200');
  expect(await prop('a', 'DropInPaths')).toBe(
    '/etc/systemd/system.control/a.service.d/50-CPUQuota.conf /etc/systemd/system.control/a.service.d/50-MemoryMax.conf',
  );
  await run('systemctl revert a');
  expect(await read(`${directory}/a.service/cpu.max`)).toBe('max 100000');
  expect(await read(`${directory}/a.service/memory.max`)).toBe('104857600');
  expect((await run('systemctl set-property a Colour=red')).stderr).toBe(
    'Failed to set unit properties on a.service: Cannot set property Colour, or unknown property.\n',
  );
});

test('a unit file that has changed on disk is used after daemon-reload, and until then there is a warning', async () => {
  const { run, rig } = await node({ 'a.service': service('ExecStart=/usr/bin/daemon') });
  await rig.act(async (ctx) => {
    await mkdirAll(ctx, '/etc/systemd/system/a.service.d');
    const fd = await ctx.sys.open(ctx, '/etc/systemd/system/a.service.d/x.conf', { write: true, create: true });
    await ctx.sys.write(ctx, fd, '[Unit]\nDescription=Another name\n');
    await ctx.sys.close(ctx, fd);
  });
  const warning =
    "Warning: The unit file, source configuration file or drop-ins of a.service changed on disk. Run 'systemctl daemon-reload' to reload units.\n";
  expect((await run('systemctl start a')).stderr).toBe(warning);
  expect(await run('systemctl status a -n0')).toMatchObject({
    stderr: warning,
    stdout: expect.stringMatching(/^● a.service\n/),
  });
  await run('systemctl daemon-reload');
  expect((await run('systemctl status a -n0')).stdout).toMatch(/^● a.service - Another name\n/);
});

test('what a unit names follows its links and drop-ins', async () => {
  const { run, prop, rig } = await node({
    'own.target': '[Unit]\nDescription=Own\n',
    'a.service': `${service('ExecStart=/usr/bin/daemon')}[Install]\nWantedBy=own.target\n`,
  });
  expect(await prop('own.target', 'Wants')).toBe('');
  await run('systemctl enable a');
  expect(await prop('own.target', 'Wants')).toBe('a.service');
  await run('systemctl disable a');
  expect(await prop('own.target', 'Wants')).toBe('');
  // One unit has a file, the other none.
  for (const unit of ['a.service', 'system.slice']) {
    expect(await prop(unit, 'After')).not.toContain('own.target');
    await rig.act(async (ctx) => {
      await mkdirAll(ctx, `/etc/systemd/system/${unit}.d`);
      await writeFile(ctx, `/etc/systemd/system/${unit}.d/x.conf`, '[Unit]\nAfter=own.target\n');
    });
    await run('systemctl daemon-reload');
    expect(await prop(unit, 'After')).toContain('own.target');
  }
});

test('a new unit file needs no daemon-reload, nor do those that it needs', async () => {
  const { run, rig } = await node({ 'other.service': service('ExecStart=/usr/bin/daemon') });
  const write = (name: string, text: string): Promise<unknown> =>
    rig.act(async (ctx) => {
      await mkdirAll(ctx, '/etc/systemd/system');
      await writeFile(ctx, `/etc/systemd/system/${name}`, text);
    });
  await write('b.service', '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/bin/true\n');
  await write(
    'a.service',
    '[Unit]\nRequires=b.service\nAfter=b.service\n[Service]\nExecStart=/usr/bin/daemon\n[Install]\nWantedBy=multi-user.target\n',
  );
  expect((await run('systemctl is-enabled a')).stdout).toBe('disabled\n');
  expect(await run('systemctl enable --now a')).toMatchObject({
    stderr:
      "Created symlink '/etc/systemd/system/multi-user.target.wants/a.service' → '/etc/systemd/system/a.service'.\n",
    exitCode: 0,
  });
  expect((await run('systemctl is-active a b')).stdout).toBe('active\nactive\n');
  expect((await run('systemctl start nosuch')).stderr).toBe(
    'Failed to start nosuch.service: Unit nosuch.service not found.\n',
  );
  await rig.act((ctx) => ctx.sys.symlink(ctx, '/dev/null', '/etc/systemd/system/m.service'));
  expect((await run('systemctl start m')).stderr).toBe('Failed to start m.service: Unit m.service is masked.\n');
  await write('t.timer', '[Timer]\nOnActiveSec=1\n');
  expect((await run('systemctl start t.timer')).stderr).toBe('Failed to start t.timer: not simulated: timer units\n');
});

test('systemd-run: a service of the moment, and a scope', async () => {
  const { run, read, wait, rig } = await node({});
  const started = await run('systemd-run --unit=moment -p MemoryMax=50M daemon');
  expect(started.stderr).toMatch(/^Running as unit: moment.service; invocation ID: [0-9a-f]{32}\n$/);
  expect((await run('systemctl status moment -n0')).stdout).toContain(
    'Loaded: loaded (/run/systemd/transient/moment.service; transient)\n  Transient: yes\n',
  );
  expect(await read('/sys/fs/cgroup/system.slice/moment.service/memory.max')).toBe('52428800');
  expect((await run('systemd-run --unit=moment daemon')).stderr).toBe(
    'Failed to start transient service unit: Unit moment.service was already loaded or has a fragment file.\n',
  );
  await run('systemctl stop moment');
  expect((await run('systemctl status moment')).exitCode).toBe(4);
  expect((await run('systemd-run --wait --quiet false')).exitCode).toBe(1);
  await rig.act(async (ctx) => {
    await ctx.sys.spawn(ctx, '/usr/bin/systemd-run', {
      argv: ['systemd-run', '--scope', '--unit=here', '-p', 'CPUQuota=10%', 'daemon', '--busy'],
    });
    await ctx.sleep(10e9);
  });
  const cpu = Number(/usage_usec (\d+)/.exec(await read('/sys/fs/cgroup/system.slice/here.scope/cpu.stat'))?.[1]) / 1e6;
  expect(cpu).toBeGreaterThan(0.9);
  expect(cpu).toBeLessThan(1.1);
  expect((await run('systemd-cgls /system.slice')).stdout).toMatch(
    /└─here.scope\n {2}└─\d+ \/usr\/bin\/daemon --busy\n$/,
  );
  await run('systemctl stop here.scope');
  await wait(1);
  expect((await run('systemctl status here.scope')).exitCode).toBe(4);
});

test('a socket unit starts its service when somebody knocks', async () => {
  const { run, prop, log, rig } = await node({
    'echo.socket':
      '[Unit]\nDescription=Echo\n[Socket]\nListenStream=/run/echo.sock\n[Install]\nWantedBy=sockets.target\n',
    'echo.service': service('ExecStart=/usr/bin/answerer'),
  });
  const knock = (): Promise<string> =>
    rig.act(async (ctx) => {
      const fd = await ctx.sys.connect(ctx, { family: 'unix', path: '/run/echo.sock' });
      return new TextDecoder().decode(await ctx.sys.read(ctx, fd)).trim();
    });
  await run('systemctl start echo.socket');
  expect((await run('systemctl list-sockets')).stdout).toMatch(/^\/run\/echo.sock +echo.socket +echo.service$/m);
  expect(await prop('echo.service', 'ActiveState')).toBe('inactive');
  expect(await knock()).toBe('LISTEN_FDS=1');
  expect(await prop('echo.service', 'ActiveState')).toBe('active');
  expect((await run('systemctl stop echo.service')).stderr).toBe(
    "Stopping 'echo.service', but its triggering units are still active:\necho.socket\n",
  );
  expect(await knock()).toBe('LISTEN_FDS=1');
  await run('systemctl stop echo.socket echo.service');
  expect(await log('echo.socket')).toEqual([
    'Listening on echo.socket - Echo.',
    'echo.socket: Deactivated successfully.',
    'Closed echo.socket - Echo.',
  ]);
  await expect(knock()).rejects.toThrow('ECONNREFUSED');
});
