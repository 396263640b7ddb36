/**
 * `runsc features`: what this build can do, as runtimes tell it since OCI 1.1; its summary in the help speaks of CPUs, and is wrong.
 * @models gVisor release-20260817 runsc/cmd/features.go, runsc/specutils Features
 * @fidelity partial: of the flags, those of `runsc flags` here; capabilities in the order of their numbers, where Go's is random
 */
import { marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { KNOWN_CAPABILITIES } from '../shared/capabilities.ts';
import { defaultValues } from './global-flags.ts';
import { OCI_VERSION } from './state.ts';

const MOUNT_OPTIONS =
  'acl async atime bind defaults dev diratime dirsync exec iversion loud mand noacl noatime nodev nodiratime noexec noiversion nomand norelatime ' +
  'nostrictatime nosuid private rbind relatime remount ro rprivate rslave runbindable rw silent slave strictatime suid sync unbindable';

/** Flags that an annotation may set without --allow-flag-override. */
const SAFE = new Set(
  (
    'allow-connected-on-save debug debug-command debug-to-user-log host-uds mount-cgroup-v2 net-disconnect-ok oci-seccomp overlay2 ' +
    'pause-external-networking qdisc reproduce-nftables strace strace-log-size strace-syscalls'
  ).split(' '),
);

const CONTAINER_NAME = 'dev.gvisor.container-name-remap.';
const UPPER_TAR = 'dev.gvisor.tar.rootfs.upper';
const SECCOMP = 'dev.gvisor.internal.seccomp.';
const TPU = 'dev.gvisor.internal.tpuproxy';
const CPU_FEATURES = 'dev.gvisor.internal.cpufeatures';

export async function features(ctx: Context): Promise<number> {
  const flags = defaultValues().map(([name, value]) => [name, `dev.gvisor.flag.${name}`, value] as const);
  const annotations: [string, string][] = [
    ...flags.map(([, annotation, value]) => [annotation, value] as [string, string]),
    ...[CONTAINER_NAME, UPPER_TAR, SECCOMP, TPU, CPU_FEATURES].map((name) => [name, ''] as [string, string]),
    [`${SECCOMP}cont`, 'RuntimeDefault'],
  ];
  const unsafe = [
    ...flags.filter(([name]) => !SAFE.has(name)).map(([, annotation]) => annotation),
    ...[CONTAINER_NAME, UPPER_TAR, SECCOMP, TPU, CPU_FEATURES],
  ];
  const prefixed = (prefix: string, words: string): string[] => words.split(' ').map((word) => prefix + word);
  const document = {
    ociVersionMin: '1.0.0',
    ociVersionMax: OCI_VERSION,
    hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
    mountOptions: MOUNT_OPTIONS.split(' '),
    linux: {
      namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'user', 'uts'],
      capabilities: [...KNOWN_CAPABILITIES].map((name) => `CAP_${name}`),
      cgroup: { v1: true, v2: false, systemd: false, systemdUser: false, rdma: false },
      seccomp: {
        enabled: true,
        actions: prefixed('SCMP_ACT_', 'KILL TRAP ERRNO TRACE ALLOW'),
        operators: prefixed('SCMP_CMP_', 'EQ NE GT GE LT LE MASKED_EQ'),
        archs: prefixed('SCMP_ARCH_', 'X86_64 AARCH64'),
        knownFlags: ['SECCOMP_FILTER_FLAG_TSYNC'],
        supportedFlags: ['SECCOMP_FILTER_FLAG_TSYNC'],
      },
      apparmor: { enabled: false },
      selinux: { enabled: false },
      intelRdt: { enabled: false },
      mountExtensions: { idmap: { enabled: true } },
    },
    annotations: Object.fromEntries(annotations.sort(([a], [b]) => (a < b ? -1 : 1))),
    potentiallyUnsafeConfigAnnotations: unsafe.sort(),
  };
  await print(ctx, `${marshalJson(document, { indent: '  ' })}\n`);
  return 0;
}
