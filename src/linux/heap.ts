/**
 * What a program keeps in memory of what it reads or computes, as its resident size: without it a text of any length
 * would take nothing of a container's limit.
 * @models glibc 2.41 malloc/malloc.c: M_MMAP_THRESHOLD @fidelity partial: only what is large is counted, and freed at once
 */
import type { Context } from './context.ts';
import { LARGE_BYTES } from './large.ts';

/** Growth by less than this part of it is not told to the kernel each time. */
const STEP = 1 / 16;

export class Heap {
  private held = 0;

  /**
   * From now on the program holds so many bytes beyond what it started with. Does not return if the kernel ends the
   * program for it.
   */
  async hold(ctx: Context, bytes: number): Promise<void> {
    const wanted = bytes < LARGE_BYTES ? 0 : bytes;
    const change = wanted - this.held;
    if (change === 0 || (change > 0 && change < Math.max(LARGE_BYTES, this.held * STEP))) return;
    this.held = wanted;
    await ctx.sys.setMemory(ctx, ctx.process.rssBytes + change);
  }
}
