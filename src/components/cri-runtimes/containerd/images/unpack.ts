/**
 * Layers to snapshots: for each, prepare on top of the previous one, apply when its blob is there, check, commit under
 * its chain id.
 * @models containerd 2.1 core/unpack/unpacker.go
 * @fidelity partial: one unpack platform
 */
import type { Context } from '../../../../linux/context.ts';
import { chainIds } from '../../../../protocols/oci/digest.ts';
import type { Descriptor } from '../../../../protocols/oci/types.ts';
import { type Future, Mutex } from '../../../../sim/primitives.ts';
import { failure, isKind, throwIfCancelled, wrap } from '../../shared/errors.ts';
import type { ContentStore } from '../content-store/content-store.ts';
import type { Snapshots } from '../snapshotters/snapshots.ts';
import type { MountSpec } from '../snapshotters/snapshotter.ts';
import { type Applied, type Applier, applyDiff } from './apply-diff.ts';

/** An image's layers, as its manifest and its config have them. */
export type LayerStack = { layers: readonly Descriptor[]; diffIds: readonly string[]; configDigest: string };

/** Begins to fetch the layers from that place on; tells of each when it is there. */
export type LayerFetch = (ctx: Context, first: number) => readonly Future<unknown>[];

export class Unpacker {
  private readonly content: ContentStore;
  private readonly applier: Applier;
  /** By snapshotter and chain id: two pulls that share layers do not unpack them twice. */
  private readonly locks = new Map<string, { mutex: Mutex; users: number }>();

  constructor(content: ContentStore, tempRoot: string) {
    this.content = content;
    this.applier = { content, tempRoot };
  }

  apply(
    ctx: Context,
    ns: string,
    layer: Pick<Descriptor, 'mediaType' | 'digest'>,
    mounts: readonly MountSpec[],
  ): Promise<Applied> {
    return applyDiff(ctx, this.applier, ns, layer, mounts);
  }

  async unpack(
    ctx: Context,
    ns: string,
    snapshots: Snapshots,
    { layers, diffIds, configDigest }: LayerStack,
    fetch: LayerFetch | null = null,
  ): Promise<void> {
    if (layers.length !== diffIds.length)
      throw failure(`number of layers and diffIDs don't match: ${layers.length} != ${diffIds.length}`);
    const chains = chainIds(diffIds);
    let fetched: readonly Future<unknown>[] | null = null;
    for (const [i, layer] of layers.entries()) {
      const blob = async (): Promise<void> => {
        if (fetch === null) return;
        fetched ??= [...Array<never>(i), ...fetch(ctx, i)];
        await fetched[i]?.wait();
      };
      const step = { layer, diffId: diffIds[i] as string, chain: chains[i] as string, parent: chains[i - 1] ?? '' };
      await this.locked(ctx, `${snapshots.name} ${step.chain}`, () => this.unpackLayer(ctx, ns, snapshots, step, blob));
    }
    await this.content.addLabels(ctx, ns, configDigest, {
      [`containerd.io/gc.ref.snapshot.${snapshots.name}`]: chains.at(-1) ?? '',
    });
  }

  private async locked(ctx: Context, key: string, body: () => Promise<void>): Promise<void> {
    const entry = this.locks.get(key) ?? { mutex: new Mutex(ctx.scheduler), users: 0 };
    this.locks.set(key, entry);
    entry.users++;
    const unlock = await entry.mutex.lock();
    try {
      await body();
    } finally {
      unlock();
      if (--entry.users === 0) this.locks.delete(key);
    }
  }

  private async unpackLayer(
    ctx: Context,
    ns: string,
    snapshots: Snapshots,
    { layer, diffId, chain, parent }: { layer: Descriptor; diffId: string; chain: string; parent: string },
    blob: () => Promise<void>,
  ): Promise<void> {
    if (snapshots.has(ns, chain)) {
      await snapshots.hold(ctx, ns, chain);
      return;
    }
    const key = `extract-${ctx.wallTime % 1_000_000_000n}-${ctx.random.hex(4)} ${chain}`;
    const labels = { 'containerd.io/snapshot.ref': chain };
    throwIfCancelled(ctx);
    try {
      await snapshots.prepare(ctx, ns, key, parent, labels);
    } catch (error) {
      if (isKind(error, 'AlreadyExists') && snapshots.has(ns, chain)) return;
      throw wrap(`failed to prepare extraction snapshot "${key}"`, error);
    }
    try {
      await blob();
      throwIfCancelled(ctx);
      const mounts = snapshots.mounts(ns, key);
      const applied = await this.apply(ctx, ns, layer, mounts).catch((error: unknown) => {
        const { mediaType, digest } = layer;
        throw wrap(`failed to extract layer (${mediaType} ${digest}) to ${snapshots.name} as "${key}"`, error);
      });
      if (applied.digest !== diffId) throw failure(`wrong diff id calculated on extraction "${diffId}"`);
      await snapshots.commit(ctx, ns, chain, key, labels, applied.usage);
      await this.content.addLabels(ctx, ns, layer.digest, { 'containerd.io/uncompressed': diffId });
    } catch (error) {
      if (snapshots.has(ns, key)) await snapshots.remove(ctx, ns, key);
      if (!isKind(error, 'AlreadyExists')) throw error;
    }
  }
}
