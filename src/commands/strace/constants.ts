/** Names of constants. @models Linux 6.12 include/uapi */
import type { LinuxNamespaceType, SocketAddress } from '../../linux/syscalls.ts';

export const FAMILY_NAMES: Readonly<Record<SocketAddress['family'], string>> = {
  unix: 'AF_UNIX',
  inet: 'AF_INET',
  vsock: 'AF_VSOCK',
};

/** In the order of the flags' bits, as strace prints them. */
export const CLONE_NAMES: readonly (readonly [LinuxNamespaceType, string])[] = [
  ['time', 'CLONE_NEWTIME'],
  ['mnt', 'CLONE_NEWNS'],
  ['cgroup', 'CLONE_NEWCGROUP'],
  ['uts', 'CLONE_NEWUTS'],
  ['ipc', 'CLONE_NEWIPC'],
  ['user', 'CLONE_NEWUSER'],
  ['pid', 'CLONE_NEWPID'],
  ['net', 'CLONE_NEWNET'],
];

export const NETLINK_TYPES: Readonly<Record<string, string>> = {
  'link.add': 'RTM_NEWLINK',
  'link.add-veth': 'RTM_NEWLINK',
  'link.delete': 'RTM_DELLINK',
  'link.set': 'RTM_SETLINK',
  'filter.redirect': 'RTM_NEWTFILTER',
  'address.add': 'RTM_NEWADDR',
  'address.delete': 'RTM_DELADDR',
  'route.add': 'RTM_NEWROUTE',
  'route.delete': 'RTM_DELROUTE',
};

export const PRIORITY_OF: Readonly<Record<string, string>> = {
  process: 'PRIO_PROCESS',
  group: 'PRIO_PGRP',
  user: 'PRIO_USER',
};

export const LOCK_OPERATIONS: Readonly<Record<string, string>> = {
  shared: 'LOCK_SH',
  exclusive: 'LOCK_EX',
  unlock: 'LOCK_UN',
};

export const FILE_SYSTEM_MAGICS: Readonly<Record<string, string>> = {
  ext4: 'EXT2_SUPER_MAGIC',
  tmpfs: 'TMPFS_MAGIC',
  overlay: 'OVERLAYFS_SUPER_MAGIC',
  proc: 'PROC_SUPER_MAGIC',
  sysfs: 'SYSFS_MAGIC',
  cgroup2: 'CGROUP2_SUPER_MAGIC',
  devpts: 'DEVPTS_SUPER_MAGIC',
};

/** What `-e trace=%CLASS` stands for. @models strace 6.13 src/basic_filters.c */
export const CLASSES: Readonly<Record<string, string>> = {
  file: 'openat open creat newfstatat statfs access readlink chdir mkdir rmdir unlink rename link symlink mknod fchmodat fchownat utimensat getxattr setxattr listxattr removexattr chroot mount umount2 pivot_root execve getcwd inotify_add_watch truncate',
  desc: 'openat open close read write lseek flock ftruncate fstat newfstatat getdents64 dup dup2 fcntl pipe2 ioctl poll accept4 bind connect listen sendto sendmsg recvmsg socket socketpair inotify_add_watch fchmodat fchownat',
  process: 'clone clone3 fork vfork execve exit_group wait4 pidfd_open kill',
  network:
    'socket bind listen accept4 connect sendto sendmsg recvmsg shutdown getsockopt setsockopt getsockname getpeername socketpair',
  signal: 'rt_sigaction kill',
  ipc: 'shmctl',
  creds: 'setuid setgid setgroups capset prctl',
  clock: 'clock_nanosleep',
  stat: 'newfstatat statx',
  fstat: 'fstat newfstatat',
  pure: 'getpid getppid',
  memory: 'brk mmap munmap mprotect',
};
