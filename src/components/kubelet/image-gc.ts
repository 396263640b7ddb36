/**
 * Images that nobody uses go when the disk fills up.
 * @models kubernetes 1.36 pkg/kubelet/images/image_gc_manager.go
 * @fidelity partial: no imageMaximumGCAge
 */
import type { Context } from '../../linux/context.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import type { KubeletConfig } from './config.ts';
import type { RuntimeService } from './cri/runtime-service.ts';
import type { Recorder } from './events.ts';

const PERIOD_NS = 300_000_000_000;

type Record = { firstSeen: number; lastUsed: number };

export class ImageCollector {
  private readonly runtime: RuntimeService;
  private readonly recorder: Recorder;
  private readonly config: KubeletConfig;
  private readonly nodeName: string;
  private readonly records = new Map<string, Record>();

  constructor(parts: { runtime: RuntimeService; recorder: Recorder; config: KubeletConfig; nodeName: string }) {
    this.runtime = parts.runtime;
    this.recorder = parts.recorder;
    this.config = parts.config;
    this.nodeName = parts.nodeName;
  }

  async run(ctx: Context): Promise<never> {
    for (;;) {
      await ctx.sleep(PERIOD_NS);
      try {
        await this.collect(ctx);
      } catch (error) {
        if (!(error instanceof GrpcError)) throw error;
        this.recorder.node(ctx, this.nodeName, 'Warning', 'ImageGCFailed', error.message);
      }
    }
  }

  private async collect(ctx: Context): Promise<void> {
    await this.note(ctx);
    const { blocks, blocksFree, blockSize } = await ctx.sys.statfs(ctx, '/');
    const [capacity, available] = [blocks * blockSize, blocksFree * blockSize];
    const used = capacity === 0 ? 0 : 100 - Math.floor((available * 100) / capacity);
    if (used < this.config.imageGCHighThresholdPercent) return;
    const wanted = Math.floor((capacity * (100 - this.config.imageGCLowThresholdPercent)) / 100) - available;
    const freed = await this.free(ctx, wanted);
    if (freed >= wanted) return;
    const text = `Failed to garbage collect required amount of images. Attempted to free ${wanted} bytes, but only found ${freed} bytes eligible to free.`;
    this.recorder.node(ctx, this.nodeName, 'Warning', 'FreeDiskSpaceFailed', text);
  }

  deleteUnused(ctx: Context): Promise<number> {
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
