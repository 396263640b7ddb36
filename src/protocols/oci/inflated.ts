/**
 * What comes out of a decompressor, as far as it is worth holding: long runs of zeros stay a few words, and there is a
 * limit, since a few kilobytes may claim to be terabytes.
 */
import { Rope } from '../../linux/rope.ts';
import { zeros } from './zeros.ts';

/** Literal bytes and zeros together; the largest layers that people pull are smaller. */
const INFLATED_BYTES_MAX = 1 << 30;
/** So much is decompressed between two looks at the limit. */
export const PACKED_STEP = 1 << 15;

export class InflatedTooLong extends Error {
  override readonly name = 'InflatedTooLong';

  constructor() {
    super('decompressing more than 1 GiB is not simulated');
  }
}

export class Inflated {
  private readonly parts: Rope[] = [];
  /** How many bytes all those may have that are read from one input. */
  private readonly budget: { left: number };

  constructor(budget = { left: INFLATED_BYTES_MAX }) {
    this.budget = budget;
  }

  /** The next part of the same input. */
  another(): Inflated {
    return new Inflated(this.budget);
  }

  /** Copies what it keeps. Throws InflatedTooLong. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.budget.left -= chunk.length;
    if (this.budget.left < 0) throw new InflatedTooLong();
    this.parts.push(isAllZero(chunk) ? zeros(chunk.length) : Rope.of(chunk.slice()));
  }

  rope(): Rope {
    return Rope.concat(this.parts);
  }
}

function isAllZero(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0) return false;
  // Eight at a time from where that is possible.
  const start = Math.min(bytes.length, (8 - (bytes.byteOffset % 8)) % 8);
  const words = new BigUint64Array(bytes.buffer, bytes.byteOffset + start, (bytes.length - start) >> 3);
  const end = start + words.length * 8;
  for (let i = 0; i < start; i++) if (bytes[i] !== 0) return false;
  for (let i = 0; i < words.length; i++) if (words[i] !== 0n) return false;
  for (let i = end; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
