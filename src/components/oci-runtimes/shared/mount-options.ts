/**
 * Mount options of config.json as flags of mount(2), and those flags as the kernel surface takes them.
 * @models runc libcontainer/specconv/spec_linux.go parseMountOptions @fidelity full
 */
import type { MountFlags } from '../../../linux/syscalls.ts';

const MS_RDONLY = 1;
const MS_NOSUID = 2;
const MS_NODEV = 4;
const MS_NOEXEC = 8;
const MS_SYNCHRONOUS = 16;
const MS_REMOUNT = 32;
const MS_MANDLOCK = 64;
const MS_DIRSYNC = 128;
const MS_NOSYMFOLLOW = 256;
const MS_NOATIME = 1024;
const MS_NODIRATIME = 2048;
const MS_BIND = 4096;
const MS_REC = 16_384;
const MS_SILENT = 1 << 15;
const MS_UNBINDABLE = 1 << 17;
const MS_PRIVATE = 1 << 18;
const MS_SLAVE = 1 << 19;
const MS_SHARED = 1 << 20;
const MS_RELATIME = 1 << 21;
const MS_STRICTATIME = 1 << 24;

const FLAGS: Readonly<Record<string, readonly [clear: boolean, flag: number]>> = {
  async: [true, MS_SYNCHRONOUS],
  atime: [true, MS_NOATIME],
  bind: [false, MS_BIND],
  defaults: [false, 0],
  dev: [true, MS_NODEV],
  diratime: [true, MS_NODIRATIME],
  dirsync: [false, MS_DIRSYNC],
  exec: [true, MS_NOEXEC],
  loud: [true, MS_SILENT],
  mand: [false, MS_MANDLOCK],
  noatime: [false, MS_NOATIME],
  nodev: [false, MS_NODEV],
  nodiratime: [false, MS_NODIRATIME],
  noexec: [false, MS_NOEXEC],
  nomand: [true, MS_MANDLOCK],
  norelatime: [true, MS_RELATIME],
  nostrictatime: [true, MS_STRICTATIME],
  nosuid: [false, MS_NOSUID],
  nosymfollow: [false, MS_NOSYMFOLLOW],
  rbind: [false, MS_BIND | MS_REC],
  relatime: [false, MS_RELATIME],
  remount: [false, MS_REMOUNT],
  ro: [false, MS_RDONLY],
  rw: [true, MS_RDONLY],
  silent: [false, MS_SILENT],
  strictatime: [false, MS_STRICTATIME],
  suid: [true, MS_NOSUID],
  symfollow: [true, MS_NOSYMFOLLOW],
  sync: [false, MS_SYNCHRONOUS],
};

const RECURSIVE: Readonly<Record<string, string>> = {
  rro: 'ro',
  rrw: 'rw',
  rnosuid: 'nosuid',
  rsuid: 'suid',
  rnodev: 'nodev',
  rdev: 'dev',
  rnoexec: 'noexec',
  rexec: 'exec',
  rnodiratime: 'nodiratime',
  rdiratime: 'diratime',
  rrelatime: 'relatime',
  rnorelatime: 'norelatime',
  rnoatime: 'noatime',
  ratime: 'atime',
  rstrictatime: 'strictatime',
  rnostrictatime: 'nostrictatime',
  rnosymfollow: 'nosymfollow',
  rsymfollow: 'symfollow',
};

const PROPAGATION: Readonly<Record<string, number>> = {
  private: MS_PRIVATE,
  rprivate: MS_PRIVATE | MS_REC,
  shared: MS_SHARED,
  rshared: MS_SHARED | MS_REC,
  slave: MS_SLAVE,
  rslave: MS_SLAVE | MS_REC,
  unbindable: MS_UNBINDABLE,
  runbindable: MS_UNBINDABLE | MS_REC,
};

/** Options that runc handles itself. */
const EXTENSIONS = new Set(['tmpcopyup', 'idmap', 'ridmap']);

export type ParsedOptions = {
  flags: number;
  clear_flags: number;
  propagation_flags: number[];
  data: string;
  extensions: string[];
  /** What mount_setattr sets and clears on everything below. */
  rec_attr?: { attr_set: number; attr_clr: number };
};

export function parseMountOptions(options: readonly string[]): ParsedOptions {
  const parsed: ParsedOptions = { flags: 0, clear_flags: 0, propagation_flags: [], data: '', extensions: [] };
  const data: string[] = [];
  for (const option of options) {
    const recursive = FLAGS[RECURSIVE[option] ?? ''];
    if (recursive !== undefined) {
      const [clear, flag] = recursive;
      const before = parsed.rec_attr ?? { attr_set: 0, attr_clr: 0 };
      parsed.rec_attr = clear
        ? { attr_set: before.attr_set & ~flag, attr_clr: before.attr_clr | flag }
        : { attr_set: before.attr_set | flag, attr_clr: before.attr_clr & ~flag };
      continue;
    }
    const known = FLAGS[option];
    const propagation = PROPAGATION[option];
    if (known !== undefined && known[1] === 0) continue;
    if (known !== undefined) {
      const [clear, flag] = known;
      parsed.flags = clear ? parsed.flags & ~flag : parsed.flags | flag;
      parsed.clear_flags = clear ? parsed.clear_flags | flag : parsed.clear_flags & ~flag;
    } else if (propagation !== undefined) {
      parsed.propagation_flags.push(propagation);
    } else if (EXTENSIONS.has(option)) {
      parsed.extensions.push(option);
    } else {
      data.push(option);
    }
  }
  return { ...parsed, data: data.join(',') };
}

export function isReadOnly(flags: number): boolean {
  return (flags & MS_RDONLY) !== 0;
}

/** Anything that a bind mount gets only by being mounted again. */
export function needsRemount(flags: number, clearFlags: number): boolean {
  const settable = ~(MS_REC | MS_REMOUNT | MS_BIND);
  return ((flags | clearFlags) & settable) !== 0;
}

export function kernelFlags(flags: number): MountFlags {
  return {
    ...(flags & MS_BIND ? { bind: true } : {}),
    ...(flags & MS_REC ? { recursive: true } : {}),
    ...(flags & MS_REMOUNT ? { remount: true } : {}),
    ...attributeFlags(flags),
  };
}

/** As mount_setattr(2) with AT_RECURSIVE: what is neither set nor cleared stays as it is. */
export function recursiveFlags({ attr_set, attr_clr }: { attr_set: number; attr_clr: number }): MountFlags {
  const cleared = Object.keys(attributeFlags(attr_clr)).map((key) => [key, false]);
  return { remount: true, recursive: true, ...Object.fromEntries(cleared), ...attributeFlags(attr_set) };
}

export function attributeFlags(flags: number): MountFlags {
  return {
    ...(flags & MS_RDONLY ? { readOnly: true } : {}),
    ...(flags & MS_NOSUID ? { noSuid: true } : {}),
    ...(flags & MS_NODEV ? { noDev: true } : {}),
    ...(flags & MS_NOEXEC ? { noExec: true } : {}),
    ...(flags & MS_NOATIME ? { noAtime: true } : {}),
    ...(flags & MS_STRICTATIME ? { relAtime: false } : {}),
  };
}

export function propagationFlags(flag: number): MountFlags {
  const kind =
    flag & MS_SHARED ? 'shared' : flag & MS_SLAVE ? 'slave' : flag & MS_UNBINDABLE ? 'unbindable' : 'private';
  return { propagation: kind, ...(flag & MS_REC ? { recursive: true } : {}) };
}

export function rootPropagation(name: string | undefined): number {
  return PROPAGATION[name ?? ''] ?? 0;
}
