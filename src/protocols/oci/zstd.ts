/**
 * Zstandard, which newer tools pack layers with. Reading only: nothing here writes it.
 * @models RFC 8878; error texts of github.com/klauspost/compress/zstd
 * @fidelity partial: checksums are not verified, what is damaged is told by fewer words
 */
import { Decompress } from 'fzstd';
import type { Rope } from '../../linux/rope.ts';
import { Inflated, InflatedTooLong, PACKED_STEP } from './inflated.ts';

export class ZstdError extends Error {
  override readonly name = 'ZstdError';
}

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
/** More than this a reader of the Go library does not allocate for one frame. */
const WINDOW_BYTES_MAX = 64 << 20;

export function isZstd(rope: Rope): boolean {
  const head = rope.slice(0, 4).bytes();
  if (head.length < 4) return false;
  const isSkippable = (head[0] ?? 0) >> 4 === 5 && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
  return isSkippable || MAGIC.every((byte, i) => head[i] === byte);
}

/** Throws ZstdError. */
export function unzstd(packed: Rope): Rope {
  if (windowOf(packed.slice(0, 14).bytes()) > WINDOW_BYTES_MAX) throw new ZstdError('window size exceeded');
  const out = new Inflated();
  try {
    const stream = new Decompress((chunk) => out.push(chunk));
    for (let at = 0; at < packed.length; at += PACKED_STEP)
      stream.push(packed.slice(at, at + PACKED_STEP).bytes(), at + PACKED_STEP >= packed.length);
  } catch (error) {
    if (error instanceof InflatedTooLong) throw new ZstdError(error.message);
    const message = (error as Error).message;
    throw new ZstdError(message === 'unexpected EOF' ? message : 'invalid input: corrupted');
  }
  return out.rope();
}

/** The frame header's word on how far back its matches reach. */
function windowOf(head: Uint8Array): number {
  if (head[0] !== MAGIC[0]) return 0;
  const descriptor = head[4] ?? 0;
  if ((descriptor & 32) !== 0) return 0;
  const exponent = (head[5] ?? 0) >> 3;
  const mantissa = (head[5] ?? 0) & 7;
  return 2 ** (10 + exponent) * (1 + mantissa / 8);
}
