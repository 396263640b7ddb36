/** @models procps-ng 4.0.4 src/ps @fidelity partial: threads are not listed one by one; -m, -L and s, v, X formats are missing */

import { compareStrings } from '../../go/quote.ts';
import { printError, readFile } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { memoryTotals, type ProcessInfo, readProcesses, ttyName, uptimeSeconds } from '../common/processes.ts';
import { isTerminal, Output } from '../common/streams.ts';
import { nameTables, readUsers } from '../common/users.ts';
import { COLUMNS, type Column, FORMATS, type View } from './columns.ts';
import { forest, layOut, type Row } from './layout.ts';

class Bad extends Error {}

type Request = {
  all: boolean;
  select: ((p: ProcessInfo) => boolean)[];
  bsdA: boolean;
  bsdX: boolean;
  runningOnly: boolean;
  invert: boolean;
  columns: { column: Column; header: string }[];
  format: string;
  forest: '' | 'art' | 'indent';
  noHeader: boolean;
  wide: number;
  sort: { key: (p: ProcessInfo) => number | string; descending: boolean }[];
  columnsWidth: number | null;
};

export const ps: Program = {
  name: 'ps',
  rssBytes: 3_800_000,
  async main(ctx, argv) {
    let request: Request;
    try {
      request = await parse(ctx, argv.slice(1));
    } catch (error) {
      if (!(error instanceof Bad)) throw error;
      if (error.message === 'help') {
        const out = new Output(ctx);
        await out.write(HELP);
        await out.flush();
        return 0;
      }
      if (error.message === 'version') {
        const out = new Output(ctx);
        await out.write('ps from procps-ng 4.0.4\n');
        await out.flush();
        return 0;
      }
      await printError(ctx, `error: ${error.message}\n\n${USAGE}`);
      return 1;
    }
    const all = await readProcesses(ctx);
    const own = all.find((p) => p.pid === ctx.sys.getpid(ctx));
    let chosen: ProcessInfo[];
    if (request.all) chosen = all;
    else {
      const selections = [...request.select];
      if (request.bsdA && request.bsdX) selections.push(() => true);
      else if (request.bsdA) selections.push((p) => p.tty !== 0);
      else if (request.bsdX) selections.push((p) => p.euid === own?.euid);
      else if (selections.length === 0) selections.push((p) => p.tty === own?.tty && p.euid === own?.euid);
      chosen = all.filter((p) => selections.some((s) => s(p)));
    }
    if (request.invert) chosen = all.filter((p) => !chosen.includes(p));
    if (request.runningOnly) chosen = chosen.filter((p) => p.state === 'R' || p.state === 'D');
    const tables = await nameTables(ctx);
    const uptime = await uptimeSeconds(ctx);
    const btime = /^btime (\d+)/m.exec(await readFile(ctx, '/proc/stat'))?.[1] ?? '0';
    const view: View = {
      ctx,
      nowNs: ctx.wallTime,
      bootNs: BigInt(btime) * 1_000_000_000n,
      uptime,
      memTotalKb: (await memoryTotals(ctx))['MemTotal'] ?? 1,
      ...tables,
    };
    if (request.sort.length > 0) {
      chosen.sort((a, b) => {
        for (const { key, descending } of request.sort) {
          const [x, y] = [key(a), key(b)];
          const order = typeof x === 'number' && typeof y === 'number' ? x - y : compareStrings(String(x), String(y));
          if (order !== 0) return descending ? -order : order;
        }
        return 0;
      });
    }
    const rows: Row[] =
      request.forest === ''
        ? chosen.map((process) => ({ process, art: '' }))
        : forest(chosen, request.forest === 'indent');
    const columns = request.columns;
    const out = new Output(ctx);
    const terminal = await isTerminal(ctx, 1);
    const limit =
      request.columnsWidth ??
      (terminal && request.wide < 2
        ? (await ctx.sys.getWindowSize(ctx, 1)).columns * (request.wide === 1 ? 2 : 1)
        : Infinity);
    const line = (texts: readonly string[]): string =>
      layOut(
        columns.map(({ column, header }, i) => ({
          text: texts[i] as string,
          width: Math.max(column.width, header.length),
          right: column.right,
        })),
        limit,
      );
    if (!request.noHeader && columns.some((c) => c.header !== '')) await out.write(line(columns.map((c) => c.header)));
    for (const { process, art } of rows) {
      const cells: string[] = [];
      for (const [i, { column, header }] of columns.entries()) {
        const cell = `${column.rest ? art : ''}${await column.value(process, view)}`;
        cells.push(column.rest && i < columns.length - 1 ? cell.slice(0, Math.max(column.width, header.length)) : cell);
      }
      await out.write(line(cells));
    }
    await out.flush();
    return rows.length > 0 ? 0 : 1;
  },
};

const USAGE =
  "Usage:\n ps [options]\n\n Try 'ps --help <simple|list|output|threads|misc|all>'\n  or 'ps --help <s|l|o|t|m|a>'\n for additional help text.\n\nFor more details see ps(1).\n";
const HELP =
  '\nUsage:\n ps [options]\n\nBasic options:\n -A, -e               every process\n -a                   all with a terminal, but no session leaders\n  a                   all with a terminal\n -d                   all but session leaders\n -N, --deselect       the others\n  r                   only running ones\n  T                   all on this terminal\n  x                   those without a terminal too\n\nFor more details see ps(1).\n';

async function parse(ctx: Parameters<typeof readProcesses>[0], args: readonly string[]): Promise<Request> {
  const request: Request = {
    all: false,
    select: [],
    bsdA: false,
    bsdX: false,
    runningOnly: false,
    invert: false,
    columns: [],
    format: '',
    forest: '',
    noHeader: false,
    wide: 0,
    sort: [],
    columnsWidth: null,
  };
  const users = await readUsers(ctx);
  const list = (text: string): string[] => text.split(/[ ,]+/).filter((t) => t !== '');
  const numbers = (text: string, what = 'process ID'): number[] =>
    list(text).map((t) => {
      if (!/^\d+$/.test(t))
        throw new Bad(what === 'process ID' ? 'process ID list syntax error' : `list of ${what}s must follow`);
      return Number(t);
    });
  /** `pid,ppid=PARENT`: a header takes the rest, unless it is empty and a comma follows. */
  const addFormat = (text: string): void => {
    for (let left = text.replace(/^[ ,]+/, ''); left !== ''; ) {
      const [whole, spec = '', sign, follow = ''] = /^([^ ,=]+)(=(,)?|[ ,]*)/.exec(left) ?? [];
      if (whole === undefined || sign === undefined) throw new Bad('improper format list');
      left = left.slice(whole.length);
      const [key = '', width] = spec.split(':');
      const column = COLUMNS[key.toLowerCase()];
      if (column === undefined || key === 'uid_hack') throw new Bad(`unknown user-defined format specifier "${key}"`);
      const sized = width === undefined ? column : { ...column, width: Number(width) };
      let { header } = column;
      if (sign.startsWith('=')) {
        header = follow === ',' ? '' : left;
        if (follow !== ',') left = '';
      }
      request.columns.push({ column: sized, header });
    }
  };
  const addSort = (text: string): void => {
    for (const spec of list(text)) {
      const key = spec.replace(/^[+-]/, '').toLowerCase();
      const column = COLUMNS[key];
      if (column === undefined) throw new Bad(`unknown sort specifier`);
      request.sort.push({
        key: column.sort ?? ((p) => String(column.value(p, {} as View))),
        descending: spec.startsWith('-'),
      });
    }
  };
  const userIds = (text: string): number[] =>
    list(text).map((t) => {
      const found = users.find((u) => u.name === t)?.uid ?? (/^\d+$/.test(t) ? Number(t) : null);
      if (found === null) throw new Bad('user name does not exist');
      return found;
    });
  const byTty = (text: string): ((p: ProcessInfo) => boolean) => {
    const names = list(text)
      .map((t) => t.replace(/^\/dev\//, ''))
      .map((t) => (/^\d+$/.test(t) ? `pts/${t}` : t));
    return (p) => names.includes(ttyName(p.tty)) || (names.includes('-') && p.tty === 0);
  };
  const withValue: Record<string, (value: string) => void> = {
    p: (v) => {
      const pids = numbers(v);
      request.select.push((p) => pids.includes(p.pid));
    },
    C: (v) => {
      const names = list(v);
      request.select.push((p) => names.includes(p.comm));
    },
    u: (v) => {
      const ids = userIds(v);
      request.select.push((p) => ids.includes(p.euid));
    },
    U: (v) => {
      const ids = userIds(v);
      request.select.push((p) => ids.includes(p.ruid));
    },
    t: (v) => {
      request.select.push(byTty(v));
    },
    s: (v) => {
      const ids = numbers(v);
      request.select.push((p) => ids.includes(p.session));
    },
    g: (v) => {
      const ids = numbers(v);
      request.select.push((p) => ids.includes(p.session));
    },
    G: (v) => {
      const ids = numbers(v);
      request.select.push((p) => ids.includes(p.rgid));
    },
    q: (v) => {
      const pids = numbers(v);
      request.select.push((p) => pids.includes(p.pid));
    },
    o: addFormat,
    k: addSort,
    O: (v) => {
      addFormat('pid');
      addFormat(v);
      addFormat('state,tname,time,command');
    },
  };
  const LONG_VALUE: Record<string, string> = {
    pid: 'p',
    user: 'u',
    User: 'U',
    tty: 't',
    sid: 's',
    group: 'G',
    Group: 'G',
    format: 'o',
    sort: 'k',
    'quick-pid': 'q',
  };
  const queue = [...args];
  for (let arg = queue.shift(); arg !== undefined; arg = queue.shift()) {
    if (arg.startsWith('--')) {
      const eq = arg.indexOf('=');
      const key = eq < 0 ? arg.slice(2) : arg.slice(2, eq);
      const value = (): string => (eq >= 0 ? (arg as string).slice(eq + 1) : (queue.shift() ?? ''));
      if (key === 'forest') request.forest = 'art';
      else if (
        key === 'no-headers' ||
        key === 'no-heading' ||
        key === 'no-headings' ||
        key === 'noheaders' ||
        key === 'noheader'
      )
        request.noHeader = true;
      else if (key === 'headers') continue;
      else if (key === 'deselect') request.invert = true;
      else if (key === 'ppid') {
        const pids = numbers(value());
        request.select.push((p) => pids.includes(p.ppid));
      } else if (key === 'cols' || key === 'columns' || key === 'width') request.columnsWidth = Number(value());
      else if (key === 'help') throw new Bad('help');
      else if (key === 'version') throw new Bad('version');
      else if (LONG_VALUE[key] !== undefined) (withValue[LONG_VALUE[key] as string] as (v: string) => void)(value());
      else throw new Bad('unknown gnu long option');
      continue;
    }
    const isUnix = arg.startsWith('-');
    const letters = isUnix ? arg.slice(1) : arg;
    if (!isUnix && /^\d/.test(arg)) {
      const pids = numbers(arg);
      request.select.push((p) => pids.includes(p.pid));
      continue;
    }
    for (let i = 0; i < letters.length; i++) {
      const c = letters[i] as string;
      const rest = letters.slice(i + 1);
      const take = (): string => {
        i = letters.length;
        return rest !== '' ? rest : (queue.shift() ?? '');
      };
      if (isUnix) {
        if (c === 'e' || c === 'A') request.all = true;
        else if (c === 'a') request.select.push((p) => p.pid !== p.session && p.tty !== 0);
        else if (c === 'd') request.select.push((p) => p.pid !== p.session);
        else if (c === 'f') request.format = request.format === 'jobs' ? 'full-jobs' : 'full';
        else if (c === 'F') request.format = 'extra-full';
        else if (c === 'l') request.format = 'long';
        else if (c === 'j') request.format = request.format === 'full' ? 'full-jobs' : 'jobs';
        else if (c === 'L' || c === 'T') request.format = 'threads';
        else if (c === 'H') request.forest = 'indent';
        else if (c === 'N') request.invert = true;
        else if (c === 'w') request.wide++;
        else if (c === 'y' || c === 'c' || c === 'P' || c === 'M') continue;
        else if (c === 'V') throw new Bad('version');
        else if (withValue[c] !== undefined) {
          // `-aux` means `aux` where no user is called x.
          if (c === 'u' && rest === 'x' && !users.some((u) => u.name === 'x')) {
            request.all = true;
            request.format = 'user';
            i = letters.length;
            continue;
          }
          const value = take();
          if (value === '')
            throw new Bad(
              {
                o: 'format specification must follow -o',
                p: 'list of process IDs must follow -p',
                C: 'list of command names must follow -C',
                u: 'list of users must follow -u',
                U: 'list of real users must follow -U',
                t: 'list of terminals (pty, tty...) must follow -t',
              }[c] ?? `list must follow -${c}`,
            );
          (withValue[c] as (v: string) => void)(value);
        } else throw new Bad('unsupported SysV option');
      } else if (c === 'a') request.bsdA = true;
      else if (c === 'x') request.bsdX = true;
      else if (c === 'u') request.format = 'user';
      else if (c === 'j') request.format = 'bsd-jobs';
      else if (c === 'l') request.format = 'bsd-long';
      else if (c === 'f') request.forest = 'art';
      else if (c === 'w') request.wide++;
      else if (c === 'h') request.noHeader = true;
      else if (c === 'e' || c === 'c' || c === 'n' || c === 'S') continue;
      else if (c === 'r') request.runningOnly = true;
      else if (c === 'T') {
        const tty = ctx.process.terminal === null ? 0 : 136 * 256 + ctx.process.terminal.index;
        request.select.push((p) => p.tty === tty);
      } else if (c === 'o' || c === 'p' || c === 'U' || c === 't' || c === 'k' || c === 'O')
        (withValue[c] as (v: string) => void)(take());
      else throw new Bad('unsupported option (BSD syntax)');
    }
    if (!isUnix && request.format === '' && request.columns.length === 0) request.format = 'bsd';
  }
  if (request.columns.length === 0) {
    for (const key of (FORMATS[request.format === '' ? 'plain' : request.format] as string).split(',')) {
      const column = COLUMNS[key] as Column;
      request.columns.push({ column, header: column.header });
    }
  }
  return request;
}
