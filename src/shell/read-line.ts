/** Reading lines without taking more than the line from a descriptor that others share. */
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import { utf8 } from '../linux/rope.ts';

const LINE_MAX = 8 * 1024 * 1024;
const CHUNK = 4096;

/**
 * Reads up to the delimiter (a byte). In files the offset is put back behind it; from pipes and terminals it reads
 * byte by byte, as bash does. Returns what was read and whether the delimiter was seen.
 */
export async function readDelimited(
  ctx: Context,
  fd: number,
  delimiter: number,
  max = LINE_MAX,
): Promise<{ bytes: Uint8Array; ended: boolean }> {
  let seekable = false;
  try {
    seekable = (await ctx.sys.fstat(ctx, fd)).type === 'file';
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw error;
  }
  if (max <= 0) return { bytes: new Uint8Array(0), ended: true };
  const canonical = !seekable && (await canonicalTty(ctx, fd));
  const parts: number[] = [];
  for (;;) {
    // A terminal in canonical mode hands out one line at a time.
    const chunk = await ctx.sys.read(ctx, fd, seekable || canonical ? CHUNK : 1);
    if (chunk.length === 0) return { bytes: Uint8Array.from(parts), ended: false };
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      if (byte !== delimiter) parts.push(byte);
      if (byte === delimiter || parts.length >= max) {
        if (seekable && i + 1 < chunk.length) await ctx.sys.seek(ctx, fd, i + 1 - chunk.length, 'cur');
        return { bytes: Uint8Array.from(parts), ended: byte === delimiter };
      }
    }
  }
}

async function canonicalTty(ctx: Context, fd: number): Promise<boolean> {
  return (await ctx.sys.isTty(ctx, fd)) && (await ctx.sys.getTermios(ctx, fd)).canonical;
}

export async function readLine(ctx: Context, fd: number): Promise<string | null> {
  const { bytes, ended } = await readDelimited(ctx, fd, 10);
  return bytes.length === 0 && !ended ? null : utf8(bytes);
}
