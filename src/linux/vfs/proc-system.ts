/** The files of /proc that describe the machine, and /proc/sys. @models Linux 6.12 fs/proc, kernel/sysctl.c */
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { PidNamespace } from '../namespaces.ts';
import { KERNEL_MEMORY_BYTES } from '../oom.ts';
import type { Process } from '../process.ts';
import { directoryOf, fileOf, type GeneratedEntry } from './generated-fs.ts';

/** /proc/sys entries that exist, with their initial value; `net` ones and uts names live in namespaces. */
const SYSCTLS: Record<string, string> = {
  'fs/file-max': '9223372036854775807',
  'fs/inotify/max_user_instances': '128',
  'fs/inotify/max_user_watches': '65536',
  'kernel/cap_last_cap': '40',
  // Debian's choice; a guest's kernel starts with 0.
  'kernel/dmesg_restrict': '1',
  'kernel/keys/root_maxbytes': '25000000',
  'kernel/keys/root_maxkeys': '1000000',
  'kernel/msgmax': '8192',
  'kernel/ngroups_max': '65536',
  'kernel/overflowuid': '65534',
  'kernel/panic': '0',
  'kernel/panic_on_oops': '0',
  'kernel/pid_max': '4194304',
  'kernel/randomize_va_space': '2',
  'kernel/sem': '32000\t1024000000\t500\t32000',
  'kernel/shm_rmid_forced': '0',
  'kernel/shmmax': '18446744073692774399',
  'kernel/threads-max': '192731',
  'net/bridge/bridge-nf-call-iptables': '1',
  'net/core/somaxconn': '4096',
  'net/ipv4/ip_local_port_range': '32768\t60999',
  'net/ipv4/ip_unprivileged_port_start': '1024',
  'net/ipv4/ping_group_range': '1\t0',
  'net/ipv4/tcp_syncookies': '1',
  'net/ipv4/conf/all/forwarding': '0',
  'net/ipv4/conf/all/route_localnet': '0',
  'net/ipv6/conf/all/disable_ipv6': '0',
  'vm/max_map_count': '1048576',
  'vm/overcommit_memory': '0',
  'vm/panic_on_oom': '0',
  'vm/swappiness': '60',
};

/** A value of the machine as a whole. */
export function sysctlValue(kernel: Kernel, path: string): string {
  return kernel.sysctls.get(path) ?? SYSCTLS[path] ?? '';
}

const namespaced = new WeakMap<object, Map<string, string>>();

function holder(kernel: Kernel, path: string, caller: Process | null): Map<string, string> {
  const ns = caller?.namespaces ?? kernel.initialNamespaces;
  const key: object | null = path.startsWith('net/') ? ns.net : /^kernel\/(msg|sem|shm)/.test(path) ? ns.ipc : null;
  if (key === null) return kernel.sysctls;
  let values = namespaced.get(key);
  if (values === undefined) {
    values = new Map();
    namespaced.set(key, values);
  }
  return values;
}

/** A value as one process sees it: some belong to its namespaces. */
export function sysctlIn(kernel: Kernel, path: string, caller: Process): string {
  return holder(kernel, path, caller).get(path) ?? SYSCTLS[path] ?? '';
}

function sysctl(kernel: Kernel, path: string): GeneratedEntry {
  return fileOf(
    (caller) => `${holder(kernel, path, caller).get(path) ?? SYSCTLS[path]}\n`,
    (text, caller) => {
      if (
        !caller.credentials.capabilities.effective.has('SYS_ADMIN') &&
        !caller.credentials.capabilities.effective.has('NET_ADMIN')
      )
        throw errno('EPERM');
      holder(kernel, path, caller).set(path, text.trim());
    },
  );
}

function sysctlTree(kernel: Kernel): GeneratedEntry {
  type Tree = { [name: string]: Tree | GeneratedEntry };
  const root: Tree = {};
  const put = (path: string, entry: GeneratedEntry): void => {
    const parts = path.split('/');
    let at: Tree = root;
    for (const part of parts.slice(0, -1)) at = (at[part] ??= {}) as Tree;
    at[parts[parts.length - 1] as string] = entry;
  };
  for (const path of Object.keys(SYSCTLS)) put(path, sysctl(kernel, path));
  put(
    'kernel/hostname',
    fileOf(
      (caller) => `${(caller?.namespaces ?? kernel.initialNamespaces).uts.hostname}\n`,
      (text, caller) => {
        caller.namespaces.uts.hostname = text.trim();
      },
    ),
  );
  put(
    'kernel/domainname',
    fileOf((caller) => `${(caller?.namespaces ?? kernel.initialNamespaces).uts.domainname}\n`),
  );
  put(
    'kernel/osrelease',
    fileOf(() => `${kernel.options.release}\n`),
  );
  put(
    'kernel/ostype',
    fileOf(() => 'Linux\n'),
  );
  put(
    'kernel/version',
    fileOf(() => `${kernel.options.version}\n`),
  );
  put(
    'kernel/random/boot_id',
    fileOf(() => `${uuid(kernel, 'boot_id')}\n`),
  );
  put(
    'kernel/random/uuid',
    fileOf((caller) => `${formatUuid((caller?.random ?? kernel.random).hex(32))}\n`),
  );
  put(
    'net/ipv4/ip_forward',
    fileOf(
      (caller) => `${(caller?.namespaces ?? kernel.initialNamespaces).net.ipForward ? 1 : 0}\n`,
      (text, caller) => {
        caller.namespaces.net.ipForward = text.trim() === '1';
      },
    ),
  );
  const build = (tree: Tree): GeneratedEntry =>
    directoryOf(
      Object.fromEntries(
        Object.entries(tree).map(([name, value]) => [
          name,
          'kind' in value && typeof value.kind === 'string' ? (value as GeneratedEntry) : build(value as Tree),
        ]),
      ),
    );
  return build(root);
}

function formatUuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function uuid(kernel: Kernel, name: string): string {
  return formatUuid(kernel.random.fork(name).hex(32));
}

export function systemFiles(kernel: Kernel, pidNamespace: PidNamespace): Record<string, GeneratedEntry> {
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
        `#subsys_name\thierarchy\tnum_cgroups\tenabled\n${['cpuset', 'cpu', 'cpuacct', 'blkio', 'memory', 'devices', 'freezer', 'net_cls', 'perf_event', 'net_prio', 'hugetlb', 'pids', 'rdma', 'misc'].map((c) => `${c}\t0\t1\t1\n`).join('')}`,
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
    loadavg: fileOf(() => {
      const load = kernel.cpu.load.toFixed(2);
      return `${load} ${load} ${load} ${kernel.cpu.load}/${pidNamespace.processes.size} ${pidNamespace.nextPid - 1}\n`;
    }),
    meminfo: fileOf(() => {
      const total = options.memoryBytes;
      const free = total - used();
      return `MemTotal:       ${kB(total)}\nMemFree:        ${kB(free * 0.8)}\nMemAvailable:   ${kB(free)}\nBuffers:        ${kB(24 << 20)}\nCached:         ${kB(free * 0.15)}\nSwapCached:     ${kB(0)}\nActive:         ${kB(used() / 2)}\nInactive:       ${kB(used() / 2)}\nSwapTotal:      ${kB(0)}\nSwapFree:       ${kB(0)}\nShmem:          ${kB(1 << 20)}\nSReclaimable:   ${kB(30 << 20)}\n`;
    }),
    modules: fileOf(
      () =>
        'br_netfilter 36864 0 - Live 0x0000000000000000\nbridge 389120 1 br_netfilter, Live 0x0000000000000000\noverlay 217088 0 - Live 0x0000000000000000\nveth 45056 0 - Live 0x0000000000000000\n',
    ),
    pressure: directoryOf({}),
    partitions: fileOf(
      () =>
        `major minor  #blocks  name\n\n 254        0   ${Math.floor(options.diskBytes / 1024)} vda\n 254        1   ${Math.floor(options.diskBytes / 1024)} vda1\n`,
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
    sys: sysctlTree(kernel),
    'sysrq-trigger': fileOf(
      () => '',
      () => {},
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
