/**
 * Options of an OCI runtime spec, as clients of containerd apply them one after the other.
 * @models containerd 2.1 pkg/oci/spec_opts.go, spec_opts_linux.go
 * @fidelity partial: Linux containers; no seccomp or AppArmor profiles of our own making
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readFile } from '../../../linux/io.ts';
import type { ImageConfig } from '../../../protocols/oci/types.ts';
import { ALL_CAPABILITIES, DEFAULT_PATH, mergeEnv, unixSpec } from '../../../protocols/oci-runtime/default-spec.ts';
import type { DeviceCgroup, Mount, NamespaceType, Spec } from '../../../protocols/oci-runtime/types.ts';
import { additionalGids, type RootReader, resolveUser } from '../../../protocols/oci-runtime/user.ts';
import { ContainerdError, nativeError } from './errors.ts';
import { type MountSpec, readOnly, withTempMount } from './mounts.ts';

export type FullSpec = ReturnType<typeof unixSpec>;

export function defaultSpec(namespace: string, id: string): FullSpec {
  return unixSpec(namespace, id);
}

const UNIX_DEVICES: readonly (readonly [major: number, minor: number | null])[] = [
  [1, 3],
  [1, 8],
  [1, 7],
  [5, 0],
  [1, 5],
  [1, 9],
  [5, 1],
  [136, null],
  [5, 2],
];

/** WithDefaultUnixDevices: null, random, full, tty, zero, urandom, console, pts, ptmx. */
export function allowUnixDevices(spec: FullSpec): void {
  const rules: DeviceCgroup[] = UNIX_DEVICES.map(([major, minor]) => ({
    allow: true,
    type: 'c',
    major,
    ...(minor === null ? {} : { minor }),
    access: 'rwm',
  }));
  spec.linux.resources = {
    ...spec.linux.resources,
    devices: [...(spec.linux.resources?.devices ?? []), ...rules],
  };
}

/** WithImageConfigArgs: environment, arguments, directory, user. `root` reads files of the container's root. */
export async function applyImageConfig(
  ctx: Context,
  spec: FullSpec,
  { config = {} }: ImageConfig,
  args: readonly string[],
  mounts: readonly MountSpec[],
): Promise<void> {
  const env = config.Env ?? [];
  spec.process.env = mergeEnv(env.length === 0 ? [DEFAULT_PATH] : env, spec.process.env ?? []);
  spec.process.args = [...(config.Entrypoint ?? []), ...(args.length > 0 ? args : (config.Cmd ?? []))];
  spec.process.cwd = config.WorkingDir === undefined || config.WorkingDir === '' ? '/' : config.WorkingDir;
  const user = config.User ?? '';
  if (user !== '') {
    await applyUser(ctx, spec, user, mounts);
    await applyGroups(ctx, spec, String(spec.process.user?.uid ?? 0), mounts);
  } else {
    await applyGroups(ctx, spec, 'root', mounts);
  }
}

/** WithUser. */
export async function applyUser(
  ctx: Context,
  spec: FullSpec,
  user: string,
  mounts: readonly MountSpec[],
): Promise<void> {
  spec.process.user = await inRoot(ctx, mounts, (read) => resolveUser(ctx, user, read));
}

/** WithAdditionalGIDs. */
export async function applyGroups(
  ctx: Context,
  spec: FullSpec,
  user: string,
  mounts: readonly MountSpec[],
): Promise<void> {
  const own = spec.process.user ?? { uid: 0, gid: 0 };
  const gids = await inRoot(ctx, mounts, (read) => additionalGids(ctx, user, own.gid, read));
  if (gids.length > 0) spec.process.user = { ...own, additionalGids: gids };
}

/** oci.WithAppendAdditionalGroups: numbers as they are, names as the image's /etc/group has them. */
export async function appendGroups(
  ctx: Context,
  spec: FullSpec,
  groups: readonly string[],
  mounts: readonly MountSpec[],
): Promise<void> {
  if (groups.length === 0) return;
  const own = spec.process.user ?? { uid: 0, gid: 0 };
  const table = await inRoot(ctx, mounts, async (read) => (await read(ctx, '/etc/group')) ?? '');
  const gids = groups.map((group) => {
    if (/^\d+$/.test(group)) return Number(group);
    const line = table.split('\n').find((one) => one.startsWith(`${group}:`));
    if (line === undefined) throw new ContainerdError(`unable to find group ${group}`);
    return Number(line.split(':')[2]);
  });
  spec.process.user = { ...own, additionalGids: [...(own.additionalGids ?? []), ...gids] };
}

function inRoot<T>(ctx: Context, mounts: readonly MountSpec[], body: (read: RootReader) => Promise<T>): Promise<T> {
  return withTempMount(ctx, readOnly(mounts), async (root) => {
    try {
      return await body(async (c, path) => {
        try {
          return await readFile(c, `${root}${path}`);
        } catch (error) {
          if (isErrno(error)) return null;
          throw error;
        }
      });
    } catch (error) {
      throw nativeError(error);
    }
  });
}

/** `type=bind,src=/tmp,dst=/host,options=rbind:ro` */
export function parseMountFlag(text: string): Mount {
  const mount: Mount = { destination: '', type: '', source: '', options: [] };
  for (const field of text.split(',')) {
    const at = field.indexOf('=');
    if (at < 0) throw new ContainerdError('invalid mount specification: expected key=val');
    const [key, value] = [field.slice(0, at), field.slice(at + 1)];
    if (key === 'type') mount.type = value;
    else if (key === 'source' || key === 'src') mount.source = value;
    else if (key === 'destination' || key === 'dst') mount.destination = value;
    else if (key === 'options') mount.options = value.split(':');
    else throw new ContainerdError(`mount option "${key}" not supported`);
  }
  return mount;
}

export function addMounts(spec: FullSpec, mounts: readonly Mount[]): void {
  const replaced = new Set(mounts.map((mount) => mount.destination));
  spec.mounts = [...spec.mounts.filter((mount) => !replaced.has(mount.destination)), ...mounts];
}

/** WithHostNamespace. */
export function stayInHostNamespace(spec: FullSpec, type: NamespaceType): void {
  spec.linux.namespaces = (spec.linux.namespaces ?? []).filter((namespace) => namespace.type !== type);
}

/** WithLinuxNamespace. */
export function joinNamespace(spec: FullSpec, type: NamespaceType, path: string): void {
  const others = (spec.linux.namespaces ?? []).filter((namespace) => namespace.type !== type);
  spec.linux.namespaces = [...others, { type, path }];
}

export function hostNetworkFiles(): Mount[] {
  return ['/etc/hosts', '/etc/resolv.conf'].map((path) => ({
    destination: path,
    type: 'bind',
    source: path,
    options: ['rbind', 'ro'],
  }));
}

export function setCapabilities(spec: FullSpec, change: (list: string[]) => string[]): void {
  const old = spec.process.capabilities ?? {};
  spec.process.capabilities = {
    ...old,
    bounding: change(old.bounding ?? []),
    effective: change(old.effective ?? []),
    permitted: change(old.permitted ?? []),
  };
}

/** WithPrivileged: all capabilities, nothing masked, /sys and the cgroups writable. */
export function makePrivileged(spec: FullSpec): void {
  setCapabilities(spec, () => [...ALL_CAPABILITIES]);
  spec.linux.maskedPaths = [];
  spec.linux.readonlyPaths = [];
  delete spec.linux.seccomp;
  spec.mounts = spec.mounts.map((mount) =>
    mount.type === 'sysfs' || mount.type === 'cgroup'
      ? { ...mount, options: (mount.options ?? []).map((option) => (option === 'ro' ? 'rw' : option)) }
      : mount,
  );
}

/** WithHostDevices and WithAllDevicesAllowed. */
export async function addHostDevices(ctx: Context, spec: FullSpec): Promise<void> {
  spec.linux.resources = { ...spec.linux.resources, devices: [{ allow: true, access: 'rwm' }] };
  const devices = [];
  for (const { name, type } of await ctx.sys.readDirectory(ctx, '/dev')) {
    if (type !== 'char' && type !== 'block') continue;
    if (name === 'console') continue;
    devices.push(await deviceAt(ctx, `/dev/${name}`));
  }
  spec.linux.devices = devices;
}

/** WithDevices: a device of the host at its own path, or all of a directory; it may be used. */
export async function addDevices(ctx: Context, spec: FullSpec, path: string): Promise<void> {
  const found = async (at: string): Promise<string[]> => {
    const stat = await ctx.sys.stat(ctx, at).catch((error: unknown) => {
      throw isErrno(error) ? new ContainerdError(`lstat ${at}: ${error.go}`) : error;
    });
    if (stat.type === 'char' || stat.type === 'block') return [at];
    if (stat.type !== 'directory') throw new ContainerdError('not a device node');
    const names = (await ctx.sys.readDirectory(ctx, at)).filter(({ type }) => type === 'char' || type === 'block');
    return names.map(({ name }) => `${at}/${name}`);
  };
  for (const one of await found(path)) {
    const device = await deviceAt(ctx, one);
    const { type, major, minor } = device;
    spec.linux.devices = [...(spec.linux.devices ?? []), device];
    spec.linux.resources = {
      ...spec.linux.resources,
      devices: [...(spec.linux.resources?.devices ?? []), { allow: true, type, major, minor, access: 'rwm' }],
    };
  }
}

async function deviceAt(ctx: Context, path: string) {
  const stat = await ctx.sys.stat(ctx, path);
  return {
    path,
    type: stat.type === 'char' ? ('c' as const) : ('b' as const),
    major: stat.rdev[0],
    minor: stat.rdev[1],
    fileMode: stat.mode,
    uid: stat.uid,
    gid: stat.gid,
  };
}

export function setTerminal(spec: FullSpec): void {
  spec.process.terminal = true;
  spec.process.env = mergeEnv(spec.process.env ?? [], ['TERM=xterm']);
}

export function parseSpec(text: string): Spec {
  try {
    return JSON.parse(text) as Spec;
  } catch {
    throw new ContainerdError('invalid character in spec config file');
  }
}
