/**
 * Mounts, mount namespaces and path resolution. A mountpoint is found by (mount, inode); a location remembers the way
 * it was reached up to the root of its mount, and the mount knows where it lies: that gives `..` and getcwd.
 * @models Linux 6.12 fs/namespace.c, fs/namei.c @fidelity partial: no mount locking by user namespaces, no fsopen API
 */
import { errno } from '../errno.ts';
import type { Process } from '../process.ts';
import { capableOver, toKernel, type UserNamespace } from '../user-namespace.ts';
import type { FileSystem, Inode, MagicTarget } from './inode.ts';
import type { MountObserver } from './mount-events.ts';
import { PathCache } from './path-cache.ts';

const NO_MOUNTS: Mount[] = [];

/**
 * Mounts that show each other's mounts, and the slaves that see theirs, in the order in which they came. Mounts enter and
 * leave by their own fields. Lists: a group seldom has more than the node's mount and those of containers that start.
 */
export class PeerGroup {
  readonly id: number;
  members: Mount[] = NO_MOUNTS;
  slaves: Mount[] = NO_MOUNTS;

  constructor(id: number) {
    this.id = id;
  }
}

/** Shared for as long as it is empty. */
function withMount(list: Mount[], mount: Mount): Mount[] {
  if (list === NO_MOUNTS) return [mount];
  list.push(mount);
  return list;
}

/** Who leaves has mostly come last. */
function withoutMount(list: Mount[], mount: Mount): Mount[] {
  if (list.length === 1) return NO_MOUNTS;
  if (list[list.length - 1] === mount) list.pop();
  else list.splice(list.indexOf(mount), 1);
  return list;
}

/** Never changed: a mount and its copies share them, until one of them is given others. */
export type AttributesOfMount = {
  readonly readOnly: boolean;
  readonly noSuid: boolean;
  readonly noDev: boolean;
  readonly noExec: boolean;
  readonly noAtime: boolean;
  readonly relAtime: boolean;
  /** It may not be bound elsewhere, nor come along when a tree is. */
  readonly unbindable: boolean;
};

const UNRESTRICTED: AttributesOfMount = {
  readOnly: false,
  noSuid: false,
  noDev: false,
  noExec: false,
  noAtime: false,
  relAtime: true,
  unbindable: false,
};

/** One for all mounts that have the same, by a number with a bit for each. */
const attributesThere: AttributesOfMount[] = [];

function shared(attributes: AttributesOfMount): AttributesOfMount {
  const { readOnly, noSuid, noDev, noExec, noAtime, relAtime, unbindable } = attributes;
  const bits =
    (readOnly ? 1 : 0) +
    (noSuid ? 2 : 0) +
    (noDev ? 4 : 0) +
    (noExec ? 8 : 0) +
    (noAtime ? 16 : 0) +
    (relAtime ? 32 : 0) +
    (unbindable ? 64 : 0);
  attributesThere[bits] ??= attributes;
  return attributesThere[bits];
}

export class Mount {
  readonly id: number;
  readonly fs: FileSystem;
  readonly root: Inode;
  /** Path of `root` within its filesystem, for mountinfo. */
  readonly rootPath: string;
  readonly source: string;
  namespace: MountNamespace;
  private point: Location | null;
  /** Of a copy, while `point` is where its original lies: the copies by what they are copies of. Its own is made when asked for. */
  private copies: ReadonlyMap<Mount, Mount> | null = null;
  /** The mount and the inode that it lies on. */
  private below: Mount | null;
  private coveredInode: Inode | null;
  /** The one made before it on the same inode, in whichever namespace. */
  beneath: Mount | null = null;
  /** Those that lie on it. */
  above: Mount[] = NO_MOUNTS;
  private pathOfPoint: string | null = null;
  private topPlace: Location | null = null;
  flags = UNRESTRICTED;
  attached = true;
  /** Files opened through it that are not closed yet. */
  openFiles = 0;
  /** Owners and groups of its files are those of this namespace (an id-mapped mount). */
  idmap: UserNamespace | null = null;
  /** Restrictions that a less privileged mount namespace inherited with it and may not lift. */
  locked: AttributesOfMount | null = null;
  private peerGroup: PeerGroup | null = null;
  private masterGroup: PeerGroup | null = null;
  /** Whether it stands in their lists. */
  private isPeer = false;
  private isSlave = false;

  constructor(
    id: number,
    namespace: MountNamespace,
    fs: FileSystem,
    root: Inode,
    rootPath: string,
    source: string,
    mountpoint: Location | null,
  ) {
    this.id = id;
    this.namespace = namespace;
    this.fs = fs;
    this.root = root;
    this.rootPath = rootPath;
    this.source = source;
    this.point = mountpoint;
    this.below = mountpoint?.mount ?? null;
    this.coveredInode = mountpoint?.inode ?? null;
  }

  /** What a copy has of its original, which is among its peers from now on. */
  beLike(original: Mount): void {
    this.flags = original.flags;
    this.idmap = original.idmap;
    this.locked = original.locked;
    this.peerGroup = original.peerGroup;
    this.masterGroup = original.masterGroup;
    this.participate(true);
  }

  change(flags: Partial<AttributesOfMount>): void {
    this.flags = shared({ ...this.flags, ...flags });
  }

  /** Its root as a place: `..` leads to wherever it is mounted now. */
  get top(): Location {
    if (this.topPlace === null) this.topPlace = new MountTop(this);
    return this.topPlace;
  }

  /** Where it is mounted; null for the root of a namespace. */
  get mountpoint(): Location | null {
    if (this.copies !== null) {
      this.point = relocate(this.point as Location, this.copies);
      this.copies = null;
    }
    return this.point;
  }

  set mountpoint(point: Location | null) {
    this.point = point;
    this.copies = null;
    this.below = point?.mount ?? null;
    this.coveredInode = point?.inode ?? null;
    this.pathOfPoint = null;
  }

  /** The mount that it lies on; null for the root of a namespace. */
  get parent(): Mount | null {
    return this.below;
  }

  get covered(): Inode | null {
    return this.coveredInode;
  }

  /**
   * Whether it lies below a place of the mount that it lies on. A recursive bind asks this of all that is mounted: no
   * places are made for it, since those of the original lead over the same inodes.
   */
  liesBelow({ inode }: Location): boolean {
    let at = this.point;
    for (const within = at?.mount; at !== null && at.mount === within; at = at.up) if (at.inode === inode) return true;
    return false;
  }

  /** It lies where `original` does, among the copies of the mounts there. */
  lieLike(original: Mount, copies: ReadonlyMap<Mount, Mount>): void {
    const point = original.mountpoint;
    if (point === null) return;
    this.point = point;
    this.copies = copies;
    this.below = copies.get(point.mount) ?? point.mount;
    this.coveredInode = point.inode;
    this.pathOfPoint = original.pathInParent;
  }

  /** The way to the mountpoint from the root of the mount that it lies on: `/run/lock`, or `/` if it covers that. */
  get pathInParent(): string {
    if (this.pathOfPoint === null) {
      const point = this.mountpoint;
      this.pathOfPoint = point === null ? '/' : pathInMount(point);
    }
    return this.pathOfPoint;
  }

  get peers(): PeerGroup | null {
    return this.peerGroup;
  }

  set peers(group: PeerGroup | null) {
    this.leavePeers();
    this.peerGroup = group;
    this.joinPeers();
  }

  /** The peer group whose events this slave receives. */
  get master(): PeerGroup | null {
    return this.masterGroup;
  }

  set master(group: PeerGroup | null) {
    this.leaveMaster();
    this.masterGroup = group;
    this.joinMaster();
  }

  /** Whether it takes part in its groups: not when it is detached, or in a namespace that nobody is in. */
  participate(on: boolean): void {
    if (on) {
      this.joinPeers();
      this.joinMaster();
    } else {
      this.leavePeers();
      this.leaveMaster();
    }
  }

  private joinPeers(): void {
    const group = this.peerGroup;
    if (group === null || this.isPeer) return;
    group.members = withMount(group.members, this);
    this.isPeer = true;
  }

  private leavePeers(): void {
    const group = this.peerGroup;
    if (group === null || !this.isPeer) return;
    group.members = withoutMount(group.members, this);
    this.isPeer = false;
  }

  private joinMaster(): void {
    const group = this.masterGroup;
    if (group === null || this.isSlave) return;
    group.slaves = withMount(group.slaves, this);
    this.isSlave = true;
  }

  private leaveMaster(): void {
    const group = this.masterGroup;
    if (group === null || !this.isSlave) return;
    group.slaves = withoutMount(group.slaves, this);
    this.isSlave = false;
  }
}

/** A place in the tree as seen in one mount namespace. */
export type Location = {
  readonly mount: Mount;
  readonly inode: Inode;
  readonly name: string;
  readonly up: Location | null;
};

class MountTop implements Location {
  readonly mount: Mount;
  readonly inode: Inode;

  constructor(mount: Mount) {
    this.mount = mount;
    this.inode = mount.root;
  }

  get name(): string {
    return this.mount.mountpoint?.name ?? '';
  }

  get up(): Location | null {
    return this.mount.mountpoint?.up ?? null;
  }
}

const SYMLINKS_MAX = 40;
const RECENT_DIRECTORIES = 256;

export class MountNamespace {
  readonly type = 'mnt';
  readonly id: number;
  owner: UserNamespace | null = null;
  mounts: Mount[] = [];
  root!: Mount;
  /** Processes in it. */
  private users = 0;
  private abandoned = false;
  /** Directories that were come by lately, by their numbers; null where nobody remembers any. */
  recent: (Location | undefined)[] | null = null;
  private paths: PathCache | null = null;
  /** Set once it is as complete as it begins. */
  observer: MountObserver | null;

  constructor(id: number, observer: MountObserver | null) {
    this.id = id;
    this.observer = observer;
  }

  /** For the namespace that most of the node walks in. */
  rememberPaths(): void {
    this.recent = new Array(RECENT_DIRECTORIES);
    this.paths = new PathCache();
  }

  /** What it remembers of paths that begin at `root`. */
  pathsFrom(root: Location): PathCache | null {
    return this.paths !== null && root === this.root.top ? this.paths : null;
  }

  acquire(): void {
    if (this.users++ > 0) return;
    for (const mount of this.mounts) {
      mount.participate(true);
      mount.root.pin(1);
      if (this.abandoned) this.observer?.attached(mount);
    }
    this.abandoned = false;
  }

  /** With the last process its mounts leave their peer groups; a file that holds the namespace may bring them back. */
  release(): void {
    if (--this.users > 0) return;
    for (const mount of this.mounts) {
      mount.participate(false);
      mount.root.pin(-1);
    }
    this.abandoned = true;
    this.observer?.left(this);
  }

  add(mount: Mount): void {
    this.mounts.push(mount);
    this.paths?.forget();
    mount.attached = true;
    if (!this.abandoned) this.observer?.attached(mount);
    if (this.users > 0) mount.root.pin(1);
    const { parent, covered } = mount;
    if (parent === null || covered === null) {
      this.root = mount;
      return;
    }
    mount.beneath = covered.mountOn;
    covered.mountOn = mount;
    covered.covered();
    if (parent.above === NO_MOUNTS) parent.above = [mount];
    else parent.above.push(mount);
  }

  /** Only this one: what lies on it goes with it to wherever it is put next. */
  remove(mount: Mount): void {
    this.leave(mount);
    this.mounts.splice(this.mounts.indexOf(mount), 1);
    this.observer?.detached(this, [mount]);
  }

  /** All that `tree` has: each of its mounts with everything that lies on it. */
  removeTree(tree: readonly Mount[]): void {
    for (const mount of tree) mount.attached = false;
    for (const mount of tree) this.leave(mount);
    if (tree.length === 1) this.mounts.splice(this.mounts.indexOf(tree[0] as Mount), 1);
    // A container's namespace begins with all that the node has mounted: its list need not stay as long.
    else this.mounts = this.mounts.filter((mount) => mount.attached);
    this.observer?.detached(this, tree);
  }

  private leave(mount: Mount): void {
    this.paths?.forget();
    mount.attached = false;
    mount.participate(false);
    if (this.users > 0) mount.root.pin(-1);
    const { parent, covered } = mount;
    if (parent === null || covered === null) return;
    // One that has left with all that lies on it need not be told of each.
    if (parent.above.length === 1 || !parent.attached) parent.above = NO_MOUNTS;
    else parent.above.splice(parent.above.indexOf(mount), 1);
    if (covered.mountOn === mount) covered.mountOn = mount.beneath;
    else
      for (let at = covered.mountOn; at !== null; at = at.beneath)
        if (at.beneath === mount) {
          at.beneath = mount.beneath;
          break;
        }
    mount.beneath = null;
  }
}

/** The topmost mount on this very place, or null. */
export function mountedOn(mount: Mount, inode: Inode): Mount | null {
  for (let at = inode.mountOn; at !== null; at = at.beneath) if (at.parent === mount) return at;
  return null;
}

/** The place itself, or what is mounted on top of it. */
export function crossMounts(location: Location): Location {
  let at = location;
  while (at.inode.mountOn !== null) {
    const mounted = mountedOn(at.mount, at.inode);
    if (mounted === null) return at;
    at = mounted.top;
  }
  return at;
}

export type WalkOptions = { followLast: boolean; caller: Process | null; root: Location; cwd: Location };

/**
 * `parent` is the directory that holds (or would hold) `name`; `location` is null if nothing is there. `direct`: no link
 * was followed on the way.
 */
export type WalkResult = {
  parent: Location;
  name: string;
  location: Location | null;
  magic: MagicTarget | null;
  direct: boolean;
};

export function walk(path: string, options: WalkOptions): WalkResult {
  if (path === '') throw errno('ENOENT');
  const { caller } = options;
  const journey = { links: SYMLINKS_MAX, searcher: caller === null || searchesAll(caller) ? null : caller };
  if (path.charCodeAt(0) !== SLASH) return walkFrom(options.cwd, path, options, journey);
  const { root } = options;
  const known = journey.searcher === null ? root.mount.namespace.pathsFrom(root) : null;
  return known === null ? walkFrom(root, path, options, journey) : walkKnown(known, path, options, journey);
}

/** The whole way only if the directory has not been come to lately. */
function walkKnown(known: PathCache, path: string, options: WalkOptions, journey: Journey): WalkResult {
  const slash = path.lastIndexOf('/');
  if (slash <= 0 || !isCanonical(path)) return walkFrom(options.root, path, options, journey);
  const directory = path.slice(0, slash);
  const place = known.find(directory);
  if (place !== undefined) return walkFrom(place, path.slice(slash + 1), options, journey);
  const result = walkFrom(options.root, path, options, journey);
  if (result.direct && keepsNames(result.parent)) known.remember(directory, result.parent);
  return result;
}

function keepsNames(directory: Location): boolean {
  for (let at: Location | null = directory; at !== null; at = at.up) if (!at.inode.fs.keepsNames) return false;
  return true;
}

/** Where the next component begins: empty ones and `.` lead nowhere. -1 at the end. */
function nextComponent(path: string, from: number): number {
  for (let at = from; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (code === SLASH) continue;
    const next = path.charCodeAt(at + 1);
    if (code !== DOT || (next !== SLASH && at + 1 !== path.length)) return at;
  }
  return -1;
}

/** `links` may still be followed; `searcher` has to be let into each directory, null may enter all. */
type Journey = { links: number; readonly searcher: Process | null };

const SLASH = 47;
const DOT = 46;

/** Somewhere in a directory. Open files keep how they were reached: those that are opened one after the other share it. */
function placeIn(up: Location, inode: Inode, name: string): Location {
  const { mount } = up;
  const { recent } = mount.namespace;
  // A directory of proc keeps its process, which may have ended.
  if (recent === null || inode.type !== 'directory' || mount.fs.type === 'proc') return { mount, inode, name, up };
  const slot = inode.ino % RECENT_DIRECTORIES;
  const known = recent[slot];
  if (known !== undefined && known.inode === inode && known.up === up && known.name === name) return known;
  const place = { mount, inode, name, up };
  recent[slot] = place;
  return place;
}

function walkFrom(start: Location, path: string, options: WalkOptions, journey: Journey): WalkResult {
  const wantsDirectory = path.charCodeAt(path.length - 1) === SLASH;
  let at = start;
  let parent = start;
  let name = '.';
  for (let begin = nextComponent(path, 0); begin >= 0; ) {
    const slash = path.indexOf('/', begin);
    const end = slash < 0 ? path.length : slash;
    const part = path.slice(begin, end);
    begin = slash < 0 ? -1 : nextComponent(path, slash + 1);
    const isLast = begin < 0;
    if (part.length > 255) throw errno('ENAMETOOLONG');
    if (at.inode.type !== 'directory') throw errno('ENOTDIR');
    if (journey.searcher !== null && !mayAccess(at.inode, journey.searcher, 1, at.mount.idmap)) throw errno('EACCES');
    parent = at;
    name = part;
    if (part === '..') {
      at = sameLocation(at, options.root) ? at : crossMounts(at.up ?? at);
      parent = at;
      name = '.';
      continue;
    }
    const inode = at.inode.lookup(part, options.caller);
    if (inode === null) {
      if (isLast) return { parent, name, location: null, magic: null, direct: journey.links === SYMLINKS_MAX };
      throw errno('ENOENT');
    }
    let next = placeIn(at, inode, part);
    if (inode.mountOn !== null) next = crossMounts(next);
    if (next.inode.type === 'symlink' && (!isLast || options.followLast || wantsDirectory)) {
      if (--journey.links < 0) throw errno('ELOOP');
      const magic = next.inode.magicTarget(options.caller);
      if (magic !== null) {
        if (magic.kind !== 'location') {
          if (!isLast) throw errno('ENOTDIR');
          return { parent, name, location: next, magic, direct: false };
        }
        next = magic.location;
      } else {
        const target = next.inode.readlink(options.caller);
        const inner = walkFrom(
          target.startsWith('/') ? options.root : at,
          target,
          { ...options, followLast: true },
          journey,
        );
        if (inner.magic !== null) return inner;
        if (inner.location === null) {
          if (isLast) return inner;
          throw errno('ENOENT');
        }
        next = inner.location;
        if (isLast) return { parent: inner.parent, name: inner.name, location: next, magic: null, direct: false };
      }
    }
    at = next;
  }
  if (wantsDirectory && at.inode.type !== 'directory') throw errno('ENOTDIR');
  return { parent, name, location: at, magic: null, direct: journey.links === SYMLINKS_MAX };
}

/** The same place, with mounts replaced by their copies. */
export function relocate(location: Location, copies: ReadonlyMap<Mount, Mount>): Location {
  const mount = copies.get(location.mount);
  if (mount === undefined) return location;
  if (location.inode === mount.root) return mount.top;
  const { inode, name, up } = location;
  return { mount, inode, name, up: up === null ? null : relocate(up, copies) };
}

/** The same way to another inode: what a magic link stands for. */
export function withInode({ mount, name, up }: Location, inode: Inode): Location {
  return { mount, inode, name, up };
}

export function sameLocation(a: Location, b: Location): boolean {
  return a.mount === b.mount && a.inode === b.inode;
}

/** Whether a path says where something lies and nothing else: no `..`, nothing twice. Names with a dot before them are not looked into. */
export function isCanonical(path: string): boolean {
  return (
    path.charCodeAt(0) === SLASH &&
    path.charCodeAt(path.length - 1) !== SLASH &&
    !path.includes('//') &&
    !path.includes('/.')
  );
}

/** The absolute path of a location as seen from `root`; "(unreachable)" pieces are left out. */
export function pathOf(location: Location, root: Location | null): string {
  const names: string[] = [];
  let at: Location | null = location;
  while (at !== null && !(root !== null && sameLocation(at, root)) && at.up !== null) {
    names.push(at.name);
    at = at.up;
  }
  return `/${names.reverse().join('/')}`;
}

/** From the mount's own root, which need not be that of its filesystem. */
function pathInMount(location: Location): string {
  return innerPath(location) || '/';
}

/** `/run/lock`, or nothing for the mount's root. Names are not joined: looked up in an object, as those in proc are, each would make two bytes a character of all it becomes part of. */
function innerPath(location: Location): string {
  const { mount } = location;
  let path = '';
  for (let at: Location | null = location; at !== null && at.mount === mount && at.inode !== mount.root; at = at.up)
    path = `/${at.name}${path}`;
  return path;
}

/** Path of a location within its filesystem. */
export function pathInFileSystem(location: Location): string {
  const inner = innerPath(location);
  const base = location.mount.rootPath;
  return inner === '' ? base : base === '/' ? inner : base + inner;
}

/** A file's owner or group as seen through a mount: the kernel's number, -1 if an id-mapped mount has none for it. */
export function seenId(idmap: UserNamespace | null, kind: 'uid' | 'gid', id: number): number {
  return idmap === null ? id : (toKernel(idmap, kind, id) ?? -1);
}

/** Whether it is let into every directory, whoever owns that: most of what runs on a node is root's. */
function searchesAll({ credentials, namespaces }: Process): boolean {
  return namespaces.user.level === 0 && credentials.capabilities.effective.has('DAC_OVERRIDE');
}

/** Discretionary access: 4 read, 2 write, 1 execute/search. */
export function mayAccess(inode: Inode, caller: Process, wanted: number, idmap: UserNamespace | null = null): boolean {
  const { credentials } = caller;
  const uid = seenId(idmap, 'uid', inode.uid);
  const gid = seenId(idmap, 'gid', inode.gid);
  if (capableOver(caller, 'DAC_OVERRIDE', uid, gid))
    return (wanted & 1) === 0 || inode.type === 'directory' || (inode.mode & 0o111) !== 0;
  let bits = inode.mode & 7;
  if (credentials.fsuid === uid) bits = (inode.mode >> 6) & 7;
  else if (credentials.fsgid === gid || credentials.groups.includes(gid)) bits = (inode.mode >> 3) & 7;
  if ((bits & wanted) === wanted) return true;
  // Reading, and searching directories, is a privilege of its own.
  const harmless = inode.type === 'directory' ? (wanted & 2) === 0 : wanted === 4;
  return harmless && capableOver(caller, 'DAC_READ_SEARCH', uid, gid);
}
