/**
 * The native snapshotter: every snapshot is a whole directory, a copy of its parent.
 * @models containerd 2.1 plugins/snapshots/native/native.go
 * @fidelity partial: no reflinks; a copy is charged by its bytes
 */

import { rfc3339Nano } from '../../../../../go/time.ts';
import type { Context } from '../../../../../linux/context.ts';
import { mkdirAll, readFileRope, removeAll, writeFile } from '../../../../../linux/io.ts';
import { LATENCY } from '../../../../../sim/latency.ts';
import { classed, failure, notFound } from '../../../shared/errors.ts';
import { diskUsage, type Usage } from '../../../shared/layers/disk-usage.ts';
import { BoltFile } from '../../metadata/bolt-file.ts';
import { removeOrphanSnapshots } from '../orphans.ts';
import type { BackendSnapshot, MountSpec, Snapshotter } from '../snapshotter.ts';

const SNAPSHOTS = 'snapshots';

export class NativeSnapshotter implements Snapshotter {
  readonly hidesByWhiteout = false;
  readonly root: string;
  private readonly db: BoltFile;

  private constructor(root: string, db: BoltFile) {
    this.root = root;
    this.db = db;
  }

  static async open(ctx: Context, root: string): Promise<NativeSnapshotter> {
    await mkdirAll(ctx, root, 0o700);
    await mkdirAll(ctx, `${root}/snapshots`, 0o700);
    return new NativeSnapshotter(root, await BoltFile.open(ctx, `${root}/metadata.db`, 0o600));
  }

  get(key: string): BackendSnapshot | undefined {
    return this.db.get<BackendSnapshot>(SNAPSHOTS, key);
  }

  private need(key: string): BackendSnapshot {
    const snapshot = this.get(key);
    if (snapshot === undefined) throw notFound(`snapshot ${key} does not exist`);
    return snapshot;
  }

  private directory(key: string): string {
    return `${this.root}/snapshots/${this.need(key).id}`;
  }

  async create(ctx: Context, kind: 'Active' | 'View', key: string, parent: string): Promise<MountSpec[]> {
    await this.db.update(ctx, (tx) => {
      if (this.get(key) !== undefined) throw classed('AlreadyExists', `snapshot ${key}`);
      if (parent !== '' && this.need(parent).kind !== 'Committed') {
        throw classed('InvalidArgument', `parent "${parent}" is not committed snapshot`);
      }
      const id = (this.db.get<number>('sequence', 'snapshots') ?? 0) + 1;
      tx.put('sequence', 'snapshots', id);
      tx.put(SNAPSHOTS, key, {
        id,
        parent,
        kind,
        createdAt: rfc3339Nano(ctx.wallTime),
        size: 0,
        inodes: 0,
      } satisfies BackendSnapshot);
    });
    await ctx.cpu(LATENCY.containerdSnapshotNs);
    // A view shows its parent's directory, and needs none of its own unless it has no parent.
    if (kind === 'Active' || parent === '') {
      await ctx.sys.mkdir(ctx, this.directory(key), 0o755);
      if (parent !== '') await copyTree(ctx, this.directory(parent), this.directory(key));
    }
    return this.mounts(key);
  }

  mounts(key: string): MountSpec[] {
    const { kind, parent } = this.need(key);
    const source = this.directory(kind === 'View' && parent !== '' ? parent : key);
    return [{ type: 'bind', source, target: '', options: ['rbind', kind === 'View' ? 'ro' : 'rw'] }];
  }

  layerDirectories(key: string): { upper: string; lowers: string[] } {
    const { kind, parent } = this.need(key);
    return { upper: this.directory(kind === 'View' && parent !== '' ? parent : key), lowers: [] };
  }

  async commit(ctx: Context, name: string, key: string): Promise<void> {
    const active = this.need(key);
    const measured = await diskUsage(ctx, this.directory(key));
    await this.db.update(ctx, (tx) => {
      if (this.get(name) !== undefined) throw classed('AlreadyExists', `committed snapshot ${name}`);
      if (active.kind !== 'Active')
        throw failure(`snapshot ${key} is not active: failed precondition`, 'FailedPrecondition');
      tx.delete(SNAPSHOTS, key);
      tx.put(SNAPSHOTS, name, { ...active, kind: 'Committed', ...measured } satisfies BackendSnapshot);
    });
  }

  async remove(ctx: Context, key: string): Promise<void> {
    const directory = this.directory(key);
    await this.db.update(ctx, (tx) => {
      if (this.db.list<BackendSnapshot>(SNAPSHOTS).some(([, other]) => other.parent === key))
        throw failure('cannot remove snapshot with child: failed precondition', 'FailedPrecondition');
      tx.delete(SNAPSHOTS, key);
    });
    await removeAll(ctx, directory);
  }

  removeExcept(ctx: Context, keys: ReadonlySet<string>): Promise<void> {
    return removeOrphanSnapshots(ctx, this.db, this.root, keys, (key) => this.remove(ctx, key));
  }

  async usage(ctx: Context, key: string): Promise<Usage> {
    const { kind, size, inodes } = this.need(key);
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
