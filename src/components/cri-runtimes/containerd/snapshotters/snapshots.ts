/**
 * Snapshots as clients see them: named within a namespace, with labels; kept by a snapshotter under a name of its own.
 * @models containerd 2.1 core/metadata/snapshot.go
 * @fidelity full
 */

import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { SnapshotCommit, SnapshotPrepare, SnapshotRemove } from '../../../../protocols/containerd/events/generated.ts';
import { classed, failure, isKind, notFound } from '../../shared/errors.ts';
import type { Usage } from '../../shared/layers/disk-usage.ts';
import type { Metadata } from '../metadata/metadata.ts';
import { withTempMount } from '../mounts.ts';
import type { LayerDirectories, MountSpec, SnapshotKind, Snapshotter } from './snapshotter.ts';

/** Names the committed snapshot that an active one is to become. */
const SNAPSHOT_REF = 'containerd.io/snapshot.ref';

export type SnapshotRecord = {
  backendKey: string;
  parent: string;
  labels: Record<string, string>;
  createdAt: string;
  updatedAt: string;
};

export type SnapshotInfo = SnapshotRecord & { key: string; kind: SnapshotKind };

function missing(key: string): never {
  throw notFound(`snapshot ${key} does not exist`);
}

export class Snapshots {
  readonly name: string;
  private readonly metadata: Metadata;
  private readonly backend: Snapshotter;
  /** Recorded, and about to be there. */
  private readonly creating = new Set<string>();

  constructor(name: string, metadata: Metadata, backend: Snapshotter) {
    this.name = name;
    this.metadata = metadata;
    this.backend = backend;
  }

  get hidesByWhiteout(): boolean {
    return this.backend.hidesByWhiteout;
  }

  get root(): string {
    return this.backend.root;
  }

  private bucket(ns: string): string {
    return `${ns}/snapshots/${this.name}`;
  }

  private record(ns: string, key: string): SnapshotRecord {
    const record = this.metadata.db.get<SnapshotRecord>(this.bucket(ns), key);
    return record ?? missing(key);
  }

  has(ns: string, key: string): boolean {
    return this.metadata.db.get(this.bucket(ns), key) !== undefined;
  }

  stat(ns: string, key: string): SnapshotInfo {
    const record = this.record(ns, key);
    return this.infoOf(key, record) ?? missing(key);
  }

  /** What it refers to, whether or not the snapshotter has come to make it. */
  references(ns: string, key: string): Pick<SnapshotRecord, 'parent' | 'labels'> {
    return this.record(ns, key);
  }

  /** Only what the snapshotter has as well. */
  list(ns: string): SnapshotInfo[] {
    return this.metadata.db.list<SnapshotRecord>(this.bucket(ns)).flatMap(([key, record]) => {
      return this.infoOf(key, record) ?? [];
    });
  }

  private infoOf(key: string, record: SnapshotRecord): SnapshotInfo | null {
    const found = this.backend.get(record.backendKey);
    return found === undefined ? null : { ...record, key, kind: found.kind };
  }

  async prepare(
    ctx: Context,
    ns: string,
    key: string,
    parent: string,
    labels: Record<string, string> = {},
  ): Promise<MountSpec[]> {
    const mounts = await this.create(ctx, 'Active', ns, key, parent, labels);
    this.metadata.events.publish(ctx, ns, '/snapshot/prepare', SnapshotPrepare, {
      key,
      parent,
      snapshotter: this.name,
    });
    return mounts;
  }

  view(
    ctx: Context,
    ns: string,
    key: string,
    parent: string,
    labels: Record<string, string> = {},
  ): Promise<MountSpec[]> {
    return this.create(ctx, 'View', ns, key, parent, labels);
  }

  private async create(
    ctx: Context,
    kind: 'Active' | 'View',
    ns: string,
    key: string,
    parent: string,
    labels: Record<string, string>,
  ): Promise<MountSpec[]> {
    const now = rfc3339Nano(ctx.wallTime);
    let parentKey = '';
    const backendKey = await this.metadata.update(ctx, ns, (tx) => {
      const target = labels[SNAPSHOT_REF];
      if (target !== undefined && this.has(ns, target)) {
        this.metadata.leases.addResource(tx, ctx, ns, `snapshots/${this.name}`, target);
        throw classed('AlreadyExists', `target snapshot "${target}"`);
      }
      if (this.has(ns, key)) throw classed('AlreadyExists', `snapshot "${key}"`);
      if (parent !== '') {
        const record = this.metadata.db.get<SnapshotRecord>(this.bucket(ns), parent);
        if (record === undefined) throw notFound(`parent snapshot ${parent} does not exist`);
        parentKey = record.backendKey;
      }
      const sequence = (this.metadata.db.get<number>('sequence', this.name) ?? 0) + 1;
      const name = `${ns}/${sequence}/${key}`;
      tx.put('sequence', this.name, sequence);
      tx.put(this.bucket(ns), key, {
        backendKey: name,
        parent,
        labels,
        createdAt: now,
        updatedAt: now,
      } satisfies SnapshotRecord);
      this.metadata.leases.addResource(tx, ctx, ns, `snapshots/${this.name}`, key);
      return name;
    });
    this.creating.add(backendKey);
    let mounts: MountSpec[];
    try {
      mounts = await this.backend.create(ctx, kind, backendKey, parentKey, labels);
    } finally {
      this.creating.delete(backendKey);
    }
    this.announce(ctx, ns, key, { kind, parent, mounts });
    return mounts;
  }

  /** Has the context's lease keep what is there already. */
  async hold(ctx: Context, ns: string, key: string): Promise<void> {
    await this.metadata.update(ctx, ns, (tx) => {
      this.metadata.leases.addResource(tx, ctx, ns, `snapshots/${this.name}`, key);
    });
  }

  mounts(ns: string, key: string): MountSpec[] {
    return this.backend.mounts(this.record(ns, key).backendKey);
  }

  /** Lets `body` see a snapshot's files; those on a disk of their own are mounted meanwhile, below `temp`. */
  async withDirectories<T>(
    ctx: Context,
    ns: string,
    key: string,
    temp: string,
    body: (directories: LayerDirectories) => Promise<T>,
  ): Promise<T> {
    const directories = this.backend.layerDirectories(this.record(ns, key).backendKey);
    if (directories !== null) return body(directories);
    const [mount] = this.mounts(ns, key);
    if (mount === undefined) return missing(key);
    return withTempMount(ctx, temp, mount, (root) => body({ upper: root, lowers: [root] }));
  }

  async commit(
    ctx: Context,
    ns: string,
    name: string,
    key: string,
    labels: Record<string, string> = {},
    usage?: Usage,
  ): Promise<void> {
    const active = this.record(ns, key);
    if (this.has(ns, name)) throw classed('AlreadyExists', `snapshot "${name}"`);
    const now = rfc3339Nano(ctx.wallTime);
    // The active snapshot's number is its own, so the committed one may take it over.
    const backendKey = `${active.backendKey.slice(0, active.backendKey.indexOf('/', ns.length + 1))}/${name}`;
    await this.backend.commit(ctx, backendKey, active.backendKey, usage);
    await this.metadata.update(ctx, ns, (tx) => {
      tx.delete(this.bucket(ns), key);
      tx.put(this.bucket(ns), name, {
        backendKey,
        parent: active.parent,
        labels,
        createdAt: now,
        updatedAt: now,
      } satisfies SnapshotRecord);
      this.metadata.leases.addResource(tx, ctx, ns, `snapshots/${this.name}`, name);
    });
    this.metadata.events.publish(ctx, ns, '/snapshot/commit', SnapshotCommit, { key, name, snapshotter: this.name });
    this.announce(ctx, ns, key, null);
    this.announce(ctx, ns, name, { kind: 'Committed', parent: active.parent });
  }

  async remove(ctx: Context, ns: string, key: string): Promise<void> {
    const record = this.record(ns, key);
    await this.metadata.update(ctx, ns, (tx) => {
      if (this.list(ns).some((other) => other.parent === key)) {
        throw failure('cannot remove snapshot with child: failed precondition', 'FailedPrecondition');
      }
      tx.delete(this.bucket(ns), key);
    });
    this.metadata.events.publish(ctx, ns, '/snapshot/remove', SnapshotRemove, { key, snapshotter: this.name });
    if (this.backend.removesLater) this.removeLater(ctx, record.backendKey);
    else await this.backend.remove(ctx, record.backendKey);
    this.announce(ctx, ns, key, null);
  }

  /** As the collector does; what cannot be removed is left for the next start. */
  private removeLater(ctx: Context, backendKey: string): void {
    ctx
      .withSpan(ctx.process.span)
      .withDeadline(null)
      .go('remove snapshot', async (inner) => {
        try {
          await this.backend.remove(inner, backendKey);
        } catch (error) {
          if (!isKind(error, 'FailedPrecondition', 'NotFound')) throw error;
        }
      });
  }

  /**
   * Snapshots of the snapshotter, and directories, that no record leads to, and records that lead nowhere: of a daemon
   * that was killed in between.
   */
  async removeOrphans(ctx: Context): Promise<void> {
    const kept = new Set<string>();
    for (const ns of this.metadata.namespaces()) {
      for (const [key, { backendKey }] of this.metadata.db.list<SnapshotRecord>(this.bucket(ns))) {
        if (this.backend.get(backendKey) !== undefined || this.creating.has(backendKey)) kept.add(backendKey);
        else await this.metadata.update(ctx, ns, (tx) => tx.delete(this.bucket(ns), key));
      }
    }
    await this.backend.removeExcept(ctx, kept);
  }

  usage(ctx: Context, ns: string, key: string): Promise<Usage> {
    return this.backend.usage(ctx, this.record(ns, key).backendKey);
  }

  async setLabels(ctx: Context, ns: string, key: string, labels: Record<string, string>): Promise<void> {
    const record = this.record(ns, key);
    await this.metadata.update(ctx, ns, (tx) =>
      tx.put(this.bucket(ns), key, { ...record, labels, updatedAt: rfc3339Nano(ctx.wallTime) }),
    );
  }

  private announce(ctx: Context, ns: string, key: string, value: Record<string, unknown> | null): void {
    this.metadata.announce(ctx, 'snapshot', key, value === null ? null : { snapshotter: this.name, ...value }, ns);
  }
}
