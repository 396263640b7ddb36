/**
 * Images that nobody uses go when the disk fills up.
 * @models kubernetes 1.36 pkg/kubelet/images/image_gc_manager.go
 */
import type { Context } from '../../linux/context.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import type { KubeletConfig } from './config.ts';
import type { RuntimeService } from './cri/runtime-service.ts';
import type { Recorder } from './events.ts';
import { Failure } from './failures.ts';
import type { Log } from './log.ts';

const PERIOD_NS = 300_000_000_000;

type Record = { firstSeen: number; lastUsed: number };

export class ImageCollector {
  private readonly runtime: RuntimeService;
  private readonly recorder: Recorder;
  private readonly config: KubeletConfig;
  private readonly nodeName: string;
  private readonly log: Log;
  private readonly records = new Map<string, Record>();

  constructor(parts: {
    runtime: RuntimeService;
    recorder: Recorder;
    config: KubeletConfig;
    log: Log;
    nodeName: string;
  }) {
    this.log = parts.log;
    this.runtime = parts.runtime;
    this.recorder = parts.recorder;
    this.config = parts.config;
    this.nodeName = parts.nodeName;
  }

  async run(ctx: Context): Promise<never> {
    let failed = false;
    for (;;) {
      await ctx.sleep(PERIOD_NS);
      try {
        await this.collect(ctx);
        failed = false;
      } catch (error) {
        if (!(error instanceof GrpcError) && !(error instanceof Failure)) throw error;
        const text = failed
          ? 'Image garbage collection failed multiple times in a row'
          : 'Image garbage collection failed once. Stats initialization may not have completed yet';
        await this.log.error(ctx, failed ? 'kubelet.go:1461' : 'kubelet.go:1465', error, text);
        // Once is not worth an event.
        if (failed) this.recorder.node(ctx, this.nodeName, 'Warning', 'ImageGCFailed', error.message);
        failed = true;
      }
    }
  }

  private async collect(ctx: Context): Promise<void> {
    await this.note(ctx);
    if (this.config.imageMaximumGCAgeNs > 0) await this.freeOld(ctx, this.config.imageMaximumGCAgeNs);
    const { blocks, blocksFree, blockSize } = await ctx.sys.statfs(ctx, '/');
    const [capacity, available] = [blocks * blockSize, blocksFree * blockSize];
    const used = capacity === 0 ? 0 : 100 - Math.floor((available * 100) / capacity);
    if (used < this.config.imageGCHighThresholdPercent) return;
    const wanted = Math.floor((capacity * (100 - this.config.imageGCLowThresholdPercent)) / 100) - available;
    const freed = await this.free(ctx, wanted);
    if (freed >= wanted) return;
    const text = `Failed to garbage collect required amount of images. Attempted to free ${wanted} bytes, but only found ${freed} bytes eligible to free.`;
    this.recorder.node(ctx, this.nodeName, 'Warning', 'FreeDiskSpaceFailed', text);
    throw new Failure(text);
  }

  private async freeOld(ctx: Context, ageNs: number): Promise<void> {
    for (const { id, used, pinned } of await this.note(ctx)) {
      const { lastUsed, firstSeen } = this.records.get(id) as Record;
      if (!used && !pinned && ctx.now - Math.max(lastUsed, firstSeen) > ageNs) await this.runtime.removeImage(ctx, id);
    }
  }

  async deleteUnused(ctx: Context): Promise<number> {
    await this.log.info(ctx, 0, 'image_gc_manager.go:447', 'Attempting to delete unused images');
    return this.free(ctx, Number.POSITIVE_INFINITY);
  }

  /** Which images there are, and which of them containers use. */
  private async note(ctx: Context): Promise<{ id: string; size: number; used: boolean; pinned: boolean }[]> {
    const inUse = new Set<string>();
    for (const { imageRef, image } of await this.runtime.listContainers(ctx, false)) {
      inUse.add(imageRef);
      if (image !== undefined) inUse.add(image.image);
    }
    const images = await this.runtime.listImages(ctx);
    const present = new Set(images.map(({ id }) => id));
    for (const id of this.records.keys()) if (!present.has(id)) this.records.delete(id);
    return images.map(({ id, size, pinned, repoDigests, repoTags }) => {
      const used = [id, ...repoDigests, ...repoTags].some((name) => inUse.has(name));
      const known = this.records.get(id);
      this.records.set(id, {
        firstSeen: known?.firstSeen ?? ctx.now,
        lastUsed: used ? ctx.now : (known?.lastUsed ?? 0),
      });
      return { id, size: Number(size), used, pinned };
    });
  }

  /** The longest unused first, until there is enough. Gives what was freed. */
  private async free(ctx: Context, bytes: number): Promise<number> {
    const recordOf = (id: string): Record => this.records.get(id) as Record;
    const candidates = (await this.note(ctx))
      .filter(({ used, pinned }) => !used && !pinned)
      .sort(
        (a, b) =>
          recordOf(a.id).lastUsed - recordOf(b.id).lastUsed || recordOf(a.id).firstSeen - recordOf(b.id).firstSeen,
      );
    let freed = 0;
    for (const { id, size } of candidates) {
      if (freed >= bytes) break;
      if (bytes !== Number.POSITIVE_INFINITY && ctx.now - recordOf(id).firstSeen < this.config.imageMinimumGCAgeNs)
        continue;
      await this.runtime.removeImage(ctx, id);
      freed += size;
    }
    return freed;
  }
}
