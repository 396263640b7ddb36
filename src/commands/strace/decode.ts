/**
 * What a call looks like: its name, the arguments known when it begins, and those that it fills in with what it gives.
 * @models strace 6.13 src @fidelity partial: the calls that simulated programs make; no loader, no heap, no addresses
 */
import type { Errno } from '../../linux/errno.ts';
import { type Data, Rope } from '../../linux/rope.ts';
import { type Signal, signalNumber } from '../../linux/signals.ts';
import { namesOf } from '../../linux/syscall-names.ts';
import type {
  LinuxNamespaceType,
  MountFlags,
  OpenFlags,
  SocketAddress,
  Stat,
  StatFs,
  Uname,
  WaitStatus,
  WindowSize,
} from '../../linux/syscalls.ts';
import {
  CLONE_NAMES,
  FAMILY_NAMES,
  FILE_SYSTEM_MAGICS,
  LOCK_OPERATIONS,
  NETLINK_TYPES,
  PRIORITY_OF,
} from './constants.ts';
import { addressLength, addressText, device, fileMode, flags, octal, path, quoted, statText } from './values.ts';

export type Ending = {
  /** Arguments that the call has filled in, and those after them. */
  rest?: readonly string[];
  /** What it returned; 0 if left out. */
  value?: string | number;
};

export type Decoded = {
  name: string;
  args: readonly string[];
  /** `error`: arguments that would have been filled in are shown as addresses or left as they are. */
  end?: (result: never, failed: boolean) => Ending;
};

type Options = { stringMax: number };
type Entered = { method: string; args: readonly unknown[]; nextFd: number };
type Decoder = (args: readonly never[], options: Options, call: Entered) => Decoded | readonly Decoded[];

const NOWHERE = '0x7fffffffe000';
const AT_CWD = 'AT_FDCWD';
const DIRECTORY_FLAGS = 'O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_DIRECTORY';
const READ_MAX = 65_536;
const DIRECTORY_BUFFER = 32_768;

const simple =
  (name: string, show: (...args: never[]) => readonly string[]): Decoder =>
  (args) => ({ name, args: show(...args) });

const withValue =
  (name: string, show: (...args: never[]) => readonly string[] = () => []): Decoder =>
  (args) => ({ name, args: show(...args), end: (result: number) => ({ value: result }) });

function openFlags(f: OpenFlags): string {
  const access = f.path ? 'O_RDONLY' : f.write ? (f.read ? 'O_RDWR' : 'O_WRONLY') : 'O_RDONLY';
  const more = flags(
    [
      [f.create, 'O_CREAT'],
      [f.exclusive, 'O_EXCL'],
      [f.truncate, 'O_TRUNC'],
      [f.append, 'O_APPEND'],
      [f.nonBlock, 'O_NONBLOCK'],
      [f.directory, 'O_DIRECTORY'],
      [f.noFollow, 'O_NOFOLLOW'],
      [f.closeOnExec, 'O_CLOEXEC'],
      [f.path, 'O_PATH'],
    ],
    '',
  );
  return more === '' ? access : `${access}|${more}`;
}

function mountFlags(f: MountFlags): string {
  const propagation = f.propagation === undefined ? undefined : `MS_${f.propagation.toUpperCase()}`;
  return flags([
    [f.readOnly, 'MS_RDONLY'],
    [f.noSuid, 'MS_NOSUID'],
    [f.noDev, 'MS_NODEV'],
    [f.noExec, 'MS_NOEXEC'],
    [f.remount, 'MS_REMOUNT'],
    [f.noAtime, 'MS_NOATIME'],
    [f.bind, 'MS_BIND'],
    [f.move, 'MS_MOVE'],
    [f.recursive, 'MS_REC'],
    [propagation !== undefined, propagation ?? ''],
    [f.relAtime, 'MS_RELATIME'],
  ]);
}

function namespaces(types: readonly LinuxNamespaceType[] = []): string[] {
  return CLONE_NAMES.filter(([type]) => types.includes(type)).map(([, name]) => name);
}

/** From a few letters to what access(2) is asked. */
function accessMode(mode: number): string {
  return flags(
    [
      [(mode & 4) !== 0, 'R_OK'],
      [(mode & 2) !== 0, 'W_OK'],
      [(mode & 1) !== 0, 'X_OK'],
    ],
    'F_OK',
  );
}

function waitText({ exitCode, signal, stopped }: WaitStatus): string {
  if (stopped) return `[{WIFSTOPPED(s) && WSTOPSIG(s) == ${signal ?? 'SIGSTOP'}}]`;
  if (signal !== null) return `[{WIFSIGNALED(s) && WTERMSIG(s) == ${signal}}]`;
  return `[{WIFEXITED(s) && WEXITSTATUS(s) == ${exitCode}}]`;
}

const reading: Decoder = (args, { stringMax }) => {
  const [fd, max = READ_MAX] = args as unknown as readonly [number, number?];
  return {
    name: 'read',
    args: [String(fd)],
    end: (data: Data, failed: boolean) => {
      if (failed) return { rest: [NOWHERE, String(max)] };
      const length = data instanceof Rope ? data.length : (data as Uint8Array).length;
      return { rest: [quoted(data, stringMax), String(max)], value: length };
    },
  };
};

const statOfPath =
  (flag: string): Decoder =>
  (args) => ({
    name: 'newfstatat',
    args: [AT_CWD, path(args[0])],
    end: (stat: Stat, failed: boolean) => ({ rest: [failed ? NOWHERE : statText(stat), flag] }),
  });

const directory: Decoder = (args, _options, { nextFd }) => [
  {
    name: 'openat',
    args: [AT_CWD, path(args[0]), DIRECTORY_FLAGS],
    end: () => ({ value: nextFd }),
  },
  {
    name: 'getdents64',
    args: [String(nextFd)],
    end: (entries: readonly { name: string }[], failed: boolean) => ({
      rest: [`${NOWHERE} /* ${failed ? 0 : entries.length} entries */`, String(DIRECTORY_BUFFER)],
      value: failed ? 0 : entries.reduce((sum, { name }) => sum + ((name.length + 27) & ~7), 0),
    }),
  },
  { name: 'getdents64', args: [String(nextFd), `${NOWHERE} /* 0 entries */`, String(DIRECTORY_BUFFER)] },
  { name: 'close', args: [String(nextFd)] },
];

const terminalAttributes =
  (request: string): Decoder =>
  (args) => ({ name: 'ioctl', args: [String(args[0]), request, '{...}'] });

const windowSize = (size: WindowSize): string =>
  `{ws_row=${size.rows}, ws_col=${size.columns}, ws_xpixel=0, ws_ypixel=0}`;

const socketType = (type: string): string => `${type}|SOCK_CLOEXEC`;

const opened =
  (connects: boolean): Decoder =>
  (args, _options, { nextFd }) => {
    const [address, options] = args as unknown as readonly [SocketAddress, { packets?: boolean }?];
    const type = options?.packets === true ? 'SOCK_SEQPACKET' : 'SOCK_STREAM';
    const protocol = address.family === 'inet' ? 'IPPROTO_IP' : '0';
    const fd = String(nextFd);
    const named = [fd, addressText(address), String(addressLength(address))];
    const socket = {
      name: 'socket',
      args: [FAMILY_NAMES[address.family], socketType(type), protocol],
      end: () => ({ value: nextFd }),
    };
    if (connects) return [socket, { name: 'connect', args: named, end: () => ({ value: 0 }) }];
    return [
      socket,
      { name: 'bind', args: named, end: () => ({ value: 0 }) },
      { name: 'listen', args: [fd, '4096'], end: () => ({ value: 0 }) },
    ];
  };

const link =
  (name: string): Decoder =>
  (args) => ({ name, args: [path(args[0]), path(args[1])] });

const DECODERS: Readonly<Record<string, Decoder>> = {
  open: (args) => {
    const [name, f, mode] = args as unknown as readonly [string, OpenFlags, number?];
    const created = f.create === true ? [octal(mode ?? 0o644)] : [];
    return {
      name: 'openat',
      args: [AT_CWD, path(name), openFlags(f), ...created],
      end: (fd: number) => ({ value: fd }),
    };
  },
  close: simple('close', (fd: number) => [String(fd)]),
  read: reading,
  readRope: reading,
  write: (args, { stringMax }) => {
    const [fd, data] = args as unknown as readonly [number, Data];
    const length = typeof data === 'string' ? new TextEncoder().encode(data).length : data.length;
    return {
      name: 'write',
      args: [String(fd), quoted(data, stringMax), String(length)],
      end: (n: number) => ({ value: n }),
    };
  },
  seek: withValue('lseek', (fd: number, offset: number, whence: string) => [
    String(fd),
    String(offset),
    `SEEK_${whence.toUpperCase()}`,
  ]),
  truncate: simple('ftruncate', (fd: number, length: number) => [String(fd), String(length)]),
  flock: simple('flock', (fd: number, operation: string, options?: { nonBlock?: boolean }) => [
    String(fd),
    `${LOCK_OPERATIONS[operation]}${options?.nonBlock ? '|LOCK_NB' : ''}`,
  ]),
  fallocate: simple('fallocate', (fd: number, end: number) => [String(fd), '0', '0', String(end)]),
  stat: statOfPath('0'),
  lstat: statOfPath('AT_SYMLINK_NOFOLLOW'),
  fstat: (args) => ({
    name: 'fstat',
    args: [String(args[0])],
    end: (stat: Stat, failed: boolean) => ({ rest: [failed ? NOWHERE : statText(stat)] }),
  }),
  statfs: (args) => ({
    name: 'statfs',
    args: [path(args[0])],
    end: (s: StatFs, failed: boolean) => ({
      rest: [
        failed
          ? NOWHERE
          : `{f_type=${FILE_SYSTEM_MAGICS[s.type] ?? '0'}, f_bsize=${s.blockSize}, f_blocks=${s.blocks}, f_bfree=${s.blocksFree}, ...}`,
      ],
    }),
  }),
  access: simple('access', (name: string, mode: number) => [path(name), accessMode(mode)]),
  readDirectory: directory,
  openDescriptors: (_args, options, call) => directory(['/proc/self/fd' as never], options, call),
  mkdir: simple('mkdir', (name: string, mode = 0o777) => [path(name), octal(mode)]),
  rmdir: simple('rmdir', (name: string) => [path(name)]),
  unlink: simple('unlink', (name: string) => [path(name)]),
  rename: link('rename'),
  link: link('link'),
  symlink: link('symlink'),
  readlink: (args) => ({
    name: 'readlink',
    args: [path(args[0])],
    end: (target: string, failed: boolean) =>
      failed ? { rest: [NOWHERE, '4096'] } : { rest: [path(target), '4096'], value: target.length },
  }),
  mknod: simple('mknod', (name: string, type: Stat['type'], mode: number, rdev?: readonly [number, number]) => [
    path(name),
    fileMode(type, mode),
    ...(rdev === undefined ? [] : [device(rdev)]),
  ]),
  chmod: simple('fchmodat', (name: string, mode: number) => [AT_CWD, path(name), octal(mode)]),
  chown: simple('fchownat', (name: string, uid: number, gid: number, follow = true) => [
    AT_CWD,
    path(name),
    String(uid),
    String(gid),
    follow ? '0' : 'AT_SYMLINK_NOFOLLOW',
  ]),
  setTimes: simple('utimensat', (name: string, at: bigint) => {
    const time = `{tv_sec=${at / 1_000_000_000n}, tv_nsec=${at % 1_000_000_000n}}`;
    return [AT_CWD, path(name), `[${time}, ${time}]`, '0'];
  }),
  getxattr: (args) => ({
    name: 'getxattr',
    args: [path(args[0]), path(args[1])],
    end: (value: string, failed: boolean) =>
      failed ? { rest: [NOWHERE, '256'] } : { rest: [path(value), '256'], value: value.length },
  }),
  setxattr: simple('setxattr', (name: string, key: string, value: string) => [
    path(name),
    path(key),
    path(value),
    String(value.length),
    '0',
  ]),
  removexattr: simple('removexattr', (name: string, key: string) => [path(name), path(key)]),
  listxattr: (args) => ({
    name: 'listxattr',
    args: [path(args[0])],
    end: (names: readonly string[], failed: boolean) => ({
      rest: [failed ? NOWHERE : quoted(names.map((one) => `${one}\0`).join('')), '256'],
      value: failed ? 0 : names.reduce((sum, one) => sum + one.length + 1, 0),
    }),
  }),
  chdir: simple('chdir', (name: string) => [path(name)]),
  chroot: simple('chroot', (name: string) => [path(name)]),
  getcwd: () => ({
    name: 'getcwd',
    args: [],
    end: (text: string) => ({ rest: [path(text), '4096'], value: text.length + 1 }),
  }),
  umask: (args) => ({
    name: 'umask',
    args: [octal(args[0] as unknown as number)],
    end: (before: number) => ({ value: octal(before) }),
  }),
  pipe: () => ({
    name: 'pipe2',
    args: [],
    end: (ends: readonly number[], failed: boolean) => ({
      rest: [failed ? NOWHERE : `[${ends.join(', ')}]`, 'O_CLOEXEC'],
    }),
  }),
  dup: withValue('dup', (fd: number) => [String(fd)]),
  dup2: (args) => ({
    name: 'dup2',
    args: [String(args[0]), String(args[1])],
    end: () => ({ value: args[1] as unknown as number }),
  }),
  setCloseOnExec: simple('fcntl', (fd: number, on: boolean) => [String(fd), 'F_SETFD', on ? 'FD_CLOEXEC' : '0']),
  isTty: (args) => ({
    name: 'ioctl',
    args: [String(args[0]), 'TCGETS2'],
    end: (is: boolean, failed: boolean) =>
      failed || is
        ? { rest: [failed ? NOWHERE : '{...}'] }
        : { rest: [NOWHERE], value: '-1 ENOTTY (Inappropriate ioctl for device)' },
  }),
  mount: simple('mount', (source: string, target: string, type: string, f: MountFlags, data?: string) => [
    source === '' ? 'NULL' : path(source),
    path(target),
    type === '' ? 'NULL' : path(type),
    mountFlags(f),
    data === undefined || data === '' ? 'NULL' : path(data),
  ]),
  umount: simple('umount2', (target: string, options?: { detach?: boolean }) => [
    path(target),
    options?.detach ? 'MNT_DETACH' : '0',
  ]),
  pivotRoot: link('pivot_root'),
  unshare: simple('unshare', (types: readonly LinuxNamespaceType[]) => [namespaces(types).join('|') || '0']),
  setns: simple('setns', (fd: number) => [String(fd), '0']),
  settimeofday: simple('settimeofday', (wallTimeNs: bigint) => [
    `{tv_sec=${wallTimeNs / 1_000_000_000n}, tv_usec=${(wallTimeNs / 1000n) % 1_000_000n}}`,
    'NULL',
  ]),
  sethostname: simple('sethostname', (name: string) => [path(name), String(name.length)]),
  uname: () => ({
    name: 'uname',
    args: [],
    end: (u: Uname) => ({ rest: [`{sysname=${path(u.sysname)}, nodename=${path(u.nodename)}, ...}`] }),
  }),
  fork: (args) => {
    const options = args[1] as { newNamespaces?: LinuxNamespaceType[]; cloneParent?: boolean } | undefined;
    const set = [...namespaces(options?.newNamespaces), ...(options?.cloneParent ? ['CLONE_PARENT'] : []), 'SIGCHLD'];
    return {
      name: 'clone',
      args: ['child_stack=NULL', `flags=${set.join('|')}`],
      end: (pid: number) => ({ value: pid }),
    };
  },
  spawn: (args) => {
    const options = args[1] as { newNamespaces?: LinuxNamespaceType[] } | undefined;
    const set = ['CLONE_VM', 'CLONE_VFORK', ...namespaces(options?.newNamespaces)];
    return {
      name: 'clone3',
      args: [`{flags=${set.join('|')}, exit_signal=SIGCHLD}`, '88'],
      end: (pid: number) => ({ value: pid }),
    };
  },
  execve: (args) => execText(...(args as unknown as readonly [string, readonly string[], readonly string[]])),
  wait: (args) => {
    const [pid, options] = args as unknown as readonly [number, { noHang?: boolean; untraced?: boolean }?];
    const how = flags([
      [options?.noHang, 'WNOHANG'],
      [options?.untraced, 'WSTOPPED'],
    ]);
    return {
      name: 'wait4',
      args: [String(pid)],
      end: (status: WaitStatus | null, failed: boolean) => ({
        rest: [failed || status === null ? NOWHERE : waitText(status), how, 'NULL'],
        value: status?.pid ?? 0,
      }),
    };
  },
  waitExit: (args, _options, { nextFd }) => [
    { name: 'pidfd_open', args: [String(args[0]), '0'], end: () => ({ value: nextFd }) },
    {
      name: 'poll',
      args: [`[{fd=${nextFd}, events=POLLIN}]`, '1', '-1'],
      end: () => ({ value: `1 ([{fd=${nextFd}, revents=POLLIN}])` }),
    },
  ],
  kill: simple('kill', (pid: number, signal: Signal | 0) => [String(pid), String(signal)]),
  sigaction: simple('rt_sigaction', (signal: Signal, action: unknown, options?: { restart?: boolean }) => {
    const handler =
      action === 'default'
        ? 'SIG_DFL'
        : action === 'ignore'
          ? 'SIG_IGN'
          : `0x${(0x401000 + signalNumber(signal) * 16).toString(16)}`;
    const restart =
      typeof action === 'function' && options?.restart !== false ? 'SA_RESTORER|SA_RESTART' : 'SA_RESTORER';
    return [signal, `{sa_handler=${handler}, sa_mask=[], sa_flags=${restart}}`, 'NULL', '8'];
  }),
  getpid: withValue('getpid'),
  getppid: withValue('getppid'),
  setsid: withValue('setsid'),
  getsid: withValue('getsid', () => ['0']),
  setpgid: simple('setpgid', (pid: number, group: number) => [String(pid), String(group)]),
  getpgid: withValue('getpgid', (pid: number) => [String(pid)]),
  getPriority: (args) => ({
    name: 'getpriority',
    args: [PRIORITY_OF[args[0] as unknown as string] ?? '', String(args[1])],
    // The call itself gives 1 to 40, lest it look like an error.
    end: (nice: number, failed: boolean) => (failed ? {} : { value: 20 - nice }),
  }),
  setPriority: simple('setpriority', (which: string, who: number, nice: number) => [
    PRIORITY_OF[which] ?? '',
    String(who),
    String(nice),
  ]),
  setSubreaper: simple('prctl', (on: boolean) => ['PR_SET_CHILD_SUBREAPER', on ? '1' : '0']),
  setParentDeathSignal: simple('prctl', (signal: Signal | null) => ['PR_SET_PDEATHSIG', signal ?? '0']),
  setComm: simple('prctl', (name: string) => ['PR_SET_NAME', path(name)]),
  setNoNewPrivileges: simple('prctl', () => ['PR_SET_NO_NEW_PRIVS', '1', '0', '0', '0']),
  setuid: simple('setuid', (id: number) => [String(id)]),
  setgid: simple('setgid', (id: number) => [String(id)]),
  setgroups: simple('setgroups', (ids: readonly number[]) => [String(ids.length), `[${ids.join(', ')}]`]),
  setCapabilities: simple(
    'capset',
    (sets: Record<'effective' | 'permitted' | 'inheritable', readonly string[] | undefined>) => {
      const show = (set: readonly string[] = []): string =>
        set.length === 0 ? '0' : set.map((one) => `1<<CAP_${one}`).join('|');
      return [
        '{version=_LINUX_CAPABILITY_VERSION_3, pid=0}',
        `{effective=${show(sets.effective)}, permitted=${show(sets.permitted)}, inheritable=${show(sets.inheritable)}}`,
      ];
    },
  ),
  getrlimit: (args) => ({
    name: 'prlimit64',
    args: ['0', `RLIMIT_${args[0]}`, 'NULL'],
    end: (limit: { soft: number; hard: number }) => ({ rest: [limitText(limit)] }),
  }),
  setrlimit: simple('prlimit64', (resource: string, soft: number, hard: number) => [
    '0',
    `RLIMIT_${resource}`,
    limitText({ soft, hard }),
    'NULL',
  ]),
  sync: simple('sync', () => []),
  sleep: simple('clock_nanosleep', (ns: number) => [
    'CLOCK_REALTIME',
    '0',
    `{tv_sec=${Math.floor(ns / 1e9)}, tv_nsec=${Math.floor(ns % 1e9)}}`,
    'NULL',
  ]),
  syslog: () => ({
    name: 'syslog',
    args: ['SYSLOG_ACTION_READ_ALL'],
    end: (lines: readonly unknown[]) => ({ rest: [NOWHERE], value: lines?.length ?? 0 }),
  }),
  ptrace: simple('ptrace', (pid: number, listener: unknown) => [
    listener === null ? 'PTRACE_DETACH' : 'PTRACE_SEIZE',
    String(pid),
    'NULL',
    '0',
  ]),
  seccomp: simple('seccomp', () => ['SECCOMP_SET_MODE_FILTER', '0', '{...}']),
  openPty: () => ({
    name: 'openat',
    args: [AT_CWD, path('/dev/ptmx'), 'O_RDWR|O_NOCTTY|O_CLOEXEC'],
    end: (pty: { master: number }) => ({ value: pty?.master ?? 0 }),
  }),
  getTermios: terminalAttributes('TCGETS2'),
  setTermios: terminalAttributes('TCSETSW2'),
  getWindowSize: (args) => ({
    name: 'ioctl',
    args: [String(args[0]), 'TIOCGWINSZ'],
    end: (size: WindowSize, failed: boolean) => ({ rest: [failed ? NOWHERE : windowSize(size)] }),
  }),
  setWindowSize: simple('ioctl', (fd: number, size: WindowSize) => [String(fd), 'TIOCSWINSZ', windowSize(size)]),
  setControllingTty: simple('ioctl', (fd: number) => [String(fd), 'TIOCSCTTY', '0']),
  setForegroundGroup: simple('ioctl', (fd: number, group: number) => [String(fd), 'TIOCSPGRP', `[${group}]`]),
  getForegroundGroup: (args) => ({
    name: 'ioctl',
    args: [String(args[0]), 'TIOCGPGRP'],
    end: (group: number, failed: boolean) => ({ rest: [failed ? NOWHERE : `[${group}]`] }),
  }),
  listen: opened(false),
  connect: opened(true),
  accept: (args) => ({
    name: 'accept4',
    args: [String(args[0])],
    end: (fd: number) => ({ rest: ['NULL', 'NULL', 'SOCK_CLOEXEC'], value: fd }),
  }),
  pollListener: (args) => ({
    name: 'poll',
    args: [`[{fd=${args[0]}, events=POLLIN}]`, '1', '-1'],
    end: () => ({ value: `1 ([{fd=${args[0]}, revents=POLLIN}])` }),
  }),
  shutdown: simple('shutdown', (fd: number, how: 'read' | 'write' | 'both') => [
    String(fd),
    { read: 'SHUT_RD', write: 'SHUT_WR', both: 'SHUT_RDWR' }[how],
  ]),
  peerPid: (args) => ({
    name: 'getsockopt',
    args: [String(args[0]), 'SOL_SOCKET', 'SO_PEERCRED'],
    end: (pid: number) => ({ rest: [`{pid=${pid}, ...}`, '[12]'] }),
  }),
  socketAddress: (args) => ({
    name: args[1] === 'peer' ? 'getpeername' : 'getsockname',
    args: [String(args[0])],
    end: (address: SocketAddress, failed: boolean) => ({
      rest: failed ? [NOWHERE, '[128]'] : [addressText(address), `[128 => ${addressLength(address)}]`],
    }),
  }),
  sendDescriptors: (args, { stringMax }) => {
    const [fd, data, descriptors] = args as unknown as readonly [number, Data, readonly number[]];
    return {
      name: 'sendmsg',
      args: [
        String(fd),
        `{msg_iov=[{iov_base=${quoted(data, stringMax)}}], msg_control=[{cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[${descriptors.join(', ')}]}]}`,
        '0',
      ],
      end: () => ({ value: typeof data === 'string' ? data.length : data.length }),
    };
  },
  receiveDescriptors: (args, { stringMax }) => ({
    name: 'recvmsg',
    args: [String(args[0])],
    end: (got: { data: Uint8Array; descriptors: number[] }, failed: boolean) =>
      failed
        ? { rest: [NOWHERE, '0'] }
        : {
            rest: [
              `{msg_iov=[{iov_base=${quoted(got.data, stringMax)}}], msg_control=[{cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[${got.descriptors.join(', ')}]}]}`,
              '0',
            ],
            value: got.data.length,
          },
  }),
  socketPair: () => ({
    name: 'socketpair',
    args: ['AF_UNIX', 'SOCK_STREAM|SOCK_CLOEXEC', '0'],
    end: (ends: readonly number[], failed: boolean) => ({ rest: [failed ? NOWHERE : `[${ends.join(', ')}]`] }),
  }),
  createVirtualMachine: withValue('ioctl', (fd: number) => [String(fd), 'KVM_CREATE_VM', '0']),
  runVirtualMachine: simple('ioctl', (fd: number) => [String(fd), 'KVM_RUN', '0']),
  netlink: (args, _options, { nextFd }) => {
    const { op } = args[0] as unknown as { op: string };
    return {
      name: 'sendto',
      args: [
        String(nextFd),
        `[{nlmsg_type=${NETLINK_TYPES[op] ?? op}, nlmsg_flags=NLM_F_REQUEST|NLM_F_ACK, ...}]`,
        '0',
        'NULL',
        '0',
      ],
    };
  },
  reboot: simple('reboot', (how: string) => [
    'LINUX_REBOOT_MAGIC1',
    'LINUX_REBOOT_MAGIC2',
    { reset: 'LINUX_REBOOT_CMD_RESTART', shutdown: 'LINUX_REBOOT_CMD_POWER_OFF', halt: 'LINUX_REBOOT_CMD_HALT' }[how] ??
      how,
  ]),
};

function limitText({ soft, hard }: { soft: number; hard: number }): string {
  const show = (n: number): string => {
    if (!Number.isFinite(n)) return 'RLIM64_INFINITY';
    return n % 1024 === 0 && n > 1024 ? `${n / 1024}*1024` : String(n);
  };
  return `{rlim_cur=${show(soft)}, rlim_max=${show(hard)}}`;
}

export function execText(file: string, argv: readonly string[], env: readonly string[] | number): Decoded {
  const count = typeof env === 'number' ? env : env.length;
  return {
    name: 'execve',
    args: [path(file), `[${argv.map(path).join(', ')}]`, `0x7fffffffe5d8 /* ${count} var${count === 1 ? '' : 's'} */`],
  };
}

/** The calls that one of the surface's stands for; none if it is no call of the kernel's. */
export function decode(call: Entered, options: Options): readonly Decoded[] {
  const decoder = DECODERS[call.method];
  if (decoder !== undefined) {
    const decoded = decoder(call.args as readonly never[], options, call);
    return Array.isArray(decoded) ? (decoded as readonly Decoded[]) : [decoded as Decoded];
  }
  const [name] = namesOf(call.method);
  return name === undefined
    ? []
    : [{ name, args: ['...'], end: (result: unknown) => (typeof result === 'number' ? { value: result } : {}) }];
}

export function errorText(error: Errno): string {
  return `-1 ${error.code} (${error.libc})`;
}
