/**
 * A path inside a rootfs, with symbolic links resolved as if the rootfs were /: no link leads out of it.
 * @models cyphar/filepath-securejoin join.go @fidelity full
 */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';

const LINKS_MAX = 255;

export async function secureJoin(ctx: Context, root: string, path: string): Promise<string> {
  let done = '';
  let rest = path.split('/');
  let links = 0;
  while (rest.length > 0) {
    const part = rest.shift() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      done = done.slice(0, Math.max(0, done.lastIndexOf('/')));
      continue;
    }
    const candidate = `${done}/${part}`;
    const target = await linkTarget(ctx, root + candidate);
    if (target === null || ++links > LINKS_MAX) {
      done = candidate;
      continue;
    }
    if (target.startsWith('/')) done = '';
    rest = [...target.split('/'), ...rest];
  }
  return root + done;
}

async function linkTarget(ctx: Context, path: string): Promise<string | null> {
  try {
    const stat = await ctx.sys.lstat(ctx, path);
    return stat.type === 'symlink' ? await ctx.sys.readlink(ctx, path) : null;
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}
