/**
 * Images that nobody uses go when the disk fills up.
 * @models kubernetes 1.36 pkg/kubelet/images/image_gc_manager.go
 * @fidelity partial: cAdvisor's first statistics are there a second after the kubelet has begun; one file system for all
 */
import type { Context } from '../../linux/context.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import type { KubeletConfig } from './config.ts';
import type { RuntimeService } from './cri/runtime-service.ts';
import type { Recorder } from './events.ts';
import { Failure } from './failures.ts';
import type { Log } from './log.ts';

const PERIOD_NS = 300_000_000_000;
const STATISTICS_AFTER_NS = 1_000_000_000;

type Record = { firstSeen: number; lastUsed: number };
type Candidate = { id: string; size: number; used: boolean; pinned: boolean };

const LONG_AGO = Number.NEGATIVE_INFINITY;

export class ImageCollector {
  private readonly runtime: RuntimeService;
  private readonly recorder: Recorder;
  private readonly config: KubeletConfig;
  private readonly nodeName: string;
  private readonly log: Log;
  private readonly records = new Map<string, Record>();
  /** Images that were there before this kubelet are old; when it began, and whether it has looked. */
  private began = 0;
  private initialized = false;

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
    this.began = ctx.now;
    try {
      await this.note(ctx);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      await this.log.error(ctx, 'image_gc_manager.go:234', error, 'Failed to monitor images');
    }
    for (;;) {
      try {
        await this.collect(ctx);
        await this.log.info(ctx, failed ? 1 : 4, 'kubelet.go:1476', 'Image garbage collection succeeded');
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
      await ctx.sleep(PERIOD_NS);
    }
  }

  /** As cAdvisor knows them, which looks at the file systems for the first time after a while. */
  private async statistics(ctx: Context): Promise<{ capacity: number; available: number }> {
    if (ctx.now - this.began < STATISTICS_AFTER_NS) return { capacity: 0, available: 0 };
    const { blocks, blocksFree, blockSize } = await ctx.sys.statfs(ctx, '/');
    return { capacity: blocks * blockSize, available: blocksFree * blockSize };
  }

  private async collect(ctx: Context): Promise<void> {
    const candidates = await this.inEvictionOrder(ctx);
    const ageMax = this.config.imageMaximumGCAgeNs;
    const images =
      ageMax > 0 && ctx.now - this.began > ageMax ? await this.freeOld(ctx, candidates, ageMax) : candidates;
    const { capacity, available } = await this.statistics(ctx);
    if (capacity === 0) {
      const text = 'invalid capacity 0 on image filesystem';
      this.recorder.node(ctx, this.nodeName, 'Warning', 'InvalidDiskCapacity', text);
      throw new Failure(text);
    }
    const used = 100 - Math.floor((available * 100) / capacity);
    const { imageGCHighThresholdPercent: high, imageGCLowThresholdPercent: low } = this.config;
    if (used < high) return;
    const wanted = Math.floor((capacity * (100 - low)) / 100) - available;
    await this.log.info(
      ctx,
      0,
      'image_gc_manager.go:394',
      'Disk usage on image filesystem is over the high threshold, trying to free bytes down to the low threshold',
      ['usage', used],
      ['highThreshold', high],
      ['amountToFree', wanted],
      ['lowThreshold', low],
    );
    const freed = await this.free(ctx, images, wanted);
    if (freed >= wanted) return;
    const text = `Failed to garbage collect required amount of images. Attempted to free ${wanted} bytes, but only found ${freed} bytes eligible to free.`;
    this.recorder.node(ctx, this.nodeName, 'Warning', 'FreeDiskSpaceFailed', text);
    throw new Failure(text);
  }

  /** What nobody has used for so long goes, however much room there is; gives the others. */
  private async freeOld(ctx: Context, images: readonly Candidate[], ageNs: number): Promise<Candidate[]> {
    const kept: Candidate[] = [];
    const faults: string[] = [];
    for (const image of images) {
      if (ctx.now - this.recordOf(image).lastUsed <= ageNs) kept.push(image);
      else await this.remove(ctx, image, faults);
    }
    if (faults.length > 0)
      throw new Failure(`wanted to free old images, encountered errors in image deletion: ${aggregated(faults)}`);
    return kept;
  }

  async deleteUnused(ctx: Context): Promise<number> {
    await this.log.info(ctx, 0, 'image_gc_manager.go:447', 'Attempting to delete unused images');
    return this.free(ctx, await this.inEvictionOrder(ctx), Number.MAX_SAFE_INTEGER);
  }

  /** Which images there are, and which of them containers use. */
  private async note(ctx: Context): Promise<Candidate[]> {
    const inUse = new Set<string>();
    for (const { imageRef, image } of await this.runtime.listContainers(ctx, false)) {
      inUse.add(imageRef);
      if (image !== undefined) inUse.add(image.image);
    }
    const images = await this.runtime.listImages(ctx);
    const present = new Set(images.map(({ id }) => id));
    for (const id of this.records.keys()) if (!present.has(id)) this.records.delete(id);
    const detected = this.initialized ? ctx.now : LONG_AGO;
    this.initialized = true;
    return images.map(({ id, size, pinned, repoDigests, repoTags }) => {
      const used = [id, ...repoDigests, ...repoTags].some((name) => inUse.has(name));
      const known = this.records.get(id);
      this.records.set(id, {
        firstSeen: known?.firstSeen ?? detected,
        lastUsed: used ? ctx.now : (known?.lastUsed ?? LONG_AGO),
      });
      return { id, size: Number(size), used, pinned };
    });
  }

  private recordOf({ id }: Candidate): Record {
    return this.records.get(id) as Record;
  }

  /** Those that nobody uses, the longest unused first. */
  private async inEvictionOrder(ctx: Context): Promise<Candidate[]> {
    const key = (time: number): number => Math.max(time, -1);
    return (await this.note(ctx))
      .filter(({ used, pinned }) => !used && !pinned)
      .sort((one, other) => {
        const [a, b] = [this.recordOf(one), this.recordOf(other)];
        return key(a.lastUsed) - key(b.lastUsed) || key(a.firstSeen) - key(b.firstSeen);
      });
  }

  /** One after the other until there is enough. Gives what was freed. */
  private async free(ctx: Context, images: readonly Candidate[], bytes: number): Promise<number> {
    let freed = 0;
    const faults: string[] = [];
    for (const image of images) {
      // It may have been pulled just now, for a container that does not exist yet.
      if (ctx.now - this.recordOf(image).firstSeen < this.config.imageMinimumGCAgeNs) continue;
      if (await this.remove(ctx, image, faults)) freed += image.size;
      if (freed >= bytes) break;
    }
    if (faults.length === 0) return freed;
    const sum = `wanted to free ${bytes} bytes, but freed ${freed} bytes space`;
    throw new Failure(`${sum} with errors in image deletion: ${aggregated(faults)}`);
  }

  private async remove(ctx: Context, { id, size }: Candidate, faults: string[]): Promise<boolean> {
    await this.log.info(
      ctx,
      0,
      'image_gc_manager.go:487',
      'Removing image to free bytes',
      ['imageID', id],
      ['size', size],
      ['runtimeHandler', ''],
    );
    try {
      await this.runtime.removeImage(ctx, id);
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
      faults.push(error.message);
      return false;
    }
    this.records.delete(id);
    return true;
  }
}

/** As errors.NewAggregate prints several. */
function aggregated(faults: readonly string[]): string {
  const different = [...new Set(faults)];
  return different.length === 1 ? (different[0] as string) : `[${different.join(', ')}]`;
}
