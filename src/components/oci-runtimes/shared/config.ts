/**
 * config.json turned into libcontainer's own configuration: what state.json keeps and what init is sent.
 * @models runc libcontainer/specconv/spec_linux.go, libcontainer/configs/config.go
 * @fidelity partial: AppArmor and SELinux are carried along and not applied; no intelRdt
 */
import { newError } from '../../../go/errors.ts';
import type {
  Capabilities,
  Device,
  Hooks,
  IdMapping,
  NamespaceType,
  Resources,
  Seccomp,
  Spec,
} from '../../../protocols/oci-runtime/types.ts';
import { type CgroupConfig, cgroupConfig } from './cgroup-path.ts';
import { type ParsedOptions, parseMountOptions, rootPropagation } from './mount-options.ts';
import { seccompFilter } from './seccomp.ts';

/** libcontainer's names, as in state.json. */
export type NamespaceName = 'NEWPID' | 'NEWNET' | 'NEWNS' | 'NEWIPC' | 'NEWUTS' | 'NEWUSER' | 'NEWCGROUP' | 'NEWTIME';

export type Namespace = { type: NamespaceName; path: string };

export type MappingConfig = { container_id: number; host_id: number; size: number };

export type MountConfig = {
  source: string;
  destination: string;
  device: string;
  /** Of an id-mapped mount; null for others. */
  id_mapping: { uid_mappings: MappingConfig[]; gid_mappings: MappingConfig[]; recursive: boolean } | null;
} & ParsedOptions;

export type DeviceConfig = {
  type: number;
  major: number;
  minor: number;
  path: string;
  file_mode: number;
  uid: number;
  gid: number;
};

export type Config = {
  no_pivot_root: boolean;
  parent_death_signal: number;
  rootfs: string;
  umask: number | null;
  readonlyfs: boolean;
  rootPropagation: number;
  mounts: MountConfig[];
  devices: DeviceConfig[];
  mount_label: string;
  hostname: string;
  domainname: string;
  namespaces: Namespace[];
  capabilities: Capabilities | null;
  networks: { type: 'loopback'; name: string; address: string; gateway: string }[] | null;
  routes: null;
  cgroups: CgroupConfig & { resources: Resources };
  apparmor_profile: string;
  process_label: string;
  rlimits: { type: string; hard: number; soft: number }[] | null;
  oom_score_adj: number | null;
  uid_mappings: MappingConfig[] | null;
  gid_mappings: MappingConfig[] | null;
  mask_paths: string[] | null;
  readonly_paths: string[] | null;
  sysctl: Record<string, string> | null;
  seccomp: Seccomp | null;
  no_new_privileges: boolean;
  Hooks: Hooks;
  version: string;
  labels: string[];
  no_new_keyring: boolean;
  intel_rdt: null;
  rootless_euid: boolean;
  rootless_cgroups: boolean;
};

const NAMESPACES: Readonly<Record<NamespaceType, NamespaceName>> = {
  pid: 'NEWPID',
  network: 'NEWNET',
  mount: 'NEWNS',
  ipc: 'NEWIPC',
  uts: 'NEWUTS',
  user: 'NEWUSER',
  cgroup: 'NEWCGROUP',
  time: 'NEWTIME',
};

const ALLOWED_DEVICES: readonly DeviceConfig[] = (
  [
    ['null', 1, 3],
    ['random', 1, 8],
    ['full', 1, 7],
    ['tty', 5, 0],
    ['zero', 1, 5],
    ['urandom', 1, 9],
  ] as const
).map(([name, major, minor]) => ({ type: 99, major, minor, path: `/dev/${name}`, file_mode: 0o666, uid: 0, gid: 0 }));

export type ConfigOptions = {
  id: string;
  bundle: string;
  systemdCgroup: boolean;
  noPivot: boolean;
  noNewKeyring: boolean;
};

export function createConfig(spec: Spec, options: ConfigOptions): Config {
  if (spec.root === undefined || spec.root === null) throw newError('root must be specified');
  const { root } = spec;
  const linux = spec.linux ?? {};
  const rootfs = root.path.startsWith('/') ? root.path : `${options.bundle}/${root.path}`;
  const namespaces = namespaceList(spec);
  const isNewNetwork = namespaces.some((ns) => ns.type === 'NEWNET' && ns.path === '');
  const labels = Object.entries(spec.annotations ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort((a, b) => (a < b ? -1 : 1));
  return {
    no_pivot_root: options.noPivot,
    parent_death_signal: 0,
    rootfs,
    umask: spec.process?.user.umask ?? null,
    readonlyfs: root.readonly === true,
    rootPropagation: linux.rootfsPropagation === undefined ? 0 : propagationOrThrow(linux.rootfsPropagation),
    mounts: (spec.mounts ?? []).map((mount) => mountConfig(mount, options.bundle)),
    devices: [
      ...ALLOWED_DEVICES.filter((device) => !linux.devices?.some((own) => own.path === device.path)),
      ...(linux.devices ?? []).map(deviceConfig),
    ],
    mount_label: linux.mountLabel ?? '',
    hostname: spec.hostname ?? '',
    domainname: spec.domainname ?? '',
    namespaces,
    capabilities: spec.process?.capabilities ?? null,
    networks: isNewNetwork ? [{ type: 'loopback', name: '', address: '', gateway: '' }] : null,
    routes: null,
    cgroups: {
      ...cgroupConfig(linux.cgroupsPath, options.id, options.systemdCgroup),
      resources: linux.resources ?? {},
    },
    apparmor_profile: spec.process?.apparmorProfile ?? '',
    process_label: spec.process?.selinuxLabel ?? '',
    rlimits: spec.process?.rlimits ?? null,
    oom_score_adj: spec.process?.oomScoreAdj ?? null,
    uid_mappings: mappings(linux.uidMappings),
    gid_mappings: mappings(linux.gidMappings),
    mask_paths: linux.maskedPaths ?? null,
    readonly_paths: linux.readonlyPaths ?? null,
    sysctl: linux.sysctl ?? null,
    seccomp: checked(linux.seccomp ?? null),
    no_new_privileges: spec.process?.noNewPrivileges === true,
    Hooks: spec.hooks ?? {},
    version: spec.ociVersion ?? '',
    labels: [...labels, `bundle=${options.bundle}`],
    no_new_keyring: options.noNewKeyring,
    intel_rdt: null,
    rootless_euid: false,
    rootless_cgroups: false,
  };
}

function mappings(list: readonly IdMapping[] | undefined): MappingConfig[] | null {
  if (list === undefined || list.length === 0) return null;
  return list.map(({ containerID, hostID, size }) => ({ container_id: containerID, host_id: hostID, size }));
}

function checked(seccomp: Seccomp | null): Seccomp | null {
  if (seccomp !== null) seccompFilter(seccomp);
  return seccomp;
}

function propagationOrThrow(name: string): number {
  const flag = rootPropagation(name);
  if (flag === 0) throw newError(`rootfsPropagation=${name} is not supported`);
  return flag;
}

function namespaceList(spec: Spec): Namespace[] {
  const out: Namespace[] = [];
  for (const { type, path } of spec.linux?.namespaces ?? []) {
    const name = NAMESPACES[type];
    if (name === undefined) throw newError(`namespace "${type}" does not exist`);
    if (out.some((other) => other.type === name))
      throw newError(`malformed spec file: duplicated ns {"${type}" "${path ?? ''}"}`);
    out.push({ type: name, path: path ?? '' });
  }
  return out;
}

function mountConfig(mount: NonNullable<Spec['mounts']>[number], bundle: string): MountConfig {
  const parsed = parseMountOptions(mount.options ?? []);
  const bind = (mount.options ?? []).some((option) => option === 'bind' || option === 'rbind');
  const device = bind ? 'bind' : (mount.type ?? '');
  let source = mount.source ?? '';
  if (device === 'bind' && !source.startsWith('/')) source = `${bundle}/${source}`;
  const destination = mount.destination.startsWith('/') ? mount.destination : `/${mount.destination}`;
  const idmaps = parsed.extensions.includes('idmap') || parsed.extensions.includes('ridmap');
  const uids = mappings(mount.uidMappings);
  const gids = mappings(mount.gidMappings);
  const idMapping =
    uids !== null || gids !== null || idmaps
      ? { uid_mappings: uids ?? [], gid_mappings: gids ?? [], recursive: parsed.extensions.includes('ridmap') }
      : null;
  return { source, destination, device, id_mapping: idMapping, ...parsed };
}

function deviceConfig(device: Device): DeviceConfig {
  const type = device.type.charCodeAt(0);
  return {
    type,
    major: device.major ?? 0,
    minor: device.minor ?? 0,
    path: device.path,
    file_mode: device.fileMode ?? 0o666,
    uid: device.uid ?? 0,
    gid: device.gid ?? 0,
  };
}

export function namespacePath(config: Config, type: NamespaceName): string | undefined {
  return config.namespaces.find((ns) => ns.type === type)?.path;
}

/** The container has a namespace of that type to itself. */
export function isPrivate(config: Config, type: NamespaceName): boolean {
  return namespacePath(config, type) === '';
}
