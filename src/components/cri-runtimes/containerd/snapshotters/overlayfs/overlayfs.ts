/**
 * The overlayfs snapshotter: a directory with `fs` and `work` per snapshot, parents as lower directories.
 * @models containerd 2.1 plugins/snapshots/overlay/overlay.go
 * @fidelity partial: no quota; sizes of active snapshots are measured when asked for
 */

import type { Context } from '../../../../../linux/context.ts';
import { isErrno } from '../../../../../linux/errno.ts';
import { mkdirAll, removeAll } from '../../../../../linux/io.ts';
import { LATENCY } from '../../../../../sim/latency.ts';
import { diskUsage, type Usage } from '../../../shared/layers/disk-usage.ts';
import { SnapshotRecords } from '../records.ts';
import type { BackendSnapshot, MountSpec, Snapshotter } from '../snapshotter.ts';

export class OverlaySnapshotter implements Snapshotter {
  readonly hidesByWhiteout = true;
  readonly root: string;
  private readonly records: SnapshotRecords;

  private constructor(root: string, records: SnapshotRecords) {
    this.root = root;
    this.records = records;
  }

  static async open(ctx: Context, root: string): Promise<OverlaySnapshotter> {
    await mkdirAll(ctx, root, 0o700);
    await mkdirAll(ctx, `${root}/snapshots`, 0o700);
    return new OverlaySnapshotter(root, await SnapshotRecords.open(ctx, root));
  }

  get(key: string): BackendSnapshot | undefined {
    return this.records.get(key);
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
    const maps = uidMap !== undefined && gidMap !== undefined ? { uidMap, gidMap } : {};
    const snapshot = await this.records.create(ctx, kind, key, parent, maps);
    const directory = this.directory(snapshot.id);
    await ctx.cpu(LATENCY.containerdSnapshotNs);
    await ctx.sys.mkdir(ctx, directory, 0o700);
    await ctx.sys.mkdir(ctx, `${directory}/fs`, 0o755);
    if (kind === 'Active') await ctx.sys.mkdir(ctx, `${directory}/work`, 0o711);
    if (parent !== '') {
      const stat = await ctx.sys.stat(ctx, `${this.directory(this.records.need(parent).id)}/fs`);
      await ctx.sys.chown(ctx, `${directory}/fs`, hostId(uidMap, stat.uid), hostId(gidMap, stat.gid));
    }
    return this.mounts(key);
  }

  /** What whoever wants to see the snapshot has to mount. */
  mounts(key: string): MountSpec[] {
    const snapshot = this.records.need(key);
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
      const parent = this.records.need(key);
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
    const snapshot = this.records.need(key);
    return { upper: `${this.directory(snapshot.id)}/fs`, lowers: this.parentDirectories(snapshot) };
  }

  async commit(ctx: Context, name: string, key: string, usage?: Usage): Promise<void> {
    const directory = this.directory(this.records.need(key).id);
    await this.records.commit(ctx, name, key, usage ?? (await diskUsage(ctx, `${directory}/fs`)));
  }

  async remove(ctx: Context, key: string): Promise<void> {
    const snapshot = this.records.need(key);
    await this.records.remove(ctx, key);
    await removeAll(ctx, this.directory(snapshot.id));
  }

  async removeExcept(ctx: Context, keys: ReadonlySet<string>): Promise<void> {
    await this.records.removeExcept(keys, (key) => this.remove(ctx, key));
    await this.records.removeStrayDirectories(ctx, `${this.root}/snapshots`);
  }

  async usage(ctx: Context, key: string): Promise<Usage> {
    const snapshot = this.records.need(key);
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
