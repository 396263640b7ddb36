/** mkdir, rmdir, rm, ln, touch, mkfifo, mknod, mktemp, truncate. @models coreutils 9.7 @fidelity partial: no SELinux contexts or backups */
import { civilTime } from '../../go/time.ts';
import { isErrno } from '../../linux/errno.ts';
import { command, Exit, type Invocation } from '../common/command.ts';
import { parseDate } from '../common/dates.ts';
import { parseMode } from '../common/modes.ts';
import { quote, quoteAlways } from '../common/quoting.ts';
import { parseSize } from '../common/sizes.ts';
import { isTerminal } from '../common/streams.ts';
import { confirm, destinations, statOrNull } from './copy.ts';
import { baseName, canonicalize, directoryName, joinPath, relative } from './paths.ts';

export async function requireOperand(call: Invocation, what = 'missing operand'): Promise<void> {
  if (call.operands.length > 0) return;
  await call.complain(`${what}\nTry '${call.name} --help' for more information.`);
  throw new Exit(1);
}

async function wantedMode(call: Invocation, fallback: number): Promise<number | null> {
  const text = call.options.value('mode');
  if (text === undefined) return null;
  const change = parseMode(text);
  if (change === null) {
    await call.complain(`invalid mode ${quote(call.ctx, text)}`);
    throw new Exit(1);
  }
  return change(fallback, false, call.ctx.process.umask);
}

export const mkdir = command(
  {
    name: 'mkdir',
    usage: ['[OPTION]... DIRECTORY...'],
    about: 'Make each DIRECTORY.',
    options: {
      'm,mode=MODE': 'with this mode',
      'p,parents': 'and the ones above it; no error if it exists',
      'v,verbose': 'say what is made',
      'Z,context': '',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    await requireOperand(call);
    const mode = await wantedMode(call, 0o777);
    let status = 0;
    const make = async (path: string, last: boolean): Promise<boolean> => {
      try {
        await ctx.sys.mkdir(ctx, path, last && mode !== null ? mode : 0o777);
        if (last && mode !== null) await ctx.sys.chmod(ctx, path, mode);
        if (options.has('verbose')) await out.write(`${call.name}: created directory ${quoteAlways(path)}\n`);
        return true;
      } catch (error) {
        if (!isErrno(error)) throw error;
        const there = options.has('parents') && (await statOrNull(ctx, path))?.type === 'directory';
        if (there) return true;
        await call.complain(`cannot create directory ${quote(ctx, path)}: ${error.libc}`);
        return false;
      }
    };
    for (const path of call.operands) {
      if (!options.has('parents')) {
        if (!(await make(path, true))) status = 1;
        continue;
      }
      const parts = path.split('/').filter((p) => p !== '');
      let at = path.startsWith('/') ? '/' : '';
      for (const [i, part] of parts.entries()) {
        at += `${at === '' || at === '/' ? '' : '/'}${part}`;
        if ((await statOrNull(ctx, at))?.type === 'directory') continue;
        if (!(await make(at, i === parts.length - 1))) {
          status = 1;
          break;
        }
      }
    }
    return status;
  },
);

export const rmdir = command(
  {
    name: 'rmdir',
    usage: ['[OPTION]... DIRECTORY...'],
    about: 'Remove each DIRECTORY if it is empty.',
    options: {
      'ignore-fail-on-non-empty': 'no error for one that is not empty',
      'p,parents': 'and the ones above it',
      'v,verbose': 'say what is removed',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    await requireOperand(call);
    let status = 0;
    const remove = async (path: string): Promise<boolean> => {
      if (options.has('verbose')) await out.write(`${call.name}: removing directory, ${quoteAlways(path)}\n`);
      try {
        await ctx.sys.rmdir(ctx, path);
        return true;
      } catch (error) {
        if (!isErrno(error)) throw error;
        if (options.has('ignore-fail-on-non-empty') && isErrno(error, 'ENOTEMPTY', 'EEXIST')) return false;
        await call.complain(`failed to remove ${quoteAlways(path)}: ${error.libc}`);
        status = 1;
        return false;
      }
    };
    for (const path of call.operands) {
      let at = path;
      while ((await remove(at)) && options.has('parents')) {
        at = directoryName(at);
        if (at === '.' || at === '/') break;
      }
    }
    return status;
  },
);

export const rm = command(
  {
    name: 'rm',
    usage: ['[OPTION]... [FILE]...'],
    about: 'Remove each FILE; directories only with -r or -d.',
    options: {
      'f,force': 'no questions, no errors for missing files',
      i: 'ask before each',
      I: 'ask once before many',
      'interactive[=WHEN]': 'never, once or always',
      'one-file-system': "stay on each argument's file system",
      'no-preserve-root': "do not treat '/' specially",
      'preserve-root[=all]': "do not remove '/' (default)",
      'r,recursive': 'directories and what is in them',
      R: '',
      'd,dir': 'empty directories',
      'v,verbose': 'say what is removed',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    const { sys } = ctx;
    const force = options.last('force', 'i', 'I', 'interactive') === 'force';
    if (call.operands.length === 0 && !force) await requireOperand(call);
    const recursive = options.has('recursive') || options.has('R');
    const ask = options.last('force', 'i', 'I', 'interactive') === 'i';
    const terminal = await isTerminal(ctx, 0);
    let status = 0;
    const fail = async (path: string, why: string): Promise<false> => {
      await call.complain(`cannot remove ${quoteAlways(path)}: ${why}`);
      status = 1;
      return false;
    };
    const remove = async (path: string): Promise<boolean> => {
      try {
        const stat = await sys.lstat(ctx, path);
        const kind =
          stat.type === 'directory'
            ? 'directory'
            : stat.type === 'symlink'
              ? 'symbolic link'
              : stat.type === 'file'
                ? stat.size === 0
                  ? 'regular empty file'
                  : 'regular file'
                : stat.type === 'fifo'
                  ? 'fifo'
                  : stat.type === 'socket'
                    ? 'socket'
                    : `${stat.type === 'char' ? 'character' : 'block'} special file`;
        const protectedFile = !force && terminal && stat.type !== 'symlink' && !(await writable(path));
        if (stat.type === 'directory') {
          if (!recursive) {
            if (!options.has('dir')) return await fail(path, 'Is a directory');
          } else {
            const entries = await sys.readDirectory(ctx, path);
            if (entries.length > 0 && ask && !(await confirm(call, `descend into directory ${quoteAlways(path)}? `)))
              return false;
            let whole = true;
            for (const entry of entries) if (!(await remove(joinPath(path, entry.name)))) whole = false;
            if (!whole) return false;
          }
          if (
            (ask || protectedFile) &&
            !(await confirm(call, `remove ${protectedFile ? 'write-protected ' : ''}directory ${quoteAlways(path)}? `))
          )
            return false;
          await sys.rmdir(ctx, path);
          if (options.has('verbose')) await out.write(`removed directory ${quoteAlways(path)}\n`);
          return true;
        }
        if (
          (ask || protectedFile) &&
          !(await confirm(call, `remove ${protectedFile ? 'write-protected ' : ''}${kind} ${quoteAlways(path)}? `))
        )
          return false;
        await sys.unlink(ctx, path);
        if (options.has('verbose')) await out.write(`removed ${quoteAlways(path)}\n`);
        return true;
      } catch (error) {
        if (!isErrno(error)) throw error;
        if (force && isErrno(error, 'ENOENT', 'ENOTDIR')) return true;
        return fail(path, error.libc);
      }
    };
    const writable = async (path: string): Promise<boolean> => {
      try {
        await sys.access(ctx, path, 2);
        return true;
      } catch (error) {
        if (isErrno(error)) return false;
        throw error;
      }
    };
    if (
      options.has('I') &&
      (call.operands.length > 3 || recursive) &&
      !(await confirm(
        call,
        `remove ${call.operands.length} argument${call.operands.length === 1 ? '' : 's'}${recursive ? ' recursively' : ''}? `,
      ))
    )
      return 0;
    for (const path of call.operands) {
      const base = baseName(path);
      if (recursive && (base === '.' || base === '..')) {
        await call.complain(`refusing to remove '.' or '..' directory: skipping ${quoteAlways(path)}`);
        status = 1;
        continue;
      }
      if (recursive && base === '/' && !options.has('no-preserve-root')) {
        await call.complain(
          `it is dangerous to operate recursively on ${quoteAlways(path)}${path === '/' ? '' : " (same as '/')"}`,
        );
        await call.complain('use --no-preserve-root to override this failsafe');
        status = 1;
        continue;
      }
      await remove(path);
    }
    return status;
  },
);

export const ln = command(
  {
    name: 'ln',
    usage: [
      '[OPTION]... [-T] TARGET LINK_NAME',
      '[OPTION]... TARGET',
      '[OPTION]... TARGET... DIRECTORY',
      '[OPTION]... -t DIRECTORY TARGET...',
    ],
    about: 'Make links to TARGETs: hard ones, or symbolic ones with -s.',
    options: {
      'f,force': 'replace what is there',
      'i,interactive': 'ask before replacing',
      'L,logical': 'follow links of TARGET',
      'n,no-dereference': 'a LINK_NAME that is a link to a directory is a file',
      'P,physical': 'hard links to links',
      'r,relative': 'with -s, relative to where the link is',
      's,symbolic': 'symbolic links',
      't,target-directory=DIRECTORY': 'in DIRECTORY',
      'T,no-target-directory': 'LINK_NAME is a file',
      'v,verbose': 'say what is linked',
      'b,backup[=CONTROL]': '',
      'S,suffix=SUFFIX': '',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    const { sys } = ctx;
    const symbolic = options.has('symbolic');
    await requireOperand(call, 'missing file operand');
    const last = call.operands.at(-1) as string;
    const asFile =
      options.has('no-target-directory') ||
      (options.has('no-dereference') &&
        call.operands.length === 2 &&
        (await statOrNull(ctx, last, true))?.type === 'symlink');
    const pairs =
      call.operands.length === 1 && !options.has('target-directory')
        ? [{ source: last, target: joinPath('.', baseName(last)) }]
        : await destinations(call, { target: options.value('target-directory'), noTargetDirectory: asFile });
    let status = 0;
    for (const { source, target } of pairs) {
      const what = `failed to create ${symbolic ? 'symbolic' : 'hard'} link ${quoteAlways(target)}`;
      try {
        if (!symbolic) {
          const stat = await (options.has('logical') ? sys.stat(ctx, source) : sys.lstat(ctx, source)).catch(
            async (error: unknown) => {
              if (!isErrno(error)) throw error;
              await call.complain(`failed to access ${quoteAlways(source)}: ${error.libc}`);
              return null;
            },
          );
          if (stat === null) {
            status = 1;
            continue;
          }
          if (stat.type === 'directory') {
            await call.complain(`${source}: hard link not allowed for directory`);
            status = 1;
            continue;
          }
        }
        const existing = await statOrNull(ctx, target, true);
        if (existing !== null) {
          const replace =
            options.has('force') ||
            (options.has('interactive') && (await confirm(call, `replace ${quoteAlways(target)}? `)));
          if (replace && existing.type === 'directory') {
            await call.complain(`${target}: cannot overwrite directory`);
            status = 1;
            continue;
          }
          if (replace) await sys.unlink(ctx, target);
        }
        const text =
          symbolic && options.has('relative')
            ? relative(
                await canonicalize(ctx, directoryName(target), 'existing'),
                await canonicalize(ctx, source, 'missing'),
              )
            : source;
        if (symbolic) await sys.symlink(ctx, text, target);
        else await sys.link(ctx, source, target);
        if (options.has('verbose'))
          await out.write(`${quoteAlways(target)} ${symbolic ? '->' : '=>'} ${quoteAlways(text)}\n`);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(
          `${what}${symbolic || isErrno(error, 'EEXIST') ? '' : ` => ${quoteAlways(source)}`}: ${error.libc}`,
        );
        status = 1;
      }
    }
    return status;
  },
);

export const touch = command(
  {
    name: 'touch',
    usage: ['[OPTION]... FILE...'],
    about: 'Set the times of each FILE to now, making it if it is missing.',
    options: {
      a: 'the access time only',
      'c,no-create': 'make no files',
      'd,date=STRING': 'this time instead of now',
      f: '',
      'h,no-dereference': 'links themselves',
      m: 'the modification time only',
      'r,reference=FILE': "that file's times",
      't=STAMP': '[[CC]YY]MMDDhhmm[.ss] instead of now',
      'time=WORD': '',
    },
  },
  async (call) => {
    const { ctx, options } = call;
    const { sys } = ctx;
    if (call.operands.length === 0) await requireOperand(call, 'missing file operand');
    let at = ctx.wallTime;
    const date = options.value('date');
    const stamp = options.value('t');
    if (date !== undefined) {
      const parsed = parseDate(date, ctx.wallTime);
      if (parsed === null) {
        await call.complain(`invalid date format ${quote(ctx, date)}`);
        return 1;
      }
      at = parsed;
    }
    if (stamp !== undefined) {
      const match = /^((?:\d\d)?\d\d)?(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d\d))?$/.exec(stamp);
      const [, year, month, day, hour, minute, second = '00'] = match ?? [];
      const full =
        year === undefined
          ? String(civilTime(ctx.wallTime).year)
          : year.length === 2
            ? `${Number(year) < 69 ? '20' : '19'}${year}`
            : year;
      const parsed =
        match === null ? null : parseDate(`${full}-${month}-${day} ${hour}:${minute}:${second}`, ctx.wallTime);
      if (parsed === null) {
        await call.complain(`invalid date format ${quote(ctx, stamp)}`);
        return 1;
      }
      at = parsed;
    }
    const reference = options.value('reference');
    if (reference !== undefined) {
      try {
        at = (await sys.stat(ctx, reference)).mtime;
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`failed to get attributes of ${quoteAlways(reference)}: ${error.libc}`);
        return 1;
      }
    }
    let status = 0;
    for (const path of call.operands) {
      try {
        if ((await statOrNull(ctx, path)) === null) {
          if (options.has('no-create')) continue;
          await sys.close(ctx, await sys.open(ctx, path, { write: true, create: true }, 0o666));
          if (date === undefined && stamp === undefined && reference === undefined) continue;
        }
        await sys.setTimes(ctx, path, at);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(
          `${isErrno(error, 'EPERM', 'EROFS') && (await statOrNull(ctx, path)) !== null ? 'setting times of' : 'cannot touch'} ${quoteAlways(path)}: ${error.libc}`,
        );
        status = 1;
      }
    }
    return status;
  },
);

export const mkfifo = command(
  {
    name: 'mkfifo',
    usage: ['[OPTION]... NAME...'],
    about: 'Make named pipes.',
    options: { 'm,mode=MODE': 'with this mode', 'Z,context': '' },
  },
  async (call) => {
    const { ctx } = call;
    await requireOperand(call);
    const mode = await wantedMode(call, 0o666);
    let status = 0;
    for (const path of call.operands) {
      try {
        await ctx.sys.mknod(ctx, path, 'fifo', mode ?? 0o666);
        if (mode !== null) await ctx.sys.chmod(ctx, path, mode);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`cannot create fifo ${quoteAlways(path)}: ${error.libc}`);
        status = 1;
      }
    }
    return status;
  },
);

export const mknod = command(
  {
    name: 'mknod',
    usage: ['[OPTION]... NAME TYPE [MAJOR MINOR]'],
    about: 'Make the special file NAME: TYPE b (block), c or u (character), p (fifo).',
    options: { 'm,mode=MODE': 'with this mode', 'Z,context': '' },
  },
  async (call) => {
    const { ctx } = call;
    await requireOperand(call);
    const [path = '', type = '', major, minor] = call.operands;
    const mode = (await wantedMode(call, 0o666)) ?? 0o666;
    const kind = { b: 'block', c: 'char', u: 'char', p: 'fifo' }[type] as 'block' | 'char' | 'fifo' | undefined;
    if (kind === undefined) {
      const single = type !== '' && type !== 'p' && minor === undefined;
      await call.complain(
        single
          ? `missing operand after ${quote(ctx, major ?? type)}\nSpecial files require major and minor device numbers.\nTry '${call.name} --help' for more information.`
          : type === ''
            ? `missing operand after ${quote(ctx, path)}\nTry '${call.name} --help' for more information.`
            : `invalid device type ${quote(ctx, type)}\nTry '${call.name} --help' for more information.`,
      );
      return 1;
    }
    if (kind !== 'fifo' && minor === undefined) {
      await call.complain(
        `missing operand after ${quote(ctx, major ?? type)}\nSpecial files require major and minor device numbers.\nTry '${call.name} --help' for more information.`,
      );
      return 1;
    }
    try {
      await ctx.sys.mknod(ctx, path, kind, mode, [Number(major ?? 0), Number(minor ?? 0)]);
      if (call.options.has('mode')) await ctx.sys.chmod(ctx, path, mode);
      return 0;
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(`${path}: ${error.libc}`);
      return 1;
    }
  },
);

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export const mktemp = command(
  {
    name: 'mktemp',
    usage: ['[OPTION]... [TEMPLATE]'],
    about: 'Make a file or directory that did not exist, and print its name. The last Xs of TEMPLATE are replaced.',
    options: {
      'd,directory': 'a directory',
      'u,dry-run': 'make nothing',
      'q,quiet': 'no error messages',
      'suffix=SUFF': 'after the Xs',
      'p,tmpdir[=DIR]': 'below DIR',
      t: '',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    const template = call.operands[0] ?? 'tmp.XXXXXXXXXX';
    const match = /^(.*?)(X{3,})([^X/]*)$/.exec(template);
    if (match === null) {
      await call.complain(`too few X's in template ${quote(ctx, template)}`);
      return 1;
    }
    const name = `${match[1]}${[...ctx.random.bytes((match[2] as string).length)].map((b) => LETTERS[b % LETTERS.length]).join('')}${match[3]}${options.value('suffix') ?? ''}`;
    const inTmp = call.operands[0] === undefined || options.has('tmpdir') || options.has('t');
    const directory =
      options.value('tmpdir') || ctx.process.env.find((e) => e.startsWith('TMPDIR='))?.slice(7) || '/tmp';
    const path = inTmp ? joinPath(directory, name) : name;
    try {
      if (!options.has('dry-run')) {
        if (options.has('directory')) await ctx.sys.mkdir(ctx, path, 0o700);
        else
          await ctx.sys.close(
            ctx,
            await ctx.sys.open(ctx, path, { write: true, create: true, exclusive: true }, 0o600),
          );
      }
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(
        `failed to create ${options.has('directory') ? 'directory' : 'file'} via template ${quote(ctx, inTmp ? joinPath(directory, template) : template)}: ${error.libc}`,
      );
      return 1;
    }
    await out.write(`${path}\n`);
    return 0;
  },
);

export const truncate = command(
  {
    name: 'truncate',
    usage: ['OPTION... FILE...'],
    about: 'Make each FILE exactly as long as asked.',
    options: {
      'c,no-create': 'make no files',
      'o,io-blocks': '',
      'r,reference=RFILE': "that file's size",
      's,size=SIZE': 'this size; + - < > / % change it instead',
    },
  },
  async (call) => {
    const { ctx, options } = call;
    const text = options.value('size');
    if (text === undefined && !options.has('reference')) {
      await call.complain(
        `you must specify either ${quote(ctx, '--size')} or ${quote(ctx, '--reference')}\nTry '${call.name} --help' for more information.`,
      );
      return 1;
    }
    await requireOperand(call, 'missing file operand');
    const sign = /^[-+<>/%]/.exec(text ?? '')?.[0] ?? '';
    const size =
      text === undefined
        ? (await ctx.sys.stat(ctx, options.value('reference') as string)).size
        : parseSize(text.slice(sign.length));
    if (size === null) {
      await call.complain(`Invalid number: ${quote(ctx, text as string)}`);
      return 1;
    }
    let status = 0;
    for (const path of call.operands) {
      try {
        const fd = await ctx.sys.open(
          ctx,
          path,
          { write: true, ...(options.has('no-create') ? {} : { create: true }) },
          0o666,
        );
        const old = (await ctx.sys.fstat(ctx, fd)).size;
        const wanted = {
          '': size,
          '+': old + size,
          '-': Math.max(0, old - size),
          '<': Math.min(old, size),
          '>': Math.max(old, size),
          '/': Math.floor(old / (size || 1)) * size,
          '%': Math.ceil(old / (size || 1)) * size,
        }[sign] as number;
        await ctx.sys.truncate(ctx, fd, wanted);
        await ctx.sys.close(ctx, fd);
      } catch (error) {
        if (!isErrno(error)) throw error;
        if (isErrno(error, 'ENOENT') && options.has('no-create')) continue;
        await call.complain(`cannot open ${quoteAlways(path)} for writing: ${error.libc}`);
        status = 1;
      }
    }
    return status;
  },
);
