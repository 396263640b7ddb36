/**
 * From the unpacked image to the root of a container: mounts, /dev, pivot_root, then what may not be seen or changed.
 * @models runc libcontainer/rootfs_linux.go @fidelity partial: --no-pivot moves the mount without hiding the host's /proc and /sys first
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { exists, mkdirAll, writeFile } from '../../../linux/io.ts';
import { type Config, type DeviceConfig, isPrivate } from './config.ts';
import type { MountSources } from './idmap.ts';
import type { InitConfig } from './init-config.ts';
import { attributeFlags, isReadOnly, propagationFlags, rootPropagation } from './mount-options.ts';
import { mountToRootfs } from './mounts.ts';
import type { StepWords } from './words.ts';

export async function prepareRootfs(
  ctx: Context,
  init: InitConfig,
  words: StepWords,
  parentHooks: () => Promise<void>,
  createContainerHooks: () => Promise<void>,
  sources: MountSources = {},
): Promise<void> {
  const { sys } = ctx;
  const { config } = init;
  const { rootfs } = config;
  try {
    await prepareRoot(ctx, config);
  } catch (error) {
    throw words.preparing(error);
  }
  for (const [i, mount] of config.mounts.entries()) await mountToRootfs(ctx, rootfs, mount, words, sources[i]);
  const ownDev = !config.mounts.some(
    (mount) => mount.device === 'bind' && (mount.destination === '/dev' || mount.destination === '/dev/'),
  );
  if (ownDev) {
    await createDevices(ctx, config, words);
    await devLinks(ctx, rootfs, words);
  }
  await parentHooks();
  await createContainerHooks();
  try {
    await sys.chdir(ctx, rootfs);
  } catch (error) {
    throw words.enterRootfs(rootfs, error);
  }
  if (!isPrivate(config, 'NEWNS')) await sys.chroot(ctx, '.');
  else if (config.no_pivot_root) await moveRoot(ctx, rootfs);
  else await pivotRoot(ctx, words);
  if (init.cwd !== '') {
    try {
      await mkdirAll(ctx, init.cwd, 0o755);
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw words.makeCwd(init.cwd, error);
    }
  }
}

async function prepareRoot(ctx: Context, config: Config): Promise<void> {
  const { sys } = ctx;
  const propagation = config.rootPropagation === 0 ? rootPropagation('rslave') : config.rootPropagation;
  if (isPrivate(config, 'NEWNS')) await sys.mount(ctx, '', '/', '', propagationFlags(propagation));
  // pivot_root refuses where its mounts would go on to others.
  await makeMountAbovePrivate(ctx, config.rootfs);
  // And it wants a mount point.
  await sys.mount(ctx, config.rootfs, config.rootfs, 'bind', { bind: true, recursive: true });
}

/** What is no mount point is refused: the way up leads to the mount that holds the path. */
async function makeMountAbovePrivate(ctx: Context, path: string): Promise<void> {
  try {
    await ctx.sys.mount(ctx, '', path, '', { propagation: 'private' });
  } catch (error) {
    if (!isErrno(error, 'EINVAL') || path === '/') throw error;
    await makeMountAbovePrivate(ctx, path.slice(0, path.lastIndexOf('/')) || '/');
  }
}

async function createDevices(ctx: Context, config: Config, words: StepWords): Promise<void> {
  const mask = await ctx.sys.umask(ctx, 0);
  for (const device of config.devices)
    if (device.path !== '/dev/ptmx') await createDevice(ctx, config.rootfs, device, words, isInUserNamespace(config));
  await ctx.sys.umask(ctx, mask);
}

/** There no device can be made: the host's are bound. */
function isInUserNamespace(config: Config): boolean {
  return config.namespaces.some(({ type }) => type === 'NEWUSER');
}

async function createDevice(
  ctx: Context,
  rootfs: string,
  device: DeviceConfig,
  words: StepWords,
  binds: boolean,
): Promise<void> {
  const { sys } = ctx;
  const path = `${rootfs}${device.path}`;
  await mkdirAll(ctx, path.slice(0, path.lastIndexOf('/')), 0o755);
  const letter = String.fromCharCode(device.type);
  const type = letter === 'b' ? 'block' : letter === 'p' ? 'fifo' : 'char';
  try {
    if (binds) {
      if (!(await exists(ctx, path))) await writeFile(ctx, path, '');
      await sys.mount(ctx, device.path, path, 'bind', { bind: true });
      return;
    }
    await sys.mknod(ctx, path, type, device.file_mode & 0o7777, [device.major, device.minor]);
    await sys.chown(ctx, path, device.uid, device.gid);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return;
    throw words.device(device.path, error);
  }
}

async function devLinks(ctx: Context, rootfs: string, words: StepWords): Promise<void> {
  const links: [target: string, path: string][] = [
    ['pts/ptmx', '/dev/ptmx'],
    ['/proc/self/fd', '/dev/fd'],
    ['/proc/self/fd/0', '/dev/stdin'],
    ['/proc/self/fd/1', '/dev/stdout'],
    ['/proc/self/fd/2', '/dev/stderr'],
  ];
  if (await exists(ctx, '/proc/kcore')) links.push(['/proc/kcore', '/dev/core']);
  for (const [target, path] of links) {
    try {
      await ctx.sys.symlink(ctx, target, `${rootfs}${path}`);
    } catch (error) {
      if (!isErrno(error, 'EEXIST', 'ENOENT')) throw words.link(target, `${rootfs}${path}`, error);
    }
  }
}

/**
 * pivot_root(".", "."): the old root ends up on top of the new one, and is then taken off. Names for what lies on top: umount(2)
 * follows `.` to it; where that is not so, the parent of any directory below leads there.
 */
async function pivotRoot(ctx: Context, words: StepWords): Promise<void> {
  const { sys } = ctx;
  try {
    await sys.pivotRoot(ctx, '.', '.');
  } catch (error) {
    throw words.pivot(error);
  }
  for (const oldRoot of ['.', '/dev/..', '/proc/..']) {
    try {
      await sys.mount(ctx, '', oldRoot, '', { propagation: 'slave', recursive: true });
      await sys.umount(ctx, oldRoot, { detach: true });
      break;
    } catch (error) {
      if (!isErrno(error, 'EINVAL', 'ENOENT')) throw error;
    }
  }
  await sys.chdir(ctx, '/');
}

async function moveRoot(ctx: Context, rootfs: string): Promise<void> {
  await ctx.sys.mount(ctx, rootfs, '/', '', { move: true });
  await ctx.sys.chroot(ctx, '.');
  await ctx.sys.chdir(ctx, '/');
}

/** After the console is in place: read-only where asked for, and the umask. */
export async function finalizeRootfs(ctx: Context, config: Config, words: StepWords): Promise<void> {
  for (const mount of config.mounts) {
    const late = mount.device === 'tmpfs' || mount.destination === '/dev';
    if (late && isReadOnly(mount.flags) && mount.device !== 'bind')
      await remountReadOnly(ctx, config, mount.destination, words);
  }
  if (config.readonlyfs) await remountReadOnly(ctx, config, '/', words);
  await ctx.sys.umask(ctx, config.umask ?? 0o022);
}

async function remountReadOnly(ctx: Context, config: Config, path: string, words: StepWords): Promise<void> {
  try {
    await ctx.sys.mount(ctx, '', path, '', {
      ...attributesAt(config, path),
      remount: true,
      bind: true,
      readOnly: true,
    });
  } catch (error) {
    throw words.readOnly(path, 'remount', error);
  }
}

/** The attributes of the mount that holds a path: a remount has to repeat them. */
function attributesAt(config: Config, path: string): ReturnType<typeof attributeFlags> {
  let best = { length: 0, flags: 0 };
  for (const { destination, flags } of config.mounts) {
    if (destination.length >= best.length && (path === destination || path.startsWith(`${destination}/`)))
      best = { length: destination.length, flags };
  }
  return attributeFlags(best.flags);
}

export async function readonlyPaths(ctx: Context, config: Config, words: StepWords): Promise<void> {
  for (const path of config.readonly_paths ?? []) {
    try {
      await ctx.sys.mount(ctx, path, path, '', { bind: true, recursive: true });
    } catch (error) {
      if (isErrno(error, 'ENOENT')) continue;
      throw words.readOnly(path, 'bind', error);
    }
    await remountReadOnly(ctx, config, path, words);
  }
}

/** Files get /dev/null put over them, directories an empty tmpfs; all of these share one. */
export async function maskPaths(ctx: Context, config: Config, words: StepWords): Promise<void> {
  const { sys } = ctx;
  let empty: string | null = null;
  for (const path of config.mask_paths ?? []) {
    try {
      const { type } = await sys.stat(ctx, path);
      if (type !== 'directory') await sys.mount(ctx, '/dev/null', path, '', { bind: true });
      else if (empty === null) {
        await sys.mount(ctx, 'tmpfs', path, 'tmpfs', { readOnly: true }, 'size=4k,nr_inodes=1');
        empty = path;
      } else {
        await sys.mount(ctx, empty, path, '', { bind: true });
        await sys.mount(ctx, '', path, '', { remount: true, bind: true, readOnly: true });
      }
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) continue;
      throw words.mask(path, error);
    }
  }
}
