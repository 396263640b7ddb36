/**
 * /proc and /sys as the Sentry shows them.
 * @models gVisor pkg/sentry/fsimpl/{proc,sys} @fidelity partial: no sentry-meminfo figures by kind; cgroup v1 names without the controllers' mounts
 */
import type { Kernel, ProcView } from '../../../linux/kernel.ts';
import type { Process } from '../../../linux/process.ts';
import { directoryOf, fileOf, type GeneratedEntry, GeneratedInode } from '../../../linux/vfs/generated-fs.ts';
import { FileSystem, type Inode } from '../../../linux/vfs/inode.ts';
import { networkFiles } from '../../../linux/vfs/proc-net.ts';

/** Files that are made as Linux makes them. */
const SAME = ['bus', 'cgroups', 'cmdline', 'fs', 'irq', 'loadavg', 'stat', 'sys', 'sysrq-trigger', 'uptime'] as const;
const CONTROLLERS = ['pids', 'memory', 'job', 'devices', 'cpuset', 'cpuacct', 'cpu'];
const NO_DEVICE = ['tmpfs', 'proc', 'sysfs', 'devtmpfs', 'devpts', 'overlay', 'cgroup', 'mqueue', 'fuse', '9p'];
const CLOCK_MHZ = '2700.000';

/** What the container's cgroups are called inside; set by whoever makes containers. */
export const cgroupNames = new WeakMap<object, string>();

/** @param stack whose network stack it is, if not its own */
export function sentryProcView(kernel: Kernel, stack: Process | null): ProcView {
  const { options } = kernel;
  const kB = (bytes: number): string => `${String(Math.floor(bytes / 1024)).padStart(8)} kB\n`;
  return {
    machine(linux) {
      const kept = Object.fromEntries(SAME.map((name) => [name, linux[name] as GeneratedEntry]));
      return {
        ...kept,
        cpuinfo: fileOf(() => Array.from({ length: options.cores }, (_, i) => cpu(i, options.cores)).join('')),
        devices: fileOf(() => 'Character devices:\n  1 mem\n  5 /dev/tty\n 10 misc\n136 pts\n\nBlock devices:\n'),
        filesystems: fileOf(() => NO_DEVICE.map((name) => `nodev\t${name}\n`).join('')),
        meminfo: fileOf(() => {
          const total = options.memoryBytes;
          const used = kernel.rootCgroup.memoryCurrent;
          const half = Math.floor(used / 2);
          return [
            `MemTotal:       ${kB(total)}`,
            `MemFree:        ${kB(total - used)}`,
            `MemAvailable:   ${kB(total - used)}`,
            `Buffers:        ${kB(0)}`,
            `Cached:         ${kB(half)}`,
            `SwapCache:      ${kB(0)}`,
            `Active:         ${kB(used)}`,
            `Inactive:       ${kB(half)}`,
            `SwapTotal:      ${kB(0)}`,
            `SwapFree:       ${kB(0)}`,
            `Dirty:          ${kB(0)}`,
            `Writeback:      ${kB(0)}`,
            `Mapped:         ${kB(half)}`,
            `Shmem:          ${kB(0)}`,
          ].join('');
        }),
        modules: fileOf(() => ''),
        'sentry-meminfo': fileOf(() => `Alloc:          ${kB(kernel.rootCgroup.memoryCurrent)}`),
        version: fileOf(() => `Linux version ${options.release} ${options.version}\n`),
      };
    },
    process(linux, process) {
      const { cgroup: _cgroup, ns: _ns, ...rest } = linux;
      const namespaces = { ipc: 'ipc', mnt: 'mnt', net: 'net', pid: 'pid', user: 'user', uts: 'uts' } as const;
      const link = (type: keyof typeof namespaces): GeneratedEntry => ({
        kind: 'link',
        target: () => `${type}:[${process.namespaces[type].id}]`,
      });
      return {
        ...rest,
        ...(stack === null ? {} : { net: directoryOf(hostNetworkFiles(stack, process)) }),
        cgroup: fileOf(() => cgroupText(process)),
        ns: directoryOf(
          Object.fromEntries((Object.keys(namespaces) as (keyof typeof namespaces)[]).map((t) => [t, link(t)])),
        ),
      };
    },
  };
}

function hostNetworkFiles(stack: Process, process: Process): Record<string, GeneratedEntry> {
  const { unix } = networkFiles(process);
  return { ...networkFiles(stack), ...(unix === undefined ? {} : { unix }) };
}

function cgroupText(process: Process): string {
  const name = cgroupNames.get(process.namespaces.mnt) ?? '';
  return CONTROLLERS.map((controller, i) => `${CONTROLLERS.length - i}:${controller}:/${name}\n`).join('');
}

function cpu(i: number, cores: number): string {
  return `processor\t: ${i}
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 143
model name\t: unknown
stepping\t: unknown
cpu MHz\t\t: ${CLOCK_MHZ}
physical id\t: 0
siblings\t: ${cores}
core id\t\t: ${i}
cpu cores\t: ${cores}
apicid\t\t: ${i}
initial apicid\t: ${i}
fpu\t\t: yes
fpu_exception\t: yes
cpuid level\t: 13
wp\t\t: yes
flags\t\t: fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx pdpe1gb rdtscp lm pni ssse3 sse4_1 sse4_2 popcnt aes avx avx2 hypervisor
bogomips\t: ${CLOCK_MHZ.slice(0, -1)}
clflush size\t: 64
cache_alignment\t: 64
address sizes\t: 46 bits physical, 48 bits virtual
power management:

`;
}

/** A sysfs of stubs. */
export class SentrySysFileSystem extends FileSystem {
  readonly root: Inode;

  constructor(kernel: Kernel) {
    super('sysfs', kernel.newDevice());
    const empty = directoryOf({});
    const { cores } = kernel.options;
    const list = fileOf(() => `0-${cores - 1}\n`);
    const cpus = Object.fromEntries(Array.from({ length: cores }, (_, i) => [`cpu${i}`, empty]));
    this.root = new GeneratedInode(
      this,
      directoryOf({
        block: empty,
        bus: empty,
        class: directoryOf({ power_supply: empty }),
        dev: empty,
        devices: directoryOf({
          system: directoryOf({ cpu: directoryOf({ ...cpus, online: list, possible: list, present: list }) }),
        }),
        firmware: empty,
        fs: directoryOf({ cgroup: empty }),
        kernel: empty,
        module: empty,
        power: empty,
      }),
      kernel.wallTime(),
    );
    this.options = 'dentry_cache_limit=1000';
  }
}
