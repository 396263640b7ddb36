/**
 * seccomp filters: which system calls a process may still make. A filter goes with fork and execve and can only be
 * narrowed: of several, the strictest answer counts.
 * @models Linux 6.12 kernel/seccomp.c, with a filter as the table that libseccomp compiles into BPF
 * @fidelity partial: calls have the names that glibc's wrappers use on x86-64; arguments are known of clone, unshare and
 *   socket only; no user notification, TRACE lets pass
 */
import type { Context } from './context.ts';
import { Errno, type ErrnoCode } from './errno.ts';
import type { Kernel } from './kernel.ts';
import type { LinuxNamespaceType, SocketAddress, Syscalls } from './syscalls.ts';

export type SeccompAction =
  | { kind: 'allow' | 'log' | 'trap' | 'kill-thread' | 'kill-process' }
  | { kind: 'errno'; code: ErrnoCode };

export type SeccompComparison = {
  index: number;
  op: 'NE' | 'LT' | 'LE' | 'EQ' | 'GE' | 'GT' | 'MASKED_EQ';
  value: number;
  /** Of MASKED_EQ: what is left under the mask `value`. */
  valueTwo: number;
};

export type SeccompRule = { action: SeccompAction; when: readonly SeccompComparison[] };

export type SeccompFilter = {
  defaultAction: SeccompAction;
  /** The rules of each system call; the first whose comparisons all hold decides. */
  rules: ReadonlyMap<string, readonly SeccompRule[]>;
  /** SECCOMP_FILTER_FLAG_LOG: whatever is not allowed is logged. */
  log: boolean;
};

/** Strictest first. */
const STRICTNESS = ['kill-process', 'kill-thread', 'trap', 'errno', 'log', 'allow'];
const AUDIT_CODES: Readonly<Record<SeccompAction['kind'], string>> = {
  'kill-process': '0x80000000',
  'kill-thread': '0x0',
  trap: '0x30000',
  errno: '0x50000',
  log: '0x7ffc0000',
  allow: '0x7fff0000',
};
const SIGSYS = 31;

const CLONE_FLAGS: Readonly<Record<LinuxNamespaceType, number>> = {
  time: 0x80,
  mnt: 0x0002_0000,
  cgroup: 0x0200_0000,
  uts: 0x0400_0000,
  ipc: 0x0800_0000,
  user: 0x1000_0000,
  pid: 0x2000_0000,
  net: 0x4000_0000,
};
const SIGCHLD = 17;
const ADDRESS_FAMILIES: Readonly<Record<SocketAddress['family'], number>> = { unix: 1, inet: 2, vsock: 40 };
const AF_INET = 2;
const AF_NETLINK = 16;

/** Numbers on x86-64 of the calls that are checked. */
const NUMBERS: Readonly<Record<string, number>> = {
  read: 0,
  write: 1,
  close: 3,
  lseek: 8,
  rt_sigaction: 13,
  ioctl: 16,
  access: 21,
  socket: 41,
  connect: 42,
  accept4: 288,
  sendmsg: 46,
  recvmsg: 47,
  shutdown: 48,
  bind: 49,
  listen: 50,
  socketpair: 53,
  setsockopt: 54,
  clone: 56,
  execve: 59,
  wait4: 61,
  kill: 62,
  uname: 63,
  fcntl: 72,
  ftruncate: 77,
  flock: 73,
  getcwd: 79,
  chdir: 80,
  rename: 82,
  mkdir: 83,
  rmdir: 84,
  link: 86,
  unlink: 87,
  symlink: 88,
  readlink: 89,
  chmod: 90,
  chown: 92,
  lchown: 94,
  umask: 95,
  getpriority: 140,
  setpriority: 141,
  syslog: 103,
  setuid: 105,
  setgid: 106,
  setpgid: 109,
  setsid: 112,
  setgroups: 116,
  capset: 126,
  mknod: 133,
  statfs: 137,
  pivot_root: 155,
  prctl: 157,
  chroot: 161,
  sync: 162,
  mount: 165,
  umount2: 166,
  reboot: 169,
  sethostname: 170,
  settimeofday: 164,
  setxattr: 188,
  getxattr: 191,
  listxattr: 194,
  removexattr: 197,
  getdents64: 217,
  inotify_add_watch: 254,
  openat: 257,
  newfstatat: 262,
  unshare: 272,
  utimensat: 280,
  dup: 32,
  dup2: 33,
  pipe2: 293,
  prlimit64: 302,
  setns: 308,
  seccomp: 317,
  pidfd_open: 434,
};

type Call = readonly [name: string, argument?: number];

const flagsOf = (types: readonly LinuxNamespaceType[] | undefined): number =>
  (types ?? []).reduce((sum, type) => sum + CLONE_FLAGS[type], 0);

/** The calls into the kernel that a method of `Syscalls` stands for; what is not listed is never refused. */
const CALLS: { readonly [K in keyof Syscalls]?: (...args: Parameters<Syscalls[K]>) => readonly Call[] } = {
  open: () => [['openat']],
  close: () => [['close']],
  read: () => [['read']],
  readRope: () => [['read']],
  write: () => [['write']],
  seek: () => [['lseek']],
  truncate: () => [['ftruncate']],
  flock: () => [['flock']],
  stat: () => [['newfstatat']],
  lstat: () => [['newfstatat']],
  fstat: () => [['newfstatat']],
  statfs: () => [['statfs']],
  access: () => [['access']],
  readDirectory: () => [['getdents64']],
  mkdir: () => [['mkdir']],
  rmdir: () => [['rmdir']],
  unlink: () => [['unlink']],
  rename: () => [['rename']],
  link: () => [['link']],
  symlink: () => [['symlink']],
  readlink: () => [['readlink']],
  mknod: () => [['mknod']],
  chmod: () => [['chmod']],
  chown: (_ctx, _path, _uid, _gid, followLinks) => [[followLinks === false ? 'lchown' : 'chown']],
  setTimes: () => [['utimensat']],
  getxattr: () => [['getxattr']],
  setxattr: () => [['setxattr']],
  listxattr: () => [['listxattr']],
  removexattr: () => [['removexattr']],
  chdir: () => [['chdir']],
  getcwd: () => [['getcwd']],
  chroot: () => [['chroot']],
  umask: () => [['umask']],
  watch: () => [['inotify_add_watch']],
  pipe: () => [['pipe2']],
  dup: () => [['dup']],
  dup2: () => [['dup2']],
  setCloseOnExec: () => [['fcntl']],
  isTty: () => [['ioctl']],
  mount: () => [['mount']],
  umount: () => [['umount2']],
  pivotRoot: () => [['pivot_root']],
  unshare: (_ctx, types) => [['unshare', flagsOf(types)]],
  setns: () => [['setns']],
  sethostname: () => [['sethostname']],
  settimeofday: () => [['settimeofday']],
  uname: () => [['uname']],
  fork: (_ctx, _child, options) => [['clone', SIGCHLD + flagsOf(options?.newNamespaces)]],
  spawn: (_ctx, _path, options) => [['clone', SIGCHLD + flagsOf(options.newNamespaces)], ['execve']],
  execve: () => [['execve']],
  wait: () => [['wait4']],
  waitExit: () => [['pidfd_open']],
  kill: () => [['kill']],
  setsid: () => [['setsid']],
  setpgid: () => [['setpgid']],
  getPriority: () => [['getpriority']],
  setPriority: () => [['setpriority']],
  setuid: () => [['setuid']],
  setgid: () => [['setgid']],
  setgroups: () => [['setgroups']],
  setCapabilities: () => [['capset']],
  sync: () => [['sync']],
  syslog: () => [['syslog']],
  openPty: () => [['openat']],
  getTermios: () => [['ioctl']],
  setTermios: () => [['ioctl']],
  getWindowSize: () => [['ioctl']],
  setWindowSize: () => [['ioctl']],
  setControllingTty: () => [['ioctl']],
  setForegroundGroup: () => [['ioctl']],
  getForegroundGroup: () => [['ioctl']],
  listen: (_ctx, address) => [['socket', ADDRESS_FAMILIES[address.family]], ['bind'], ['listen']],
  accept: () => [['accept4']],
  connect: (_ctx, address) => [['socket', ADDRESS_FAMILIES[address.family]], ['connect']],
  shutdown: () => [['shutdown']],
  sendDescriptors: () => [['sendmsg']],
  receiveDescriptors: () => [['recvmsg']],
  socketPair: () => [['socketpair', ADDRESS_FAMILIES.unix]],
  createVirtualMachine: () => [['ioctl']],
  addVirtualDevice: () => [['ioctl']],
  removeVirtualDisk: () => [['ioctl']],
  changeVirtualDisk: () => [['ioctl']],
  resizeVirtualMachine: () => [['ioctl']],
  runVirtualMachine: () => [['ioctl']],
  loopFree: () => [['ioctl']],
  loopAttach: () => [['ioctl']],
  loopDetach: () => [['ioctl']],
  loopStatus: () => [['ioctl']],
  blockDiscard: () => [['ioctl']],
  deviceMapper: () => [['ioctl']],
  reboot: () => [['reboot']],
  netlink: () => [['socket', AF_NETLINK]],
  netLinks: () => [['socket', AF_NETLINK]],
  netRoutes: () => [['socket', AF_NETLINK]],
  netNeighbours: () => [['socket', AF_NETLINK]],
  icmpEcho: () => [['socket', AF_INET]],
  natRules: () => [['socket', AF_NETLINK]],
  addNatRule: () => [['socket', AF_NETLINK]],
  deleteNatRules: () => [['socket', AF_NETLINK]],
  seccomp: () => [['seccomp']],
};

function holds({ op, value, valueTwo }: SeccompComparison, argument: number): boolean {
  switch (op) {
    case 'NE':
      return argument !== value;
    case 'LT':
      return argument < value;
    case 'LE':
      return argument <= value;
    case 'EQ':
      return argument === value;
    case 'GE':
      return argument >= value;
    case 'GT':
      return argument > value;
    case 'MASKED_EQ':
      return (argument & value) >>> 0 === valueTwo >>> 0;
  }
}

function answerOf(filter: SeccompFilter, [name, argument]: Call): SeccompAction {
  for (const { action, when } of filter.rules.get(name) ?? []) {
    // Arguments that are not known are taken to be 0: the protocol of a socket, for one.
    if (when.every((comparison) => holds(comparison, comparison.index === 0 ? (argument ?? 0) : 0))) return action;
  }
  return filter.defaultAction;
}

/** Which methods a filter lets pass whatever their arguments. */
const passing = new WeakMap<SeccompFilter, Map<string, boolean>>();

/** All of the caller's filters allow the method, for what they need not even see its arguments. */
export function passesFilters(filters: readonly SeccompFilter[], method: string): boolean {
  for (let i = 0; i < filters.length; i++) {
    const filter = filters[i] as SeccompFilter;
    let known = passing.get(filter);
    if (known === undefined) passing.set(filter, (known = new Map()));
    let passes = known.get(method);
    if (passes === undefined) known.set(method, (passes = allowsAlways(filter, method)));
    if (!passes) return false;
  }
  return true;
}

function allowsAlways(filter: SeccompFilter, method: string): boolean {
  const calls = CALLS[method as keyof Syscalls] as (() => readonly Call[]) | undefined;
  if (calls === undefined) return true;
  // Which calls those with parameters stand for depends on these.
  return calls.length === 0 && calls().every((call) => answerOf(filter, call).kind === 'allow');
}

/** What the caller's filters say of a call of the surface: comes back if it may be made. */
export async function screen(ctx: Context, method: string, args: readonly unknown[]): Promise<void> {
  const calls = CALLS[method as keyof Syscalls] as ((...args: unknown[]) => readonly Call[]) | undefined;
  if (calls === undefined) return;
  for (const made of calls(ctx, ...args)) await check(ctx.process.kernel, ctx, made);
}

async function check(kernel: Kernel, ctx: Context, call: Call): Promise<void> {
  const { process } = ctx;
  let strictest: SeccompAction = { kind: 'allow' };
  let log = false;
  for (const filter of process.seccomp) {
    const action = answerOf(filter, call);
    if (STRICTNESS.indexOf(action.kind) < STRICTNESS.indexOf(strictest.kind)) strictest = action;
    if (filter.log && action.kind !== 'allow') log = true;
  }
  if (strictest.kind === 'allow') return;
  const kills = strictest.kind === 'kill-process' || strictest.kind === 'kill-thread';
  if (log || kills || strictest.kind === 'log') audit(kernel, ctx, call[0], strictest);
  if (strictest.kind === 'log') return;
  if (strictest.kind === 'errno') throw new Errno(strictest.code);
  if (strictest.kind === 'trap') kernel.deliver(process, 'SIGSYS', null);
  else kernel.terminate(process, 0, 'SIGSYS');
  // A handler could not make the call happen either.
  if (process.alive) throw new Errno('ENOSYS');
  await kernel.scheduler.parkForever();
}

function audit(kernel: Kernel, { process }: Context, name: string, action: SeccompAction): void {
  const { uid, gid } = process.credentials;
  const ms = kernel.wallTime() / 1_000_000n;
  const stamp = `${ms / 1000n}.${String(ms % 1000n).padStart(3, '0')}:${kernel.kmsgCount}`;
  const signal = action.kind === 'log' || action.kind === 'errno' ? 0 : SIGSYS;
  kernel.log(
    `audit: type=1326 audit(${stamp}): auid=4294967295 uid=${uid} gid=${gid} ses=4294967295 subj=unconfined ` +
      `pid=${process.pid - kernel.pidBase} comm="${process.comm}" exe="${process.argv[0] ?? ''}" sig=${signal} ` +
      `arch=c000003e syscall=${NUMBERS[name] ?? -1} compat=0 ip=0x0 code=${AUDIT_CODES[action.kind]}`,
    5,
  );
}
