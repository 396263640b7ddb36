/**
 * The mounts of config.json, made inside the rootfs before it becomes the root.
 * @models runc libcontainer/rootfs_linux.go mountToRootfs @fidelity partial: no tmpcopyup; bind sources are not opened by the parent
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { mkdirAll, writeFile } from '../../../linux/io.ts';
import type { MountFlags, Stat } from '../../../linux/syscalls.ts';
import type { MountConfig } from './config.ts';
import { attributeFlags, kernelFlags, needsRemount, propagationFlags, recursiveFlags } from './mount-options.ts';
import { secureJoin } from './secure-join.ts';
import type { StepWords } from './words.ts';

/** `sourceFd` is a mount that the parent has made for it. */
export async function mountToRootfs(
  ctx: Context,
  rootfs: string,
  mount: MountConfig,
  words: StepWords,
  sourceFd?: number,
): Promise<void> {
  try {
    await mountOne(ctx, rootfs, mount, words, sourceFd);
  } catch (error) {
    throw words.mounting(mount, error);
  }
}

async function mountOne(
  ctx: Context,
  rootfs: string,
  mount: MountConfig,
  words: StepWords,
  sourceFd?: number,
): Promise<void> {
  switch (mount.device) {
    case 'bind':
      return mountBind(ctx, rootfs, mount, words, sourceFd);
    case 'cgroup':
      return mountNew(ctx, rootfs, { ...mount, device: 'cgroup2', data: '' }, words);
    case 'tmpfs':
      return mountTmpfs(ctx, rootfs, mount, words);
    case 'proc':
    case 'sysfs':
      await refuseLink(ctx, rootfs, mount, words);
      return mountNew(ctx, rootfs, mount, words);
    default:
      return mountNew(ctx, rootfs, mount, words);
  }
}

/** A link at /proc or /sys would put the kernel's files where the image wants them. */
async function refuseLink(ctx: Context, rootfs: string, mount: MountConfig, words: StepWords): Promise<void> {
  const stat = await lstatOrNull(ctx, `${rootfs}${mount.destination}`);
  if (stat !== null && stat.type !== 'directory') throw words.notDirectory(mount.device, mount.destination);
}

async function mountNew(ctx: Context, rootfs: string, mount: MountConfig, words: StepWords): Promise<void> {
  const target = await secureJoin(ctx, rootfs, mount.destination);
  await mkdirAll(ctx, target, 0o755);
  // Files are still to be made below /dev: it becomes read-only at the end.
  const flags = kernelFlags(mount.flags);
  if (mount.destination === '/dev' || mount.device === 'tmpfs') delete flags.readOnly;
  await mountCall(ctx, mount, mount.source, mount.device, target, flags, mount.data, words);
  await propagate(ctx, target, mount, words);
}

async function mountTmpfs(ctx: Context, rootfs: string, mount: MountConfig, words: StepWords): Promise<void> {
  const target = await secureJoin(ctx, rootfs, mount.destination);
  const before = await lstatOrNull(ctx, target);
  await mountNew(ctx, rootfs, mount, words);
  // The directory it covers lends it its mode, unless the options name one.
  if (before !== null && !/(^|,)mode=/.test(mount.data)) await ctx.sys.chmod(ctx, target, before.mode);
}

async function mountBind(
  ctx: Context,
  rootfs: string,
  mount: MountConfig,
  words: StepWords,
  sourceFd?: number,
): Promise<void> {
  const { sys } = ctx;
  let source: Stat;
  try {
    source = sourceFd === undefined ? await sys.stat(ctx, mount.source) : await sys.fstat(ctx, sourceFd);
  } catch (error) {
    throw words.missingSource(mount, error);
  }
  const target = await secureJoin(ctx, rootfs, mount.destination);
  await createMountpoint(ctx, target, source.type === 'directory');
  const flags: MountFlags = kernelFlags(mount.flags);
  const bind = { bind: true, ...(flags.recursive ? { recursive: true } : {}) };
  if (sourceFd === undefined) await mountCall(ctx, mount, mount.source, 'bind', target, bind, '', words);
  else await sys.moveMount(ctx, sourceFd, target);
  await propagate(ctx, target, mount, words);
  if (needsRemount(mount.flags, mount.clear_flags)) {
    const remount = { remount: true, bind: true, ...attributeFlags(mount.flags) };
    await mountCall(ctx, mount, '', '', target, remount, '', words);
  }
  if (mount.rec_attr !== undefined)
    await mountCall(ctx, mount, '', '', target, recursiveFlags(mount.rec_attr), '', words);
}

async function createMountpoint(ctx: Context, target: string, isDirectory: boolean): Promise<void> {
  if ((await lstatOrNull(ctx, target)) !== null) return;
  if (isDirectory) return mkdirAll(ctx, target, 0o755);
  await mkdirAll(ctx, target.slice(0, target.lastIndexOf('/')) || '/', 0o755);
  await writeFile(ctx, target, '', { mode: 0o755 });
}

async function propagate(ctx: Context, target: string, mount: MountConfig, words: StepWords): Promise<void> {
  for (const flag of mount.propagation_flags)
    await mountCall(ctx, mount, '', '', target, propagationFlags(flag), '', words);
}

async function mountCall(
  ctx: Context,
  mount: MountConfig,
  source: string,
  fstype: string,
  target: string,
  flags: MountFlags,
  data: string,
  words: StepWords,
): Promise<void> {
  try {
    await ctx.sys.mount(ctx, source, target, fstype, flags, data);
  } catch (error) {
    const { destination } = mount;
    throw words.mountCall({ source, target, destination, remount: flags.remount === true }, error);
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
