/** The mutable contents of a regular file: a rope, plus a growing tail so that appending a log stays cheap. */
import { Rope } from '../rope.ts';

const TAIL_MAX = 65_536;
const NO_TAIL = new Uint8Array(0);
/** From so many bytes on, what a file is first written with is kept as it is, if it is no part of anything larger. */
const WHOLE_MIN = 1024;

/** What disks and tmpfs give out: a page of memory has the same size. */
export const BLOCK_BYTES = 4096;

export function wholeBlocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

export class FileData {
  private body: Rope = Rope.empty;
  private tail = NO_TAIL;
  private tailLength = 0;
  /** Some of it may never have been written. */
  private isSparse = false;

  /** How many of its bytes have been written. */
  get stored(): number {
    return this.body.stored + this.tailLength;
  }

  /** The bytes of all blocks that it takes: those with something written in them. */
  get allocated(): number {
    return this.isSparse ? blocksIn(this.body, this.tailLength) * BLOCK_BYTES : wholeBlocks(this.length);
  }

  /** What it will take once this is written. */
  allocatedAfter(position: number, data: Rope): number {
    if (!this.isSparse && position <= this.length && data.stored === data.length)
      return wholeBlocks(Math.max(this.length, position + data.length));
    return blocksIn(this.spliced(position, data), 0) * BLOCK_BYTES;
  }

  private spliced(position: number, data: Rope): Rope {
    this.settle();
    const before =
      position <= this.body.length
        ? this.body.slice(0, position)
        : this.body.concat(holes(position - this.body.length));
    return Rope.concat([before, data, this.body.slice(position + data.length)]);
  }

  get length(): number {
    return this.body.length + this.tailLength;
  }

  read(position: number, max: number): Rope {
    if (position >= this.length) return Rope.empty;
    const end = Math.min(this.length, position + max);
    if (end <= this.body.length) return this.body.slice(position, end);
    const tail = Rope.of(this.tail.slice(Math.max(0, position - this.body.length), end - this.body.length));
    return position < this.body.length ? this.body.slice(position).concat(tail) : tail;
  }

  write(position: number, data: Rope): void {
    if (data.length === 0) return;
    if (this.length === 0 && position === 0 && data.length >= WHOLE_MIN && data.isItsBuffer) {
      this.body = data;
      return;
    }
    // Generated content stays the source it is: what is written in parts then still is the whole of one.
    if (position === this.length && data.length < TAIL_MAX && data.isLiteral) return this.append(data.bytes());
    this.isSparse ||= position > this.length || data.stored < data.length;
    this.body = this.spliced(position, data);
  }

  truncate(length: number): void {
    this.settle();
    this.isSparse ||= length > this.body.length;
    this.body =
      length <= this.body.length ? this.body.slice(0, length) : this.body.concat(holes(length - this.body.length));
  }

  private append(bytes: Uint8Array): void {
    const needed = this.tailLength + bytes.length;
    if (needed > this.tail.length) {
      const grown = new Uint8Array(Math.max(needed, Math.min(TAIL_MAX, this.tail.length * 2)));
      grown.set(this.tail.subarray(0, this.tailLength));
      this.tail = grown;
    }
    this.tail.set(bytes, this.tailLength);
    this.tailLength = needed;
    if (this.tailLength >= TAIL_MAX) this.settle();
  }

  private settle(): void {
    if (this.tailLength === 0) return;
    this.body = this.body.concat(Rope.of(this.tail.slice(0, this.tailLength)));
    this.tail = NO_TAIL;
    this.tailLength = 0;
  }
}

/** Of a source that keeps only some of its bytes it is not known which: they count as if they lay together. */
function blocksIn(body: Rope, tailLength: number): number {
  let blocks = 0;
  let last = -1;
  let at = 0;
  const take = (length: number, written: number): void => {
    if (written > 0) {
      const first = Math.floor(at / BLOCK_BYTES);
      const end = Math.floor((at + written - 1) / BLOCK_BYTES);
      blocks += end - Math.max(first - 1, Math.min(last, end));
      last = Math.max(last, end);
    }
    at += length;
  };
  for (const piece of body.pieces()) {
    const length = 'bytes' in piece ? piece.bytes.length : piece.length;
    take(length, 'bytes' in piece ? length : Math.min(length, piece.source.stored ?? length));
  }
  take(tailLength, tailLength);
  return blocks;
}

/** Zeros that were not written either, but that the disk keeps room for. */
export function reserved(length: number): Rope {
  return Rope.from({ id: `reserved:${length}`, length, fill: (out) => void out.fill(0) });
}

/** Zeros that were never written. */
export function holes(length: number): Rope {
  return Rope.from({ id: `zero:${length}`, length, stored: 0, fill: (out) => void out.fill(0) });
}
