/**
 * The overlayfs snapshotter: a directory with `fs` and `work` per snapshot, parents as lower directories.
 * @models containerd 2.1 plugins/snapshots/overlay/overlay.go, core/snapshots/storage/bolt.go
 * @fidelity partial: no quota; sizes of active snapshots are measured when asked for
 */

import { rfc3339Nano } from '../../../../../go/time.ts';
import type { Context } from '../../../../../linux/context.ts';
import { isErrno } from '../../../../../linux/errno.ts';
import { mkdirAll, removeAll } from '../../../../../linux/io.ts';
import { LATENCY } from '../../../../../sim/latency.ts';
import { classed, failure, notFound } from '../../../shared/errors.ts';
import { diskUsage, type Usage } from '../../../shared/layers/disk-usage.ts';
import { BoltFile } from '../../metadata/bolt-file.ts';
import { removeOrphanSnapshots } from '../orphans.ts';
import type { BackendSnapshot, MountSpec, Snapshotter } from '../snapshotter.ts';

const SNAPSHOTS = 'snapshots';

export class OverlaySnapshotter implements Snapshotter {
  readonly hidesByWhiteout = true;
  readonly root: string;
  private readonly db: BoltFile;

  private constructor(root: string, db: BoltFile) {
    this.root = root;
    this.db = db;
  }

  static async open(ctx: Context, root: string): Promise<OverlaySnapshotter> {
    await mkdirAll(ctx, root, 0o700);
    await mkdirAll(ctx, `${root}/snapshots`, 0o700);
    return new OverlaySnapshotter(root, await BoltFile.open(ctx, `${root}/metadata.db`, 0o600));
  }

  get(key: string): BackendSnapshot | undefined {
    return this.db.get<BackendSnapshot>(SNAPSHOTS, key);
  }

  private need(key: string): BackendSnapshot {
    const snapshot = this.get(key);
    if (snapshot === undefined) throw notFound(`snapshot ${key} does not exist`);
    return snapshot;
  }

  async create(
    ctx: Context,
    kind: 'Active' | 'View',
    key: string,
    parent: string,
    labels: Readonly<Record<string, string>> = {},
  ): Promise<MountSpec[]> {
    const uidMap = labels['containerd.io/snapshot/uidmapping'];
    const gidMap = labels['containerd.io/snapshot/gidmapping'];
    const snapshot = await this.db.update(ctx, (tx) => {
      if (this.get(key) !== undefined) throw classed('AlreadyExists', `snapshot ${key}`);
      if (parent !== '' && this.need(parent).kind !== 'Committed') {
        throw classed('InvalidArgument', `parent "${parent}" is not committed snapshot`);
      }
      const id = (this.db.get<number>('sequence', 'snapshots') ?? 0) + 1;
      const record: BackendSnapshot = { id, parent, kind, createdAt: rfc3339Nano(ctx.wallTime), size: 0, inodes: 0 };
      if (uidMap !== undefined && gidMap !== undefined) Object.assign(record, { uidMap, gidMap });
      tx.put('sequence', 'snapshots', id);
      tx.put(SNAPSHOTS, key, record);
      return record;
    });
    const directory = this.directory(snapshot.id);
    await ctx.cpu(LATENCY.containerdSnapshotNs);
    await ctx.sys.mkdir(ctx, directory, 0o700);
    await ctx.sys.mkdir(ctx, `${directory}/fs`, 0o755);
    if (kind === 'Active') await ctx.sys.mkdir(ctx, `${directory}/work`, 0o711);
    if (parent !== '') {
      const stat = await ctx.sys.stat(ctx, `${this.directory(this.need(parent).id)}/fs`);
      await ctx.sys.chown(ctx, `${directory}/fs`, hostId(uidMap, stat.uid), hostId(gidMap, stat.gid));
    }
    return this.mounts(key);
  }

  /** What whoever wants to see the snapshot has to mount. */
  mounts(key: string): MountSpec[] {
    const snapshot = this.need(key);
    const parents = this.parentDirectories(snapshot);
    const own = this.directory(snapshot.id);
    const bind = (source: string, mode: string): MountSpec[] => [
      { type: 'bind', source, target: '', options: [mode, 'rbind'] },
    ];
    if (parents.length === 0) return bind(`${own}/fs`, snapshot.kind === 'View' ? 'ro' : 'rw');
    if (snapshot.kind === 'View' && parents.length === 1) return bind(parents[0] as string, 'ro');
    const remap = snapshot.uidMap === undefined ? [] : [`uidmap=${snapshot.uidMap}`, `gidmap=${snapshot.gidMap}`];
    const options = snapshot.kind === 'Active' ? [...remap, `workdir=${own}/work`, `upperdir=${own}/fs`] : remap;
    return [{ type: 'overlay', source: 'overlay', target: '', options: [...options, `lowerdir=${parents.join(':')}`] }];
  }

  private parentDirectories(snapshot: BackendSnapshot): string[] {
    const out: string[] = [];
    for (let key = snapshot.parent; key !== ''; ) {
      const parent = this.need(key);
      out.push(`${this.directory(parent.id)}/fs`);
      key = parent.parent;
    }
    return out;
  }

  directory(id: number): string {
    return `${this.root}/snapshots/${id}`;
  }

  /** The writable directory of an active snapshot, and those it stands on, nearest first. */
  layerDirectories(key: string): { upper: string; lowers: string[] } {
    const snapshot = this.need(key);
    return { upper: `${this.directory(snapshot.id)}/fs`, lowers: this.parentDirectories(snapshot) };
  }

  async commit(ctx: Context, name: string, key: string, usage?: Usage): Promise<void> {
    const active = this.need(key);
    const measured = usage ?? (await diskUsage(ctx, `${this.directory(active.id)}/fs`));
    await this.db.update(ctx, (tx) => {
      if (this.get(name) !== undefined) throw classed('AlreadyExists', `committed snapshot ${name}`);
      if (active.kind !== 'Active')
        throw failure(`snapshot ${key} is not active: failed precondition`, 'FailedPrecondition');
      tx.delete(SNAPSHOTS, key);
      tx.put(SNAPSHOTS, name, {
        ...active,
        kind: 'Committed',
        size: measured.size,
        inodes: measured.inodes,
      } satisfies BackendSnapshot);
    });
  }

  async remove(ctx: Context, key: string): Promise<void> {
    const snapshot = this.need(key);
    await this.db.update(ctx, (tx) => {
      const child = this.db.list<BackendSnapshot>(SNAPSHOTS).find(([, other]) => other.parent === key);
      if (child !== undefined)
        throw failure(`cannot remove snapshot with child: failed precondition`, 'FailedPrecondition');
      tx.delete(SNAPSHOTS, key);
    });
    await removeAll(ctx, this.directory(snapshot.id));
  }

  removeExcept(ctx: Context, keys: ReadonlySet<string>): Promise<void> {
    return removeOrphanSnapshots(ctx, this.db, this.root, keys, (key) => this.remove(ctx, key));
  }

  async usage(ctx: Context, key: string): Promise<Usage> {
    const snapshot = this.need(key);
    if (snapshot.kind === 'Committed') return { size: snapshot.size, inodes: snapshot.inodes };
    try {
      return await diskUsage(ctx, `${this.directory(snapshot.id)}/fs`);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return { size: 0, inodes: 0 };
      throw error;
    }
  }
}

/** A number of the image as the host has it: `0:65536:65536` maps that many from the first on to those from the second on. */
function hostId(map: string | undefined, id: number): number {
  if (map === undefined) return id;
  const [inside = 0, outside = 0, count = 0] = map.split(':').map(Number);
  return id >= inside && id < inside + count ? outside + id - inside : id;
}
