/** Pathname expansion against the simulated file system. @models bash 5.2 lib/glob/glob.c @fidelity partial: `**` does not follow links */
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { hasMagic, matches, unquotePattern } from './pattern.ts';

/** Marks the directory where a pattern begins: it has no name. */
const HERE = '\0';

export type GlobOptions = {
  dotglob?: boolean;
  ignoreCase?: boolean;
  /** `.` and `..` match a pattern that begins with a dot. */
  showDots?: boolean;
  /** `**` stands for any number of directories. */
  globstar?: boolean;
  /** GLOBIGNORE: whole paths that do not count. */
  ignored?: readonly string[];
};

/** The patterns of GLOBIGNORE: colons between them, but not inside brackets. */
export function globIgnorePatterns(text: string): string[] {
  const out = [''];
  let bracket = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (c === ':' && !bracket) {
      out.push('');
      continue;
    }
    if (c === '[' && text.indexOf(']', i + 2) > 0) bracket = true;
    else if (c === ']') bracket = false;
    const pair = c === '\\' ? c + (text[++i] ?? '') : c;
    out[out.length - 1] += pair;
  }
  return out.filter((pattern) => pattern !== '');
}

/** Part by part: no wildcard matches a slash. */
function isIgnored(path: string, patterns: readonly string[]): boolean {
  const parts = path.split('/');
  return patterns.some((pattern) => {
    const wanted = pattern.split('/');
    return wanted.length === parts.length && wanted.every((one, i) => matches(one, parts[i] as string));
  });
}

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
      // An empty base behind `**` is the directory where it began.
      const prefix = first || base === HERE ? '' : `${base}/`;
      if (part === '' || !hasMagic(part)) {
        const path = prefix + unquotePattern(part);
        if (!last || part === '' ? true : await present(ctx, path)) next.push(path);
        continue;
      }
      if (options.globstar === true && part === '**') {
        await below(ctx, prefix, last, options, next);
        continue;
      }
      const entries = await listDirectory(ctx, prefix === '' ? '.' : prefix);
      if (options.showDots === true && /^\\?\./.test(part))
        entries.push({ name: '.', type: 'directory' }, { name: '..', type: 'directory' });
      for (const entry of entries) {
        if (entry.name.startsWith('.') && !part.startsWith('.') && !part.startsWith('\\.') && !options.dotglob)
          continue;
        if ((entry.name === '.' || entry.name === '..') && options.showDots !== true) continue;
        if (!matches(part, entry.name, options)) continue;
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
  const { ignored = [] } = options;
  const kept =
    ignored.length === 0 ? out : out.filter((path) => !/(^|\/)\.\.?$/.test(path) && !isIgnored(path, ignored));
  return kept.sort(compareCollated);
}

/** `**`: the directories below, themselves included when more follows; at the end everything below. Links are not followed. */
async function below(ctx: Context, prefix: string, last: boolean, options: GlobOptions, out: string[]): Promise<void> {
  if (prefix !== '' || !last) out.push(last ? prefix : prefix === '' ? HERE : prefix.replace(/\/$/, ''));
  const walk = async (base: string): Promise<void> => {
    for (const { name, type } of await listDirectory(ctx, base === '' ? '.' : base)) {
      if (name === '.' || name === '..' || (name.startsWith('.') && options.dotglob !== true)) continue;
      if (last || type === 'directory') out.push(base + name);
      if (type === 'directory') await walk(`${base}${name}/`);
    }
  };
  await walk(prefix);
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
