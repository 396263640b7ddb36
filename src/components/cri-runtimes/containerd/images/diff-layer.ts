/**
 * A layer from what a container has changed: the upper directory of an overlay says it all.
 * @models containerd 2.1 core/diff/walking/differ.go, pkg/archive/tar.go (ChangeWriter)
 * @fidelity partial: overlay upper directories only
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { readFileRope } from '../../../../linux/io.ts';
import type { Rope } from '../../../../linux/rope.ts';
import { type TarEntry, tarEntry, writeTar } from '../../../../protocols/oci/tar.ts';

export async function diffTar(ctx: Context, upper: string): Promise<Rope> {
  const entries: TarEntry[] = [];
  await walk(ctx, upper, '', entries, new Map());
  return writeTar(entries);
}

async function walk(
  ctx: Context,
  root: string,
  directory: string,
  out: TarEntry[],
  links: Map<number, string>,
): Promise<void> {
  const names = (await ctx.sys.readDirectory(ctx, `${root}/${directory}`)).map((entry) => entry.name).sort();
  for (const name of names) {
    const relative = directory === '' ? name : `${directory}/${name}`;
    const path = `${root}/${relative}`;
    const { type, mode, uid, gid, mtime, rdev, nlink, ino } = await ctx.sys.lstat(ctx, path);
    if (type === 'socket') continue;
    if (type === 'char' && rdev[0] === 0 && rdev[1] === 0) {
      const hidden = directory === '' ? `.wh.${name}` : `${directory}/.wh.${name}`;
      out.push(tarEntry({ name: hidden, type: 'file', mode: 0 }));
      continue;
    }
    const base = { name: relative, mode, uid, gid, mtime };
    const known = nlink > 1 && type !== 'directory' ? links.get(ino) : undefined;
    links.set(ino, relative);
    if (known !== undefined) out.push(tarEntry({ ...base, type: 'hardlink', linkName: known }));
    else if (type === 'file') out.push(tarEntry({ ...base, type, content: await readFileRope(ctx, path) }));
    else if (type === 'symlink') out.push(tarEntry({ ...base, type, linkName: await ctx.sys.readlink(ctx, path) }));
    else out.push(tarEntry({ ...base, type, rdev }));
    if (type !== 'directory') continue;
    if (await isOpaque(ctx, path)) out.push(tarEntry({ name: `${relative}/.wh..wh..opq`, type: 'file', mode: 0 }));
    await walk(ctx, root, relative, out, links);
  }
}

async function isOpaque(ctx: Context, path: string): Promise<boolean> {
  try {
    return (await ctx.sys.getxattr(ctx, path, 'trusted.overlay.opaque')) === 'y';
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}
