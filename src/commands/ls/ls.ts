/**
 * @models coreutils 9.7 src/ls.c
 * @fidelity partial: names sort by code point (the C locale); colours are dircolors' defaults without LS_COLORS
 */

import { compareStrings } from '../../go/quote.ts';
import { lsStamp } from '../../go/time.ts';
import { isErrno } from '../../linux/errno.ts';
import { getenv } from '../../linux/io.ts';
import type { FileType, Stat } from '../../linux/syscalls.ts';
import { command, type Invocation } from '../common/command.ts';
import { strftime } from '../common/dates.ts';
import { globRegex } from '../common/glob.ts';
import { modeString } from '../common/modes.ts';
import { quoteAlways, quoteIfNeeded } from '../common/quoting.ts';
import { humanSize } from '../common/sizes.ts';
import { isTerminal } from '../common/streams.ts';
import { displayWidth } from '../common/text.ts';
import { nameTables } from '../common/users.ts';
import { colorOf, painted } from './colors.ts';

export type Entry = {
  name: string;
  path: string;
  stat: Stat | null;
  type: FileType;
  target: string | null;
  targetStat: Stat | null;
};

const SECONDS = 1_000_000_000n;
/** Those of `dircolors --print-database`. */
const KNOWN_TERMINALS =
  /^(?:Eterm|ansi|.*color.*|con\d+x\d+.*|cons25|console|cygwin|dtterm|gnome|hurd|jfbterm|konsole|kterm|linux|linux-c|mlterm|putty|rxvt.*|screen.*|st|terminator|tmux.*|vt100|vt220|xterm.*)$/;

export const ls = command(
  {
    name: 'ls',
    usage: ['[OPTION]... [FILE]...'],
    about: 'List FILEs and the contents of directories, the current one by default, in alphabetical order.',
    trouble: 2,
    options: {
      'a,all': 'include entries that begin with a dot',
      'A,almost-all': 'the same without . and ..',
      'b,escape': 'C-style escapes for unusual characters',
      'block-size=SIZE': 'scale sizes by SIZE',
      'B,ignore-backups': 'leave out entries that end in ~',
      c: 'sort by, and with -l show, the time of the last status change',
      C: 'in columns',
      'color[=WHEN]': 'colour the output: always, auto, never',
      'd,directory': 'directories themselves, not what is in them',
      f: 'the same as -a -U',
      'F,classify[=WHEN]': 'append one of */=>@| to entries',
      'file-type': 'the same without *',
      'full-time': 'like -l --time-style=full-iso',
      g: 'like -l without the owner',
      'group-directories-first': 'directories before files',
      'G,no-group': 'no group in a long listing',
      'h,human-readable': 'sizes like 1K 234M 2G',
      si: 'the same in powers of 1000',
      'H,dereference-command-line': 'follow links on the command line',
      'i,inode': 'inode numbers',
      'I,ignore=PATTERN': 'leave out entries that match PATTERN',
      k: '1024-byte blocks',
      l: 'long listing',
      'L,dereference': 'show what links refer to',
      m: 'with commas',
      'n,numeric-uid-gid': 'like -l with numbers for user and group',
      'N,literal': 'names as they are',
      o: 'like -l without the group',
      'p,indicator-style[=WORD]': '/ after directories',
      'q,hide-control-chars': '? for control characters',
      'Q,quote-name': 'names in double quotes',
      'r,reverse': 'in reverse order',
      'R,recursive': 'subdirectories too',
      's,size': 'allocated blocks',
      S: 'largest first',
      'sort=WORD': 'by none, size, time, version, extension, name',
      'time=WORD': 'which time: atime, ctime, mtime',
      'time-style=STYLE': 'full-iso, long-iso, iso, locale or +FORMAT',
      t: 'newest first',
      u: 'sort by, and with -l show, access time',
      U: 'as the directory has them',
      v: 'by version numbers in names',
      'w,width=COLS': 'width of the output',
      x: 'in rows',
      X: 'by extension',
      'Z,context': 'security context',
      zero: 'end lines with NUL',
      '1': 'one entry a line',
    },
    notes:
      'The exit status is 0, 1 after minor problems (a file in a directory), 2 after serious ones (a FILE of the command line).',
  },
  listMain,
);

async function listMain(call: Invocation): Promise<number> {
  const { ctx, options, operands, out } = call;
  const { sys } = ctx;
  const tty = await isTerminal(ctx, 1);
  const long = options.last('l', 'g', 'o', 'numeric-uid-gid', 'full-time', 'C', 'x', 'm', '1', 'zero');
  const isLong =
    ['l', 'g', 'o', 'numeric-uid-gid', 'full-time'].includes(long ?? '') ||
    (long === '1' && ['l', 'g', 'o', 'numeric-uid-gid'].some((k) => options.has(k)));
  const format = isLong
    ? 'long'
    : long === '1' || long === 'zero'
      ? 'one'
      : long === 'm'
        ? 'commas'
        : long === 'x'
          ? 'rows'
          : long === 'C' || tty
            ? 'columns'
            : 'one';
  const showAll = options.last('all', 'almost-all', 'f');
  const colorWhen = options.has('color') ? options.value('color') || 'always' : 'never';
  // Its own colours are for terminals that it knows.
  const knownTerminal =
    (getenv(ctx, 'LS_COLORS') ?? '') !== '' ||
    (getenv(ctx, 'COLORTERM') ?? '') !== '' ||
    KNOWN_TERMINALS.test(getenv(ctx, 'TERM') ?? '');
  const color =
    knownTerminal &&
    (['always', 'yes', 'force'].includes(colorWhen) || (['auto', 'tty', 'if-tty'].includes(colorWhen) && tty));
  const classify = options.has('classify')
    ? 'all'
    : options.has('file-type')
      ? 'type'
      : options.has('indicator-style')
        ? 'slash'
        : 'none';
  const human = options.last('human-readable', 'si', 'k');
  const timeKey =
    options.has('c') || ['ctime', 'status'].includes(options.value('time') ?? '')
      ? 'ctime'
      : options.has('u') || ['atime', 'access', 'use'].includes(options.value('time') ?? '')
        ? 'atime'
        : 'mtime';
  const sort = sortKey(options, isLong);
  const style = options.has('full-time')
    ? 'full-iso'
    : (options.value('time-style') ?? getenv(ctx, 'TIME_STYLE') ?? 'locale');
  const quoting =
    options.has('literal') || (!tty && !options.has('quote-name') && !options.has('escape'))
      ? 'literal'
      : options.has('quote-name')
        ? 'c'
        : options.has('escape')
          ? 'escape'
          : 'shell';
  const ignored = [
    ...options.values('ignore').map((g) => globRegex(g)),
    ...(options.has('ignore-backups') ? [/~$/] : []),
  ];
  const needsStat =
    isLong ||
    options.has('size') ||
    color ||
    classify !== 'none' ||
    sort === 'time' ||
    sort === 'size' ||
    options.has('inode') ||
    options.has('recursive') ||
    options.has('group-directories-first');
  const follow = options.has('dereference');
  const names =
    isLong && long !== 'numeric-uid-gid' && !options.has('numeric-uid-gid')
      ? await nameTables(ctx)
      : { user: String, group: String };
  const width =
    Number(
      options.value('width') ?? (tty ? (await sys.getWindowSize(ctx, 1)).columns : (getenv(ctx, 'COLUMNS') ?? 80)),
    ) || 80;
  const end = options.has('zero') ? '\0' : '\n';
  let status = 0;

  const cannot = async (what: string, path: string, error: unknown, serious: boolean): Promise<void> => {
    if (!isErrno(error)) throw error;
    await call.complain(`cannot ${what} ${quoteAlways(path)}: ${error.libc}`);
    status = Math.max(status, serious ? 2 : 1);
  };

  const examine = async (
    name: string,
    path: string,
    given: boolean,
    knownType: FileType | null,
  ): Promise<Entry | null> => {
    if (!needsStat && !given)
      return { name, path, stat: null, type: knownType ?? 'file', target: null, targetStat: null };
    let stat: Stat | null = null;
    try {
      const deref =
        follow ||
        (given &&
          (options.has('dereference-command-line') || (!isLong && !options.has('directory') && classify === 'none')));
      try {
        stat = deref ? await sys.stat(ctx, path) : await sys.lstat(ctx, path);
      } catch (error) {
        if (!deref || !isErrno(error, 'ENOENT', 'ELOOP')) throw error;
        stat = await sys.lstat(ctx, path);
      }
    } catch (error) {
      await cannot('access', path, error, given);
      if (given) return null;
      return { name, path, stat: null, type: knownType ?? 'file', target: null, targetStat: null };
    }
    const entry: Entry = { name, path, stat, type: stat.type, target: null, targetStat: null };
    if (stat.type === 'symlink' && (isLong || color)) {
      try {
        entry.target = await sys.readlink(ctx, path);
        entry.targetStat = await sys.stat(ctx, path);
      } catch (error) {
        if (!isErrno(error)) throw error;
        if (entry.target === null && isLong) await cannot('read symbolic link', path, error, given);
      }
    }
    return entry;
  };

  const compare = (a: Entry, b: Entry): number => {
    let order = 0;
    if (options.has('group-directories-first')) {
      const dir = (e: Entry): number => (e.type === 'directory' || e.targetStat?.type === 'directory' ? 0 : 1);
      order = dir(a) - dir(b);
      if (order !== 0) return order;
    }
    if (sort === 'size') order = (b.stat?.size ?? 0) - (a.stat?.size ?? 0);
    else if (sort === 'time') {
      const [x, y] = [a.stat?.[timeKey] ?? 0n, b.stat?.[timeKey] ?? 0n];
      order = x < y ? 1 : x > y ? -1 : 0;
    } else if (sort === 'extension') order = compareStrings(extension(a.name), extension(b.name));
    else if (sort === 'version') order = compareVersions(a.name, b.name);
    if (order === 0) order = compareStrings(a.name, b.name);
    return options.has('reverse') ? -order : order;
  };
  const ordered = (entries: Entry[]): Entry[] =>
    sort === 'none' ? (options.has('reverse') ? entries.reverse() : entries) : entries.sort(compare);

  /** In units of 1024 bytes. */
  const blocks = (stat: Stat | null): number => (stat?.blocks ?? 0) / 2;
  const sizeText = (bytes: number): string =>
    human === 'human-readable' ? humanSize(bytes) : human === 'si' ? humanSize(bytes, true) : String(bytes);
  const blockText = (stat: Stat | null): string =>
    human === 'human-readable' || human === 'si'
      ? humanSize(blocks(stat) * 1024, human === 'si')
      : String(blocks(stat));
  const shownName = (name: string): string =>
    quoting === 'literal'
      ? tty
        ? name.replace(/[\x00-\x1f\x7f]/g, '?')
        : name
      : quoting === 'c'
        ? `"${name.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`
        : quoting === 'escape'
          ? name.replace(/[\\ ]/g, '\\$&').replaceAll('\n', '\\n')
          : quoteIfNeeded(name);
  const indicator = (type: FileType, mode: number): string => {
    if (classify === 'none') return '';
    if (type === 'directory') return '/';
    if (classify === 'slash') return '';
    if (type === 'symlink') return '@';
    if (type === 'fifo') return '|';
    if (type === 'socket') return '=';
    return classify === 'all' && type === 'file' && (mode & 0o111) !== 0 ? '*' : '';
  };
  let colorUsed = false;
  /** The first colour of a listing follows a reset. */
  const paintWith = (text: string, code: string | null): string => {
    if (!color || code === null) return text;
    const reset = colorUsed ? '' : '\x1b[0m';
    colorUsed = true;
    return reset + painted(text, code);
  };
  const paint = (text: string, e: { type: FileType; mode: number; name: string; broken?: boolean }): string =>
    paintWith(text, colorOf(e));
  const label = (e: Entry): string =>
    paint(shownName(e.name), {
      type: e.type,
      mode: e.stat?.mode ?? 0,
      name: e.name,
      broken: e.type === 'symlink' && e.targetStat === null,
    });

  const timeText = (ns: bigint): string => {
    if (style.startsWith('+')) {
      const [recent = '', old] = style.slice(1).split('\n');
      return strftime(old !== undefined && ctx.wallTime - ns > 15_778_476n * SECONDS ? recent : (old ?? recent), ns);
    }
    if (style === 'full-iso') return strftime('%Y-%m-%d %H:%M:%S.%N %z', ns);
    if (style === 'long-iso') return strftime('%Y-%m-%d %H:%M', ns);
    if (style === 'iso')
      return ctx.wallTime - ns < 15_778_476n * SECONDS ? strftime('%m-%d %H:%M', ns) : strftime('%Y-%m-%d ', ns);
    return lsStamp(ns, ctx.wallTime);
  };

  const print = async (entries: Entry[], directory: boolean): Promise<void> => {
    if (directory && (isLong || options.has('size'))) {
      const total = entries.reduce((sum, e) => sum + blocks(e.stat), 0);
      await out.write(
        `total ${human === 'human-readable' || human === 'si' ? humanSize(total * 1024, human === 'si') : total}${end}`,
      );
    }
    const inodeWidth = options.has('inode') ? Math.max(...entries.map((e) => String(e.stat?.ino ?? '?').length)) : 0;
    const blockWidth = options.has('size') ? Math.max(...entries.map((e) => blockText(e.stat).length)) : 0;
    const lead = (e: Entry, pad: boolean): string =>
      (options.has('inode') ? `${String(e.stat?.ino ?? '?').padStart(pad ? inodeWidth : 0)} ` : '') +
      (options.has('size') ? `${blockText(e.stat).padStart(pad ? blockWidth : 0)} ` : '');
    if (isLong) {
      const rows = entries.map((e) => longFields(e));
      const max = (i: number): number => Math.max(0, ...rows.map((r) => displayWidth(r[i] as string)));
      const [nlink, user, group, size, when] = [max(1), max(2), max(3), max(4), max(5)];
      const devices = entries.filter((e) => e.type === 'char' || e.type === 'block');
      const majorWidth = Math.max(0, ...devices.map((e) => String(e.stat?.rdev[0]).length));
      const minorWidth = Math.max(0, ...devices.map((e) => String(e.stat?.rdev[1]).length));
      const sizeWidth = Math.max(size, devices.length > 0 ? majorWidth + 2 + minorWidth : 0);
      for (const [i, e] of entries.entries()) {
        const r = rows[i] as string[];
        const isDevice = e.type === 'char' || e.type === 'block';
        const sizeColumn = isDevice
          ? `${String(e.stat?.rdev[0]).padStart(sizeWidth - 2 - minorWidth)}, ${String(e.stat?.rdev[1]).padStart(minorWidth)}`
          : (r[4] as string).padStart(sizeWidth);
        const owner = options.has('g') ? '' : ` ${padName(r[2] as string, user)}`;
        const groupColumn = options.has('o') || options.has('no-group') ? '' : ` ${padName(r[3] as string, group)}`;
        let name = label(e);
        if (e.target !== null)
          name += ` -> ${e.targetStat === null ? paintWith(shownName(e.target), colorOf({ type: 'file', mode: 0, name: '', broken: true })) : paint(shownName(e.target), { type: e.targetStat.type, mode: e.targetStat.mode, name: e.target })}${e.targetStat === null ? '' : indicator(e.targetStat.type, e.targetStat.mode)}`;
        else name += indicator(e.type, e.stat?.mode ?? 0);
        await out.write(
          `${lead(e, true)}${r[0]} ${(r[1] as string).padStart(nlink)}${owner}${groupColumn} ${sizeColumn} ${(r[5] as string).padStart(when)} ${name}${end}`,
        );
      }
      return;
    }
    // On a terminal names that need no quotes are indented where another one has them.
    const someQuoted =
      quoting === 'shell' &&
      (format === 'columns' || format === 'rows') &&
      entries.some((e) => quoteIfNeeded(e.name) !== e.name);
    const cells = entries.map((e) => {
      const gap = someQuoted && quoteIfNeeded(e.name) === e.name ? ' ' : '';
      const tail = indicator(e.type, e.stat?.mode ?? 0);
      return {
        text: lead(e, format !== 'commas') + gap + label(e) + tail,
        width: lead(e, format !== 'commas').length + displayWidth(gap + shownName(e.name) + tail),
      };
    });
    if (format === 'one') for (const cell of cells) await out.write(cell.text + end);
    else if (format === 'commas') await out.write(commaLines(cells, width));
    else await out.write(columnLines(cells, width, format === 'rows'));
  };

  const padName = (text: string, to: number): string =>
    /^\d+$/.test(text) && names.user === String
      ? text.padStart(to)
      : text + ' '.repeat(Math.max(0, to - displayWidth(text)));

  const longFields = (e: Entry): string[] => {
    const { stat } = e;
    if (stat === null)
      return [`${modeString({ type: e.type, mode: 0 }).replace(/[^dlcbps-]|(?<=.)-/g, '?')}`, '?', '?', '?', '?', '?'];
    return [
      modeString(stat),
      String(stat.nlink),
      names.user(stat.uid),
      names.group(stat.gid),
      e.type === 'char' || e.type === 'block' ? '' : sizeText(stat.size),
      timeText(stat[timeKey]),
    ];
  };

  const listDirectory = async (path: string, given: boolean, header: boolean, first: boolean): Promise<void> => {
    let found: Awaited<ReturnType<typeof sys.readDirectory>>;
    try {
      found = await sys.readDirectory(ctx, path);
    } catch (error) {
      await cannot('open directory', path, error, given);
      return;
    }
    if (header) await out.write(`${first ? '' : '\n'}${shownName(path)}:${end}`);
    const inside = path.endsWith('/') ? path : `${path}/`;
    const entries: Entry[] = [];
    const wanted = found.filter(
      (f) => (showAll !== undefined || !f.name.startsWith('.')) && !ignored.some((r) => r.test(f.name)),
    );
    const all =
      showAll === 'all' || showAll === 'f'
        ? [
            { name: '.', type: 'directory' as const, ino: 0 },
            { name: '..', type: 'directory' as const, ino: 0 },
            ...wanted,
          ]
        : wanted;
    for (const f of all) {
      const entry = await examine(f.name, inside + f.name, false, f.type);
      if (entry !== null) entries.push(entry);
    }
    ordered(entries);
    if (entries.length > 0 || isLong || options.has('size')) await print(entries, true);
    if (!options.has('recursive')) return;
    for (const e of entries)
      if (e.type === 'directory' && e.name !== '.' && e.name !== '..')
        await listDirectory(inside + e.name, false, true, false);
  };

  const files: Entry[] = [];
  const directories: Entry[] = [];
  for (const path of operands.length === 0 ? ['.'] : operands) {
    const entry = await examine(path, path, true, null);
    if (entry === null) continue;
    const isDirectory = !options.has('directory') && entry.stat?.type === 'directory';
    (isDirectory ? directories : files).push(entry);
  }
  ordered(files);
  ordered(directories);
  if (files.length > 0) await print(files, false);
  const headers =
    options.has('recursive') || operands.length > 1 || (operands.length === 1 && directories.length + files.length > 1);
  for (const [i, d] of directories.entries()) await listDirectory(d.path, true, headers, i === 0 && files.length === 0);
  return status;
}

function sortKey(
  options: Invocation['options'],
  isLong: boolean,
): 'name' | 'size' | 'time' | 'none' | 'extension' | 'version' {
  const chosen = options.last('S', 't', 'U', 'f', 'v', 'X', 'sort');
  if (chosen === 'sort') return (options.value('sort') ?? 'name') as 'name';
  if (chosen !== undefined)
    return ({ S: 'size', t: 'time', U: 'none', f: 'none', v: 'version', X: 'extension' } as const)[chosen];
  return (options.has('c') || options.has('u')) && !isLong ? 'time' : 'name';
}

function extension(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot);
}

/** filevercmp in short: digit runs compare as numbers. */
export function compareVersions(a: string, b: string): number {
  const parts = (s: string): string[] => s.match(/\d+|\D+/g) ?? [];
  const [x, y] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const [p = '', q = ''] = [x[i], y[i]];
    const order = /^\d/.test(p) && /^\d/.test(q) ? Number(p) - Number(q) : compareStrings(p, q);
    if (order !== 0) return order;
  }
  return 0;
}

function commaLines(cells: readonly { text: string; width: number }[], width: number): string {
  let out = '';
  let at = 0;
  cells.forEach((cell, i) => {
    const last = i === cells.length - 1;
    if (i > 0) {
      if (at + 1 + cell.width + (last ? 0 : 1) >= width) {
        out += '\n';
        at = 0;
      } else {
        out += ' ';
        at++;
      }
    }
    out += cell.text + (last ? '' : ',');
    at += cell.width + 1;
  });
  return `${out}\n`;
}

/** As many columns as fit, each two wider than its widest name; filled with tabs as GNU ls does. */
function columnLines(cells: readonly { text: string; width: number }[], width: number, byRows: boolean): string {
  const n = cells.length;
  if (n === 0) return '';
  const maxColumns = Math.min(n, Math.max(1, Math.floor(width / 3)));
  let columns = 1;
  let widths: number[] = [Math.max(...cells.map((c) => c.width)) + 2];
  for (let count = maxColumns; count > 1; count--) {
    const rows = Math.ceil(n / count);
    const w: number[] = Array<number>(count).fill(3);
    cells.forEach((cell, i) => {
      const column = byRows ? i % count : Math.floor(i / rows);
      w[column] = Math.max(w[column] as number, cell.width + (column === count - 1 ? 0 : 2));
    });
    if (w.reduce((a, b) => a + b, 0) < width) {
      columns = count;
      widths = w;
      break;
    }
  }
  const rows = Math.ceil(n / columns);
  let out = '';
  for (let row = 0; row < rows; row++) {
    let at = 0;
    for (let column = 0; column < columns; column++) {
      const index = byRows ? row * columns + column : column * rows + row;
      const cell = cells[index];
      if (cell === undefined) break;
      out += cell.text;
      const next = byRows ? row * columns + column + 1 : index + rows;
      if (column + 1 >= columns || next >= n) break;
      out += indent(at + cell.width, at + (widths[column] as number));
      at += widths[column] as number;
    }
    out += '\n';
  }
  return out;
}

function indent(from: number, to: number): string {
  let out = '';
  let at = from;
  while (at < to) {
    if (Math.floor(to / 8) > Math.floor((at + 1) / 8)) {
      out += '\t';
      at += 8 - (at % 8);
    } else {
      out += ' ';
      at++;
    }
  }
  return out;
}
