/**
 * A bare kernel for tests of programs: the usual mounts, the programs you give, and a strand to act in.
 *
 *   const rig = testKernel({ programs: [cat] });
 *   const result = await rig.exec(['/usr/bin/cat', '/etc/hostname']);   // { stdout, stderr, exitCode }
 *   await rig.act(async (ctx) => { await ctx.sys.mkdir(ctx, '/x'); });
 */

import type { Context } from '../linux/context.ts';
import { Errno } from '../linux/errno.ts';
import { runCommand } from '../linux/io.ts';
import { Kernel } from '../linux/kernel.ts';
import type { Internet } from '../linux/net/net-namespace.ts';
import { rootCredentials } from '../linux/process.ts';
import type { Program } from '../linux/program.ts';
import { type Data, utf8 } from '../linux/rope.ts';
import { signalNumber } from '../linux/signals.ts';
import { baseTree, DiskImage, deviceNodes } from '../machine/disk-image.ts';
import { Random } from '../sim/random.ts';
import { Scheduler } from '../sim/scheduler.ts';
import { Trace } from '../sim/trace.ts';

export type ExecResult = { stdout: string; stderr: string; exitCode: number };

const STEPS_MAX = 20_000_000;
/** 2026-11-23T17:00:00Z */
const BOOT_TIME = 1_795_453_200_000_000_000n;

export type TestKernel = {
  kernel: Kernel;
  scheduler: Scheduler;
  trace: Trace;
  disk: DiskImage;
  /** Runs `body` in a fresh root process on the host and returns what it returns; errors are rethrown. */
  act<T>(body: (ctx: Context) => Promise<T>): Promise<T>;
  exec(argv: readonly string[], options?: { stdin?: Data; env?: readonly string[]; cwd?: string }): Promise<ExecResult>;
};

export function testKernel(
  options: {
    programs?: readonly Program[];
    seed?: number;
    files?: Record<string, Data>;
    hostname?: string;
    tolerant?: boolean;
    /** After so many steps the test gives up. */
    stepsMax?: number;
  } = {},
): TestKernel {
  const scheduler = new Scheduler();
  const trace = new Trace(scheduler);
  const programs = new Map((options.programs ?? []).map((p) => [p.name, p]));
  const internet: Internet = { hosts: new Map() };
  let crash: unknown = null;
  const kernel = new Kernel({
    scheduler,
    trace,
    random: new Random(options.seed ?? 1),
    programs,
    internet,
    hostname: options.hostname ?? 'node-1',
    release: '6.12.48+deb13-amd64',
    version: '#1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)',
    cores: 2,
    memoryBytes: 4 * 1024 ** 3,
    diskBytes: 40 * 1024 ** 3,
    bootWallTime: BOOT_TIME,
    commandLine: 'BOOT_IMAGE=/boot/vmlinuz root=/dev/vda1 ro',
    onDefect: (error) => {
      if (options.tolerant !== true) crash ??= error;
    },
  });
  scheduler.onCrash = (error) => {
    crash ??= error;
  };
  const disk = new DiskImage(kernel.rootFileSystem, BOOT_TIME);
  baseTree(disk);
  deviceNodes(disk);
  disk.file('/etc/hostname', 'node-1\n');
  disk.file('/etc/hosts', '127.0.0.1 localhost\n127.0.1.1 node-1\n');
  disk.file(
    '/etc/passwd',
    'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  );
  disk.file('/etc/group', 'root:x:0:\nnogroup:x:65534:\n');
  for (const program of programs.values()) disk.program(`/usr/bin/${program.name}`, program.name, 40_000);
  for (const [path, data] of Object.entries(options.files ?? {})) disk.file(path, data);

  const init = kernel.startInit(
    'systemd',
    ['/sbin/init'],
    ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8'],
    async (ctx) => {
      const { sys } = ctx;
      await sys.mount(ctx, 'proc', '/proc', 'proc', { noSuid: true, noDev: true, noExec: true });
      await sys.mount(ctx, 'sysfs', '/sys', 'sysfs', { noSuid: true, noDev: true, noExec: true });
      await sys.mount(ctx, 'cgroup2', '/sys/fs/cgroup', 'cgroup2', { noSuid: true, noDev: true, noExec: true });
      await sys.mount(
        ctx,
        'devpts',
        '/dev/pts',
        'devpts',
        { noSuid: true, noExec: true },
        'gid=5,mode=620,ptmxmode=000',
      );
      await sys.mount(ctx, 'tmpfs', '/run', 'tmpfs', { noSuid: true, noDev: true }, 'mode=755');
      await sys.netlink(ctx, { op: 'link.set', name: 'lo', up: true });
      for (;;) {
        try {
          await sys.wait(ctx, -1);
        } catch (error) {
          if (!(error instanceof Errno)) throw error;
          await ctx.sleep(1_000_000_000);
        }
      }
    },
  );

  const act = async <T>(body: (ctx: Context) => Promise<T>): Promise<T> => {
    let outcome: { value: T } | { error: unknown } | null = null;
    const process = kernel.newProcess({
      parent: init,
      comm: 'test',
      argv: ['test'],
      env: init.env,
      cwd: kernel.rootLocation(kernel.initialNamespaces.mnt),
      root: kernel.rootLocation(kernel.initialNamespaces.mnt),
      credentials: rootCredentials(),
      namespaces: kernel.initialNamespaces,
      pidNamespace: kernel.rootPidNamespace,
      cgroup: kernel.rootCgroup,
      span: 0,
    });
    kernel.runMain(process, async (ctx) => {
      try {
        outcome = { value: await body(ctx) };
      } catch (error) {
        outcome = { error };
      }
      return 0;
    });
    const result = await scheduler.run({
      stopWhen: () => outcome !== null || crash !== null,
      maxSteps: options.stepsMax ?? STEPS_MAX,
    });
    if (crash !== null) throw crash;
    if (outcome === null) throw new Error(`the machine went ${result} before the test's strand ended`);
    const settled = outcome as { value: T } | { error: unknown };
    if ('error' in settled)
      throw settled.error instanceof Errno ? new Error(`errno ${settled.error.code}`) : settled.error;
    return settled.value;
  };

  return {
    kernel,
    scheduler,
    trace,
    disk,
    act,
    exec: (argv, execOptions = {}) =>
      act(async (ctx) => {
        const { stdout, stderr, status } = await runCommand(ctx, argv, execOptions);
        return {
          stdout: utf8(stdout),
          stderr: utf8(stderr),
          exitCode: status.signal === null ? status.exitCode : 128 + signalNumber(status.signal),
        };
      }),
  };
}
