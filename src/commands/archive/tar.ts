/** @models tar 1.35 @fidelity partial: -c -x -t -r; gzip; no xz, bzip2, zstd, incremental or multi-volume archives */

import { isErrno } from '../../linux/errno.ts';
import { mkdirAll, readAllRope, readFileRope, writeFile } from '../../linux/io.ts';
import { Rope } from '../../linux/rope.ts';
import { ownIds } from '../../linux/user-namespace.ts';
import { GzipError, gunzip, gzip, isGzip } from '../../protocols/oci/gzip.ts';
import { readTar, type TarEntry, TarError, tarEntry, writeTar } from '../../protocols/oci/tar.ts';
import { LATENCY } from '../../sim/latency.ts';
import { command, Exit, type Invocation } from '../common/command.ts';
import { strftime } from '../common/dates.ts';
import { globRegex } from '../common/glob.ts';
import { modeString } from '../common/modes.ts';
import { isTerminal } from '../common/streams.ts';
import { nameTables } from '../common/users.ts';

const LETTERS_WITH_VALUE = 'fCTXbHgKLNV';

/** `tar xzf FILE`: the first word is letters without a dash, their values follow. */
function oldStyle(args: string[]): string[] {
  const [first = '', ...rest] = args;
  if (first === '' || first.startsWith('-')) return args;
  const out: string[] = [];
  for (const letter of first) {
    if (LETTERS_WITH_VALUE.includes(letter)) out.push(`-${letter}`, rest.shift() ?? '');
    else out.push(`-${letter}`);
  }
  return [...out, ...rest];
}

/** -C applies to what follows it: kept in place as an operand, marked. */
const HERE = '\0C';

export const tar = command(
  {
    name: 'tar',
    usage: ['[OPTION...] [FILE]...'],
    about:
      'Keep many files in one archive, and take them out again.\n\n  tar -cf archive.tar foo bar  # make archive.tar of foo and bar\n  tar -tvf archive.tar         # list what is in it\n  tar -xf archive.tar          # take everything out',
    version: 'GNU tar) 1.35',
    options: {
      'c,create': 'make an archive',
      'x,extract,get': 'take files out',
      't,list': 'list an archive',
      'r,append': 'add files at the end',
      'f,file=ARCHIVE': 'the archive; - is standard input or output',
      'C,directory=DIR': 'change to DIR first',
      'z,gzip,gunzip': 'through gzip',
      'j,bzip2': '',
      'J,xz': '',
      zstd: '',
      'a,auto-compress': 'by the suffix of the archive',
      'v,verbose': 'name each file',
      'p,preserve-permissions': 'permissions as in the archive',
      'same-owner': 'owners as in the archive',
      'no-same-owner': 'own everything yourself',
      'k,keep-old-files': 'do not replace files',
      'O,to-stdout': 'contents to standard output',
      'strip-components=NUMBER': 'drop so many leading parts of names',
      'exclude=PATTERN': 'leave out',
      'T,files-from=FILE': 'names to archive are in FILE',
      'h,dereference': 'what links point to, not links',
      'P,absolute-names': 'keep leading slashes',
      'numeric-owner': 'numbers instead of names',
      'owner=NAME': 'owner of what is added',
      'group=NAME': 'group of what is added',
      'm,touch': 'do not restore times',
      'w,interactive': '',
      wildcards: 'operands are patterns',
      overwrite: '',
      'no-recursion': 'not what is in directories',
      'one-file-system': '',
      'S,sparse': '',
      xattrs: '',
    },
    trouble: 2,
    rewrite: (args) =>
      oldStyle(args).flatMap((arg, i, all) => {
        if (arg === '-C' || arg === '--directory') return [HERE + (all[i + 1] ?? '')];
        const before = all[i - 1];
        if (before === '-C' || before === '--directory') return [];
        const inline = /^(?:-C|--directory=)(.+)$/.exec(arg);
        return inline === null ? [arg] : [HERE + inline[1]];
      }),
    hint: (name) => `Try '${name} --help' or '${name} --usage' for more information.`,
  },
  async (call) => {
    const { options } = call;
    for (const key of ['bzip2', 'xz', 'zstd']) {
      if (!options.has(key)) continue;
      await call.complain(`--${key}: not simulated: of the compressors, gzip is`);
      return 2;
    }
    const modes = ['create', 'extract', 'list', 'append'].filter((m) => options.has(m));
    if (modes.length === 0)
      return fatal(
        call,
        "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options\nTry 'tar --help' or 'tar --usage' for more information.",
      );
    if (modes.length > 1)
      return fatal(
        call,
        "You may not specify more than one '-Acdtrux', '--delete' or  '--test-label' option\nTry 'tar --help' or 'tar --usage' for more information.",
      );
    try {
      return await (options.has('create') || options.has('append') ? create(call) : read(call));
    } catch (error) {
      if (!(error instanceof TarError || error instanceof GzipError)) throw error;
      await call.complain(
        /EOF/.test(error.message) ? 'Unexpected EOF in archive' : 'This does not look like a tar archive',
      );
      return fatal(call, 'Error is not recoverable: exiting now', false);
    }
  },
);

async function fatal(call: Invocation, text: string, end = true): Promise<number> {
  await call.complain(text);
  if (end) throw new Exit(2);
  return 2;
}

/** `-rw-r--r-- root/root       6 2026-11-23 17:00 a` */
function longLine(entry: TarEntry, name: string, numeric: boolean): string {
  const type = {
    file: 'file',
    directory: 'directory',
    symlink: 'symlink',
    hardlink: 'file',
    char: 'char',
    block: 'block',
    fifo: 'fifo',
  } as const;
  const mode = modeString({ type: type[entry.type], mode: entry.mode });
  const owner = `${numeric || entry.userName === '' ? entry.uid : entry.userName}/${numeric || entry.groupName === '' ? entry.gid : entry.groupName}`;
  const size = entry.type === 'char' || entry.type === 'block' ? entry.rdev.join(',') : String(entry.content.length);
  const gap = ' '.repeat(Math.max(1, 19 - owner.length - size.length));
  const link =
    entry.type === 'symlink' ? ` -> ${entry.linkName}` : entry.type === 'hardlink' ? ` link to ${entry.linkName}` : '';
  return `${entry.type === 'hardlink' ? `h${mode.slice(1)}` : mode} ${owner}${gap}${size} ${strftime('%Y-%m-%d %H:%M', entry.mtime)} ${name}${link}\n`;
}

async function open(call: Invocation): Promise<Rope> {
  const { ctx, options } = call;
  const path = options.value('file') ?? '-';
  if (path === '-' && (await isTerminal(ctx, 0))) {
    await call.complain('Refusing to read archive contents from terminal (missing -f option?)');
    return (await fatal(call, 'Error is not recoverable: exiting now')) as never;
  }
  let packed: Rope;
  try {
    packed = path === '-' ? await readAllRope(ctx, 0) : await readFileRope(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    await call.complain(`${path}: Cannot ${error.code === 'EISDIR' ? 'read' : 'open'}: ${error.libc}`);
    return (await fatal(call, 'Error is not recoverable: exiting now')) as never;
  }
  if (isGzip(packed)) {
    const plain = gunzip(packed);
    await ctx.cpu(plain.length * LATENCY.gunzipByteNs);
    return plain;
  }
  if (options.has('gzip')) {
    await ctx.sys.write(ctx, 2, '\ngzip: stdin: not in gzip format\n');
    await call.complain('Child returned status 1');
    await fatal(call, 'Error is not recoverable: exiting now');
  }
  const magic = packed.slice(0, 6).bytes();
  const other =
    magic[0] === 0xfd && magic[1] === 0x37
      ? 'xz'
      : magic[0] === 0x42 && magic[1] === 0x5a
        ? 'bzip2'
        : magic[0] === 0x28 && magic[1] === 0xb5
          ? 'zstd'
          : null;
  if (other !== null) await fatal(call, `${other}: not simulated: of the compressors, gzip is`);
  return packed;
}

async function read(call: Invocation): Promise<number> {
  const { ctx, options, out } = call;
  const archive = await open(call);
  const listing = options.has('list');
  const excluded = options.values('exclude').map((p) => globRegex(p));
  const strip = Number(options.value('strip-components') ?? 0);
  const wanted: string[] = [];
  for (const operand of call.operands) {
    if (operand.startsWith(HERE)) await changeDirectory(call, operand.slice(HERE.length));
    else wanted.push(operand.replace(/\/+$/, ''));
  }
  const patterns = options.has('wildcards') ? wanted.map((w) => globRegex(w)) : [];
  const found = new Set<string>();
  const verbose = options.entries.filter(([k]) => k === 'verbose').length;
  const directories: [string, TarEntry][] = [];
  let status = 0;
  for (const entry of readTar(archive)) {
    const bare = entry.name.replace(/^\.\//, '');
    if (wanted.length > 0) {
      const hit = wanted.find(
        (w, i) =>
          entry.name === w ||
          entry.name.startsWith(`${w}/`) ||
          bare === w.replace(/^\.\//, '') ||
          bare.startsWith(`${w.replace(/^\.\//, '')}/`) ||
          patterns[i]?.test(entry.name),
      );
      if (hit === undefined) continue;
      found.add(hit);
    }
    if (excluded.some((x) => x.test(entry.name) || x.test(entry.name.replace(/^.*\//, '')))) continue;
    const shown = `${entry.name}${entry.type === 'directory' ? '/' : ''}`;
    if (listing) {
      await out.write(verbose > 0 ? longLine(entry, shown, options.has('numeric-owner')) : `${shown}\n`);
      continue;
    }
    const parts = entry.name.split('/').filter((p) => p !== '');
    const name = strip === 0 ? entry.name : parts.slice(strip).join('/');
    if (name === '' || name === '.') {
      if (strip === 0 && verbose > 0) await out.write(`${shown}\n`);
      continue;
    }
    if (verbose > 0) await out.write(verbose > 1 ? longLine(entry, shown, false) : `${shown}\n`);
    if (options.has('to-stdout')) {
      if (entry.type === 'file') await out.bytes(entry.content);
      continue;
    }
    if (name.split('/').includes('..')) {
      await call.complain(`${name}: Member name contains '..'`);
      status = 2;
      continue;
    }
    try {
      await extract(call, entry, name);
      if (entry.type === 'directory') directories.push([name, entry]);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(
        `${name}: Cannot ${entry.type === 'directory' ? 'mkdir' : entry.type === 'symlink' ? 'create symlink to ‘' + entry.linkName + '’' : 'open'}: ${error.libc}`,
      );
      status = 2;
    }
  }
  if (!options.has('touch'))
    for (const [name, entry] of directories.reverse()) await ctx.sys.setTimes(ctx, name, entry.mtime);
  for (const name of wanted) {
    if (found.has(name)) continue;
    await call.complain(`${name}: Not found in archive`);
    status = 2;
  }
  if (status !== 0) await call.complain('Exiting with failure status due to previous errors');
  return status;
}

async function changeDirectory(call: Invocation, path: string): Promise<void> {
  try {
    await call.ctx.sys.chdir(call.ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    await call.complain(`${path}: Cannot open: ${error.libc}`);
    await fatal(call, 'Error is not recoverable: exiting now');
  }
}

async function extract(call: Invocation, entry: TarEntry, name: string): Promise<void> {
  const { ctx, options } = call;
  const { sys } = ctx;
  const slash = name.lastIndexOf('/');
  if (slash > 0) await mkdirAll(ctx, name.slice(0, slash));
  const root = ownIds(ctx.process).euid === 0;
  const umask = await sys.umask(ctx, 0);
  await sys.umask(ctx, umask);
  const mode = root || options.has('preserve-permissions') ? entry.mode : entry.mode & 0o777 & ~umask;
  if (entry.type === 'directory') {
    try {
      await sys.mkdir(ctx, name, mode | 0o700);
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
  } else {
    try {
      await sys.lstat(ctx, name);
      if (options.has('keep-old-files')) {
        await call.complain(`${name}: Cannot open: File exists`);
        return;
      }
      await sys.unlink(ctx, name);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
    if (entry.type === 'symlink') await sys.symlink(ctx, entry.linkName, name);
    else if (entry.type === 'hardlink') {
      const strip = Number(options.value('strip-components') ?? 0);
      await sys.link(ctx, entry.linkName.split('/').slice(strip).join('/'), name);
    } else if (entry.type === 'file') await writeFile(ctx, name, entry.content, { mode });
    else await sys.mknod(ctx, name, entry.type, mode, entry.rdev);
  }
  if (root && !options.has('no-same-owner')) await sys.chown(ctx, name, entry.uid, entry.gid, false);
  if (entry.type === 'symlink' || entry.type === 'hardlink') return;
  await sys.chmod(ctx, name, mode);
  if (!options.has('touch')) await sys.setTimes(ctx, name, entry.mtime);
}

async function create(call: Invocation): Promise<number> {
  const { ctx, options, out } = call;
  const { sys } = ctx;
  const target = options.value('file') ?? '-';
  if (target === '-' && (await isTerminal(ctx, 1))) {
    await call.complain('Refusing to write archive contents to terminal (missing -f option?)');
    return fatal(call, 'Error is not recoverable: exiting now');
  }
  const operands = [...call.operands];
  const list = options.value('files-from');
  if (list !== undefined)
    operands.push(
      ...new TextDecoder()
        .decode((await readFileRope(ctx, list === '-' ? '/dev/stdin' : list)).bytes())
        .split('\n')
        .filter((l) => l !== ''),
    );
  if (operands.filter((o) => !o.startsWith(HERE)).length === 0 && list === undefined)
    return fatal(
      call,
      "Cowardly refusing to create an empty archive\nTry 'tar --help' or 'tar --usage' for more information.",
    );
  // The archive's name is where we are now, whatever -C says later.
  const cwd = await sys.getcwd(ctx);
  const absolute = target.startsWith('/') || target === '-' ? target : `${cwd}/${target}`;
  const excluded = options.values('exclude').map((p) => globRegex(p));
  const names = await nameTables(ctx);
  const entries: TarEntry[] = [];
  const seen = new Map<string, string>();
  const complaintsTo = target === '-' ? 2 : 1;
  let status = 0;
  let told = false;
  const add = async (path: string): Promise<void> => {
    const leaf = path.replace(/^.*\//, '');
    if (excluded.some((x) => x.test(path) || x.test(leaf))) return;
    let stat: Awaited<ReturnType<typeof sys.lstat>>;
    try {
      stat = options.has('dereference') ? await sys.stat(ctx, path) : await sys.lstat(ctx, path);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(`${path}: Cannot stat: ${error.libc}`);
      status = 2;
      return;
    }
    if (stat.type === 'socket') {
      await call.complain(`${path}: socket ignored`);
      return;
    }
    let name = path;
    if (!options.has('absolute-names') && /^\/+/.test(name)) {
      if (!told) await call.complain("Removing leading `/' from member names");
      told = true;
      name = name.replace(/^\/+/, '');
    }
    name = name.replace(/\/+$/, '');
    const key = `${stat.dev}:${stat.ino}`;
    const first = stat.nlink > 1 && stat.type !== 'directory' ? seen.get(key) : undefined;
    if (stat.nlink > 1 && first === undefined) seen.set(key, name);
    const owner = options.value('owner');
    const group = options.value('group');
    const entry = tarEntry({
      name,
      type: first !== undefined ? 'hardlink' : stat.type,
      mode: stat.mode,
      uid: owner === undefined ? stat.uid : Number(owner) || 0,
      gid: group === undefined ? stat.gid : Number(group) || 0,
      userName: options.has('numeric-owner') ? '' : names.user(stat.uid),
      groupName: options.has('numeric-owner') ? '' : names.group(stat.gid),
      mtime: (stat.mtime / 1_000_000_000n) * 1_000_000_000n,
      linkName: first ?? (stat.type === 'symlink' ? await sys.readlink(ctx, path) : ''),
      rdev: stat.rdev,
      content: stat.type === 'file' && first === undefined ? await readFileRope(ctx, path) : Rope.empty,
    });
    if (name !== '') entries.push(entry);
    if (options.has('verbose')) {
      const line = `${name}${stat.type === 'directory' ? '/' : ''}\n`;
      if (complaintsTo === 1) await out.write(line);
      else await sys.write(ctx, 2, line);
    }
    if (stat.type !== 'directory' || options.has('no-recursion')) return;
    for (const child of await sys.readDirectory(ctx, path))
      if (child.name !== '.' && child.name !== '..') await add(`${path.replace(/\/+$/, '')}/${child.name}`);
  };
  for (const operand of operands) {
    if (operand.startsWith(HERE)) await changeDirectory(call, operand.slice(HERE.length));
    else await add(operand);
  }
  let archive = writeTar(entries);
  if (options.has('append')) {
    const before = [...readTar(await readFileRope(ctx, absolute))];
    archive = writeTar([...before, ...entries]);
  }
  if (options.has('gzip') || (options.has('auto-compress') && /\.(tgz|gz)$/.test(target))) {
    await ctx.cpu(archive.length * LATENCY.gzipByteNs);
    archive = gzip(archive);
  }
  if (target === '-') await out.bytes(archive);
  else
    try {
      await writeFile(ctx, absolute, archive);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await call.complain(`${target}: Cannot open: ${error.libc}`);
      return fatal(call, 'Error is not recoverable: exiting now');
    }
  if (status !== 0) await call.complain('Exiting with failure status due to previous errors');
  return status;
}
