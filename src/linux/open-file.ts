/** Open file descriptions: what descriptors point to; shared by dup and fork, closed with the last reference. */
import type { WaitQueue } from '../sim/primitives.ts';
import type { Context } from './context.ts';
import { errno } from './errno.ts';
import type { LockMode } from './file-locks.ts';
import type { Process } from './process.ts';
import { Rope } from './rope.ts';
import type { OpenFlags } from './syscalls.ts';
import { reserved } from './vfs/file-data.ts';
import type { Inode } from './vfs/inode.ts';
import type { Location } from './vfs/mounts.ts';

/** Shared by all that have no others. */
export const BOTH_WAYS: OpenFlags = { read: true, write: true };

export abstract class OpenFile {
  references = 0;
  /** Told that one reference is left: whoever lent the file and kept one of its own may close that. */
  onlyOneLeft: (() => void) | null = null;
  readonly flags: OpenFlags;
  /** As /proc/PID/fd/N shows it: a path, or `pipe:[123]`, `socket:[124]`. */
  path: string;
  /** The inode, when there is one (fstat, /proc/PID/fd). */
  inode: Inode | null = null;
  private place: Location | null = null;
  /** The lock that was taken through it (file-locks.ts). */
  lock: { readonly mode: LockMode; readonly release: () => void } | null = null;

  constructor(path: string, flags: OpenFlags) {
    this.path = path;
    this.flags = flags;
  }

  get location(): Location | null {
    return this.place;
  }

  set location(place: Location) {
    if (this.references > 0) {
      if (this.place !== null) this.place.mount.openFiles--;
      place.mount.openFiles++;
    }
    this.place = place;
  }

  /** One reference more. */
  acquire(): void {
    if (this.references++ === 0 && this.place !== null) this.place.mount.openFiles++;
  }

  /** One reference less. */
  release(): void {
    if (--this.references === 1) this.onlyOneLeft?.();
    if (this.references > 0) return;
    this.lock?.release();
    if (this.place !== null) this.place.mount.openFiles--;
    this.released();
  }

  read(_ctx: Context, _max: number): Promise<Rope> {
    throw errno('EINVAL');
  }

  write(_ctx: Context, _data: Rope): Promise<number> {
    throw errno('EINVAL');
  }

  /** What `read` would give without waiting, or null: then `read` decides. Spares promises where most bytes go. */
  readNow(_max: number): Rope | null {
    return null;
  }

  /** Where a reader waits while `readNow` has nothing for it; null where `read` has to be asked. */
  get readQueue(): WaitQueue<void> | null {
    return null;
  }

  /** Writes everything, as `write` would without waiting, or nothing and says false: then `write` decides. */
  writeNow(_data: Rope, _writer: Process): boolean {
    return false;
  }

  seek(_offset: number, _whence: 'set' | 'cur' | 'end'): number {
    throw errno('ESPIPE');
  }

  allocate(_end: number, _by: Process): void {
    throw errno('EOPNOTSUPP');
  }

  truncate(_length: number): void {
    throw errno('EINVAL');
  }

  /** The last reference is gone. */
  released(): void {}
}

/** A regular file or a proc-like file read by position. */
export class RegularFile extends OpenFile {
  position = 0;
  private written = 0;
  private readonly onClose: ((bytes: number) => void) | null;
  private readonly now: () => bigint;

  constructor(
    path: string,
    flags: OpenFlags,
    inode: Inode,
    now: () => bigint,
    onClose: ((bytes: number) => void) | null,
  ) {
    super(path, flags);
    this.inode = inode;
    this.now = now;
    this.onClose = onClose;
  }

  private get file(): Inode {
    return this.inode as Inode;
  }

  override readNow(max: number): Rope | null {
    if (!this.flags.read) throw errno('EBADF');
    const data = this.file.readData(this.position, max);
    this.position += data.length;
    return data;
  }

  override writeNow(data: Rope, writer: Process): boolean {
    if (!this.flags.write) throw errno('EBADF');
    if (this.flags.append) this.position = this.file.size;
    this.file.writeData(this.position, data, writer);
    this.file.mtime = this.now();
    this.file.watchers?.wakeAll(undefined);
    this.position += data.length;
    this.written += data.length;
    return true;
  }

  override seek(offset: number, whence: 'set' | 'cur' | 'end'): number {
    const base = whence === 'set' ? 0 : whence === 'cur' ? this.position : this.file.size;
    if (base + offset < 0) throw errno('EINVAL');
    this.position = base + offset;
    return this.position;
  }

  override allocate(end: number, by: Process): void {
    if (this.flags.write !== true) throw errno('EBADF');
    const { size } = this.file;
    let at = 0;
    for (const piece of this.file.readData(0, Math.min(end, size)).pieces()) {
      const length = 'bytes' in piece ? piece.bytes.length : piece.length;
      if ('source' in piece && piece.source.stored === 0) this.file.writeData(at, reserved(length), by);
      at += length;
    }
    if (end > size) this.file.writeData(size, reserved(end - size), by);
  }

  override truncate(length: number): void {
    if (!this.flags.write) throw errno('EINVAL');
    this.file.truncate(length);
    this.file.mtime = this.now();
  }

  override acquire(): void {
    if (this.references === 0) this.file.pin(1);
    super.acquire();
  }

  override released(): void {
    this.file.pin(-1);
    if (!this.flags.write) return;
    this.onClose?.(this.written);
    // Who watches the directory hears of a file in it that was written to, not only of names that come and go.
    if (this.written > 0 || this.flags.truncate === true) this.location?.up?.inode.watchers?.wakeAll(undefined);
  }
}

/** A file whose text is made when it is opened (proc, sysfs, cgroup) and whose writes are commands to the kernel. */
export class GeneratedFile extends OpenFile {
  private text: Rope | null = null;
  private position = 0;
  private readonly generate: () => string | Rope;
  private readonly accept: ((text: string, caller: Process) => void) | null;

  constructor(
    path: string,
    flags: OpenFlags,
    inode: Inode,
    generate: () => string | Rope,
    accept: ((text: string, caller: Process) => void) | null,
  ) {
    super(path, flags);
    this.inode = inode;
    this.generate = generate;
    this.accept = accept;
  }

  override readNow(max: number): Rope | null {
    if (!this.flags.read) throw errno('EBADF');
    if (this.text === null || this.position === 0) {
      const made = this.generate();
      this.text = typeof made === 'string' ? Rope.text(made) : made;
    }
    const data = this.text.slice(this.position, this.position + max);
    this.position += data.length;
    return data;
  }

  override writeNow(data: Rope, writer: Process): boolean {
    if (!this.flags.write) throw errno('EBADF');
    if (this.accept === null) throw errno('EINVAL');
    this.accept(data.toString(), writer);
    return true;
  }

  override seek(offset: number, whence: 'set' | 'cur' | 'end'): number {
    this.position = whence === 'set' ? offset : this.position + offset;
    return this.position;
  }

  override truncate(): void {}
}

/** A directory, or an O_PATH handle. */
export class PathHandle extends OpenFile {
  constructor(path: string, flags: OpenFlags, location: Location) {
    super(path, flags);
    this.inode = location.inode;
    this.location = location;
  }

  override read(): Promise<Rope> {
    throw errno(this.inode?.type === 'directory' ? 'EISDIR' : 'EBADF');
  }

  override write(): Promise<number> {
    throw errno('EBADF');
  }
}
