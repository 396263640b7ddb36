/** chmod, chown, chgrp, stat. @models coreutils 9.7 src/chmod.c, chown-core.c, stat.c @fidelity partial: birth times are the change times */
import { isErrno } from '../../linux/errno.ts';
import type { Stat } from '../../linux/syscalls.ts';
import { command, Exit, type Invocation } from '../common/command.ts';
import { strftime } from '../common/dates.ts';
import { modeString, parseMode, TYPE_BITS } from '../common/modes.ts';
import { quote, quoteAlways } from '../common/quoting.ts';
import { nameTables, readGroups, readUsers } from '../common/users.ts';
import { interpretEscapes } from '../echo/escapes.ts';
import { pad } from '../printf/format.ts';
import { joinPath } from './paths.ts';

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0');

async function walk(
  call: Invocation,
  path: string,
  recursive: boolean,
  visit: (path: string, stat: Stat) => Promise<void>,
): Promise<boolean> {
  const { ctx } = call;
  try {
    const stat = await ctx.sys.lstat(ctx, path);
    const effective = stat.type === 'symlink' && !recursive ? await ctx.sys.stat(ctx, path) : stat;
    await visit(path, effective);
    if (!recursive || stat.type !== 'directory') return true;
    let ok = true;
    for (const entry of await ctx.sys.readDirectory(ctx, path))
      if (!(await walk(call, joinPath(path, entry.name), true, visit))) ok = false;
    return ok;
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (!call.options.has('silent') && !call.options.has('quiet'))
      await call.complain(`cannot access ${quoteAlways(path)}: ${error.libc}`);
    return false;
  }
}

export const chmod = command(
  {
    name: 'chmod',
    usage: [
      '[OPTION]... MODE[,MODE]... FILE...',
      '[OPTION]... OCTAL-MODE FILE...',
      '[OPTION]... --reference=RFILE FILE...',
    ],
    about: 'Change the mode of each FILE.',
    options: {
      'c,changes': 'say what changed',
      'f,silent': 'no error messages',
      quiet: '',
      'v,verbose': 'say what was done with each file',
      'no-preserve-root': '',
      'preserve-root': '',
      'reference=RFILE': "that file's mode",
      'R,recursive': 'directories and what is in them',
    },
    // `chmod -x f`, `chmod -rw f`: modes that look like options.
    rewrite: (args) => {
      const index = args.findIndex((a) => /^-[rwxXst,ugoa]+$/.test(a) && !/^-R$/.test(a));
      const firstOperand = args.findIndex((a) => !a.startsWith('-'));
      return index >= 0 && (firstOperand < 0 || index < firstOperand)
        ? [...args.slice(0, index), '--', ...args.slice(index)]
        : args;
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    const operands = [...call.operands];
    const reference = options.value('reference');
    const text = reference === undefined ? operands.shift() : (await ctx.sys.stat(ctx, reference)).mode.toString(8);
    if (text === undefined || operands.length === 0) {
      await call.complain(
        `missing operand${text === undefined ? '' : ` after ${quote(ctx, text)}`}\nTry '${call.name} --help' for more information.`,
      );
      throw new Exit(1);
    }
    const change = parseMode(text);
    if (change === null) {
      await call.complain(`invalid mode: ${quote(ctx, text)}\nTry '${call.name} --help' for more information.`);
      return 1;
    }
    let status = 0;
    const describe = (mode: number): string => `${octal(mode)} (${modeString({ type: 'file', mode }).slice(1)})`;
    for (const path of operands) {
      const ok = await walk(call, path, options.has('recursive'), async (at, stat) => {
        if (stat.type === 'symlink') return;
        const mode = change(stat.mode, stat.type === 'directory', ctx.process.umask) & 0o7777;
        try {
          await ctx.sys.chmod(ctx, at, mode);
          if (mode !== stat.mode && (options.has('changes') || options.has('verbose')))
            await out.write(`mode of ${quoteAlways(at)} changed from ${describe(stat.mode)} to ${describe(mode)}\n`);
          else if (options.has('verbose'))
            await out.write(`mode of ${quoteAlways(at)} retained as ${describe(mode)}\n`);
        } catch (error) {
          if (!isErrno(error)) throw error;
          status = 1;
          if (!options.has('silent') && !options.has('quiet'))
            await call.complain(`changing permissions of ${quoteAlways(at)}: ${error.libc}`);
        }
      });
      if (!ok) status = 1;
    }
    return status;
  },
);

function owner(name: 'chown' | 'chgrp'): ReturnType<typeof command> {
  return command(
    {
      name,
      usage:
        name === 'chown'
          ? ['[OPTION]... [OWNER][:[GROUP]] FILE...', '[OPTION]... --reference=RFILE FILE...']
          : ['[OPTION]... GROUP FILE...', '[OPTION]... --reference=RFILE FILE...'],
      about: `Change the ${name === 'chown' ? 'owner and group' : 'group'} of each FILE.`,
      options: {
        'c,changes': 'say what changed',
        'f,silent': 'no error messages',
        quiet: '',
        'v,verbose': 'say what was done with each file',
        dereference: 'what links refer to (default)',
        'h,no-dereference': 'links themselves',
        'from=OWNER:GROUP': '',
        'reference=RFILE': "that file's owner",
        'R,recursive': 'directories and what is in them',
        H: '',
        L: '',
        P: '',
      },
    },
    async (call) => {
      const { ctx, options, out } = call;
      const operands = [...call.operands];
      const reference = options.value('reference');
      const text = reference === undefined ? operands.shift() : '';
      if (text === undefined || operands.length === 0) {
        await call.complain(
          `missing operand${text === undefined ? '' : ` after ${quote(ctx, text)}`}\nTry '${call.name} --help' for more information.`,
        );
        throw new Exit(1);
      }
      const users = await readUsers(ctx);
      const groups = await readGroups(ctx);
      let uid = -1;
      let gid = -1;
      if (reference !== undefined) {
        const stat = await ctx.sys.stat(ctx, reference);
        [uid, gid] = name === 'chown' ? [stat.uid, stat.gid] : [-1, stat.gid];
      } else {
        const colon = name === 'chgrp' ? -1 : text.search(/[:.]/);
        const userText = name === 'chgrp' ? '' : colon < 0 ? text : text.slice(0, colon);
        const groupText = name === 'chgrp' ? text : colon < 0 ? '' : text.slice(colon + 1);
        const invalid = async (what: string): Promise<never> => {
          await call.complain(`invalid ${what}: ${quote(ctx, text)}`);
          throw new Exit(1);
        };
        if (userText !== '') {
          const user = users.find((u) => u.name === userText);
          uid = user?.uid ?? (/^\d+$/.test(userText) ? Number(userText) : await invalid('user'));
          if (colon >= 0 && groupText === '') gid = user?.gid ?? (await invalid('spec'));
        }
        if (groupText !== '')
          gid =
            groups.find((g) => g.name === groupText)?.gid ??
            (/^\d+$/.test(groupText) ? Number(groupText) : await invalid('group'));
      }
      const names = await nameTables(ctx);
      let status = 0;
      for (const path of operands) {
        const ok = await walk(call, path, options.has('recursive'), async (at, stat) => {
          try {
            await ctx.sys.chown(
              ctx,
              at,
              uid < 0 ? stat.uid : uid,
              gid < 0 ? stat.gid : gid,
              !options.has('no-dereference'),
            );
            const changed = (uid >= 0 && uid !== stat.uid) || (gid >= 0 && gid !== stat.gid);
            const spec = (u: number, g: number): string =>
              name === 'chgrp' ? names.group(g) : gid < 0 ? names.user(u) : `${names.user(u)}:${names.group(g)}`;
            const what = name === 'chgrp' ? 'group' : 'ownership';
            if (changed && (options.has('changes') || options.has('verbose')))
              await out.write(
                `changed ${what} of ${quoteAlways(at)} from ${spec(stat.uid, stat.gid)} to ${spec(uid, gid)}\n`,
              );
            else if (options.has('verbose'))
              await out.write(`${what} of ${quoteAlways(at)} retained as ${spec(stat.uid, stat.gid)}\n`);
          } catch (error) {
            if (!isErrno(error)) throw error;
            status = 1;
            if (!options.has('silent') && !options.has('quiet'))
              await call.complain(
                `changing ${name === 'chgrp' ? 'group' : 'ownership'} of ${quoteAlways(at)}: ${error.libc}`,
              );
          }
        });
        if (!ok) status = 1;
      }
      return status;
    },
  );
}

export const chown = owner('chown');
export const chgrp = owner('chgrp');

const FILE_KINDS: Record<Stat['type'], string> = {
  file: 'regular file',
  directory: 'directory',
  symlink: 'symbolic link',
  fifo: 'fifo',
  socket: 'socket',
  char: 'character special file',
  block: 'block special file',
};
const FS_TYPES: Record<string, [string, string]> = {
  ext4: ['ef53', 'ext2/ext3'],
  tmpfs: ['1021994', 'tmpfs'],
  proc: ['9fa0', 'proc'],
  sysfs: ['62656572', 'sysfs'],
  cgroup2: ['63677270', 'cgroup2fs'],
  overlay: ['794c7630', 'overlayfs'],
  devpts: ['1cd1', 'devpts'],
  nsfs: ['6e736673', 'nsfs'],
  mqueue: ['19800202', 'mqueue'],
};

export const stat = command(
  {
    name: 'stat',
    usage: ['[OPTION]... FILE...'],
    about: 'Show what is known about each FILE, or about its file system.',
    options: {
      'L,dereference': 'follow links',
      'f,file-system': 'the file system',
      'cached=MODE': '',
      'c,format=FORMAT': 'this format, each with a newline',
      'printf=FORMAT': 'this format, with escapes and without newline',
      't,terse': 'on one line',
    },
  },
  async (call) => {
    const { ctx, options, out } = call;
    if (call.operands.length === 0) {
      await call.complain(`missing operand\nTry '${call.name} --help' for more information.`);
      throw new Exit(1);
    }
    const names = await nameTables(ctx);
    const format = options.value('format');
    const printf = options.value('printf');
    let status = 0;
    for (const path of call.operands) {
      try {
        if (options.has('file-system')) {
          const fs = await ctx.sys.statfs(ctx, path);
          const [magic, typeName] = FS_TYPES[fs.type] ?? ['0', fs.type];
          const values: Record<string, string> = {
            a: String(fs.blocksFree),
            b: String(fs.blocks),
            c: String(fs.files),
            d: String(fs.filesFree),
            f: String(fs.blocksFree),
            i: '0',
            l: '255',
            n: path,
            s: String(fs.blockSize),
            S: String(fs.blockSize),
            t: magic,
            T: typeName,
          };
          const text = format ?? printf;
          if (text !== undefined)
            await out.write(
              fill(printf === undefined ? text : interpretEscapes(text, false).text, (l) => values[l]) +
                (printf === undefined ? '\n' : ''),
            );
          else
            await out.write(
              `  File: "${path}"\n    ID: 0        Namelen: 255     Type: ${typeName}\nBlock size: ${String(fs.blockSize).padEnd(10)} Fundamental block size: ${fs.blockSize}\nBlocks: Total: ${String(fs.blocks).padEnd(10)} Free: ${String(fs.blocksFree).padEnd(10)} Available: ${fs.blocksFree}\nInodes: Total: ${String(fs.files).padEnd(10)} Free: ${fs.filesFree}\n`,
            );
          continue;
        }
        const s = options.has('dereference') ? await ctx.sys.stat(ctx, path) : await ctx.sys.lstat(ctx, path);
        const link = s.type === 'symlink' ? await ctx.sys.readlink(ctx, path) : null;
        const kind = s.type === 'file' && s.size === 0 ? 'regular empty file' : FILE_KINDS[s.type];
        const time = (ns: bigint): string => strftime('%Y-%m-%d %H:%M:%S.%N %z', ns);
        const seconds = (ns: bigint): string => String(ns / 1_000_000_000n);
        const quoted = link === null ? quoteAlways(path) : `${quoteAlways(path)} -> ${quoteAlways(link)}`;
        const values: Record<string, string> = {
          a: (s.mode & 0o7777).toString(8),
          A: modeString(s),
          b: String(s.blocks),
          B: '512',
          C: '?',
          d: String(s.dev),
          D: s.dev.toString(16),
          f: (TYPE_BITS[s.type] | s.mode).toString(16),
          F: kind,
          g: String(s.gid),
          G: names.group(s.gid),
          h: String(s.nlink),
          i: String(s.ino),
          m: '/',
          n: path,
          N: quoted,
          o: '4096',
          s: String(s.size),
          t: s.rdev[0].toString(16),
          T: s.rdev[1].toString(16),
          r: String(s.rdev[0] * 256 + s.rdev[1]),
          R: (s.rdev[0] * 256 + s.rdev[1]).toString(16),
          u: String(s.uid),
          U: names.user(s.uid),
          w: time(s.ctime),
          W: seconds(s.ctime),
          x: time(s.atime),
          X: seconds(s.atime),
          y: time(s.mtime),
          Y: seconds(s.mtime),
          z: time(s.ctime),
          Z: seconds(s.ctime),
          Hd: String(s.dev >> 8),
          Ld: String(s.dev & 255),
          Hr: String(s.rdev[0]),
          Lr: String(s.rdev[1]),
        };
        const text = format ?? printf;
        if (text !== undefined) {
          await out.write(
            fill(printf === undefined ? text : interpretEscapes(text, false).text, (l) => values[l]) +
              (printf === undefined ? '\n' : ''),
          );
          continue;
        }
        if (options.has('terse')) {
          await out.write(fill('%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o\n', (l) => values[l]));
          continue;
        }
        const device = s.type === 'char' || s.type === 'block' ? ` Device type: ${s.rdev[0]},${s.rdev[1]}` : '';
        const mode = `(${octal(s.mode)}/${modeString(s)})`;
        await out.write(
          `  File: ${link === null ? path : `${path} -> ${link}`}\n  Size: ${String(s.size).padEnd(10)}\tBlocks: ${String(s.blocks).padEnd(10)} IO Block: ${'4096'.padEnd(6)} ${kind}\n` +
            `Device: ${s.dev >> 8},${s.dev & 255}\tInode: ${String(s.ino).padEnd(11)} Links: ${device === '' ? s.nlink : `${String(s.nlink).padEnd(5)}${device}`}\n` +
            `Access: ${mode}  Uid: (${String(s.uid).padStart(5)}/${names.user(s.uid).padStart(8)})   Gid: (${String(s.gid).padStart(5)}/${names.group(s.gid).padStart(8)})\n` +
            `Access: ${time(s.atime)}\nModify: ${time(s.mtime)}\nChange: ${time(s.ctime)}\n Birth: ${time(s.ctime)}\n`,
        );
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(
          options.has('file-system')
            ? `cannot read file system information for ${quoteAlways(path)}: ${error.libc}`
            : `cannot statx ${quoteAlways(path)}: ${error.libc}`,
        );
        status = 1;
      }
    }
    return status;
  },
);

function fill(format: string, value: (letter: string) => string | undefined): string {
  return format.replace(
    /%([-+ 0#']*)(\d*)(?:\.(\d+))?([HL][dr]|[a-zA-Z%])/g,
    (_, flags: string, width: string, precision: string | undefined, letter: string) => {
      if (letter === '%') return '%';
      const text = value(letter) ?? '?';
      return pad(precision === undefined ? text : text.slice(0, Number(precision)), {
        flags,
        width: width === '' ? null : Number(width),
        precision: null,
        letter: /^\d+$/.test(text) ? 'd' : 's',
      });
    },
  );
}
