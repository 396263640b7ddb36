/**
 * Overlay filesystem: several read-only lower trees and one upper tree; changes are copied up, removals leave a
 * whiteout (a 0/0 character device) or an opaque directory in the upper.
 * @models Linux 6.12 fs/overlayfs @fidelity partial: no redirect_dir, metacopy, index or nfs_export
 */
import { errno } from '../errno.ts';
import type { Process } from '../process.ts';
import type { Rope } from '../rope.ts';
import type { UserNamespace } from '../user-namespace.ts';
import { FileSystem, Inode, type InodeInit, isGazedAt } from './inode.ts';
import { seenId } from './mounts.ts';
import { type Names, NO_NAMES, valueOf, withName, withoutName } from './names.ts';

export const OPAQUE = 'trusted.overlay.opaque';

export class OverlayFileSystem extends FileSystem {
  readonly root: OverlayInode;
  /** The lower, upper and work paths as given, for mountinfo and whoever wants to look. */
  readonly layers: { lower: string[]; upper: string | null; work: string | null };
  readonly now: () => bigint;
  /** The lower trees were reached through id-mapped mounts: their owners are those of this namespace. */
  readonly lowerIdmap: UserNamespace | null;
  /** Files of the upper tree that have several names: one inode for all of them. */
  linked: WeakMap<Inode, OverlayInode> | null = null;
  /** Names of one file of a lower tree show one number, until one of them is copied up. */
  lowerNumbers: WeakMap<Inode, number> | null = null;

  constructor(
    device: readonly [number, number],
    lowers: readonly Inode[],
    upper: Inode | null,
    layers: { lower: string[]; upper: string | null; work: string | null },
    now: () => bigint,
    lowerIdmap: UserNamespace | null = null,
  ) {
    super('overlay', device);
    this.lowerIdmap = lowerIdmap;
    this.layers = layers;
    this.now = now;
    this.readOnly = upper === null;
    this.root = new OverlayInode(this, null, '', upper, [...lowers]);
    this.options = [
      `lowerdir=${layers.lower.join(':')}`,
      ...(layers.upper !== null ? [`upperdir=${layers.upper}`, `workdir=${layers.work}`] : []),
      'nouserxattr',
    ].join(',');
  }

  link(upper: Inode, inode: OverlayInode): void {
    this.linked ??= new WeakMap();
    this.linked.set(upper, inode);
  }

  override usage(): ReturnType<FileSystem['usage']> {
    return (this.root.upper ?? this.root.lowers[0])?.fs.usage() ?? super.usage();
  }
}

export function isWhiteout(inode: Inode): boolean {
  return inode.type === 'char' && inode.rdev[0] === 0 && inode.rdev[1] === 0;
}

const NONE: readonly Inode[] = [];

export class OverlayInode extends Inode {
  private parent: OverlayInode | null;
  private name: string;
  upper: Inode | null;
  lowers: readonly Inode[];
  /** Children that were looked up, so that an inode keeps its identity. */
  private known: Names<OverlayInode> = NO_NAMES;

  constructor(
    fs: OverlayFileSystem,
    parent: OverlayInode | null,
    name: string,
    upper: Inode | null,
    lowers: readonly Inode[],
  ) {
    const real = upper ?? (lowers[0] as Inode);
    const { type, mode, uid, gid, mtime, rdev } = real;
    const isLinked = upper === null && type !== 'directory' && real.nlink > 1;
    const ino = isLinked ? fs.lowerNumbers?.get(real) : undefined;
    super(fs, { type, mode, uid, gid, time: mtime, rdev, ino });
    if (isLinked && !isGazedAt()) {
      fs.lowerNumbers ??= new WeakMap();
      fs.lowerNumbers.set(real, this.ino);
    }
    this.parent = parent;
    this.name = name;
    this.upper = upper;
    this.lowers = lowers;
    this.adoptAttributes(real);
  }

  private get overlay(): OverlayFileSystem {
    return this.fs as OverlayFileSystem;
  }

  private get real(): Inode {
    return this.upper ?? (this.lowers[0] as Inode);
  }

  private adoptAttributes(real: Inode): void {
    this.mode = real.mode;
    const { lowerIdmap } = this.overlay;
    const idmap = this.upper === null ? lowerIdmap : null;
    this.uid = seenId(idmap, 'uid', real.uid);
    this.gid = seenId(idmap, 'gid', real.gid);
    this.mtime = real.mtime;
    this.ctime = real.ctime;
    this.atime = real.atime;
    this.nlink = real.nlink;
    this.xattrs = real.xattrs;
  }

  override get size(): number {
    return this.real.size;
  }

  override get allocated(): number {
    return this.real.allocated;
  }

  private know(name: string, inode: OverlayInode): void {
    if (isGazedAt()) return;
    this.known = withName(this.known, name, inode);
  }

  override lookup(name: string, caller: Process | null): Inode | null {
    if (this.type !== 'directory') throw errno('ENOTDIR');
    const upper = this.upper?.lookup(name, caller) ?? null;
    if (upper !== null && isWhiteout(upper)) return null;
    const known = valueOf(this.known, name);
    if (known !== undefined && (known.upper === upper || (upper === null && known.upper === null))) return known;
    const lowers: Inode[] = [];
    const opaque = upper !== null && (upper.type !== 'directory' || upper.xattrs?.get(OPAQUE) === 'y');
    if (!opaque) {
      for (const lower of this.lowers) {
        const found = lower.type === 'directory' ? lower.lookup(name, caller) : null;
        if (found === null) continue;
        if (isWhiteout(found)) break;
        if (found.type !== 'directory') {
          if (lowers.length === 0 && upper === null) lowers.push(found);
          break;
        }
        lowers.push(found);
        if (found.xattrs?.get(OPAQUE) === 'y') break;
      }
    }
    if (upper === null && lowers.length === 0) return null;
    const linked = upper === null ? undefined : this.overlay.linked?.get(upper);
    // A copy has no room for more: most of these are kept as long as the mount is.
    const inode = linked ?? new OverlayInode(this.overlay, this, name, upper, lowers.length === 0 ? NONE : [...lowers]);
    if (upper !== null && upper.type !== 'directory' && upper.nlink > 1 && !isGazedAt())
      this.overlay.link(upper, inode);
    this.know(name, inode);
    return inode;
  }

  override entries(caller: Process | null): [string, Inode][] {
    if (this.type !== 'directory') throw errno('ENOTDIR');
    const names = new Set<string>();
    const hidden = new Set<string>();
    const sources =
      this.upper !== null ? [this.upper, ...(this.upper.xattrs?.get(OPAQUE) === 'y' ? [] : this.lowers)] : this.lowers;
    for (const source of sources) {
      for (const [name, inode] of source.entries(caller)) {
        if (isWhiteout(inode)) {
          if (!names.has(name)) hidden.add(name);
        } else if (!hidden.has(name)) names.add(name);
      }
    }
    const out: [string, Inode][] = [];
    for (const name of names) {
      const inode = this.lookup(name, caller);
      if (inode !== null) out.push([name, inode]);
    }
    return out;
  }

  /** Makes sure that this inode exists in the upper tree, with its parents; returns the upper inode. `by` pays for it. */
  copyUp(by: Process | null = null): Inode {
    if (this.upper !== null) return this.upper;
    if (this.overlay.readOnly || this.parent === null) throw errno('EROFS');
    const lower = this.lowers[0] as Inode;
    const directory = this.parent.copyUp();
    const copy = directory.create(this.name, {
      type: lower.type,
      mode: lower.mode,
      uid: seenId(this.overlay.lowerIdmap, 'uid', lower.uid),
      gid: seenId(this.overlay.lowerIdmap, 'gid', lower.gid),
      time: lower.mtime,
      rdev: lower.rdev,
      ...(lower.type === 'symlink' ? { target: lower.readlink(null) } : {}),
    });
    try {
      if (lower.type === 'file') copy.writeData(0, lower.readData(0, lower.size), by);
    } catch (error) {
      // It is made in the work directory first: half a copy never hides what is below.
      directory.unlink(this.name);
      throw error;
    }
    copy.xattrs = lower.xattrs === null ? null : new Map([...lower.xattrs].filter(([key]) => key !== OPAQUE));
    this.upper = copy;
    if (lower.type !== 'directory') {
      this.lowers = NONE;
      this.nlink = copy.nlink;
    }
    return copy;
  }

  private upperDirectory(): Inode {
    if (this.type !== 'directory') throw errno('ENOTDIR');
    return this.copyUp();
  }

  override create(name: string, init: InodeInit): Inode {
    const directory = this.upperDirectory();
    const existing = directory.lookup(name, null);
    if (existing !== null && !isWhiteout(existing)) throw errno('EEXIST');
    if (existing === null && this.lookup(name, null) !== null) throw errno('EEXIST');
    if (existing !== null) directory.unlink(name);
    const upper = directory.create(name, init);
    // A directory over a whiteout must not let the removed lower one shine through.
    if (existing !== null && init.type === 'directory') upper.xattrs = new Map([[OPAQUE, 'y']]);
    const inode = new OverlayInode(this.overlay, this, name, upper, NONE);
    this.know(name, inode);
    this.watchers?.wakeAll(undefined);
    return inode;
  }

  override link(name: string, inode: Inode): void {
    if (!(inode instanceof OverlayInode) || inode.fs !== this.fs) throw errno('EXDEV');
    if (this.lookup(name, null) !== null) throw errno('EEXIST');
    const directory = this.upperDirectory();
    const existing = directory.lookup(name, null);
    if (existing !== null) directory.unlink(name);
    const upper = inode.copyUp();
    directory.link(name, upper);
    inode.nlink = upper.nlink;
    this.overlay.link(upper, inode);
    this.know(name, inode);
    this.watchers?.wakeAll(undefined);
  }

  private hasLower(name: string): boolean {
    for (const lower of this.lowers) {
      const found = lower.type === 'directory' ? lower.lookup(name, null) : null;
      if (found !== null) return !isWhiteout(found);
    }
    return false;
  }

  private whiteOut(directory: Inode, name: string): void {
    if (!this.hasLower(name)) return;
    directory.create(name, { type: 'char', mode: 0, uid: 0, gid: 0, time: this.overlay.now(), rdev: [0, 0] });
  }

  override unlink(name: string): void {
    const inode = this.lookup(name, null);
    if (inode === null) throw errno('ENOENT');
    if (inode.type === 'directory') throw errno('EISDIR');
    const directory = this.upperDirectory();
    const upper = directory.lookup(name, null);
    if (upper !== null) {
      directory.unlink(name);
      inode.nlink = upper.nlink;
    } else inode.nlink = 0;
    this.whiteOut(directory, name);
    this.known = withoutName(this.known, name);
    this.watchers?.wakeAll(undefined);
  }

  override rmdir(name: string): void {
    const inode = this.lookup(name, null);
    if (inode === null) throw errno('ENOENT');
    if (inode.type !== 'directory') throw errno('ENOTDIR');
    if (inode.entries(null).length > 0) throw errno('ENOTEMPTY');
    const directory = this.upperDirectory();
    const upper = directory.lookup(name, null);
    if (upper !== null) {
      for (const [whiteout] of upper.entries(null)) upper.unlink(whiteout);
      directory.rmdir(name);
    }
    this.whiteOut(directory, name);
    this.known = withoutName(this.known, name);
    this.watchers?.wakeAll(undefined);
  }

  override rename(name: string, to: Inode, toName: string): void {
    const inode = this.lookup(name, null);
    if (!(inode instanceof OverlayInode)) throw errno('ENOENT');
    if (!(to instanceof OverlayInode) || to.fs !== this.fs) throw errno('EXDEV');
    // Without redirect_dir the kernel refuses to move a directory that exists below; mv falls back to copying.
    if (inode.type === 'directory' && inode.lowers.length > 0) throw errno('EXDEV');
    const existing = to.lookup(toName, null);
    if (existing === inode) return;
    if (existing !== null) {
      if (existing.type === 'directory' && inode.type !== 'directory') throw errno('EISDIR');
      if (existing.type !== 'directory' && inode.type === 'directory') throw errno('ENOTDIR');
      if (existing.type === 'directory' && existing.entries(null).length > 0) throw errno('ENOTEMPTY');
    }
    inode.copyUp();
    if (existing !== null) {
      if (existing.type === 'directory') to.rmdir(toName);
      else to.unlink(toName);
    }
    const from = this.upperDirectory();
    const target = to.upperDirectory();
    const whiteout = target.lookup(toName, null);
    if (whiteout !== null) target.unlink(toName);
    from.rename(name, target, toName);
    // What was below at the new place must not shine through.
    if (inode.type === 'directory' && inode.upper !== null && to.hasLower(toName))
      inode.upper.xattrs = new Map(inode.upper.xattrs ?? []).set(OPAQUE, 'y');
    this.whiteOut(from, name);
    this.known = withoutName(this.known, name);
    to.know(toName, inode);
    inode.parent = to;
    inode.name = toName;
    this.watchers?.wakeAll(undefined);
    to.watchers?.wakeAll(undefined);
  }

  override readlink(caller: Process | null): string {
    return this.real.readlink(caller);
  }

  override readData(position: number, max: number): Rope {
    return this.real.readData(position, max);
  }

  override writeData(position: number, data: Rope, by: Process | null = null): void {
    const upper = this.copyUp(by);
    upper.writeData(position, data, by);
    upper.mtime = this.mtime;
  }

  override truncate(length: number): void {
    this.copyUp().truncate(length);
  }

  override attributesChanged(): void {
    const upper = this.copyUp();
    upper.mode = this.mode;
    upper.uid = this.uid;
    upper.gid = this.gid;
    upper.mtime = this.mtime;
    upper.ctime = this.ctime;
    upper.xattrs = this.xattrs;
  }
}
