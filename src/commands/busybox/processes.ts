/** What busybox reads from /proc, and the applets that show or signal processes. @models busybox 1.37 libbb/procps.c, procps/ps.c, kill.c, killall.c, free.c, uptime.c */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { ALL_SIGNALS, parseSignal, type Signal, signalNumber } from '../../linux/signals.ts';
import { strftime } from '../common/dates.ts';
import { isTerminal } from '../common/streams.ts';
import { nameTables } from '../common/users.ts';
import { applet, BadUsage, Fatal } from './applet.ts';
import { USAGES } from './usages.ts';

export type ProcessInfo = {
  pid: number;
  ppid: number;
  pgid: number;
  sid: number;
  uid: number;
  gid: number;
  comm: string;
  state: string;
  ticks: number;
  vszKb: number;
  rssKb: number;
  cpu: number;
  startTicks: number;
  tty: number;
  args: string;
  nice: number;
};

const PAGE_KB = 4;
const TICKS = 100;

export async function scanProcesses(ctx: Context): Promise<ProcessInfo[]> {
  const pids = (await ctx.sys.readDirectory(ctx, '/proc'))
    .map((e) => e.name)
    .filter((n) => /^\d+$/.test(n))
    .map(Number)
    .sort((a, b) => a - b);
  const found: ProcessInfo[] = [];
  for (const pid of pids) {
    try {
      const stat = await readFile(ctx, `/proc/${pid}/stat`);
      const cmdline = await readFile(ctx, `/proc/${pid}/cmdline`);
      const ids = /^Uid:\t\d+\t(\d+).*\nGid:\t\d+\t(\d+)/m.exec(await readFile(ctx, `/proc/${pid}/status`));
      const close = stat.lastIndexOf(')');
      const comm = stat.slice(stat.indexOf('(') + 1, close);
      const f = stat
        .slice(close + 2)
        .trim()
        .split(' ');
      const at = (n: number): number => Number(f[n - 3]);
      const state = f[0] ?? 'S';
      found.push({
        pid,
        ppid: at(4),
        pgid: at(5),
        sid: at(6),
        uid: Number(ids?.[1] ?? 0),
        gid: Number(ids?.[2] ?? 0),
        comm,
        state: `${state}${at(24) === 0 && state !== 'Z' ? 'W' : ' '}${at(19) < 0 ? '<' : at(19) > 0 ? 'N' : ' '} `,
        ticks: at(14) + at(15),
        vszKb: Math.floor(at(23) / 1024),
        rssKb: at(24) * PAGE_KB,
        cpu: at(39),
        startTicks: at(22),
        tty: at(7),
        args: commandText(comm, cmdline),
        nice: at(19),
      });
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  return found;
}

/** The command line, with the name in braces where it differs, in brackets where there is none. */
function commandText(comm: string, cmdline: string): string {
  if (cmdline === '') return `[${comm}]`;
  const text = cmdline.replace(/\0+$/, '').replace(/[\0-\x1f\x7f]/g, ' ');
  const first = (cmdline.split('\0')[0] ?? '').replace(/^-/, '');
  const base = first.slice(first.lastIndexOf('/') + 1);
  return base.startsWith(comm) ? text : `{${comm}} ${text}`;
}

type Column = {
  key: string;
  header: string;
  width: number;
  left?: boolean;
  show: (
    p: ProcessInfo,
    names: { user: (n: number) => string; group: (n: number) => string },
    uptime: number,
  ) => string;
};

function clock(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes >= 1440
    ? `${Math.floor(minutes / 1440)}d${String(Math.floor((minutes % 1440) / 60)).padStart(2, '0')}`
    : minutes >= 60 * 10
      ? `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}`
      : `${minutes}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}

function size(kb: number): string {
  return kb < 10_000
    ? String(kb)
    : kb < 10_240 * 10
      ? `${Math.floor(kb / 1024)}m`
      : kb < 1024 * 1024 * 10
        ? `${Math.floor(kb / 1024)}m`
        : `${Math.floor(kb / 1024 / 1024)}g`;
}

const COLUMNS: readonly Column[] = [
  { key: 'user', header: 'USER', width: 8, left: true, show: (p, n) => n.user(p.uid).slice(0, 8) },
  { key: 'group', header: 'GROUP', width: 8, left: true, show: (p, n) => n.group(p.gid).slice(0, 8) },
  { key: 'comm', header: 'COMMAND', width: 16, left: true, show: (p) => p.comm },
  { key: 'args', header: 'COMMAND', width: 256, left: true, show: (p) => p.args },
  { key: 'pid', header: 'PID', width: 5, show: (p) => String(p.pid) },
  { key: 'ppid', header: 'PPID', width: 5, show: (p) => String(p.ppid) },
  { key: 'pgid', header: 'PGID', width: 5, show: (p) => String(p.pgid) },
  { key: 'etime', header: 'ELAPSED', width: 7, show: (p, _, up) => clock(up - p.startTicks / TICKS) },
  { key: 'nice', header: 'NI', width: 5, show: (p) => String(p.nice) },
  { key: 'rgroup', header: 'RGROUP', width: 8, left: true, show: (p, n) => n.group(p.gid).slice(0, 8) },
  { key: 'ruser', header: 'RUSER', width: 8, left: true, show: (p, n) => n.user(p.uid).slice(0, 8) },
  { key: 'time', header: 'TIME', width: 5, show: (p) => clock(p.ticks / TICKS) },
  {
    key: 'tty',
    header: 'TT',
    width: 6,
    left: true,
    show: (p) => (p.tty === 0 ? '?' : `${Math.floor(p.tty / 256)},${p.tty % 256}`),
  },
  { key: 'vsz', header: 'VSZ', width: 4, show: (p) => size(p.vszKb) },
  { key: 'sid', header: 'SID', width: 5, show: (p) => String(p.sid) },
  { key: 'stat', header: 'STAT', width: 4, left: true, show: (p) => p.state.trimEnd() },
  { key: 'rss', header: 'RSS', width: 4, show: (p) => size(p.rssKb) },
];

export const ps = applet(USAGES['ps'] ?? ['', ''], 'o:aAdefl:T', async (call) => {
  const { ctx, flags, out } = call;
  const columns: { column: Column; header: string }[] = [];
  const wanted = flags.has('o') ? flags.values('o').join(',') : 'pid,user,time,args';
  for (const item of wanted.split(/[,\s]+/)) {
    const [key, header] = item.split('=');
    const column = COLUMNS.find((c) => c.key === key);
    if (column === undefined)
      throw new Fatal(`bad -o argument '${key ?? ''}', supported arguments: ${COLUMNS.map((c) => c.key).join(',')}`);
    columns.push({ column, header: header ?? column.header });
  }
  const names = await nameTables(ctx);
  const uptime = Number((await readFile(ctx, '/proc/uptime')).split(' ')[0]);
  const width = (await isTerminal(ctx, 1)) ? (await ctx.sys.getWindowSize(ctx, 1)).columns || 80 : Infinity;
  const row = (cells: string[]): string =>
    cells.map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(columns[i]?.column.width ?? 0))).join(' ');
  await out.write(`${row(columns.map((c) => c.header))}\n`);
  for (const p of await scanProcesses(ctx)) {
    const cells = columns.map(({ column }) => {
      const text = column.show(p, names, uptime);
      return column.left ? text : text.padStart(column.width);
    });
    await out.write(`${row(cells).slice(0, width)}\n`);
  }
  return 0;
});

function signalList(): string {
  return ALL_SIGNALS.map((s) => `${String(signalNumber(s)).padStart(2)}) ${s.slice(3)}\n`).join('');
}

/** Takes `-9`, `-KILL`, `-s KILL` off; null if that is not a signal. */
function takeSignal(args: string[]): Signal | 0 {
  const [first, second] = args;
  if (first === undefined || !/^-./.test(first) || first === '--') return 'SIGTERM';
  const text = first === '-s' ? (second ?? '') : first.slice(1).replace(/^s(?=[A-Z])/, '');
  if (text === '0') {
    args.splice(0, first === '-s' ? 2 : 1);
    return 0;
  }
  const signal = parseSignal(text);
  if (signal === null) throw new Fatal(`bad signal name '${text}'`);
  args.splice(0, first === '-s' ? 2 : 1);
  return signal;
}

export async function killMain(ctx: Context, argv: string[]): Promise<number> {
  return applet(USAGES['kill'] ?? ['', ''], '', async ({ out, complain, operands }) => {
    const args = operands.map(unmask);
    if (args[0] === '-l') {
      const names = args.slice(1);
      if (names.length === 0) await out.write(signalList());
      for (const name of names) {
        const signal = parseSignal(name);
        if (signal === null) throw new Fatal(`unknown signal '${name}'`);
        await out.write(/^\d+$/.test(name) ? `${signal.slice(3)}\n` : `${signalNumber(signal)}\n`);
      }
      return 0;
    }
    const signal = takeSignal(args);
    if (args[0] === '--') args.shift();
    if (args.length === 0) throw new Fatal('you need to specify whom to kill');
    let status = 0;
    for (const arg of args) {
      if (!/^-?\d+$/.test(arg)) {
        await complain(`invalid number '${arg}'`);
        status = 1;
        continue;
      }
      try {
        await ctx.sys.kill(ctx, Number(arg), signal);
      } catch (error) {
        if (!isErrno(error)) throw error;
        await complain(`can't kill pid ${arg}: ${error.libc}`);
        status = 1;
      }
    }
    return status;
  })(ctx, masked(argv));
}

export async function killallMain(ctx: Context, argv: string[]): Promise<number> {
  return applet(USAGES['killall'] ?? ['', ''], '', async ({ out, complain, operands }) => {
    const args = operands.map(unmask);
    if (args[0] === '-l') {
      await out.write(signalList());
      return 0;
    }
    const quiet = args[0] === '-q';
    if (quiet) args.shift();
    const signal = takeSignal(args);
    if (args.length === 0) throw new BadUsage('');
    const all = await scanProcesses(ctx);
    let status = 0;
    for (const name of args) {
      const matching = all.filter((p) => p.comm === name.slice(0, 15) && p.pid !== ctx.sys.getpid(ctx));
      if (matching.length === 0) {
        status = 1;
        if (!quiet) await complain(`${name}: no process killed`);
      }
      for (const p of matching) await ctx.sys.kill(ctx, p.pid, signal);
    }
    return status;
  })(ctx, masked(argv));
}

/** Keeps the frame's option parser away from arguments that begin with a dash. */
function masked(argv: readonly string[]): string[] {
  return argv.map((a, i) => (i > 0 && a.startsWith('-') ? `\0${a}` : a));
}

function unmask(arg: string): string {
  return arg.startsWith('\0') ? arg.slice(1) : arg;
}

export async function meminfo(ctx: Context): Promise<(key: string) => number> {
  const text = await readFile(ctx, '/proc/meminfo');
  return (key) => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

export const free = applet(USAGES['free'] ?? ['', ''], 'bkmgh', async ({ ctx, flags, out }) => {
  const kb = await meminfo(ctx);
  const unit = flags.last('bkmgh') ?? 'k';
  const show = (value: number): string => {
    if (unit === 'h')
      return value < 1024
        ? `${value}K`
        : value < 1024 * 1024
          ? `${(value / 1024).toFixed(1)}M`
          : `${(value / 1024 / 1024).toFixed(1)}G`;
    return String(Math.floor({ b: value * 1024, k: value, m: value / 1024, g: value / 1024 / 1024 }[unit] ?? value));
  };
  const cells = (values: number[]): string =>
    values
      .map((v) => ` ${show(v).padStart(11)}`)
      .join('')
      .slice(1);
  const cached = kb('Buffers') + kb('Cached') + kb('SReclaimable');
  const [total, unused] = [kb('MemTotal'), kb('MemFree')];
  await out.write('              total        used        free      shared  buff/cache   available\n');
  await out.write(
    `Mem:    ${cells([total, total - unused - cached, unused, kb('Shmem'), cached, kb('MemAvailable')])}\n`,
  );
  await out.write(`Swap:   ${cells([kb('SwapTotal'), kb('SwapTotal') - kb('SwapFree'), kb('SwapFree')])}\n`);
  return 0;
});

export const uptime = applet(USAGES['uptime'] ?? ['', ''], '', async ({ ctx, out }) => {
  const seconds = Math.floor(Number((await readFile(ctx, '/proc/uptime')).split(' ')[0]));
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const load = (await readFile(ctx, '/proc/loadavg')).split(' ').slice(0, 3).join(', ');
  const daysText = days > 0 ? `${days} day${days === 1 ? '' : 's'}, ` : '';
  await out.write(
    ` ${strftime('%H:%M:%S', ctx.wallTime)} up ${daysText}${hours > 0 ? `${String(hours).padStart(2)}:${String(minutes).padStart(2, '0')}` : `${minutes} min`},  load average: ${load}\n`,
  );
  return 0;
});
