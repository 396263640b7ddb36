/** The files of /proc that describe the machine, and /proc/sys. @models Linux 6.12 fs/proc, kernel/sysctl.c */
import { knownBlockDevices } from '../block/block-device.ts';
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { PidNamespace } from '../namespaces.ts';
import { KERNEL_MEMORY_BYTES } from '../oom.ts';
import type { Process } from '../process.ts';
import { capable } from '../user-namespace.ts';
import { cpuPressure, NO_PRESSURE } from './cgroup-files.ts';
import { directoryOf, fileOf, type GeneratedEntry } from './generated-fs.ts';
import { sysctlTree } from './sysctl.ts';

const sysctlTrees = new WeakMap<Kernel, GeneratedEntry>();

/** One for all mounts of proc: what a file shows depends on who reads it, not on which mount it is reached by. */
function sysctls(kernel: Kernel): GeneratedEntry {
  const known = sysctlTrees.get(kernel);
  if (known !== undefined) return known;
  const tree = buildSysctls(kernel);
  sysctlTrees.set(kernel, tree);
  return tree;
}

function buildSysctls(kernel: Kernel): GeneratedEntry {
  const namespaces = (caller: Process | null): Process['namespaces'] => caller?.namespaces ?? kernel.initialNamespaces;
  const administers = (caller: Process): void => {
    if (!capable(caller, 'SYS_ADMIN', caller.namespaces.uts.owner)) throw errno('EPERM');
  };
  const forwarding = fileOf(
    (caller) => `${namespaces(caller).net.ipForward ? 1 : 0}\n`,
    (text, caller) => {
      if (!/^-?\d+$/.test(text.trim())) throw errno('EINVAL');
      caller.namespaces.net.ipForward = text.trim() !== '0';
    },
  );
  const more: Record<string, GeneratedEntry> = {
    'fs/dentry-state': fileOf(() => '52342\t38211\t45\t0\t10231\t0\n'),
    'fs/file-nr': fileOf(() => `${openFiles(kernel)}\t0\t9223372036854775807\n`),
    'kernel/hostname': fileOf(
      (caller) => `${namespaces(caller).uts.hostname}\n`,
      (text, caller) => {
        administers(caller);
        caller.namespaces.uts.hostname = text.trim().slice(0, 64);
      },
    ),
    'kernel/domainname': fileOf(
      (caller) => `${namespaces(caller).uts.domainname}\n`,
      (text, caller) => {
        administers(caller);
        caller.namespaces.uts.domainname = text.trim().slice(0, 64);
      },
    ),
    'kernel/ns_last_pid': fileOf((caller) => `${namespaces(caller).pid.nextPid - 1}\n`),
    'kernel/osrelease': fileOf(() => `${kernel.options.release}\n`),
    'kernel/ostype': fileOf(() => 'Linux\n'),
    'kernel/version': fileOf(() => `${kernel.options.version}\n`),
    'kernel/random/boot_id': fileOf(() => `${uuid(kernel, 'boot_id')}\n`),
    'kernel/random/uuid': fileOf((caller) => `${formatUuid((caller?.random ?? kernel.random).hex(32))}\n`),
  };
  return sysctlTree(kernel, more, forwarding);
}

function openFiles(kernel: Kernel): number {
  let count = 0;
  for (const process of kernel.processes.values()) count += process.descriptors.size;
  return count;
}

/** A line of /proc/partitions. */
function partition(major: number, minor: number, bytes: number, name: string): string {
  const [first, second, blocks] = [major, minor, Math.floor(bytes / 1024)].map(String) as [string, string, string];
  return `${first.padStart(4)} ${second.padStart(8)} ${blocks.padStart(10)} ${name}\n`;
}

function formatUuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function uuid(kernel: Kernel, name: string): string {
  return formatUuid(kernel.random.fork(name).hex(32));
}

const machines = new WeakMap<Kernel, Record<string, GeneratedEntry>>();

/** One set for all mounts of proc: every container has one of its own, and few of these files are ever asked for. */
export function systemFiles(kernel: Kernel): Readonly<Record<string, GeneratedEntry>> {
  let files = machines.get(kernel);
  if (files === undefined) {
    files = buildSystemFiles(kernel);
    machines.set(kernel, files);
  }
  return files;
}

/** The one that tells of the PID namespace that proc was mounted in. */
export function loadAverage(kernel: Kernel, pidNamespace: PidNamespace): GeneratedEntry {
  return fileOf(() => {
    const loads = kernel.loadAverages.map((load) => load.toFixed(2));
    return `${loads.join(' ')} ${kernel.cpu.load}/${pidNamespace.processes.size} ${pidNamespace.nextPid - 1}\n`;
  });
}

function buildSystemFiles(kernel: Kernel): Record<string, GeneratedEntry> {
  const { options } = kernel;
  const kB = (bytes: number): string => `${String(Math.floor(bytes / 1024)).padStart(8)} kB`;
  const used = (): number => kernel.rootCgroup.memoryCurrent + KERNEL_MEMORY_BYTES;
  const seconds = (): number => kernel.uptimeNs / 1e9;
  return {
    bus: directoryOf({}),
    driver: directoryOf({}),
    fs: directoryOf({}),
    irq: directoryOf({}),
    acpi: directoryOf({}),
    cgroups: fileOf(
      () =>
        `#subsys_name\thierarchy\tnum_cgroups\tenabled\n${['cpuset', 'cpu', 'cpuacct', 'blkio', 'memory', 'devices', 'freezer', 'net_cls', 'perf_event', 'net_prio', 'hugetlb', 'pids', 'rdma', 'misc'].map((c) => `${c}\t0\t${kernel.rootCgroup.descendants + 1}\t1\n`).join('')}`,
    ),
    cmdline: fileOf(() => `${options.commandLine}\n`),
    cpuinfo: fileOf(() =>
      Array.from(
        { length: options.cores },
        (_, i) =>
          `processor\t: ${i}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\nmodel name\t: Intel(R) Xeon(R) Platinum 8481C CPU @ 2.70GHz\nstepping\t: 8\ncpu MHz\t\t: 2700.000\ncache size\t: 107520 KB\nphysical id\t: 0\nsiblings\t: ${options.cores}\ncore id\t\t: ${i}\ncpu cores\t: ${options.cores}\nfpu\t\t: yes\nflags\t\t: fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ss ht syscall nx pdpe1gb rdtscp lm vmx ssse3 sse4_1 sse4_2 popcnt aes avx avx2\nbogomips\t: 5400.00\n\n`,
      ).join(''),
    ),
    filesystems: fileOf(
      () =>
        `${['sysfs', 'tmpfs', 'bdev', 'proc', 'cgroup', 'cgroup2', 'devtmpfs', 'debugfs', 'securityfs', 'sockfs', 'bpf', 'pipefs', 'hugetlbfs', 'devpts', 'mqueue'].map((f) => `nodev\t${f}`).join('\n')}\n\text4\nnodev\toverlay\n`,
    ),
    interrupts: fileOf(() => ''),
    kcore: fileOf(() => '', undefined, 0o400),
    keys: fileOf(() => ''),
    kmsg: fileOf(() => kernel.kmsg.map((l) => `<${l.level}>${l.text}\n`).join(''), undefined, 0o400),
    loadavg: loadAverage(kernel, kernel.initialNamespaces.pid),
    locks: fileOf(() => kernel.fileLocks.describe(kernel.initialNamespaces.pid)),
    meminfo: fileOf(() => {
      const total = options.memoryBytes;
      const free = total - used();
      return `MemTotal:       ${kB(total)}\nMemFree:        ${kB(free * 0.8)}\nMemAvailable:   ${kB(free)}\nBuffers:        ${kB(24 << 20)}\nCached:         ${kB(free * 0.15)}\nSwapCached:     ${kB(0)}\nActive:         ${kB(used() / 2)}\nInactive:       ${kB(used() / 2)}\nSwapTotal:      ${kB(0)}\nSwapFree:       ${kB(0)}\nShmem:          ${kB(kernel.rootCgroup.shmemBytes)}\nSReclaimable:   ${kB(30 << 20)}\n`;
    }),
    modules: fileOf(
      () =>
        'br_netfilter 36864 0 - Live 0x0000000000000000\nbridge 389120 1 br_netfilter, Live 0x0000000000000000\noverlay 217088 0 - Live 0x0000000000000000\nveth 45056 0 - Live 0x0000000000000000\n',
    ),
    pressure: directoryOf({
      cpu: fileOf(() => cpuPressure(kernel.rootCgroup, kernel)),
      io: fileOf(() => NO_PRESSURE),
      memory: fileOf(() => NO_PRESSURE),
    }),
    devices: fileOf(
      () =>
        'Character devices:\n  1 mem\n  4 /dev/vc/0\n  4 tty\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n 10 misc\n128 ptm\n136 pts\n241 vsock\n\nBlock devices:\n  7 loop\n  8 sd\n253 device-mapper\n254 virtblk\n259 blkext\n',
    ),
    diskstats: fileOf(
      () =>
        ' 254       0 vda 8412 1203 682114 3120 5210 4811 312408 2981 0 4120 6101 0 0 0 0 210 0\n 254       1 vda1 8301 1203 679010 3098 5209 4811 312408 2980 0 4110 6078 0 0 0 0 0 0\n',
    ),
    misc: fileOf(
      () => '235 autofs\n232 kvm\n229 fuse\n200 tun\n237 loop-control\n183 hw_random\n228 hpet\n241 vhost-vsock\n',
    ),
    vmstat: fileOf(() => {
      const free = Math.floor((options.memoryBytes - used()) / 4096);
      const anon = Math.floor(kernel.rootCgroup.memoryCurrent / 4096);
      return `nr_free_pages ${free}\nnr_inactive_anon 0\nnr_active_anon ${anon}\nnr_inactive_file 0\nnr_active_file 0\nnr_anon_pages ${anon}\nnr_mapped 0\nnr_file_pages 0\nnr_dirty 0\nnr_writeback 0\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault 0\npgmajfault 0\noom_kill ${kernel.oomKills}\n`;
    }),
    partitions: fileOf(
      () =>
        `major minor  #blocks  name\n\n${options.diskBytes > 0 ? partition(254, 0, options.diskBytes, 'vda') + partition(254, 1, options.diskBytes, 'vda1') : ''}${knownBlockDevices(
          kernel,
        )
          .filter(({ size }) => size > 0)
          .map(({ number: [major, minor], size, name }) => partition(major, minor, size, name))
          .join('')}`,
    ),
    scsi: directoryOf({}),
    asound: directoryOf({}),
    stat: fileOf(() => {
      const busy = Math.floor(kernel.cpu.busyNs / 1e7);
      const total = Math.floor((kernel.uptimeNs * options.cores) / 1e7);
      const user = Math.floor(busy * 0.7);
      return `cpu  ${user} 0 ${busy - user} ${total - busy} 0 0 0 0 0 0\n${Array.from({ length: options.cores }, (_, i) => `cpu${i} ${Math.floor(user / options.cores)} 0 ${Math.floor((busy - user) / options.cores)} ${Math.floor((total - busy) / options.cores)} 0 0 0 0 0 0\n`).join('')}intr 0\nctxt ${kernel.scheduler.steps}\nbtime ${kernel.bootWallTime / 1_000_000_000n}\nprocesses ${kernel.processesStarted}\nprocs_running ${Math.max(1, kernel.cpu.load)}\nprocs_blocked 0\n`;
    }),
    swaps: fileOf(() => 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'),
    sys: sysctls(kernel),
    sysvipc: directoryOf(
      Object.fromEntries(
        (['msg', 'sem', 'shm'] as const).map((kind) => [
          kind,
          fileOf((caller) => {
            const { ipc, user } = caller?.namespaces ?? kernel.initialNamespaces;
            return ipc.text(kind, user);
          }),
        ]),
      ),
    ),
    'sysrq-trigger': fileOf(
      () => '',
      (text) => {
        const why = text[0] === 'b' ? 'reset' : text[0] === 'o' ? 'shutdown' : null;
        // Nothing is stopped or written back first, as when the power fails; whoever wrote this is not heard of again.
        if (why !== null) kernel.scheduler.at(kernel.scheduler.now, () => kernel.powerOff(why));
      },
      0o200,
    ),
    timer_list: fileOf(() => '', undefined, 0o400),
    uptime: fileOf(
      () => `${seconds().toFixed(2)} ${(seconds() * options.cores - kernel.cpu.busyNs / 1e9).toFixed(2)}\n`,
    ),
    version: fileOf(
      () =>
        `Linux version ${options.release} (debian-kernel@lists.debian.org) (x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0, GNU ld (GNU Binutils for Debian) 2.44) ${options.version}\n`,
    ),
  };
}
