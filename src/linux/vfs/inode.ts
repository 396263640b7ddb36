/** Inodes and superblocks. Inode operations are synchronous; `caller` matters to filesystems like proc. */

import type { WaitQueue } from '../../sim/primitives.ts';
import { errno } from '../errno.ts';
import type { OpenFile } from '../open-file.ts';
import type { Process } from '../process.ts';
import { Rope } from '../rope.ts';
import type { DirectoryEntry, FileType, OpenFlags } from '../syscalls.ts';
import type { UserNamespace } from '../user-namespace.ts';
import type { Location, Mount } from './mounts.ts';

export type InodeInit = {
  /** The next free one if not given. */
  ino?: number | undefined;
  type: FileType;
  mode: number;
  uid: number;
  gid: number;
  /** ns since 1970 */
  time: bigint;
  rdev?: readonly [number, number];
  /** Symlink target. */
  target?: string;
};

/** Whether somebody from outside of the machine looks at its files just now. */
const gaze = { on: false };

/** Filesystems then number nothing and remember nothing of what is looked up: the machine's history stays as it was. */
export function isGazedAt(): boolean {
  return gaze.on;
}

/** Looks at files from outside of the machine. `look` must be synchronous and change nothing itself. */
export function gazeAt<T>(look: () => T): T {
  gaze.on = true;
  try {
    return look();
  } finally {
    gaze.on = false;
  }
}

/** Shared by all that are no device: nearly everything. */
const NO_DEVICE: readonly [number, number] = [0, 0];

export abstract class FileSystem {
  /** As in the fstype column of mountinfo: ext4, tmpfs, overlay, proc … */
  readonly type: string;
  /** Device number shown as major:minor and as st_dev. */
  readonly device: readonly [number, number];
  abstract readonly root: Inode;
  /** Superblock options as mountinfo's last column prints them (without rw/ro). */
  options = '';
  readOnly = false;
  /** Its directories keep their names until `directoryLost` is said. */
  readonly keepsNames: boolean = false;
  /** The user namespace that it was mounted in; null is the initial one. */
  owner: UserNamespace | null = null;
  private nextInode = 1;

  constructor(type: string, device: readonly [number, number]) {
    this.type = type;
    this.device = device;
  }

  allocateInode(): number {
    return this.allocateInodes(1);
  }

  /** The first of so many in a row. */
  allocateInodes(count: number): number {
    if (gaze.on) return 0;
    const first = this.nextInode;
    this.nextInode += count;
    return first;
  }

  /** Total and used bytes and inodes for df; zero totals mean a pseudo filesystem. */
  usage(): { bytesTotal: number; bytesUsed: number; inodesTotal: number; inodesUsed: number } {
    return { bytesTotal: 0, bytesUsed: 0, inodesTotal: 0, inodesUsed: 0 };
  }
}

/** What few files have, apart from what all have: a node has thousands. */
type Rare = {
  rdev: readonly [number, number];
  xattrs: Map<string, string> | null;
  watchers: WaitQueue<void> | null;
  endpoint: unknown;
};

/** What thousands of files have alike: they share it, until one of them is given something else. */
type Common = { readonly mode: number; readonly uid: number; readonly gid: number };

/** Files of whoever has a higher number do not share it. */
const IDS_SHARED = 2 ** 16;
const COMMON_MAX = 4096;
const common = new Map<number, Common>();
let last: Common = { mode: 0, uid: 0, gid: 0 };

function commonOf(mode: number, uid: number, gid: number): Common {
  if (last.mode === mode && last.uid === uid && last.gid === gid) return last;
  const isShared = uid >= 0 && uid < IDS_SHARED && gid >= 0 && gid < IDS_SHARED;
  const key = ((mode & 0o7777) * IDS_SHARED + uid) * IDS_SHARED + gid;
  const known = isShared ? common.get(key) : undefined;
  if (known !== undefined && known.mode === mode) {
    last = known;
    return known;
  }
  last = { mode, uid, gid };
  if (isShared && common.size < COMMON_MAX) common.set(key, last);
  return last;
}

export abstract class Inode {
  readonly ino: number;
  readonly fs: FileSystem;
  readonly type: FileType;
  private common: Common;
  nlink = 1;
  atime: bigint;
  mtime: bigint;
  ctime: bigint;
  /** The mount that was made on it last, in whichever namespace; those before are beneath it. */
  mountOn: Mount | null = null;
  private rare: Rare | null = null;

  constructor(fs: FileSystem, init: InodeInit) {
    this.fs = fs;
    this.ino = init.ino ?? fs.allocateInode();
    this.type = init.type;
    this.common = commonOf(init.mode, init.uid, init.gid);
    this.atime = init.time;
    this.mtime = init.time;
    this.ctime = init.time;
    if (init.rdev !== undefined && init.rdev !== NO_DEVICE) this.rarities.rdev = init.rdev;
  }

  get mode(): number {
    return this.common.mode;
  }

  set mode(mode: number) {
    const { uid, gid } = this.common;
    if (mode !== this.mode) this.common = commonOf(mode, uid, gid);
  }

  get uid(): number {
    return this.common.uid;
  }

  set uid(uid: number) {
    const { mode, gid } = this.common;
    if (uid !== this.uid) this.common = commonOf(mode, uid, gid);
  }

  get gid(): number {
    return this.common.gid;
  }

  set gid(gid: number) {
    const { mode, uid } = this.common;
    if (gid !== this.gid) this.common = commonOf(mode, uid, gid);
  }

  get rdev(): readonly [number, number] {
    return this.rare?.rdev ?? NO_DEVICE;
  }

  get xattrs(): Map<string, string> | null {
    return this.rare?.xattrs ?? null;
  }

  set xattrs(xattrs: Map<string, string> | null) {
    if (xattrs !== this.xattrs) this.rarities.xattrs = xattrs;
  }

  /** inotify waiters on this directory. */
  get watchers(): WaitQueue<void> | null {
    return this.rare?.watchers ?? null;
  }

  set watchers(watchers: WaitQueue<void> | null) {
    this.rarities.watchers = watchers;
  }

  /** What a fifo or socket inode stands for; set by the kernel. */
  get endpoint(): unknown {
    return this.rare?.endpoint ?? null;
  }

  set endpoint(endpoint: unknown) {
    this.rarities.endpoint = endpoint;
  }

  private get rarities(): Rare {
    this.rare ??= { rdev: NO_DEVICE, xattrs: null, watchers: null, endpoint: null };
    return this.rare;
  }

  get size(): number {
    return 0;
  }

  /** What it takes of its filesystem, in bytes. */
  get allocated(): number {
    return 0;
  }

  lookup(_name: string, _caller: Process | null): Inode | null {
    throw errno('ENOTDIR');
  }

  entries(_caller: Process | null): [string, Inode][] {
    throw errno('ENOTDIR');
  }

  /** What getdents64 tells of the entries. */
  list(caller: Process | null): DirectoryEntry[] {
    return this.entries(caller).map(([name, { type, ino }]) => ({ name, type, ino }));
  }

  create(_name: string, _init: InodeInit): Inode {
    throw errno('EPERM');
  }

  link(_name: string, _inode: Inode): void {
    throw errno('EPERM');
  }

  unlink(_name: string): void {
    throw errno('EPERM');
  }

  rmdir(_name: string): void {
    throw errno('EPERM');
  }

  /** Moves `name` of this directory to `toName` of `to` (same filesystem), replacing what is there. */
  rename(_name: string, _to: Inode, _toName: string): void {
    throw errno('EPERM');
  }

  readlink(_caller: Process | null): string {
    throw errno('EINVAL');
  }

  /** What whoever reads it now would get, of a file that is made when it is read; null of any other. */
  made(_caller: Process): string | Rope | null {
    return null;
  }

  /** A link that leads to an object rather than a path: /proc/PID/fd/N, ns/*, root. */
  magicTarget(_caller: Process | null): MagicTarget | null {
    return null;
  }

  readData(_position: number, _max: number): Rope {
    return Rope.empty;
  }

  /** `by` is who pays if it takes memory. */
  writeData(_position: number, _data: Rope, _by: Process | null = null): void {
    throw errno('EINVAL');
  }

  truncate(_length: number): void {
    throw errno('EINVAL');
  }

  /** Non-null: this inode opens as something of its own (a device, a proc file). */
  openAs(_flags: OpenFlags, _caller: Process, _path: string): OpenFile | null {
    return null;
  }

  /** A mount of it, or an open file, has come (1) or gone (-1): what an nsfs file stands for lives as long as they do. */
  pin(_by: 1 | -1): void {}

  /** Something is mounted on it. */
  covered(): void {}

  /** Attributes of this inode were set: a filesystem that shows another one's inodes carries them over. */
  attributesChanged(): void {}
}

export type MagicTarget =
  | { kind: 'location'; location: Location }
  | { kind: 'file'; file: OpenFile }
  | { kind: 'inode'; inode: Inode };
