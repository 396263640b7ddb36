/** Writes a node's disk before it boots: directories, files and links, straight into the filesystem. */
import { programFile } from '../linux/program.ts';
import { type Data, Rope, toRope } from '../linux/rope.ts';
import type { Inode } from '../linux/vfs/inode.ts';
import type { MemoryFileSystem } from '../linux/vfs/memory-fs.ts';

export class DiskImage {
  private readonly fs: MemoryFileSystem;
  /** Of everything on it, ns since 1970. */
  readonly time: bigint;

  constructor(fs: MemoryFileSystem, time: bigint) {
    this.fs = fs;
    this.time = time;
  }

  directory(path: string, mode = 0o755): Inode {
    let at: Inode = this.fs.root;
    const parts = path.split('/').filter((p) => p !== '');
    parts.forEach((part, i) => {
      const next = at.lookup(part, null);
      const last = i === parts.length - 1;
      if (next === null)
        at = at.create(part, { type: 'directory', mode: last ? mode : 0o755, uid: 0, gid: 0, time: this.time });
      else if (next.type === 'symlink')
        at = this.directory(
          next.readlink(null).startsWith('/')
            ? next.readlink(null)
            : `/${parts.slice(0, i).join('/')}/${next.readlink(null)}`,
        );
      else at = next;
    });
    return at;
  }

  private create(
    path: string,
    type: 'file' | 'symlink' | 'char',
    mode: number,
    extra: { target?: string; rdev?: readonly [number, number] } = {},
  ): Inode {
    const slash = path.lastIndexOf('/');
    const parent = this.directory(path.slice(0, slash));
    const name = path.slice(slash + 1);
    if (parent.lookup(name, null) !== null) parent.unlink(name);
    return parent.create(name, { type, mode, uid: 0, gid: 0, time: this.time, ...extra });
  }

  file(path: string, data: Data, mode = 0o644): void {
    const inode = this.create(path, 'file', mode);
    const rope = toRope(data);
    if (rope.length > 0) inode.writeData(0, rope);
  }

  program(path: string, name: string, size: number): void {
    this.file(path, programFile(name, size), 0o755);
  }

  link(path: string, target: string): void {
    this.create(path, 'symlink', 0o777, { target });
  }

  device(path: string, major: number, minor: number, mode: number): void {
    this.create(path, 'char', mode, { rdev: [major, minor] });
  }

  read(path: string): Rope {
    let at: Inode | null = this.fs.root;
    for (const part of path.split('/').filter((p) => p !== '')) at = at?.lookup(part, null) ?? null;
    return at === null ? Rope.empty : at.readData(0, at.size);
  }
}

/** The directories and device nodes that every Debian has. /dev is filled here and not by udev. */
export function baseTree(disk: DiskImage): void {
  for (const path of [
    '/usr/bin',
    '/usr/sbin',
    '/usr/lib',
    '/usr/lib64',
    '/usr/local/bin',
    '/usr/local/sbin',
    '/usr/share',
    '/etc',
    '/var/lib',
    '/var/log',
    '/var/cache',
    '/var/spool',
    '/home',
    '/opt',
    '/srv',
    '/mnt',
    '/media',
    '/boot',
    '/proc',
    '/sys',
    '/run',
    '/dev',
  ]) {
    disk.directory(path);
  }
  disk.directory('/root', 0o700);
  disk.directory('/tmp', 0o1777);
  disk.directory('/var/tmp', 0o1777);
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) disk.link(`/${name}`, `usr/${name}`);
  disk.link('/var/run', '/run');
  disk.link('/var/lock', '/run/lock');
}

export function deviceNodes(disk: DiskImage): void {
  disk.device('/dev/null', 1, 3, 0o666);
  disk.device('/dev/zero', 1, 5, 0o666);
  disk.device('/dev/full', 1, 7, 0o666);
  disk.device('/dev/random', 1, 8, 0o666);
  disk.device('/dev/urandom', 1, 9, 0o666);
  disk.device('/dev/kmsg', 1, 11, 0o644);
  disk.device('/dev/tty', 5, 0, 0o666);
  disk.device('/dev/console', 5, 1, 0o600);
  disk.link('/dev/ptmx', 'pts/ptmx');
  disk.link('/dev/fd', '/proc/self/fd');
  disk.link('/dev/stdin', '/proc/self/fd/0');
  disk.link('/dev/stdout', '/proc/self/fd/1');
  disk.link('/dev/stderr', '/proc/self/fd/2');
  disk.directory('/dev/pts');
  disk.directory('/dev/shm', 0o1777);
  disk.directory('/dev/mqueue');
}
