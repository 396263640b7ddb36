/** The mutable contents of a regular file: a rope, plus a growing tail so that appending a log stays cheap. */
import { Rope } from '../rope.ts';

const TAIL_MAX = 65_536;
const NO_TAIL = new Uint8Array(0);

export class FileData {
  private body: Rope = Rope.empty;
  private tail = NO_TAIL;
  private tailLength = 0;
  /** Bytes that were never written. */
  private holes = 0;

  /** What it takes on a disk. */
  get stored(): number {
    return this.length - this.holes;
  }

  /** What it will take once this is written. */
  storedAfter(position: number, data: Rope): number {
    return Math.max(this.length, position + data.length) - this.holesAfter(position, data);
  }

  private holesAfter(position: number, data: Rope): number {
    const { length } = this;
    const overwritten = Math.max(0, Math.min(data.length, length - position));
    return this.holes - Math.min(this.holes, overwritten) + Math.max(0, position - length) + data.length - data.stored;
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
    // Generated content stays the source it is: what is written in parts then still is the whole of one.
    if (position === this.length && data.length < TAIL_MAX && data.isLiteral) return this.append(data.bytes());
    this.settle();
    this.holes = this.holesAfter(position, data);
    const before =
      position <= this.body.length
        ? this.body.slice(0, position)
        : this.body.concat(holes(position - this.body.length));
    const after = this.body.slice(position + data.length);
    this.body = Rope.concat([before, data, after]);
  }

  truncate(length: number): void {
    this.settle();
    this.holes = length <= this.body.length ? Math.min(this.holes, length) : this.holes + length - this.body.length;
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

/** Zeros that were not written either, but that the disk keeps room for. */
export function reserved(length: number): Rope {
  return Rope.from({ id: `reserved:${length}`, length, fill: (out) => void out.fill(0) });
}

/** Zeros that were never written. */
export function holes(length: number): Rope {
  return Rope.from({ id: `zero:${length}`, length, stored: 0, fill: (out) => void out.fill(0) });
}
