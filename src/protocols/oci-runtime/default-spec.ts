/**
 * The OCI runtime spec that containerd starts from.
 * @models containerd 2.1 pkg/oci/spec.go, mounts.go
 * @fidelity full
 */
import { ALL_CAPABILITIES as KERNEL_CAPABILITIES } from '../../linux/capabilities.ts';
import type { Mount, Spec } from './types.ts';

export const DEFAULT_CAPABILITIES: readonly string[] = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_FSETID',
  'CAP_FOWNER',
  'CAP_MKNOD',
  'CAP_NET_RAW',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETFCAP',
  'CAP_SETPCAP',
  'CAP_NET_BIND_SERVICE',
  'CAP_SYS_CHROOT',
  'CAP_KILL',
  'CAP_AUDIT_WRITE',
];

/** Everything Linux 6.12 knows, in the order of their numbers. */
export const ALL_CAPABILITIES: readonly string[] = KERNEL_CAPABILITIES.map((name) => `CAP_${name}`);

export const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const OCI_VERSION = '1.2.1';

const MASKED_PATHS = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
  '/proc/scsi',
];

const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** Without /run, /dev/shm is still there: callers leave out or replace what they do not want. */
export function defaultMounts(): Mount[] {
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: ['nosuid', 'noexec', 'nodev'] },
    {
      destination: '/dev',
      type: 'tmpfs',
      source: 'tmpfs',
      options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
    },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    {
      destination: '/dev/shm',
      type: 'tmpfs',
      source: 'shm',
      options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'],
    },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  ];
}

/** What both kinds of CRI containers share: no seccomp, AppArmor or rlimits unless asked for. */
export function criBaseSpec(
  namespace: string,
  id: string,
): Required<Pick<Spec, 'process' | 'root' | 'mounts' | 'linux'>> & Spec {
  const capabilities = (): string[] => [...DEFAULT_CAPABILITIES];
  return {
    ociVersion: OCI_VERSION,
    process: {
      user: { uid: 0, gid: 0 },
      cwd: '/',
      capabilities: { bounding: capabilities(), effective: capabilities(), permitted: capabilities() },
      noNewPrivileges: true,
    },
    root: { path: 'rootfs' },
    mounts: defaultMounts(),
    linux: {
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      cgroupsPath: `/${namespace}/${id}`,
      namespaces: [{ type: 'pid' }, { type: 'ipc' }, { type: 'uts' }, { type: 'mount' }, { type: 'network' }],
      maskedPaths: [...MASKED_PATHS],
      readonlyPaths: [...READONLY_PATHS],
    },
  };
}

/** What `ctr oci spec` prints, and clients start from: a limit on open files and a /run of its own. */
export function unixSpec(namespace: string, id: string): ReturnType<typeof criBaseSpec> {
  const spec = criBaseSpec(namespace, id);
  return {
    ...spec,
    process: { ...spec.process, rlimits: [{ type: 'RLIMIT_NOFILE', hard: 1024, soft: 1024 }] },
    mounts: [
      ...spec.mounts,
      {
        destination: '/run',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
      },
    ],
  };
}

/** Members in the order of Go's struct, empty ones left out, so that config.json reads as the real one. */
export function specJson(spec: Spec): string {
  const p = spec.process;
  const process = p && {
    terminal: p.terminal || undefined,
    user: p.user,
    args: p.args,
    env: p.env,
    cwd: p.cwd,
    capabilities: p.capabilities,
    rlimits: p.rlimits,
    noNewPrivileges: p.noNewPrivileges || undefined,
    apparmorProfile: p.apparmorProfile || undefined,
    oomScoreAdj: p.oomScoreAdj,
    selinuxLabel: p.selinuxLabel || undefined,
  };
  const l = spec.linux;
  const linux = l && {
    uidMappings: l.uidMappings,
    gidMappings: l.gidMappings,
    sysctl: sorted(l.sysctl),
    resources: l.resources,
    cgroupsPath: l.cgroupsPath || undefined,
    namespaces: l.namespaces,
    devices: l.devices,
    seccomp: l.seccomp,
    rootfsPropagation: l.rootfsPropagation,
    maskedPaths: nonEmpty(l.maskedPaths),
    readonlyPaths: nonEmpty(l.readonlyPaths),
    mountLabel: l.mountLabel || undefined,
  };
  return JSON.stringify({
    ociVersion: spec.ociVersion,
    process,
    root: spec.root && { path: spec.root.path, readonly: spec.root.readonly || undefined },
    hostname: spec.hostname || undefined,
    mounts: spec.mounts,
    hooks: spec.hooks,
    annotations: sorted(spec.annotations),
    linux,
  });
}

function nonEmpty<T>(list: T[] | undefined): T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

function sorted(map: Record<string, string> | undefined): Record<string, string> | undefined {
  if (map === undefined || Object.keys(map).length === 0) return undefined;
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** replaceOrAppendEnvValues of pkg/oci. */
export function mergeEnv(defaults: readonly string[], overrides: readonly string[]): string[] {
  const out = [...defaults];
  for (const value of overrides) {
    const key = value.split('=')[0] ?? value;
    const at = out.findIndex((entry) => (entry.split('=')[0] ?? entry) === key);
    if (!value.includes('=')) {
      if (at >= 0) out.splice(at, 1);
    } else if (at >= 0) out[at] = value;
    else out.push(value);
  }
  return out;
}
