/**
 * The seccomp profiles that runtimes give to containers that ask for RuntimeDefault.
 * @models containerd 2.1 contrib/seccomp/seccomp_default.go; CRI-O 1.36 internal/config/seccomp/seccomp.go with
 *   go.podman.io/common/pkg/seccomp/default_linux.go @fidelity full
 */
import { CONTAINERD_ALLOWED, CRIO_ALLOWED, CRIO_REFUSED } from './seccomp-names.ts';
import type { Seccomp, SeccompSyscall } from './types.ts';

const ALLOW = 'SCMP_ACT_ALLOW';
const ERRNO = 'SCMP_ACT_ERRNO';
const EPERM = 1;
const EINVAL = 22;
const ENOSYS = 38;
const AF_NETLINK = 16;
const AF_ALG = 38;
const AF_VSOCK = 40;
const NETLINK_AUDIT = 9;
/** Every namespace but that of time. */
const CLONE_NEW = 0x7e02_0000;
const PERSONALITIES = [0x0, 0x0008, 0x20000, 0x20008, 0xffff_ffff];
const ARCHITECTURES = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'];

const split = (names: string): string[] => names.split(' ');
const allow = (names: readonly string[], ...args: NonNullable<SeccompSyscall['args']>): SeccompSyscall => ({
  names: [...names],
  action: ALLOW,
  ...(args.length > 0 ? { args } : {}),
});
const refuse = (names: readonly string[], errnoRet: number): SeccompSyscall => ({
  names: [...names],
  action: ERRNO,
  errnoRet,
});
const on = (index: number, value: number, op: string, valueTwo = 0): NonNullable<SeccompSyscall['args']>[number] => ({
  index,
  value,
  ...(valueTwo === 0 ? {} : { valueTwo }),
  op: `SCMP_CMP_${op}`,
});

const personalities = (): SeccompSyscall[] => PERSONALITIES.map((value) => allow(['personality'], on(0, value, 'EQ')));

const CONTAINERD_BY_CAPABILITY: Readonly<Record<string, string>> = {
  CAP_DAC_READ_SEARCH: 'open_by_handle_at',
  CAP_SYS_ADMIN:
    'bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr move_mount ' +
    'open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare',
  CAP_SYS_BOOT: 'reboot',
  CAP_SYS_CHROOT: 'chroot',
  CAP_SYS_MODULE: 'delete_module init_module finit_module',
  CAP_SYS_PACCT: 'acct',
  CAP_SYS_PTRACE: 'kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace',
  CAP_SYS_RAWIO: 'iopl ioperm',
  CAP_SYS_TIME: 'settimeofday stime clock_settime clock_settime64',
  CAP_SYS_TTY_CONFIG: 'vhangup',
  CAP_SYS_NICE: 'get_mempolicy mbind set_mempolicy set_mempolicy_home_node',
  CAP_SYSLOG: 'syslog',
  CAP_BPF: 'bpf',
  CAP_PERFMON: 'perf_event_open',
};

/** @param bounding the container's capabilities, as CAP_NAME */
export function containerdSeccomp(bounding: readonly string[]): Seccomp {
  const syscalls: SeccompSyscall[] = [
    allow(CONTAINERD_ALLOWED),
    allow(['socket'], on(0, AF_ALG, 'LT')),
    allow(['socket'], on(0, AF_ALG + 1, 'EQ')),
    allow(['socket'], on(0, AF_VSOCK, 'GT')),
    ...personalities(),
    allow(['process_vm_readv', 'process_vm_writev', 'ptrace']),
    allow(['arch_prctl', 'modify_ldt']),
  ];
  for (const capability of bounding) {
    const names = CONTAINERD_BY_CAPABILITY[capability];
    if (names !== undefined) syscalls.push(allow(split(names)));
  }
  if (!bounding.includes('CAP_SYS_ADMIN')) {
    syscalls.push(allow(['clone'], on(0, CLONE_NEW, 'MASKED_EQ')), refuse(['clone3'], ENOSYS));
  }
  return { defaultAction: ERRNO, architectures: [...ARCHITECTURES], syscalls };
}

/** [capability, what it lets pass, what is refused without it] in the profile's order. */
const CRIO_BY_CAPABILITY: readonly (readonly [string, string, string])[] = [
  ['CAP_DAC_READ_SEARCH', 'open_by_handle_at', 'open_by_handle_at'],
  [
    'CAP_SYS_ADMIN',
    'bpf lookup_dcookie perf_event_open quotactl quotactl_fd setdomainname sethostname setns',
    'lookup_dcookie quotactl quotactl_fd setdomainname sethostname setns',
  ],
  ['CAP_SYS_CHROOT', 'chroot', 'chroot'],
  [
    'CAP_SYS_MODULE',
    'delete_module finit_module init_module query_module',
    'delete_module finit_module init_module query_module',
  ],
  ['CAP_SYS_PACCT', 'acct', 'acct'],
  ['CAP_SYS_PTRACE', 'kcmp process_madvise', 'kcmp process_madvise'],
  ['CAP_SYS_RAWIO', 'ioperm iopl', 'ioperm iopl'],
  [
    'CAP_SYS_TIME',
    'clock_settime clock_settime64 settimeofday stime',
    'clock_settime clock_settime64 settimeofday stime',
  ],
  ['CAP_SYS_TTY_CONFIG', 'vhangup', 'vhangup'],
];

/** @param bounding the container's capabilities, as CAP_NAME */
export function crioSeccomp(bounding: readonly string[]): Seccomp {
  const has = (capability: string): boolean => bounding.includes(capability);
  const admin = has('CAP_SYS_ADMIN');
  const syscalls: SeccompSyscall[] = [refuse(CRIO_REFUSED, EPERM), allow(CRIO_ALLOWED), ...personalities()];
  syscalls.push(allow(['arch_prctl']), allow(['modify_ldt']));
  for (const [capability, passes, refused] of CRIO_BY_CAPABILITY)
    syscalls.push(has(capability) ? allow(split(passes)) : refuse(split(refused), EPERM));
  syscalls.push({ ...refuse(['socket'], EPERM), args: [on(0, AF_VSOCK, 'EQ')] });
  if (has('CAP_AUDIT_WRITE')) syscalls.push(allow(['socket'], on(0, AF_VSOCK, 'NE')));
  else {
    syscalls.push(
      { ...refuse(['socket'], EINVAL), args: [on(0, AF_NETLINK, 'EQ'), on(2, NETLINK_AUDIT, 'EQ')] },
      allow(['socket'], on(0, AF_NETLINK, 'EQ'), on(2, NETLINK_AUDIT, 'NE')),
      allow(['socket'], on(0, AF_NETLINK, 'NE')),
    );
  }
  syscalls.push(...either(admin || has('CAP_BPF'), 'bpf', has('CAP_BPF')));
  syscalls.push(...either(admin || has('CAP_PERFMON'), 'perf_event_open', has('CAP_PERFMON')));
  if (admin) syscalls.push(allow(['clone', 'clone3', 'unshare']));
  syscalls.push(allow(['clone'], on(0, CLONE_NEW, 'MASKED_EQ')));
  if (!admin) {
    const kinds = [0x0002_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000, 0x0200_0000];
    syscalls.push(
      { names: ['clone'], action: ERRNO, errnoRet: EPERM, args: kinds.map((kind) => on(0, kind, 'MASKED_EQ', kind)) },
      refuse(['clone3'], ENOSYS),
    );
  }
  return { defaultAction: ERRNO, defaultErrnoRet: ENOSYS, architectures: [...ARCHITECTURES], syscalls };
}

/** Refused unless one of two capabilities is there, and named as allowed by the second. */
function either(any: boolean, name: string, second: boolean): SeccompSyscall[] {
  return [...(any ? [] : [refuse([name], EPERM)]), ...(second ? [allow([name])] : [])];
}
