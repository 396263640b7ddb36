/**
 * User namespaces: which numbers users and groups have in them, and over what their privileges reach. The kernel keeps
 * the numbers of the initial namespace everywhere (kuid_t, kgid_t); they are translated where they meet a process.
 * @models Linux 6.12 kernel/user_namespace.c, include/linux/uidgid.h @fidelity partial: no projects, no keyrings, no limit
 * of their number
 */
import { errno } from './errno.ts';
import type { Process } from './process.ts';

/** What a number is shown as that has none in the namespace. */
export const OVERFLOW_ID = 65_534;
const ID_COUNT = 4_294_967_295;
const RANGES_MAX = 340;
const LEVELS_MAX = 32;

export type IdKind = 'uid' | 'gid';

/** `count` numbers from `inside` on are those from `kernel` on. */
type Range = { readonly inside: number; readonly kernel: number; readonly count: number };

export class UserNamespace {
  readonly type = 'user';
  readonly id: number;
  readonly parent: UserNamespace | null;
  readonly level: number;
  /** Who made it: a number of the kernel's. */
  readonly owner: number;
  /** Null until written. */
  maps: Record<IdKind, readonly Range[] | null>;
  setgroups: 'allow' | 'deny';

  constructor(id: number, parent: UserNamespace | null, owner: number) {
    this.id = id;
    this.parent = parent;
    this.level = parent === null ? 0 : parent.level + 1;
    if (this.level > LEVELS_MAX) throw errno('EUSERS');
    this.owner = owner;
    const all = [{ inside: 0, kernel: 0, count: ID_COUNT }];
    this.maps = parent === null ? { uid: all, gid: all } : { uid: null, gid: null };
    this.setgroups = parent?.setgroups ?? 'allow';
  }
}

/** Null if the namespace has no such number. */
export function toKernel(namespace: UserNamespace, kind: IdKind, id: number): number | null {
  if (namespace.level === 0) return id;
  for (const { inside, kernel, count } of namespace.maps[kind] ?? [])
    if (id >= inside && id < inside + count) return kernel + id - inside;
  return null;
}

/** Null if it cannot be told in the namespace. */
export function fromKernel(namespace: UserNamespace, kind: IdKind, id: number): number | null {
  if (namespace.level === 0) return id;
  for (const { inside, kernel, count } of namespace.maps[kind] ?? [])
    if (id >= kernel && id < kernel + count) return inside + id - kernel;
  return null;
}

/** As it is shown there. */
export function shown(namespace: UserNamespace, kind: IdKind, id: number): number {
  return namespace.level === 0 ? id : (fromKernel(namespace, kind, id) ?? OVERFLOW_ID);
}

/** A process's own numbers, as itself sees them. */
export function ownIds(process: Process): { uid: number; euid: number; gid: number; egid: number; groups: number[] } {
  const { user } = process.namespaces;
  const { uid, euid, gid, egid, groups } = process.credentials;
  return {
    uid: shown(user, 'uid', uid),
    euid: shown(user, 'uid', euid),
    gid: shown(user, 'gid', gid),
    egid: shown(user, 'gid', egid),
    groups: groups.map((group) => shown(user, 'gid', group)),
  };
}

/** ns_capable(): a privilege over what a user namespace owns; null stands for the initial one. */
export function capable(process: Process, capability: string, over: UserNamespace | null = null): boolean {
  const { user } = process.namespaces;
  const has = process.credentials.capabilities.effective.has(capability);
  if (user.level === 0) return has || (over !== null && isOwnedBy(process, over));
  for (let at = over; at !== null; at = at.parent) {
    if (at === user) return has;
    if (at.level <= user.level) return false;
    // Who made a namespace may do everything in it, and in those below.
    if (at.parent === user && at.owner === process.credentials.euid) return true;
  }
  return false;
}

function isOwnedBy(process: Process, over: UserNamespace): boolean {
  for (let at: UserNamespace | null = over; at !== null; at = at.parent)
    if (at.parent === process.namespaces.user && at.owner === process.credentials.euid) return true;
  return false;
}

/** capable_wrt_inode_uidgid(): a privilege over files counts for those whose owner and group exist in the namespace. */
export function capableOver(process: Process, capability: string, uid: number, gid: number): boolean {
  if (!process.credentials.capabilities.effective.has(capability)) return false;
  const { user } = process.namespaces;
  return user.level === 0 || (fromKernel(user, 'uid', uid) !== null && fromKernel(user, 'gid', gid) !== null);
}

/** The kernel's number of the namespace's root. */
export function rootOf(namespace: UserNamespace): number | null {
  return toKernel(namespace, 'uid', 0);
}

/** /proc/PID/uid_map and gid_map: outside numbers are those of the reader's namespace, of the parent for one inside. */
export function mapText(namespace: UserNamespace, kind: IdKind, reader: UserNamespace): string {
  const lower = reader === namespace ? (namespace.parent ?? namespace) : reader;
  const column = (n: number): string => String(n).padStart(10);
  return (namespace.maps[kind] ?? [])
    .map(({ inside, kernel, count }) => {
      const outside = fromKernel(lower, kind, kernel) ?? ID_COUNT;
      return `${column(inside)} ${column(outside)} ${column(count)}\n`;
    })
    .join('');
}

export function writeMap(namespace: UserNamespace, kind: IdKind, text: string, writer: Process): void {
  const { parent } = namespace;
  const { user } = writer.namespaces;
  if (parent === null || (user !== namespace && user !== parent)) throw errno('EPERM');
  if (namespace.maps[kind] !== null) throw errno('EPERM');
  const capability = kind === 'uid' ? 'SETUID' : 'SETGID';
  if (!capable(writer, 'SYS_ADMIN', namespace)) throw errno('EPERM');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0 || lines.length > RANGES_MAX) throw errno('EINVAL');
  const wanted = lines.map((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s*$/.exec(line);
    if (match === null) throw errno('EINVAL');
    const [inside = 0, outside = 0, count = 0] = match.slice(1).map(Number);
    if (count === 0 || inside + count > ID_COUNT || outside + count > ID_COUNT) throw errno('EINVAL');
    return { inside, outside, count };
  });
  const overlap = (a: number, b: number, aCount: number, bCount: number): boolean => a < b + bCount && b < a + aCount;
  for (const [i, a] of wanted.entries())
    for (const b of wanted.slice(i + 1))
      if (overlap(a.inside, b.inside, a.count, b.count) || overlap(a.outside, b.outside, a.count, b.count))
        throw errno('EINVAL');
  // One's own number may be mapped by oneself; a group only once supplementary groups cannot be changed any more.
  const [only] = wanted;
  const { fsuid, euid, fsgid } = writer.credentials;
  const own =
    wanted.length === 1 &&
    only?.count === 1 &&
    euid === namespace.owner &&
    toKernel(parent, kind, only.outside) === (kind === 'uid' ? fsuid : fsgid) &&
    (kind === 'uid' || namespace.setgroups === 'deny');
  if (!own && !capable(writer, capability, parent)) throw errno('EPERM');
  namespace.maps[kind] = wanted.map(({ inside, outside, count }) => {
    const kernel = toKernel(parent, kind, outside);
    if (kernel === null || toKernel(parent, kind, outside + count - 1) !== kernel + count - 1) throw errno('EPERM');
    return { inside, kernel, count };
  });
}

export function writeSetgroups(namespace: UserNamespace, text: string, writer: Process): void {
  const word = text.trim();
  if (word !== 'allow' && word !== 'deny') throw errno('EINVAL');
  if (!capable(writer, 'SYS_ADMIN', namespace)) throw errno('EPERM');
  if (word === 'allow' && namespace.setgroups === 'deny') throw errno('EPERM');
  if (word === 'deny' && namespace.maps.gid !== null) throw errno('EPERM');
  namespace.setgroups = word;
}
