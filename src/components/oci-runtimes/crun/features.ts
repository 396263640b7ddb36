/** `crun features`. @models crun src/oci_features.c @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { print } from '../../../linux/io.ts';
import { KNOWN_CAPABILITIES } from '../shared/capabilities.ts';
import { VERSION } from './app.ts';
import { printJson } from './failure.ts';

const MOUNT_OPTIONS =
  'rw rrw ro rro rdirsync rdiratime rnodev rnorelatime nodiratime rnodiratime dirsync rnosuid ratime diratime rnoatime strictatime rstrictatime noatime ' +
  'rnostrictatime rnomand rprivate nostrictatime rnoexec nodev rmand norelatime mand idmap atime nomand rsuid rbind suid bind rslave nosuid defaults ' +
  'rrelatime rsync remount dev rdev private noexec sync relatime async rasync tmpcopyup shared rshared slave rexec unbindable runbindable exec';

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
      seccomp: { enabled: true },
      apparmor: { enabled: true },
      selinux: { enabled: true },
      mountExtensions: { idmap: { enabled: true } },
      intelRdt: { enabled: true },
      netDevices: { enabled: true },
    },
    annotations: {
      'org.opencontainers.runc.checkpoint.enabled': 'true',
      'run.oci.crun.checkpoint.enabled': 'true',
      'run.oci.crun.version': VERSION,
    },
  };
  await print(ctx, `${printJson(document)}\n`);
  return 0;
}
