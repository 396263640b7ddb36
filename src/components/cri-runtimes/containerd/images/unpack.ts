/**
 * Layers to snapshots: for each, prepare on top of the previous one, apply, check, commit under its chain id.
 * @models containerd 2.1 core/unpack/unpacker.go
 * @fidelity partial: one layer after the other, after all are fetched
 */
import type { Context } from '../../../../linux/context.ts';
import type { Rope } from '../../../../linux/rope.ts';
import { chainIds, digestOf } from '../../../../protocols/oci/digest.ts';
import { layerCompression } from '../../../../protocols/oci/media-types.ts';
import type { Descriptor } from '../../../../protocols/oci/types.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { Mutex } from '../../../../sim/primitives.ts';
import { classed, failure, isKind, wrap } from '../../shared/errors.ts';
import { applyLayer, decompress } from '../../shared/layers/apply-layer.ts';
import type { Usage } from '../../shared/layers/disk-usage.ts';
import type { ContentStore } from '../content-store/content-store.ts';
import type { Snapshots } from '../snapshotters/snapshots.ts';

/** Above this a layer's diff id is only checked when it is known without reading every byte. */
const HASH_BYTES_MAX = 16 << 20;

export class Unpacker {
  private readonly content: ContentStore;
  /** Two pulls that share layers do not unpack them twice. */
  private readonly lock: Mutex;

  constructor(ctx: Context, content: ContentStore) {
    this.content = content;
    this.lock = new Mutex(ctx.scheduler);
  }

  /** The place of the first layer that is not unpacked yet. */
  firstMissing(ns: string, snapshots: Snapshots, diffIds: readonly string[]): number {
    const chains = chainIds(diffIds);
    const first = chains.findIndex((chain) => !snapshots.has(ns, chain));
    return first < 0 ? chains.length : first;
  }

  async unpack(
    ctx: Context,
    ns: string,
    snapshots: Snapshots,
    layers: readonly Descriptor[],
    diffIds: readonly string[],
    configDigest: string,
  ): Promise<void> {
    if (layers.length !== diffIds.length) {
      throw failure(`number of layers and diffIDs don't match: ${layers.length} != ${diffIds.length}`);
    }
    const chains = chainIds(diffIds);
    const unlock = await this.lock.lock();
    try {
      for (const [i, layer] of layers.entries()) {
        await this.unpackLayer(
          ctx,
          ns,
          snapshots,
          layer,
          diffIds[i] as string,
          chains[i] as string,
          chains[i - 1] ?? '',
        );
      }
    } finally {
      unlock();
    }
    const top = chains.at(-1);
    if (top !== undefined) {
      await this.content.addLabels(ctx, ns, configDigest, {
        [`containerd.io/gc.ref.snapshot.${snapshots.name}`]: top,
      });
    }
  }

  private async unpackLayer(
    ctx: Context,
    ns: string,
    snapshots: Snapshots,
    layer: Descriptor,
    diffId: string,
    chain: string,
    parent: string,
  ): Promise<void> {
    if (snapshots.has(ns, chain)) return;
    const key = `extract-${ctx.wallTime % 1_000_000_000n}-${ctx.random.hex(4)} ${chain}`;
    const labels = { 'containerd.io/snapshot.ref': chain };
    await snapshots.prepare(ctx, ns, key, parent, labels);
    try {
      const { tar, usage } = await this.apply(ctx, ns, layer, snapshots, key).catch((error: unknown) => {
        throw wrap(`failed to extract layer ${diffId}`, error);
      });
      const known = tar.wholeSource?.digest;
      if (known !== undefined || tar.length <= HASH_BYTES_MAX) {
        const actual = digestOf(tar);
        if (actual !== diffId) throw failure(`wrong diff id calculated on extraction "${actual}"`);
      }
      await snapshots.commit(ctx, ns, chain, key, labels, usage);
      await this.content.addLabels(ctx, ns, layer.digest, { 'containerd.io/uncompressed': diffId });
    } catch (error) {
      if (snapshots.has(ns, key)) await snapshots.remove(ctx, ns, key);
      if (isKind(error, 'AlreadyExists')) return;
      throw error;
    }
  }

  private async apply(
    ctx: Context,
    ns: string,
    layer: Descriptor,
    snapshots: Snapshots,
    key: string,
  ): Promise<{ tar: Rope; usage: Usage }> {
    const tar = unpacked(await this.content.read(ctx, ns, layer.digest), layer);
    await ctx.cpu(Math.round((layer.size / LATENCY.containerdUnpackBytesPerSecond) * 1e9));
    const { upper, lowers } = snapshots.layerDirectories(ns, key);
    return { tar, usage: await applyLayer(ctx, tar, upper, lowers, snapshots.hidesByWhiteout) };
  }
}

/** A layer's tar. */
export function unpacked(blob: Rope, layer: Pick<Descriptor, 'mediaType'>): Rope {
  if (layerCompression(layer.mediaType) === 'zstd') {
    throw classed('Unimplemented', `failed to get stream processor for ${layer.mediaType}: zstd is not simulated`);
  }
  return decompress(blob);
}
