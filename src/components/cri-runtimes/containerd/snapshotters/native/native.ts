/**
 * The native snapshotter: every snapshot is a whole directory, a copy of its parent.
 * @models containerd 2.1 plugins/snapshots/native/native.go
 * @fidelity partial: no reflinks; a copy is charged by its bytes
 */

import type { Context } from '../../../../../linux/context.ts';
import { mkdirAll, readFileRope, removeAll, writeFile } from '../../../../../linux/io.ts';
import { LATENCY } from '../../../../../sim/latency.ts';
import { diskUsage, type Usage } from '../../../shared/layers/disk-usage.ts';
import { SnapshotRecords } from '../records.ts';
import type { BackendSnapshot, MountSpec, Snapshotter } from '../snapshotter.ts';

export class NativeSnapshotter implements Snapshotter {
  readonly hidesByWhiteout = false;
  readonly root: string;
  private readonly records: SnapshotRecords;

  private constructor(root: string, records: SnapshotRecords) {
    this.root = root;
    this.records = records;
  }

  static async open(ctx: Context, root: string): Promise<NativeSnapshotter> {
    await mkdirAll(ctx, root, 0o700);
    await mkdirAll(ctx, `${root}/snapshots`, 0o700);
    return new NativeSnapshotter(root, await SnapshotRecords.open(ctx, root));
  }

  get(key: string): BackendSnapshot | undefined {
    return this.records.get(key);
  }

  private directory(key: string): string {
    return `${this.root}/snapshots/${this.records.need(key).id}`;
  }

  async create(ctx: Context, kind: 'Active' | 'View', key: string, parent: string): Promise<MountSpec[]> {
    await this.records.create(ctx, kind, key, parent);
    await ctx.cpu(LATENCY.containerdSnapshotNs);
    // A view shows its parent's directory, and needs none of its own unless it has no parent.
    if (kind === 'Active' || parent === '') {
      await ctx.sys.mkdir(ctx, this.directory(key), 0o755);
      if (parent !== '') await copyTree(ctx, this.directory(parent), this.directory(key));
    }
    return this.mounts(key);
  }

  mounts(key: string): MountSpec[] {
    const { kind, parent } = this.records.need(key);
    const source = this.directory(kind === 'View' && parent !== '' ? parent : key);
    return [{ type: 'bind', source, target: '', options: ['rbind', kind === 'View' ? 'ro' : 'rw'] }];
  }

  layerDirectories(key: string): { upper: string; lowers: string[] } {
    const { kind, parent } = this.records.need(key);
    return { upper: this.directory(kind === 'View' && parent !== '' ? parent : key), lowers: [] };
  }

  async commit(ctx: Context, name: string, key: string): Promise<void> {
    await this.records.commit(ctx, name, key, await diskUsage(ctx, this.directory(key)));
  }

  async remove(ctx: Context, key: string): Promise<void> {
    const directory = this.directory(key);
    await this.records.remove(ctx, key);
    await removeAll(ctx, directory);
  }

  async removeExcept(ctx: Context, keys: ReadonlySet<string>): Promise<void> {
    await this.records.removeExcept(keys, (key) => this.remove(ctx, key));
    await this.records.removeStrayDirectories(ctx, `${this.root}/snapshots`);
  }

  async usage(ctx: Context, key: string): Promise<Usage> {
    const { kind, size, inodes } = this.records.need(key);
    if (kind === 'Committed') return { size, inodes };
    return kind === 'View' ? { size: 0, inodes: 0 } : diskUsage(ctx, this.directory(key));
  }
}

/** fs.CopyDir: what is in one directory into another that exists, with owners, modes and times; links stay links. */
async function copyTree(ctx: Context, from: string, to: string, links = new Map<number, string>()): Promise<void> {
  const { sys } = ctx;
  for (const { name } of await sys.readDirectory(ctx, from)) {
    const [source, target] = [`${from}/${name}`, `${to}/${name}`];
    const stat = await sys.lstat(ctx, source);
    const known = stat.nlink > 1 && stat.type !== 'directory' ? links.get(stat.ino) : undefined;
    if (known !== undefined) {
      await sys.link(ctx, known, target);
      continue;
    }
    if (stat.type === 'directory') {
      await sys.mkdir(ctx, target, stat.mode & 0o777);
      await copyTree(ctx, source, target, links);
    } else if (stat.type === 'symlink') await sys.symlink(ctx, await sys.readlink(ctx, source), target);
    else if (stat.type === 'file') {
      await writeFile(ctx, target, await readFileRope(ctx, source), { mode: stat.mode & 0o777 });
      await ctx.cpu(Math.round((stat.size / LATENCY.diskBytesPerSecond) * 1e9));
    } else if (stat.type !== 'socket') await sys.mknod(ctx, target, stat.type, stat.mode & 0o777, stat.rdev);
    else continue;
    links.set(stat.ino, target);
    await sys.chown(ctx, target, stat.uid, stat.gid, false);
    if (stat.type === 'symlink') continue;
    await sys.chmod(ctx, target, stat.mode);
    await sys.setTimes(ctx, target, stat.mtime);
  }
  await sys.setTimes(ctx, to, (await sys.stat(ctx, from)).mtime);
}
