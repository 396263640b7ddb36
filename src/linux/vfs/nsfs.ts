/** The files behind /proc/PID/ns/*: opening or bind-mounting one keeps the namespace. @models Linux 6.12 fs/nsfs.c */
import type { LinuxNamespace } from '../namespaces.ts';
import { type OpenFile, RegularFile } from '../open-file.ts';
import type { Process } from '../process.ts';
import type { OpenFlags } from '../syscalls.ts';
import { FileSystem, Inode } from './inode.ts';

export class NamespaceFileSystem extends FileSystem {
  readonly root: Inode;
  private readonly inodes = new WeakMap<LinuxNamespace, NamespaceInode>();

  constructor() {
    super('nsfs', [0, 4]);
    this.root = new PlainRoot(this, { type: 'directory', mode: 0o555, uid: 0, gid: 0, time: 0n });
  }

  inodeOf(namespace: LinuxNamespace, time: bigint): NamespaceInode {
    let inode = this.inodes.get(namespace);
    if (inode === undefined) {
      inode = new NamespaceInode(this, namespace, time);
      this.inodes.set(namespace, inode);
    }
    return inode;
  }
}

class PlainRoot extends Inode {}

export class NamespaceInode extends Inode {
  readonly namespace: LinuxNamespace;

  constructor(fs: FileSystem, namespace: LinuxNamespace, time: bigint) {
    super(fs, { type: 'file', mode: 0o444, uid: 0, gid: 0, time });
    this.namespace = namespace;
  }

  override openAs(flags: OpenFlags, _caller: Process, path: string): OpenFile {
    return new NamespaceFile(path, flags, this);
  }

  override pin(by: 1 | -1): void {
    if (this.namespace.type !== 'net') return;
    if (by > 0) this.namespace.acquire();
    else this.namespace.release();
  }
}

class NamespaceFile extends RegularFile {
  constructor(path: string, flags: OpenFlags, inode: NamespaceInode) {
    super(path, flags, inode, () => 0n, null);
    inode.pin(1);
  }

  override released(): void {
    super.released();
    this.inode?.pin(-1);
  }
}
