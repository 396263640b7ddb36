/**
 * top: a screen every five seconds, for ever. Not on a terminal it does the same, 79 columns by 24 lines.
 * @models busybox 1.37 procps/top.c @fidelity partial: no memory view (-m), no threads
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, readFile } from '../../linux/io.ts';
import { type Signal, signalNumber } from '../../linux/signals.ts';
import { Queue } from '../../sim/primitives.ts';
import { isTerminal } from '../common/streams.ts';
import { nameTables } from '../common/users.ts';
import { applet, Fatal } from './applet.ts';
import { meminfo, type ProcessInfo, scanProcesses } from './processes.ts';
import { USAGES } from './usages.ts';

const FIRST_SAMPLE_NS = 100_000_000;
const SECOND_NS = 1_000_000_000;
const LINES_DEFAULT = 24;
const COLUMNS_DEFAULT = 79;
const COLUMNS_MAX = 510;
const CLEAR_TO_END_OF_LINE = '\x1b[K';
const FATAL: readonly Signal[] = [
  'SIGHUP',
  'SIGINT',
  'SIGTERM',
  'SIGQUIT',
  'SIGABRT',
  'SIGALRM',
  'SIGUSR1',
  'SIGUSR2',
  'SIGPIPE',
];

type Jiffies = { values: number[]; total: number; busy: number };
type Sorter = (a: Row, b: Row) => number;
type Row = ProcessInfo & { delta: number };
type Event = { key: string } | { signal: Signal } | 'tick' | 'end-of-input';

const byCpu: Sorter = (a, b) => b.delta - a.delta;
const byMemory: Sorter = (a, b) => b.vszKb - a.vszKb;
const byTime: Sorter = (a, b) => b.ticks - a.ticks;
const byPid: Sorter = (a, b) => b.pid - a.pid;
const KEYS: Record<string, Sorter[]> = {
  p: [byCpu, byMemory, byTime],
  m: [byMemory, byCpu, byTime],
  t: [byTime, byMemory, byCpu],
  n: [byPid, byMemory, byTime],
};

export const top = applet(USAGES['top'] ?? ['', ''], 'd:n:bHm', async ({ ctx, flags }) => {
  const batch = flags.has('b');
  const interval = seconds(flags.value('d') ?? '5');
  let iterations = flags.has('n') ? seconds(flags.value('n') ?? '') : Infinity;
  const events = new Queue<Event>(ctx.scheduler);
  for (const signal of FATAL) ctx.sys.sigaction(ctx, signal, (caught) => events.push({ signal: caught }));
  const raw = !batch && (await isTerminal(ctx, 0));
  const saved = raw ? await ctx.sys.getTermios(ctx, 0) : null;
  if (raw) await ctx.sys.setTermios(ctx, 0, { canonical: false, echo: false, signals: false });
  if (!batch) ctx.go('keys', (c) => readKeys(c, events));
  let sorters = KEYS['p'] as Sorter[];
  let previous = await sample(ctx);
  let cpu = await jiffies(ctx);
  await ctx.sleep(FIRST_SAMPLE_NS);
  let tick = 0;
  try {
    for (;;) {
      const now = await jiffies(ctx);
      const processes = await sample(ctx);
      const rows = processes.map((p) => ({
        ...p,
        delta: Math.max(0, p.ticks - (previous.find((q) => q.pid === p.pid)?.ticks ?? p.ticks)),
      }));
      rows.sort((a, b) => sorters.map((s) => s(a, b)).find((order) => order !== 0) ?? 0);
      await show(ctx, rows, cpu, now, batch);
      previous = processes;
      cpu = now;
      if (--iterations <= 0) break;
      const mine = ++tick;
      ctx.go('tick', async (c) => {
        await c.sleep(interval * SECOND_NS);
        if (mine === tick) events.push('tick');
      });
      let event = await events.take();
      // At the end of input only the clock counts.
      while (event === 'end-of-input') event = await events.take();
      if (event === null) break;
      if (typeof event === 'object' && 'signal' in event) {
        if (saved !== null) await ctx.sys.setTermios(ctx, 0, saved);
        // As pid 1 the signal's default action does nothing, and the exit status says which it was.
        ctx.sys.sigaction(ctx, event.signal, 'default');
        await ctx.sys.kill(ctx, ctx.sys.getpid(ctx), event.signal);
        return 128 + signalNumber(event.signal);
      }
      if (typeof event === 'object') {
        const key = event.key.toLowerCase();
        if (key === 'q' || key === '\x03') break;
        sorters = KEYS[key] ?? sorters;
      }
    }
  } finally {
    if (saved !== null) await ctx.sys.setTermios(ctx, 0, saved);
  }
  await print(ctx, '\n');
  return 0;
});

function seconds(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new Fatal(`invalid number '${text}'`);
  return Math.abs(Number(text));
}

async function readKeys(ctx: Context, events: Queue<Event>): Promise<void> {
  try {
    for (;;) {
      const bytes = await ctx.sys.read(ctx, 0, 1);
      if (bytes.length === 0) break;
      events.push({ key: String.fromCharCode(bytes[0] as number) });
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  events.push('end-of-input');
}

function sample(ctx: Context): Promise<ProcessInfo[]> {
  return scanProcesses(ctx);
}

async function jiffies(ctx: Context): Promise<Jiffies> {
  const line = (await readFile(ctx, '/proc/stat')).split('\n')[0] ?? '';
  const values = line.trim().split(/\s+/).slice(1).map(Number);
  const total = values.reduce((sum, v) => sum + v, 0);
  return { values, total, busy: total - (values[3] ?? 0) - (values[4] ?? 0) };
}

async function show(ctx: Context, rows: readonly Row[], before: Jiffies, now: Jiffies, batch: boolean): Promise<void> {
  let [lines, width] = [LINES_DEFAULT, COLUMNS_DEFAULT];
  if (await isTerminal(ctx, 1)) {
    const size = await ctx.sys.getWindowSize(ctx, 1);
    [lines, width] = [size.rows || LINES_DEFAULT, Math.min(COLUMNS_MAX, size.columns || COLUMNS_DEFAULT)];
  } else if (batch) width = COLUMNS_MAX;
  const end = batch ? '\n' : `${CLEAR_TO_END_OF_LINE}\n`;
  const kb = await meminfo(ctx);
  const total = Math.max(1, now.total - before.total);
  const share = (i: number): string =>
    `${String(Math.round((Math.max(0, (now.values[i] ?? 0) - (before.values[i] ?? 0)) * 100) / total)).padStart(4)}%`;
  const load = (await readFile(ctx, '/proc/loadavg')).trim();
  let text = batch ? '' : '\x1b[H';
  text += `${`Mem: ${kb('MemTotal') - kb('MemFree')}K used, ${kb('MemFree')}K free, ${kb('Shmem')}K shrd, ${kb('Buffers')}K buff, ${kb('Cached')}K cached`.slice(0, width)}${end}`;
  text += `${`CPU:${share(0)} usr${share(2)} sys${share(1)} nic${share(3)} idle${share(4)} io${share(5)} irq${share(6)} sirq`.slice(0, width)}${end}`;
  text += `${`Load average: ${load}`.slice(0, width)}${end}`;
  const header = '  PID  PPID USER     STAT   VSZ %VSZ CPU %CPU COMMAND'.slice(0, width);
  text += batch ? header : `\x1b[7m${header}\x1b[m${CLEAR_TO_END_OF_LINE}`;
  const names = await nameTables(ctx);
  const memory = Math.max(1, kb('MemTotal'));
  for (const p of batch ? rows : rows.slice(0, Math.max(0, lines - 4))) {
    const percent = (value: number): string => `${String(Math.round(value)).padStart(4)}%`;
    const line = `${String(p.pid).padStart(5)}${String(p.ppid).padStart(6)} ${names.user(p.uid).slice(0, 8).padEnd(8)} ${p.state.padEnd(4)} ${size(p.vszKb)}${percent((p.vszKb * 100) / memory)} ${String(p.cpu).padStart(3)}${percent((p.delta * 100) / total)} ${p.args}`;
    text += `\n${line.slice(0, width)}${batch ? '' : CLEAR_TO_END_OF_LINE}`;
  }
  await print(ctx, `${text}${batch ? '\n' : '\x1b[J\r'}`);
}

/** Five characters: 56008, 171m, 12.5g. */
function size(kb: number): string {
  if (kb <= 99_999) return String(kb).padStart(5);
  let value = kb;
  for (const unit of 'mgt') {
    value /= 1024;
    if (value < 100) return `${value.toFixed(1)}${unit}`.padStart(5);
    if (value < 10_000) return `${Math.floor(value)}${unit}`.padStart(5);
  }
  return `${Math.floor(value)}t`;
}
