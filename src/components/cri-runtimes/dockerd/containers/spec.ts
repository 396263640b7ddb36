/**
 * config.json of a container.
 * @models moby 20.10 daemon/oci_linux.go, oci/defaults.go
 * @fidelity partial: no seccomp profile, AppArmor, SELinux, user namespaces or device cgroup rules
 */

import type { GoError } from '../../../../go/errors.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import type { MountPoint } from '../../../../protocols/docker/types.ts';
import {
  ALL_CAPABILITIES,
  criBaseSpec,
  DEFAULT_PATH,
  mergeEnv,
  specJson,
} from '../../../../protocols/oci-runtime/default-spec.ts';
import type { Device, Mount, NamespaceType, Resources, Spec } from '../../../../protocols/oci-runtime/types.ts';
import { additionalGids, mergeGids, type RootReader, resolveUser } from '../../../../protocols/oci-runtime/user.ts';
import { NAMESPACE } from '../containerd-client.ts';
import { badRequest, systemError } from '../errors.ts';
import type { Container } from './container.ts';

type WorkSpec = ReturnType<typeof criBaseSpec>;

export type SpecSources = {
  rootPath: string;
  read: RootReader;
  cgroupDriver: 'systemd' | 'cgroupfs';
  hostname: string;
  /** Pid of the container whose namespaces a mode `container:…` names. */
  pidOf: (name: string) => number;
};

export async function containerSpec(ctx: Context, container: Container, sources: SpecSources): Promise<string> {
  const { record, host, id } = container;
  const { Config: config } = record;
  const spec = criBaseSpec(NAMESPACE, id);
  spec.root = { path: sources.rootPath, ...(host.ReadonlyRootfs === true ? { readonly: true } : {}) };
  spec.hostname = sources.hostname;
  spec.linux.cgroupsPath = cgroupsPath(host.CgroupParent ?? '', id, sources.cgroupDriver);
  spec.process.args = [record.Path, ...record.Args];
  spec.process.cwd = config.WorkingDir || '/';
  spec.process.noNewPrivileges = (host.SecurityOpt ?? []).some((one) => /^no-new-privileges(?:[:=]true)?$/.test(one));
  if (config.Tty === true) spec.process.terminal = true;
  spec.process.env = mergeEnv(
    [DEFAULT_PATH, `HOSTNAME=${sources.hostname}`, ...(config.Tty === true ? ['TERM=xterm'] : [])],
    config.Env ?? [],
  );
  if (host.OomScoreAdj !== undefined && host.OomScoreAdj !== 0) spec.process.oomScoreAdj = host.OomScoreAdj;
  setNamespaces(spec, container, sources);
  setMounts(spec, container);
  setCapabilities(spec, container);
  await setUser(ctx, spec, container, sources.read);
  if (host.MaskedPaths !== undefined && host.MaskedPaths !== null) spec.linux.maskedPaths = host.MaskedPaths;
  if (host.ReadonlyPaths !== undefined && host.ReadonlyPaths !== null) spec.linux.readonlyPaths = host.ReadonlyPaths;
  spec.linux.sysctl = { ...host.Sysctls };
  spec.linux.resources = resourcesOf(container, spec.linux.resources ?? {});
  for (const { PathOnHost, PathInContainer } of host.Devices ?? []) {
    const device = await deviceAt(ctx, PathOnHost);
    if (device === null)
      throw systemError(
        `error gathering device information while adding custom device "${PathOnHost}": no such file or directory`,
      );
    (spec.linux.devices ??= []).push({ ...device, path: PathInContainer });
  }
  if (host.Privileged === true) await makePrivileged(ctx, spec);
  return specJson(spec);
}

function cgroupsPath(parent: string, id: string, driver: 'systemd' | 'cgroupfs'): string {
  if (driver === 'cgroupfs') return `${parent === '' ? '/docker' : parent}/${id}`;
  const slice = parent === '' ? 'system.slice' : parent.slice(parent.lastIndexOf('/') + 1);
  return `${slice}:docker:${id}`;
}

function setNamespaces(spec: WorkSpec, container: Container, { pidOf }: SpecSources): void {
  const { host } = container;
  const join = (type: NamespaceType, kind: string, mode: string): void => {
    const others = (spec.linux.namespaces ?? []).filter((one) => one.type !== type);
    if (mode === 'host') spec.linux.namespaces = others;
    else if (mode.startsWith('container:'))
      spec.linux.namespaces = [...others, { type, path: `/proc/${pidOf(mode.slice('container:'.length))}/ns/${kind}` }];
  };
  join('network', 'net', container.networkMode);
  join('ipc', 'ipc', host.IpcMode ?? '');
  join('pid', 'pid', host.PidMode ?? '');
  join('uts', 'uts', host.UTSMode ?? '');
  if (host.UTSMode === 'host') delete spec.hostname;
  if (host.Privileged !== true) spec.linux.namespaces?.push({ type: 'cgroup' });
}

function setMounts(spec: WorkSpec, container: Container): void {
  const { record, host } = container;
  const targets = new Set(record.MountPoints.map(({ Destination }) => Destination));
  spec.mounts = spec.mounts.filter(({ destination }) => !targets.has(destination));
  const bind = (source: string, destination: string): void => {
    if (source !== '' && !targets.has(destination))
      spec.mounts.push({
        destination,
        type: 'bind',
        source,
        options: ['rbind', 'rprivate', ...(host.ReadonlyRootfs ? ['ro'] : [])],
      });
  };
  spec.mounts.push({
    destination: '/sys/fs/cgroup',
    type: 'cgroup',
    source: 'cgroup',
    options: ['ro', 'nosuid', 'noexec', 'nodev'],
  });
  if (record.ShmPath !== '') {
    spec.mounts = spec.mounts.filter(({ destination }) => destination !== '/dev/shm');
    bind(record.ShmPath, '/dev/shm');
  } else {
    const shm = spec.mounts.find(({ destination }) => destination === '/dev/shm');
    if (shm !== undefined && host.ShmSize !== undefined && host.ShmSize > 0)
      shm.options = [...(shm.options ?? []).filter((one) => !one.startsWith('size=')), `size=${host.ShmSize}`];
  }
  for (const mount of record.MountPoints) spec.mounts.push(mountOf(mount));
  bind(record.ResolvConfPath, '/etc/resolv.conf');
  bind(record.HostnamePath, '/etc/hostname');
  bind(record.HostsPath, '/etc/hosts');
}

function mountOf({ Source, Destination, RW, Propagation }: MountPoint): Mount {
  return {
    destination: Destination,
    type: 'bind',
    source: Source,
    options: ['rbind', Propagation === '' ? 'rprivate' : Propagation, ...(RW ? [] : ['ro'])],
  };
}

const full = (name: string): string => (/^cap_/i.test(name) ? name.toUpperCase() : `CAP_${name.toUpperCase()}`);

function setCapabilities(spec: WorkSpec, { host }: Container): void {
  const add = (host.CapAdd ?? []).map(full);
  const drop = (host.CapDrop ?? []).map(full);
  for (const name of [...add, ...drop])
    if (name !== 'CAP_ALL' && !ALL_CAPABILITIES.includes(name)) throw badRequest(`invalid capability: "${name}"`);
  const defaults = spec.process.capabilities?.bounding ?? [];
  const base = add.includes('CAP_ALL') ? ALL_CAPABILITIES : drop.includes('CAP_ALL') ? [] : defaults;
  const named = [...base, ...add.filter((name) => name !== 'CAP_ALL')];
  const list = [...new Set(named)].filter(
    (name) => !drop.includes(name) || (drop.includes('CAP_ALL') && add.includes(name)),
  );
  const set = host.Privileged === true ? [...ALL_CAPABILITIES] : list;
  spec.process.capabilities = { bounding: [...set], effective: [...set], permitted: [...set] };
}

async function setUser(ctx: Context, spec: WorkSpec, container: Container, read: RootReader): Promise<void> {
  const text = container.record.Config.User ?? '';
  const groups = (container.host.GroupAdd ?? []).map(Number).filter((gid) => !Number.isNaN(gid));
  try {
    const user = text === '' ? { uid: 0, gid: 0 } : await resolveUser(ctx, text, read);
    const named = await additionalGids(ctx, (text === '' ? '0' : text).split(':')[0] ?? '0', user.gid, read);
    spec.process.user = { uid: user.uid, gid: user.gid, additionalGids: mergeGids(named, groups) };
  } catch (error) {
    if (typeof (error as GoError).before !== 'string') throw error;
    throw systemError(`unable to find user ${text}: no matching entries in passwd file`);
  }
}

function resourcesOf({ host }: Container, base: Resources): Resources {
  const memory = {
    ...(host.Memory ? { limit: host.Memory } : {}),
    ...(host.Memory || host.MemorySwap ? { swap: host.MemorySwap ? host.MemorySwap : (host.Memory ?? 0) * 2 } : {}),
  };
  const quota = host.NanoCpus ? Math.floor(host.NanoCpus / 10_000) : host.CpuQuota;
  const cpu = {
    ...(host.CpuShares ? { shares: host.CpuShares } : {}),
    ...(quota ? { quota, period: host.CpuPeriod || 100_000 } : {}),
    ...(host.CpusetCpus ? { cpus: host.CpusetCpus } : {}),
    ...(host.CpusetMems ? { mems: host.CpusetMems } : {}),
  };
  return {
    ...base,
    ...(Object.keys(memory).length === 0 ? {} : { memory }),
    ...(Object.keys(cpu).length === 0 ? {} : { cpu }),
  };
}

async function deviceAt(ctx: Context, path: string): Promise<Device | null> {
  try {
    const stat = await ctx.sys.stat(ctx, path);
    if (stat.type !== 'char' && stat.type !== 'block') return null;
    const [major, minor] = stat.rdev;
    const type = stat.type === 'block' ? 'b' : 'c';
    return { path, type, major, minor, fileMode: stat.mode, uid: stat.uid, gid: stat.gid };
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

async function makePrivileged(ctx: Context, spec: WorkSpec & Spec): Promise<void> {
  spec.linux.maskedPaths = [];
  spec.linux.readonlyPaths = [];
  spec.linux.resources = { ...spec.linux.resources, devices: [{ allow: true, access: 'rwm' }] };
  for (const mount of spec.mounts)
    if (mount.destination.startsWith('/sys')) mount.options = (mount.options ?? []).filter((option) => option !== 'ro');
  for (const entry of await ctx.sys.readDirectory(ctx, '/dev')) {
    if ((entry.type !== 'char' && entry.type !== 'block') || entry.name === 'console' || entry.name === 'ptmx')
      continue;
    const device = await deviceAt(ctx, `/dev/${entry.name}`);
    if (device !== null) (spec.linux.devices ??= []).push(device);
  }
}
