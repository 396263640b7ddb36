/** What /proc says about processes. @models procps-ng 4.0.4 library/readproc.c */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';

export type ProcessInfo = {
  pid: number;
  comm: string;
  state: string;
  ppid: number;
  pgrp: number;
  session: number;
  /** Device number: major * 256 + minor, 0 for none. */
  tty: number;
  tpgid: number;
  utimeTicks: number;
  stimeTicks: number;
  priority: number;
  nice: number;
  threads: number;
  /** Ticks after boot. */
  startTicks: number;
  vsizeBytes: number;
  rssPages: number;
  processor: number;
  ruid: number;
  euid: number;
  rgid: number;
  egid: number;
  argv: string[];
  /** Pids from the observer's namespace inwards. */
  nsPids: number[];
};

export const TICKS_PER_SECOND = 100;

export async function readProcess(ctx: Context, pid: number): Promise<ProcessInfo | null> {
  try {
    const stat = await readFile(ctx, `/proc/${pid}/stat`);
    const open = stat.indexOf('(');
    const close = stat.lastIndexOf(')');
    const f = stat
      .slice(close + 2)
      .trim()
      .split(' ');
    const n = (i: number): number => Number(f[i - 3]);
    const status = await readFile(ctx, `/proc/${pid}/status`);
    const field = (name: string): string[] =>
      (new RegExp(`^${name}:\\t(.*)$`, 'm').exec(status)?.[1] ?? '').split('\t');
    const cmdline = await readFile(ctx, `/proc/${pid}/cmdline`);
    const [ruid = '0', euid = '0'] = field('Uid');
    const [rgid = '0', egid = '0'] = field('Gid');
    return {
      pid,
      comm: stat.slice(open + 1, close),
      state: f[0] ?? '?',
      ppid: n(4),
      pgrp: n(5),
      session: n(6),
      tty: n(7),
      tpgid: n(8),
      utimeTicks: n(14),
      stimeTicks: n(15),
      priority: n(18),
      nice: n(19),
      threads: n(20),
      startTicks: n(22),
      vsizeBytes: n(23),
      rssPages: n(24),
      processor: n(39),
      ruid: Number(ruid),
      euid: Number(euid),
      rgid: Number(rgid),
      egid: Number(egid),
      argv: cmdline === '' ? [] : cmdline.replace(/\0$/, '').split('\0'),
      nsPids: field('NSpid').map(Number),
    };
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

export async function readProcesses(ctx: Context): Promise<ProcessInfo[]> {
  const out: ProcessInfo[] = [];
  for (const entry of await ctx.sys.readDirectory(ctx, '/proc')) {
    if (!/^\d+$/.test(entry.name)) continue;
    const info = await readProcess(ctx, Number(entry.name));
    if (info !== null) out.push(info);
  }
  return out.sort((a, b) => a.pid - b.pid);
}

/** What ps shows as ARGS: control characters escaped, kernel-style brackets where there is no command line. */
export function commandLine(p: ProcessInfo): string {
  if (p.state === 'Z') return `[${p.comm}] <defunct>`;
  return p.argv.length === 0
    ? `[${p.comm}]`
    : p.argv
        .join(' ')
        .replace(/[\x00-\x1f\x7f]/g, '?')
        .trimEnd();
}

export function ttyName(device: number): string {
  if (device === 0) return '?';
  const [major, minor] = [device >> 8, device & 255];
  if (major === 136) return `pts/${minor}`;
  if (major === 4) return minor < 64 ? `tty${minor}` : `ttyS${minor - 64}`;
  return major === 5 && minor === 1 ? 'console' : '?';
}

export async function uptimeSeconds(ctx: Context): Promise<number> {
  return Number((await readFile(ctx, '/proc/uptime')).split(' ')[0]);
}

export async function memoryTotals(ctx: Context): Promise<Record<string, number>> {
  const out: Record<string, number> = {};
  for (const match of (await readFile(ctx, '/proc/meminfo')).matchAll(/^(\w+):\s+(\d+)/gm))
    out[match[1] as string] = Number(match[2]);
  return out;
}

/** CPU seconds as [[DD-]HH:]MM:SS; `long` always shows hours. */
export function clockTime(seconds: number, long: boolean): string {
  const s = Math.floor(seconds);
  const two = (v: number): string => String(v).padStart(2, '0');
  const days = Math.floor(s / 86_400);
  const hours = Math.floor(s / 3600) % 24;
  const rest = `${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  if (days > 0) return `${days}-${two(hours)}:${rest}`;
  return long || hours > 0 ? `${two(hours)}:${rest}` : rest;
}
