/**
 * A directory of another kernel as a filesystem of this one, served by a process over there: virtio-fs with virtiofsd,
 * gVisor's gofer. Inodes stand for inodes of the host, across the mounts that lie below the directory.
 * @models Linux 6.12 fs/fuse/virtio_fs.c with virtiofsd 1.13 --announce-submounts; gVisor's lisafs gofer
 * @fidelity partial: attributes are read at look-up and written through; no caching of data, no inotify across
 */
import type { Context } from '../context.ts';
import { errno } from '../errno.ts';
import type { Process } from '../process.ts';
import type { Rope } from '../rope.ts';
import { FileSystem, Inode, type InodeInit, isGazedAt } from './inode.ts';
import { crossMounts, type Location } from './mounts.ts';

/** A call on something at a path below the served directory; `count` requests carry its data. */
export type FileRequest = { readonly call: string; readonly path: string; readonly count: number };

/** Who serves, and what one request costs it. */
export type FileServer = {
  readonly process: Process;
  readonly requestNs: number;
  /** How a request goes over where there is a protocol for it; without, it is only paid for. */
  ask?(ctx: Context, request: FileRequest): Promise<void>;
};

export class RemoteFileSystem extends FileSystem {
  readonly root: RemoteInode;
  readonly server: FileServer;
  private readonly known = new WeakMap<Inode, RemoteInode>();

  constructor(type: string, device: readonly [number, number], server: FileServer, directory: Location) {
    super(type, device);
    this.server = server;
    this.root = this.inodeFor(crossMounts(directory));
  }

  /** The one inode here that stands for a place over there. */
  inodeFor(place: Location): RemoteInode {
    const known = this.known.get(place.inode);
    if (known !== undefined) {
      if (!isGazedAt()) known.refresh(place);
      return known;
    }
    const made = new RemoteInode(this, place);
    if (!isGazedAt()) this.known.set(place.inode, made);
    return made;
  }

  override usage(): ReturnType<FileSystem['usage']> {
    return this.root.place.inode.fs.usage();
  }
}

export class RemoteInode extends Inode {
  place: Location;

  constructor(fs: RemoteFileSystem, place: Location) {
    const { inode } = place;
    super(fs, {
      type: inode.type,
      mode: inode.mode,
      uid: inode.uid,
      gid: inode.gid,
      time: inode.mtime,
      rdev: inode.rdev,
    });
    this.place = place;
    this.refresh(place);
  }

  private get remote(): RemoteFileSystem {
    return this.fs as RemoteFileSystem;
  }

  refresh(place: Location): void {
    const { inode } = place;
    this.place = place;
    this.mode = inode.mode;
    this.uid = inode.uid;
    this.gid = inode.gid;
    this.nlink = inode.nlink;
    this.atime = inode.atime;
    this.mtime = inode.mtime;
    this.ctime = inode.ctime;
    this.xattrs = inode.xattrs;
  }

  override attributesChanged(): void {
    this.assertWritable();
    const { inode } = this.place;
    inode.mode = this.mode;
    inode.uid = this.uid;
    inode.gid = this.gid;
    inode.mtime = this.mtime;
    inode.ctime = this.ctime;
    inode.xattrs = this.xattrs;
    inode.attributesChanged();
  }

  private assertWritable(): void {
    const { mount } = this.place;
    if (mount.flags.readOnly || mount.fs.readOnly) throw errno('EROFS');
  }

  private below(name: string, inode: Inode): RemoteInode {
    return this.remote.inodeFor(crossMounts({ mount: this.place.mount, inode, name, up: this.place }));
  }

  override get size(): number {
    return this.place.inode.size;
  }

  override get allocated(): number {
    return this.place.inode.allocated;
  }

  override lookup(name: string, _caller: Process | null): Inode | null {
    const found = this.place.inode.lookup(name, this.remote.server.process);
    return found === null ? null : this.below(name, found);
  }

  override entries(_caller: Process | null): [string, Inode][] {
    return this.place.inode
      .entries(this.remote.server.process)
      .map(([name, inode]): [string, Inode] => [name, this.below(name, inode)]);
  }

  override create(name: string, init: InodeInit): Inode {
    this.assertWritable();
    return this.below(name, this.place.inode.create(name, init));
  }

  override link(name: string, inode: Inode): void {
    if (!(inode instanceof RemoteInode) || inode.fs !== this.fs) throw errno('EXDEV');
    this.assertWritable();
    this.place.inode.link(name, inode.place.inode);
  }

  override unlink(name: string): void {
    this.assertWritable();
    this.place.inode.unlink(name);
    this.watchers?.wakeAll(undefined);
  }

  override rmdir(name: string): void {
    this.assertWritable();
    this.place.inode.rmdir(name);
    this.watchers?.wakeAll(undefined);
  }

  override rename(name: string, to: Inode, toName: string): void {
    if (!(to instanceof RemoteInode) || to.place.mount !== this.place.mount) throw errno('EXDEV');
    this.assertWritable();
    this.place.inode.rename(name, to.place.inode, toName);
  }

  override readlink(): string {
    return this.place.inode.readlink(this.remote.server.process);
  }

  override readData(position: number, max: number): Rope {
    return this.place.inode.readData(position, max);
  }

  override writeData(position: number, data: Rope): void {
    this.assertWritable();
    this.place.inode.writeData(position, data, this.remote.server.process);
    this.place.inode.mtime = this.remote.server.process.kernel.wallTime();
    this.place.inode.watchers?.wakeAll(undefined);
  }

  override truncate(length: number): void {
    this.assertWritable();
    this.place.inode.truncate(length);
    this.place.inode.mtime = this.remote.server.process.kernel.wallTime();
  }
}
