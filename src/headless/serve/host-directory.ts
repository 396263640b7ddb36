/**
 * A directory of the real machine as a filesystem of the node. Nothing outside it can be reached: every access checks
 * that the directory it goes through is still where it was, and links are never followed on this side (the node
 * follows them by its own tree). Named pipes can be opened; devices and sockets cannot.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  type Stats,
  statfsSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type { Context } from '../../linux/context.ts';
import { Errno, errno, errnoNamed } from '../../linux/errno.ts';
import { OpenFile } from '../../linux/open-file.ts';
import type { Process } from '../../linux/process.ts';
import { Rope } from '../../linux/rope.ts';
import type { FileType, OpenFlags } from '../../linux/syscalls.ts';
import { FileSystem, Inode, type InodeInit } from '../../linux/vfs/inode.ts';
import { HostFifo } from './host-fifo.ts';

const READ_BYTES_MAX = 1 << 20;
const KNOWN_MAX = 65_536;

export class HostFileSystem extends FileSystem {
  readonly root: HostInode;
  private readonly known = new Map<string, HostInode>();
  /** Where something is mounted on the real machine: what lies below is another file system's. */
  private readonly mountpoints: ReadonlySet<string>;
  private readonly covered = new Map<string, CoveredInode>();

  /** @param path of an existing directory, without links in it */
  constructor(device: readonly [number, number], path: string, mountpoints: ReadonlySet<string> = new Set()) {
    super('9p', device);
    this.mountpoints = mountpoints;
    this.root = new HostInode(
      this,
      path,
      attempt(() => lstatSync(path)),
    );
  }

  /** One inode for each file, so that mounts and open files find it again. */
  inodeFor(path: string, stats: Stats): HostInode {
    const key = `${stats.dev}:${stats.ino}:${stats.mode & constants.S_IFMT}`;
    let inode = this.known.get(key);
    if (inode === undefined) {
      if (this.known.size >= KNOWN_MAX) this.known.clear();
      inode = new HostInode(this, path, stats);
      this.known.set(key, inode);
    } else inode.refresh(path, stats);
    return inode;
  }

  /** The directory under a mount, of which nothing can be known. */
  coveredAt(path: string, stats: Stats): CoveredInode | null {
    if (!this.mountpoints.has(path)) {
      this.covered.delete(path);
      return null;
    }
    let inode = this.covered.get(path);
    if (inode === undefined) {
      inode = new CoveredInode(this, stats);
      this.covered.set(path, inode);
    }
    return inode;
  }

  override usage(): ReturnType<FileSystem['usage']> {
    const { bsize, blocks, bavail, files, ffree } = statfsSync(this.root.path);
    return {
      bytesTotal: bsize * blocks,
      bytesUsed: bsize * (blocks - bavail),
      inodesTotal: files,
      inodesUsed: files - ffree,
    };
  }
}

/** Empty, and stays so: the real directory is out of reach as long as the mount lies on it. */
class CoveredInode extends Inode {
  constructor(fs: HostFileSystem, stats: Stats) {
    super(fs, { type: typeOf(stats), mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid, time: 0n });
  }

  override lookup(): null {
    return null;
  }

  override entries(): [string, Inode][] {
    return [];
  }
}

export class HostInode extends Inode {
  path: string;

  constructor(fs: HostFileSystem, path: string, stats: Stats) {
    super(fs, { type: typeOf(stats), mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid, time: 0n });
    this.path = path;
    this.refresh(path, stats);
  }

  refresh(path: string, stats: Stats): void {
    this.path = path;
    this.mode = stats.mode & 0o7777;
    this.uid = stats.uid;
    this.gid = stats.gid;
    this.nlink = stats.nlink;
    this.atime = nanoseconds(stats.atimeMs);
    this.mtime = nanoseconds(stats.mtimeMs);
    this.ctime = nanoseconds(stats.ctimeMs);
  }

  private get host(): HostFileSystem {
    return this.fs as HostFileSystem;
  }

  /** The real path of an entry, after checking that this directory has not been replaced by a link. */
  private entry(name: string): string {
    if (this.type !== 'directory') throw errno('ENOTDIR');
    if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0'))
      throw errno('EINVAL');
    this.check();
    return `${this.path}/${name}`;
  }

  private check(): void {
    if (attempt(() => realpathSync(this.path)) !== this.path) throw errno('ELOOP');
  }

  /** The same for this file itself: its directory must be real, and it is opened without following a link. */
  private openFd(flags: number): number {
    const directory = this.path.slice(0, this.path.lastIndexOf('/')) || '/';
    return attempt(() => {
      if (realpathSync(directory) !== directory) throw errno('ELOOP');
      return openSync(this.path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    });
  }

  private open<T>(flags: number, body: (fd: number) => T): T {
    const fd = this.openFd(flags);
    try {
      return attempt(() => body(fd));
    } finally {
      closeSync(fd);
    }
  }

  override openAs(flags: OpenFlags, _caller: Process, path: string): OpenFile | null {
    if (this.type !== 'file' && this.type !== 'fifo') return null;
    const access = flags.write ? (flags.read ? constants.O_RDWR : constants.O_WRONLY) : constants.O_RDONLY;
    if (this.type === 'fifo') return new HostFifo(path, flags, this, this.openFd(access));
    return new HostFile(
      path,
      flags,
      this,
      this.openFd(access | (flags.write && flags.truncate ? constants.O_TRUNC : 0)),
    );
  }

  override get size(): number {
    if (this.type === 'directory') return 4096;
    try {
      return lstatSync(this.path).size;
    } catch {
      return 0;
    }
  }

  override lookup(name: string): Inode | null {
    const path = this.entry(name);
    try {
      const stats = lstatSync(path);
      return this.host.coveredAt(path, stats) ?? this.host.inodeFor(path, stats);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return null;
      throw errnoNamed(code ?? 'EIO');
    }
  }

  override entries(): [string, Inode][] {
    this.check();
    const out: [string, Inode][] = [];
    for (const name of attempt(() => readdirSync(this.path)).sort()) {
      const inode = this.lookup(name);
      if (inode !== null) out.push([name, inode]);
    }
    return out;
  }

  override create(name: string, init: InodeInit): Inode {
    const path = this.entry(name);
    const { target } = init;
    attempt(() => {
      if (init.type === 'directory') mkdirSync(path, init.mode & 0o7777);
      else if (init.type === 'symlink') symlinkSync(target ?? '', path);
      else if (init.type === 'file')
        closeSync(openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, init.mode & 0o7777));
      else throw errno('EPERM');
      if (process.getuid?.() === 0) lchownSync(path, init.uid, init.gid);
      if (init.type !== 'symlink') chmodSync(path, init.mode & 0o7777);
    });
    const made = this.lookup(name);
    if (made === null) throw errno('ENOENT');
    return made;
  }

  override link(name: string, inode: Inode): void {
    if (!(inode instanceof HostInode) || inode.fs !== this.fs) throw errno('EXDEV');
    const path = this.entry(name);
    attempt(() => linkSync(inode.path, path));
  }

  override unlink(name: string): void {
    const path = this.entry(name);
    attempt(() => unlinkSync(path));
    this.watchers?.wakeAll(undefined);
  }

  override rmdir(name: string): void {
    const path = this.entry(name);
    attempt(() => rmdirSync(path));
    this.watchers?.wakeAll(undefined);
  }

  override rename(name: string, to: Inode, toName: string): void {
    if (!(to instanceof HostInode) || to.fs !== this.fs) throw errno('EXDEV');
    const from = this.entry(name);
    const target = to.entry(toName);
    const inode = this.lookup(name);
    attempt(() => renameSync(from, target));
    if (inode instanceof HostInode) inode.path = target;
    this.watchers?.wakeAll(undefined);
  }

  override readlink(): string {
    return attempt(() => readlinkSync(this.path));
  }

  override readData(position: number, max: number): Rope {
    if (this.type !== 'file') throw errno(this.type === 'directory' ? 'EISDIR' : 'EINVAL');
    const buffer = new Uint8Array(Math.min(max, READ_BYTES_MAX));
    const length = this.open(constants.O_RDONLY, (fd) => readSync(fd, buffer, 0, buffer.length, position));
    return Rope.of(buffer.subarray(0, length));
  }

  override writeData(position: number, data: Rope): void {
    if (this.type !== 'file') throw errno('EINVAL');
    const bytes = data.bytes();
    this.open(constants.O_WRONLY, (fd) => {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, position + at);
    });
  }

  override truncate(length: number): void {
    if (this.type !== 'file') throw errno('EINVAL');
    this.open(constants.O_WRONLY, (fd) => ftruncateSync(fd, length));
  }

  override attributesChanged(): void {
    const directory = this.path.slice(0, this.path.lastIndexOf('/')) || '/';
    attempt(() => {
      if (realpathSync(directory) !== directory) throw errno('ELOOP');
      if (process.getuid?.() === 0) lchownSync(this.path, this.uid, this.gid);
      if (this.type !== 'symlink' && !lstatSync(this.path).isSymbolicLink()) chmodSync(this.path, this.mode & 0o7777);
      lutimesSync(this.path, Number(this.atime) / 1e9, Number(this.mtime) / 1e9);
    });
  }
}

/** A file of the host, open: it stays the same file whatever happens to its name. */
class HostFile extends OpenFile {
  private readonly fd: number;
  private position = 0;

  constructor(path: string, flags: OpenFlags, inode: HostInode, fd: number) {
    super(path, flags);
    this.inode = inode;
    this.fd = fd;
  }

  override async read(_ctx: Context, max: number): Promise<Rope> {
    if (!this.flags.read) throw errno('EBADF');
    const buffer = new Uint8Array(Math.min(max, READ_BYTES_MAX));
    const length = attempt(() => readSync(this.fd, buffer, 0, buffer.length, this.position));
    this.position += length;
    return Rope.of(buffer.subarray(0, length));
  }

  override async write(_ctx: Context, data: Rope): Promise<number> {
    if (!this.flags.write) throw errno('EBADF');
    if (this.flags.append) this.position = attempt(() => fstatSync(this.fd).size);
    const bytes = data.bytes();
    attempt(() => {
      for (let at = 0; at < bytes.length; ) {
        const written = writeSync(this.fd, bytes, at, bytes.length - at, this.position);
        at += written;
        this.position += written;
      }
    });
    this.inode?.watchers?.wakeAll(undefined);
    return data.length;
  }

  override seek(offset: number, whence: 'set' | 'cur' | 'end'): number {
    const base = whence === 'set' ? 0 : whence === 'cur' ? this.position : attempt(() => fstatSync(this.fd).size);
    if (base + offset < 0) throw errno('EINVAL');
    this.position = base + offset;
    return this.position;
  }

  override truncate(length: number): void {
    if (!this.flags.write) throw errno('EINVAL');
    attempt(() => ftruncateSync(this.fd, length));
  }

  override released(): void {
    closeSync(this.fd);
  }
}

function typeOf(stats: Stats): FileType {
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  if (stats.isFile()) return 'file';
  if (stats.isFIFO()) return 'fifo';
  return 'socket';
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}

function attempt<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof Errno) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw errnoNamed(code);
  }
}
