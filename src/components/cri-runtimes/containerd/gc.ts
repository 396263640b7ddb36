/**
 * The garbage collector: what no image, container or lease leads to is removed.
 * @models containerd 2.1 core/metadata/gc.go, docs/garbage-collection.md
 * @fidelity partial: stops nobody while it runs; no flat references, no back references; files without a record are
 *   looked for once, after the start
 */

import { parseRfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { isKind } from '../shared/errors.ts';
import type { ContainerStore } from './containers/container-store.ts';
import type { ContentStore } from './content-store/content-store.ts';
import type { ImageRecords } from './images/image-records.ts';
import type { Metadata } from './metadata/metadata.ts';
import type { Snapshots } from './snapshotters/snapshots.ts';

export type Collectable = {
  metadata: Metadata;
  content: ContentStore;
  images: ImageRecords;
  containers: ContainerStore;
  snapshotters: ReadonlyMap<string, Snapshots>;
};

const CONTENT_REF = 'containerd.io/gc.ref.content';
const SNAPSHOT_REF = 'containerd.io/gc.ref.snapshot.';
const ROOT = 'containerd.io/gc.root';

/** What the collector reaches in one namespace: blobs by digest, snapshots as `SNAPSHOTTER KEY`. */
type Reached = { blobs: Set<string>; snapshots: Set<string> };

export async function collectGarbage(ctx: Context, parts: Collectable): Promise<void> {
  await ctx.cpu(LATENCY.containerdCollectNs);
  for (const ns of parts.metadata.namespaces()) {
    await dropExpiredLeases(ctx, parts, ns);
    await sweep(ctx, parts, ns, mark(parts, ns));
  }
}

function mark(parts: Collectable, ns: string): Reached {
  const { content, snapshotters, metadata } = parts;
  const reached: Reached = { blobs: new Set(), snapshots: new Set() };
  const keepSnapshot = (name: string, key: string): void => {
    const snapshots = snapshotters.get(name);
    for (let at = key; at !== '' && snapshots?.has(ns, at) && !reached.snapshots.has(`${name} ${at}`); ) {
      reached.snapshots.add(`${name} ${at}`);
      const { parent, labels } = snapshots.references(ns, at);
      follow(labels);
      at = parent;
    }
  };
  const keepBlob = (digest: string): void => {
    if (reached.blobs.has(digest)) return;
    reached.blobs.add(digest);
    follow(content.info(ns, digest)?.labels ?? {});
  };
  const follow = (labels: Record<string, string>): void => {
    for (const [key, value] of Object.entries(labels)) {
      if (key === CONTENT_REF || key.startsWith(`${CONTENT_REF}.`) || key.startsWith(`${CONTENT_REF}/`))
        keepBlob(value);
      else if (key.startsWith(SNAPSHOT_REF)) keepSnapshot(key.slice(SNAPSHOT_REF.length).split('/')[0] ?? '', value);
    }
  };
  for (const image of parts.images.list(ns)) {
    keepBlob(image.target.digest);
    follow(image.labels);
  }
  for (const container of parts.containers.list(ns)) {
    keepSnapshot(container.snapshotter, container.snapshotKey);
    follow(container.labels);
  }
  for (const [, lease] of metadata.leases.list(ns)) follow(lease.labels);
  for (const [kind, id] of metadata.leases.held(ns)) {
    if (kind === 'ingests') continue;
    if (kind === 'content') keepBlob(id);
    else if (kind === 'images') keepBlob(parts.images.find(ns, id)?.target.digest ?? '');
    else keepSnapshot(kind.slice('snapshots/'.length), id);
  }
  for (const info of content.list(ns)) if (ROOT in info.labels) keepBlob(info.digest);
  for (const [name, snapshots] of snapshotters)
    for (const info of snapshots.list(ns)) if (ROOT in info.labels) keepSnapshot(name, info.key);
  return reached;
}

async function sweep(ctx: Context, parts: Collectable, ns: string, reached: Reached): Promise<void> {
  const { content, snapshotters, metadata } = parts;
  const held = new Set(metadata.leases.held(ns).flatMap(([kind, ref]) => (kind === 'ingests' ? [ref] : [])));
  for (const [ref, { expireAt }] of content.ingestRecords(ns)) {
    if (held.has(ref) || (expireAt !== undefined && !isPast(ctx, expireAt))) continue;
    await content.abort(ctx, ns, ref).catch((error: unknown) => {
      if (!isKind(error, 'NotFound')) throw error;
    });
  }
  for (const info of content.list(ns)) {
    if (reached.blobs.has(info.digest)) continue;
    try {
      await content.delete(ctx, ns, info.digest);
    } catch (error) {
      if (!isKind(error, 'NotFound')) throw error;
    }
  }
  for (const [name, snapshots] of snapshotters) {
    let lost = snapshots.list(ns).filter((info) => !reached.snapshots.has(`${name} ${info.key}`));
    // Children go before their parents.
    while (lost.length > 0) {
      const parents = new Set(lost.map((info) => info.parent));
      const leaves = lost.filter((info) => !parents.has(info.key));
      for (const { key } of leaves) {
        try {
          await snapshots.remove(ctx, ns, key);
        } catch (error) {
          if (!isKind(error, 'FailedPrecondition', 'NotFound')) throw error;
        }
      }
      lost = lost.filter((info) => !leaves.includes(info));
    }
  }
}

async function dropExpiredLeases(ctx: Context, { metadata }: Collectable, ns: string): Promise<void> {
  for (const [id, lease] of metadata.leases.list(ns)) {
    const expires = lease.labels['containerd.io/gc.expire'];
    if (expires === undefined) continue;
    if (isPast(ctx, expires)) await metadata.leases.delete(ctx, ns, id);
  }
}

function isPast(ctx: Context, when: string): boolean {
  const time = parseRfc3339(when);
  return time.ok && time.ns < ctx.wallTime;
}

/** Not sooner after the last run than this: so that the collector pauses the daemon for 2 % of the time at most. */
const INTERVAL_NS = 245_000_000;

/** plugins."io.containerd.gc.v1.scheduler".startup_delay */
const STARTUP_DELAY_NS = 100_000_000;

/**
 * When the collector runs: after a deletion, in the background, or at once for a client that waits for it.
 * @models containerd 2.1 plugins/gc/scheduler/scheduler.go
 * @fidelity partial: deletions only; the thresholds of the configuration have no effect
 */
export class GcScheduler {
  private readonly base: Context;
  private readonly parts: Collectable;
  private pending = false;
  private lastEnd = -INTERVAL_NS;

  constructor(base: Context, parts: Collectable) {
    this.base = base;
    this.parts = parts;
    parts.metadata.onLoss = () => this.schedule();
  }

  /** The first run: what an earlier life of the daemon did not get to clean up is found now. */
  start(): void {
    this.base.go('gc', async (ctx) => {
      await ctx.sleep(STARTUP_DELAY_NS);
      await this.parts.content.removeOrphans(ctx);
      for (const snapshots of this.parts.snapshotters.values()) await snapshots.removeOrphans(ctx);
      await this.collect(ctx);
    });
  }

  /** Something that may have held others is gone. */
  schedule(): void {
    if (this.pending) return;
    this.pending = true;
    this.base.go('gc', async (ctx) => {
      await ctx.sleep(Math.max(0, this.lastEnd + INTERVAL_NS - ctx.now));
      await this.collect(ctx);
    });
  }

  async collect(ctx: Context): Promise<void> {
    this.pending = false;
    await collectGarbage(ctx, this.parts);
    this.lastEnd = ctx.now;
  }
}
