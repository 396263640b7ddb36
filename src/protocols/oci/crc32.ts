/** CRC-32 as gzip uses it (polynomial 0xEDB88320), eight bytes at a time. */
import type { Rope } from '../../linux/rope.ts';

const STEP = 1 << 20;
let tables: Uint32Array[] | null = null;

function makeTables(): Uint32Array[] {
  const out = Array.from({ length: 4 }, () => new Uint32Array(256));
  for (let n = 0; n < 256; n++) {
    let c = n;
    for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    (out[0] as Uint32Array)[n] = c >>> 0;
  }
  for (let t = 1; t < 4; t++) {
    for (let n = 0; n < 256; n++) {
      const c = out[t - 1]?.[n] ?? 0;
      (out[t] as Uint32Array)[n] = ((c >>> 8) ^ (out[0]?.[c & 255] ?? 0)) >>> 0;
    }
  }
  return out;
}

/** Continues from `crc` (0 to begin with). */
export function crc32(bytes: Uint8Array, crc = 0): number {
  tables ??= makeTables();
  const [t0, t1, t2, t3] = tables as [Uint32Array, Uint32Array, Uint32Array, Uint32Array];
  let c = ~crc;
  let i = 0;
  for (const end = bytes.length - 3; i < end; i += 4) {
    c ^=
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24);
    c =
      (t3[c & 255] as number) ^
      (t2[(c >>> 8) & 255] as number) ^
      (t1[(c >>> 16) & 255] as number) ^
      (t0[c >>> 24] as number);
  }
  for (; i < bytes.length; i++) c = (t0[(c ^ (bytes[i] as number)) & 255] as number) ^ (c >>> 8);
  return ~c >>> 0;
}

export function crc32OfRope(rope: Rope): number {
  let crc = 0;
  for (let at = 0; at < rope.length; at += STEP) crc = crc32(rope.slice(at, at + STEP).bytes(), crc);
  return crc;
}
