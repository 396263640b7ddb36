/** The columns of ps. @models procps-ng 4.0.4 src/ps/output.c */

import { civilTime } from '../../go/time.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { strftime } from '../common/dates.ts';
import { clockTime, commandLine, type ProcessInfo, TICKS_PER_SECOND, ttyName } from '../common/processes.ts';

export type View = {
  bootNs: bigint;
  nowNs: bigint;
  uptime: number;
  memTotalKb: number;
  user: (uid: number) => string;
  group: (gid: number) => string;
  ctx: Context;
};

export type Column = {
  header: string;
  width: number;
  right: boolean;
  value: (p: ProcessInfo, v: View) => string | Promise<string>;
  sort?: (p: ProcessInfo) => number | string /** The command: takes the tree and the rest of the line. */;
  rest?: boolean;
};

const cpuSeconds = (p: ProcessInfo): number => (p.utimeTicks + p.stimeTicks) / TICKS_PER_SECOND;
const elapsed = (p: ProcessInfo, v: View): number => Math.max(0, v.uptime - p.startTicks / TICKS_PER_SECOND);
const percent = (p: ProcessInfo, v: View): number =>
  elapsed(p, v) < 0.005 ? 0 : Math.min(999, (cpuSeconds(p) / elapsed(p, v)) * 100);
const startNs = (p: ProcessInfo, v: View): bigint =>
  v.bootNs + (BigInt(p.startTicks) * 1_000_000_000n) / BigInt(TICKS_PER_SECOND);
const rssKb = (p: ProcessInfo): number => p.rssPages * 4;

function startText(p: ProcessInfo, v: View): string {
  const start = startNs(p, v);
  const [a, b] = [civilTime(start), civilTime(v.nowNs)];
  if (a.year !== b.year) return ` ${a.year}`;
  return a.month === b.month && a.day === b.day ? strftime('%H:%M', start) : strftime('%b%d', start);
}

export function statText(p: ProcessInfo): string {
  return `${p.state}${p.nice < 0 ? '<' : p.nice > 0 ? 'N' : ''}${p.pid === p.session ? 's' : ''}${p.threads > 1 ? 'l' : ''}${p.pgrp === p.tpgid ? '+' : ''}`;
}

async function fromProc(v: View, p: ProcessInfo, file: string): Promise<string> {
  try {
    return (await readFile(v.ctx, `/proc/${p.pid}/${file}`)).trim();
  } catch (error) {
    if (isErrno(error)) return '-';
    throw error;
  }
}

const left = (header: string, width: number, value: Column['value'], sort?: Column['sort']): Column => ({
  header,
  width,
  right: false,
  value,
  ...(sort === undefined ? {} : { sort }),
});
const right = (header: string, width: number, value: Column['value'], sort?: Column['sort']): Column => ({
  header,
  width,
  right: true,
  value,
  ...(sort === undefined ? {} : { sort }),
});
const number = (header: string, width: number, get: (p: ProcessInfo) => number): Column =>
  right(header, width, (p) => String(get(p)), get);
/** A user name that does not fit is cut with a plus sign. */
const fit = (name: string, width: number): string => (name.length > width ? `${name.slice(0, width - 1)}+` : name);
const rest = (header: string, width: number, value: (p: ProcessInfo) => string): Column => ({
  header,
  width,
  right: false,
  value,
  sort: value,
  rest: true,
});
const comm = (p: ProcessInfo): string => (p.state === 'Z' ? `${p.comm} <defunct>` : p.comm);
const namespace = (type: string): Column =>
  right(`${type.toUpperCase()}NS`, 10, async (p, v) => {
    try {
      return /\[(\d+)\]/.exec(await v.ctx.sys.readlink(v.ctx, `/proc/${p.pid}/ns/${type}`))?.[1] ?? '-';
    } catch (error) {
      if (isErrno(error)) return '-';
      throw error;
    }
  });

const user = (header: string, get: (p: ProcessInfo) => number): Column =>
  left(header, 8, (p, v) => fit(v.user(get(p)), 8), get);
const group = (header: string, get: (p: ProcessInfo) => number): Column =>
  left(header, 8, (p, v) => fit(v.group(get(p)), 8), get);

export const COLUMNS: Record<string, Column> = {
  pid: number('PID', 7, (p) => p.pid),
  tgid: number('TGID', 7, (p) => p.pid),
  ppid: number('PPID', 7, (p) => p.ppid),
  pgid: number('PGID', 7, (p) => p.pgrp),
  pgrp: number('PGRP', 7, (p) => p.pgrp),
  sid: number('SID', 7, (p) => p.session),
  sess: number('SESS', 7, (p) => p.session),
  session: number('SESS', 7, (p) => p.session),
  tpgid: number('TPGID', 7, (p) => p.tpgid),
  lwp: number('LWP', 7, (p) => p.pid),
  spid: number('SPID', 7, (p) => p.pid),
  tid: number('TID', 7, (p) => p.pid),
  user: user('USER', (p) => p.euid),
  euser: user('EUSER', (p) => p.euid),
  uname: user('USER', (p) => p.euid),
  ruser: user('RUSER', (p) => p.ruid),
  group: group('GROUP', (p) => p.egid),
  egroup: group('EGROUP', (p) => p.egid),
  rgroup: group('RGROUP', (p) => p.rgid),
  uid: number('UID', 5, (p) => p.euid),
  euid: number('EUID', 5, (p) => p.euid),
  ruid: number('RUID', 5, (p) => p.ruid),
  gid: number('GID', 5, (p) => p.egid),
  egid: number('EGID', 5, (p) => p.egid),
  rgid: number('RGID', 5, (p) => p.rgid),
  uid_hack: left(
    'UID',
    8,
    (p, v) => fit(v.user(p.euid), 8),
    (p) => p.euid,
  ),
  '%cpu': right(
    '%CPU',
    4,
    (p, v) => (percent(p, v) >= 99.95 ? percent(p, v).toFixed(0) : percent(p, v).toFixed(1)),
    cpuSeconds,
  ),
  pcpu: right(
    '%CPU',
    4,
    (p, v) => (percent(p, v) >= 99.95 ? percent(p, v).toFixed(0) : percent(p, v).toFixed(1)),
    cpuSeconds,
  ),
  c: right('C', 2, (p, v) => String(Math.min(99, Math.floor(percent(p, v)))), cpuSeconds),
  cp: right('CP', 3, (p, v) => String(Math.floor(percent(p, v) * 10)), cpuSeconds),
  '%mem': right('%MEM', 4, (p, v) => ((rssKb(p) / v.memTotalKb) * 100).toFixed(1), rssKb),
  pmem: right('%MEM', 4, (p, v) => ((rssKb(p) / v.memTotalKb) * 100).toFixed(1), rssKb),
  vsz: number('VSZ', 6, (p) => Math.floor(p.vsizeBytes / 1024)),
  vsize: number('VSZ', 6, (p) => Math.floor(p.vsizeBytes / 1024)),
  rss: number('RSS', 5, rssKb),
  rssize: number('RSS', 5, rssKb),
  rsz: number('RSZ', 5, rssKb),
  sz: number('SZ', 5, (p) => Math.floor(p.vsizeBytes / 4096)),
  tty: left(
    'TT',
    8,
    (p) => ttyName(p.tty),
    (p) => p.tty,
  ),
  tt: left(
    'TT',
    8,
    (p) => ttyName(p.tty),
    (p) => p.tty,
  ),
  tname: left(
    'TTY',
    8,
    (p) => ttyName(p.tty),
    (p) => p.tty,
  ),
  stat: left('STAT', 4, statText),
  state: left('S', 1, (p) => p.state),
  s: left('S', 1, (p) => p.state),
  f: left('F', 1, () => '4'),
  flags: left('F', 1, () => '4'),
  start: right(
    'STARTED',
    8,
    (p, v) =>
      v.nowNs - startNs(p, v) < 86_400_000_000_000n
        ? strftime('%H:%M:%S', startNs(p, v))
        : strftime('  %b %d', startNs(p, v)),
    (p) => p.startTicks,
  ),
  start_time: right('START', 5, startText, (p) => p.startTicks),
  bsdstart: right(
    'START',
    6,
    (p, v) =>
      v.nowNs - startNs(p, v) < 86_400_000_000_000n
        ? strftime(' %H:%M', startNs(p, v))
        : strftime('%b %d', startNs(p, v)),
    (p) => p.startTicks,
  ),
  stime: right('STIME', 5, startText, (p) => p.startTicks),
  lstart: right(
    'STARTED',
    24,
    (p, v) => strftime('%a %b %e %H:%M:%S %Y', startNs(p, v)),
    (p) => p.startTicks,
  ),
  etime: right(
    'ELAPSED',
    11,
    (p, v) => clockTime(elapsed(p, v), false),
    (p) => -p.startTicks,
  ),
  etimes: right(
    'ELAPSED',
    7,
    (p, v) => String(Math.floor(elapsed(p, v))),
    (p) => -p.startTicks,
  ),
  time: right('TIME', 8, (p) => clockTime(cpuSeconds(p), true), cpuSeconds),
  cputime: right('TIME', 8, (p) => clockTime(cpuSeconds(p), true), cpuSeconds),
  bsdtime: right(
    'TIME',
    6,
    (p) => `${Math.floor(cpuSeconds(p) / 60)}:${String(Math.floor(cpuSeconds(p)) % 60).padStart(2, '0')}`,
    cpuSeconds,
  ),
  times: right('TIME', 5, (p) => String(Math.floor(cpuSeconds(p))), cpuSeconds),
  pri: number('PRI', 3, (p) => 39 - p.priority),
  opri: number('PRI', 3, (p) => 60 + p.priority),
  priority: number('PRI', 3, (p) => p.priority),
  ni: number('NI', 3, (p) => p.nice),
  nice: number('NI', 3, (p) => p.nice),
  nlwp: number('NLWP', 4, (p) => p.threads),
  thcount: number('THCNT', 5, (p) => p.threads),
  psr: number('PSR', 3, (p) => p.processor),
  cls: left('CLS', 3, () => 'TS'),
  addr: left('ADDR', 4, () => '-'),
  wchan: left('WCHAN', 6, () => '-'),
  comm: rest('COMMAND', 15, comm),
  ucmd: rest('CMD', 15, comm),
  ucomm: rest('COMMAND', 15, comm),
  args: rest('COMMAND', 27, commandLine),
  command: rest('COMMAND', 27, commandLine),
  cmd: rest('CMD', 27, commandLine),
  fname: left('COMMAND', 8, (p) => p.comm.slice(0, 8)),
  cgroup: left('CGROUP', 27, (p, v) => fromProc(v, p, 'cgroup')),
  cgroupns: namespace('cgroup'),
  ipcns: namespace('ipc'),
  mntns: namespace('mnt'),
  netns: namespace('net'),
  pidns: namespace('pid'),
  timens: namespace('time'),
  userns: namespace('user'),
  utsns: namespace('uts'),
  oom: right('OOM', 4, (p, v) => fromProc(v, p, 'oom_score')),
  oomadj: right('OOMADJ', 5, (p, v) => fromProc(v, p, 'oom_score_adj')),
  label: left('LABEL', 25, () => 'unconfined'),
  unit: left(
    'UNIT',
    31,
    async (p, v) => /([^/]+\.(?:service|scope|slice))(?:\/[^/]*)?$/.exec(await fromProc(v, p, 'cgroup'))?.[1] ?? '-',
  ),
  slice: left('SLICE', 31, async (p, v) => /([^/]+\.slice)/.exec(await fromProc(v, p, 'cgroup'))?.[1] ?? '-'),
  exe: left('EXE', 27, async (p, v) =>
    v.ctx.sys.readlink(v.ctx, `/proc/${p.pid}/exe`).catch((e: unknown) => {
      if (isErrno(e)) return '-';
      throw e;
    }),
  ),
};

export const FORMATS: Record<string, string> = {
  plain: 'pid,tname,time,ucmd',
  full: 'uid_hack,pid,ppid,c,stime,tname,time,cmd',
  'extra-full': 'uid_hack,pid,ppid,c,sz,rss,psr,stime,tname,time,cmd',
  long: 'f,s,uid,pid,ppid,c,opri,ni,addr,sz,wchan,tname,time,ucmd',
  jobs: 'pid,pgid,sid,tname,time,ucmd',
  'full-jobs': 'uid_hack,pid,ppid,pgid,sid,c,stime,tname,time,cmd',
  user: 'user,pid,%cpu,%mem,vsz,rss,tname,stat,start_time,bsdtime,args',
  'bsd-jobs': 'ppid,pid,pgid,sid,tname,tpgid,stat,uid,bsdtime,args',
  'bsd-long': 'f,uid,pid,ppid,priority,ni,vsz,rss,wchan,stat,tname,bsdtime,args',
  bsd: 'pid,tname,stat,bsdtime,args',
  threads: 'uid_hack,pid,ppid,lwp,c,nlwp,stime,tname,time,cmd',
};
