import { humanDuration } from '../../go/units.ts';
import type { Context } from '../../linux/context.ts';

/** `2 minutes ago`, of a time in nanoseconds since 1970. */
export function ago(ctx: Context, timeNs: bigint): string {
  return `${humanDuration(Number(ctx.wallTime - timeNs))} ago`;
}

/** Newest first; a sort key of bigint needs no subtraction that could lose digits. */
export function byCreation<T extends { createdAt: bigint }>(a: T, b: T): number {
  return a.createdAt > b.createdAt ? -1 : a.createdAt < b.createdAt ? 1 : 0;
}

/** --latest and --last: how many of a list sorted by creation are wanted. */
export function newest<T>(items: readonly T[], latest: boolean, last: number): T[] {
  const count = last > 0 ? last : latest ? 1 : items.length;
  return items.slice(0, count);
}
