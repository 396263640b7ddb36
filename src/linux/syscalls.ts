/**
 * The system call surface that programs run on. It is an interface because there is more than one kernel: the
 * host's, a guest's inside a VM, and a user-space kernel that answers most calls itself.
 *
 * Every method takes the context first and throws `Errno`. Blocking calls park the strand; a signal handler that was
 * installed with `restart: false` makes them throw EINTR.
 */
import type { DmInfo, DmRequest } from './block/device-mapper.ts';
import type { Context } from './context.ts';
import type { CpuTimes } from './cpu-times.ts';
import type { LockMode } from './file-locks.ts';
import type { Data, Rope } from './rope.ts';
import type { SeccompFilter } from './seccomp.ts';
import type { Signal } from './signals.ts';
import type { TraceListener } from './syscall-entry.ts';
import type { IpcKind } from './system-v-ipc.ts';

export type FileType = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'char' | 'block';

/** Whom getpriority and setpriority are about. */
export type PriorityOf = 'process' | 'group' | 'user';

export type Stat = {
  dev: number;
  ino: number;
  type: FileType;
  /** Permission bits, setuid/setgid/sticky included; without the type bits. */
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  size: number;
  /** What it takes of its filesystem, in units of 512 bytes. */
  blocks: number;
  /** Device number of char and block devices: [major, minor]. */
  rdev: readonly [number, number];
  /** ns since 1970. */
  atime: bigint;
  mtime: bigint;
  ctime: bigint;
};

export type StatFs = {
  type: string;
  source: string;
  blockSize: number;
  blocks: number;
  blocksFree: number;
  files: number;
  filesFree: number;
};

export type OpenFlags = {
  read?: boolean;
  write?: boolean;
  create?: boolean;
  exclusive?: boolean;
  truncate?: boolean;
  append?: boolean;
  directory?: boolean;
  noFollow?: boolean;
  nonBlock?: boolean;
  /** O_PATH: a handle to the inode only. */
  path?: boolean;
  closeOnExec?: boolean;
};

export type DirectoryEntry = { name: string; type: FileType; ino: number };

export type MountFlags = {
  bind?: boolean;
  recursive?: boolean;
  /** With `recursive` it is mount_setattr(2) with AT_RECURSIVE: attributes that are not named stay as they are. */
  remount?: boolean;
  move?: boolean;
  readOnly?: boolean;
  noSuid?: boolean;
  noDev?: boolean;
  noExec?: boolean;
  noAtime?: boolean;
  relAtime?: boolean;
  propagation?: 'shared' | 'private' | 'slave' | 'unbindable';
};

export type LinuxNamespaceType = 'mnt' | 'pid' | 'net' | 'uts' | 'ipc' | 'user' | 'cgroup' | 'time';

export type WaitStatus = { pid: number; exitCode: number; signal: Signal | null; stopped: boolean };

/** How a fork differs from plain fork(2). */
export type ForkOptions = {
  /** CLONE_NEW*: namespaces to create for the child. */
  newNamespaces?: readonly LinuxNamespaceType[];
  /** CLONE_PARENT: the child becomes a sibling. */
  cloneParent?: boolean;
  /** CLONE_INTO_CGROUP: path of a cgroup directory. */
  cgroup?: string;
  /** Name in the process table until exec. */
  comm?: string;
};

export type SpawnOptions = {
  argv: readonly string[];
  env?: readonly string[];
  cwd?: string;
  /** Child fd -> our fd, or 'null' for /dev/null. Default: 0, 1, 2 are inherited. */
  stdio?: Readonly<Record<number, number | 'null'>>;
  newSession?: boolean;
  /** setpgid in the child: 0 makes it a group leader. */
  processGroup?: number;
  /** Make the child's group the foreground group of the terminal on this fd. */
  foregroundTty?: number;
  newNamespaces?: readonly LinuxNamespaceType[];
  cgroup?: string;
  uid?: number;
  gid?: number;
  oomScoreAdj?: number;
  /** Signals reset to default in the child. */
  defaultSignals?: readonly Signal[];
  /** What the child does between fork and execve, last of all; what it throws is thrown in the parent. */
  prepare?: (child: Context) => Promise<void>;
};

export type SignalAction = 'default' | 'ignore' | ((signal: Signal) => void);

export type SocketAddress =
  | { family: 'unix'; path: string }
  | { family: 'inet'; host: string; port: number }
  | { family: 'vsock'; cid: number; port: number };

export type SocketType = 'stream' | 'datagram';

export type Termios = { canonical: boolean; echo: boolean; signals: boolean; outputNewline: boolean };

export type WindowSize = { rows: number; columns: number };

export type Uname = {
  sysname: string;
  nodename: string;
  release: string;
  version: string;
  machine: string;
  domainname: string;
};

/** Network configuration requests (netlink in reality), applied to the caller's network namespace. */
export type NetlinkRequest =
  | { op: 'link.add'; name: string; kind: 'bridge' | 'dummy' | 'tap' }
  | {
      op: 'link.add-veth';
      name: string;
      peer: string /** fd of an open network namespace file for the peer end */;
      peerNamespaceFd?: number;
      mac?: string;
      peerMac?: string;
      mtu?: number;
    }
  | { op: 'link.delete'; name: string }
  /** tc: an ingress filter on `name` that redirects everything to `to` (null removes it). */
  | { op: 'filter.redirect'; name: string; to: string | null }
  | {
      op: 'link.set';
      name: string;
      up?: boolean;
      master?: string | null;
      newName?: string;
      mtu?: number;
      promiscuous?: boolean;
      hairpin?: boolean;
      mac?: string;
      namespaceFd?: number;
    }
  | { op: 'address.add' | 'address.delete'; name: string; address: string }
  | { op: 'route.add' | 'route.delete'; destination: string; gateway?: string; name?: string; source?: string };

export type NetLink = {
  index: number;
  name: string;
  kind: 'loopback' | 'veth' | 'bridge' | 'dummy' | 'uplink' | 'tap' | 'nic';
  mac: string;
  mtu: number;
  up: boolean;
  master: string | null;
  promiscuous: boolean;
  hairpin: boolean;
  /** There is something at the other end: LOWER_UP. */
  carrier: boolean;
  /** Interface index of the other end of a veth pair, in its own namespace; and whether that is another one. */
  peerIndex: number | null;
  peerElsewhere: boolean;
  addresses: { address: string; prefix: number; broadcast: string | null }[];
  statistics: { rxBytes: number; rxPackets: number; txBytes: number; txPackets: number };
};

export type NetRoute = { destination: string; gateway: string | null; name: string; source: string | null };

export type NetNeighbour = { address: string; name: string; mac: string | null };

/** What an echo request gave: a reply, or a router's word that it went no further. */
export type IcmpReply = {
  kind: 'reply' | 'host-unreachable' | 'net-unreachable' | 'ttl-exceeded';
  /** Who says so. */
  from: string;
  /** Of the reply as it arrived. */
  ttl: number;
  roundTripNs: number;
};

/** NAT and filter rules (iptables in reality): kept per network namespace, applied to connections. */
export type NatRule = {
  /** Who installed it and for what, as iptables' comment match shows it. */
  comment: string;
  /** `reject` refuses what it matches. */
  kind: 'dnat' | 'masquerade' | 'reject';
  protocol: 'tcp' | 'udp' | 'all';
  /** Matches connections to this address and port; empty host = any local address. */
  matchHost: string;
  matchPort: number;
  toHost: string;
  toPort: number;
  /** The share of the connections that come as far as this rule which it takes (iptables' statistic match); all. */
  probability?: number;
};

/** What a virtual machine is given; taken away again when it ends. */
export type DiskBus = 'pmem' | 'virtio' | 'scsi';

export type VirtualDevice =
  /** vhost-vsock: `fd` is an open /dev/vhost-vsock. Without an fd the hypervisor itself carries the connections. */
  | { kind: 'vsock'; cid: number; fd: number | null }
  /** The other end of a tap interface in the caller's network namespace. */
  | { kind: 'net'; tap: string; mac: string }
  /**
   * A disk backed by a file or a block device. `id` is the hypervisor's name for it; the guest's depends on the bus: pmem0,
   * vda, sda. `at` is where the guest's sysfs has it below /sys/devices: pci0000:00/0000:00:05.0/virtio3.
   */
  | { kind: 'disk'; bus: DiskBus; id: string; at: string; path: string; readOnly: boolean }
  /** virtio-fs: the directory behind `directoryFd`, served by the process at the other end of `socketFd`. */
  | { kind: 'fs'; tag: string; socketFd: number; directoryFd: number };

export interface Syscalls {
  /** ns since 1970 (CLOCK_REALTIME). */
  wallTime(): bigint;
  /** ns since this kernel started (CLOCK_BOOTTIME). */
  uptimeNs(): number;
  cpu(ctx: Context, durationNs: number): Promise<void>;

  // Files.
  open(ctx: Context, path: string, flags: OpenFlags, mode?: number): Promise<number>;
  close(ctx: Context, fd: number): Promise<void>;
  /** At most `max` bytes, at least one unless end of file (then length 0). */
  read(ctx: Context, fd: number, max?: number): Promise<Uint8Array>;
  readRope(ctx: Context, fd: number, max?: number): Promise<Rope>;
  /** Writes everything (blocking on full pipes); EPIPE also raises SIGPIPE. Returns the length. */
  write(ctx: Context, fd: number, data: Data): Promise<number>;
  seek(ctx: Context, fd: number, offset: number, whence: 'set' | 'cur' | 'end'): Promise<number>;
  truncate(ctx: Context, fd: number, length: number): Promise<void>;
  /** Room on the disk for the file up to `end` bytes; it grows to that if it is shorter. ENOSPC, EOPNOTSUPP. */
  fallocate(ctx: Context, fd: number, end: number): Promise<void>;
  /** flock(2): EAGAIN (EWOULDBLOCK) with LOCK_NB, EINTR. The lock is the open file description's. */
  flock(ctx: Context, fd: number, operation: LockMode | 'unlock', options?: { nonBlock?: boolean }): Promise<void>;
  stat(ctx: Context, path: string): Promise<Stat>;
  lstat(ctx: Context, path: string): Promise<Stat>;
  fstat(ctx: Context, fd: number): Promise<Stat>;
  statfs(ctx: Context, path: string): Promise<StatFs>;
  access(ctx: Context, path: string, mode: number): Promise<void>;
  readDirectory(ctx: Context, path: string): Promise<DirectoryEntry[]>;
  mkdir(ctx: Context, path: string, mode?: number): Promise<void>;
  rmdir(ctx: Context, path: string): Promise<void>;
  unlink(ctx: Context, path: string): Promise<void>;
  rename(ctx: Context, from: string, to: string): Promise<void>;
  link(ctx: Context, existing: string, path: string): Promise<void>;
  symlink(ctx: Context, target: string, path: string): Promise<void>;
  readlink(ctx: Context, path: string): Promise<string>;
  mknod(
    ctx: Context,
    path: string,
    type: 'fifo' | 'char' | 'block',
    mode: number,
    rdev?: readonly [number, number],
  ): Promise<void>;
  chmod(ctx: Context, path: string, mode: number): Promise<void>;
  chown(ctx: Context, path: string, uid: number, gid: number, followLinks?: boolean): Promise<void>;
  setTimes(ctx: Context, path: string, mtime: bigint): Promise<void>;
  getxattr(ctx: Context, path: string, name: string): Promise<string>;
  setxattr(ctx: Context, path: string, name: string, value: string): Promise<void>;
  listxattr(ctx: Context, path: string): Promise<string[]>;
  /** ENODATA if it has no such attribute. */
  removexattr(ctx: Context, path: string, name: string): Promise<void>;
  chdir(ctx: Context, path: string): Promise<void>;
  getcwd(ctx: Context): Promise<string>;
  chroot(ctx: Context, path: string): Promise<void>;
  umask(ctx: Context, mask: number): Promise<number>;
  /** Resolves when something in the directory changed (inotify). */
  watch(ctx: Context, path: string): Promise<void>;

  // Descriptors.
  /** [read end, write end] */
  pipe(ctx: Context): Promise<[number, number]>;
  dup(ctx: Context, fd: number): Promise<number>;
  dup2(ctx: Context, from: number, to: number): Promise<void>;
  setCloseOnExec(ctx: Context, fd: number, on: boolean): Promise<void>;
  openDescriptors(ctx: Context): Promise<number[]>;
  isTty(ctx: Context, fd: number): Promise<boolean>;

  // Mounts and namespaces.
  mount(
    ctx: Context,
    source: string,
    target: string,
    fstype: string,
    flags: MountFlags,
    options?: string,
  ): Promise<void>;
  /**
   * mount_setattr(2) with MOUNT_ATTR_IDMAP: owners of what is below a mount that `openTree` made are seen as those of a
   * user namespace. EINVAL if the filesystem cannot, EPERM if it is mapped already.
   */
  idmapMount(ctx: Context, mountFd: number, userNamespaceFd: number): Promise<void>;
  /** open_tree(2) with OPEN_TREE_CLONE: a descriptor of a bind mount that is nowhere yet. */
  openTree(ctx: Context, path: string, options?: { recursive?: boolean }): Promise<number>;
  /** move_mount(2) of such a one. */
  moveMount(ctx: Context, mountFd: number, target: string): Promise<void>;
  umount(ctx: Context, target: string, options?: { detach?: boolean }): Promise<void>;
  pivotRoot(ctx: Context, newRoot: string, putOld: string): Promise<void>;
  unshare(ctx: Context, types: readonly LinuxNamespaceType[]): Promise<void>;
  /** `fd` is an open /proc/PID/ns/TYPE or a bind mount of one. */
  setns(ctx: Context, fd: number): Promise<void>;
  /** ioctl NS_GET_USERNS on an open namespace file: a descriptor of the user namespace that owns it. */
  namespaceOwner(ctx: Context, fd: number): Promise<number>;
  /** shmget, semget or msgget with IPC_CREAT | IPC_EXCL, in the caller's namespace; the id. EEXIST, EINVAL. */
  ipcCreate(ctx: Context, kind: IpcKind, options: { key: number; size: number; mode: number }): Promise<number>;
  /** shmctl, semctl or msgctl with IPC_RMID. EINVAL, EPERM. */
  ipcRemove(ctx: Context, kind: IpcKind, id: number): Promise<void>;
  sethostname(ctx: Context, name: string): Promise<void>;
  /** ns since 1970; time that has passed goes on as it did. */
  settimeofday(ctx: Context, wallTimeNs: bigint): Promise<void>;
  uname(ctx: Context): Promise<Uname>;

  // Processes.
  /** Runs `child` in a new process; resolves in the parent with the pid as the parent sees it. */
  fork(ctx: Context, child: (ctx: Context) => Promise<number>, options?: ForkOptions): Promise<number>;
  /** fork + execve, as posix_spawn or Go's os/exec; throws the exec's Errno in the parent. No PATH lookup. */
  spawn(ctx: Context, path: string, options: SpawnOptions): Promise<number>;
  /** Replaces the program; never returns unless it throws. */
  execve(ctx: Context, path: string, argv: readonly string[], env: readonly string[]): Promise<never>;
  exit(ctx: Context, code: number): Promise<never>;
  /** pid > 0 that child, -1 any, 0 own group, < -1 that group. null with noHang when nothing has changed. */
  wait(ctx: Context, pid: number, options?: { noHang?: boolean; untraced?: boolean }): Promise<WaitStatus | null>;
  /** Resolves when the process (any, by pid) has exited: pidfd_open + poll. ESRCH if it does not exist. */
  waitExit(ctx: Context, pid: number): Promise<void>;
  /** pid 0 own group, -1 everyone, < -1 that group. Signal 0 only checks. */
  kill(ctx: Context, pid: number, signal: Signal | 0): Promise<void>;
  /** `restart` (SA_RESTART) is the default, as in Go and glibc's signal(). */
  sigaction(ctx: Context, signal: Signal, action: SignalAction, options?: { restart?: boolean }): void;
  getpid(ctx: Context): number;
  getppid(ctx: Context): number;
  setsid(ctx: Context): Promise<number>;
  getsid(ctx: Context): number;
  setpgid(ctx: Context, pid: number, group: number): Promise<void>;
  getpgid(ctx: Context, pid: number): number;
  setSubreaper(ctx: Context, on: boolean): void;
  /** PR_SET_PDEATHSIG. */
  setParentDeathSignal(ctx: Context, signal: Signal | null): void;
  setComm(ctx: Context, comm: string): void;
  /** Overwrites argv as seen in /proc/PID/cmdline (nginx's "master process" title). */
  setTitle(ctx: Context, title: string): void;
  setNoNewPrivileges(ctx: Context): void;
  /** SECCOMP_SET_MODE_FILTER: one more filter, for good. EACCES without CAP_SYS_ADMIN and no_new_privs. */
  seccomp(ctx: Context, filter: SeccompFilter): Promise<void>;
  setuid(ctx: Context, uid: number): Promise<void>;
  setgid(ctx: Context, gid: number): Promise<void>;
  setgroups(ctx: Context, groups: readonly number[]): Promise<void>;
  /** Replaces the capability sets (names without CAP_). */
  setCapabilities(
    ctx: Context,
    sets: {
      effective?: readonly string[];
      permitted?: readonly string[];
      inheritable?: readonly string[];
      bounding?: readonly string[];
      ambient?: readonly string[];
    },
  ): Promise<void>;
  /** CPU time of the process, or of the children that it has waited for. */
  getrusage(ctx: Context, who: 'self' | 'children'): CpuTimes;
  getrlimit(ctx: Context, resource: string): { soft: number; hard: number };
  setrlimit(ctx: Context, resource: string, soft: number, hard: number): void;
  /** The least nice one's; `who` 0 is the caller, his group or his user. ESRCH. */
  getPriority(ctx: Context, which: PriorityOf, who: number): Promise<number>;
  /** From -20 to 19, others are cut. ESRCH, EPERM (another user's), EACCES (less nice than RLIMIT_NICE allows). */
  setPriority(ctx: Context, which: PriorityOf, who: number, nice: number): Promise<void>;
  setOomScoreAdj(ctx: Context, value: number): void;
  /** Changes how much memory this process holds; charged to its cgroup (may end in the OOM killer). */
  setMemory(ctx: Context, rssBytes: number): Promise<void>;
  sync(ctx: Context): Promise<void>;
  /**
   * ptrace(2): `listener` is told of what the process does from now on (PTRACE_SEIZE); null ends that. `follow`: of its
   * children too. ESRCH; EPERM if it is traced already, or not the caller's to look into.
   */
  ptrace(ctx: Context, pid: number, listener: TraceListener | null, options?: { follow?: boolean }): Promise<void>;
  /** syslog(2), SYSLOG_ACTION_READ_ALL or READ_CLEAR: the kernel's log since it was cleared, oldest first. EPERM under kernel.dmesg_restrict without CAP_SYSLOG. */
  syslog(ctx: Context, clear?: boolean): Promise<{ level: number; timeNs: number; text: string }[]>;

  // Terminals.
  /** Opens a new pty pair: [master fd, slave path as seen in the given devpts (default /dev/pts)]. */
  openPty(ctx: Context, devpts?: string): Promise<{ master: number; slavePath: string }>;
  getTermios(ctx: Context, fd: number): Promise<Termios>;
  setTermios(ctx: Context, fd: number, termios: Partial<Termios>): Promise<void>;
  getWindowSize(ctx: Context, fd: number): Promise<WindowSize>;
  setWindowSize(ctx: Context, fd: number, size: WindowSize): Promise<void>;
  /** TIOCSCTTY. */
  setControllingTty(ctx: Context, fd: number): Promise<void>;
  setForegroundGroup(ctx: Context, fd: number, group: number): Promise<void>;
  getForegroundGroup(ctx: Context, fd: number): Promise<number>;

  // Sockets.
  /**
   * A listening socket (socket + bind + listen). Unix paths get an inode; mode applies to it. `packets`: SOCK_SEQPACKET,
   * which those who connect are taken to have asked for as well.
   */
  listen(ctx: Context, address: SocketAddress, options?: { mode?: number; packets?: boolean }): Promise<number>;
  /** Next connection; EBADF/EINVAL after close. */
  accept(ctx: Context, fd: number): Promise<number>;
  /** poll(2) on a listening socket: resolves when a connection waits to be accepted. */
  pollListener(ctx: Context, fd: number): Promise<void>;
  connect(ctx: Context, address: SocketAddress): Promise<number>;
  shutdown(ctx: Context, fd: number, how: 'read' | 'write' | 'both'): Promise<void>;
  /** pid of the other end (SO_PEERCRED) for unix sockets; 0 if unknown. */
  peerPid(ctx: Context, fd: number): number;
  /** pid of whoever wrote last at the other end of a unix socket (SO_PASSCRED, SCM_CREDENTIALS); 0 if nobody has. */
  senderPid(ctx: Context, fd: number): number;
  socketAddress(ctx: Context, fd: number, end: 'local' | 'peer'): SocketAddress;
  /** Passes descriptors over a unix socket (SCM_RIGHTS). */
  sendDescriptors(ctx: Context, fd: number, data: Data, descriptors: readonly number[]): Promise<void>;
  receiveDescriptors(ctx: Context, fd: number): Promise<{ data: Uint8Array; descriptors: number[] }>;
  socketPair(ctx: Context): Promise<[number, number]>;

  // Virtual machines: ioctls on an open /dev/kvm, and what a hypervisor does with guest memory.
  /** KVM_CREATE_VM with its memory and vCPUs; ENOTTY if the descriptor is not /dev/kvm. The machine ends with the caller. */
  createVirtualMachine(ctx: Context, kvmFd: number, size: { vcpus: number; memoryBytes: number }): Promise<number>;
  addVirtualDevice(ctx: Context, machineFd: number, device: VirtualDevice): Promise<void>;
  /** The guest sees the disk go. ENOENT if there is none of that id. */
  removeVirtualDisk(ctx: Context, machineFd: number, id: string): Promise<void>;
  /** What is behind a disk is another file or device from now on; the guest sees a new size. */
  changeVirtualDisk(ctx: Context, machineFd: number, id: string, path: string): Promise<void>;
  /** CPUs and memory come into a running machine, or CPUs go. The guest has to bring online what came. */
  resizeVirtualMachine(ctx: Context, machineFd: number, size: { vcpus?: number; memoryBytes?: number }): Promise<void>;
  /** Loads a kernel image and runs it (KVM_RUN); resolves when the guest has switched itself off. */
  runVirtualMachine(
    ctx: Context,
    machineFd: number,
    boot: { kernel: string; commandLine: string },
  ): Promise<'shutdown' | 'reset'>;
  /** A connection into the guest through the hypervisor's own vsock device; ECONNRESET if nobody listens. */
  connectGuest(ctx: Context, machineFd: number, port: number): Promise<number>;
  /** reboot(2): the machine ends at once, whatever runs on it; in a pid namespace of its own, that namespace does. */
  reboot(ctx: Context, how: 'shutdown' | 'reset' | 'halt'): Promise<never>;

  // Block devices: ioctls on /dev/loop-control, a loop device, /dev/mapper/control.
  /** LOOP_CTL_GET_FREE: the number of one that nothing is attached to. */
  loopFree(ctx: Context, controlFd: number): Promise<number>;
  /** LOOP_CONFIGURE. With `autoClear` it is detached when nobody has it open or mounted. EBUSY if it has a file already. */
  loopAttach(
    ctx: Context,
    loopFd: number,
    file: { fd: number; readOnly?: boolean; autoClear?: boolean },
  ): Promise<void>;
  /** LOOP_CLR_FD; ENXIO if nothing is attached. */
  loopDetach(ctx: Context, loopFd: number): Promise<void>;
  /** LOOP_GET_STATUS64; ENXIO if nothing is attached. */
  loopStatus(ctx: Context, loopFd: number): Promise<{ path: string; readOnly: boolean; autoClear: boolean }>;
  /** BLKDISCARD of a whole device: what was on it is gone, and takes no room any more. EBUSY while it is mounted. */
  blockDiscard(ctx: Context, fd: number): Promise<void>;
  /** One DM_ ioctl: what it tells of each device it is about. ENXIO if there is none of that name. */
  deviceMapper(ctx: Context, controlFd: number, request: DmRequest): Promise<DmInfo[]>;

  // Network configuration.
  netlink(ctx: Context, request: NetlinkRequest): Promise<void>;
  netLinks(ctx: Context): Promise<NetLink[]>;
  netRoutes(ctx: Context): Promise<NetRoute[]>;
  netNeighbours(ctx: Context): Promise<NetNeighbour[]>;
  /**
   * One ICMP echo request from a raw or datagram socket: what comes back within `timeoutNs`, or null. EPERM without
   * CAP_NET_RAW and (of a datagram socket, so not if `raw`) outside net.ipv4.ping_group_range; ENETUNREACH without a route; EINVAL if it is no IPv4 address.
   */
  icmpEcho(
    ctx: Context,
    address: string,
    options: { bytes: number; ttl?: number; timeoutNs: number; raw?: boolean },
  ): Promise<IcmpReply | null>;
  natRules(ctx: Context): Promise<NatRule[]>;
  addNatRule(ctx: Context, rule: NatRule): Promise<void>;
  deleteNatRules(ctx: Context, comment: string): Promise<void>;
}
