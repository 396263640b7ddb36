/**
 * Capabilities that a file gives to whoever executes it: the attribute security.capability, and execve's rules for it.
 * @models Linux 6.12 security/commoncap.c @fidelity partial: an attribute goes at chown and truncation, not at every write
 */
import { ALL_CAPABILITIES } from './capabilities.ts';
import { errno } from './errno.ts';
import type { Process } from './process.ts';
import { rootOf, toKernel, type UserNamespace } from './user-namespace.ts';
import type { Inode } from './vfs/inode.ts';
import type { Location } from './vfs/mounts.ts';

export const CAPABILITY_ATTRIBUTE = 'security.capability';

export type FileCapabilities = {
  permitted: ReadonlySet<string>;
  inheritable: ReadonlySet<string>;
  /** One bit for all of them. */
  effective: boolean;
  /** The root that it holds for, of revision 3. */
  rootId: number | null;
};

const REVISION_2 = 0x0200_0000;
const REVISION_3 = 0x0300_0000;
const EFFECTIVE = 1;
const V2_BYTES = 20;
const V3_BYTES = 24;
const WORD_BITS = 32;

/** vfs_cap_data, a character for each byte. */
export function encodeFileCapabilities({ permitted, inheritable, effective, rootId }: FileCapabilities): string {
  const word = (set: ReadonlySet<string>, half: number): number =>
    ALL_CAPABILITIES.reduce(
      (bits, name, bit) =>
        Math.floor(bit / WORD_BITS) === half && set.has(name) ? bits + 2 ** (bit % WORD_BITS) : bits,
      0,
    );
  const words = [
    (rootId === null ? REVISION_2 : REVISION_3) + (effective ? EFFECTIVE : 0),
    word(permitted, 0),
    word(inheritable, 0),
    word(permitted, 1),
    word(inheritable, 1),
    ...(rootId === null ? [] : [rootId]),
  ];
  return words.map((value) => [0, 8, 16, 24].map((at) => String.fromCharCode((value >>> at) & 255)).join('')).join('');
}

/** Null of what is no such structure. */
export function decodeFileCapabilities(value: string): FileCapabilities | null {
  const word = (at: number): number =>
    [0, 1, 2, 3].reduce((sum, i) => sum + (value.charCodeAt(at * 4 + i) & 255) * 256 ** i, 0);
  const isThird = value.length === V3_BYTES;
  if (!isThird && value.length !== V2_BYTES) return null;
  const magic = word(0);
  if (magic - (magic % 2) !== (isThird ? REVISION_3 : REVISION_2)) return null;
  const names = (low: number, high: number): Set<string> =>
    new Set(
      ALL_CAPABILITIES.filter((_, bit) => ((word(bit < WORD_BITS ? low : high) >>> (bit % WORD_BITS)) & 1) === 1),
    );
  return {
    permitted: names(1, 3),
    inheritable: names(2, 4),
    effective: magic % 2 === EFFECTIVE,
    rootId: isThird ? word(5) : null,
  };
}

/** As it is stored: what is set in a user namespace is for that namespace's root. */
export function storedCapabilities(process: Process, value: string): string {
  const given = decodeFileCapabilities(value);
  if (given === null) throw errno('EINVAL');
  const { user } = process.namespaces;
  if (given.rootId !== null) {
    const rootId = toKernel(user, 'uid', given.rootId);
    if (rootId === null) throw errno('EINVAL');
    return encodeFileCapabilities({ ...given, rootId });
  }
  return user.level === 0 ? value : encodeFileCapabilities({ ...given, rootId: rootOf(user) });
}

/** As it is read: the root of its own namespace need not be named. */
export function shownCapabilities(process: Process, value: string): string {
  const stored = decodeFileCapabilities(value);
  if (stored === null || stored.rootId !== rootOf(process.namespaces.user)) return value;
  return encodeFileCapabilities({ ...stored, rootId: null });
}

export function dropFileCapabilities(inode: Inode): void {
  if (inode.xattrs?.has(CAPABILITY_ATTRIBUTE) !== true) return;
  inode.xattrs = new Map([...inode.xattrs].filter(([name]) => name !== CAPABILITY_ATTRIBUTE));
  inode.attributesChanged();
}

/** What a process may have after executing the file, as far as the file decides; null where it says nothing. */
type Gained = { permitted: ReadonlySet<string>; effective: boolean };

/** EPERM for a program that could not know that it lacks some of what it is given. */
export function fileGives(process: Process, { inode, mount }: Location): Gained | null {
  const value = inode.xattrs?.get(CAPABILITY_ATTRIBUTE);
  const file = value === undefined || mount.flags.noSuid ? null : decodeFileCapabilities(value);
  if (file === null || !holdsFor(file.rootId ?? 0, process.namespaces.user)) return null;
  const { bounding, inheritable } = process.credentials.capabilities;
  const permitted: ReadonlySet<string> = new Set(
    ALL_CAPABILITIES.filter(
      (name) =>
        (file.permitted.has(name) && bounding.has(name)) || (file.inheritable.has(name) && inheritable.has(name)),
    ),
  );
  if (file.effective && [...file.permitted].some((name) => !permitted.has(name))) throw errno('EPERM');
  return { permitted, effective: file.effective };
}

function holdsFor(rootId: number, namespace: UserNamespace): boolean {
  for (let at: UserNamespace | null = namespace; at !== null; at = at.parent) if (rootOf(at) === rootId) return true;
  return false;
}

/** execve: root gets what the bounding set allows, others what the file gives, or else keep the ambient set. */
export function capabilitiesAfterExec(process: Process, gained: Gained | null): void {
  const { capabilities, euid, noNewPrivileges } = process.credentials;
  if (euid === rootOf(process.namespaces.user)) {
    capabilities.permitted = capabilities.bounding;
    capabilities.effective = capabilities.bounding;
    return;
  }
  if (gained !== null) capabilities.ambient = new Set();
  const { permitted: before, ambient } = capabilities;
  const given = gained?.permitted ?? ambient;
  const isKept = gained !== null && noNewPrivileges;
  capabilities.permitted = isKept ? new Set([...given].filter((name) => before.has(name))) : given;
  capabilities.effective = gained?.effective === false ? ambient : capabilities.permitted;
}
