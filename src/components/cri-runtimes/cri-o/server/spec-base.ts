/** What the specs of pods and containers start from. @models opencontainers/runtime-tools generate.New, CRI-O 1.36 internal/factory @fidelity partial: no AppArmor or SELinux */
import type { Mount, Spec } from '../../../../protocols/oci-runtime/types.ts';

export type WorkSpec = Required<Pick<Spec, 'process' | 'root' | 'mounts' | 'linux' | 'annotations'>> & Spec;

const OCI_VERSION = '1.3.0';
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function baseSpec(): WorkSpec {
  return {
    ociVersion: OCI_VERSION,
    process: { user: { uid: 0, gid: 0 }, args: [], env: [PATH, 'TERM=xterm'], cwd: '/' },
    root: { path: '' },
    hostname: '',
    mounts: baseMounts(),
    annotations: {},
    linux: {
      resources: { devices: [{ allow: false, access: 'rwm' }] },
      namespaces: [{ type: 'pid' }, { type: 'network' }, { type: 'ipc' }, { type: 'uts' }, { type: 'mount' }],
    },
  };
}

function baseMounts(): Mount[] {
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
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  ];
}

export function setNamespacePath(spec: WorkSpec, type: 'pid' | 'network' | 'ipc' | 'uts' | 'user', path: string): void {
  const all = spec.linux.namespaces ?? [];
  const known = all.some((one) => one.type === type);
  spec.linux.namespaces = known
    ? all.map((one) => (one.type === type ? { type, path } : one))
    : [...all, { type, path }];
}

export function removeNamespace(spec: WorkSpec, type: 'pid' | 'network' | 'ipc' | 'uts'): void {
  spec.linux.namespaces = (spec.linux.namespaces ?? []).filter((one) => one.type !== type);
}

export function capabilitySets(names: readonly string[], inheritable: boolean): WorkSpec['process']['capabilities'] {
  const list = (): string[] => [...names];
  return {
    bounding: list(),
    effective: list(),
    ...(inheritable ? { inheritable: list() } : {}),
    permitted: list(),
  };
}

/** Annotations sorted, as Go writes a map. */
export function specText(spec: WorkSpec): string {
  const annotations = Object.fromEntries(Object.entries(spec.annotations).sort(([a], [b]) => (a < b ? -1 : 1)));
  const hostname = spec.hostname === '' ? undefined : spec.hostname;
  return JSON.stringify({ ...spec, hostname, annotations });
}
