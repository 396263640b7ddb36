/** The mounts that containerd hands over for a rootfs. @models containerd core/mount/mount_linux.go @fidelity partial: overlay, bind and plain types */

import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { mkdirAll } from '../../../linux/io.ts';
import { newUserNamespace } from '../../../linux/mapped-namespace.ts';
import type { MountFlags } from '../../../linux/syscalls.ts';
import type { Mount } from '../../../protocols/containerd/types/generated.ts';
import { messageOf } from './errors.ts';

/**
 * A map, not an object: V8 makes a "thin" string of one that a property was looked up by, and what Array.join makes of
 * thin strings has two bytes a character, and so has everything that it becomes part of: all of the node's mountinfo.
 */
const FLAGS: ReadonlyMap<string, MountFlags> = new Map([
  ['ro', { readOnly: true }],
  ['rw', { readOnly: false }],
  ['bind', { bind: true }],
  ['rbind', { bind: true, recursive: true }],
  ['nosuid', { noSuid: true }],
  ['nodev', { noDev: true }],
  ['noexec', { noExec: true }],
  ['noatime', { noAtime: true }],
  ['relatime', { relAtime: true }],
  ['remount', { remount: true }],
]);

export async function mountAll(ctx: Context, mounts: readonly Mount[], target: string): Promise<void> {
  for (const mount of mounts) await mountOne(ctx, mount, mount.target === '' ? target : `${target}/${mount.target}`);
}

async function mountOne(ctx: Context, mount: Mount, target: string): Promise<void> {
  let flags: MountFlags = {};
  const data: string[] = [];
  for (const option of mount.options) {
    const flag = FLAGS.get(option);
    if (flag === undefined) data.push(option);
    else flags = { ...flags, ...flag };
  }
  let cleanUp: (() => Promise<void>) | null = null;
  try {
    if (mount.type === 'overlay' && data.some((option) => option.startsWith('uidmap=')))
      cleanUp = await mapLowers(ctx, data);
    await ctx.sys.mount(ctx, mount.source, target, mount.type, flags, data.join(','));
    // A bind mount is made first and becomes read-only by a second call.
    if (flags.bind && flags.readOnly) await ctx.sys.mount(ctx, '', target, '', { ...flags, remount: true });
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw newError(
      `failed to mount rootfs component: mount source: ${JSON.stringify(mount.source)}, target: ${JSON.stringify(target)}, fstype: ${mount.type}, flags: 0, data: ${JSON.stringify(data.join(','))}, err: ${messageOf(error)}`,
    );
  } finally {
    await cleanUp?.();
  }
}

const TEMPORARY = '/tmp';

/**
 * Puts id-mapped mounts of the lower directories in their place, in directories that only live until overlayfs has them.
 * `data` are the options, changed in place. @models containerd core/mount/mount_idmapped_linux.go
 */
async function mapLowers(ctx: Context, data: string[]): Promise<() => Promise<void>> {
  const { sys } = ctx;
  const take = (key: string): string => {
    const at = data.findIndex((option) => option.startsWith(`${key}=`));
    return at < 0 ? '' : (data.splice(at, 1)[0] as string).slice(key.length + 1);
  };
  const lines = (map: string): string => `${map.split(':').join(' ')}\n`;
  const namespace = await newUserNamespace(ctx, lines(take('uidmap')), lines(take('gidmap')));
  const base = `${TEMPORARY}/ovl-idmapped${ctx.random.hex(8)}`;
  await mkdirAll(ctx, base, 0o700);
  const places: string[] = [];
  for (const lower of take('lowerdir').split(':')) {
    const place = `${base}/${places.length}`;
    await sys.mkdir(ctx, place, 0o700);
    const tree = await sys.openTree(ctx, lower);
    await sys.idmapMount(ctx, tree, namespace);
    await sys.moveMount(ctx, tree, place);
    await sys.close(ctx, tree);
    places.push(place);
  }
  await sys.close(ctx, namespace);
  data.push(`lowerdir=${places.join(':')}`);
  return async () => {
    for (const place of places) {
      await sys.umount(ctx, place, { detach: true });
      await sys.rmdir(ctx, place);
    }
    await sys.rmdir(ctx, base);
  };
}

const BUSY_TRIES_MAX = 50;
const BUSY_DELAY_NS = 50_000_000;

/** Everything mounted at the target, one upon the other. */
export async function unmountAll(ctx: Context, target: string): Promise<void> {
  for (let tries = 0; ; ) {
    try {
      await ctx.sys.umount(ctx, target);
    } catch (error) {
      if (isErrno(error, 'EINVAL', 'ENOENT')) return;
      if (!isErrno(error, 'EBUSY') || ++tries >= BUSY_TRIES_MAX) throw error;
      await ctx.sleep(BUSY_DELAY_NS);
    }
  }
}
