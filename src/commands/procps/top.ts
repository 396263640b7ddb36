/** @models procps-ng 4.0.4 src/top @fidelity partial: one window; keys q, space, P, M, N, T, c, 1 none else; no configuration file */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, readFile } from '../../linux/io.ts';
import { Queue } from '../../sim/primitives.ts';
import { command } from '../common/command.ts';
import { commandLine, memoryTotals, type ProcessInfo, readProcesses, TICKS_PER_SECOND } from '../common/processes.ts';
import { isTerminal } from '../common/streams.ts';
import { nameTables } from '../common/users.ts';
import { uptimeLine } from './uptime.ts';

const PAGE_KB = 4;
const FIRST_SAMPLE_NS = 150_000_000;

type Event = 'tick' | 'end' | { key: string };

async function readKeys(ctx: Context, events: Queue<Event>): Promise<void> {
  try {
    for (;;) {
      const bytes = await ctx.sys.read(ctx, 0, 1);
      if (bytes.length === 0) return;
      events.push({ key: String.fromCharCode(bytes[0] as number) });
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

const ticks = (p: ProcessInfo): number => p.utimeTicks + p.stimeTicks;

export const top = command(
  {
    name: 'top',
    usage: ['[options]'],
    about: 'Show processes, those that use most CPU first, again and again.',
    version: 'procps-ng 4.0.4',
    options: {
      'b,batch': 'no terminal: write one screen after the other',
      'c,cmdline-toggle': 'command lines instead of names',
      'd,delay=SECS': 'seconds between screens (default 3)',
      'n,iterations=NUMBER': 'so many screens',
      'o,sort-override=FIELD': 'sort by %CPU, %MEM, PID or TIME+',
      'p,pid=PIDLIST': 'only these',
      'u,filter-only-euser=USER': 'only of this user',
      'w,width=COLUMNS': '',
      'i,idle-toggle': 'without idle processes',
      'H,threads-show': '',
      's,secure-mode': '',
    },
  },
  async (call) => {
    const { ctx, options } = call;
    const batch = options.has('batch');
    const tty = await isTerminal(ctx, 1);
    if (!batch && !tty) {
      await call.complain('failed tty get');
      return 1;
    }
    const events = new Queue<Event>(ctx.scheduler);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      ctx.sys.sigaction(ctx, signal, () => events.push('end'));
    const saved = batch ? null : await ctx.sys.getTermios(ctx, 0);
    if (saved !== null) {
      await ctx.sys.setTermios(ctx, 0, { canonical: false, echo: false });
      await print(ctx, '\x1b[?1049h\x1b[?25l');
      ctx.go('keys', (c) => readKeys(c, events));
    }
    const delay = Number(options.value('delay') ?? 3);
    let left = Number(options.value('iterations') ?? Infinity);
    const pids = options.values('pid').flatMap((p) => p.split(',').map(Number));
    let sort = options.value('sort-override') ?? '%CPU';
    let whole = options.has('cmdline-toggle');
    let before = new Map<number, number>();
    let cpuBefore = await jiffies(ctx);
    for (const p of await readProcesses(ctx)) before.set(p.pid, ticks(p));
    let sampled = ctx.now;
    await ctx.sleep(FIRST_SAMPLE_NS);
    let tick = 0;
    for (;;) {
      const processes = (await readProcesses(ctx)).filter((p) => pids.length === 0 || pids.includes(p.pid));
      const elapsed = Math.max(1, ((ctx.now - sampled) / 1e9) * TICKS_PER_SECOND);
      sampled = ctx.now;
      const cpuNow = await jiffies(ctx);
      const names = await nameTables(ctx);
      const kb = await memoryTotals(ctx);
      const rows = processes
        .filter((p) => !options.has('filter-only-euser') || names.user(p.euid) === options.value('filter-only-euser'))
        .map((p) => ({
          p,
          cpu: (Math.max(0, ticks(p) - (before.get(p.pid) ?? ticks(p))) * 100) / elapsed,
          memory: (p.rssPages * PAGE_KB * 100) / Math.max(1, kb['MemTotal'] ?? 1),
        }));
      const by: Record<string, (a: (typeof rows)[number], b: (typeof rows)[number]) => number> = {
        '%CPU': (a, b) => b.cpu - a.cpu || a.p.pid - b.p.pid,
        '%MEM': (a, b) => b.memory - a.memory || a.p.pid - b.p.pid,
        PID: (a, b) => b.p.pid - a.p.pid,
        'TIME+': (a, b) => ticks(b.p) - ticks(a.p) || a.p.pid - b.p.pid,
      };
      rows.sort(by[sort] ?? (by['%CPU'] as NonNullable<(typeof by)[string]>));
      const size = batch ? { rows: Infinity, columns: 512 } : await ctx.sys.getWindowSize(ctx, 1);
      const head = await summary(ctx, processes, cpuBefore, cpuNow, kb);
      const title = '    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND';
      const lines = rows.map(({ p, cpu, memory }) => {
        const hundredths = ticks(p);
        const time = `${Math.floor(hundredths / 6000)}:${String(Math.floor(hundredths / 100) % 60).padStart(2, '0')}.${String(hundredths % 100).padStart(2, '0')}`;
        const rss = p.rssPages * PAGE_KB;
        const user = names.user(p.euid);
        return `${String(p.pid).padStart(7)} ${(user.length > 8 ? `${user.slice(0, 7)}+` : user).padEnd(8)} ${String(p.priority).padStart(3)} ${String(p.nice).padStart(3)} ${scaled(p.vsizeBytes / 1024, 7)} ${scaled(rss, 6)} ${scaled(Math.floor(rss * 0.6), 6)} ${p.state} ${cpu.toFixed(1).padStart(5)} ${memory.toFixed(1).padStart(5)} ${time.padStart(9)} ${whole ? commandLine(p) : p.comm}`;
      });
      if (batch) await print(ctx, `${[...head, '', title, ...lines].join('\n')}\n`);
      else {
        const cut = (text: string): string => text.slice(0, size.columns);
        const body = lines.slice(0, Math.max(0, size.rows - head.length - 2)).map(cut);
        await print(
          ctx,
          `\x1b[H\x1b[2J${head.map(cut).join('\r\n')}\r\n\r\n\x1b[7m${cut(title.padEnd(size.columns))}\x1b[27m\r\n${body.join('\r\n')}`,
        );
      }
      before = new Map(processes.map((p) => [p.pid, ticks(p)]));
      cpuBefore = cpuNow;
      if (--left <= 0) break;
      if (batch) await print(ctx, '\n');
      const mine = ++tick;
      ctx.go('tick', async (c) => {
        await c.sleep(Math.round(delay * 1e9));
        if (mine === tick) events.push('tick');
      });
      const event = await events.take();
      if (event === 'end') break;
      if (typeof event !== 'object' || event === null) continue;
      if (event.key === 'q' || event.key === '\x03') break;
      if (event.key === 'c') whole = !whole;
      sort = { P: '%CPU', M: '%MEM', N: 'PID', T: 'TIME+' }[event.key] ?? sort;
    }
    if (saved !== null) {
      await print(ctx, '\x1b[?25h\x1b[?1049l');
      await ctx.sys.setTermios(ctx, 0, saved);
    }
    return 0;
  },
);

async function jiffies(ctx: Context): Promise<number[]> {
  return ((await readFile(ctx, '/proc/stat')).split('\n')[0] ?? '').trim().split(/\s+/).slice(1).map(Number);
}

async function summary(
  ctx: Context,
  processes: readonly ProcessInfo[],
  before: number[],
  now: number[],
  kb: Record<string, number>,
): Promise<string[]> {
  const count = (states: string): number => processes.filter((p) => states.includes(p.state)).length;
  const delta = now.map((v, i) => Math.max(0, v - (before[i] ?? 0)));
  const total = Math.max(
    1,
    delta.reduce((sum, v) => sum + v, 0),
  );
  const percent = (i: number): string => (((delta[i] ?? 0) * 100) / total).toFixed(1).padStart(4);
  const mib = (value: number): string => (value / 1024).toFixed(1).padStart(8);
  const [all = 0, free = 0, cached = 0, swap = 0, swapFree = 0] = [
    kb['MemTotal'],
    kb['MemFree'],
    (kb['Buffers'] ?? 0) + (kb['Cached'] ?? 0),
    kb['SwapTotal'],
    kb['SwapFree'],
  ];
  const available = kb['MemAvailable'] ?? free;
  return [
    `top -${(await uptimeLine(ctx)).replace(/^ /, ' ')}`,
    `Tasks: ${String(processes.length).padStart(3)} total, ${String(count('R')).padStart(3)} running, ${String(count('SDI')).padStart(3)} sleeping, ${String(count('T')).padStart(3)} stopped, ${String(count('Z')).padStart(3)} zombie`,
    `%Cpu(s): ${percent(0)} us, ${percent(2)} sy, ${percent(1)} ni, ${percent(3)} id, ${percent(4)} wa, ${percent(5)} hi, ${percent(6)} si, ${percent(7)} st `,
    `MiB Mem : ${mib(all)} total, ${mib(free)} free, ${mib(Math.max(0, all - available))} used, ${mib(cached)} buff/cache     `,
    `MiB Swap: ${mib(swap)} total, ${mib(swapFree)} free, ${mib(swap - swapFree)} used. ${mib(available)} avail Mem `,
  ];
}

/** Kilobytes in so many columns: 123456, 1.2g. */
function scaled(kb: number, width: number): string {
  const text = String(Math.floor(kb));
  if (text.length <= width) return text.padStart(width);
  const megabytes = kb / 1024;
  return (megabytes < 10_000 ? `${megabytes.toFixed(1)}m` : `${(megabytes / 1024).toFixed(1)}g`).padStart(width);
}
