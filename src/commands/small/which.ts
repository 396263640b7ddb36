/** which, mountpoint, clear, reset, link, unlink, logname, hostid, fallocate. @models debianutils 5.21, util-linux 2.41, ncurses 6.5, coreutils 9.7 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { getenv, print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { ownIds } from '../../linux/user-namespace.ts';
import { command, reporting } from '../common/command.ts';
import { expectOperands } from '../common/files.ts';
import { quote, quoteAlways } from '../common/quoting.ts';
import { parseSize } from '../common/sizes.ts';
import { isTerminal } from '../common/streams.ts';
import { readUsers } from '../common/users.ts';
import { readMounts } from '../util-linux/mount-table.ts';

export const which: Program = {
  name: 'which',
  async main(ctx, argv) {
    const all = argv[1] === '-a';
    const names = argv.slice(all ? 2 : 1);
    if (names[0]?.startsWith('-')) {
      await printError(ctx, `Illegal option ${names[0]}\nUsage: ${argv[0]} [-as] args\n`);
      return 2;
    }
    let status = names.length === 0 ? 1 : 0;
    for (const name of names) {
      const places = name.includes('/')
        ? [name]
        : (getenv(ctx, 'PATH') ?? '').split(':').map((d) => `${d === '' ? '.' : d}/${name}`);
      let found = false;
      for (const place of places) {
        try {
          const stat = await ctx.sys.stat(ctx, place);
          if (stat.type !== 'file' || (stat.mode & 0o111) === 0) continue;
        } catch (error) {
          if (!isErrno(error)) throw error;
          continue;
        }
        await print(ctx, `${place}\n`);
        found = true;
        if (!all) break;
      }
      if (!found) status = 1;
    }
    return status;
  },
};

export const mountpoint = command(
  {
    name: 'mountpoint',
    usage: ['[-qd] <directory>'],
    about: 'Tell whether a directory or file is a mountpoint.',
    version: 'mountpoint from util-linux 2.41',
    options: { 'q,quiet': 'only an exit status', 'd,fs-devno': 'MAJOR:MINOR of the file system', nofollow: '' },
  },
  async (call) => {
    const { ctx, options, operands, out } = call;
    const [path] = operands;
    if (path === undefined) {
      await call.complain(`bad usage\nTry '${call.name} --help' for more information.`);
      return 1;
    }
    const quiet = options.has('quiet');
    try {
      await ctx.sys.stat(ctx, path);
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (!quiet) await call.complain(`${path}: ${error.libc}`);
      return 1;
    }
    const cwd = await ctx.sys.getcwd(ctx);
    const parts = (path.startsWith('/') ? path : `${cwd}/${path}`).split('/').filter((p) => p !== '' && p !== '.');
    const entry = (await readMounts(ctx)).findLast((m) => m.target === `/${parts.join('/')}`);
    if (options.has('fs-devno')) {
      const { dev } = await ctx.sys.stat(ctx, path);
      await out.write(`${dev >> 8}:${dev & 255}\n`);
    } else if (!quiet) await out.write(`${path} is ${entry === undefined ? 'not ' : ''}a mountpoint\n`);
    return entry === undefined ? 32 : 0;
  },
);

const screen = (name: string, text: string): Program => ({
  name,
  async main(ctx) {
    if (getenv(ctx, 'TERM') === undefined) {
      await printError(ctx, 'TERM environment variable not set.\n');
      return 1;
    }
    await print(ctx, text);
    return 0;
  },
});
export const clear = screen('clear', '\x1b[H\x1b[2J\x1b[3J');
export const reset = screen('reset', '\x1bc\x1b[!p\x1b[?3;4l\x1b[4l\x1b>\r');

export const link = command(
  { name: 'link', usage: ['FILE1 FILE2'], about: 'Make FILE2 a hard link to FILE1.', options: {} },
  async (call) => {
    await expectOperands(call, 2, 2);
    const [from, to] = call.operands as [string, string];
    try {
      await call.ctx.sys.link(call.ctx, from, to);
      return 0;
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(`cannot create link ${quoteAlways(to)} to ${quoteAlways(from)}: ${error.libc}`);
      return 1;
    }
  },
);

export const unlink = command(
  { name: 'unlink', usage: ['FILE'], about: 'Remove FILE with unlink().', options: {} },
  async (call) => {
    await expectOperands(call, 1, 1);
    const [path] = call.operands as [string];
    try {
      await call.ctx.sys.unlink(call.ctx, path);
      return 0;
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(`cannot unlink ${quoteAlways(path)}: ${error.libc}`);
      return 1;
    }
  },
);

export const logname = command(
  { name: 'logname', usage: ['[OPTION]'], about: 'Print the name that the user logged in with.', options: {} },
  async (call) => {
    const { ctx, out } = call;
    const name = (await isTerminal(ctx, 0))
      ? (await readUsers(ctx)).find((u) => u.uid === ownIds(ctx.process).uid)?.name
      : undefined;
    if (name === undefined) {
      await call.complain('no login name');
      return 1;
    }
    await out.write(`${name}\n`);
    return 0;
  },
);

export const hostid = command(
  { name: 'hostid', usage: ['[OPTION]'], about: 'Print a number for this host, in hexadecimal.', options: {} },
  async ({ out }) => {
    await out.write('007f0101\n');
    return 0;
  },
);

export const fallocate = command(
  {
    name: 'fallocate',
    usage: ['[options] <filename>'],
    about: 'Reserve space for a file.',
    version: 'fallocate from util-linux 2.41',
    options: {
      'l,length=NUM': 'bytes',
      'o,offset=NUM': 'from here',
      'n,keep-size': 'do not change the length',
      'v,verbose': 'say what was done',
    },
  },
  async (call) => {
    const { ctx, options, operands } = call;
    const [path] = operands;
    const length = options.value('length');
    if (path === undefined || length === undefined) {
      await call.complain(path === undefined ? 'no filename specified' : 'no length argument specified');
      return 1;
    }
    const size = parseSize(length);
    if (size === null || size === 0) {
      await call.complain('invalid length value specified');
      return 1;
    }
    const ok = await reporting(call, path, async () => {
      const fd = await ctx.sys.open(ctx, path, { read: true, write: true, create: true }, 0o666);
      const stat = await ctx.sys.fstat(ctx, fd);
      const end = size + (parseSize(options.value('offset') ?? '0') ?? 0);
      await ctx.sys.fallocate(ctx, fd, options.has('keep-size') ? Math.min(end, stat.size) : end);
      await ctx.sys.close(ctx, fd);
    });
    return ok ? 0 : 1;
  },
);

const PORTABLE = /^[A-Za-z0-9._/-]$/;
const NAME_MAX = { portable: 14, here: 255 };
const PATH_MAX = { portable: 255, here: 4096 };

export const pathchk = command(
  {
    name: 'pathchk',
    usage: ['[OPTION]... NAME...'],
    about: 'Complain about names that are no good as names of files.',
    options: {
      p: 'for most POSIX systems',
      P: 'empty names and leading "-", too',
      portability: 'for all POSIX systems: -p -P',
    },
  },
  async (call) => {
    const { ctx, options, operands } = call;
    await expectOperands(call, 1, Number.POSITIVE_INFINITY);
    const strict = options.has('p') || options.has('portability');
    const dashes = options.has('P') || options.has('portability');
    let status = 0;
    for (const name of operands) {
      const problem = await fault(ctx, name, strict, dashes);
      if (problem === null) continue;
      await call.complain(problem);
      status = 1;
    }
    return status;
  },
);

async function fault(ctx: Context, name: string, strict: boolean, dashes: boolean): Promise<string | null> {
  if (dashes && name.split('/').some((part) => part.startsWith('-')))
    return `leading '-' in a component of file name ${quoteAlways(name)}`;
  if ((strict || dashes) && name === '') return 'empty file name';
  if (strict) {
    const bad = [...name].find((c) => !PORTABLE.test(c));
    if (bad !== undefined) return `nonportable character ${quote(ctx, bad)} in file name ${quoteAlways(name)}`;
  } else {
    try {
      await ctx.sys.lstat(ctx, name);
      return null;
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (error.code !== 'ENOENT' || name === '') return `${quoteAlways(name)}: ${error.libc}`;
    }
  }
  const limits = strict ? 'portable' : 'here';
  if (name.length > PATH_MAX[limits])
    return `limit ${PATH_MAX[limits]} exceeded by length ${name.length} of file name ${quoteAlways(name)}`;
  const long = name.split('/').find((part) => part.length > NAME_MAX[limits]);
  return long === undefined
    ? null
    : `limit ${NAME_MAX[limits]} exceeded by length ${long.length} of file name component ${quoteAlways(long)}`;
}
