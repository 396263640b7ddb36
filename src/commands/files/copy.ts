/** cp and mv. @models coreutils 9.7 src/copy.c, cp.c, mv.c @fidelity partial: no sparse, reflink, SELinux or ACL handling; -i asks and reads y */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { LineReader, printError } from '../../linux/io.ts';
import type { Stat } from '../../linux/syscalls.ts';
import { command, Exit, type Invocation } from '../common/command.ts';
import { quote, quoteAlways } from '../common/quoting.ts';
import { baseName, canonicalize, joinPath } from './paths.ts';

const COPY_CHUNK = 1 << 24;

export async function statOrNull(ctx: Context, path: string, link = false): Promise<Stat | null> {
  try {
    return link ? await ctx.sys.lstat(ctx, path) : await ctx.sys.stat(ctx, path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return null;
    throw error;
  }
}

export async function confirm(call: Invocation, question: string): Promise<boolean> {
  await call.out.flush();
  await printError(call.ctx, `${call.name}: ${question}`);
  const answer = await new LineReader(0).next(call.ctx);
  return /^[yY]/.test(answer ?? '');
}

/** The operands of cp, mv and ln: sources and where each goes. */
export async function destinations(
  call: Invocation,
  options: { target: string | undefined; noTargetDirectory: boolean },
): Promise<{ source: string; target: string }[]> {
  const { ctx, operands } = call;
  const usage = async (text: string): Promise<never> => {
    await call.complain(`${text}\nTry '${call.name} --help' for more information.`);
    throw new Exit(1);
  };
  const sources = [...operands];
  if (sources.length === 0) return usage('missing file operand');
  if (options.target !== undefined) {
    const stat = await statOrNull(ctx, options.target);
    if (stat?.type !== 'directory') {
      await call.complain(
        `target directory ${quoteAlways(options.target)}: ${stat === null ? 'No such file or directory' : 'Not a directory'}`,
      );
      throw new Exit(1);
    }
    return sources.map((source) => ({ source, target: joinPath(options.target as string, baseName(source)) }));
  }
  if (sources.length === 1)
    return usage(
      `missing destination file operand after ${quote(ctx, sources[0] as string).replace(/^‘(.*)’$/, "'$1'")}`,
    );
  const last = sources.pop() as string;
  if (options.noTargetDirectory) {
    if (sources.length > 1) return usage(`extra operand ${quoteAlways(last)}`);
    return [{ source: sources[0] as string, target: last }];
  }
  const stat = await statOrNull(ctx, last);
  if (stat?.type === 'directory')
    return sources.map((source) => ({ source, target: joinPath(last, baseName(source)) }));
  if (sources.length > 1) {
    await call.complain(
      `target ${quoteAlways(last)}: ${stat === null ? 'No such file or directory' : 'Not a directory'}`,
    );
    throw new Exit(1);
  }
  return [{ source: sources[0] as string, target: last }];
}

type CopyOptions = {
  recursive: boolean;
  dereference: boolean;
  preserve: { mode: boolean; ownership: boolean; timestamps: boolean; links: boolean; xattr: boolean };
  force: boolean;
  interactive: boolean;
  noClobber: boolean;
  update: boolean;
  link: boolean;
  symbolic: boolean;
  verbose: boolean;
  parents: boolean;
  oneFileSystem: boolean;
};

export class Copier {
  private readonly call: Invocation;
  private readonly options: CopyOptions;
  private readonly copied = new Map<string, string>();

  constructor(call: Invocation, options: CopyOptions) {
    this.call = call;
    this.options = options;
  }

  async copy(source: string, target: string, top = true): Promise<boolean> {
    const { call, options } = this;
    const { ctx } = call;
    const { sys } = ctx;
    let stat: Stat;
    try {
      stat = options.dereference ? await sys.stat(ctx, source) : await sys.lstat(ctx, source);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(`cannot stat ${quoteAlways(source)}: ${error.libc}`);
      return false;
    }
    if (stat.type === 'directory' && !options.recursive) {
      await call.complain(`-r not specified; omitting directory ${quoteAlways(source)}`);
      return false;
    }
    try {
      const existing = await statOrNull(ctx, target, true);
      const followed = existing?.type === 'symlink' ? await statOrNull(ctx, target) : existing;
      if (existing !== null) {
        if (
          stat.type !== 'directory' &&
          followed !== null &&
          followed.ino === stat.ino &&
          followed.dev === stat.dev &&
          !options.symbolic &&
          !options.link
        ) {
          await call.complain(`${quoteAlways(source)} and ${quoteAlways(target)} are the same file`);
          return false;
        }
        if (stat.type === 'directory' && followed?.type !== 'directory') {
          await call.complain(
            `cannot overwrite non-directory ${quoteAlways(target)} with directory ${quoteAlways(source)}`,
          );
          return false;
        }
        if (stat.type !== 'directory' && followed?.type === 'directory') {
          await call.complain(
            `cannot overwrite directory ${quoteAlways(target)} with non-directory ${quoteAlways(source)}`,
          );
          return false;
        }
        if (stat.type !== 'directory') {
          if (options.noClobber) return true;
          if (options.update && existing.mtime >= stat.mtime) return true;
          if (options.interactive && !(await confirm(call, `overwrite ${quoteAlways(target)}? `))) return false;
        }
      }
      if (stat.type === 'directory') return await this.copyDirectory(source, target, stat, existing, top);
      await this.copyOther(source, target, stat, existing);
      if (options.verbose) await call.out.write(`${quoteAlways(source)} -> ${quoteAlways(target)}\n`);
      return true;
    } catch (error) {
      if (error instanceof CopyFailure) {
        await call.complain(error.message);
        return false;
      }
      throw error;
    }
  }

  private async copyDirectory(
    source: string,
    target: string,
    stat: Stat,
    existing: Stat | null,
    top: boolean,
  ): Promise<boolean> {
    const { call, options } = this;
    const { ctx } = call;
    const { sys } = ctx;
    if (top) {
      const from = await canonicalize(ctx, source, 'existing');
      const to = await canonicalize(ctx, target, 'missing');
      if (to === from || to.startsWith(`${from}/`)) {
        await call.complain(`cannot copy a directory, ${quoteAlways(source)}, into itself, ${quoteAlways(target)}`);
        return false;
      }
    }
    if (existing === null) {
      await failing(`cannot create directory ${quoteAlways(target)}`, () => sys.mkdir(ctx, target, stat.mode | 0o700));
      if (options.verbose) await call.out.write(`${quoteAlways(source)} -> ${quoteAlways(target)}\n`);
    }
    let ok = true;
    const entries = await failing(`cannot access ${quoteAlways(source)}`, () => sys.readDirectory(ctx, source));
    for (const entry of entries)
      if (!(await this.copy(joinPath(source, entry.name), joinPath(target, entry.name), false))) ok = false;
    if (existing === null || options.preserve.mode) await this.attributes(source, target, stat, existing === null);
    return ok;
  }

  private async copyOther(source: string, target: string, stat: Stat, existing: Stat | null): Promise<void> {
    const { call, options } = this;
    const { ctx } = call;
    const { sys } = ctx;
    if (options.symbolic)
      return void (await failing(`cannot create symbolic link ${quoteAlways(target)} to ${quoteAlways(source)}`, () =>
        sys.symlink(ctx, source, target),
      ));
    if (options.link)
      return void (await failing(`cannot create hard link ${quoteAlways(target)} to ${quoteAlways(source)}`, () =>
        sys.link(ctx, source, target),
      ));
    const identity = `${stat.dev}:${stat.ino}`;
    const earlier = this.copied.get(identity);
    if (options.preserve.links && stat.nlink > 1 && earlier !== undefined) {
      if (existing !== null) await sys.unlink(ctx, target);
      return void (await failing(`cannot create hard link ${quoteAlways(target)} to ${quoteAlways(earlier)}`, () =>
        sys.link(ctx, earlier, target),
      ));
    }
    this.copied.set(identity, target);
    if (stat.type === 'symlink') {
      if (existing !== null) await failing(`cannot remove ${quoteAlways(target)}`, () => sys.unlink(ctx, target));
      const text = await sys.readlink(ctx, source);
      await failing(`cannot create symbolic link ${quoteAlways(target)}`, () => sys.symlink(ctx, text, target));
      if (options.preserve.ownership) await this.ownership(target, stat, false);
      return;
    }
    if (stat.type !== 'file' && options.recursive) {
      if (existing !== null) await sys.unlink(ctx, target);
      const { type } = stat;
      if (type === 'fifo' || type === 'char' || type === 'block')
        await failing(`cannot create special file ${quoteAlways(target)}`, () =>
          sys.mknod(ctx, target, type, stat.mode, stat.rdev),
        );
      return void (await this.attributes(source, target, stat, true));
    }
    const from = await failing(`cannot open ${quoteAlways(source)} for reading`, () =>
      sys.open(ctx, source, { read: true }),
    );
    try {
      let to: number;
      try {
        to = await sys.open(
          ctx,
          target,
          existing === null ? { write: true, create: true, exclusive: true } : { write: true, truncate: true },
          stat.mode & 0o777,
        );
      } catch (error) {
        if (!isErrno(error)) throw error;
        if (!options.force || existing === null)
          throw new CopyFailure(
            `cannot create regular file ${quoteAlways(target)}: ${target.endsWith('/') && isErrno(error, 'EISDIR') ? 'Not a directory' : error.libc}`,
          );
        await failing(`cannot remove ${quoteAlways(target)}`, () => sys.unlink(ctx, target));
        to = await failing(`cannot create regular file ${quoteAlways(target)}`, () =>
          sys.open(ctx, target, { write: true, create: true, exclusive: true }, stat.mode & 0o777),
        );
      }
      for (;;) {
        const part = await failing(`error reading ${quoteAlways(source)}`, () => sys.readRope(ctx, from, COPY_CHUNK));
        if (part.length === 0) break;
        await failing(`error writing ${quoteAlways(target)}`, () => sys.write(ctx, to, part));
      }
      await sys.close(ctx, to);
    } finally {
      await sys.close(ctx, from);
    }
    await this.attributes(source, target, stat, false);
  }

  private async ownership(target: string, stat: Stat, follow: boolean): Promise<void> {
    try {
      await this.call.ctx.sys.chown(this.call.ctx, target, stat.uid, stat.gid, follow);
    } catch (error) {
      if (!isErrno(error, 'EPERM')) throw error;
    }
  }

  /** What cannot be kept is not missed. */
  private async extended(source: string, target: string): Promise<void> {
    const { ctx } = this.call;
    const { sys } = ctx;
    for (const name of await sys.listxattr(ctx, source)) {
      try {
        await sys.setxattr(ctx, target, name, await sys.getxattr(ctx, source, name));
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    }
  }

  private async attributes(source: string, target: string, stat: Stat, isNew: boolean): Promise<void> {
    const { ctx } = this.call;
    const { preserve } = this.options;
    if (preserve.ownership) await this.ownership(target, stat, true);
    // A change of owner would take a file's capabilities away.
    if (preserve.xattr) await this.extended(source, target);
    if (preserve.mode) await ctx.sys.chmod(ctx, target, stat.mode);
    else if (isNew && stat.type === 'directory')
      await ctx.sys.chmod(ctx, target, stat.mode & ~ctx.process.umask & 0o1777);
    if (preserve.timestamps) await ctx.sys.setTimes(ctx, target, stat.mtime);
  }
}

class CopyFailure extends Error {}

async function failing<T>(what: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (isErrno(error)) throw new CopyFailure(`${what}: ${error.libc}`);
    throw error;
  }
}

const COMMON = {
  'f,force': 'replace targets that cannot be written',
  'i,interactive': 'ask before overwriting',
  'n,no-clobber': 'do not overwrite',
  't,target-directory=DIRECTORY': 'everything goes into DIRECTORY',
  'T,no-target-directory': 'the destination is a file',
  'u,update[=UPDATE]': 'only where the source is newer or the target missing',
  'v,verbose': 'say what is done',
  'Z,context': '',
  'b,backup[=CONTROL]': '',
  'S,suffix=SUFFIX': '',
  'strip-trailing-slashes': '',
};

export const cp = command(
  {
    name: 'cp',
    usage: ['[OPTION]... [-T] SOURCE DEST', '[OPTION]... SOURCE... DIRECTORY', '[OPTION]... -t DIRECTORY SOURCE...'],
    about: 'Copy SOURCE to DEST, or several SOURCEs into DIRECTORY.',
    options: {
      'a,archive': 'the same as -dR --preserve=all',
      'attributes-only': '',
      d: 'the same as --no-dereference --preserve=links',
      H: 'follow links on the command line',
      'l,link': 'hard links instead of copies',
      'L,dereference': 'follow links',
      'P,no-dereference': 'copy links as links',
      p: 'the same as --preserve=mode,ownership,timestamps',
      'preserve[=ATTR_LIST]': 'keep mode, ownership, timestamps, links, all',
      'no-preserve=ATTR_LIST': 'do not',
      parents: 'with the whole path of the source below DIRECTORY',
      'R,recursive': 'directories and what is in them',
      r: '',
      'reflink[=WHEN]': '',
      'remove-destination': '',
      'sparse=WHEN': '',
      's,symbolic-link': 'symbolic links instead of copies',
      'x,one-file-system': 'stay on this file system',
      ...COMMON,
    },
  },
  async (call) => {
    const { options } = call;
    const archive = options.has('archive');
    const list = options.has('preserve') ? options.value('preserve') || 'mode,ownership,timestamps' : '';
    const keep = (what: string): boolean =>
      archive ||
      list.split(',').some((l) => l === what || l === 'all') ||
      (what !== 'links' && what !== 'xattr' && options.has('p')) ||
      (what === 'links' && options.has('d'));
    const recursive = archive || options.has('recursive') || options.has('r');
    const follow = options.last('dereference', 'no-dereference', 'd', 'archive', 'H');
    const copier = new Copier(call, {
      recursive,
      dereference: follow === undefined ? !recursive : follow === 'dereference',
      preserve: {
        mode: keep('mode'),
        ownership: keep('ownership'),
        timestamps: keep('timestamps'),
        links: keep('links'),
        xattr: keep('xattr'),
      },
      force: options.has('force') || options.has('remove-destination'),
      interactive: options.last('interactive', 'no-clobber', 'force') === 'interactive',
      noClobber: options.last('interactive', 'no-clobber') === 'no-clobber',
      update: options.has('update'),
      link: options.has('link'),
      symbolic: options.has('symbolic-link'),
      verbose: options.has('verbose'),
      parents: options.has('parents'),
      oneFileSystem: options.has('one-file-system'),
    });
    let ok = true;
    for (const { source, target } of await destinations(call, {
      target: options.value('target-directory'),
      noTargetDirectory: options.has('no-target-directory'),
    })) {
      let to = target;
      if (options.has('parents')) {
        const base = options.value('target-directory') ?? (call.operands.at(-1) as string);
        to = joinPath(base, source.replace(/^\/+/, ''));
        let made = base;
        for (const part of source
          .split('/')
          .filter((p) => p !== '')
          .slice(0, -1)) {
          made = joinPath(made, part);
          if ((await statOrNull(call.ctx, made)) === null) await call.ctx.sys.mkdir(call.ctx, made, 0o777);
        }
      }
      if (!(await copier.copy(source, to))) ok = false;
    }
    return ok ? 0 : 1;
  },
);

export const mv = command(
  {
    name: 'mv',
    usage: ['[OPTION]... [-T] SOURCE DEST', '[OPTION]... SOURCE... DIRECTORY', '[OPTION]... -t DIRECTORY SOURCE...'],
    about: 'Rename SOURCE to DEST, or move SOURCEs into DIRECTORY.',
    options: { exchange: '', 'no-copy': 'fail rather than copy to another file system', ...COMMON },
  },
  async (call) => {
    const { ctx, options } = call;
    const { sys } = ctx;
    const choice = options.last('interactive', 'no-clobber', 'force');
    const copier = new Copier(call, {
      recursive: true,
      dereference: false,
      preserve: { mode: true, ownership: true, timestamps: true, links: true, xattr: true },
      force: true,
      interactive: false,
      noClobber: false,
      update: false,
      link: false,
      symbolic: false,
      verbose: false,
      parents: false,
      oneFileSystem: false,
    });
    let status = 0;
    for (const { source, target } of await destinations(call, {
      target: options.value('target-directory'),
      noTargetDirectory: options.has('no-target-directory'),
    })) {
      try {
        const stat = await sys.lstat(ctx, source);
        const existing = await statOrNull(ctx, target, true);
        if (existing !== null) {
          if (choice === 'no-clobber' || (options.has('update') && existing.mtime >= stat.mtime)) continue;
          if (existing.ino === stat.ino && existing.dev === stat.dev) {
            await call.complain(`${quoteAlways(source)} and ${quoteAlways(target)} are the same file`);
            status = 1;
            continue;
          }
          if (existing.type === 'directory' && stat.type !== 'directory') {
            await call.complain(
              `cannot overwrite directory ${quoteAlways(target)} with non-directory ${quoteAlways(source)}`,
            );
            status = 1;
            continue;
          }
          if (existing.type !== 'directory' && stat.type === 'directory') {
            await call.complain(
              `cannot overwrite non-directory ${quoteAlways(target)} with directory ${quoteAlways(source)}`,
            );
            status = 1;
            continue;
          }
          if (choice === 'interactive' && !(await confirm(call, `overwrite ${quoteAlways(target)}? `))) continue;
        }
        try {
          await sys.rename(ctx, source, target);
        } catch (error) {
          if (isErrno(error, 'EINVAL')) {
            await call.complain(
              `cannot move ${quoteAlways(source)} to a subdirectory of itself, ${quoteAlways(target)}`,
            );
            status = 1;
            continue;
          }
          if (!isErrno(error, 'EXDEV')) {
            if (!isErrno(error)) throw error;
            await call.complain(`cannot move ${quoteAlways(source)} to ${quoteAlways(target)}: ${error.libc}`);
            status = 1;
            continue;
          }
          if (!(await copier.copy(source, target))) {
            status = 1;
            continue;
          }
          await removeTree(ctx, source);
        }
        if (options.has('verbose')) await call.out.write(`renamed ${quoteAlways(source)} -> ${quoteAlways(target)}\n`);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`cannot stat ${quoteAlways(source)}: ${error.libc}`);
        status = 1;
      }
    }
    return status;
  },
);

async function removeTree(ctx: Context, path: string): Promise<void> {
  if ((await ctx.sys.lstat(ctx, path)).type !== 'directory') return ctx.sys.unlink(ctx, path);
  for (const entry of await ctx.sys.readDirectory(ctx, path)) await removeTree(ctx, joinPath(path, entry.name));
  await ctx.sys.rmdir(ctx, path);
}
