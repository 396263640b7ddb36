/** System calls on mounts. */

import { deviceOf } from '../block/block-device.ts';
import type { Context } from '../context.ts';
import { errno, isErrno } from '../errno.ts';
import { hardwareOf } from '../guest-hardware.ts';
import type { Kernel } from '../kernel.ts';
import { PathHandle } from '../open-file.ts';
import type { MountFlags, Syscalls } from '../syscalls.ts';
import { capable, toKernel } from '../user-namespace.ts';
import { cgroupFileSystemOf } from '../vfs/cgroupfs.ts';
import { DevptsFileSystem } from '../vfs/devpts.ts';
import { newDevtmpfs } from '../vfs/devtmpfs.ts';
import type { FileSystem, Inode } from '../vfs/inode.ts';
import { MemoryFileSystem } from '../vfs/memory-fs.ts';
import {
  crossMounts,
  type Location,
  Mount,
  MountNamespace,
  mountedOn,
  PeerGroup,
  pathInFileSystem,
  pathOf,
  sameLocation,
} from '../vfs/mounts.ts';
import { NamespaceInode } from '../vfs/nsfs.ts';
import { OverlayFileSystem } from '../vfs/overlay.ts';
import { RemoteFileSystem } from '../vfs/remote-fs.ts';
import { TmpFileSystem } from '../vfs/tmpfs.ts';
import { locate } from './files.ts';

type MountCalls = Pick<Syscalls, 'mount' | 'idmapMount' | 'openTree' | 'moveMount' | 'umount' | 'pivotRoot'>;

const OVERLAY_LOWERS_MAX = 500;
const NOBODY: readonly never[] = [];
/** FS_ALLOW_IDMAP. */
const IDMAPPABLE: readonly string[] = ['ext4', 'tmpfs', 'overlay'];
/** FS_USERNS_MOUNT: what the root of a user namespace may mount. */
const USER_MOUNTS: readonly string[] = [
  'proc',
  'sysfs',
  'cgroup2',
  'tmpfs',
  'devpts',
  'mqueue',
  'overlay',
  'ramfs',
  'fuse',
  'bpf',
];

function optionValue(options: string, key: string): string | null {
  const found = options.split(',').find((o) => o.startsWith(`${key}=`));
  return found === undefined ? null : found.slice(key.length + 1);
}

export function parseSize(text: string): number {
  const match = /^(\d+)([kmgt%]?)$/i.exec(text);
  if (match === null) throw errno('EINVAL');
  const unit = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 }[(match[2] ?? '').toLowerCase()];
  return Number(match[1]) * (unit ?? 1);
}

/** Options in the order and form in which the kernel shows them again. */
function shownOptions(options: string, keys: readonly string[]): string {
  const shown: string[] = [];
  for (const key of keys) {
    const value = optionValue(options, key);
    if (value === null) continue;
    if (key === 'size') shown.push(`size=${Math.floor(parseSize(value) / 1024)}k`);
    else shown.push(`${key}=${key.endsWith('mode') ? value.replace(/^0+(?=\d{3})/, '').padStart(3, '0') : value}`);
  }
  return shown.join(',');
}

export function setMountFlags(mount: Mount, flags: MountFlags): void {
  setMountAttributes(mount, {
    readOnly: flags.readOnly === true,
    noSuid: flags.noSuid === true,
    noDev: flags.noDev === true,
    noExec: flags.noExec === true,
    noAtime: flags.noAtime === true,
  });
}

/** mount_setattr(2): what is not named stays as it is. */
function setMountAttributes(mount: Mount, flags: MountFlags): void {
  const old = mount.flags;
  mount.change({
    readOnly: flags.readOnly ?? old.readOnly,
    noSuid: flags.noSuid ?? old.noSuid,
    noDev: flags.noDev ?? old.noDev,
    noExec: flags.noExec ?? old.noExec,
    noAtime: flags.noAtime ?? old.noAtime,
  });
}

export function copyMount(
  kernel: Kernel,
  mount: Mount,
  namespace: MountNamespace,
  point: Location | null,
  root = mount.root,
  rootPath = mount.rootPath,
): Mount {
  const copy = new Mount(kernel.newMountId(), namespace, mount.fs, root, rootPath, mount.source, point);
  copy.beLike(mount);
  return copy;
}

type KernelFiles = typeof import('../vfs/kernel-files.ts');

let kernelFiles: KernelFiles | null = null;

async function fetchKernelFiles(): Promise<KernelFiles> {
  kernelFiles = await import('../vfs/kernel-files.ts');
  return kernelFiles;
}

export function mountCalls(kernel: Kernel): MountCalls {
  const requireAdmin = (ctx: Context): void => {
    if (!capable(ctx.process, 'SYS_ADMIN', ctx.process.namespaces.mnt.owner)) throw errno('EPERM');
  };

  const newPeerGroup = (): PeerGroup => new PeerGroup(kernel.newPeerGroupId());

  /** The place in `mount` that shows the same directory as `point` does in its own mount; null if it shows another part. */
  const sameInner = (point: Location, mount: Mount): Location | null => {
    const path = pathInFileSystem(point);
    const base = mount.rootPath === '/' ? '' : mount.rootPath;
    if (path !== mount.rootPath && !path.startsWith(`${base}/`)) return null;
    let here = mount.top;
    for (const name of path.slice(base.length).split('/')) {
      if (name === '') continue;
      const inode = here.inode.lookup(name, null);
      if (inode === null) return null;
      here = { mount, inode, name, up: here };
    }
    return here;
  };

  type Receiver = { place: Location; peers: PeerGroup | null; master: PeerGroup | null };

  /**
   * Where else a mount made at `point` must appear, and in which groups: at the peers of the mount that it lies on, at
   * their slaves, and at the peers and slaves of those. `own` is the new mount's peer group.
   */
  const receivers = (point: Location, own: PeerGroup | null): readonly Receiver[] => {
    const level = point.mount.peers;
    if (level === null) return NOBODY;
    const out: Receiver[] = [];
    const seen = new Set<Mount>([point.mount]);
    const reach = (mount: Mount, peers: PeerGroup | null, master: PeerGroup | null): void => {
      if (seen.has(mount) || !mount.attached) return;
      seen.add(mount);
      const place = sameInner(point, mount);
      if (place !== null) out.push({ place, peers, master });
    };
    const visit = (level: PeerGroup, fresh: PeerGroup | null): void => {
      for (const slave of [...level.slaves]) {
        if (slave.peers === null) {
          reach(slave, null, fresh);
          continue;
        }
        if (seen.has(slave)) continue;
        const group = newPeerGroup();
        for (const member of [...slave.peers.members]) reach(member, group, fresh);
        visit(slave.peers, group);
      }
    };
    for (const member of [...level.members]) reach(member, own, null);
    visit(level, own);
    return out;
  };

  const attach = (
    ctx: Context,
    fs: FileSystem,
    root: Inode,
    rootPath: string,
    source: string,
    point: Location,
    flags: MountFlags,
    like: Mount | null,
  ): Mount => {
    const build = (at: Location): Mount => {
      if (like !== null) return copyMount(kernel, like, at.mount.namespace, at, root, rootPath);
      const mount = new Mount(kernel.newMountId(), at.mount.namespace, fs, root, rootPath, source, at);
      setMountFlags(mount, flags);
      return mount;
    };
    const mount = build(point);
    if (point.mount.peers !== null && mount.peers === null) mount.peers = newPeerGroup();
    // Not to the new mount itself, which may already be a peer of the one that it lies on.
    mount.attached = false;
    const others = receivers(point, mount.peers);
    point.mount.namespace.add(mount);
    for (const { place, peers, master } of others) {
      const copy = build(place);
      copy.peers = peers;
      copy.master = master;
      place.mount.namespace.add(copy);
    }
    kernel.emit(ctx.span, ctx.process.pid, {
      kind: 'mount',
      namespace: point.mount.namespace.id,
      source,
      target: pathOf(point, ctx.process.root),
      fstype: fs.type,
      options: fs.options,
    });
    return mount;
  };

  /** What is mounted below `from` comes along below its copy. */
  const copyBelow = (from: Location, made: Mount): void => {
    // What is mounted on a file is what was found there.
    if (from.inode.type !== 'directory') return;
    const copies = new Map<Mount, Mount>([[from.mount, made]]);
    // Level by level: what is copied here is itself looked below in its turn.
    for (const [parent, copyOfParent] of copies) {
      for (const child of parent.above) {
        if (child === made || child.flags.unbindable) continue;
        if (parent === from.mount && !child.liesBelow(from)) continue;
        const place = sameInnerFrom(child.mountpoint as Location, from, copyOfParent);
        if (place === null) continue;
        const copy = copyMount(kernel, child, made.namespace, place);
        made.namespace.add(copy);
        copies.set(child, copy);
      }
    }
  };

  const newFileSystem = (
    ctx: Context,
    source: string,
    fstype: string,
    options: string,
    readOnly: boolean,
  ): FileSystem => {
    const { process } = ctx;
    switch (fstype) {
      case 'ext4': {
        const device = deviceOf(kernel, locate(process, source).inode);
        const known = device.fs;
        if (known !== null && known.readOnly !== readOnly) throw errno('EBUSY');
        const fs = device.superblock(kernel, readOnly);
        if (known === null) {
          fs.readOnly = readOnly;
          const how = readOnly ? 'ro' : 'r/w';
          kernel.log(`EXT4-fs (${device.name}): mounted filesystem ${how} with ordered data mode. Quota mode: none.`);
        }
        return fs;
      }
      case 'tmpfs': {
        const size = optionValue(options, 'size');
        const mode = optionValue(options, 'mode');
        const fs = new TmpFileSystem(kernel, {
          bytesMax: size === null ? Math.floor(kernel.options.memoryBytes / 2) : parseSize(size),
          inodesMax: parseSize(optionValue(options, 'nr_inodes') ?? '0'),
          mode: mode === null ? 0o1777 : Number.parseInt(mode, 8),
        });
        const { user } = process.namespaces;
        const idOption = (kind: 'uid' | 'gid', own: number): number => {
          const text = optionValue(options, kind);
          const given = text === null ? own : toKernel(user, kind, Number(text));
          if (given === null) throw errno('EINVAL');
          return given;
        };
        fs.root.uid = idOption('uid', process.credentials.fsuid);
        fs.root.gid = idOption('gid', process.credentials.fsgid);
        fs.options = shownOptions(options, ['size', 'nr_inodes', 'mode', 'uid', 'gid']);
        return fs;
      }
      case 'devpts': {
        const fs = new DevptsFileSystem(
          kernel,
          kernel.newDevice(),
          Number.parseInt(optionValue(options, 'ptmxmode') ?? '000', 8),
        );
        fs.options = shownOptions(options, ['gid', 'mode', 'ptmxmode']);
        return fs;
      }
      case 'virtiofs': {
        const share = hardwareOf.get(kernel)?.shares.get(source);
        if (share === undefined) throw errno('EINVAL');
        return new RemoteFileSystem('virtiofs', kernel.newDevice(), share.server, share.directory);
      }
      case '9p': {
        const share = kernel.shares.get(source);
        if (share === undefined) throw errno('ENOENT');
        return share();
      }
      case 'devtmpfs':
        return newDevtmpfs(kernel);
      case 'mqueue':
      case 'hugetlbfs':
      case 'securityfs':
      case 'debugfs':
      case 'bpf':
        return new MemoryFileSystem(fstype, kernel.newDevice(), kernel.wallTime(), {
          mode: fstype === 'mqueue' ? 0o1777 : 0o755,
        });
      case 'overlay': {
        const lower = optionValue(options, 'lowerdir');
        const upper = optionValue(options, 'upperdir');
        const work = optionValue(options, 'workdir');
        const refuse = (why: string): never => {
          kernel.log(`overlayfs: ${why}`, 3);
          throw errno('EINVAL');
        };
        if (lower === null || lower === '') return refuse("missing 'lowerdir'");
        if (upper !== null && work === null) refuse("missing 'workdir'");
        const directoryAt = (path: string): Inode => {
          try {
            return locate(process, path).inode;
          } catch (error) {
            if (isErrno(error)) kernel.log(`overlayfs: failed to resolve '${path}': -${error.errno}`, 3);
            throw error;
          }
        };
        const lowers = lower.split(':').map(directoryAt);
        const idmap = lower.split(':').map((path) => locate(process, path).mount.idmap);
        const upperInode = upper === null ? null : directoryAt(upper);
        if (lowers.some((i) => i.type !== 'directory') || (upperInode !== null && upperInode.type !== 'directory'))
          throw errno('ENOTDIR');
        if (upper === null && lowers.length < 2) refuse('at least 2 lowerdir are needed while upperdir nonexistent');
        if (lowers.length > OVERLAY_LOWERS_MAX) refuse(`too many lower directories, limit is ${OVERLAY_LOWERS_MAX}`);
        // FUSE lacks what an upper layer needs (RENAME_WHITEOUT, xattrs for trusted.*).
        if (upperInode?.fs instanceof RemoteFileSystem) refuse('upper fs does not support RENAME_WHITEOUT.');
        if (work !== null) {
          const workInode = directoryAt(work);
          if (workInode.fs !== upperInode?.fs) refuse('workdir and upperdir must reside under the same mount');
          if (workInode === upperInode) refuse('workdir and upperdir must be separate subtrees');
          if (workInode.lookup('work', process) === null)
            workInode.create('work', { type: 'directory', mode: 0, uid: 0, gid: 0, time: kernel.wallTime() });
        }
        return new OverlayFileSystem(
          kernel.newDevice(),
          lowers,
          upperInode,
          { lower: lower.split(':'), upper, work },
          () => kernel.wallTime(),
          idmap.find((one) => one !== null) ?? null,
        );
      }
      default:
        throw errno('ENODEV');
    }
  };

  const below = (mount: Mount): Mount[] => {
    const out = [mount];
    for (let i = 0; i < out.length; i++) out.push(...(out[i] as Mount).above);
    return out;
  };

  const setPropagation = (mount: Mount, kind: NonNullable<MountFlags['propagation']>): void => {
    const unbindable = kind === 'unbindable';
    if (mount.flags.unbindable !== unbindable) mount.change({ unbindable });
    if (kind === 'shared') {
      if (mount.peers === null) mount.peers = newPeerGroup();
      return;
    }
    const group = mount.peers;
    // A slave stays the slave that it is.
    if (kind === 'slave' && group === null) return;
    mount.peers = null;
    mount.master = kind === 'slave' ? (group !== null && group.members.length > 0 ? group : mount.master) : null;
  };

  const detach = (ctx: Context, mount: Mount): void => {
    const { namespace } = mount;
    namespace.removeTree(below(mount).reverse());
    kernel.emit(ctx.span, ctx.process.pid, {
      kind: 'umount',
      namespace: namespace.id,
      target: mount.mountpoint === null ? '/' : pathOf(mount.mountpoint, ctx.process.root),
    });
  };

  return {
    async mount(ctx, source, target, fstype, flags, options = '') {
      requireAdmin(ctx);
      const { process } = ctx;
      const point = locate(process, target);
      if (flags.propagation !== undefined) {
        // After pivot_root(".", ".") the old root lies on top of what `.` is, and is what is meant.
        const top = crossMounts(point);
        if (top.inode !== top.mount.root) throw errno('EINVAL');
        for (const mount of flags.recursive ? below(top.mount) : [top.mount]) setPropagation(mount, flags.propagation);
        return;
      }
      if (flags.remount) {
        if (point.inode !== point.mount.root) throw errno('EINVAL');
        if (flags.recursive) {
          for (const mount of below(point.mount)) setMountAttributes(mount, flags);
          return;
        }
        const { locked } = point.mount;
        const lifts =
          locked !== null &&
          ((locked.readOnly && !flags.readOnly) ||
            (locked.noSuid && !flags.noSuid) ||
            (locked.noDev && !flags.noDev) ||
            (locked.noExec && !flags.noExec));
        if (lifts || (!flags.bind && !capable(process, 'SYS_ADMIN', point.mount.fs.owner))) throw errno('EPERM');
        if (!flags.bind && flags.readOnly && !point.mount.fs.readOnly && hasWriters(kernel, point.mount.fs))
          throw errno('EBUSY');
        setMountFlags(point.mount, flags);
        if (!flags.bind) point.mount.fs.readOnly = flags.readOnly === true;
        return;
      }
      if (flags.move) {
        const from = locate(process, source);
        if (from.inode !== from.mount.root || from.mount.mountpoint === null) throw errno('EINVAL');
        if (from.mount.mountpoint.mount.peers !== null) throw errno('EINVAL');
        if ((from.inode.type === 'directory') !== (point.inode.type === 'directory')) throw errno('ENOTDIR');
        const tree = below(from.mount);
        if (tree.includes(point.mount)) throw errno('ELOOP');
        if (point.mount.peers !== null && tree.some((mount) => mount.flags.unbindable)) throw errno('EINVAL');
        from.mount.namespace.remove(from.mount);
        from.mount.mountpoint = point;
        from.mount.participate(true);
        if (point.mount.peers !== null && from.mount.peers === null) from.mount.peers = newPeerGroup();
        from.mount.attached = false;
        const others = receivers(point, from.mount.peers);
        point.mount.namespace.add(from.mount);
        for (const { place, peers, master } of others) {
          const copy = copyMount(kernel, from.mount, place.mount.namespace, place);
          copy.peers = peers;
          copy.master = master;
          place.mount.namespace.add(copy);
        }
        return;
      }
      if (flags.bind) {
        const from = locate(process, source);
        const isDirectory = from.inode.type === 'directory';
        if (isDirectory !== (point.inode.type === 'directory')) throw errno('ENOTDIR');
        if (from.mount.flags.unbindable) throw errno('EINVAL');
        const made = attach(
          ctx,
          from.mount.fs,
          from.inode,
          pathInFileSystem(from),
          from.mount.source,
          point,
          flags,
          from.mount,
        );
        if (flags.recursive) copyBelow(from, made);
        return;
      }
      if (process.namespaces.user.level > 0 && !USER_MOUNTS.includes(fstype)) throw errno('EPERM');
      const fs = ['proc', 'sysfs', 'cgroup2'].includes(fstype)
        ? (kernelFiles ?? (await fetchKernelFiles())).newKernelFiles(kernel, fstype, process)
        : newFileSystem(ctx, source, fstype, options, flags.readOnly === true);
      fs.owner = process.namespaces.user;
      if (point.inode.type !== 'directory') throw errno('ENOTDIR');
      if (fstype === 'cgroup2') {
        const { root } = process.namespaces.cgroup;
        const inode = cgroupFileSystemOf(kernel).inodeOf(root);
        attach(ctx, fs, inode, root.path, source === '' ? 'none' : source, point, flags, null);
        return;
      }
      attach(ctx, fs, fs.root, '/', source === '' ? 'none' : source, point, flags, null);
    },
    async openTree(ctx, path, options = {}) {
      requireAdmin(ctx);
      const from = locate(ctx.process, path);
      if (from.mount.flags.unbindable) throw errno('EINVAL');
      const nowhere = new MountNamespace(kernel.newNamespaceId(), null);
      const mount = copyMount(kernel, from.mount, nowhere, null, from.inode, pathInFileSystem(from));
      nowhere.add(mount);
      if (options.recursive) copyBelow(from, mount);
      // Nothing that happens elsewhere shows in it before it is somewhere.
      for (const one of nowhere.mounts) one.participate(false);
      return kernel.install(
        ctx.process,
        new PathHandle(path, { path: true }, { mount, inode: from.inode, name: from.name, up: null }),
      );
    },
    async idmapMount(ctx, mountFd, userNamespaceFd) {
      const { process } = ctx;
      const { inode } = kernel.file(process, userNamespaceFd);
      const mount = kernel.file(process, mountFd).location?.mount;
      if (!(inode instanceof NamespaceInode) || inode.namespace.type !== 'user') throw errno('EINVAL');
      if (mount === undefined || inode.namespace.level === 0) throw errno('EINVAL');
      // Only of filesystems that know how, and once: the mount must not be in use yet.
      if (!IDMAPPABLE.includes(mount.fs.type) || mount.mountpoint !== null) throw errno('EINVAL');
      if (mount.idmap !== null || !capable(process, 'SYS_ADMIN', mount.fs.owner)) throw errno('EPERM');
      mount.idmap = inode.namespace;
    },
    async moveMount(ctx, mountFd, target) {
      requireAdmin(ctx);
      const from = kernel.file(ctx.process, mountFd).location;
      if (from === null || from.mount.mountpoint !== null || from.inode !== from.mount.root) throw errno('EINVAL');
      const point = locate(ctx.process, target);
      if ((from.inode.type === 'directory') !== (point.inode.type === 'directory')) throw errno('ENOTDIR');
      const { mount } = from;
      const made = attach(ctx, mount.fs, mount.root, mount.rootPath, mount.source, point, {}, mount);
      copyBelow({ mount, inode: mount.root, name: '', up: null }, made);
    },
    async umount(ctx, target, options = {}) {
      requireAdmin(ctx);
      // What is mounted on top of the place counts, also for `.` after pivot_root(".", ".").
      const point = crossMounts(locate(ctx.process, target, false));
      if (point.inode !== point.mount.root || point.mount.mountpoint === null) throw errno('EINVAL');
      const { mount } = point;
      if (!options.detach && (mount.above.length > 0 || isBusy(kernel, mount))) throw errno('EBUSY');
      const receiving = receivers(mount.mountpoint as Location, null);
      const covered = mount.root;
      detach(ctx, mount);
      // Whatever lies at the same place elsewhere goes too, unless something is mounted on it.
      for (const { place } of receiving) {
        const copy = mountedOn(place.mount, place.inode);
        if (copy?.root === covered && copy.above.length === 0) detach(ctx, copy);
      }
    },
    async pivotRoot(ctx, newRoot, putOld) {
      requireAdmin(ctx);
      const { process } = ctx;
      const fresh = locate(process, newRoot);
      const old = locate(process, putOld);
      if (fresh.mount.mountpoint?.mount.peers || old.mount.peers !== null) throw errno('EINVAL');
      if (fresh.mount === process.root.mount || old.mount === process.root.mount) throw errno('EBUSY');
      if (fresh.inode !== fresh.mount.root || fresh.mount.mountpoint === null) throw errno('EINVAL');
      if (!isBelow(old, fresh)) throw errno('EINVAL');
      const namespace = process.namespaces.mnt;
      const oldRootMount = process.root.mount;
      namespace.remove(fresh.mount);
      fresh.mount.mountpoint = null;
      const root = fresh.mount.top;
      namespace.remove(oldRootMount);
      // pivot_root(".", "."): the old root is stacked on top of the new one until it is unmounted.
      oldRootMount.mountpoint = sameLocation(old, fresh) ? root : old;
      namespace.add(fresh.mount);
      namespace.mounts.unshift(namespace.mounts.pop() as Mount);
      namespace.add(oldRootMount);
      const oldRoot = process.root;
      for (const other of kernel.processes.values()) {
        if (other.namespaces.mnt !== namespace) continue;
        if (sameLocation(other.root, oldRoot)) other.root = root;
        if (sameLocation(other.cwd, oldRoot)) other.cwd = root;
      }
      if (sameLocation(process.cwd, fresh)) process.cwd = root;
    },
  };
}

function isBelow(at: Location, ancestor: Location): boolean {
  for (let up: Location | null = at; up !== null; up = up.up) if (sameLocation(up, ancestor)) return true;
  return false;
}

/** Translates a place below `from` (in from's mount) to the same place below the copy's root. */
function sameInnerFrom(at: Location, from: Location, copy: Mount): Location | null {
  const names: string[] = [];
  let up: Location | null = at;
  while (up !== null && up.inode !== from.inode && up.inode !== at.mount.root) {
    names.push(up.name);
    up = up.up;
  }
  let here = copy.top;
  for (const name of names.reverse()) {
    const inode = here.inode.lookup(name, null);
    if (inode === null) return null;
    here = { mount: copy, inode, name, up: here };
  }
  return here;
}

function hasWriters(kernel: Kernel, fs: FileSystem): boolean {
  for (const process of kernel.processes.values())
    for (const fd of process.descriptors.numbers()) {
      const { flags, location, inode } = kernel.file(process, fd);
      if (flags.write && location?.mount.fs === fs && inode?.type === 'file') return true;
    }
  return false;
}

function isBusy(kernel: Kernel, mount: Mount): boolean {
  if (mount.openFiles > 0) return true;
  for (const { cwd, root } of kernel.processes.values()) if (cwd.mount === mount || root.mount === mount) return true;
  return false;
}
