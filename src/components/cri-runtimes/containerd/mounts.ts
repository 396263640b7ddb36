/** Undoing mounts below a directory. @models containerd/core/mount UnmountRecursive, CRI ensureRemoveAll @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readFile, removeAll } from '../../../linux/io.ts';

/** Mount points at or below `path`, deepest first. */
export async function mountsBelow(ctx: Context, path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(ctx, '/proc/self/mountinfo');
  } catch (error) {
    if (isErrno(error)) return [];
    throw error;
  }
  const points = text
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\(\d{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    )
    .filter((point) => point === path || point.startsWith(`${path}/`));
  return points.reverse();
}

export async function unmountRecursive(ctx: Context, path: string): Promise<void> {
  for (const point of await mountsBelow(ctx, path)) {
    try {
      await ctx.sys.umount(ctx, point, { detach: true });
    } catch (error) {
      if (!isErrno(error, 'EINVAL', 'ENOENT')) throw error;
    }
  }
}

export async function ensureRemoveAll(ctx: Context, path: string): Promise<void> {
  await unmountRecursive(ctx, path);
  await removeAll(ctx, path);
}
