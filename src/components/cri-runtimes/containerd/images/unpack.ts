/**
 * Layers to snapshots: for each, prepare on top of the previous one, apply, check, commit under its chain id.
 * @models containerd 2.1 core/unpack/unpacker.go
 * @fidelity partial: one layer after the other, after all are fetched
 */
import type { Context } from '../../../../linux/context.ts';
import { chainIds, digestOf } from '../../../../protocols/oci/digest.ts';
import { layerCompression } from '../../../../protocols/oci/media-types.ts';
import type { Descriptor } from '../../../../protocols/oci/types.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { Mutex } from '../../../../sim/primitives.ts';
import type { ContentStore } from '../content-store/content-store.ts';
import { classed, failure, isKind, wrap } from '../errors.ts';
import type { Snapshots } from '../snapshotters/snapshots.ts';
import { applyLayer, decompress } from './apply-layer.ts';

/** Above this a layer's diff id is only checked when it is known without reading every byte. */
const HASH_BYTES_MAX = 16 << 20;

export class Unpacker {
  private readonly content: ContentStore;
  private readonly snapshots: Snapshots;
  /** Two pulls that share layers do not unpack them twice. */
  private readonly lock: Mutex;

  constructor(ctx: Context, content: ContentStore, snapshots: Snapshots) {
    this.content = content;
    this.snapshots = snapshots;
    this.lock = new Mutex(ctx.scheduler);
  }

  async unpack(
    ctx: Context,
    ns: string,
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
        await this.unpackLayer(ctx, ns, layer, diffIds[i] as string, chains[i] as string, chains[i - 1] ?? '');
      }
    } finally {
      unlock();
    }
    const top = chains.at(-1);
    if (top !== undefined) {
      await this.content.addLabels(ctx, ns, configDigest, {
        [`containerd.io/gc.ref.snapshot.${this.snapshots.name}`]: top,
      });
    }
  }

  private async unpackLayer(
    ctx: Context,
    ns: string,
    layer: Descriptor,
    diffId: string,
    chain: string,
    parent: string,
  ): Promise<void> {
    if (this.snapshots.has(ns, chain)) return;
    const key = `extract-${ctx.wallTime % 1_000_000_000n}-${ctx.random.hex(4)} ${chain}`;
    await this.snapshots.prepare(ctx, ns, key, parent, { 'containerd.io/snapshot.ref': chain });
    try {
      const blob = await this.content.read(ctx, ns, layer.digest);
      const tar = unpacked(blob, layer);
      await ctx.cpu(Math.round((layer.size / LATENCY.containerdUnpackBytesPerSecond) * 1e9));
      const { upper, lowers } = this.snapshots.layerDirectories(ns, key);
      const usage = await applyLayer(ctx, tar, upper, lowers).catch((error: unknown) => {
        throw wrap(`failed to extract layer ${diffId}`, error);
      });
      const known = tar.wholeSource?.digest;
      if (known !== undefined || tar.length <= HASH_BYTES_MAX) {
        const actual = digestOf(tar);
        if (actual !== diffId) throw failure(`wrong diff id calculated on extraction "${actual}"`);
      }
      await this.snapshots.commit(ctx, ns, chain, key, {}, usage);
      await this.content.addLabels(ctx, ns, layer.digest, { 'containerd.io/uncompressed': diffId });
    } catch (error) {
      if (this.snapshots.has(ns, key)) await this.snapshots.remove(ctx, ns, key);
      if (isKind(error, 'AlreadyExists')) return;
      throw error;
    }
  }
}

function unpacked(blob: Parameters<typeof decompress>[0], layer: Descriptor): ReturnType<typeof decompress> {
  if (layerCompression(layer.mediaType) === 'zstd') {
    throw classed('Unimplemented', `failed to get stream processor for ${layer.mediaType}: zstd is not simulated`);
  }
  return decompress(blob);
}
