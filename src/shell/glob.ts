/** Pathname expansion against the simulated file system. @models bash 5.2 lib/glob/glob.c @fidelity partial: no globstar */
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { hasMagic, patternRegExp, unquotePattern } from './pattern.ts';

export type GlobOptions = { dotglob?: boolean; ignoreCase?: boolean };

/** Sorted matches of a pattern (backslash quotes), empty if there are none. */
export async function glob(ctx: Context, pattern: string, options: GlobOptions = {}): Promise<string[]> {
  const parts = pattern.split('/');
  let bases: string[] = [''];
  let first = true;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string;
    const last = i === parts.length - 1;
    const next: string[] = [];
    for (const base of bases) {
      const prefix = first ? '' : `${base}/`;
      if (part === '' || !hasMagic(part)) {
        const path = prefix + unquotePattern(part);
        if (!last || part === '' ? true : await present(ctx, path)) next.push(path);
        continue;
      }
      for (const entry of await listDirectory(ctx, prefix === '' ? '.' : prefix)) {
        if (entry.name.startsWith('.') && !part.startsWith('.') && !part.startsWith('\\.') && !options.dotglob)
          continue;
        if (entry.name === '.' || entry.name === '..') continue;
        if (!patternRegExp(part, options).test(entry.name)) continue;
        if (!last && entry.type !== 'directory' && entry.type !== 'symlink') continue;
        next.push(prefix + entry.name);
      }
    }
    bases = next;
    first = false;
  }
  // A literal tail after a wildcard directory has been checked above only when it is the last component.
  const out: string[] = [];
  for (const path of bases) if (!pattern.endsWith('/') || (await isDirectory(ctx, path))) out.push(path);
  return out.sort(compareCollated);
}

/** C.UTF-8 collation: by code point. */
function compareCollated(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function present(ctx: Context, path: string): Promise<boolean> {
  try {
    await ctx.sys.lstat(ctx, path);
    return true;
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

async function isDirectory(ctx: Context, path: string): Promise<boolean> {
  try {
    return (await ctx.sys.stat(ctx, path)).type === 'directory';
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

export async function listDirectory(ctx: Context, path: string): Promise<{ name: string; type: string }[]> {
  try {
    return await ctx.sys.readDirectory(ctx, path);
  } catch (error) {
    if (isErrno(error)) return [];
    throw error;
  }
}
