/**
 * The machine's files as whoever looks into it from outside sees them: without system calls, without a trace and without
 * any change to what happens next. Paths are those of a process (of any kernel of the machine), symbolic links are not
 * followed.
 */
import type { Kernel } from '../linux/kernel.ts';
import type { Process } from '../linux/process.ts';
import type { FileType } from '../linux/syscalls.ts';
import { gazeAt, type Inode } from '../linux/vfs/inode.ts';
import { crossMounts, type Location } from '../linux/vfs/mounts.ts';
import { RemoteInode } from '../linux/vfs/remote-fs.ts';
import type { Machine } from './machine.ts';

/** Where somebody looks: `pid` is the trace's number of a process, `path` absolute and as that process names it. */
export type FilePlace = { readonly pid: number; readonly path: string };

export type SeenFile = {
  readonly name: string;
  readonly type: FileType;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Of a symbolic link. */
  readonly target: string | null;
  /** Type of the filesystem that is mounted here. */
  readonly mounted: string | null;
};

export type SeenContent = {
  /** Null: the kernel makes it when it is read, or it is no regular file. */
  readonly bytes: Uint8Array | null;
  /** Bytes of the whole file, of which `bytes` are the first. */
  readonly size: number;
};

/** How many entries of one directory are told. */
export const ENTRIES_MAX = 2000;
/** How much of a file is told, in bytes. */
export const CONTENT_BYTES_MAX = 65_536;

/** Filesystems whose files exist only while they are read. */
const MADE_ON_DEMAND = new Set(['proc', 'sysfs', 'cgroup2', 'cgroup', 'devpts', 'nsfs', 'mqueue', 'debugfs']);

/** What is in each of these directories, by its path; what is no directory (any more) is left out. Null: no such process. */
export function lookAtDirectories(
  machine: Machine,
  pid: number,
  paths: readonly string[],
): Record<string, SeenFile[]> | null {
  const process = processOf(machine, pid);
  if (process === null) return null;
  return gazeAt(() => {
    const seen: Record<string, SeenFile[]> = {};
    for (const path of paths) {
      const place = placeIn(process, path);
      if (place?.inode.type !== 'directory') continue;
      seen[path] = place.inode
        .entries(process)
        .slice(0, ENTRIES_MAX)
        .map(([name, inode]) => {
          const top = crossMounts({ mount: place.mount, inode, name, up: place });
          return describeFile(name, top.inode, process, top.mount === place.mount ? null : top.mount.fs.type);
        })
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    }
    return seen;
  });
}

/** The first bytes of a file. Null: there is none. */
export function lookAtFile(machine: Machine, { pid, path }: FilePlace): SeenContent | null {
  const process = processOf(machine, pid);
  if (process === null) return null;
  return gazeAt(() => {
    const place = placeIn(process, path);
    return place === null ? null : contentOf(place.inode);
  });
}

/** Files of the kernel that only tell: making them counts nothing, draws nothing at random and wakes nobody. */
const ONLY_TELLS =
  /^\/proc\/(?:self|\d+)\/(?:status|oom_score_adj|environ|cmdline|mountinfo|uid_map|cwd|fd\/\d+|ns\/\w+)$|^\/proc\/sys\/(?:kernel\/(?!random)|net\/|fs\/|vm\/)[\w./-]+$|^\/sys\/fs\/cgroup\/.*(?:\.max|\.high|\.low|\.min|\.weight|\.group|\.cpus|\.mems)$/;

/** What the kernel would say if the process read this file, or link, now. Null: there is none, or to ask would not be without effect. */
export function lookAtMade(machine: Machine, { pid, path }: FilePlace): string | null {
  const process = processOf(machine, pid);
  if (process === null || !ONLY_TELLS.test(path)) return null;
  return gazeAt(() => {
    const own = path.startsWith('/proc/self/') ? placeIn(process, '/proc/self')?.inode.readlink(process) : undefined;
    const inode = placeIn(process, own === undefined ? path : path.replace('self', own))?.inode;
    if (inode === undefined) return null;
    return inode.type === 'symlink' ? inode.readlink(process) : (inode.made(process)?.toString() ?? null);
  });
}

/** Of a regular file that is kept somewhere. */
export function contentOf(inode: Inode): SeenContent {
  const real = realInode(inode);
  if (real.type !== 'file' || MADE_ON_DEMAND.has(real.fs.type)) return { bytes: null, size: real.size };
  return { bytes: real.readData(0, Math.min(real.size, CONTENT_BYTES_MAX)).bytes(), size: real.size };
}

/** On the machine that serves it, where it is served from another. */
export function realInode(inode: Inode): Inode {
  let at = inode;
  while (at instanceof RemoteInode) at = at.place.inode;
  return at;
}

/** A process by the trace's number of it, on whichever kernel of the machine. */
export function processOf(machine: Machine, pid: number): Process | null {
  const kernels: Kernel[] = machine.hostNames.map((name) => machine.kernelOf(name));
  for (let i = 0; i < kernels.length; i++) {
    for (const process of (kernels[i] as Kernel).processes.values()) {
      if (process.pid === pid) return process.alive ? process : null;
      if (process.guests !== null) kernels.push(...process.guests);
    }
  }
  return null;
}

export function placeIn(process: Process, path: string): Location | null {
  let at = crossMounts(process.root);
  for (const name of path.split('/').filter((part) => part !== '')) {
    if (at.inode.type !== 'directory') return null;
    const inode = at.inode.lookup(name, process);
    if (inode === null) return null;
    at = crossMounts({ mount: at.mount, inode, name, up: at });
  }
  return at;
}

function describeFile(name: string, inode: Inode, process: Process, mounted: string | null): SeenFile {
  const { type, mode, uid, gid, size } = inode;
  const target = type === 'symlink' ? inode.readlink(process) : null;
  return { name, type, mode, uid, gid, size, target, mounted };
}
