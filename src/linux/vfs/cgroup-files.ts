/** The interface files of a cgroup. @models Linux 6.12 Documentation/admin-guide/cgroup-v2.rst, kernel/cgroup, mm/memcontrol.c */
import { PIDS_PER_KERNEL } from '../../sim/trace.ts';
import { type Cgroup, CONTROLLERS, type MemoryEvents } from '../cgroup.ts';
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import type { Process } from '../process.ts';

export type ControlFile = {
  read?: (cgroup: Cgroup, kernel: Kernel, caller: Process | null) => string;
  /** `mayMove` says whether the writer may move processes in and out of a cgroup. */
  write?: (cgroup: Cgroup, text: string, kernel: Kernel, caller: Process, mayMove: (cgroup: Cgroup) => boolean) => void;
  controller?: string;
  rootToo?: boolean;
};

const PAGE = 4096;
const QUOTA_US_MIN = 1000;
const PERIOD_US_MAX = 1_000_000;

const numberOrMax = (value: number | null): string => `${value ?? 'max'}\n`;

/** A count or `max`, as pids.max takes it. */
function parseCount(text: string): number | null {
  const value = text.trim();
  if (value === 'max') return null;
  if (!/^\d+$/.test(value)) throw errno('EINVAL');
  return Number(value);
}

/** Bytes with an optional suffix, rounded down to pages, or `max`. */
function parseBytes(text: string): number | null {
  const value = text.trim();
  if (value === 'max') return null;
  const match = /^(\d+)([kKmMgGtT]?)$/.exec(value);
  if (match === null) throw errno('EINVAL');
  const unit = { k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }[(match[2] ?? '').toLowerCase()] ?? 1;
  const bytes = Math.floor((Number(match[1]) * unit) / PAGE) * PAGE;
  return bytes >= Number.MAX_SAFE_INTEGER ? null : bytes;
}

function parseFlag(text: string): boolean {
  const value = text.trim();
  if (!/^-?\d+$/.test(value)) throw errno('EINVAL');
  if (value !== '0' && value !== '1') throw errno('ERANGE');
  return value === '1';
}

/** Kept and shown again, without effect. */
function inert(controller: string, file: string, initial: string, valid = /^/): ControlFile {
  return {
    controller,
    read: (cgroup) => `${cgroup.inert.get(file) ?? initial}\n`,
    write: (cgroup, text) => {
      if (!valid.test(text.trim())) throw errno('EINVAL');
      cgroup.inert.set(file, text.trim());
    },
  };
}

const fixed = (controller: string, text: string, rootToo = false): ControlFile => ({
  controller,
  read: () => text,
  rootToo,
});

/** A byte limit that is stored, for controllers whose resource nothing here uses. */
const byteLimit = (controller: string, file: string): ControlFile => ({
  controller,
  read: (cgroup) => `${cgroup.inert.get(file) ?? 'max'}\n`,
  write: (cgroup, text) => void cgroup.inert.set(file, String(parseBytes(text) ?? 'max')),
});

/** Nothing waits for memory or disks here. */
export const NO_PRESSURE =
  'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n';

const noPressure: ControlFile = { rootToo: true, read: () => NO_PRESSURE };

export function cpuPressure(cgroup: Cgroup, kernel: Kernel): string {
  kernel.cpu.update();
  const { some, full } = cgroup.cpuCgroup.cpu;
  return some.line('some', kernel.uptimeNs) + full.line('full', kernel.uptimeNs);
}

const memoryEvents = (of: (cgroup: Cgroup) => MemoryEvents): ControlFile => ({
  controller: 'memory',
  read: (cgroup) => {
    const e = of(cgroup);
    return `low ${e.low}\nhigh ${e.high}\nmax ${e.max}\noom ${e.oom}\noom_kill ${e.oomKill}\noom_group_kill ${e.oomGroupKill}\n`;
  },
});

function hugeTlb(size: string): Record<string, ControlFile> {
  const file = (name: string): string => `hugetlb.${size}.${name}`;
  return {
    [file('current')]: fixed('hugetlb', '0\n'),
    [file('max')]: byteLimit('hugetlb', file('max')),
    [file('events')]: fixed('hugetlb', 'max 0\n'),
    [file('events.local')]: fixed('hugetlb', 'max 0\n'),
    [file('rsvd.current')]: fixed('hugetlb', '0\n'),
    [file('rsvd.max')]: byteLimit('hugetlb', file('rsvd.max')),
  };
}

function applyFreeze(cgroup: Cgroup, kernel: Kernel): void {
  for (const process of [...cgroup.members()]) kernel.freeze(process, process.cgroup.effectivelyFrozen);
}

/** Cores listed as `0-3,5`; null for an empty list, which inherits. */
function parseCores(text: string, cores: number): number[] | null {
  const value = text.trim();
  if (value === '') return null;
  const chosen = new Set<number>();
  for (const part of value.split(',')) {
    const range = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (range === null) throw errno('EINVAL');
    const from = Number(range[1]);
    const to = Number(range[2] ?? range[1]);
    if (to < from || to >= cores) throw errno(to < from ? 'EINVAL' : 'ERANGE');
    for (let core = from; core <= to; core++) chosen.add(core);
  }
  return [...chosen].sort((a, b) => a - b);
}

function listText(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < numbers.length; i++) {
    const from = numbers[i] as number;
    while (i + 1 < numbers.length && numbers[i + 1] === (numbers[i] as number) + 1) i++;
    const to = numbers[i] as number;
    parts.push(from === to ? String(from) : `${from}-${to}`);
  }
  return parts.join(',');
}

/** The cores that a cgroup may use: its own choice among those of its parent, or all of them. */
function effectiveCores(cgroup: Cgroup, kernel: Kernel): number[] {
  const all = Array.from({ length: kernel.options.cores }, (_, i) => i);
  if (cgroup.parent === null) return all;
  const above = effectiveCores(cgroup.parent, kernel);
  const own = parseCores(cgroup.inert.get('cpuset.cpus') ?? '', kernel.options.cores);
  const both = own === null ? above : above.filter((core) => own.includes(core));
  return both.length > 0 ? both : above;
}

function cpuStat(cgroup: Cgroup, kernel: Kernel): string {
  kernel.cpu.update();
  const usec = Math.floor(cgroup.cpuUsageNs / 1000);
  const system = Math.floor(usec / 3);
  const base = `usage_usec ${usec}\nuser_usec ${usec - system}\nsystem_usec ${system}\nnice_usec 0\ncore_sched.force_idle_usec 0\n`;
  if (cgroup.parent === null || !cgroup.hasController('cpu')) return base;
  const { periods, throttled, throttledNs } = cgroup.cpuStatistics;
  return `${base}nr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_usec ${Math.floor(throttledNs / 1000)}\nnr_bursts 0\nburst_usec 0\n`;
}

/** `MAJ:MIN key=value …`; devices are kept in the order in which they were first named. */
function writeIoMax(cgroup: Cgroup, text: string): void {
  const [device = '', ...pairs] = text.trim().split(/\s+/);
  if (!/^\d+:\d+$/.test(device)) throw errno('EINVAL');
  // Limits belong to a whole disk, not to a partition of it.
  if (device !== '254:0') throw errno('ENODEV');
  const limits = new Map<string, string>(['rbps', 'wbps', 'riops', 'wiops'].map((key) => [key, 'max']));
  for (const part of /^\S+ (.*)$/.exec(cgroup.inert.get('io.max') ?? '')?.[1]?.split(' ') ?? []) {
    const [key = '', value = ''] = part.split('=');
    limits.set(key, value);
  }
  for (const pair of pairs) {
    const [key = '', value = ''] = pair.split('=');
    if (!limits.has(key)) throw errno('EINVAL');
    if (value !== 'max' && !/^[1-9]\d*$/.test(value)) throw errno(value === '0' ? 'ERANGE' : 'EINVAL');
    limits.set(key, value);
  }
  const kept = [...limits].some(([, value]) => value !== 'max');
  if (kept) cgroup.inert.set('io.max', `${device} ${[...limits].map(([k, v]) => `${k}=${v}`).join(' ')}`);
  else cgroup.inert.delete('io.max');
}

function memoryStat(cgroup: Cgroup): string {
  const { shmemBytes: shmem } = cgroup;
  const anon = cgroup.memoryCurrent - shmem;
  const rows: [string, number][] = [
    ['anon', anon],
    ['file', shmem],
    ['kernel', 0],
    ['kernel_stack', 0],
    ['pagetables', 0],
    ['sec_pagetables', 0],
    ['percpu', 0],
    ['sock', 0],
    ['vmalloc', 0],
    ['shmem', shmem],
    ['zswap', 0],
    ['zswapped', 0],
    ['file_mapped', 0],
    ['file_dirty', 0],
    ['file_writeback', 0],
    ['swapcached', 0],
    ['anon_thp', 0],
    ['file_thp', 0],
    ['shmem_thp', 0],
    // Files in memory have nothing behind them: they are kept with what is anonymous.
    ['inactive_anon', shmem],
    ['active_anon', anon],
    ['inactive_file', 0],
    ['active_file', 0],
    ['unevictable', 0],
    ['slab_reclaimable', 0],
    ['slab_unreclaimable', 0],
    ['slab', 0],
    ['pgfault', Math.floor(cgroup.memoryPeak / PAGE)],
    ['pgmajfault', 0],
  ];
  return rows.map(([key, value]) => `${key} ${value}\n`).join('');
}

function processToMove(cgroup: Cgroup, text: string, caller: Process, mayMove: (cgroup: Cgroup) => boolean): Process {
  const value = text.trim();
  if (!/^\d+$/.test(value)) throw errno('EINVAL');
  const pid = Number(value);
  const target = pid === 0 ? caller : caller.namespaces.pid.processes.get(pid);
  if (target === undefined || !target.alive) throw errno('ESRCH');
  // nsdelegate: nothing is moved across the border of the caller's cgroup namespace.
  const { root } = caller.namespaces.cgroup;
  if (!cgroup.isWithin(root) || !target.cgroup.isWithin(root)) throw errno('ENOENT');
  if (!mayMove(cgroup.commonAncestor(target.cgroup))) throw errno('EACCES');
  return target;
}

const pidsOf = (cgroup: Cgroup, caller: Process | null): string =>
  [...cgroup.processes]
    .map((p) => (caller === null ? p.pid % PIDS_PER_KERNEL : p.pidIn(caller.namespaces.pid)))
    .sort((a, b) => a - b)
    .map((pid) => `${pid}\n`)
    .join('');

export const CONTROL_FILES: Readonly<Record<string, ControlFile>> = {
  'cgroup.type': {
    read: (cgroup) => `${cgroup.type}\n`,
    write: (cgroup, text) => {
      if (text.trim() !== 'threaded') throw errno('EINVAL');
      cgroup.makeThreaded();
    },
  },
  'cgroup.procs': {
    rootToo: true,
    read: (cgroup, _kernel, caller) => {
      if (cgroup.threaded) throw errno('EOPNOTSUPP');
      return pidsOf(cgroup, caller);
    },
    write: (cgroup, text, kernel, caller, mayMove) => {
      const target = processToMove(cgroup, text, caller, mayMove);
      cgroup.checkMayHold();
      kernel.attach(target, cgroup, caller);
    },
  },
  'cgroup.threads': {
    rootToo: true,
    read: (cgroup, _kernel, caller) => pidsOf(cgroup, caller),
    write: (cgroup, text, kernel, caller, mayMove) => {
      const target = processToMove(cgroup, text, caller, mayMove);
      // A thread may leave its process only within one threaded subtree; here a process has but one.
      if (!cgroup.sharesDomain(target.cgroup)) throw errno('EOPNOTSUPP');
      cgroup.checkMayHold();
      kernel.attach(target, cgroup, caller);
    },
  },
  'cgroup.controllers': { rootToo: true, read: (cgroup) => `${cgroup.controllers.join(' ')}\n` },
  'cgroup.subtree_control': {
    rootToo: true,
    read: (cgroup) => `${CONTROLLERS.filter((c) => cgroup.subtreeControl.has(c)).join(' ')}\n`,
    write: (cgroup, text, kernel) => {
      const on = new Set<string>();
      const off = new Set<string>();
      for (const word of text.trim().split(/\s+/)) {
        const name = word.slice(1);
        if (!/^[+-]/.test(word) || !CONTROLLERS.some((c) => c === name)) throw errno('EINVAL');
        (word.startsWith('+') ? on : off).add(name);
        (word.startsWith('+') ? off : on).delete(name);
      }
      const reset = cgroup.changeSubtreeControl(on, off);
      for (const child of reset)
        kernel.cpu.configure(child, { weight: 100, max: { quotaNs: null, periodNs: 1 }, cores: null });
      if (on.has('cpu') || off.has('cpu')) kernel.cpu.regroup();
    },
  },
  'cgroup.events': {
    read: (cgroup) => `populated ${cgroup.populated ? 1 : 0}\nfrozen ${cgroup.effectivelyFrozen ? 1 : 0}\n`,
  },
  'cgroup.max.descendants': {
    rootToo: true,
    read: (cgroup) => numberOrMax(cgroup.descendantsMax),
    write: (cgroup, text) => void (cgroup.descendantsMax = parseCount(text)),
  },
  'cgroup.max.depth': {
    rootToo: true,
    read: (cgroup) => numberOrMax(cgroup.depthMax),
    write: (cgroup, text) => void (cgroup.depthMax = parseCount(text)),
  },
  'cgroup.stat': { rootToo: true, read: (cgroup) => `nr_descendants ${cgroup.descendants}\nnr_dying_descendants 0\n` },
  'cgroup.freeze': {
    read: (cgroup) => `${cgroup.frozen ? 1 : 0}\n`,
    write: (cgroup, text, kernel) => {
      cgroup.frozen = parseFlag(text);
      applyFreeze(cgroup, kernel);
      cgroup.changed();
    },
  },
  'cgroup.kill': {
    write: (cgroup, text, kernel) => {
      if (!parseFlag(text)) throw errno('ERANGE');
      if (cgroup.threaded) throw errno('EOPNOTSUPP');
      for (const process of [...cgroup.members()]) kernel.deliver(process, 'SIGKILL', null);
    },
  },
  'cgroup.pressure': inert('', 'cgroup.pressure', '1', /^[01]$/),
  'cpu.weight': {
    controller: 'cpu',
    read: (cgroup) => `${cgroup.cpu.weight}\n`,
    write: (cgroup, text, kernel) => {
      const value = Number(text.trim());
      if (!Number.isInteger(value) || text.trim() === '') throw errno('EINVAL');
      if (value < 1 || value > 10_000) throw errno('ERANGE');
      kernel.cpu.configure(cgroup, { weight: value });
    },
  },
  'cpu.max': {
    controller: 'cpu',
    read: (cgroup) => `${cgroup.cpuMax.quota ?? 'max'} ${cgroup.cpuMax.period}\n`,
    write: (cgroup, text, kernel) => {
      const [first = '', second, ...more] = text.trim().split(/\s+/);
      if (more.length > 0 || !/^(max|\d+)$/.test(first) || (second !== undefined && !/^\d+$/.test(second)))
        throw errno('EINVAL');
      const quota = first === 'max' ? null : Number(first);
      const period = second === undefined ? cgroup.cpuMax.period : Number(second);
      if ((quota !== null && quota < QUOTA_US_MIN) || period < QUOTA_US_MIN || period > PERIOD_US_MAX)
        throw errno('EINVAL');
      cgroup.cpuMax = { quota, period };
      const max = { quotaNs: quota === null ? null : quota * 1000, periodNs: period * 1000 };
      kernel.cpu.configure(cgroup, { max });
    },
  },
  'cpu.max.burst': inert('cpu', 'cpu.max.burst', '0', /^\d+$/),
  'cpu.idle': inert('cpu', 'cpu.idle', '0', /^[01]$/),
  'cpu.weight.nice': inert('cpu', 'cpu.weight.nice', '0', /^-?\d+$/),
  'cpu.stat': { rootToo: true, read: cpuStat },
  'cpu.stat.local': {
    controller: 'cpu',
    read: (cgroup) => `throttled_usec ${Math.floor(cgroup.cpuStatistics.throttledNs / 1000)}\n`,
  },
  'cpu.pressure': { rootToo: true, read: cpuPressure },
  'cpuset.cpus': {
    controller: 'cpuset',
    read: (cgroup) => `${cgroup.inert.get('cpuset.cpus') ?? ''}\n`,
    write: (cgroup, text, kernel) => {
      const chosen = parseCores(text, kernel.options.cores);
      cgroup.inert.set('cpuset.cpus', chosen === null ? '' : listText(chosen));
      kernel.cpu.configure(cgroup, { cores: chosen === null ? null : effectiveCores(cgroup, kernel).length });
    },
  },
  'cpuset.mems': inert('cpuset', 'cpuset.mems', '', /^0?$/),
  'cpuset.cpus.effective': {
    controller: 'cpuset',
    rootToo: true,
    read: (cgroup, kernel) => `${listText(effectiveCores(cgroup, kernel))}\n`,
  },
  'cpuset.mems.effective': fixed('cpuset', '0\n', true),
  'cpuset.cpus.exclusive': inert('cpuset', 'cpuset.cpus.exclusive', ''),
  'cpuset.cpus.exclusive.effective': fixed('cpuset', '\n'),
  'cpuset.cpus.partition': inert('cpuset', 'cpuset.cpus.partition', 'member', /^(member|root|isolated)$/),
  'io.weight': inert('io', 'io.weight', 'default 100', /^(default )?\d+$/),
  'io.max': {
    controller: 'io',
    read: (cgroup) => {
      const line = cgroup.inert.get('io.max');
      return line === undefined ? '' : `${line}\n`;
    },
    write: writeIoMax,
  },
  'io.stat': fixed('io', '', true),
  'io.pressure': noPressure,
  'memory.current': { controller: 'memory', read: (cgroup) => `${cgroup.memoryCurrent}\n` },
  'memory.peak': {
    controller: 'memory',
    read: (cgroup) => `${cgroup.memoryPeak}\n`,
    write: (cgroup) => void (cgroup.memoryPeak = cgroup.memoryCurrent),
  },
  'memory.max': {
    controller: 'memory',
    read: (cgroup) => numberOrMax(cgroup.memoryMax),
    write: (cgroup, text, kernel, caller) => {
      cgroup.memoryMax = parseBytes(text);
      kernel.checkMemory(cgroup, caller);
    },
  },
  'memory.high': {
    controller: 'memory',
    read: (cgroup) => numberOrMax(cgroup.memoryHigh),
    write: (cgroup, text) => void (cgroup.memoryHigh = parseBytes(text)),
  },
  'memory.low': {
    controller: 'memory',
    read: (cgroup) => numberOrMax(cgroup.memoryLow),
    write: (cgroup, text) => void (cgroup.memoryLow = parseBytes(text)),
  },
  'memory.min': {
    controller: 'memory',
    read: (cgroup) => numberOrMax(cgroup.memoryMin),
    write: (cgroup, text) => void (cgroup.memoryMin = parseBytes(text)),
  },
  'memory.swap.current': fixed('memory', '0\n'),
  'memory.swap.peak': fixed('memory', '0\n'),
  'memory.swap.high': byteLimit('memory', 'memory.swap.high'),
  'memory.swap.max': {
    controller: 'memory',
    read: (cgroup) => numberOrMax(cgroup.memorySwapMax),
    write: (cgroup, text) => void (cgroup.memorySwapMax = parseBytes(text)),
  },
  'memory.swap.events': fixed('memory', 'high 0\nmax 0\nfail 0\n'),
  'memory.zswap.current': fixed('memory', '0\n'),
  'memory.zswap.max': byteLimit('memory', 'memory.zswap.max'),
  'memory.oom.group': {
    controller: 'memory',
    read: (cgroup) => `${cgroup.memoryOomGroup ? 1 : 0}\n`,
    write: (cgroup, text) => {
      if (!/^[01]$/.test(text.trim())) throw errno('EINVAL');
      cgroup.memoryOomGroup = text.trim() === '1';
    },
  },
  'memory.events': memoryEvents((cgroup) => cgroup.memoryEvents),
  'memory.events.local': memoryEvents((cgroup) => cgroup.memoryEventsLocal),
  'memory.stat': { controller: 'memory', rootToo: true, read: memoryStat },
  'memory.numa_stat': {
    controller: 'memory',
    rootToo: true,
    read: ({ memoryCurrent, shmemBytes }) =>
      `anon N0=${memoryCurrent - shmemBytes}\nfile N0=${shmemBytes}\nshmem N0=${shmemBytes}\n`,
  },
  'memory.pressure': noPressure,
  'memory.reclaim': {
    controller: 'memory',
    write: (_cgroup, text) => {
      // Nothing here can be reclaimed: everything is anonymous memory or a file in memory, and there is no swap.
      if (parseBytes(text) !== 0) throw errno('EAGAIN');
    },
  },
  ...hugeTlb('1GB'),
  ...hugeTlb('2MB'),
  'pids.current': { controller: 'pids', read: (cgroup) => `${cgroup.pidsCurrent}\n` },
  'pids.peak': { controller: 'pids', read: (cgroup) => `${cgroup.pidsPeak}\n` },
  'pids.max': {
    controller: 'pids',
    read: (cgroup) => numberOrMax(cgroup.pidsMax),
    write: (cgroup, text) => void (cgroup.pidsMax = parseCount(text)),
  },
  'pids.events': { controller: 'pids', read: (cgroup) => `max ${cgroup.pidsEvents}\n` },
  'pids.events.local': { controller: 'pids', read: (cgroup) => `max ${cgroup.pidsEventsLocal}\n` },
  'rdma.current': fixed('rdma', ''),
  'rdma.max': fixed('rdma', ''),
  'misc.current': fixed('misc', ''),
  'misc.max': fixed('misc', ''),
  'misc.events': fixed('misc', ''),
};
