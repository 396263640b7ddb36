/**
 * A filesystem held in memory: serves as tmpfs and, under another name, as the node's disk.
 * @models Linux 6.12 tmpfs, ext4 @fidelity partial: blocks are counted, not placed; no journal or quotas; a write that does not fit is refused whole
 */
import { errno } from '../errno.ts';
import type { Process } from '../process.ts';
import type { Rope } from '../rope.ts';
import { BLOCK_BYTES, FileData, wholeBlocks } from './file-data.ts';
import { FileSystem, Inode, type InodeInit } from './inode.ts';
import { countOf, entriesOf, type Names, NO_NAMES, valueOf, withName, withoutName } from './names.ts';
import { directoryLost } from './path-cache.ts';

export class MemoryFileSystem extends FileSystem {
  override readonly keepsNames = true;
  readonly root: MemoryInode;
  readonly bytesMax: number;
  private readonly isDisk: boolean;
  /** nr_inodes=; 0 for as many as there is room for. */
  private readonly inodesMax: number;
  bytesUsed = 0;
  inodesUsed = 0;

  constructor(
    type: string,
    device: readonly [number, number],
    time: bigint,
    options: { bytesMax?: number; inodesMax?: number; mode?: number } = {},
  ) {
    super(type, device);
    this.isDisk = DISKS.has(type);
    this.bytesMax = options.bytesMax ?? 0;
    this.inodesMax = options.inodesMax ?? 0;
    this.root = new MemoryInode(this, { type: 'directory', mode: options.mode ?? 0o755, uid: 0, gid: 0, time });
    this.root.nlink = 2;
  }

  override usage(): { bytesTotal: number; bytesUsed: number; inodesTotal: number; inodesUsed: number } {
    return {
      bytesTotal: this.bytesMax,
      bytesUsed: this.bytesUsed,
      inodesTotal: this.inodesMax > 0 ? this.inodesMax : Math.floor(this.bytesMax / 16_384),
      inodesUsed: this.inodesUsed,
    };
  }

  /** A directory of so many entries. */
  directorySize(entries: number): number {
    return this.isDisk ? BLOCK_BYTES : (OWN_ENTRIES + entries) * ENTRY_BYTES;
  }

  /** What lies beside the inode itself: a directory's entries, a link's target if it is long. */
  allocatedFor(type: Inode['type'], size: number): number {
    const beside = type === 'directory' ? this.isDisk : size > (this.isDisk ? INLINE_LINK_MAX : SHORT_LINK_MAX);
    return beside ? BLOCK_BYTES : 0;
  }

  /** A mount of it, in a namespace that somebody is in, or an open file has come (1) or gone (-1). */
  pinned(_by: 1 | -1): void {}

  /** A new one, and what lies beside it. */
  chargeInode(bytes: number): void {
    if (this.inodesMax > 0 && this.inodesUsed >= this.inodesMax) throw errno('ENOSPC');
    this.charge(bytes);
    this.inodesUsed++;
  }

  charge(bytes: number): void {
    if (bytes > 0 && this.bytesMax > 0 && this.bytesUsed + bytes > this.bytesMax) throw errno('ENOSPC');
    this.bytesUsed += bytes;
  }

  /** A file is to take so many bytes now; returns how many it gets. */
  hold(_inode: Inode, bytes: number, _by: Process | null): number {
    return bytes;
  }
}

const DISKS: ReadonlySet<string> = new Set(['ext4', 'xfs', 'erofs']);
/** ext4 keeps the target of a symbolic link in the inode if it fits there. */
const INLINE_LINK_MAX = 59;
/** SHORT_SYMLINK_LEN of tmpfs, with its final zero. */
const SHORT_LINK_MAX = 127;
/** BOGO_DIRENT_SIZE: what an entry of a directory in memory is said to have; it takes nothing. */
const ENTRY_BYTES = 20;
/** . and .. */
const OWN_ENTRIES = 2;

const names: Record<string, true> = Object.create(null);
/** Names that were given lately. Most have been given before: config.json, rootfs. */
const given = new Map<string, string>();
const GIVEN_MAX = 1024;

/**
 * The same name, without the path that it is cut out of, and one for all files that are called so: engines keep the keys
 * of objects once, for as long as anybody has them.
 */
function sharedName(name: string): string {
  const known = given.get(name);
  if (known !== undefined) return known;
  names[name] = true;
  const [shared] = Object.keys(names) as [string];
  delete names[name];
  if (given.size >= GIVEN_MAX) given.clear();
  given.set(shared, shared);
  return shared;
}

export class MemoryInode extends Inode {
  /** By its type: what is in a directory, a file's data, a link's target. */
  private content: Names<Inode> | FileData | string | null;
  /** Mounts of it and open files. */
  private pins = 0;

  constructor(fs: MemoryFileSystem, init: InodeInit) {
    fs.chargeInode(fs.allocatedFor(init.type, init.target?.length ?? 0));
    super(fs, init);
    this.content = init.type === 'directory' ? NO_NAMES : init.type === 'file' ? new FileData() : (init.target ?? null);
  }

  private get data(): FileData | null {
    return this.type === 'file' ? (this.content as FileData) : null;
  }

  private get target(): string | null {
    return typeof this.content === 'string' ? this.content : null;
  }

  override get size(): number {
    const { content, type } = this;
    if (type === 'file') return (content as FileData).length;
    if (type === 'directory') return this.memory.directorySize(countOf(content as Names<Inode>));
    return typeof content === 'string' ? content.length : 0;
  }

  override get allocated(): number {
    return this.data?.allocated ?? this.memory.allocatedFor(this.type, this.size);
  }

  private get directory(): Names<Inode> {
    if (this.type !== 'directory') throw errno('ENOTDIR');
    return this.content as Names<Inode>;
  }

  private put(name: string, inode: Inode): void {
    this.content = withName(this.directory, sharedName(name), inode);
  }

  private remove(name: string): void {
    this.content = withoutName(this.directory, name);
  }

  private get memory(): MemoryFileSystem {
    return this.fs as MemoryFileSystem;
  }

  override lookup(name: string): Inode | null {
    if (this.type !== 'directory') throw errno('ENOTDIR');
    return valueOf(this.content as Names<Inode>, name) ?? null;
  }

  override entries(): [string, Inode][] {
    return entriesOf(this.directory);
  }

  override create(name: string, init: InodeInit): Inode {
    if (this.lookup(name) !== null) throw errno('EEXIST');
    const inode = new MemoryInode(this.memory, init);
    if (init.type === 'directory') {
      inode.nlink = 2;
      this.nlink++;
    }
    this.put(name, inode);
    this.touched(init.time);
    return inode;
  }

  override link(name: string, inode: Inode): void {
    if (this.lookup(name) !== null) throw errno('EEXIST');
    if (inode.fs !== this.fs) throw errno('EXDEV');
    this.put(name, inode);
    inode.nlink++;
    this.touched(null);
  }

  override unlink(name: string): void {
    const inode = this.lookup(name);
    if (inode === null) throw errno('ENOENT');
    if (inode.type === 'directory') throw errno('EISDIR');
    this.remove(name);
    this.dropped(inode);
    this.touched(null);
  }

  override rmdir(name: string): void {
    const inode = this.lookup(name);
    if (inode === null) throw errno('ENOENT');
    if (inode.type !== 'directory') throw errno('ENOTDIR');
    if (inode.entries(null).length > 0) throw errno('ENOTEMPTY');
    this.remove(name);
    directoryLost();
    inode.nlink = 0;
    this.memory.inodesUsed--;
    this.memory.charge(-inode.allocated);
    this.nlink--;
    this.touched(null);
  }

  override rename(name: string, to: Inode, toName: string): void {
    const inode = this.lookup(name);
    if (inode === null) throw errno('ENOENT');
    if (!(to instanceof MemoryInode) || to.fs !== this.fs) throw errno('EXDEV');
    const existing = to.lookup(toName);
    if (existing === inode) return;
    if (existing !== null) {
      if (existing.type === 'directory') {
        if (inode.type !== 'directory') throw errno('EISDIR');
        to.rmdir(toName);
      } else {
        if (inode.type === 'directory') throw errno('ENOTDIR');
        to.unlink(toName);
      }
    }
    this.remove(name);
    to.put(toName, inode);
    if (inode.type === 'directory') {
      directoryLost();
      this.nlink--;
      to.nlink++;
    }
    this.touched(null);
    to.touched(null);
  }

  override readlink(_caller: Process | null): string {
    if (this.target === null) throw errno('EINVAL');
    return this.target;
  }

  override readData(position: number, max: number): Rope {
    if (this.data === null) throw errno(this.type === 'directory' ? 'EISDIR' : 'EINVAL');
    return this.data.read(position, max);
  }

  override writeData(position: number, data: Rope, by: Process | null = null): void {
    if (this.data === null) throw errno('EINVAL');
    const wanted = this.data.allocatedAfter(position, data);
    this.memory.charge(wanted - this.data.allocated);
    const missing = wanted - this.memory.hold(this, wanted, by);
    if (missing === 0) return this.data.write(position, data);
    this.memory.charge(-missing);
    const end = wholeBlocks(position + data.length) - missing;
    this.data.write(position, data.slice(0, Math.max(0, end - position)));
    throw errno('ENOMEM');
  }

  override truncate(length: number): void {
    if (this.data === null) throw errno('EINVAL');
    const before = this.data.allocated;
    this.data.truncate(length);
    this.memory.charge(this.data.allocated - before);
    this.memory.hold(this, this.data.allocated, null);
  }

  override pin(by: 1 | -1): void {
    this.pins += by;
    this.memory.pinned(by);
    if (this.pins === 0 && this.nlink === 0) this.free();
  }

  private dropped(inode: Inode): void {
    inode.nlink--;
    if (inode.nlink === 0 && inode instanceof MemoryInode && inode.pins === 0) inode.free();
  }

  /** It has no name any more, and nobody has it open. */
  private free(): void {
    this.memory.inodesUsed--;
    this.memory.charge(-this.allocated);
    if (this.data !== null) this.memory.hold(this, 0, null);
  }

  private touched(time: bigint | null): void {
    if (time !== null) this.mtime = time;
    this.watchers?.wakeAll(undefined);
  }
}
