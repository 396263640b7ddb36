/**
 * Mounts for a moment, and undoing mounts below a directory.
 * @models containerd 2.1 core/mount/{temp,temp_unix,mount_unix}.go, CRI ensureRemoveAll
 * @fidelity full
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { readFile, removeAll } from '../../../linux/io.ts';
import { pathFailure, wrap } from '../shared/errors.ts';
import type { MountSpec } from './snapshotters/snapshotter.ts';

/** mount.WithTempMount: on a directory made for it below `location`. */
export async function withTempMount<T>(
  ctx: Context,
  location: string,
  { type, source, options }: MountSpec,
  body: (root: string) => Promise<T>,
): Promise<T> {
  const root = await makeTempDirectory(ctx, `${location}/containerd-mount`);
  try {
    const isBind = options.includes('rbind') || options.includes('bind');
    if (isBind) await ctx.sys.mount(ctx, source, root, '', { bind: true, recursive: options.includes('rbind') });
    else {
      const data = options.filter((option) => option !== 'ro' && option !== 'rw').join(',');
      await ctx.sys.mount(ctx, source, root, type, options.includes('ro') ? { readOnly: true } : {}, data);
    }
    try {
      return await body(root).catch((error: unknown) => {
        throw wrap(`mount callback failed on ${root}`, error);
      });
    } finally {
      await ctx.sys.umount(ctx, root, {});
    }
  } finally {
    await ctx.sys.rmdir(ctx, root);
  }
}

async function makeTempDirectory(ctx: Context, prefix: string): Promise<string> {
  // Any number will do that nobody else has.
  for (let number = ctx.wallTime; ; number++) {
    const path = `${prefix}${number & 0xffffffffn}`;
    try {
      await ctx.sys.mkdir(ctx, path, 0o700);
      return path;
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw wrap('failed to create temp dir', pathFailure('mkdir', path, error));
    }
  }
}

/** mount.CleanupTempMounts: those of a daemon that did not live to undo them. */
export async function cleanupTempMounts(ctx: Context, location: string): Promise<void> {
  await unmountRecursive(ctx, location);
  for (const { name } of await ctx.sys.readDirectory(ctx, location)) {
    try {
      await ctx.sys.rmdir(ctx, `${location}/${name}`);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
}

/** Mount points at or below `path`, deepest first. */
export async function mountsBelow(ctx: Context, path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(ctx, '/proc/self/mountinfo');
  } catch (error) {
    if (isErrno(error)) return [];
    throw error;
  }
  const points: string[] = [];
  // A busy node has hundreds of lines, of which none or two are meant; what is escaped may be meant under another spelling.
  for (let at = 0, end = text.indexOf('\n'); end >= 0; at = end + 1, end = text.indexOf('\n', at)) {
    const line = text.slice(at, end);
    if (!line.includes(path) && !line.includes('\\')) continue;
    const point = mountPointOf(line);
    if (point === path || point.startsWith(`${path}/`)) points.push(point);
  }
  return points.reverse();
}

/** The fifth field of a line of mountinfo. */
function mountPointOf(line: string): string {
  let start = 0;
  for (let field = 0; field < 4; field++) start = line.indexOf(' ', start) + 1;
  const point = line.slice(start, line.indexOf(' ', start));
  if (!point.includes('\\')) return point;
  return point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
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
