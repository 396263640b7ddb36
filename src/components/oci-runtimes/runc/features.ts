/** `runc features`: what this build can do, from the tables it works with. @models runc features.go @fidelity full */
import { type JsonValue, marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { VERSION } from './app.ts';
import { OCI_VERSION } from './spec.ts';

const MOUNT_OPTIONS =
  'async atime bind defaults dev diratime dirsync exec iversion lazytime loud mand noatime nodev nodiratime noexec noiversion nolazytime nomand norelatime ' +
  'nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime relatime remount rexec rnoatime rnodev rnodiratime rnoexec rnorelatime ' +
  'rnostrictatime rnosuid rnosymfollow ro rprivate rrelatime rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared silent slave ' +
  'strictatime suid symfollow sync tmpcopyup unbindable';

const CAPABILITIES =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW ' +
  'IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD ' +
  'LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE';

const ARCHS =
  'AARCH64 ARM LOONGARCH64 MIPS MIPS64 MIPS64N32 MIPSEL MIPSEL64 MIPSEL64N32 PPC PPC64 PPC64LE RISCV64 S390 S390X X32 X86 X86_64';

export function featuresDocument(): JsonValue {
  const prefixed = (prefix: string, words: string): string[] => words.split(' ').map((word) => prefix + word);
  const flags = prefixed('SECCOMP_FILTER_FLAG_', 'TSYNC SPEC_ALLOW LOG');
  return {
    ociVersionMin: '1.0.0',
    ociVersionMax: OCI_VERSION,
    hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
    mountOptions: MOUNT_OPTIONS.split(' '),
    linux: {
      namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'time', 'user', 'uts'],
      capabilities: prefixed('CAP_', CAPABILITIES),
      cgroup: { v1: true, v2: true, systemd: true, systemdUser: true, rdma: true },
      seccomp: {
        enabled: true,
        actions: prefixed('SCMP_ACT_', 'ALLOW ERRNO KILL KILL_PROCESS KILL_THREAD LOG NOTIFY TRACE TRAP'),
        operators: prefixed('SCMP_CMP_', 'EQ GE GT LE LT MASKED_EQ NE'),
        archs: prefixed('SCMP_ARCH_', ARCHS),
        knownFlags: flags,
        supportedFlags: flags,
      },
      apparmor: { enabled: true },
      selinux: { enabled: true },
      intelRdt: { enabled: true },
      mountExtensions: { idmap: { enabled: true } },
    },
    annotations: {
      'io.github.seccomp.libseccomp.version': '2.6.1',
      'org.opencontainers.runc.checkpoint.enabled': 'true',
      'org.opencontainers.runc.commit': `${VERSION}-1`,
      'org.opencontainers.runc.version': VERSION,
    },
    potentiallyUnsafeConfigAnnotations: ['bundle', 'org.systemd.property.', 'org.criu.config'],
  };
}

export async function features(ctx: Context): Promise<number> {
  await print(ctx, `${marshalJson(featuresDocument(), { indent: '    ' })}\n`);
  return 0;
}
