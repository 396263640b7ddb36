/** Mounts that a snapshotter hands out, done on this machine. @models containerd 2.1 core/mount @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { mkdirAll } from '../../../linux/io.ts';
import type { MountFlags } from '../../../linux/syscalls.ts';
import { ContainerdError } from './errors.ts';

export type MountSpec = { type: string; source: string; target: string; options: readonly string[] };

const FLAGS: Readonly<Record<string, Partial<MountFlags>>> = {
  bind: { bind: true },
  rbind: { bind: true, recursive: true },
  ro: { readOnly: true },
  rw: {},
  nosuid: { noSuid: true },
  nodev: { noDev: true },
  noexec: { noExec: true },
};

export async function mountAll(ctx: Context, mounts: readonly MountSpec[], target: string): Promise<void> {
  for (const { type, source, options } of mounts) {
    const flags: MountFlags = Object.assign({}, ...options.map((option) => FLAGS[option] ?? {}));
    const data = options.filter((option) => FLAGS[option] === undefined).join(',');
    try {
      await ctx.sys.mount(ctx, source, target, type === 'bind' ? 'none' : type, flags, data);
      // A bind mount takes no flags of its own until it is mounted again.
      if (flags.bind === true && flags.readOnly === true)
        await ctx.sys.mount(ctx, '', target, '', { ...flags, remount: true });
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw new ContainerdError(
        `mount source: "${source}", target: "${target}", fstype: ${type}, flags: 0, data: "${data}", err: ${error.go}`,
      );
    }
  }
}

export function readOnly(mounts: readonly MountSpec[]): MountSpec[] {
  return mounts.map((mount) => {
    const options = mount.options.filter((option) => option !== 'rw' && !/^(upperdir|workdir)=/.test(option));
    if (mount.type !== 'overlay') return { ...mount, options: [...options.filter((o) => o !== 'ro'), 'ro'] };
    const upper = mount.options.find((option) => option.startsWith('upperdir='))?.slice('upperdir='.length);
    // Without an upper directory an overlay is read only; what was above becomes the topmost one below.
    const lowered = options.map((option) =>
      upper !== undefined && option.startsWith('lowerdir=')
        ? `lowerdir=${upper}:${option.slice('lowerdir='.length)}`
        : option,
    );
    return { ...mount, options: lowered };
  });
}

/** mount.WithTempMount: mounts somewhere, runs `body`, unmounts. */
export async function withTempMount<T>(
  ctx: Context,
  mounts: readonly MountSpec[],
  body: (root: string) => Promise<T>,
): Promise<T> {
  const root = `/tmp/containerd-mount${ctx.random.uint32()}`;
  await mkdirAll(ctx, root, 0o700);
  await mountAll(ctx, mounts, root);
  try {
    return await body(root);
  } catch (error) {
    if (error instanceof ContainerdError)
      throw new ContainerdError(`mount callback failed on ${root}: ${error.message}`, error.kind);
    throw error;
  } finally {
    await ctx.sys.umount(ctx, root);
    await ctx.sys.rmdir(ctx, root);
  }
}

/** mount.UnmountAll: whatever is mounted there, one mount after the other. */
export async function unmountAll(ctx: Context, target: string): Promise<void> {
  for (;;) {
    try {
      await ctx.sys.umount(ctx, target);
    } catch (error) {
      if (isErrno(error, 'EINVAL', 'ENOENT')) return;
      if (isErrno(error)) throw new ContainerdError(error.go);
      throw error;
    }
  }
}
