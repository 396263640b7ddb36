/**
 * A second kernel on one machine: it lives inside a process of another kernel, its carrier. A hypervisor carries a VM's
 * Linux, a gVisor sandbox carries its Sentry. What follows from that is here and nowhere else:
 *
 * - when the carrier ends, for whatever reason, nothing in the guest runs again (`powerOff`); while it is stopped or
 *   frozen, nothing in the guest goes on;
 * - guest CPU time is the carrier's CPU time (guest-cpu.ts), so it is charged to the carrier's cgroup;
 * - guest memory is the carrier's memory: its RSS grows with what guest processes hold, so the host's memory.max and
 *   OOM killer meet the carrier, never a process inside;
 * - guest processes exist in the guest's process table only; their pids start at 1, and in the trace at
 *   `kernel.pidBase`, so that observers can tell them apart.
 *
 * A VM gets its kernel through /dev/kvm (calls/virtual-machines.ts). A program that itself is a kernel, the Sentry,
 * calls `startGuestKernel(ctx.process, …)`, gives it a root (`setRootFileSystem` with a RemoteFileSystem that the gofer
 * serves, or an overlay on one) and a network (guest-network.ts), then runs processes (`startInit`) on `kernel.sys`, which
 * it may replace in part: a process only ever sees the `Syscalls` that its context carries.
 */
import { GuestCpu } from './guest-cpu.ts';
import { makeHotplug } from './guest-hotplug.ts';
import { Kernel, type KernelOptions } from './kernel.ts';
import { namespaceIds } from './namespaces.ts';
import type { Process } from './process.ts';
import type { FileSystem } from './vfs/inode.ts';
import { Mount } from './vfs/mounts.ts';

export type GuestOptions = Pick<
  KernelOptions,
  'hostname' | 'release' | 'version' | 'cores' | 'memoryBytes' | 'commandLine'
> & {
  /** What kind of machine, for observers: `vm` or `sentry`. */
  kind: 'vm' | 'sentry';
  /** Memory the carrier holds however little the guest uses: its own, and the guest kernel's. */
  carrierBytes: number;
  /** The Sentry returns freed pages to the host; a VM without a balloon does not. */
  returnsMemory: boolean;
  /** What else observers may hear of it. */
  details?: Readonly<Record<string, string | number>>;
};

export function startGuestKernel(carrier: Process, options: GuestOptions): Kernel {
  const host = carrier.kernel;
  const { scheduler, trace } = host;
  const number = trace.newKernel();
  const cpu = new GuestCpu(scheduler, carrier, options.cores);
  const kernel = new Kernel({
    scheduler,
    trace,
    random: host.random.fork(`guest-${number}`),
    programs: host.programs,
    hostname: options.hostname,
    release: options.release,
    version: options.version,
    cores: options.cores,
    memoryBytes: options.memoryBytes,
    diskBytes: 0,
    bootWallTime: host.options.bootWallTime,
    internet: host.options.internet,
    commandLine: options.commandLine,
    number,
    carrier,
    ...(host.options.onDefect !== undefined ? { onDefect: host.options.onDefect } : {}),
    cpu,
  });
  carrier.guests ??= new Set();
  carrier.guests.add(kernel);
  const { rootCgroup } = kernel;
  rootCgroup.onCharge = () => {
    if (!carrier.alive) return;
    const used = options.returnsMemory ? rootCgroup.memoryCurrent : rootCgroup.memoryPeak;
    host.setMemory(carrier, options.carrierBytes + Math.min(used, kernel.options.memoryBytes));
  };
  rootCgroup.onCharge();
  const key = `${options.kind}:${number}`;
  const { kind, release, version } = options;
  const announce = (value: Record<string, unknown> | null): void =>
    host.emit(carrier.span, carrier.pid, { kind: 'state', component: 'kernel', topic: 'guest', key, value });
  const announceSize = (): void =>
    announce({
      kind,
      number,
      carrier: carrier.pid,
      release,
      version,
      cores: kernel.options.cores,
      memoryBytes: kernel.options.memoryBytes,
      namespaces: namespaceIds(kernel.initialNamespaces),
      ...options.details,
    });
  announceSize();
  if (kind === 'vm') makeHotplug(kernel, cpu, announceSize);
  kernel.onPowerOff.push(() => {
    carrier.guests?.delete(kernel);
    announce(null);
  });
  return kernel;
}

/** What is `/` from now on; done before the first process. */
export function setRootFileSystem(kernel: Kernel, fs: FileSystem, source: string): Mount {
  const { mnt } = kernel.initialNamespaces;
  mnt.remove(mnt.root);
  const root = new Mount(kernel.newMountId(), mnt, fs, fs.root, '/', source, null);
  mnt.add(root);
  return root;
}
