/** `crun features`. @models crun src/oci_features.c @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { KNOWN_CAPABILITIES } from '../shared/capabilities.ts';
import { COMMIT, VERSION } from './app.ts';
import { printJson } from './failure.ts';

const MOUNT_OPTIONS =
  'rw rrw ro rro rdirsync rdiratime rnodev rnorelatime nodiratime rnodiratime dirsync rnosuid ratime diratime rnoatime strictatime rstrictatime noatime ' +
  'rnostrictatime rnomand rprivate nostrictatime rnoexec nodev rmand norelatime mand idmap atime nomand rsuid rbind suid bind rslave nosuid defaults ' +
  'rrelatime rsync remount dest-nofollow dev rdev private noexec src-nofollow sync relatime async rasync tmpcopyup shared rshared slave rexec ' +
  'unbindable runbindable exec copy-symlink';

const SECCOMP_ACTIONS = 'ALLOW ERRNO KILL KILL_PROCESS KILL_THREAD LOG NOTIFY TRACE TRAP';
const SECCOMP_OPERATORS = 'NE LT LE EQ GE GT MASKED_EQ';
const MEMORY_MODES = 'DEFAULT PREFERRED BIND INTERLEAVE LOCAL PREFERRED_MANY WEIGHTED_INTERLEAVE';
const MEMORY_FLAGS = 'NUMA_BALANCING RELATIVE_NODES STATIC_NODES';

export async function features(ctx: Context): Promise<number> {
  const document = {
    ociVersionMin: '1.0.0',
    ociVersionMax: '1.1.0+dev',
    hooks: ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop'],
    mountOptions: MOUNT_OPTIONS.split(' '),
    linux: {
      namespaces: ['cgroup', 'ipc', 'mount', 'network', 'pid', 'user', 'uts'],
      capabilities: [...KNOWN_CAPABILITIES].map((name) => `CAP_${name}`),
      cgroup: { v1: true, v2: true, systemd: true, systemdUser: true },
      seccomp: {
        enabled: true,
        actions: SECCOMP_ACTIONS.split(' ').map((name) => `SCMP_ACT_${name}`),
        operators: SECCOMP_OPERATORS.split(' ').map((name) => `SCMP_CMP_${name}`),
      },
      apparmor: { enabled: true },
      selinux: { enabled: true },
      mountExtensions: { idmap: { enabled: true } },
      intelRdt: { enabled: true },
      netDevices: { enabled: true },
      memoryPolicy: {
        modes: MEMORY_MODES.split(' ').map((name) => `MPOL_${name}`),
        flags: MEMORY_FLAGS.split(' ').map((name) => `MPOL_F_${name}`),
      },
    },
    annotations: {
      'io.github.seccomp.libseccomp.version': '2.6.1',
      'org.opencontainers.runc.checkpoint.enabled': 'true',
      'run.oci.crun.checkpoint.enabled': 'true',
      'run.oci.crun.commit': COMMIT,
      'run.oci.crun.version': VERSION,
      'run.oci.crun.wasm': 'false',
    },
    potentiallyUnsafeConfigAnnotations: [
      'module.wasm.image/variant',
      'io.kubernetes.cri.container-type',
      'run.oci.',
      'org.criu.',
      'krun.',
    ],
  };
  await print(ctx, printJson(document));
  return 0;
}
