/** What the upper layer of an overlay holds against the layers below it: a container's own files against its image's. */

import type { FileType } from '../linux/syscalls.ts';
import { gazeAt, type Inode } from '../linux/vfs/inode.ts';
import { isWhiteout, OPAQUE, OverlayFileSystem } from '../linux/vfs/overlay.ts';
import { contentOf, type FilePlace, placeIn, processOf, realInode, type SeenContent } from './look-at-files.ts';
import type { Machine } from './machine.ts';

export type FileChange = {
  /** From the root of the overlay: `/etc/hosts`. */
  readonly path: string;
  readonly type: FileType;
  /**
   * `added`: nothing below. `changed`: a file that was copied up and written. `touched`: copied up, with the content that
   * it had. `deleted`: by a whiteout. `replaced`: an opaque directory, or another kind of file, in place of what is below.
   */
  readonly how: 'added' | 'changed' | 'touched' | 'deleted' | 'replaced';
  /** Bytes now and below. */
  readonly size: number;
  readonly sizeBelow: number;
};

export type FileChanges = {
  /** Upper and lower directories, as they were given to mount(2). */
  readonly upper: string | null;
  readonly lower: readonly string[];
  readonly changes: readonly FileChange[];
  /** There are more than are told. */
  readonly more: boolean;
};

/** The same file above and below; null where there is none. */
export type FilePair = { readonly below: SeenContent | null; readonly now: SeenContent | null };

const CHANGES_MAX = 2000;
/** Larger files are taken to differ when they were copied up. */
const COMPARED_BYTES_MAX = 1 << 20;

type Layers = { readonly upper: Inode; readonly lowers: readonly Inode[] };

/** Null: the process is gone, or no overlay is mounted there. */
export function lookAtChanges(machine: Machine, place: FilePlace): FileChanges | null {
  return gazeAt(() => {
    const fs = overlayAt(machine, place);
    if (fs === null) return null;
    const { upper, lower } = fs.layers;
    const changes: FileChange[] = [];
    const root = fs.root.upper;
    if (root !== null) compare({ upper: root, lowers: fs.root.lowers }, '', changes);
    return { upper, lower, changes: changes.slice(0, CHANGES_MAX), more: changes.length > CHANGES_MAX };
  });
}

/** `path` is from the root of the overlay that is mounted at `place`. */
export function lookAtPair(machine: Machine, place: FilePlace, path: string): FilePair | null {
  return gazeAt(() => {
    const fs = overlayAt(machine, place);
    if (fs === null) return null;
    const names = path.split('/').filter((name) => name !== '');
    let upper = fs.root.upper;
    let lowers: readonly Inode[] = fs.root.lowers;
    for (const name of names) {
      upper = upper === null ? null : childOf(upper, name);
      lowers = below(lowers, name);
    }
    const found = lowers[0];
    return {
      below: found === undefined ? null : contentOf(found),
      now: upper === null || isWhiteout(upper) ? null : contentOf(upper),
    };
  });
}

function overlayAt(machine: Machine, { pid, path }: FilePlace): OverlayFileSystem | null {
  const process = processOf(machine, pid);
  const place = process === null ? null : placeIn(process, path);
  const fs = place === null ? null : realInode(place.inode).fs;
  return fs instanceof OverlayFileSystem ? fs : null;
}

function compare({ upper, lowers }: Layers, path: string, changes: FileChange[]): void {
  for (const [name, inode] of upper.entries(null)) {
    if (changes.length > CHANGES_MAX) return;
    const here = `${path}/${name}`;
    const under = below(lowers, name);
    const lower = under[0];
    const say = (how: FileChange['how']): void => {
      const { type, size } = how === 'deleted' && lower !== undefined ? lower : inode;
      changes.push({ path: here, type, how, size: how === 'deleted' ? 0 : size, sizeBelow: lower?.size ?? 0 });
    };
    if (isWhiteout(inode)) {
      // One that covers nothing tells nothing.
      if (lower !== undefined) say('deleted');
    } else if (lower === undefined) {
      say('added');
      if (inode.type === 'directory') compare({ upper: inode, lowers: [] }, here, changes);
    } else if (inode.type !== lower.type) say('replaced');
    else if (inode.type !== 'directory') say(isSame(inode, lower) ? 'touched' : 'changed');
    else if (inode.xattrs?.get(OPAQUE) === 'y') {
      say('replaced');
      compare({ upper: inode, lowers: [] }, here, changes);
    } else compare({ upper: inode, lowers: under }, here, changes);
  }
}

/** What the layers below show by that name, the uppermost first: a directory may lie in several of them. */
function below(lowers: readonly Inode[], name: string): Inode[] {
  const found: Inode[] = [];
  for (const lower of lowers) {
    const inode = childOf(lower, name);
    if (inode === null) continue;
    if (isWhiteout(inode)) break;
    if (inode.type !== 'directory') {
      if (found.length === 0) found.push(inode);
      break;
    }
    found.push(inode);
    if (inode.xattrs?.get(OPAQUE) === 'y') break;
  }
  return found;
}

function childOf(inode: Inode, name: string): Inode | null {
  return inode.type === 'directory' ? inode.lookup(name, null) : null;
}

function isSame(a: Inode, b: Inode): boolean {
  if (a.type === 'symlink') return a.readlink(null) === b.readlink(null);
  if (a.type !== 'file') return true;
  if (a.size !== b.size || a.size > COMPARED_BYTES_MAX) return false;
  const [left, right] = [a.readData(0, a.size).bytes(), b.readData(0, b.size).bytes()];
  return left.every((byte, i) => byte === right[i]);
}
