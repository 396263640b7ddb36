/**
 * The garbage collector: what no image, container or lease leads to is removed.
 * @models containerd 2.1 core/metadata/gc.go, docs/garbage-collection.md
 * @fidelity partial: runs when an image or a lease is deleted, not on a schedule; stops nobody while it runs
 */

import { parseRfc3339 } from '../../../go/time.ts';
import type { Context } from '../../../linux/context.ts';
import { LATENCY } from '../../../sim/latency.ts';
import type { ContainerStore } from './containers/container-store.ts';
import type { ContentStore } from './content-store/content-store.ts';
import { isKind } from './errors.ts';
import type { ImageRecords } from './images/image-records.ts';
import type { Metadata } from './metadata/metadata.ts';
import type { Snapshots } from './snapshotters/snapshots.ts';

export type Collectable = {
  metadata: Metadata;
  content: ContentStore;
  images: ImageRecords;
  containers: ContainerStore;
  snapshots: Snapshots;
};

const CONTENT_REF = 'containerd.io/gc.ref.content';
const SNAPSHOT_REF = 'containerd.io/gc.ref.snapshot.';
const ROOT = 'containerd.io/gc.root';

export async function collectGarbage(ctx: Context, parts: Collectable, ns: string): Promise<void> {
  await ctx.cpu(LATENCY.containerdCollectNs);
  await dropExpiredLeases(ctx, parts, ns);
  const { content, snapshots } = parts;
  const blobs = new Set<string>();
  const kept = new Set<string>();
  const keepSnapshot = (key: string): void => {
    for (let at = key; at !== '' && !kept.has(at) && snapshots.has(ns, at); ) {
      kept.add(at);
      at = snapshots.stat(ns, at).parent;
    }
  };
  const keepBlob = (digest: string): void => {
    if (blobs.has(digest)) return;
    blobs.add(digest);
    follow(content.info(ns, digest)?.labels ?? {});
  };
  const follow = (labels: Record<string, string>): void => {
    for (const [key, value] of Object.entries(labels)) {
      if (key === CONTENT_REF || key.startsWith(`${CONTENT_REF}.`) || key.startsWith(`${CONTENT_REF}/`))
        keepBlob(value);
      else if (key === `${SNAPSHOT_REF}${snapshots.name}`) keepSnapshot(value);
    }
  };
  for (const image of parts.images.list(ns)) {
    keepBlob(image.target.digest);
    follow(image.labels);
  }
  for (const container of parts.containers.list(ns)) {
    keepSnapshot(container.snapshotKey);
    follow(container.labels);
  }
  for (const [, lease] of parts.metadata.leases.list(ns)) {
    follow(lease.labels);
    for (const [kind, id] of lease.resources) {
      if (kind === 'content') keepBlob(id);
      else if (kind === `snapshots/${snapshots.name}`) keepSnapshot(id);
    }
  }
  for (const info of content.list(ns)) if (ROOT in info.labels) keepBlob(info.digest);
  for (const info of snapshots.list(ns)) if (ROOT in info.labels) keepSnapshot(info.key);
  await sweep(ctx, parts, ns, blobs, kept);
}

async function sweep(
  ctx: Context,
  { content, snapshots }: Collectable,
  ns: string,
  blobs: Set<string>,
  kept: Set<string>,
): Promise<void> {
  for (const info of content.list(ns)) if (!blobs.has(info.digest)) await content.delete(ctx, ns, info.digest);
  // Children go before their parents; the list is at most as deep as an image has layers.
  for (let again = true; again; ) {
    again = false;
    for (const info of snapshots.list(ns)) {
      if (kept.has(info.key)) continue;
      try {
        await snapshots.remove(ctx, ns, info.key);
        again = true;
      } catch (error) {
        if (!isKind(error, 'FailedPrecondition', 'NotFound')) throw error;
      }
    }
  }
}

async function dropExpiredLeases(ctx: Context, { metadata }: Collectable, ns: string): Promise<void> {
  for (const [id, lease] of metadata.leases.list(ns)) {
    const expires = lease.labels['containerd.io/gc.expire'];
    if (expires === undefined) continue;
    const time = parseRfc3339(expires);
    if (time.ok && time.ns < ctx.wallTime) await metadata.leases.delete(ctx, ns, id);
  }
}
