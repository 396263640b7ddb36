/** cgroup2: directories are cgroups, files are their interface (cgroup-files.ts). One filesystem a kernel, mounted often. */
import type { Cgroup } from '../cgroup.ts';
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { GeneratedFile, type OpenFile } from '../open-file.ts';
import type { Process } from '../process.ts';
import type { DirectoryEntry, OpenFlags } from '../syscalls.ts';
import type { ControlFile } from './cgroup-files.ts';
import { FileSystem, Inode, type InodeInit, isGazedAt } from './inode.ts';
import { mayAccess } from './mounts.ts';

const filesOf = new WeakMap<Kernel, CgroupFileSystem>();

export function cgroupFileSystemOf(kernel: Kernel): CgroupFileSystem {
  let fs = filesOf.get(kernel);
  if (fs === undefined) {
    fs = new CgroupFileSystem(kernel, kernel.newDevice());
    filesOf.set(kernel, fs);
  }
  return fs;
}

class CgroupFileSystem extends FileSystem {
  readonly root: CgroupInode;
  readonly kernel: Kernel;
  /** The files of each directory, with their place in it; set when it is first mounted. */
  files: ReadonlyMap<string, { file: ControlFile; index: number }> = new Map();
  private readonly inodes = new WeakMap<Cgroup, CgroupInode>();

  constructor(kernel: Kernel, device: readonly [number, number]) {
    super('cgroup2', device);
    this.kernel = kernel;
    this.options = 'nsdelegate,memory_recursiveprot';
    this.root = this.inodeOf(kernel.rootCgroup);
  }

  inodeOf(cgroup: Cgroup): CgroupInode {
    let inode = this.inodes.get(cgroup);
    if (inode === undefined) {
      inode = new CgroupInode(this, cgroup);
      if (!isGazedAt()) this.inodes.set(cgroup, inode);
    }
    return inode;
  }
}

export class CgroupInode extends Inode {
  readonly cgroup: Cgroup;
  /** Of those that somebody has looked at. */
  private files: Map<string, ControlInode> | null = null;
  /** The number of the first of them: they have theirs with the directory, as kernfs gives them. */
  private firstFile = 0;
  /** Whose files it has: of whoever made the directory, whoever owns it now. */
  private maker = { uid: 0, gid: 0 };

  constructor(fs: CgroupFileSystem, cgroup: Cgroup) {
    super(fs, { type: 'directory', mode: 0o755, uid: 0, gid: 0, time: fs.kernel.wallTime() });
    this.cgroup = cgroup;
    this.nlink = 2;
  }

  madeBy(uid: number, gid: number): void {
    this.maker = { uid, gid };
    this.uid = uid;
    this.gid = gid;
  }

  private get kernel(): Kernel {
    return (this.fs as CgroupFileSystem).kernel;
  }

  private available(name: string): ControlFile | null {
    const file = (this.fs as CgroupFileSystem).files.get(name)?.file;
    return file !== undefined && this.has(file) ? file : null;
  }

  private has({ rootToo, controller }: ControlFile): boolean {
    if (this.cgroup.parent === null) return rootToo === true;
    return !controller || this.cgroup.hasController(controller);
  }

  private numberOf(index: number): number {
    if (this.firstFile === 0) this.firstFile = this.fs.allocateInodes((this.fs as CgroupFileSystem).files.size);
    return this.firstFile + index;
  }

  override lookup(name: string): Inode | null {
    const child = this.cgroup.children.get(name);
    if (child !== undefined) return (this.fs as CgroupFileSystem).inodeOf(child);
    const found = (this.fs as CgroupFileSystem).files.get(name);
    if (found === undefined || !this.has(found.file)) return null;
    let inode = this.files?.get(name);
    if (inode === undefined) {
      const ino = this.numberOf(found.index);
      inode = new ControlInode(this.fs as CgroupFileSystem, this.cgroup, name, found.file, ino);
      inode.uid = this.maker.uid;
      inode.gid = this.maker.gid;
      this.files ??= new Map();
      if (!isGazedAt()) this.files.set(name, inode);
    }
    return inode;
  }

  override entries(): [string, Inode][] {
    return this.names().map((name) => [name, this.lookup(name) as Inode]);
  }

  private names(): string[] {
    const names: string[] = [];
    for (const [name, { file }] of (this.fs as CgroupFileSystem).files) if (this.has(file)) names.push(name);
    names.push(...this.cgroup.children.keys());
    return names;
  }

  /** No inodes are made of files that are only listed: each cgroup has dozens that nobody ever opens. */
  override list(): DirectoryEntry[] {
    const fs = this.fs as CgroupFileSystem;
    const out: DirectoryEntry[] = [];
    fs.files.forEach(({ file, index }, name) => {
      if (this.has(file)) out.push({ name, type: 'file', ino: this.numberOf(index) });
    });
    for (const [name, child] of this.cgroup.children) out.push({ name, type: 'directory', ino: fs.inodeOf(child).ino });
    return out;
  }

  override create(name: string, init: InodeInit): Inode {
    if (init.type !== 'directory') throw errno('EACCES');
    if (this.cgroup.children.has(name)) throw errno('EEXIST');
    if (this.available(name) !== null) throw errno('EEXIST');
    if (name.includes('\n')) throw errno('EINVAL');
    this.cgroup.checkMayHaveChild();
    this.kernel.newCgroup(name, this.cgroup);
    const made = this.lookup(name) as CgroupInode;
    made.madeBy(init.uid, init.gid);
    return made;
  }

  override rmdir(name: string): void {
    const child = this.cgroup.children.get(name);
    if (child === undefined) throw errno(this.available(name) === null ? 'ENOENT' : 'ENOTDIR');
    if (child.children.size > 0 || child.processes.size > 0) throw errno('EBUSY');
    this.cgroup.children.delete(name);
    this.kernel.emit(0, this.kernel.pidBase, { kind: 'cgroup.remove', path: child.path });
    child.removed = true;
    if (child.shmemBytesLocal === 0) return;
    this.cgroup.shmemBytesLocal += child.shmemBytesLocal;
    this.kernel.shmemChanged(this.cgroup);
  }
}

class ControlInode extends Inode {
  private readonly cgroup: Cgroup;
  private readonly name: string;
  private readonly file: ControlFile;

  constructor(fs: CgroupFileSystem, cgroup: Cgroup, name: string, file: ControlFile, ino: number) {
    super(fs, {
      ino,
      type: 'file',
      mode: file.write === undefined ? 0o444 : file.read === undefined ? 0o200 : 0o644,
      uid: 0,
      gid: 0,
      time: fs.kernel.wallTime(),
    });
    this.cgroup = cgroup;
    this.name = name;
    this.file = file;
    // The kernel notifies watchers of these files, and of no others.
    if (name.endsWith('.events')) cgroup.watchers.add(() => this.watchers?.wakeAll());
  }

  override made(caller: Process): string | null {
    return this.file.read?.(this.cgroup, (this.fs as CgroupFileSystem).kernel, caller) ?? null;
  }

  override openAs(flags: OpenFlags, caller: Process, path: string): OpenFile {
    const { cgroup, file, name } = this;
    const fs = this.fs as CgroupFileSystem;
    const { kernel } = fs;
    if (flags.write && file.write === undefined) throw errno('EACCES');
    return new GeneratedFile(
      path,
      flags,
      this,
      () => file.read?.(cgroup, kernel, caller) ?? '',
      file.write === undefined
        ? null
        : (text, writer) => {
            file.write?.(cgroup, text, kernel, writer, (other) => {
              const procs = fs.inodeOf(other).lookup('cgroup.procs');
              return procs !== null && mayAccess(procs, writer, 2);
            });
            if (name !== 'cgroup.procs')
              kernel.emit(writer.span, writer.pid, {
                kind: 'cgroup.write',
                path: cgroup.path,
                file: name,
                // As it then reads: 64M is 67108864.
                value: (file.read?.(cgroup, kernel, writer) ?? text).trim(),
              });
          },
    );
  }
}
