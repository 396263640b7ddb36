/**
 * config.json of a container in a pod.
 * @models CRI-O 1.36 server/container_create.go, container_create_linux.go, internal/factory/container
 * @fidelity partial: no AppArmor, SELinux, CDI or block I/O classes
 */
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import { mkdirAll, readFile } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import {
  type ContainerConfig,
  type Mount as CriMount,
  type LinuxContainerResources,
  MountPropagation,
  NamespaceMode,
  type PodSandboxConfig,
  SupplementalGroupsPolicy,
} from '../../../../protocols/cri/generated.ts';
import type { ImageRunConfig } from '../../../../protocols/oci/types.ts';
import { ALL_CAPABILITIES } from '../../../../protocols/oci-runtime/default-spec.ts';
import type { Device, Mount, Resources } from '../../../../protocols/oci-runtime/types.ts';
import { additionalGids, mergeGids, resolveUser } from '../../../../protocols/oci-runtime/user.ts';
import { failure } from '../../shared/errors.ts';
import { minMemoryBytes } from '../config/load.ts';
import type { RuntimeFeatures } from '../config/runtime-features.ts';
import { isLiving } from '../oci/container.ts';
import { containerCgroup } from './cgroup-paths.ts';
import { imageMount, imageVolumesPath } from './image-mounts.ts';
import type { Sandbox } from './sandbox.ts';
import type { Server } from './server.ts';
import { baseSpec, capabilitySets, removeNamespace, setNamespacePath, type WorkSpec } from './spec-base.ts';
import { mountMaps } from './user-namespace.ts';

export type ContainerSpecInput = {
  id: string;
  name: string;
  config: ContainerConfig;
  sandboxConfig: PodSandboxConfig;
  sandbox: Sandbox;
  image: ImageRunConfig;
  mountPoint: string;
};

export async function containerSpec(
  ctx: Context,
  server: Server,
  input: ContainerSpecInput,
): Promise<{ spec: WorkSpec; volumes: CriMount[] }> {
  const { config, sandbox, image } = input;
  const { runtime } = server.config.crio;
  const security = config.linux?.securityContext;
  const privileged = isPrivileged(input);
  const spec = baseSpec();
  const { volumes, binds } = await bindMounts(ctx, server, spec, input);
  const readonly = security?.readonlyRootfs === true || runtime.read_only;
  spec.root = { path: input.mountPoint, ...(readonly ? { readonly: true } : {}) };
  if (config.tty) spec.process.terminal = true;
  // A root that is not the node's cannot mount what shows the node's network.
  if (sandbox.maps !== null && sandbox.hostNetwork) bindSys(spec, config);
  setResources(server, spec, input);
  await joinNamespaces(ctx, server, spec, input);
  spec.process.args = processArgs(config, image);
  if (!privileged) spec.linux.namespaces?.push({ type: 'cgroup' });
  podMounts(spec, sandbox, config, readonly);
  await applyPrivileges(ctx, server, spec, input, privileged);
  spec.hostname = sandbox.hostname;
  spec.process.env?.push(
    `HOSTNAME=${sandbox.hostname}`,
    ...runtime.default_env,
    ...config.envs.map(({ key, value }) => `${key}=${utf8(value)}`),
    ...(image.Env ?? []).filter((entry) => !config.envs.some(({ key }) => entry.startsWith(`${key}=`))),
  );
  await setUser(ctx, spec, input);
  spec.process.cwd = config.workingDir || image.WorkingDir || '/';
  for (const mount of binds) spec.mounts.push(mount);
  spec.linux.resources = { ...spec.linux.resources, pids: { limit: runtime.pids_limit } };
  return { spec, volumes };
}

function bindSys(spec: WorkSpec, config: ContainerConfig): void {
  if (config.mounts.some((mount) => clean(mount.containerPath) === '/sys')) return;
  spec.mounts = spec.mounts.filter(({ destination }) => destination !== '/sys');
  const options = ['nosuid', 'noexec', 'nodev', 'rro', 'rbind'];
  spec.mounts.push({ destination: '/sys', type: 'bind', source: '/sys', options });
}

export function isPrivileged({ config, sandboxConfig }: Pick<ContainerSpecInput, 'config' | 'sandboxConfig'>): boolean {
  if (config.linux?.securityContext?.privileged !== true) return false;
  if (sandboxConfig.linux?.securityContext?.privileged !== true)
    throw failure('no privileged container allowed in sandbox');
  return true;
}

function processArgs(config: ContainerConfig, image: ImageRunConfig): string[] {
  let command = config.command;
  let args = config.args;
  if (command.length === 0) {
    if (args.length === 0) args = image.Cmd ?? [];
    command = image.Entrypoint ?? [];
  }
  if (command.length + args.length === 0) throw failure('no command specified');
  return [...command, ...args];
}

function clean(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return `/${parts.join('/')}`;
}

const PROPAGATION: Readonly<Record<number, string>> = {
  [MountPropagation.PROPAGATION_PRIVATE]: 'PROPAGATION_PRIVATE',
  [MountPropagation.PROPAGATION_HOST_TO_CONTAINER]: 'PROPAGATION_HOST_TO_CONTAINER',
  [MountPropagation.PROPAGATION_BIDIRECTIONAL]: 'PROPAGATION_BIDIRECTIONAL',
};

async function bindMounts(
  ctx: Context,
  server: Server,
  spec: WorkSpec,
  { config, id, sandbox }: ContainerSpecInput,
): Promise<{ volumes: CriMount[]; binds: Mount[] }> {
  const features = server.featuresOf(sandbox.handler);
  const depth = (path: string): number => clean(path).split('/').length;
  const ordered = config.mounts
    .map((mount, at) => ({ mount, at }))
    .sort((a, b) => depth(a.mount.containerPath) - depth(b.mount.containerPath) || a.at - b.at)
    .map(({ mount }) => mount);
  const targets = new Set(ordered.map((mount) => clean(mount.containerPath)));
  spec.mounts = spec.mounts.filter(
    ({ destination }) =>
      !targets.has(destination) &&
      !(targets.has('/dev') && destination.startsWith('/dev/')) &&
      !(targets.has('/sys') && destination.startsWith('/sys/')),
  );
  if (!targets.has('/sys'))
    spec.mounts.push({
      destination: '/sys/fs/cgroup',
      type: 'cgroup',
      source: 'cgroup',
      options: ['nosuid', 'noexec', 'nodev', 'relatime', 'ro'],
    });
  const empty = await imageVolumesPath(ctx, server, config.mounts);
  const volumes: CriMount[] = [];
  const binds: Mount[] = [];
  for (const mount of ordered) {
    if (mount.containerPath === '') throw failure('mount.ContainerPath is empty');
    if (mount.image !== undefined && mount.image.image !== '') {
      const made = await imageMount(ctx, server, mount, empty, id);
      volumes.push(made.volume);
      binds.push(made.mount);
      continue;
    }
    if (mount.hostPath === '') throw failure('mount.HostPath is empty');
    const source = await hostSource(ctx, server, mount.hostPath);
    const options = await mountOptions(ctx, spec, mount, source, features);
    volumes.push({ ...mount, hostPath: source });
    const maps = mountMaps(mount.uidMappings, mount.gidMappings);
    if ((maps.uidMappings ?? maps.gidMappings) !== undefined && !features.userNamespaces)
      throw failure('idmap mounts specified but OCI runtime does not support them. Perhaps the OCI runtime is too old');
    binds.push({ destination: mount.containerPath, type: 'bind', source, options: [...options, 'bind'], ...maps });
  }
  return { volumes, binds };
}

async function hostSource(ctx: Context, server: Server, path: string): Promise<string> {
  try {
    return await resolveLink(ctx, path);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    if (error.code !== 'ENOENT') throw failure(`failed to resolve symlink "${path}": lstat ${path}: ${error.go}`);
    if (server.config.crio.runtime.absent_mount_sources_to_reject.includes(clean(path)))
      throw failure(`cannot mount ${path}: path does not exist and will cause issues as a directory`);
    await mkdirAll(ctx, path, 0o755).catch((made: unknown) => {
      if (!(made instanceof Errno)) throw made;
      throw failure(`failed to mkdir ${path}: mkdir ${path}: ${made.go}`);
    });
    return path;
  }
}

async function resolveLink(ctx: Context, path: string): Promise<string> {
  if ((await ctx.sys.lstat(ctx, path)).type !== 'symlink') return path;
  const target = await ctx.sys.readlink(ctx, path);
  return resolveLink(ctx, target.startsWith('/') ? target : clean(`${path.slice(0, path.lastIndexOf('/'))}/${target}`));
}

async function mountOptions(
  ctx: Context,
  spec: WorkSpec,
  mount: CriMount,
  source: string,
  features: RuntimeFeatures,
): Promise<string[]> {
  const options = ['rbind'];
  switch (mount.propagation) {
    case MountPropagation.PROPAGATION_BIDIRECTIONAL:
      await ensurePropagation(ctx, source, ['shared:'], 'shared');
      options.push('rshared');
      spec.linux.rootfsPropagation = 'rshared';
      break;
    case MountPropagation.PROPAGATION_HOST_TO_CONTAINER:
      await ensurePropagation(ctx, source, ['shared:', 'master:'], 'shared or slave');
      options.push('rslave');
      if (spec.linux.rootfsPropagation !== 'rshared') spec.linux.rootfsPropagation = 'rslave';
      break;
    default:
      options.push('rprivate');
  }
  if (mount.recursiveReadOnly && !mount.readonly)
    throw failure(`recursive read-only mount conflicts with read-write mount for hostPath "${mount.hostPath}"`);
  if (mount.recursiveReadOnly && !features.recursiveReadOnlyMounts)
    throw failure(`recursive read-only mount support is not available for hostPath "${mount.hostPath}"`);
  if (mount.recursiveReadOnly && mount.propagation !== MountPropagation.PROPAGATION_PRIVATE)
    throw failure(
      `recursive read-only mount requires private propagation for hostPath "${mount.hostPath}", got: ${PROPAGATION[mount.propagation]}`,
    );
  options.push(mount.recursiveReadOnly ? 'rro' : mount.readonly ? 'ro' : 'rw');
  return options;
}

async function ensurePropagation(ctx: Context, path: string, wanted: readonly string[], words: string): Promise<void> {
  let best = { point: '', optional: '' };
  for (const line of (await readFile(ctx, '/proc/self/mountinfo')).split('\n')) {
    const fields = line.split(' ');
    const point = fields[4] ?? '';
    const inside = point === '/' || path === point || path.startsWith(`${point}/`);
    if (point !== '' && inside && point.length >= best.point.length)
      best = { point, optional: fields.slice(6, fields.indexOf('-')).join(' ') };
  }
  if (best.optional.split(' ').some((option) => wanted.some((prefix) => option.startsWith(prefix)))) return;
  throw failure(`path "${path}" is mounted on "${best.point}" but it is not a ${words} mount`);
}

/** The pod's files that every container sees. */
function podMounts(spec: WorkSpec, sandbox: Sandbox, config: ContainerConfig, readonly: boolean): void {
  const targets = new Set(config.mounts.map((mount) => clean(mount.containerPath)));
  const mode = readonly ? 'ro' : 'rw';
  const bind = (destination: string, source: string, ...options: string[]): void => {
    if (!targets.has(destination)) spec.mounts.push({ destination, type: 'bind', source, options });
  };
  bind('/dev/shm', sandbox.shmPath, 'rw', 'bind');
  bind('/etc/resolv.conf', sandbox.resolvPath, mode, 'bind', 'nodev', 'nosuid', 'noexec');
  bind('/etc/hostname', sandbox.hostnamePath, mode, 'bind');
  bind('/run/.containerenv', sandbox.containerEnvPath, mode, 'bind');
  if (sandbox.hostNetwork) bind('/etc/hosts', '/etc/hosts', mode, 'bind');
}

function setResources(server: Server, spec: WorkSpec, { config, sandbox, id }: ContainerSpecInput): void {
  const { runtime } = server.config.crio;
  spec.linux.cgroupsPath = containerCgroup(sandbox.cgroupParent, id, runtime.cgroup_manager === 'systemd');
  const wanted = config.linux?.resources;
  if (wanted === undefined) return;
  const handler = runtime.runtimes[sandbox.handler === '' ? runtime.default_runtime : sandbox.handler];
  const least = minMemoryBytes(handler?.container_min_memory ?? '');
  const limit = Number(wanted.memoryLimitInBytes);
  if (limit !== 0 && limit < least)
    throw failure(`set memory limit ${limit} too low; should be at least ${least} bytes`);
  spec.linux.resources = toResources(wanted, spec.linux.resources ?? {});
  spec.process.oomScoreAdj = Number(wanted.oomScoreAdj);
}

export function toResources(wanted: LinuxContainerResources, base: Resources): Resources {
  const limit = Number(wanted.memoryLimitInBytes);
  const swap = Number(wanted.memorySwapLimitInBytes);
  const memory = { ...base.memory, ...(limit === 0 ? {} : { limit, swap: swap === 0 ? limit : swap }) };
  const cpu = {
    ...base.cpu,
    ...(wanted.cpuShares === 0n ? {} : { shares: Number(wanted.cpuShares) }),
    ...(wanted.cpuQuota === 0n ? {} : { quota: Number(wanted.cpuQuota) }),
    ...(wanted.cpuPeriod === 0n ? {} : { period: Number(wanted.cpuPeriod) }),
    ...(wanted.cpusetCpus === '' ? {} : { cpus: wanted.cpusetCpus }),
    ...(wanted.cpusetMems === '' ? {} : { mems: wanted.cpusetMems }),
  };
  const unified = { ...base.unified, ...wanted.unified };
  return {
    ...base,
    ...(Object.keys(memory).length === 0 ? {} : { memory }),
    ...(Object.keys(cpu).length === 0 ? {} : { cpu }),
    ...(Object.keys(unified).length === 0 ? {} : { unified }),
  };
}

async function joinNamespaces(
  ctx: Context,
  server: Server,
  spec: WorkSpec,
  { config, sandbox }: ContainerSpecInput,
): Promise<void> {
  const options = config.linux?.securityContext?.namespaceOptions;
  for (const [kind, type] of [
    ['net', 'network'] as const,
    ['ipc', 'ipc'] as const,
    ['uts', 'uts'] as const,
    ['user', 'user'] as const,
  ]) {
    const path = sandbox.namespaces[kind];
    if (path !== undefined) setNamespacePath(spec, type, path);
  }
  switch (options?.pid ?? NamespaceMode.POD) {
    case NamespaceMode.NODE:
      removeNamespace(spec, 'pid');
      break;
    case NamespaceMode.POD:
      setNamespacePath(spec, 'pid', await podPidNamespace(ctx, sandbox));
      break;
    case NamespaceMode.TARGET: {
      const target = server.containers.get(options?.targetId ?? '');
      if (target === undefined || !(await isLiving(ctx, target)))
        throw failure('target container is not running: container process not found');
      setNamespacePath(spec, 'pid', `/proc/${target.state.initPid}/ns/pid`);
      break;
    }
    default:
  }
}

async function podPidNamespace(ctx: Context, { infra }: Sandbox): Promise<string> {
  if (infra.spoofed)
    throw failure(
      'pod level PID namespace requested for the container, but pod sandbox was not similarly configured, and does not have an infra container',
    );
  if (!(await isLiving(ctx, infra)))
    throw failure('PID namespace requested, but sandbox infra container unexpectedly invalid');
  return `/proc/${infra.state.initPid}/ns/pid`;
}

async function applyPrivileges(
  ctx: Context,
  server: Server,
  spec: WorkSpec,
  { config, sandbox }: ContainerSpecInput,
  privileged: boolean,
): Promise<void> {
  const { runtime } = server.config.crio;
  const security = config.linux?.securityContext;
  for (const device of config.devices) {
    const found = await deviceAt(ctx, device.hostPath);
    if (found === null) throw failure(`${device.hostPath}: not a device node`);
    addDevice(spec, { ...found, path: device.containerPath }, device.permissions);
  }
  const names = privileged ? [...ALL_CAPABILITIES] : capabilityNames(server, config);
  const sets = capabilitySets(names, !privileged && runtime.add_inheritable_capabilities);
  if (sets !== undefined) spec.process.capabilities = sets;
  if (security?.noNewPrivs === true) spec.process.noNewPrivileges = true;
  if (!privileged) {
    if (security !== undefined && security.maskedPaths.length > 0) spec.linux.maskedPaths = security.maskedPaths;
    if (security !== undefined && security.readonlyPaths.length > 0) spec.linux.readonlyPaths = security.readonlyPaths;
    return;
  }
  for (const mount of spec.mounts) {
    const options = mount.options ?? [];
    if (!options.includes('rw')) mount.options = [...options.filter((option) => option !== 'ro'), 'rw'];
  }
  const handler = runtime.runtimes[sandbox.handler === '' ? runtime.default_runtime : sandbox.handler];
  if (handler?.privileged_without_host_devices === true) return;
  for (const entry of await ctx.sys.readDirectory(ctx, '/dev')) {
    if ((entry.type !== 'char' && entry.type !== 'block') || entry.name === 'console' || entry.name === 'ptmx')
      continue;
    const device = await deviceAt(ctx, `/dev/${entry.name}`);
    if (device !== null) (spec.linux.devices ??= []).push(device);
  }
  spec.linux.resources = { ...spec.linux.resources, devices: [{ allow: true, access: 'rwm' }] };
}

function addDevice(spec: WorkSpec, device: Device, permissions: string): void {
  (spec.linux.devices ??= []).push(device);
  const { type, major, minor } = device;
  spec.linux.resources = {
    ...spec.linux.resources,
    devices: [
      ...(spec.linux.resources?.devices ?? []),
      {
        allow: true,
        type: type === 'b' ? 'b' : 'c',
        access: permissions,
        ...(major === undefined ? {} : { major }),
        ...(minor === undefined ? {} : { minor }),
      },
    ],
  };
}

async function deviceAt(ctx: Context, path: string): Promise<Device | null> {
  try {
    const stat = await ctx.sys.stat(ctx, await resolveLink(ctx, path));
    if (stat.type !== 'char' && stat.type !== 'block') return null;
    const [major, minor] = stat.rdev;
    const type = stat.type === 'block' ? 'b' : 'c';
    return { path, type, major, minor, fileMode: stat.mode, uid: stat.uid, gid: stat.gid };
  } catch (error) {
    if (isErrno(error)) throw failure(`failed to stat device ${path}: ${error.go}`);
    throw error;
  }
}

/** What is asked for comes first, then the defaults. */
function capabilityNames(server: Server, config: ContainerConfig): string[] {
  const wanted = config.linux?.securityContext?.capabilities;
  const { default_capabilities: defaults } = server.config.crio.runtime;
  const add = wanted?.addCapabilities ?? [];
  const drop = wanted?.dropCapabilities ?? [];
  const isAll = (name: string): boolean => name.toUpperCase() === 'ALL';
  const full = (name: string): string => (/^cap_/i.test(name) ? name.toUpperCase() : `CAP_${name.toUpperCase()}`);
  let list: string[] = add.some(isAll) && !drop.some(isAll) ? [...ALL_CAPABILITIES] : [];
  const named = add.some(isAll) || drop.some(isAll) ? add : [...add, ...defaults];
  for (const name of named.filter((one) => !isAll(one)).map(full)) {
    if (!ALL_CAPABILITIES.includes(name)) throw failure(`unknown capability "${name}" to add`);
    if (!list.includes(name)) list.push(name);
  }
  const dropped = drop.map(full);
  list = list.filter((name) => !dropped.includes(name));
  return list;
}

async function setUser(ctx: Context, spec: WorkSpec, { config, image, mountPoint }: ContainerSpecInput): Promise<void> {
  if (config.linux === undefined) return;
  const security = config.linux.securityContext;
  const read = async (c: Context, path: string): Promise<string | null> => {
    try {
      return await readFile(c, `${mountPoint}${path}`);
    } catch (error) {
      if (isErrno(error)) return null;
      throw error;
    }
  };
  const name = security?.runAsUser === undefined ? security?.runAsUsername || '' : String(security.runAsUser.value);
  if (security?.runAsGroup !== undefined && name === '')
    throw failure('user group is specified without user or username');
  const group = security?.runAsGroup === undefined ? '' : `:${security.runAsGroup.value}`;
  const asked = name === '' ? (image.User ?? '') : `${name}${group}`;
  const user = asked === '' ? { uid: 0, gid: 0 } : await resolveUser(ctx, asked, read);
  const supplemental = (security?.supplementalGroups ?? []).map(Number);
  const own = [user.gid];
  const ofImage =
    security?.supplementalGroupsPolicy === SupplementalGroupsPolicy.Strict
      ? []
      : await additionalGids(ctx, name || (image.User ?? '').split(':')[0] || '0', user.gid, read);
  spec.process.user = {
    uid: user.uid,
    gid: user.gid,
    additionalGids: mergeGids(mergeGids(own, ofImage), supplemental),
  };
}
