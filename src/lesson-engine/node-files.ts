/** Reads files of a node from outside, as an observer: no process, no time, no trace. */
import type { Kernel } from '../linux/kernel.ts';
import type { Rope } from '../linux/rope.ts';
import type { Inode } from '../linux/vfs/inode.ts';
import { walk } from '../linux/vfs/mounts.ts';

const TEXT_BYTES_MAX = 1 << 24;

/** Symbolic links are followed; null if there is nothing. */
export function inodeAt(kernel: Kernel, path: string): Inode | null {
  const root = kernel.rootLocation(kernel.initialNamespaces.mnt);
  try {
    return walk(path, { followLast: true, caller: null, root, cwd: root }).location?.inode ?? null;
  } catch {
    return null;
  }
}

/** All of a file; null if it is none. */
export function contentAt(kernel: Kernel, path: string): Rope | null {
  const inode = inodeAt(kernel, path);
  return inode?.type === 'file' ? inode.readData(0, inode.size) : null;
}

/** The beginning of a file, as text; empty if it is no file. */
export function textAt(kernel: Kernel, path: string): string {
  const inode = inodeAt(kernel, path);
  if (inode === null || inode.type !== 'file') return '';
  return new TextDecoder().decode(inode.readData(0, Math.min(inode.size, TEXT_BYTES_MAX)).bytes());
}

/** Names in a directory, in order; empty if it is none. */
export function namesAt(kernel: Kernel, path: string): string[] {
  const inode = inodeAt(kernel, path);
  if (inode === null || inode.type !== 'directory') return [];
  return inode
    .entries(null)
    .map(([name]) => name)
    .sort();
}

/** A log of JSON lines on the node's disk, read on from where the last reading ended. */
export class LineLog {
  private readonly path: string;
  private inode: Inode | null = null;
  private position = 0;
  private readonly reset: () => void;
  private readonly take: (record: unknown) => void;

  constructor(path: string, take: (record: unknown) => void, reset: () => void) {
    this.path = path;
    this.take = take;
    this.reset = reset;
  }

  read(kernel: Kernel): void {
    const inode = inodeAt(kernel, this.path);
    if (inode !== this.inode || (inode?.size ?? 0) < this.position) {
      this.inode = inode;
      this.position = 0;
      this.reset();
    }
    if (inode === null || inode.size === this.position) return;
    const bytes = inode.readData(this.position, inode.size - this.position).bytes();
    // A last line without its end is still being written.
    const end = bytes.lastIndexOf(10) + 1;
    this.position += end;
    for (const line of new TextDecoder().decode(bytes.subarray(0, end)).split('\n')) {
      if (line !== '') this.take(JSON.parse(line));
    }
  }
}
