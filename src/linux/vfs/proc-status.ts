/** /proc/PID/stat, status, limits. @models Linux 6.12 fs/proc/array.c, base.c */
import { limitOf } from '../calls/processes.ts';
import { ALL_CAPABILITIES } from '../capabilities.ts';
import { splitCpuTime } from '../cpu-times.ts';
import type { Kernel } from '../kernel.ts';
import type { PidNamespace } from '../namespaces.ts';
import type { Process } from '../process.ts';
import { type Signal, signalNumber } from '../signals.ts';
import { tracerOf } from '../syscall-entry.ts';
import { shown, type UserNamespace } from '../user-namespace.ts';

const TICK_NS = 10_000_000;
const PAGE = 4096;

function stateLetter(process: Process): string {
  if (process.state === 'zombie') return 'Z';
  if (process.state === 'stopped') return 'T';
  if (process.frozen) return 'D';
  // Whoever reads this about itself runs at this moment.
  const runsNow = process.kernel.scheduler.current?.group === process.group;
  return runsNow || process.cpuJobs.length > 0 ? 'R' : 'S';
}

const STATE_NAMES: Record<string, string> = { Z: 'zombie', T: 'stopped', D: 'disk sleep', R: 'running', S: 'sleeping' };

function seen(kernel: Kernel, hostPid: number, view: PidNamespace): number {
  const process = kernel.processes.get(hostPid);
  if (process !== undefined) return process.pidIn(view);
  return view === kernel.rootPidNamespace ? hostPid - kernel.pidBase : 0;
}

export function statLine(kernel: Kernel, process: Process, view: PidNamespace): string {
  const { terminal } = process;
  const tty = terminal === null ? 0 : 136 * 256 + terminal.index;
  const own = splitCpuTime(process.cpuTimeNs);
  const children = splitCpuTime(process.childrenCpuTimeNs);
  const ticks = (ns: number): number => Math.floor(ns / TICK_NS);
  const rss = process.alive ? Math.floor(process.rssBytes / PAGE) : 0;
  const fields = [
    process.pidIn(view),
    `(${process.comm})`,
    stateLetter(process),
    process.parent?.pidIn(view) ?? 0,
    seen(kernel, process.processGroup, view),
    seen(kernel, process.sessionLeader, view),
    tty,
    terminal === null ? -1 : seen(kernel, terminal.foregroundGroup, view),
    4_194_560,
    120,
    0,
    0,
    0,
    ticks(own.userNs),
    ticks(own.systemNs),
    ticks(children.userNs),
    ticks(children.systemNs),
    20 + process.nice,
    process.nice,
    process.alive ? process.threads : 1,
    0,
    Math.floor((process.startTime - process.kernel.bootTime) / TICK_NS),
    rss * PAGE * 3,
    rss,
    '18446744073709551615',
    1,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    17,
    process.pid % kernel.options.cores,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    process.exitCode,
  ];
  return `${fields.join(' ')}\n`;
}

export function statmLine(process: Process): string {
  const rss = Math.floor(process.rssBytes / PAGE);
  return `${rss * 3} ${rss} ${Math.floor(rss / 2)} 10 0 ${Math.floor(rss / 3)} 0\n`;
}

function capabilityMask(names: ReadonlySet<string>): string {
  let mask = 0n;
  ALL_CAPABILITIES.forEach((name, bit) => {
    if (names.has(name)) mask |= 1n << BigInt(bit);
  });
  return mask.toString(16).padStart(16, '0');
}

function signalMask(signals: Iterable<Signal>): string {
  let mask = 0n;
  for (const signal of signals) mask |= 1n << BigInt(signalNumber(signal) - 1);
  return mask.toString(16).padStart(16, '0');
}

/** A process's numbers from the viewer's namespace down to its own. */
function chain(process: Process, view: PidNamespace, hostPid: number, kernel: Kernel): string {
  const subject = kernel.processes.get(hostPid) ?? process;
  const numbers: number[] = [];
  for (const [ns, pid] of subject.pids) if (ns.level >= view.level) numbers.unshift(pid);
  return numbers.join('\t');
}

export function statusText(kernel: Kernel, process: Process, view: PidNamespace, reader: UserNamespace): string {
  const c = process.credentials;
  const uid = (id: number): number => shown(reader, 'uid', id);
  const gid = (id: number): number => shown(reader, 'gid', id);
  const letter = stateLetter(process);
  const handled = [...process.signals];
  const kB = (bytes: number): string => `${String(Math.floor(bytes / 1024)).padStart(8)} kB`;
  const cores = kernel.options.cores;
  const memory = process.alive
    ? [
        `VmPeak:\t${kB(process.rssBytes * 3)}`,
        `VmSize:\t${kB(process.rssBytes * 3)}`,
        `VmLck:\t${kB(0)}`,
        `VmPin:\t${kB(0)}`,
        `VmHWM:\t${kB(process.rssBytes)}`,
        `VmRSS:\t${kB(process.rssBytes)}`,
        `RssAnon:\t${kB(process.fileBytes > 0 ? process.chargedBytes : process.rssBytes / 3)}`,
        `RssFile:\t${kB(process.fileBytes > 0 ? process.fileBytes : (process.rssBytes * 2) / 3)}`,
        `RssShmem:\t${kB(0)}`,
        `VmData:\t${kB(process.rssBytes / 3)}`,
        `VmStk:\t${kB(135_168)}`,
        `VmExe:\t${kB(process.rssBytes / 2)}`,
        `VmLib:\t${kB(8192)}`,
        `VmPTE:\t${kB(40_960)}`,
        `VmSwap:\t${kB(0)}`,
        'HugetlbPages:\t       0 kB',
        'CoreDumping:\t0',
        'THP_enabled:\t1',
        'untag_mask:\t0xffffffffffffffff',
      ]
    : [];
  return `${[
    `Name:\t${process.comm}`,
    `Umask:\t${process.umask.toString(8).padStart(4, '0')}`,
    `State:\t${letter} (${STATE_NAMES[letter]})`,
    `Tgid:\t${process.pidIn(view)}`,
    'Ngid:\t0',
    `Pid:\t${process.pidIn(view)}`,
    `PPid:\t${process.parent?.pidIn(view) ?? 0}`,
    `TracerPid:\t${tracerOf(process)?.pidIn(view) ?? 0}`,
    `Uid:\t${uid(c.uid)}\t${uid(c.euid)}\t${uid(c.suid)}\t${uid(c.fsuid)}`,
    `Gid:\t${gid(c.gid)}\t${gid(c.egid)}\t${gid(c.sgid)}\t${gid(c.fsgid)}`,
    'FDSize:\t64',
    `Groups:\t${c.groups.map((g) => `${gid(g)} `).join('')}`,
    `NStgid:\t${chain(process, view, process.pid, kernel)}`,
    `NSpid:\t${chain(process, view, process.pid, kernel)}`,
    `NSpgid:\t${chain(process, view, process.processGroup, kernel)}`,
    `NSsid:\t${chain(process, view, process.sessionLeader, kernel)}`,
    'Kthread:\t0',
    ...memory,
    `Threads:\t${process.alive ? process.threads : 1}`,
    'SigQ:\t0/96365',
    'SigPnd:\t0000000000000000',
    'ShdPnd:\t0000000000000000',
    'SigBlk:\t0000000000000000',
    `SigIgn:\t${signalMask(handled.filter(([, h]) => h.action === 'ignore').map(([s]) => s))}`,
    `SigCgt:\t${signalMask(handled.filter(([, h]) => typeof h.action === 'function').map(([s]) => s))}`,
    `CapInh:\t${capabilityMask(c.capabilities.inheritable)}`,
    `CapPrm:\t${capabilityMask(c.capabilities.permitted)}`,
    `CapEff:\t${capabilityMask(c.capabilities.effective)}`,
    `CapBnd:\t${capabilityMask(c.capabilities.bounding)}`,
    `CapAmb:\t${capabilityMask(c.capabilities.ambient)}`,
    `NoNewPrivs:\t${c.noNewPrivileges ? 1 : 0}`,
    `Seccomp:\t${process.seccomp.length > 0 ? 2 : 0}`,
    `Seccomp_filters:\t${process.seccomp.length}`,
    'Speculation_Store_Bypass:\tvulnerable',
    'SpeculationIndirectBranch:\talways enabled',
    `Cpus_allowed:\t${((1 << cores) - 1).toString(16)}`,
    `Cpus_allowed_list:\t0-${cores - 1}`,
    'Mems_allowed:\t1',
    'Mems_allowed_list:\t0',
    'voluntary_ctxt_switches:\t1',
    'nonvoluntary_ctxt_switches:\t0',
  ].join('\n')}\n`;
}

const LIMITS: [string, string, string][] = [
  ['Max cpu time', 'CPU', 'seconds'],
  ['Max file size', 'FSIZE', 'bytes'],
  ['Max data size', 'DATA', 'bytes'],
  ['Max stack size', 'STACK', 'bytes'],
  ['Max core file size', 'CORE', 'bytes'],
  ['Max resident set', 'RSS', 'bytes'],
  ['Max processes', 'NPROC', 'processes'],
  ['Max open files', 'NOFILE', 'files'],
  ['Max locked memory', 'MEMLOCK', 'bytes'],
  ['Max address space', 'AS', 'bytes'],
  ['Max file locks', 'LOCKS', 'locks'],
  ['Max pending signals', 'SIGPENDING', 'signals'],
  ['Max msgqueue size', 'MSGQUEUE', 'bytes'],
  ['Max nice priority', 'NICE', ''],
  ['Max realtime priority', 'RTPRIO', ''],
  ['Max realtime timeout', 'RTTIME', 'us'],
];

export function limitsText(process: Process): string {
  const show = (value: number): string => (Number.isFinite(value) ? String(value) : 'unlimited');
  const rows = LIMITS.map(([label, resource, unit]) => {
    const { soft, hard } = limitOf(process, resource);
    return `${label.padEnd(26)}${show(soft).padEnd(21)}${show(hard).padEnd(21)}${unit.padEnd(10)}`;
  });
  return `${['Limit                     Soft Limit           Hard Limit           Units     ', ...rows].join('\n')}\n`;
}
