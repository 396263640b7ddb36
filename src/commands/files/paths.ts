/** basename, dirname, readlink, realpath. @models coreutils 9.7 src/basename.c, dirname.c, readlink.c, realpath.c */
import type { Context } from '../../linux/context.ts';
import { errno, isErrno } from '../../linux/errno.ts';
import { command, Exit } from '../common/command.ts';
import { quote, quoteIfNeeded } from '../common/quoting.ts';

export function baseName(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed === '' ? (path === '' ? '' : '/') : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

export function directoryName(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  if (trimmed === '') return path === '' ? '.' : '/';
  const slash = trimmed.lastIndexOf('/');
  if (slash < 0) return '.';
  return trimmed.slice(0, slash).replace(/\/+$/, '') || '/';
}

export function joinPath(directory: string, name: string): string {
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}

type CanonicalMode = 'existing' | 'all-but-last' | 'missing';
const LINKS_MAX = 40;

/** canonicalize_filename_mode. */
export async function canonicalize(
  ctx: Context,
  path: string,
  mode: CanonicalMode,
  followLinks = true,
): Promise<string> {
  let rest = path.split('/').filter((p) => p !== '' && p !== '.');
  let at = path.startsWith('/') ? '' : (await ctx.sys.getcwd(ctx)).replace(/\/$/, '');
  if (path === '') throw errno('ENOENT');
  let links = 0;
  let missing = false;
  while (rest.length > 0) {
    const [part = '', ...after] = rest;
    rest = after;
    if (part === '..') {
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
      continue;
    }
    const next = `${at}/${part}`;
    if (missing) {
      at = next;
      continue;
    }
    try {
      const stat = await ctx.sys.lstat(ctx, next);
      if (stat.type === 'symlink' && followLinks) {
        if (++links > LINKS_MAX) throw errno('ELOOP');
        const target = await ctx.sys.readlink(ctx, next);
        if (target.startsWith('/')) at = '';
        rest = [...target.split('/').filter((p) => p !== '' && p !== '.'), ...rest];
        continue;
      }
      if (stat.type !== 'directory' && rest.length > 0 && mode !== 'missing') throw errno('ENOTDIR');
    } catch (error) {
      if (!isErrno(error, 'ENOENT') || mode === 'existing' || (mode === 'all-but-last' && rest.length > 0)) {
        if (!(isErrno(error) && mode === 'missing')) throw error;
      }
      missing = true;
    }
    at = next;
  }
  return at === '' ? '/' : at;
}

export const basename = command(
  {
    name: 'basename',
    usage: ['NAME [SUFFIX]', 'OPTION... NAME...'],
    about: 'Print NAME without its directories, and without SUFFIX.',
    options: {
      'a,multiple': 'every argument is a NAME',
      's,suffix=SUFFIX': 'take SUFFIX off; implies -a',
      'z,zero': 'lines end with NUL, not newline',
    },
    stopAtOperand: true,
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const multiple = options.has('multiple') || options.has('suffix');
    const [first, second, third] = operands;
    if (first === undefined || (!multiple && third !== undefined)) {
      await call.complain(
        `${first === undefined ? 'missing operand' : `extra operand ${quote(ctx, third as string)}`}\nTry '${call.name} --help' for more information.`,
      );
      return 1;
    }
    const suffix = options.value('suffix') ?? (multiple ? '' : (second ?? ''));
    for (const name of multiple ? operands : [first]) {
      const base = baseName(name);
      await out.write(
        (suffix !== '' && base !== suffix && base.endsWith(suffix) ? base.slice(0, -suffix.length) : base) +
          (options.has('zero') ? '\0' : '\n'),
      );
    }
    return 0;
  },
);

export const dirname = command(
  {
    name: 'dirname',
    usage: ['[OPTION] NAME...'],
    about: 'Print each NAME without its last part.',
    options: { 'z,zero': 'lines end with NUL, not newline' },
  },
  async (call) => {
    if (call.operands.length === 0) {
      await call.complain(`missing operand\nTry '${call.name} --help' for more information.`);
      return 1;
    }
    for (const name of call.operands)
      await call.out.write(directoryName(name) + (call.options.has('zero') ? '\0' : '\n'));
    return 0;
  },
);

export const readlink = command(
  {
    name: 'readlink',
    usage: ['[OPTION]... FILE...'],
    about: 'Print what symbolic links hold, or canonical names.',
    options: {
      'f,canonicalize': 'follow every link; only the last part may be missing',
      'e,canonicalize-existing': 'the same, and all of it must exist',
      'm,canonicalize-missing': 'the same, and anything may be missing',
      'n,no-newline': 'no newline at the end',
      'q,quiet': '',
      's,silent': 'no error messages (default)',
      'v,verbose': 'error messages',
      'z,zero': 'lines end with NUL, not newline',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    if (operands.length === 0) {
      await call.complain(`missing operand\nTry '${call.name} --help' for more information.`);
      return 1;
    }
    const mode = options.last('canonicalize', 'canonicalize-existing', 'canonicalize-missing');
    const end = options.has('zero') ? '\0' : options.has('no-newline') && operands.length === 1 ? '' : '\n';
    let status = 0;
    for (const path of operands) {
      try {
        const shown =
          mode === undefined
            ? await ctx.sys.readlink(ctx, path)
            : await canonicalize(
                ctx,
                path,
                mode === 'canonicalize' ? 'all-but-last' : mode === 'canonicalize-existing' ? 'existing' : 'missing',
              );
        await out.write(shown + end);
      } catch (error) {
        if (!isErrno(error)) throw error;
        status = 1;
        if (options.has('verbose')) await call.complain(`${quoteIfNeeded(path)}: ${error.libc}`);
      }
    }
    return status;
  },
);

export const realpath = command(
  {
    name: 'realpath',
    usage: ['[OPTION]... FILE...'],
    about: 'Print the absolute name of each FILE, without links; all but the last part must exist.',
    options: {
      'e,canonicalize-existing': 'all of it must exist',
      'm,canonicalize-missing': 'anything may be missing',
      'L,logical': 'resolve .. before links',
      'P,physical': 'resolve links as they come (default)',
      'q,quiet': 'no error messages',
      'relative-to=DIR': 'relative to DIR',
      'relative-base=DIR': 'relative below DIR',
      's,strip': 'keep links',
      'no-symlinks': '',
      'z,zero': 'lines end with NUL, not newline',
    },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    if (operands.length === 0) {
      await call.complain(`missing operand\nTry '${call.name} --help' for more information.`);
      throw new Exit(1);
    }
    const mode: CanonicalMode = options.has('canonicalize-existing')
      ? 'existing'
      : options.has('canonicalize-missing')
        ? 'missing'
        : 'all-but-last';
    const follow = !options.has('strip') && !options.has('no-symlinks');
    const to = options.value('relative-to') ?? options.value('relative-base');
    let status = 0;
    for (const path of operands) {
      try {
        let shown = await canonicalize(ctx, path, follow ? mode : 'missing', follow);
        if (to !== undefined) {
          const base = await canonicalize(ctx, to, mode, follow);
          if (!options.has('relative-base') || shown === base || shown.startsWith(`${base}/`))
            shown = relative(base, shown);
        }
        await out.write(shown + (options.has('zero') ? '\0' : '\n'));
      } catch (error) {
        if (!isErrno(error)) throw error;
        status = 1;
        if (!options.has('quiet')) await call.complain(`${quoteIfNeeded(path)}: ${error.libc}`);
      }
    }
    return status;
  },
);

export function relative(from: string, to: string): string {
  const a = from.split('/').filter((p) => p !== '');
  const b = to.split('/').filter((p) => p !== '');
  let common = 0;
  while (common < a.length && common < b.length && a[common] === b[common]) common++;
  return [...a.slice(common).map(() => '..'), ...b.slice(common)].join('/') || '.';
}
