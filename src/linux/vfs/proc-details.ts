/** The longer files of /proc/PID. @models Linux 6.12 fs/proc/task_mmu.c, fd.c, kernel/sched/debug.c @fidelity partial: a plausible address space: nothing is at these addresses */
import type { Kernel } from '../kernel.ts';
import type { PidNamespace } from '../namespaces.ts';
import { type OpenFile, RegularFile } from '../open-file.ts';
import type { Process } from '../process.ts';
import { pathOf } from './mounts.ts';

const PAGE = 4096;

const FLAG_WRITE_ONLY = 0o1;
const FLAG_READ_WRITE = 0o2;
const FLAG_APPEND = 0o2000;
const FLAG_NON_BLOCK = 0o4000;
const FLAG_LARGE_FILE = 0o100000;

export function descriptorInfo(file: OpenFile, { fileLocks }: Kernel, view: PidNamespace): string {
  const { read, write, append, nonBlock } = file.flags;
  const mode = write ? (read ? FLAG_READ_WRITE : FLAG_WRITE_ONLY) : 0;
  const flags =
    mode |
    (append ? FLAG_APPEND : 0) |
    (nonBlock ? FLAG_NON_BLOCK : 0) |
    (file.inode?.type === 'file' ? FLAG_LARGE_FILE : 0);
  const position = file instanceof RegularFile ? file.position : 0;
  return `pos:\t${position}\nflags:\t0${flags.toString(8)}\nmnt_id:\t${file.location?.mount.id ?? 15}\nino:\t${file.inode?.ino ?? /\d+/.exec(file.path)?.[0] ?? 0}\n${fileLocks.describeOf(file, view)}`;
}

type Area = { from: number; to: number; rights: string; offset: number; device: string; ino: number; path: string };

const hex = (value: number, width = 8): string => value.toString(16).padStart(width, '0');

/** Text, data, heap, stack and vdso, where this process's would be. */
function areas(process: Process): Area[] {
  const { executable } = process;
  const base = 0x5500_0000_0000 + (process.pid % 4096) * 0x1000_0000;
  const out: Area[] = [];
  let at = base;
  const add = (bytes: number, rights: string, path: string, ino = 0, device = '00:00', offset = 0): void => {
    const length = Math.max(PAGE, Math.ceil(bytes / PAGE) * PAGE);
    out.push({ from: at, to: at + length, rights, offset, device, ino, path });
    at += length;
  };
  if (executable !== null) {
    const [major, minor] = executable.mount.fs.device;
    const path = pathOf(executable, process.root);
    const device = `${hex(major, 2)}:${hex(minor, 2)}`;
    const { ino, size } = executable.inode;
    const text = Math.max(PAGE, Math.min(size, process.rssBytes / 2));
    add(text, 'r-xp', path, ino, device);
    add(text / 8, 'r--p', path, ino, device, Math.ceil(text / PAGE) * PAGE);
    add(PAGE, 'rw-p', path, ino, device, Math.ceil((text * 9) / 8 / PAGE) * PAGE);
  }
  at += 0x10_0000;
  add(process.rssBytes / 3, 'rw-p', '[heap]');
  at = 0x7ffc_0000_0000 + (process.pid % 4096) * 0x10_0000;
  add(135_168, 'rw-p', '[stack]');
  add(4 * PAGE, 'r--p', '[vvar]');
  add(2 * PAGE, 'r-xp', '[vdso]');
  return out;
}

export function mapsText(process: Process): string {
  return areas(process)
    .map(({ from, to, rights, offset, device, ino, path }) => {
      const head = `${hex(from)}-${hex(to)} ${rights} ${hex(offset)} ${device} ${ino}`;
      return `${head.padEnd(73)}${path}\n`;
    })
    .join('');
}

export function smapsRollup(process: Process): string {
  const all = areas(process);
  const [first, last] = [all[0], all.at(-1)];
  const row = (name: string, bytes: number): string =>
    `${`${name}:`.padEnd(15)}${String(Math.floor(bytes / 1024)).padStart(9)} kB\n`;
  const rss = process.rssBytes;
  const rows: [string, number][] = [
    ['Rss', rss],
    ['Pss', rss],
    ['Pss_Dirty', rss / 3],
    ['Pss_Anon', rss / 3],
    ['Pss_File', (rss * 2) / 3],
    ['Pss_Shmem', 0],
    ['Shared_Clean', 0],
    ['Shared_Dirty', 0],
    ['Private_Clean', (rss * 2) / 3],
    ['Private_Dirty', rss / 3],
    ['Referenced', rss],
    ['Anonymous', rss / 3],
    ['LazyFree', 0],
    ['AnonHugePages', 0],
    ['Swap', 0],
    ['SwapPss', 0],
    ['Locked', 0],
  ];
  return `${hex(first?.from ?? 0)}-${hex(last?.to ?? 0)} ---p 00000000 00:00 0                          [rollup]\n${rows.map(([name, bytes]) => row(name, bytes)).join('')}`;
}

export function schedText(process: Process, view: PidNamespace): string {
  const head = `${process.comm} (${process.pidIn(view)}, #threads: ${process.threads})`;
  const row = (name: string, value: string): string => `${name.padEnd(45)}:${value.padStart(21)}\n`;
  return `${head}\n${'-'.repeat(67)}\n${row('se.exec_start', (process.startTime / 1e6).toFixed(6))}${row('se.sum_exec_runtime', (process.cpuTimeNs / 1e6).toFixed(6))}${row('nr_switches', '1')}${row('policy', '0')}${row('prio', String(120 + process.nice))}`;
}
