/**
 * The Sentry: the pod's kernel, in user space, inside the sandbox process.
 * @models gVisor pkg/sentry/kernel, pkg/sentry/syscalls/linux, pkg/sentry/platform/{systrap,kvm}
 * @fidelity partial: what Linux and the Sentry do alike is done by the same code; calls outside of the surface are not there; the way
 * into the Sentry and back is charged in portions, of a program's start for the calls of an ordinary loader, of page faults not at all
 */
import type { Context } from '../../../linux/context.ts';
import { errno } from '../../../linux/errno.ts';
import { startGuestKernel } from '../../../linux/guest-kernel.ts';
import type { Kernel } from '../../../linux/kernel.ts';
import type { Process } from '../../../linux/process.ts';
import { type Signal, signalNumber } from '../../../linux/signals.ts';
import { IMMEDIATE, NO_CALLS } from '../../../linux/syscall-entry.ts';
import type { Syscalls } from '../../../linux/syscalls.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Future, Queue } from '../../../sim/primitives.ts';
import { withHostNetwork } from './host-network.ts';
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

const CALL_NS: Readonly<Record<string, number>> = {
  systrap: LATENCY.systrapCallNs,
  kvm: LATENCY.kvmCallNs,
  ptrace: LATENCY.ptraceCallNs,
};
/** What a dynamically linked program calls before its main: strace -c of /bin/true on Debian 12 counts about thirty. */
const START_CALLS = 30;
/** A process pays for its way into the Sentry when it owes so much. */
const PORTION_NS = 20_000;

/**
 * systrap: host processes whose address spaces the applications run in; one that is free is used again. On KVM they run in
 * the sandbox's own address spaces, as the guest of a machine that it is itself: there are no such processes.
 */
export class Platform {
  readonly name: string;
  /** From an application into the Sentry and back. */
  readonly callNs: number;
  private readonly host: Context;
  private readonly usesStubs: boolean;
  private readonly owed = new WeakMap<Process, number>();
  private stubs = 0;

  constructor(host: Context, name: string) {
    this.host = host;
    this.name = name;
    this.callNs = CALL_NS[name] ?? 0;
    this.usesStubs = name !== 'kvm';
  }

  async start(): Promise<void> {
    if (this.usesStubs) await this.stub(this.host);
    else await this.host.cpu(LATENCY.kvmCreateNs);
  }

  /** Notes calls of an application. */
  note(process: Process, calls: number): void {
    this.owed.set(process, this.owes(process) + calls * this.callNs);
  }

  /** What an application has to pay now, and then no longer owes. */
  due(process: Process): number {
    const owed = this.owes(process);
    if (owed < PORTION_NS) return 0;
    this.owed.delete(process);
    return owed;
  }

  private owes(process: Process): number {
    return this.owed.get(process) ?? 0;
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

export type SentryOptions = {
  hostname: string;
  cores: number;
  memoryBytes: number;
  platform: string;
  /** The sandbox's network stack is that of its host. */
  hostNetwork: boolean;
  directfs: boolean;
};

export async function startSentry(host: Context, options: SentryOptions): Promise<Sentry> {
  const { hostname, cores, memoryBytes } = options;
  const platform = new Platform(host, options.platform);
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
    details: {
      platform: platform.name,
      callNs: platform.callNs,
      files: options.directfs ? 'directfs' : 'lisafs',
      network: options.hostNetwork ? 'host' : 'netstack',
    },
  });
  kernel.sparesInits = false;
  await platform.start();
  kernel.procView = sentryProcView(kernel, options.hostNetwork ? host.process : null);
  kernel.sysctls.set('kernel/dmesg_restrict', '0');
  const calls = sentryCalls(kernel, platform);
  kernel.sys = intercepted(kernel, platform, options.hostNetwork ? withHostNetwork(kernel, host, calls) : calls);
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

type AnyCall = (ctx: Context, a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown) => unknown;

/** Every call of an application is its way into the Sentry and back; what the Sentry itself does is none. */
function intercepted(kernel: Kernel, platform: Platform, sys: Syscalls): Syscalls {
  const entries = Object.entries(sys).map(([name, call]) => {
    if (NO_CALLS.includes(name)) return [name, call];
    const perform = call as AnyCall;
    const count = name === 'execve' || name === 'spawn' ? START_CALLS : 1;
    const enter: AnyCall = (ctx, a, b, c, d, e) => {
      const { process } = ctx;
      if (process.layer !== 'workload') return perform(ctx, a, b, c, d, e);
      platform.note(process, count);
      // What answers at once cannot wait for the CPU: the next call pays for it.
      const due = IMMEDIATE.has(name) ? 0 : platform.due(process);
      if (due === 0) return perform(ctx, a, b, c, d, e);
      return kernel.cpu.spend(process, due).then(() => perform(ctx, a, b, c, d, e));
    };
    return [name, enter];
  });
  return Object.fromEntries(entries) as Syscalls;
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
