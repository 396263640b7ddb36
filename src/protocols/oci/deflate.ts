/**
 * Deflate as a run of blocks that can be put anywhere in a stream: they begin and end on a byte boundary and none of
 * them is the last. The library's sync flush writes broken block lengths (fflate 0.8.3), and what is packed here must
 * give the same bytes for ever, since digests depend on it; hence this small encoder with fixed Huffman codes.
 * @models RFC 1951 section 3.2.6
 * @fidelity full
 */

const WINDOW = 32_768;
const MATCH_MIN = 3;
const MATCH_MAX = 258;
const CHAIN_MAX = 32;
const HASH_BITS = 14;

/** First length of each length symbol from 257 on, and how many extra bits follow. */
const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BASE = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12_289, 16_385, 24_577,
];

class BitWriter {
  private out = new Uint8Array(1024);
  private length = 0;
  private held = 0;
  private bits = 0;

  put(value: number, count: number): void {
    this.held |= value << this.bits;
    for (this.bits += count; this.bits >= 8; this.bits -= 8) {
      this.byte(this.held & 255);
      this.held >>>= 8;
    }
  }

  /** Huffman codes are packed most significant bit first. */
  code(value: number, count: number): void {
    let reversed = 0;
    for (let i = 0; i < count; i++) reversed |= ((value >> i) & 1) << (count - 1 - i);
    this.put(reversed, count);
  }

  byte(value: number): void {
    if (this.length === this.out.length) {
      const bigger = new Uint8Array(2 * this.out.length);
      bigger.set(this.out);
      this.out = bigger;
    }
    this.out[this.length++] = value;
  }

  align(): void {
    if (this.bits > 0) this.put(0, 8 - this.bits);
  }

  bytes(): Uint8Array {
    return this.out.slice(0, this.length);
  }
}

function symbol(writer: BitWriter, value: number): void {
  if (value < 144) writer.code(0x30 + value, 8);
  else if (value < 256) writer.code(0x190 + value - 144, 9);
  else if (value < 280) writer.code(value - 256, 7);
  else writer.code(0xc0 + value - 280, 8);
}

function match(writer: BitWriter, length: number, distance: number): void {
  const l = LENGTH_BASE.findLastIndex((base) => base <= length);
  symbol(writer, 257 + l);
  writer.put(length - (LENGTH_BASE[l] ?? 0), LENGTH_EXTRA[l] ?? 0);
  const d = DISTANCE_BASE.findLastIndex((base) => base <= distance);
  writer.code(d, 5);
  writer.put(distance - (DISTANCE_BASE[d] ?? 0), d < 2 ? 0 : (d >> 1) - 1);
}

/** End of block, then an empty stored block, which is the only kind that ends on a byte boundary. */
function finish(writer: BitWriter): Uint8Array {
  symbol(writer, 256);
  writer.put(0, 3);
  writer.align();
  for (const byte of [0, 0, 255, 255]) writer.byte(byte);
  return writer.bytes();
}

export function deflateRun(data: Uint8Array): Uint8Array {
  const writer = new BitWriter();
  const head = new Int32Array(1 << HASH_BITS).fill(-1);
  const previous = new Int32Array(data.length);
  const hashAt = (i: number): number => {
    const three = (data[i] as number) | ((data[i + 1] as number) << 8) | ((data[i + 2] as number) << 16);
    return Math.imul(three, 0x9e3779b1) >>> (32 - HASH_BITS);
  };
  const insert = (i: number): void => {
    if (i + MATCH_MIN > data.length) return;
    const hash = hashAt(i);
    previous[i] = head[hash] as number;
    head[hash] = i;
  };
  writer.put(0b010, 3);
  for (let i = 0; i < data.length; ) {
    let best = 0;
    let distance = 0;
    const limit = Math.min(MATCH_MAX, data.length - i);
    if (limit >= MATCH_MIN) {
      let candidate = head[hashAt(i)] as number;
      for (let tries = 0; candidate >= 0 && i - candidate <= WINDOW && tries < CHAIN_MAX && best < limit; tries++) {
        let n = 0;
        while (n < limit && data[candidate + n] === data[i + n]) n++;
        if (n > best) {
          best = n;
          distance = i - candidate;
        }
        candidate = previous[candidate] as number;
      }
    }
    if (best >= MATCH_MIN) match(writer, best, distance);
    else symbol(writer, data[i] as number);
    for (const end = i + Math.max(1, best >= MATCH_MIN ? best : 1); i < end; i++) insert(i);
  }
  return finish(writer);
}

/** One literal zero and `matches` times 258 more. */
export function deflateZeros(matches: number): Uint8Array {
  const writer = new BitWriter();
  writer.put(0b010, 3);
  symbol(writer, 0);
  for (let i = 0; i < matches; i++) match(writer, MATCH_MAX, 1);
  return finish(writer);
}
