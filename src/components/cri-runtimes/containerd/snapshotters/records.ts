/**
 * What a snapshotter writes down of its snapshots: the same below each of them.
 * @models containerd 2.1 core/snapshots/storage/bolt.go, core/metadata/snapshot.go garbageCollect, plugins/snapshots/overlay/overlay.go Cleanup
 * @fidelity full
 */
import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { removeAll } from '../../../../linux/io.ts';
import { classed, failure, notFound } from '../../shared/errors.ts';
import type { Usage } from '../../shared/layers/disk-usage.ts';
import { BoltFile, type Transaction } from '../metadata/bolt-file.ts';
import type { BackendSnapshot } from './snapshotter.ts';

const SNAPSHOTS = 'snapshots';
const SEQUENCE = 'sequence';

export class SnapshotRecords {
  private readonly db: BoltFile;

  private constructor(db: BoltFile) {
    this.db = db;
  }

  static async open(ctx: Context, root: string): Promise<SnapshotRecords> {
    return new SnapshotRecords(await BoltFile.open(ctx, `${root}/metadata.db`, 0o600));
  }

  get(key: string): BackendSnapshot | undefined {
    return this.db.get<BackendSnapshot>(SNAPSHOTS, key);
  }

  need(key: string): BackendSnapshot {
    const snapshot = this.get(key);
    if (snapshot === undefined) throw notFound(`snapshot ${key} does not exist`);
    return snapshot;
  }

  hasChildren(key: string): boolean {
    return this.db.list<BackendSnapshot>(SNAPSHOTS).some(([, other]) => other.parent === key);
  }

  /** The record that a new snapshot will have; nothing is written yet. */
  next(ctx: Context, kind: 'Active' | 'View', key: string, parent: string): BackendSnapshot {
    if (this.get(key) !== undefined) throw classed('AlreadyExists', `snapshot ${key}`);
    if (parent !== '' && this.need(parent).kind !== 'Committed')
      throw classed('InvalidArgument', `parent "${parent}" is not committed snapshot`);
    const id = (this.db.get<number>(SEQUENCE, SNAPSHOTS) ?? 0) + 1;
    return { id, parent, kind, createdAt: rfc3339Nano(ctx.wallTime), size: 0, inodes: 0 };
  }

  async add(ctx: Context, key: string, made: BackendSnapshot): Promise<void> {
    await this.db.update(ctx, (tx) => put(tx, key, made));
  }

  create(
    ctx: Context,
    kind: 'Active' | 'View',
    key: string,
    parent: string,
    more: Pick<BackendSnapshot, 'uidMap' | 'gidMap'> = {},
  ): Promise<BackendSnapshot> {
    return this.db.update(ctx, (tx) => {
      const made = { ...this.next(ctx, kind, key, parent), ...more };
      put(tx, key, made);
      return made;
    });
  }

  async commit(ctx: Context, name: string, key: string, { size, inodes }: Usage): Promise<void> {
    await this.db.update(ctx, (tx) => {
      const active = this.need(key);
      if (this.get(name) !== undefined) throw classed('AlreadyExists', `committed snapshot ${name}`);
      if (active.kind !== 'Active')
        throw failure(`snapshot ${key} is not active: failed precondition`, 'FailedPrecondition');
      tx.delete(SNAPSHOTS, key);
      tx.put(SNAPSHOTS, name, { ...active, kind: 'Committed', size, inodes } satisfies BackendSnapshot);
    });
  }

  async remove(ctx: Context, key: string): Promise<void> {
    await this.db.update(ctx, (tx) => {
      if (this.hasChildren(key))
        throw failure('cannot remove snapshot with child: failed precondition', 'FailedPrecondition');
      tx.delete(SNAPSHOTS, key);
    });
  }

  /** Has all removed that a daemon which was killed has left and that nobody knows of, children first. */
  async removeExcept(keep: ReadonlySet<string>, remove: (key: string) => Promise<void>): Promise<void> {
    for (;;) {
      const all = this.db.list<BackendSnapshot>(SNAPSHOTS);
      const parents = new Set(all.map(([, { parent }]) => parent));
      const lost = all.filter(([key]) => !keep.has(key) && !parents.has(key));
      if (lost.length === 0) return;
      for (const [key] of lost) await remove(key);
    }
  }

  /** Removes directories of snapshots that have no record. */
  async removeStrayDirectories(ctx: Context, directory: string): Promise<void> {
    const known = new Set(this.db.list<BackendSnapshot>(SNAPSHOTS).map(([, { id }]) => String(id)));
    for (const { name } of await ctx.sys.readDirectory(ctx, directory)) {
      if (known.has(name)) continue;
      try {
        await removeAll(ctx, `${directory}/${name}`);
      } catch (error) {
        // Still mounted somewhere: left for the next start.
        if (!isErrno(error, 'EBUSY')) throw error;
      }
    }
  }
}

function put(tx: Transaction, key: string, made: BackendSnapshot): void {
  tx.put(SEQUENCE, SNAPSHOTS, made.id);
  tx.put(SNAPSHOTS, key, made);
}
