/** System calls on files and descriptors. */
import { WaitQueue } from '../../sim/primitives.ts';
import { NOT_YET } from '../../sim/scheduler.ts';
import type { Context } from '../context.ts';
import { openDevice } from '../devices.ts';
import { errno } from '../errno.ts';
import {
  CAPABILITY_ATTRIBUTE,
  dropFileCapabilities,
  shownCapabilities,
  storedCapabilities,
} from '../file-capabilities.ts';
import { BlockedCall, interruptible } from '../interruptible.ts';
import type { Kernel } from '../kernel.ts';
import { type OpenFile, PathHandle, RegularFile } from '../open-file.ts';
import { Pipe, PipeEnd } from '../pipe.ts';
import type { Process } from '../process.ts';
import { PtyMaster, PtySlave } from '../pty.ts';
import { type Rope, toRope } from '../rope.ts';
import { Connection } from '../socket.ts';
import type { FileType, OpenFlags, Stat, Syscalls } from '../syscalls.ts';
import { capable, capableOver, fromKernel, toKernel } from '../user-namespace.ts';
import type { Inode } from '../vfs/inode.ts';
import {
  crossMounts,
  isCanonical,
  type Location,
  mayAccess,
  pathOf,
  sameLocation,
  seenId,
  type WalkResult,
  walk,
  withInode,
} from '../vfs/mounts.ts';
import { statFor } from './stat.ts';

const DEFAULT_READ = 65_536;
const DONE = Promise.resolve();

export function walkFor(process: Process, path: string, followLast: boolean): WalkResult {
  return walk(path, { followLast, caller: process, root: process.root, cwd: process.cwd });
}

export function locate(process: Process, path: string, followLast = true): Location {
  const found = find(process, path, followLast);
  if (found === null) throw errno('ENOENT');
  return found;
}

/** Null if nothing is there, which is asked so often that it is no exception. */
function find(process: Process, path: string, followLast: boolean): Location | null {
  const result = walkFor(process, path, followLast);
  if (result.magic?.kind === 'inode') return withInode(result.location as Location, result.magic.inode);
  if (result.magic?.kind === 'file' && result.magic.file.location !== null) return result.magic.file.location;
  if (result.magic?.kind === 'file' && result.magic.file.inode !== null)
    return withInode(result.location as Location, result.magic.file.inode);
  return result.location;
}

function statAt(process: Process, path: string, followLast: boolean): Promise<Stat> {
  const found = find(process, path, followLast);
  if (found === null) throw errno('ENOENT');
  return Promise.resolve(statFor(process, found.inode, found.mount.idmap));
}

function assertWritable(location: Location): void {
  if (location.mount.flags.readOnly || location.mount.fs.readOnly) throw errno('EROFS');
}

const SETUID = 0o4000;
const SETGID = 0o2000;
const STICKY = 0o1000;

/** Namespaces of extended attributes: others are not supported, trusted ones need CAP_SYS_ADMIN. */
function checkAttributeName(process: Process, name: string): void {
  if (!/^(user|trusted|security|system)\../.test(name)) throw errno('EOPNOTSUPP');
  if (name.startsWith('trusted.') && !capable(process, 'SYS_ADMIN')) throw errno('EPERM');
}

function requireSetFileCapabilities(process: Process, { inode, mount }: Location): void {
  const [uid, gid] = [seenId(mount.idmap, 'uid', inode.uid), seenId(mount.idmap, 'gid', inode.gid)];
  if (!capableOver(process, 'SETFCAP', uid, gid)) throw errno('EPERM');
}

type FileCalls = Pick<
  Syscalls,
  | 'open'
  | 'close'
  | 'read'
  | 'readRope'
  | 'write'
  | 'seek'
  | 'truncate'
  | 'fallocate'
  | 'flock'
  | 'stat'
  | 'lstat'
  | 'fstat'
  | 'statfs'
  | 'access'
  | 'readDirectory'
  | 'mkdir'
  | 'rmdir'
  | 'unlink'
  | 'rename'
  | 'link'
  | 'symlink'
  | 'readlink'
  | 'mknod'
  | 'chmod'
  | 'chown'
  | 'setTimes'
  | 'getxattr'
  | 'setxattr'
  | 'listxattr'
  | 'removexattr'
  | 'chdir'
  | 'getcwd'
  | 'chroot'
  | 'umask'
  | 'watch'
  | 'pipe'
  | 'dup'
  | 'dup2'
  | 'setCloseOnExec'
  | 'openDescriptors'
  | 'isTty'
  | 'sync'
>;

/** A read of a file that has nothing just now. */
class BlockedRead<T> extends BlockedCall<T> {
  private readonly file: OpenFile;
  private readonly max: number;
  private readonly give: (data: Rope) => T;

  constructor(ctx: Context, queue: WaitQueue<void>, file: OpenFile, max: number, give: (data: Rope) => T) {
    super(ctx, queue);
    this.file = file;
    this.max = max;
    this.give = give;
  }

  protected attempt(): T | typeof NOT_YET {
    const data = this.file.readNow(this.max);
    return data === null ? NOT_YET : this.give(data);
  }
}

function readFrom<T>(file: OpenFile, ctx: Context, max: number, give: (data: Rope) => T): Promise<T> {
  const data = file.readNow(max);
  if (data !== null) return Promise.resolve(give(data));
  const { readQueue } = file;
  return readQueue === null ? file.read(ctx, max).then(give) : new BlockedRead(ctx, readQueue, file, max, give).wait();
}

const asBytes = (data: Rope): Uint8Array => data.bytes();
const asRope = (data: Rope): Rope => data;

export function fileCalls(kernel: Kernel): FileCalls {
  const now = (): bigint => kernel.wallTime();
  const absolute = (process: Process, location: Location): string => pathOf(location, process.root);
  /** Of what was walked to by `path`, or will be there. Most paths are absolute as they were given. */
  const pathTo = (process: Process, path: string, { parent, name, location, direct }: WalkResult): string => {
    if (direct && isCanonical(path)) return path;
    if (location !== null) return absolute(process, location);
    const base = absolute(process, parent);
    return base === '/' ? `/${name}` : `${base}/${name}`;
  };

  const changing = (process: Process, path: string): WalkResult => {
    const result = walkFor(process, path, false);
    assertWritable(result.parent);
    if (!mayAccess(result.parent.inode, process, 3, result.parent.mount.idmap)) throw errno('EACCES');
    return result;
  };

  /** In a sticky directory only the file's owner, the directory's, or root may take a name away. */
  const checkSticky = (process: Process, { parent, location }: WalkResult): void => {
    if ((parent.inode.mode & STICKY) === 0 || location === null) return;
    const { fsuid } = process.credentials;
    const owner = (at: Location): number => seenId(at.mount.idmap, 'uid', at.inode.uid);
    if (fsuid === owner(location) || fsuid === owner(parent) || ownsOrMay(process, location, 'FOWNER')) return;
    throw errno('EPERM');
  };

  /** Who owns what is made here: a directory with the setgid bit hands on its group, and to directories the bit. */
  const ownership = (process: Process, { inode: parent, mount }: Location, type: FileType, mode: number) => {
    const inherits = (parent.mode & SETGID) !== 0;
    const { fsuid, fsgid } = process.credentials;
    const uid = mount.idmap === null ? fsuid : fromKernel(mount.idmap, 'uid', fsuid);
    const gid = mount.idmap === null ? fsgid : fromKernel(mount.idmap, 'gid', fsgid);
    if (uid === null || gid === null) throw errno('EOVERFLOW');
    return {
      mode: inherits && type === 'directory' ? mode | SETGID : mode,
      uid,
      gid: inherits ? parent.gid : gid,
    };
  };

  const make = (
    ctx: Context,
    path: string,
    type: FileType,
    mode: number,
    extra: { target?: string; rdev?: readonly [number, number] } = {},
  ): Inode => {
    const place = placeFor(ctx.process, path, type);
    if (place.location !== null) throw errno('EEXIST');
    return makeAt(ctx, path, place, type, mode, extra);
  };

  const placeFor = (process: Process, path: string, type: FileType): WalkResult =>
    walkFor(process, type === 'directory' && path.endsWith('/') ? path.replace(/\/+$/, '') || '/' : path, false);

  const makeAt = (
    ctx: Context,
    path: string,
    result: WalkResult,
    type: FileType,
    mode: number,
    extra: { target?: string; rdev?: readonly [number, number] } = {},
  ): Inode => {
    const { process } = ctx;
    assertWritable(result.parent);
    if (!mayAccess(result.parent.inode, process, 3, result.parent.mount.idmap)) throw errno('EACCES');
    const inode = result.parent.inode.create(result.name, {
      type,
      ...ownership(process, result.parent, type, type === 'symlink' ? 0o777 : mode & ~process.umask),
      time: now(),
      ...extra,
    });
    kernel.emit(ctx.span, process.pid, {
      kind: 'file.create',
      path: pathTo(process, path, result),
      type,
    });
    return inode;
  };

  /** The file's owner, or whoever has the privilege over it. */
  const ownsOrMay = (process: Process, { inode, mount }: Location, capability: string): boolean => {
    const uid = seenId(mount.idmap, 'uid', inode.uid);
    if (process.credentials.fsuid === uid) return true;
    return capableOver(process, capability, uid, seenId(mount.idmap, 'gid', inode.gid));
  };

  const changeAttributes = (process: Process, location: Location, change: (inode: Inode) => void): void => {
    assertWritable(location);
    const { inode } = location;
    if (!ownsOrMay(process, location, 'FOWNER')) throw errno('EPERM');
    change(inode);
    inode.ctime = now();
    inode.attributesChanged();
  };

  const failedWrite = (ctx: Context, file: OpenFile, error: unknown): Promise<never> => {
    // Sockets are written with MSG_NOSIGNAL, as every server and the Go runtime do.
    if (error === errno('EPIPE') && !(file instanceof Connection)) signalPipe(ctx);
    if (!ctx.process.alive) return kernel.scheduler.parkForever();
    throw error;
  };

  const installed = (process: Process, file: OpenFile, flags: OpenFlags): Promise<number> =>
    Promise.resolve(kernel.install(process, file, flags.closeOnExec));

  /** Waits for somebody at the other end. */
  const openFifo = async (ctx: Context, path: string, location: Location, flags: OpenFlags): Promise<OpenFile> => {
    const { inode } = location;
    const pipe = (inode.endpoint as Pipe | null) ?? new Pipe(kernel.scheduler, path);
    inode.endpoint = pipe;
    const end = new PipeEnd(pipe, flags, path);
    end.inode = inode;
    end.location = pipe.placeLike(location);
    if (!flags.nonBlock) {
      try {
        const { readerOpens, writerOpens } = pipe;
        if (!flags.write && pipe.writers === 0)
          while (pipe.writerOpens === writerOpens) await interruptible(ctx, pipe.opened);
        else if (!flags.read && pipe.readers === 0)
          while (pipe.readerOpens === readerOpens) await interruptible(ctx, pipe.opened);
      } catch (error) {
        end.released();
        throw error;
      }
    } else if (flags.write && !flags.read && pipe.readers === 0) {
      end.released();
      throw errno('ENXIO');
    }
    return end;
  };

  /** Opens an inode that was already found. */
  const openInode = (
    ctx: Context,
    path: string,
    location: Location,
    flags: OpenFlags,
  ): OpenFile | Promise<OpenFile> => {
    const { process } = ctx;
    const { inode } = location;
    if (flags.path) return new PathHandle(path, flags, location);
    if (inode.type === 'directory') {
      if (flags.write) throw errno('EISDIR');
      if (!mayAccess(inode, process, 4, location.mount.idmap)) throw errno('EACCES');
      return new PathHandle(path, flags, location);
    }
    if (flags.directory) throw errno('ENOTDIR');
    const wanted = (flags.read ? 4 : 0) | (flags.write ? 2 : 0);
    if (!mayAccess(inode, process, wanted, location.mount.idmap)) throw errno('EACCES');
    if (inode.type === 'file' && flags.write && inode.openAs === undefined) assertWritable(location);
    const own = inode.openAs(flags, process, path);
    if (own !== null) {
      if (flags.write && (location.mount.flags.readOnly || location.mount.fs.readOnly)) throw errno('EROFS');
      return own;
    }
    switch (inode.type) {
      case 'file': {
        if (flags.write) assertWritable(location);
        if (flags.truncate && flags.write) {
          dropFileCapabilities(location.inode);
          inode.truncate(0);
          inode.mtime = now();
        }
        const { pid } = process;
        const { span } = ctx;
        const onClose = flags.write
          ? (length: number): void => {
              if (length > 0) kernel.emit(span, pid, { kind: 'file.write', path, length });
            }
          : null;
        const file = new RegularFile(path, flags, inode, now, onClose);
        file.location = location;
        return file;
      }
      case 'fifo':
        return openFifo(ctx, path, location, flags);
      case 'socket':
        throw errno('ENXIO');
      case 'char':
      case 'block': {
        if (location.mount.flags.noDev) throw errno('EACCES');
        const device = openDevice(kernel, ctx, inode, flags, path);
        device.inode = inode;
        device.location = location;
        return device;
      }
      default:
        throw errno('ELOOP');
    }
  };

  const signalPipe = (ctx: Context): void => {
    kernel.deliver(ctx.process, 'SIGPIPE', ctx.process);
  };

  return {
    open(ctx, path, flags, mode = 0o644) {
      const { process } = ctx;
      const result = walkFor(process, path, flags.noFollow !== true);
      let location = result.location;
      if (result.magic !== null && result.magic.kind !== 'location') {
        const { magic } = result;
        if (magic.kind === 'inode') location = withInode(location as Location, magic.inode);
        else if (magic.file.location !== null) location = magic.file.location;
        else if (magic.file instanceof PipeEnd) return installed(process, new PipeEnd(magic.file.pipe, flags), flags);
        else if (magic.file instanceof PtySlave)
          return installed(process, new PtySlave(magic.file.terminal, magic.file.path, flags), flags);
        else throw errno('ENXIO');
      }
      if (location === null) {
        if (!flags.create) throw errno('ENOENT');
        if (path.endsWith('/')) throw errno('EISDIR');
        assertWritable(result.parent);
        if (!mayAccess(result.parent.inode, process, 3, result.parent.mount.idmap)) throw errno('EACCES');
        const inode = result.parent.inode.create(result.name, {
          type: 'file',
          ...ownership(process, result.parent, 'file', mode & ~process.umask),
          time: now(),
        });
        location = { mount: result.parent.mount, inode, name: result.name, up: result.parent };
        const full = pathTo(process, path, result);
        kernel.emit(ctx.span, process.pid, { kind: 'file.create', path: full, type: 'file' });
        const { pid } = process;
        const onClose = (length: number): void => {
          if (length > 0) kernel.emit(ctx.span, pid, { kind: 'file.write', path: full, length });
        };
        const file = inode.openAs(flags, process, full) ?? new RegularFile(full, flags, inode, now, onClose);
        file.location = location;
        return installed(process, file, flags);
      }
      if (flags.create && flags.exclusive) throw errno('EEXIST');
      if (location.inode.type === 'symlink' && flags.noFollow && !flags.path) throw errno('ELOOP');
      const where = result.magic === null ? pathTo(process, path, result) : absolute(process, location);
      const opened = openInode(ctx, where, location, flags);
      if (opened instanceof Promise) return opened.then((file) => kernel.install(process, file, flags.closeOnExec));
      return installed(process, opened, flags);
    },
    close(ctx, fd) {
      kernel.closeDescriptor(ctx.process, fd);
      return DONE;
    },
    // What waits here is most of what an idle node has in memory of its programs: no function does.
    read: (ctx, fd, max = DEFAULT_READ) => readFrom(kernel.file(ctx.process, fd), ctx, max, asBytes),
    readRope: (ctx, fd, max = DEFAULT_READ) => readFrom(kernel.file(ctx.process, fd), ctx, max, asRope),
    write(ctx, fd, data) {
      const file = kernel.file(ctx.process, fd);
      const rope = toRope(data);
      if (kernel.onTerminalWrite !== null && file instanceof PtySlave)
        kernel.onTerminalWrite(file.terminal, file, rope);
      try {
        if (file.writeNow(rope, ctx.process)) return Promise.resolve(rope.length);
        return file.write(ctx, rope).catch((error: unknown) => failedWrite(ctx, file, error));
      } catch (error) {
        return failedWrite(ctx, file, error);
      }
    },
    async seek(ctx, fd, offset, whence) {
      return kernel.file(ctx.process, fd).seek(offset, whence);
    },
    async truncate(ctx, fd, length) {
      kernel.file(ctx.process, fd).truncate(length);
    },
    async fallocate(ctx, fd, end) {
      kernel.file(ctx.process, fd).allocate(end, ctx.process);
    },
    async flock(ctx, fd, operation, { nonBlock = false } = {}) {
      const file = kernel.file(ctx.process, fd);
      if (operation === 'unlock') kernel.fileLocks.unlock(file);
      else await kernel.fileLocks.lock(ctx, file, operation, nonBlock);
    },
    stat: (ctx, path) => statAt(ctx.process, path, true),
    lstat: (ctx, path) => statAt(ctx.process, path, false),
    async fstat(ctx, fd) {
      const file = kernel.file(ctx.process, fd);
      if (file.inode !== null) return statFor(ctx.process, file.inode, file.location?.mount.idmap ?? null);
      const type: FileType =
        file instanceof PipeEnd ? 'fifo' : file instanceof PtySlave || file instanceof PtyMaster ? 'char' : 'socket';
      const rdev: readonly [number, number] = file instanceof PtySlave ? [136, file.terminal.index] : [0, 0];
      const { bootWallTime } = kernel.options;
      return {
        dev: 14,
        ino: 0,
        type,
        mode: 0o600,
        nlink: 1,
        uid: 0,
        gid: 0,
        size: 0,
        blocks: 0,
        rdev,
        atime: bootWallTime,
        mtime: bootWallTime,
        ctime: bootWallTime,
      };
    },
    async statfs(ctx, path) {
      const { mount } = locate(ctx.process, path);
      const usage = mount.fs.usage();
      return {
        type: mount.fs.type,
        source: mount.source,
        blockSize: 4096,
        blocks: Math.floor(usage.bytesTotal / 4096),
        blocksFree: Math.floor((usage.bytesTotal - usage.bytesUsed) / 4096),
        files: usage.inodesTotal,
        filesFree: usage.inodesTotal - usage.inodesUsed,
      };
    },
    async access(ctx, path, mode) {
      const location = locate(ctx.process, path);
      if ((mode & 2) !== 0) assertWritable(location);
      if (mode !== 0 && !mayAccess(location.inode, ctx.process, mode, location.mount.idmap)) throw errno('EACCES');
    },
    async readDirectory(ctx, path) {
      const location = locate(ctx.process, path);
      if (location.inode.type !== 'directory') throw errno('ENOTDIR');
      if (!mayAccess(location.inode, ctx.process, 4, location.mount.idmap)) throw errno('EACCES');
      return location.inode.list(ctx.process);
    },
    mkdir(ctx, path, mode = 0o777) {
      const place = placeFor(ctx.process, path, 'directory');
      if (place.location !== null) throw errno('EEXIST');
      makeAt(ctx, path, place, 'directory', mode);
      return DONE;
    },
    async rmdir(ctx, path) {
      const { process } = ctx;
      const result = changing(process, path.replace(/\/+$/, ''));
      if (result.location === null) throw errno('ENOENT');
      if (result.name === '.') throw errno('EINVAL');
      if (result.location.inode.type !== 'directory') throw errno('ENOTDIR');
      if (result.location.mount !== result.parent.mount) throw errno('EBUSY');
      checkSticky(process, result);
      result.parent.inode.rmdir(result.name);
      kernel.emit(ctx.span, process.pid, { kind: 'file.unlink', path: pathTo(process, path, result) });
    },
    async unlink(ctx, path) {
      const { process } = ctx;
      const result = changing(process, path);
      if (result.location === null) throw errno('ENOENT');
      if (result.location.inode.type === 'directory') throw errno('EISDIR');
      if (result.location.mount !== result.parent.mount) throw errno('EBUSY');
      checkSticky(process, result);
      result.parent.inode.unlink(result.name);
      kernel.emit(ctx.span, process.pid, { kind: 'file.unlink', path: pathTo(process, path, result) });
    },
    async rename(ctx, from, to) {
      const { process } = ctx;
      const source = changing(process, from.replace(/\/+$/, ''));
      if (source.location === null) throw errno('ENOENT');
      const target = changing(process, to.replace(/\/+$/, ''));
      if (source.parent.mount !== target.parent.mount) throw errno('EXDEV');
      if (source.location.mount !== source.parent.mount) throw errno('EBUSY');
      if (target.location !== null && target.location.mount !== target.parent.mount) throw errno('EBUSY');
      for (let at: Location | null = target.parent; at !== null; at = at.up) {
        if (sameLocation(at, source.location)) throw errno('EINVAL');
      }
      checkSticky(process, source);
      checkSticky(process, target);
      source.parent.inode.rename(source.name, target.parent.inode, target.name);
      kernel.emit(ctx.span, process.pid, {
        kind: 'file.rename',
        path: pathTo(process, from, source),
        to: pathTo(process, to, target),
      });
    },
    async link(ctx, existing, path) {
      const source = locate(ctx.process, existing, false);
      if (source.inode.type === 'directory') throw errno('EPERM');
      const target = changing(ctx.process, path);
      if (target.location !== null) throw errno('EEXIST');
      if (source.mount !== target.parent.mount) throw errno('EXDEV');
      target.parent.inode.link(target.name, source.inode);
    },
    async symlink(ctx, target, path) {
      make(ctx, path, 'symlink', 0o777, { target });
    },
    async readlink(ctx, path) {
      const { inode } = locate(ctx.process, path, false);
      if (inode.type !== 'symlink') throw errno('EINVAL');
      return inode.readlink(ctx.process);
    },
    async mknod(ctx, path, type, mode, rdev = [0, 0]) {
      // Devices are for the machine's root; the whiteout of overlayfs is none.
      const isWhiteout = type === 'char' && rdev[0] === 0 && rdev[1] === 0;
      if (type !== 'fifo' && !isWhiteout && !capable(ctx.process, 'MKNOD')) throw errno('EPERM');
      make(ctx, path, type, mode, { rdev });
    },
    async chmod(ctx, path, mode) {
      changeAttributes(ctx.process, locate(ctx.process, path), (inode) => {
        inode.mode = mode & 0o7777;
      });
    },
    async chown(ctx, path, uid, gid, followLinks = true) {
      const location = locate(ctx.process, path, followLinks);
      const { credentials, namespaces } = ctx.process;
      const { inode, mount } = location;
      const toFile = (kind: 'uid' | 'gid', id: number): { kernel: number; file: number } => {
        const kernelId = toKernel(namespaces.user, kind, id);
        const file = kernelId === null || mount.idmap === null ? kernelId : fromKernel(mount.idmap, kind, kernelId);
        if (kernelId === null || file === null) throw errno('EINVAL');
        return { kernel: kernelId, file };
      };
      const owner = uid < 0 ? null : toFile('uid', uid);
      const group = gid < 0 ? null : toFile('gid', gid);
      const before = seenId(mount.idmap, 'uid', inode.uid);
      const beforeGroup = seenId(mount.idmap, 'gid', inode.gid);
      if (!capableOver(ctx.process, 'CHOWN', before, beforeGroup)) {
        // Its owner may give a file to another group of his, and nobody else to anybody.
        const sameUser = owner === null || owner.kernel === before;
        const groupOk =
          group === null ||
          group.kernel === beforeGroup ||
          group.kernel === credentials.fsgid ||
          credentials.groups.includes(group.kernel);
        if (!sameUser || !groupOk || credentials.fsuid !== before) throw errno('EPERM');
      }
      assertWritable(location);
      if (owner !== null) inode.uid = owner.file;
      if (group !== null) inode.gid = group.file;
      if (inode.type === 'file') inode.mode &= ~(SETUID | ((inode.mode & 0o010) === 0 ? 0 : SETGID));
      inode.ctime = now();
      dropFileCapabilities(inode);
      inode.attributesChanged();
    },
    async setTimes(ctx, path, mtime) {
      changeAttributes(ctx.process, locate(ctx.process, path, false), (inode) => {
        inode.mtime = mtime;
        inode.atime = mtime;
      });
    },
    async getxattr(ctx, path, name) {
      checkAttributeName(ctx.process, name);
      const value = locate(ctx.process, path).inode.xattrs?.get(name);
      if (value === undefined) throw errno('ENODATA');
      return name === CAPABILITY_ATTRIBUTE ? shownCapabilities(ctx.process, value) : value;
    },
    async listxattr(ctx, path) {
      const names = [...(locate(ctx.process, path).inode.xattrs?.keys() ?? [])].sort();
      // Attributes of the kernel's own are for whoever administers it.
      const admin = capable(ctx.process, 'SYS_ADMIN');
      return names.filter((name) => admin || !name.startsWith('trusted.'));
    },
    async setxattr(ctx, path, name, value) {
      checkAttributeName(ctx.process, name);
      const location = locate(ctx.process, path);
      const { type } = location.inode;
      if (name.startsWith('user.') && type !== 'file' && type !== 'directory') throw errno('EPERM');
      if (name === CAPABILITY_ATTRIBUTE) requireSetFileCapabilities(ctx.process, location);
      const stored = name === CAPABILITY_ATTRIBUTE ? storedCapabilities(ctx.process, value) : value;
      changeAttributes(ctx.process, location, (inode) => {
        inode.xattrs = new Map(inode.xattrs ?? []).set(name, stored);
      });
    },
    async removexattr(ctx, path, name) {
      checkAttributeName(ctx.process, name);
      const location = locate(ctx.process, path);
      if (name === CAPABILITY_ATTRIBUTE) requireSetFileCapabilities(ctx.process, location);
      changeAttributes(ctx.process, location, (inode) => {
        if (inode.xattrs?.has(name) !== true) throw errno('ENODATA');
        inode.xattrs = new Map([...inode.xattrs].filter(([key]) => key !== name));
      });
    },
    async chdir(ctx, path) {
      const location = locate(ctx.process, path);
      if (location.inode.type !== 'directory') throw errno('ENOTDIR');
      if (!mayAccess(location.inode, ctx.process, 1, location.mount.idmap)) throw errno('EACCES');
      ctx.process.cwd = location;
    },
    async getcwd(ctx) {
      return absolute(ctx.process, ctx.process.cwd);
    },
    async chroot(ctx, path) {
      if (!ctx.process.credentials.capabilities.effective.has('SYS_CHROOT')) throw errno('EPERM');
      const location = crossMounts(locate(ctx.process, path));
      if (location.inode.type !== 'directory') throw errno('ENOTDIR');
      ctx.process.root = location;
    },
    async umask(ctx, mask) {
      const before = ctx.process.umask;
      ctx.process.umask = mask & 0o777;
      return before;
    },
    watch(ctx, path) {
      const { inode } = locate(ctx.process, path);
      inode.watchers ??= new WaitQueue(kernel.scheduler);
      return interruptible(ctx, inode.watchers);
    },
    async pipe(ctx) {
      const pipe = new Pipe(kernel.scheduler, `pipe:[${kernel.newObjectId()}]`);
      const read = kernel.install(ctx.process, new PipeEnd(pipe, { read: true }));
      const write = kernel.install(ctx.process, new PipeEnd(pipe, { write: true }));
      return [read, write];
    },
    async dup(ctx, fd) {
      return kernel.install(ctx.process, kernel.file(ctx.process, fd));
    },
    async dup2(ctx, from, to) {
      const file = kernel.file(ctx.process, from);
      if (from === to) return;
      file.acquire();
      if (ctx.process.descriptors.get(to) !== null) kernel.closeDescriptor(ctx.process, to);
      ctx.process.descriptors.set(to, file);
    },
    async setCloseOnExec(ctx, fd, on) {
      kernel.file(ctx.process, fd);
      ctx.process.descriptors.setCloseOnExec(fd, on);
    },
    async openDescriptors(ctx) {
      return ctx.process.descriptors.numbers();
    },
    async isTty(ctx, fd) {
      return ctx.process.descriptors.get(fd) instanceof PtySlave;
    },
    async sync() {},
  };
}
