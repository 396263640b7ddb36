/**
 * What the calls of the surface (syscalls.ts) are called on x86_64: the one that programs make first, then others that
 * do the same. @models Linux 6.12 arch/x86/entry/syscalls/syscall_64.tbl
 */
import type { LinuxNamespaceType } from './syscalls.ts';

const NAMES: Readonly<Record<string, readonly string[]>> = {
  open: ['openat', 'open', 'openat2', 'creat'],
  close: ['close'],
  read: ['read', 'readv', 'pread64'],
  readRope: ['read', 'readv', 'pread64'],
  write: ['write', 'writev', 'pwrite64'],
  seek: ['lseek'],
  truncate: ['ftruncate'],
  stat: ['newfstatat', 'stat', 'statx'],
  lstat: ['newfstatat', 'lstat', 'statx'],
  fstat: ['fstat', 'newfstatat', 'statx'],
  statfs: ['statfs', 'fstatfs'],
  access: ['access', 'faccessat', 'faccessat2'],
  readDirectory: ['getdents64', 'getdents'],
  mkdir: ['mkdir', 'mkdirat'],
  rmdir: ['rmdir', 'unlinkat'],
  unlink: ['unlink', 'unlinkat'],
  rename: ['rename', 'renameat', 'renameat2'],
  link: ['link', 'linkat'],
  symlink: ['symlink', 'symlinkat'],
  readlink: ['readlink', 'readlinkat'],
  mknod: ['mknod', 'mknodat'],
  chmod: ['chmod', 'fchmodat', 'fchmodat2', 'fchmod'],
  chown: ['chown', 'fchownat', 'lchown', 'fchown'],
  setTimes: ['utimensat', 'utimes', 'futimesat'],
  getxattr: ['getxattr', 'lgetxattr', 'fgetxattr'],
  setxattr: ['setxattr', 'lsetxattr', 'fsetxattr'],
  listxattr: ['listxattr', 'llistxattr', 'flistxattr'],
  removexattr: ['removexattr', 'lremovexattr', 'fremovexattr'],
  chdir: ['chdir', 'fchdir'],
  getcwd: ['getcwd'],
  chroot: ['chroot'],
  umask: ['umask'],
  watch: ['inotify_add_watch'],
  pipe: ['pipe2', 'pipe'],
  dup: ['dup', 'fcntl'],
  dup2: ['dup2', 'dup3'],
  setCloseOnExec: ['fcntl'],
  isTty: ['ioctl'],
  mount: ['mount'],
  idmapMount: ['mount_setattr'],
  umount: ['umount2'],
  pivotRoot: ['pivot_root'],
  unshare: ['unshare'],
  setns: ['setns'],
  sethostname: ['sethostname'],
  uname: ['uname'],
  fork: ['clone', 'clone3', 'fork', 'vfork'],
  spawn: ['clone', 'clone3', 'vfork'],
  execve: ['execve', 'execveat'],
  exit: ['exit_group', 'exit'],
  wait: ['wait4', 'waitid'],
  waitExit: ['pidfd_open'],
  kill: ['kill', 'tkill', 'tgkill'],
  sigaction: ['rt_sigaction'],
  getpid: ['getpid'],
  getppid: ['getppid'],
  setsid: ['setsid'],
  getsid: ['getsid'],
  setpgid: ['setpgid'],
  getpgid: ['getpgid', 'getpgrp'],
  setSubreaper: ['prctl'],
  setParentDeathSignal: ['prctl'],
  setComm: ['prctl'],
  setNoNewPrivileges: ['prctl'],
  setuid: ['setuid', 'setreuid', 'setresuid'],
  setgid: ['setgid', 'setregid', 'setresgid'],
  setgroups: ['setgroups'],
  setCapabilities: ['capset'],
  getrlimit: ['prlimit64', 'getrlimit'],
  setrlimit: ['prlimit64', 'setrlimit'],
  setMemory: ['brk', 'mmap'],
  sync: ['sync', 'syncfs', 'fsync'],
  syslog: ['syslog'],
  ptrace: ['ptrace'],
  seccomp: ['seccomp', 'prctl'],
  openPty: ['openat'],
  getTermios: ['ioctl'],
  setTermios: ['ioctl'],
  getWindowSize: ['ioctl'],
  setWindowSize: ['ioctl'],
  setControllingTty: ['ioctl'],
  setForegroundGroup: ['ioctl'],
  getForegroundGroup: ['ioctl'],
  listen: ['bind', 'listen', 'socket'],
  accept: ['accept4', 'accept'],
  pollListener: ['poll', 'ppoll', 'epoll_wait', 'epoll_pwait', 'select', 'pselect6'],
  connect: ['connect', 'socket'],
  shutdown: ['shutdown'],
  peerPid: ['getsockopt'],
  senderPid: ['recvmsg'],
  socketAddress: ['getsockname', 'getpeername'],
  sendDescriptors: ['sendmsg'],
  receiveDescriptors: ['recvmsg'],
  socketPair: ['socketpair'],
  createVirtualMachine: ['ioctl'],
  addVirtualDevice: ['ioctl'],
  runVirtualMachine: ['ioctl'],
  connectGuest: ['connect', 'socket'],
  reboot: ['reboot'],
  netlink: ['sendto', 'sendmsg'],
  netLinks: ['recvmsg', 'recvfrom'],
  netRoutes: ['recvmsg', 'recvfrom'],
  netNeighbours: ['recvmsg', 'recvfrom'],
  icmpEcho: ['sendto', 'sendmsg'],
  natRules: ['getsockopt', 'recvmsg'],
  addNatRule: ['setsockopt', 'sendmsg'],
  deleteNatRules: ['setsockopt', 'sendmsg'],
  ipcKeys: ['shmctl'],
};

const NONE: readonly string[] = [];

/** Empty for what is no system call of its own. */
export function namesOf(method: string): readonly string[] {
  return NAMES[method] ?? NONE;
}

const CLONE: Readonly<Record<LinuxNamespaceType, number>> = {
  time: 0x80,
  mnt: 0x20000,
  cgroup: 0x2000000,
  uts: 0x4000000,
  ipc: 0x8000000,
  user: 0x10000000,
  pid: 0x20000000,
  net: 0x40000000,
};

export function cloneFlags(types: readonly LinuxNamespaceType[]): number {
  return types.reduce((flags, type) => flags | CLONE[type], 0);
}

const FAMILIES: Record<string, number> = { unix: 1, inet: 2, vsock: 40 };
const SIGCHLD = 17;

/** The arguments of a call as numbers, of those calls that rules ask about. */
export function argumentsOf(method: string, args: readonly unknown[]): readonly number[] {
  const [first, second] = args;
  switch (method) {
    case 'fork':
    case 'spawn': {
      const options = second as { newNamespaces?: LinuxNamespaceType[] } | undefined;
      return [cloneFlags(options?.newNamespaces ?? []) | SIGCHLD];
    }
    case 'unshare':
      return [cloneFlags(first as LinuxNamespaceType[])];
    case 'setns':
      return [first as number, 0];
    case 'listen':
    case 'connect':
      return [FAMILIES[(first as { family: string }).family] ?? 0];
    case 'kill':
      return [first as number];
    default:
      return [];
  }
}
