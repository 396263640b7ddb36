/**
 * The mounts of config.json, made inside the rootfs before it becomes the root.
 * @models runc libcontainer/rootfs_linux.go mountToRootfs @fidelity partial: no tmpcopyup; bind sources are not opened by the parent
 */
import { newError } from '../../../../go/errors.ts';
import { quote } from '../../../../go/quote.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { mkdirAll, writeFile } from '../../../../linux/io.ts';
import type { MountFlags, Stat } from '../../../../linux/syscalls.ts';
import type { MountConfig } from '../config.ts';
import { isGoError, messageOf, pathError } from '../fault.ts';
import { attributeFlags, kernelFlags, needsRemount, propagationFlags } from '../mount-options.ts';
import { secureJoin } from './secure-join.ts';

export async function mountToRootfs(ctx: Context, rootfs: string, mount: MountConfig): Promise<void> {
  try {
    await mountOne(ctx, rootfs, mount);
  } catch (error) {
    if (isGoError(error) && error.code === 'mount request') throw error;
    throw newError(
      `error mounting ${quote(mount.source)} to rootfs at ${quote(mount.destination)}: ${messageOf(error)}`,
    );
  }
}

async function mountOne(ctx: Context, rootfs: string, mount: MountConfig): Promise<void> {
  switch (mount.device) {
    case 'bind':
      return mountBind(ctx, rootfs, mount);
    case 'cgroup':
      return mountNew(ctx, rootfs, { ...mount, device: 'cgroup2', data: '' });
    case 'tmpfs':
      return mountTmpfs(ctx, rootfs, mount);
    case 'proc':
    case 'sysfs':
      await refuseLink(ctx, `${rootfs}${mount.destination}`, mount.device);
      return mountNew(ctx, rootfs, mount);
    default:
      return mountNew(ctx, rootfs, mount);
  }
}

/** A link at /proc or /sys would put the kernel's files where the image wants them. */
async function refuseLink(ctx: Context, path: string, type: string): Promise<void> {
  const stat = await lstatOrNull(ctx, path);
  if (stat !== null && stat.type !== 'directory')
    throw newError(`filesystem ${quote(type)} must be mounted on ordinary directory`);
}

async function mountNew(ctx: Context, rootfs: string, mount: MountConfig): Promise<void> {
  const target = await secureJoin(ctx, rootfs, mount.destination);
  await mkdirAll(ctx, target, 0o755);
  // Files are still to be made below /dev: it becomes read-only at the end.
  const flags = kernelFlags(mount.flags);
  if (mount.destination === '/dev' || mount.device === 'tmpfs') delete flags.readOnly;
  await mountCall(ctx, mount.source, mount.device, target, flags, mount.data);
  await propagate(ctx, target, mount);
}

async function mountTmpfs(ctx: Context, rootfs: string, mount: MountConfig): Promise<void> {
  const target = await secureJoin(ctx, rootfs, mount.destination);
  const before = await lstatOrNull(ctx, target);
  await mountNew(ctx, rootfs, mount);
  // The directory it covers lends it its mode, unless the options name one.
  if (before !== null && !/(^|,)mode=/.test(mount.data)) await ctx.sys.chmod(ctx, target, before.mode);
}

async function mountBind(ctx: Context, rootfs: string, mount: MountConfig): Promise<void> {
  const { sys } = ctx;
  let source: Stat;
  try {
    source = await sys.stat(ctx, mount.source);
  } catch (error) {
    throw newError(`failed to fulfil mount request: ${messageOf(pathError('open', mount.source, error))}`, {
      code: 'mount request',
    });
  }
  const target = await secureJoin(ctx, rootfs, mount.destination);
  await createMountpoint(ctx, target, source.type === 'directory');
  const flags: MountFlags = kernelFlags(mount.flags);
  await mountCall(
    ctx,
    mount.source,
    'bind',
    target,
    { bind: true, ...(flags.recursive ? { recursive: true } : {}) },
    '',
  );
  await propagate(ctx, target, mount);
  if (needsRemount(mount.flags, mount.clear_flags)) {
    await mountCall(ctx, '', '', target, { remount: true, bind: true, ...attributeFlags(mount.flags) }, '');
  }
}

async function createMountpoint(ctx: Context, target: string, isDirectory: boolean): Promise<void> {
  if ((await lstatOrNull(ctx, target)) !== null) return;
  if (isDirectory) return mkdirAll(ctx, target, 0o755);
  await mkdirAll(ctx, target.slice(0, target.lastIndexOf('/')) || '/', 0o755);
  await writeFile(ctx, target, '', { mode: 0o755 });
}

async function propagate(ctx: Context, target: string, mount: MountConfig): Promise<void> {
  for (const flag of mount.propagation_flags) await mountCall(ctx, '', '', target, propagationFlags(flag), '');
}

/** mount(2) with the words of runc's mountError. */
async function mountCall(
  ctx: Context,
  source: string,
  fstype: string,
  target: string,
  flags: MountFlags,
  data: string,
): Promise<void> {
  try {
    await ctx.sys.mount(ctx, source, target, fstype, flags, data);
  } catch (error) {
    throw newError(
      `mount ${source === '' ? '' : `src=${source}, `}dst=${target}${flags.remount ? ', flags=MS_REMOUNT' : ''}: ${messageOf(error)}`,
    );
  }
}

export async function lstatOrNull(ctx: Context, path: string): Promise<Stat | null> {
  try {
    return await ctx.sys.lstat(ctx, path);
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}
