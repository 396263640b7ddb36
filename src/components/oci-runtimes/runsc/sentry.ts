/**
 * The Sentry: the pod's kernel, in user space, inside the sandbox process.
 * @models gVisor pkg/sentry/kernel, pkg/sentry/syscalls/linux, pkg/sentry/platform/{systrap,kvm}
 * @fidelity partial: what Linux and the Sentry do alike is done by the same code; calls outside of the surface are not there; a call costs the same on every platform
 */
import type { Context } from '../../../linux/context.ts';
import { errno } from '../../../linux/errno.ts';
import { startGuestKernel } from '../../../linux/guest-kernel.ts';
import type { Kernel } from '../../../linux/kernel.ts';
import { type Signal, signalNumber } from '../../../linux/signals.ts';
import type { Syscalls } from '../../../linux/syscalls.ts';
import { Future, Queue } from '../../../sim/primitives.ts';
import { sentryProcView } from './proc-view.ts';
import { fillSyslog } from './syslog.ts';

export const SENTRY_RELEASE = '4.19.0-gvisor';
const SENTRY_VERSION = '#1 SMP Sun Jan 10 15:06:54 PST 2016';
const SENTRY_BYTES = 28_000 << 10;
const STUB_BYTES = 64 << 10;
/** Filesystems that mount(2) knows. */
const FILESYSTEMS = new Set(['tmpfs', 'proc', 'sysfs', 'devtmpfs', 'devpts', 'overlay', 'mqueue', '']);

export type Sentry = {
  kernel: Kernel;
  /** The parent of every container's first process: no container sees it. */
  root: Context;
  /** How a process that was started here ended, by its pid as `root` sees it. */
  exit(pid: number): Promise<number>;
  readonly platform: Platform;
};

/**
 * systrap: host processes whose address spaces the applications run in; one that is free is used again. On KVM they run in
 * the sandbox's own address spaces, as the guest of a machine that it is itself: there are no such processes.
 */
export class Platform {
  private readonly host: Context;
  private readonly usesStubs: boolean;
  private stubs = 0;

  constructor(host: Context, name: string) {
    this.host = host;
    this.usesStubs = name !== 'kvm';
  }

  async start(): Promise<void> {
    if (this.usesStubs) await this.stub(this.host);
  }

  async grow(processes: number): Promise<void> {
    while (this.usesStubs && this.stubs < processes) {
      this.stubs++;
      await this.stub(this.host, true);
    }
  }

  private async stub(ctx: Context, withChild = false): Promise<void> {
    const parent = ctx.sys.getpid(ctx);
    await ctx.sys.fork(ctx, async (inner) => {
      const { sys } = inner;
      sys.setParentDeathSignal(inner, 'SIGKILL');
      // It may have died before that was said.
      if (sys.getppid(inner) !== parent) return 0;
      for (const fd of await sys.openDescriptors(inner)) await sys.close(inner, fd);
      // Nothing of the program is left in the address space: no arguments either.
      sys.setTitle(inner, '');
      await sys.setMemory(inner, STUB_BYTES);
      if (withChild) await this.stub(inner);
      return inner.scheduler.parkForever();
    });
  }
}

export async function startSentry(
  host: Context,
  hostname: string,
  cores: number,
  memoryBytes: number,
  platformName: string,
): Promise<Sentry> {
  const kernel = startGuestKernel(host.process, {
    kind: 'sentry',
    hostname,
    release: SENTRY_RELEASE,
    version: SENTRY_VERSION,
    cores,
    memoryBytes,
    commandLine: 'BOOT_IMAGE=/vmlinuz-4.19.0-gvisor quiet',
    carrierBytes: SENTRY_BYTES,
    returnsMemory: true,
  });
  const platform = new Platform(host, platformName);
  await platform.start();
  kernel.procView = sentryProcView(kernel);
  kernel.sysctls.set('kernel/dmesg_restrict', '0');
  kernel.sys = sentryCalls(kernel, platform);
  fillSyslog(kernel);
  const exits = new Map<number, Future<number>>();
  const exitOf = (pid: number): Future<number> => {
    const known = exits.get(pid);
    if (known !== undefined) return known;
    const made = new Future<number>(kernel.scheduler);
    exits.set(pid, made);
    return made;
  };
  const changed = new Queue<true>(kernel.scheduler);
  const process = kernel.startInit('sentry', ['sentry'], [], async (ctx) => {
    ctx.sys.sigaction(ctx, 'SIGCHLD', () => changed.push(true), { restart: true });
    for (;;) {
      await changed.take();
      while (process.children.size > 0) {
        const status = await ctx.sys.wait(ctx, -1, { noHang: true });
        if (status === null) break;
        exitOf(status.pid).resolve(waitStatus(status.exitCode, status.signal));
      }
    }
  });
  return {
    kernel,
    root: kernel.contextOf(process),
    exit: (pid) => exitOf(pid).wait(),
    platform,
  };
}

function sentryCalls(kernel: Kernel, platform: Platform): Syscalls {
  const linux = kernel.sys;
  const grow = (): Promise<void> =>
    platform.grow([...kernel.processes.values()].filter((process) => process.alive).length - 1);
  return {
    ...linux,
    async fork(ctx, child, options) {
      const pid = await linux.fork(ctx, child, options);
      await grow();
      return pid;
    },
    async spawn(ctx, path, options) {
      const pid = await linux.spawn(ctx, path, options);
      await grow();
      return pid;
    },
    async mount(ctx, source, target, fstype, flags, options) {
      const isNew = !flags.bind && !flags.remount && !flags.move && flags.propagation === undefined;
      if (isNew && !FILESYSTEMS.has(fstype)) throw errno('ENODEV');
      return linux.mount(ctx, source, target, fstype, flags, options);
    },
    async unshare(ctx, types) {
      if (types.includes('time') || types.includes('cgroup')) throw errno('EINVAL');
      return linux.unshare(ctx, types);
    },
    async createVirtualMachine() {
      throw errno('ENOTTY');
    },
    async reboot(ctx) {
      throw errno(ctx.process.credentials.capabilities.effective.has('SYS_BOOT') ? 'ENOSYS' : 'EPERM');
    },
  };
}

function waitStatus(exitCode: number, signal: Signal | null): number {
  return signal === null ? exitCode : 128 + signalNumber(signal);
}
