/**
 * /proc/sys: values of the machine, and of network, ipc and uts namespaces, with what the kernel accepts.
 * @models Linux 6.12 kernel/sysctl.c, net/ipv4/sysctl_net_ipv4.c, ipc/ipc_sysctl.c
 * @fidelity partial: the values below; most are kept and have no effect
 */

import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { Process } from '../process.ts';
import { capable, toKernel } from '../user-namespace.ts';
import { directoryOf, fileOf, type GeneratedEntry } from './generated-fs.ts';
import { sysctlHolder } from './sysctl-values.ts';

/** `range`: each number's; `count` numbers. Without a range any text goes. */
type Setting = { initial: string; range?: readonly [number, number]; count?: number; readOnly?: true };

const INT = [-2_147_483_648, 2_147_483_647] as const;
const COUNT = [0, 2_147_483_647] as const;
const BOOLEAN = [0, 1] as const;
const LONG = [0, Number.MAX_VALUE] as const;

const number = (initial: number | string, range: readonly [number, number] = INT, count = 1): Setting => ({
  initial: String(initial),
  range,
  count,
});
const text = (initial: string): Setting => ({ initial });
const fixed = (initial: string): Setting => ({ initial, readOnly: true });

const SETTINGS: Record<string, Setting> = {
  'fs/aio-max-nr': number(65_536, LONG),
  'fs/file-max': number('9223372036854775807', LONG),
  'fs/inotify/max_queued_events': number(16_384, COUNT),
  'fs/inotify/max_user_instances': number(128, COUNT),
  'fs/inotify/max_user_watches': number(65_536, COUNT),
  'fs/mount-max': number(100_000, COUNT),
  'fs/mqueue/msg_default': number(10, [1, 65_536]),
  'fs/mqueue/msg_max': number(10, [1, 65_536]),
  'fs/mqueue/msgsize_default': number(8192, [128, 16_777_216]),
  'fs/mqueue/msgsize_max': number(8192, [128, 16_777_216]),
  'fs/mqueue/queues_max': number(256, COUNT),
  'fs/nr_open': number(1_073_741_816, [64, 1_073_741_816]),
  'fs/pipe-max-size': number(1_048_576, [4096, 2_147_483_647]),
  'fs/protected_fifos': number(1, [0, 2]),
  'fs/protected_hardlinks': number(1, BOOLEAN),
  'fs/protected_regular': number(2, [0, 2]),
  'fs/protected_symlinks': number(1, BOOLEAN),
  'fs/suid_dumpable': number(0, [0, 2]),
  'kernel/cap_last_cap': fixed('40'),
  'kernel/core_pattern': text('core'),
  'kernel/core_uses_pid': number(0),
  // Debian's choice; a guest's kernel starts with 0.
  'kernel/dmesg_restrict': number(1, BOOLEAN),
  'kernel/hung_task_timeout_secs': number(120, COUNT),
  'kernel/keys/maxbytes': number(20_000, COUNT),
  'kernel/keys/maxkeys': number(200, COUNT),
  'kernel/keys/root_maxbytes': number(25_000_000, COUNT),
  'kernel/keys/root_maxkeys': number(1_000_000, COUNT),
  'kernel/kptr_restrict': number(0, [0, 2]),
  'kernel/msgmax': number(8192, COUNT),
  'kernel/msgmnb': number(16_384, COUNT),
  'kernel/msgmni': number(32_000, COUNT),
  'kernel/ngroups_max': fixed('65536'),
  'kernel/overflowgid': number(65_534, [0, 65_535]),
  'kernel/overflowuid': number(65_534, [0, 65_535]),
  'kernel/panic': number(0),
  'kernel/panic_on_oops': number(0),
  'kernel/panic_on_warn': number(0, BOOLEAN),
  'kernel/perf_event_paranoid': number(3),
  'kernel/pid_max': number(4_194_304, [301, 4_194_304]),
  'kernel/printk': number('4\t4\t1\t7', INT, 4),
  'kernel/random/entropy_avail': fixed('256'),
  'kernel/randomize_va_space': number(2, [0, 2]),
  'kernel/sched_autogroup_enabled': number(1, BOOLEAN),
  'kernel/sem': number('32000\t1024000000\t500\t32000', COUNT, 4),
  'kernel/shm_rmid_forced': number(0, BOOLEAN),
  'kernel/shmall': number('18446744073692774399', LONG),
  'kernel/shmmax': number('18446744073692774399', LONG),
  'kernel/shmmni': number(4096, COUNT),
  'kernel/softlockup_panic': number(0, BOOLEAN),
  'kernel/sysrq': number(438),
  'kernel/tainted': fixed('0'),
  'kernel/threads-max': number(192_731, [20, 1_073_741_823]),
  'kernel/unprivileged_bpf_disabled': number(2, [0, 2]),
  'kernel/watchdog': number(1, BOOLEAN),
  'kernel/yama/ptrace_scope': number(0, [0, 3]),
  'net/bridge/bridge-nf-call-arptables': number(1),
  'net/bridge/bridge-nf-call-ip6tables': number(1),
  'net/bridge/bridge-nf-call-iptables': number(1),
  'net/core/netdev_max_backlog': number(1000),
  'net/core/rmem_default': number(212_992, [2304, 2_147_483_647]),
  'net/core/rmem_max': number(212_992, [2304, 2_147_483_647]),
  'net/core/somaxconn': number(4096, COUNT),
  'net/core/wmem_default': number(212_992, [4608, 2_147_483_647]),
  'net/core/wmem_max': number(212_992, [4608, 2_147_483_647]),
  'net/ipv4/icmp_echo_ignore_all': number(0, BOOLEAN),
  'net/ipv4/ip_default_ttl': number(64, [1, 255]),
  'net/ipv4/ip_local_port_range': number('32768\t60999', [1, 65_535], 2),
  'net/ipv4/ip_local_reserved_ports': text(''),
  'net/ipv4/ip_nonlocal_bind': number(0, BOOLEAN),
  'net/ipv4/ip_unprivileged_port_start': number(1024, [0, 65_535]),
  'net/ipv4/neigh/default/gc_thresh1': number(128, COUNT),
  'net/ipv4/neigh/default/gc_thresh2': number(512, COUNT),
  'net/ipv4/neigh/default/gc_thresh3': number(1024, COUNT),
  'net/ipv4/ping_group_range': number('1\t0', [0, 4_294_967_294], 2),
  'net/ipv4/tcp_congestion_control': text('cubic'),
  'net/ipv4/tcp_fin_timeout': number(60, COUNT),
  'net/ipv4/tcp_keepalive_intvl': number(75, COUNT),
  'net/ipv4/tcp_keepalive_probes': number(9, COUNT),
  'net/ipv4/tcp_keepalive_time': number(7200, COUNT),
  'net/ipv4/tcp_max_syn_backlog': number(512, COUNT),
  'net/ipv4/tcp_rmem': number('4096\t131072\t6291456', COUNT, 3),
  'net/ipv4/tcp_syncookies': number(1, [0, 2]),
  'net/ipv4/tcp_tw_reuse': number(2, [0, 2]),
  'net/ipv4/tcp_wmem': number('4096\t16384\t4194304', COUNT, 3),
  'net/ipv6/conf/all/disable_ipv6': number(0),
  'net/ipv6/conf/all/forwarding': number(0),
  'net/ipv6/conf/default/disable_ipv6': number(0),
  'net/netfilter/nf_conntrack_count': fixed('0'),
  'net/netfilter/nf_conntrack_max': number(262_144, COUNT),
  'net/unix/max_dgram_qlen': number(512, COUNT),
  'user/max_mnt_namespaces': number(96_365, COUNT),
  'user/max_net_namespaces': number(96_365, COUNT),
  'user/max_pid_namespaces': number(96_365, COUNT),
  'user/max_user_namespaces': number(96_365, COUNT),
  'vm/dirty_background_ratio': number(10, [0, 100]),
  'vm/dirty_ratio': number(20, [0, 100]),
  'vm/drop_caches': number(0, [1, 4]),
  'vm/max_map_count': number(1_048_576, COUNT),
  'vm/min_free_kbytes': number(67_584, COUNT),
  'vm/nr_hugepages': number(0, LONG),
  'vm/oom_kill_allocating_task': number(0),
  'vm/overcommit_memory': number(0, [0, 2]),
  'vm/overcommit_ratio': number(50, COUNT),
  'vm/panic_on_oom': number(0, [0, 2]),
  'vm/swappiness': number(60, [0, 200]),
  'vm/vfs_cache_pressure': number(100, COUNT),
};

/** Below net/ipv4/conf/: of all interfaces, of new ones, and of each. */
const INTERFACE_SETTINGS: Record<string, Setting> = {
  accept_local: number(0),
  accept_redirects: number(1),
  accept_source_route: number(0),
  arp_announce: number(0, [0, 2]),
  arp_ignore: number(0),
  forwarding: number(0),
  proxy_arp: number(0),
  route_localnet: number(0),
  rp_filter: number(0, [0, 2]),
  send_redirects: number(1),
};
const CONF = 'net/ipv4/conf';

function mayChange(caller: Process): boolean {
  const { net } = caller.namespaces;
  return capable(caller, 'SYS_ADMIN', net.owner) || capable(caller, 'NET_ADMIN', net.owner);
}

/** Numbers are shown separated by tabs, however they were written. */
function parse({ range, count = 1 }: Setting, given: string): string {
  const value = given.trim();
  if (range === undefined) return value;
  const words = value.split(/\s+/);
  if (value === '' || words.length > count) throw errno('EINVAL');
  for (const word of words) {
    if (!/^-?\d+$/.test(word)) throw errno('EINVAL');
    if (Number(word) < range[0] || Number(word) > range[1]) throw errno('EINVAL');
  }
  return words.join('\t');
}

function entryFor(kernel: Kernel, path: string, setting: Setting): GeneratedEntry {
  const read = (caller: Process | null): string =>
    `${sysctlHolder(kernel, path, caller).get(path) ?? setting.initial}\n`;
  if (setting.readOnly) return fileOf(read);
  return fileOf(read, (given, caller) => {
    if (!mayChange(caller)) throw errno('EPERM');
    sysctlHolder(kernel, path, caller).set(path, parse(setting, given));
  });
}

type Tree = { [name: string]: Tree | GeneratedEntry };

/** `forwarding` is ip_forward, which is also the setting of all interfaces together. */
export function sysctlTree(
  kernel: Kernel,
  more: Record<string, GeneratedEntry>,
  forwarding: GeneratedEntry,
): GeneratedEntry {
  const root: Tree = {};
  const put = (path: string, entry: GeneratedEntry): void => {
    const parts = path.split('/');
    let at: Tree = root;
    for (const part of parts.slice(0, -1)) at = (at[part] ??= {}) as Tree;
    at[parts.at(-1) as string] = entry;
  };
  for (const [path, setting] of Object.entries(SETTINGS)) put(path, entryFor(kernel, path, setting));
  put('net/ipv4/ip_forward', forwarding);
  put(CONF, interfaces(kernel, forwarding));
  for (const [path, entry] of Object.entries(more)) put(path, entry);
  const build = (tree: Tree): GeneratedEntry =>
    directoryOf(
      Object.fromEntries(
        Object.entries(tree).map(([name, value]) => [
          name,
          'kind' in value && typeof value.kind === 'string' ? (value as GeneratedEntry) : build(value as Tree),
        ]),
      ),
    );
  const tree = build(root) as Extract<GeneratedEntry, { kind: 'directory' }>;
  return {
    ...tree,
    entry: (name, caller) => {
      const entry = tree.entry(name, caller);
      return name === 'net' && entry?.kind === 'directory' ? { ...entry, key: root, owner: networkOwner } : entry;
    },
  };
}

/** Settings of the network belong to the root of the user namespace that owns it. */
function networkOwner(caller: Process | null): { uid: number; gid: number } {
  const owner = caller?.namespaces.net.owner ?? null;
  if (owner === null) return { uid: 0, gid: 0 };
  return { uid: toKernel(owner, 'uid', 0) ?? 0, gid: toKernel(owner, 'gid', 0) ?? 0 };
}

/** One directory for each interface of the reader's network namespace, and two for all and for those to come. */
function interfaces(kernel: Kernel, forwarding: GeneratedEntry): GeneratedEntry {
  const names = (caller: Process | null): string[] => [
    'all',
    'default',
    ...(caller?.namespaces ?? kernel.initialNamespaces).net.interfaces.keys(),
  ];
  const known = new Map<string, GeneratedEntry>();
  return {
    kind: 'directory',
    list: names,
    entry: (name, caller) => {
      if (!names(caller).includes(name)) return null;
      let entry = known.get(name);
      if (entry === undefined) {
        entry = directoryOf(
          Object.fromEntries(
            Object.entries(INTERFACE_SETTINGS).map(([key, setting]) => [
              key,
              name === 'all' && key === 'forwarding' ? forwarding : entryFor(kernel, `${CONF}/${name}/${key}`, setting),
            ]),
          ),
        );
        known.set(name, entry);
      }
      return entry;
    },
  };
}
