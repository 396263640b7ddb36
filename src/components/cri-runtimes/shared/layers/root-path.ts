/**
 * A path below a root, its symbolic links followed as if the root were all there is: an archive that brings a link to
 * /etc and then a file behind it writes into the root's own etc.
 * @models containerd/continuity fs/path.go RootPath, containerd 2.1 pkg/archive/tar.go hardlinkRootPath
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { failure, pathFailure } from '../errors.ts';

const LINKS_MAX = 255;

/** What does not exist is taken as it stands. Throws "too many links". */
export async function rootPath(ctx: Context, root: string, path: string): Promise<string> {
  const pending = path.split('/').reverse();
  const found: string[] = [];
  let links = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      found.pop();
      continue;
    }
    const at = `${root}/${[...found, name].join('/')}`;
    const target = await linkTarget(ctx, at);
    if (target === null) {
      found.push(name);
      continue;
    }
    if (++links > LINKS_MAX) throw failure('too many links');
    if (target.startsWith('/')) found.length = 0;
    pending.push(...target.split('/').reverse());
  }
  return found.length === 0 ? root : `${root}/${found.join('/')}`;
}

async function linkTarget(ctx: Context, path: string): Promise<string | null> {
  try {
    return (await ctx.sys.lstat(ctx, path)).type === 'symlink' ? await ctx.sys.readlink(ctx, path) : null;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw pathFailure('lstat', path, error);
  }
}

/** filepath.Clean of a name in an archive, without a slash in front: what leads out ends at the root. */
export function cleanName(name: string): string {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}
