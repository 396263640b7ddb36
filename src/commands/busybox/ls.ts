/** @models busybox 1.37 coreutils/ls.c @fidelity partial: no -X by locale, no SELinux */
import { isErrno } from '../../linux/errno.ts';
import type { Stat } from '../../linux/syscalls.ts';
import { strftime } from '../common/dates.ts';
import { modeString } from '../common/modes.ts';
import { isTerminal } from '../common/streams.ts';
import { nameTables } from '../common/users.ts';
import { compareVersions } from '../ls/ls.ts';
import { applet } from './applet.ts';
import { USAGES } from './usages.ts';

type Entry = { name: string; path: string; stat: Stat; target: string | null };

const HALF_YEAR_NS = 15_768_000n * 1_000_000_000n;

/** In units of 1024 bytes. */
function blocks(stat: Stat): number {
  return stat.blocks / 2;
}

/** 1.5K, 12.0M: busybox's make_human_readable_str. */
export function human(bytes: number, unit = 1): string {
  let value = bytes * unit;
  if (value < 1024) return String(value);
  const units = ['K', 'M', 'G', 'T', 'P', 'E'];
  let at = -1;
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return `${(Math.round(value * 10) / 10).toFixed(1)}${units[at]}`;
}

function colour(stat: Stat): string {
  switch (stat.type) {
    case 'directory':
      return '\x1b[1;34m';
    case 'symlink':
      return '\x1b[1;36m';
    case 'fifo':
      return '\x1b[0;33m';
    case 'socket':
      return '\x1b[1;35m';
    case 'char':
    case 'block':
      return '\x1b[1;33m';
    default:
      return (stat.mode & 0o111) !== 0 ? '\x1b[1;32m' : '\x1b[0;0m';
  }
}

export const ls = applet(
  USAGES['ls'] ?? ['', ''],
  '1AaCxdLHRFplinshrSXvctuw:T:k',
  async (call) => {
    const { ctx, flags, out } = call;
    const tty = await isTerminal(ctx, 1);
    const when = flags.value('color');
    const colours =
      when === undefined
        ? tty
        : when === 'never' || when === 'no' || when === 'none'
          ? false
          : when === 'always' || when === 'yes' || when === 'force' || when === ''
            ? true
            : tty;
    const long = flags.has('l') || flags.has('n') || flags.has('full-time');
    const follow = flags.has('L');
    let width = 80;
    if (tty) width = (await ctx.sys.getWindowSize(ctx, 1)).columns || 80;
    if (flags.has('w')) width = Number(flags.value('w')) || 80;
    const columns = !long && !flags.has('1') && (tty || flags.has('C') || flags.has('x'));
    const names = await nameTables(ctx);
    let status = 0;

    const entry = async (path: string, name: string, argument: boolean): Promise<Entry | null> => {
      try {
        const through = follow || (argument && (flags.has('H') || (!long && !flags.has('d') && !flags.has('F'))));
        let stat: Stat;
        try {
          stat = through ? await ctx.sys.stat(ctx, path) : await ctx.sys.lstat(ctx, path);
        } catch (error) {
          if (!isErrno(error, 'ENOENT') || !through) throw error;
          stat = await ctx.sys.lstat(ctx, path);
        }
        return { name, path, stat, target: long && stat.type === 'symlink' ? await ctx.sys.readlink(ctx, path) : null };
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`${path}: ${error.libc}`);
        status = 1;
        return null;
      }
    };

    const time = (stat: Stat): bigint => (flags.has('c') ? stat.ctime : flags.has('u') ? stat.atime : stat.mtime);
    const sort = (entries: Entry[]): Entry[] => {
      const by = flags.last('SXvt') ?? (flags.has('c') || flags.has('u') ? (long ? '' : 't') : '');
      const extension = (n: string): string => (n.includes('.') ? n.slice(n.lastIndexOf('.')) : '');
      const compare = (a: Entry, b: Entry): number => {
        if (flags.has('group-directories-first') && (a.stat.type === 'directory') !== (b.stat.type === 'directory'))
          return a.stat.type === 'directory' ? -1 : 1;
        let order = 0;
        if (by === 'S') order = b.stat.size - a.stat.size;
        else if (by === 't') order = time(b.stat) > time(a.stat) ? 1 : time(b.stat) < time(a.stat) ? -1 : 0;
        else if (by === 'X')
          order = extension(a.name) < extension(b.name) ? -1 : extension(a.name) > extension(b.name) ? 1 : 0;
        else if (by === 'v') order = compareVersions(a.name, b.name);
        if (order === 0) order = a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
        return flags.has('r') ? -order : order;
      };
      return entries.sort(compare);
    };

    const suffix = (stat: Stat): string => {
      if (stat.type === 'directory' && (flags.has('F') || flags.has('p'))) return '/';
      if (!flags.has('F')) return '';
      if (stat.type === 'symlink') return '@';
      if (stat.type === 'fifo') return '|';
      if (stat.type === 'socket') return '=';
      return stat.type === 'file' && (stat.mode & 0o111) !== 0 ? '*' : '';
    };

    const cell = (e: Entry): { text: string; width: number } => {
      let text = '';
      if (flags.has('i')) text += `${String(e.stat.ino).padStart(7)} `;
      if (flags.has('s'))
        text += flags.has('h')
          ? `${human(blocks(e.stat), 1024).padStart(7)} `
          : `${String(blocks(e.stat)).padStart(6)} `;
      if (long) {
        const { stat } = e;
        const numeric = flags.has('n');
        const when = time(stat);
        const age = ctx.wallTime - when;
        const date = flags.has('full-time')
          ? strftime('%Y-%m-%d %H:%M:%S +0000', when)
          : strftime(age > HALF_YEAR_NS || age < -900_000_000_000n ? '%b %e  %Y' : '%b %e %H:%M', when);
        const owner = (id: string | number): string => String(id).slice(0, 8).padEnd(8);
        const size =
          stat.type === 'char' || stat.type === 'block'
            ? `${String(stat.rdev[0]).padStart(4)}, ${String(stat.rdev[1]).padStart(3)}`
            : flags.has('h')
              ? human(stat.size).padStart(7)
              : String(stat.size).padStart(9);
        text += `${modeString(stat)} ${String(stat.nlink).padStart(4)} ${owner(numeric ? stat.uid : names.user(stat.uid))} ${owner(numeric ? stat.gid : names.group(stat.gid))} ${size} ${date} `;
      }
      const plain = `${text}${e.name}${suffix(e.stat)}`;
      const shown = colours ? `${text}${colour(e.stat)}${e.name}\x1b[m${suffix(e.stat)}` : plain;
      return { text: e.target === null ? shown : `${shown} -> ${e.target}`, width: [...plain].length };
    };

    const show = async (entries: Entry[]): Promise<void> => {
      const cells = sort(entries).map(cell);
      if (!columns) {
        for (const c of cells) await out.write(`${c.text}\n`);
        return;
      }
      const widest = Math.max(0, ...cells.map((c) => c.width)) + 2;
      const across = Math.max(1, Math.floor((width - 1) / widest));
      const rows = Math.ceil(cells.length / across);
      for (let row = 0; row < rows; row++) {
        let line = '';
        for (let column = 0; column < across; column++) {
          const c = flags.has('x') ? cells[row * across + column] : cells[column * rows + row];
          if (c === undefined) continue;
          const next = flags.has('x') ? cells[row * across + column + 1] : cells[(column + 1) * rows + row];
          line += c.text + (next === undefined || column === across - 1 ? '' : ' '.repeat(widest - c.width));
        }
        await out.write(`${line}\n`);
      }
    };

    const operands = call.operands.length === 0 ? ['.'] : call.operands;
    const arguments_: Entry[] = [];
    for (const path of operands) {
      const e = await entry(path, path, true);
      if (e !== null) arguments_.push(e);
    }
    const files = arguments_.filter((e) => flags.has('d') || e.stat.type !== 'directory');
    const directories = sort(arguments_.filter((e) => !files.includes(e)));
    if (files.length > 0) await show(files);
    let first = files.length === 0;
    const showDirectory = async (e: Entry, titled: boolean): Promise<void> => {
      if (!first) await out.write('\n');
      first = false;
      if (titled) await out.write(`${e.path}:\n`);
      const inside: Entry[] = [];
      try {
        const found = (await ctx.sys.readDirectory(ctx, e.path))
          .map((d) => d.name)
          .filter((n) => n !== '.' && n !== '..');
        const list = [
          ...(flags.has('a') ? ['.', '..'] : []),
          ...found.filter((n) => flags.has('a') || flags.has('A') || !n.startsWith('.')),
        ];
        for (const name of list) {
          const child = await entry(e.path.endsWith('/') ? `${e.path}${name}` : `${e.path}/${name}`, name, false);
          if (child !== null) inside.push(child);
        }
      } catch (error) {
        if (!isErrno(error)) throw error;
        await call.complain(`can't open '${e.path}': ${error.libc}`);
        status = 1;
        return;
      }
      if (long || flags.has('s')) {
        const total = inside.reduce((sum, i) => sum + blocks(i.stat), 0);
        await out.write(
          flags.has('h') ? `total ${human(total, 1024).replace('.0', '').padEnd(7)}\n` : `total ${total}\n`,
        );
      }
      await show(inside);
      if (flags.has('R'))
        for (const child of inside)
          if (child.stat.type === 'directory' && child.name !== '.' && child.name !== '..')
            await showDirectory(child, true);
    };
    for (const e of directories) await showDirectory(e, arguments_.length > 1 || flags.has('R'));
    return status;
  },
  { 'color?': 'color', 'full-time': 'full-time', 'group-directories-first': 'group-directories-first' },
);
