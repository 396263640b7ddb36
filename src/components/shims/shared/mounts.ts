/** The mounts that containerd hands over for a rootfs. @models containerd core/mount/mount_linux.go @fidelity partial: overlay, bind and plain types */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import type { MountFlags } from '../../../linux/syscalls.ts';
import type { Mount } from '../../../protocols/containerd/types/generated.ts';
import { messageOf } from './errors.ts';

const FLAGS: Readonly<Record<string, MountFlags>> = {
  ro: { readOnly: true },
  rw: { readOnly: false },
  bind: { bind: true },
  rbind: { bind: true, recursive: true },
  nosuid: { noSuid: true },
  nodev: { noDev: true },
  noexec: { noExec: true },
  noatime: { noAtime: true },
  relatime: { relAtime: true },
  remount: { remount: true },
};

export async function mountAll(ctx: Context, mounts: readonly Mount[], target: string): Promise<void> {
  for (const mount of mounts) await mountOne(ctx, mount, mount.target === '' ? target : `${target}/${mount.target}`);
}

async function mountOne(ctx: Context, mount: Mount, target: string): Promise<void> {
  let flags: MountFlags = {};
  const data: string[] = [];
  for (const option of mount.options) {
    const flag = FLAGS[option];
    if (flag === undefined) data.push(option);
    else flags = { ...flags, ...flag };
  }
  try {
    await ctx.sys.mount(ctx, mount.source, target, mount.type, flags, data.join(','));
    // A bind mount is made first and becomes read-only by a second call.
    if (flags.bind && flags.readOnly) await ctx.sys.mount(ctx, '', target, '', { ...flags, remount: true });
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw newError(
      `failed to mount rootfs component: mount source: ${JSON.stringify(mount.source)}, target: ${JSON.stringify(target)}, fstype: ${mount.type}, flags: 0, data: ${JSON.stringify(data.join(','))}, err: ${messageOf(error)}`,
    );
  }
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
