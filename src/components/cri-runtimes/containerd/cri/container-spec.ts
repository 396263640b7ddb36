/**
 * config.json of a container in a pod.
 * @models containerd 2.1 internal/cri/server/container_create.go (buildLinuxSpec), internal/cri/opts/spec_linux_opts.go
 * @fidelity partial: no SELinux, AppArmor, CDI, block io classes; base_runtime_spec is
 *   not read
 */
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import { exists, mkdirAll, readFile } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import {
  type ContainerConfig,
  type IDMapping,
  type LinuxContainerResources,
  type Mount,
  MountPropagation,
  NamespaceMode,
  type PodSandboxConfig,
  SupplementalGroupsPolicy,
} from '../../../../protocols/cri/generated.ts';
import type { ImageRunConfig } from '../../../../protocols/oci/types.ts';
import {
  ALL_CAPABILITIES,
  criBaseSpec,
  DEFAULT_PATH,
  mergeEnv,
} from '../../../../protocols/oci-runtime/default-spec.ts';
import type { Device, IdMapping, LinuxNamespace, Resources, Spec } from '../../../../protocols/oci-runtime/types.ts';
import { additionalGids, mergeGids, type RootReader, resolveUser } from '../../../../protocols/oci-runtime/user.ts';
import { failure } from '../../shared/errors.ts';
import type { CriRuntimeConfig, RuntimeHandlerConfig } from '../config/defaults.ts';
import { cgroupsPath, oomScore, passthrough, podAnnotations, userString } from './sandbox-spec.ts';
import { setSeccomp } from './seccomp.ts';
import { CRI_NAMESPACE } from './types.ts';
import { differsFromPod, podMaps, setUserNamespace } from './user-namespace.ts';

export type ContainerSpecInput = {
  id: string;
  sandboxId: string;
  sandboxPid: number;
  /** Whose PID namespace to join. */
  targetPid: number;
  config: ContainerConfig;
  sandboxConfig: PodSandboxConfig;
  image: ImageRunConfig;
  imageName: string;
  criConfig: CriRuntimeConfig;
  handler: RuntimeHandlerConfig;
  /** The pod's own files, and volumes that the image declares. */
  extraMounts: readonly Mount[];
  hostname: string;
};

type WorkSpec = ReturnType<typeof criBaseSpec>;

/** Without the user, who is known only once the container has a root file system. */
export async function containerSpec(ctx: Context, input: ContainerSpecInput): Promise<WorkSpec> {
  const { config, sandboxConfig, image } = input;
  const spec = criBaseSpec(CRI_NAMESPACE, input.id);
  const security = config.linux?.securityContext;
  spec.process.args = processArgs(config, image);
  const env = [...(image.Env ?? []), ...config.envs.map((e) => `${e.key}=${utf8(e.value)}`)];
  const base = config.tty ? [DEFAULT_PATH, 'TERM=xterm'] : [DEFAULT_PATH];
  spec.process.env = mergeEnv(mergeEnv(base, [`HOSTNAME=${input.hostname}`]), env);
  spec.process.noNewPrivileges = security?.noNewPrivs === true;
  spec.process.cwd = config.workingDir || image.WorkingDir || '/';
  if (config.tty) spec.process.terminal = true;
  const privileged = security?.privileged === true;
  const namespaces = spec.linux.namespaces as LinuxNamespace[];
  if (!privileged) namespaces.push({ type: 'cgroup' });
  await addMounts(ctx, spec, input);
  spec.linux.maskedPaths = security?.maskedPaths ?? [];
  spec.linux.readonlyPaths = security?.readonlyPaths ?? [];
  await addDevices(ctx, spec, config);
  applyCapabilities(spec, config);
  if (privileged) await makePrivileged(ctx, spec, input);
  if (security?.readonlyRootfs === true) spec.root.readonly = true;
  spec.linux.resources = toResources(config.linux?.resources, spec.linux.resources ?? {});
  const parent = sandboxConfig.linux?.cgroupParent ?? '';
  if (parent !== '') spec.linux.cgroupsPath = cgroupsPath(parent, input.id);
  if (config.linux?.resources !== undefined) {
    spec.process.oomScoreAdj = await oomScore(
      ctx,
      Number(config.linux.resources.oomScoreAdj),
      input.criConfig.restrict_oom_score_adj,
    );
  }
  joinPodNamespaces(spec, input);
  const userns = security?.namespaceOptions?.usernsOptions;
  const maps = podMaps(userns);
  const differs = differsFromPod(sandboxConfig.linux?.securityContext?.namespaceOptions?.usernsOptions, userns);
  if (differs !== null) throw failure(differs);
  if (maps !== null) setUserNamespace(spec, maps, `/proc/${input.sandboxPid}/ns/user`);
  await setSeccomp(ctx, spec, {
    profile: security?.seccomp,
    path: security?.seccompProfilePath ?? '',
    unset: input.criConfig.unset_seccomp_profile,
    privileged,
  });
  spec.annotations = {
    ...passthrough(sandboxConfig.annotations, input.handler.pod_annotations),
    ...passthrough(config.annotations, input.handler.container_annotations),
    ...podAnnotations(input.sandboxId, sandboxConfig),
    'io.kubernetes.cri.container-name': config.metadata?.name ?? '',
    'io.kubernetes.cri.container-type': 'container',
    'io.kubernetes.cri.image-name': input.imageName,
  };
  return spec;
}

/** The command replaces the image's entrypoint, and with it the image's arguments. */
function processArgs(config: ContainerConfig, image: ImageRunConfig): string[] {
  let command = config.command;
  let args = config.args;
  if (command.length === 0) {
    if (args.length === 0) args = image.Cmd ?? [];
    const entrypoint = image.Entrypoint ?? [];
    if (entrypoint.length !== 1 || entrypoint[0] !== '') command = entrypoint;
  }
  if (command.length === 0 && args.length === 0) throw failure('no command specified');
  return [...command, ...args];
}

async function addMounts(ctx: Context, spec: WorkSpec, input: ContainerSpecInput): Promise<void> {
  const { config } = input;
  const clean = (path: string): string =>
    `/${path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/')}`;
  const mode = input.handler.cgroup_writable ? 'rw' : 'ro';
  spec.mounts.push({
    destination: '/sys/fs/cgroup',
    type: 'cgroup',
    source: 'cgroup',
    options: ['nosuid', 'noexec', 'nodev', 'relatime', mode],
  });
  const wanted = [
    ...config.mounts,
    ...input.extraMounts.filter(
      (extra) => !config.mounts.some((m) => clean(m.containerPath) === clean(extra.containerPath)),
    ),
  ];
  const depth = (mount: Mount): number => clean(mount.containerPath).split('/').length;
  const ordered = wanted
    .map((mount, at) => ({ mount, at }))
    .sort((a, b) => depth(a.mount) - depth(b.mount) || a.at - b.at)
    .map((m) => m.mount);
  const targets = new Set(ordered.map((mount) => clean(mount.containerPath)));
  // The default /dev/shm is the pod's, which is among the extra mounts.
  spec.mounts = spec.mounts.filter(
    ({ destination }) => !targets.has(destination) && !(targets.has('/dev') && destination.startsWith('/dev/')),
  );
  for (const mount of ordered) spec.mounts.push(await bindMount(ctx, spec, mount));
}

async function bindMount(ctx: Context, spec: WorkSpec, mount: Mount): Promise<NonNullable<Spec['mounts']>[number]> {
  const source = mount.hostPath;
  try {
    await ctx.sys.stat(ctx, source);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    if (error.code !== 'ENOENT') throw failure(`failed to stat "${source}": stat ${source}: ${error.go}`);
    await mkdirAll(ctx, source, 0o755).catch((made: unknown) => {
      if (!(made instanceof Errno)) throw made;
      throw failure(`failed to mkdir "${source}": mkdir ${source}: ${made.go}`);
    });
  }
  const options = ['rbind'];
  switch (mount.propagation) {
    case MountPropagation.PROPAGATION_BIDIRECTIONAL:
      await ensurePropagation(ctx, source, ['shared:'], 'shared mount');
      options.push('rshared');
      spec.linux.rootfsPropagation = 'rshared';
      break;
    case MountPropagation.PROPAGATION_HOST_TO_CONTAINER:
      await ensurePropagation(ctx, source, ['shared:', 'master:'], 'shared or slave mount');
      options.push('rslave');
      spec.linux.rootfsPropagation ??= 'rslave';
      break;
    default:
      options.push('rprivate');
  }
  if (mount.readonly) {
    if (mount.recursiveReadOnly && mount.propagation !== MountPropagation.PROPAGATION_PRIVATE) {
      const name =
        mount.propagation === MountPropagation.PROPAGATION_BIDIRECTIONAL
          ? 'PROPAGATION_BIDIRECTIONAL'
          : 'PROPAGATION_HOST_TO_CONTAINER';
      throw failure(`recursive read-only mount needs private propagation, got "${name}" (hostPath=${source})`);
    }
    options.push(mount.recursiveReadOnly ? 'rro' : 'ro');
  } else {
    if (mount.recursiveReadOnly)
      throw failure(`recursive read-only mount conflicts with RW mount (hostPath=${source})`);
    options.push('rw');
  }
  const ids = (map: readonly IDMapping[]): IdMapping[] =>
    map.map(({ containerId, hostId, length }) => ({ containerID: containerId, hostID: hostId, size: length }));
  return {
    destination: mount.containerPath,
    type: 'bind',
    source: await resolveLink(ctx, source),
    options,
    ...(mount.uidMappings.length === 0 ? {} : { uidMappings: ids(mount.uidMappings) }),
    ...(mount.gidMappings.length === 0 ? {} : { gidMappings: ids(mount.gidMappings) }),
  };
}

async function resolveLink(ctx: Context, path: string): Promise<string> {
  try {
    if ((await ctx.sys.lstat(ctx, path)).type !== 'symlink') return path;
    const target = await ctx.sys.readlink(ctx, path);
    return resolveLink(ctx, target.startsWith('/') ? target : `${path.slice(0, path.lastIndexOf('/'))}/${target}`);
  } catch (error) {
    if (isErrno(error)) throw failure(`failed to resolve symlink "${path}": lstat ${path}: ${error.go}`);
    throw error;
  }
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
  throw failure(`path "${path}" is mounted on "${best.point}" but it is not a ${words}`);
}

async function addDevices(ctx: Context, spec: WorkSpec, config: ContainerConfig): Promise<void> {
  for (const device of config.devices) {
    const found = await deviceAt(ctx, await resolveLink(ctx, device.hostPath));
    if (found === null) throw failure(`${device.hostPath}: not a device node`);
    (spec.linux.devices ??= []).push({ ...found, path: device.containerPath });
    const { type, major, minor } = found;
    ((spec.linux.resources ??= {}).devices ??= []).push({
      allow: true,
      type: type === 'b' ? 'b' : 'c',
      access: device.permissions,
      ...(major === undefined ? {} : { major }),
      ...(minor === undefined ? {} : { minor }),
    });
  }
}

async function deviceAt(ctx: Context, path: string): Promise<Device | null> {
  const stat = await ctx.sys.stat(ctx, path);
  if (stat.type !== 'char' && stat.type !== 'block') return null;
  const [major, minor] = stat.rdev;
  return {
    path,
    type: stat.type === 'block' ? 'b' : 'c',
    major,
    minor,
    fileMode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
  };
}

function applyCapabilities(spec: WorkSpec, config: ContainerConfig): void {
  const wanted = config.linux?.securityContext?.capabilities;
  if (wanted === undefined) return;
  const sets = spec.process.capabilities;
  if (sets === undefined) return;
  let list = [...(sets.bounding ?? [])];
  if (wanted.addCapabilities.includes('ALL')) list = [...ALL_CAPABILITIES];
  if (wanted.dropCapabilities.includes('ALL')) list = [];
  const named = (names: readonly string[]): string[] =>
    names.filter((n) => n.toUpperCase() !== 'ALL').map((n) => `CAP_${n.toUpperCase()}`);
  for (const name of named(wanted.addCapabilities)) if (!list.includes(name)) list.push(name);
  const dropped = named(wanted.dropCapabilities);
  list = list.filter((name) => !dropped.includes(name));
  spec.process.capabilities = { bounding: list, effective: [...list], permitted: [...list] };
}

async function makePrivileged(ctx: Context, spec: WorkSpec, input: ContainerSpecInput): Promise<void> {
  if (input.sandboxConfig.linux?.securityContext?.privileged !== true)
    throw failure('no privileged container allowed in sandbox');
  const all = (): string[] => [...ALL_CAPABILITIES];
  spec.process.capabilities = { bounding: all(), effective: all(), permitted: all() };
  spec.linux.maskedPaths = [];
  spec.linux.readonlyPaths = [];
  for (const mount of spec.mounts) {
    if (mount.type === 'sysfs' || mount.type === 'cgroup')
      mount.options = (mount.options ?? []).map((o) => (o === 'ro' ? 'rw' : o));
  }
  if (input.handler.privileged_without_host_devices) return;
  const devices = spec.linux.devices ?? [];
  for (const entry of await ctx.sys.readDirectory(ctx, '/dev')) {
    if (entry.type !== 'char' && entry.type !== 'block') continue;
    if (entry.name === 'console' || entry.name === 'ptmx') continue;
    const device = await deviceAt(ctx, `/dev/${entry.name}`);
    if (device !== null) devices.push(device);
  }
  spec.linux.devices = devices;
  spec.linux.resources = { ...spec.linux.resources, devices: [{ allow: true, access: 'rwm' }] };
}

export function toResources(wanted: LinuxContainerResources | undefined, base: Resources): Resources {
  if (wanted === undefined) return base;
  const memory: NonNullable<Resources['memory']> = { ...base.memory };
  const cpu: NonNullable<Resources['cpu']> = { ...base.cpu };
  const limit = Number(wanted.memoryLimitInBytes);
  const swap = Number(wanted.memorySwapLimitInBytes);
  if (limit !== 0) {
    memory.limit = limit;
    if (swap === 0) memory.swap = limit;
  }
  if (swap !== 0) memory.swap = swap;
  if (wanted.cpuShares !== 0n) cpu.shares = Number(wanted.cpuShares);
  if (wanted.cpuQuota !== 0n) cpu.quota = Number(wanted.cpuQuota);
  if (wanted.cpuPeriod !== 0n) cpu.period = Number(wanted.cpuPeriod);
  if (wanted.cpusetCpus !== '') cpu.cpus = wanted.cpusetCpus;
  if (wanted.cpusetMems !== '') cpu.mems = wanted.cpusetMems;
  const unified = { ...base.unified, ...wanted.unified };
  return { ...base, memory, cpu, ...(Object.keys(unified).length > 0 ? { unified } : {}) };
}

/** The pod's network, IPC and host name; its PID namespace unless the container wants one of its own. */
function joinPodNamespaces(spec: WorkSpec, input: ContainerSpecInput): void {
  const options = input.config.linux?.securityContext?.namespaceOptions;
  const path: Record<string, string> = {
    network: `/proc/${input.sandboxPid}/ns/net`,
    ipc: `/proc/${input.sandboxPid}/ns/ipc`,
    uts: `/proc/${input.sandboxPid}/ns/uts`,
  };
  if (options?.pid !== NamespaceMode.CONTAINER) path['pid'] = `/proc/${input.targetPid}/ns/pid`;
  spec.linux.namespaces = (spec.linux.namespaces ?? []).map((n): LinuxNamespace => {
    const joined = path[n.type];
    return joined === undefined ? n : { type: n.type, path: joined };
  });
}

export async function setContainerUser(
  ctx: Context,
  spec: WorkSpec,
  config: ContainerConfig,
  image: ImageRunConfig,
  rootfs: RootReader,
): Promise<void> {
  const security = config.linux?.securityContext;
  const asked =
    userString(security?.runAsUsername ?? '', security?.runAsUser, security?.runAsGroup) || (image.User ?? '');
  const user = asked === '' ? { uid: 0, gid: 0 } : await resolveUser(ctx, asked, rootfs);
  const groups = (security?.supplementalGroups ?? []).map(Number);
  const name =
    security?.runAsUsername ||
    (security?.runAsUser === undefined ? (image.User ?? '').split(':')[0] || '0' : String(security.runAsUser.value));
  const merged =
    security?.supplementalGroupsPolicy === SupplementalGroupsPolicy.Strict
      ? mergeGids(user.additionalGids ?? [], groups)
      : mergeGids(mergeGids(user.additionalGids ?? [], await additionalGids(ctx, name, user.gid, rootfs)), groups);
  spec.process.user = { uid: user.uid, gid: user.gid, ...(merged.length > 0 ? { additionalGids: merged } : {}) };
}

/** Files of the pod that every container sees, unless it mounts something else there. */
export async function podMounts(
  ctx: Context,
  sandboxDir: string,
  shm: string,
  config: ContainerConfig,
): Promise<Mount[]> {
  const security = config.linux?.securityContext;
  const readonly = security?.readonlyRootfs === true;
  const onHostIpc = security?.namespaceOptions?.ipc === NamespaceMode.NODE;
  const out: Mount[] = [];
  const add = async (containerPath: string, hostPath: string, ro: boolean): Promise<void> => {
    if (config.mounts.some((mount) => mount.containerPath.replace(/\/+$/, '') === containerPath)) return;
    if (await exists(ctx, hostPath)) out.push(plainMount(containerPath, hostPath, ro));
  };
  await add('/etc/hostname', `${sandboxDir}/hostname`, readonly);
  await add('/etc/hosts', `${sandboxDir}/hosts`, readonly);
  await add('/etc/resolv.conf', `${sandboxDir}/resolv.conf`, readonly);
  await add('/dev/shm', onHostIpc ? '/dev/shm' : shm, false);
  return out;
}

export function plainMount(containerPath: string, hostPath: string, readonly: boolean): Mount {
  return {
    containerPath,
    hostPath,
    readonly,
    selinuxRelabel: true,
    propagation: MountPropagation.PROPAGATION_PRIVATE,
    uidMappings: [],
    gidMappings: [],
    recursiveReadOnly: false,
    image: undefined,
    imageSubPath: '',
  };
}
