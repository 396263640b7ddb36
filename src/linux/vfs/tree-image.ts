/**
 * A filesystem as the contents of a file: what a disk image or an initrd holds. After a line of magic follows one JSON
 * line for each entry; the rest of the file is filling. It is mounted from a VM's disk (see calls/virtual-machines.ts).
 * @models an ext4 or cpio image @fidelity partial: own format, read-only use
 */
import { errno } from '../errno.ts';
import { programFile, pseudoRandomSource } from '../program.ts';
import { Rope, utf8 } from '../rope.ts';
import type { FileType } from '../syscalls.ts';
import type { Inode } from './inode.ts';
import { MemoryFileSystem } from './memory-fs.ts';

export type TreeEntry = { path: string; mode?: number } & (
  | { type: 'directory' }
  | { type: 'symlink'; target: string }
  | { type: 'file'; text: string }
  | { type: 'program'; program: string; size: number }
);

const MAGIC = 'cutaway-tree-image 1\n';

/** A file of `length` bytes (at least what the entries need) that holds this tree. */
export function treeImage(entries: readonly TreeEntry[], length: number): Rope {
  const text = Rope.text(`${MAGIC}${entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')}\n`);
  if (text.length >= length) return text;
  return text.concat(Rope.from(pseudoRandomSource(`tree:${length}`, length - text.length)));
}

const TEXT_MAX = 1 << 20;

export function isTreeImage(head: Rope): boolean {
  return utf8(head.slice(0, MAGIC.length).bytes()) === MAGIC;
}

/** The tree in a file; EINVAL if there is none, as mount(2) says of a disk without a filesystem. */
export function readTreeImage(
  data: (position: number, max: number) => Rope,
  type: string,
  device: readonly [number, number],
  time: bigint,
): MemoryFileSystem {
  const head = utf8(data(0, TEXT_MAX).bytes());
  if (!head.startsWith(MAGIC)) throw errno('EINVAL');
  const end = head.indexOf('\n\n');
  const fs = new MemoryFileSystem(type, device, time);
  for (const line of head.slice(MAGIC.length, end).split('\n')) {
    if (line === '') continue;
    const entry = JSON.parse(line) as TreeEntry;
    const slash = entry.path.lastIndexOf('/');
    const parent = directoryAt(fs, entry.path.slice(0, slash), time);
    const name = entry.path.slice(slash + 1);
    if (entry.type === 'directory') {
      directoryAt(fs, entry.path, time).mode = entry.mode ?? 0o755;
      continue;
    }
    const kind: FileType = entry.type === 'symlink' ? 'symlink' : 'file';
    const inode = parent.create(name, {
      type: kind,
      mode: entry.mode ?? (entry.type === 'program' ? 0o755 : entry.type === 'symlink' ? 0o777 : 0o644),
      uid: 0,
      gid: 0,
      time,
      ...(entry.type === 'symlink' ? { target: entry.target } : {}),
    });
    if (entry.type === 'program') inode.writeData(0, programFile(entry.program, entry.size));
    else if (entry.type === 'file' && entry.text !== '') inode.writeData(0, Rope.text(entry.text));
  }
  return fs;
}

function directoryAt(fs: MemoryFileSystem, path: string, time: bigint): Inode {
  let at: Inode = fs.root;
  for (const part of path.split('/')) {
    if (part === '') continue;
    at = at.lookup(part, null) ?? at.create(part, { type: 'directory', mode: 0o755, uid: 0, gid: 0, time });
  }
  return at;
}
