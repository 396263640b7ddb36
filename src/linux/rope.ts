/**
 * Immutable byte strings that may be long without being in memory: a rope of literal bytes and of slices of
 * generated sources. File contents, image layers and socket data are ropes, so that a 70 MB layer costs a few
 * objects and its real bytes exist only where somebody looks at them.
 */

/** Bytes that can be produced on demand. `id` identifies the content: equal ids mean equal bytes. */
export type ByteSource = {
  readonly id: string;
  readonly length: number;
  /** Writes bytes [start, start + out.length) into `out`. */
  fill(out: Uint8Array, start: number): void;
  /** `sha256:…` of the whole, when known beforehand (the catalogue's table, checked by a test). */
  readonly digest?: string;
  /** How many of the bytes a disk has to keep, if not all: the rest are holes. */
  readonly stored?: number;
  /** The same bytes as a rope of smaller parts, when this source is made of them: for unpacking without reading. */
  asRope?(): Rope;
};

type Chunk = { source: ByteSource | null; bytes: Uint8Array | null; start: number; length: number };

const EMPTY_BYTES = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Longer texts are left to TextEncoder, whose fixed cost then pays off. */
const LOOP_LENGTH_MAX = 256;
const SLAB_BYTES = 16_384;
let slab = new Uint8Array(SLAB_BYTES);
let slabUsed = 0;

/** UTF-8. Short texts, nearly all there are, share buffers: each buffer of its own costs more than the text. */
function textBytes(text: string): Uint8Array {
  const { length } = text;
  if (length > LOOP_LENGTH_MAX) return encoder.encode(text);
  if (slabUsed + length > SLAB_BYTES) {
    slab = new Uint8Array(SLAB_BYTES);
    slabUsed = 0;
  }
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return encoder.encode(text);
    slab[slabUsed + i] = code;
  }
  const start = slabUsed;
  slabUsed += length;
  return slab.subarray(start, slabUsed);
}

export class Rope {
  readonly length: number;
  /** The whole content, when it is one piece of literal bytes: what sockets and pipes mostly carry. */
  private readonly literal: Uint8Array | null;
  private readonly pieced: readonly Chunk[] | null;

  private constructor(literal: Uint8Array | null, chunks: readonly Chunk[] | null, length: number) {
    this.literal = literal;
    this.pieced = chunks;
    this.length = length;
  }

  private get chunks(): readonly Chunk[] {
    return this.pieced ?? [{ source: null, bytes: this.literal, start: 0, length: this.length }];
  }

  static readonly empty: Rope = new Rope(new Uint8Array(0), [], 0);

  /** Takes ownership: the caller must not change `bytes` afterwards. */
  static of(bytes: Uint8Array): Rope {
    if (bytes.length === 0) return Rope.empty;
    return new Rope(bytes, null, bytes.length);
  }

  static text(text: string): Rope {
    return Rope.of(textBytes(text));
  }

  static from(source: ByteSource): Rope {
    if (source.length === 0) return Rope.empty;
    return new Rope(null, [{ source, bytes: null, start: 0, length: source.length }], source.length);
  }

  static concat(ropes: readonly Rope[]): Rope {
    const out: Chunk[] = [];
    let length = 0;
    for (let i = 0; i < ropes.length; i++) {
      const { literal, pieced, length: own } = ropes[i] as Rope;
      if (pieced === null) pushMerged(out, { source: null, bytes: literal, start: 0, length: own });
      else for (const chunk of pieced) pushMerged(out, chunk);
      length += own;
    }
    return new Rope(null, out, length);
  }

  concat(other: Rope): Rope {
    if (this.length === 0) return other;
    if (other.length === 0) return this;
    return Rope.concat([this, other]);
  }

  slice(start: number, end: number = this.length): Rope {
    const from = Math.max(0, Math.min(start, this.length));
    const to = Math.max(from, Math.min(end, this.length));
    if (from === 0 && to === this.length) return this;
    if (from === to) return Rope.empty;
    if (this.literal !== null) return Rope.of(this.literal.subarray(from, to));
    const out: Chunk[] = [];
    let at = 0;
    for (const chunk of this.chunks) {
      const a = Math.max(from, at);
      const b = Math.min(to, at + chunk.length);
      if (a < b) out.push({ ...chunk, start: chunk.start + a - at, length: b - a });
      at += chunk.length;
      if (at >= to) break;
    }
    return new Rope(null, out, to - from);
  }

  /** The real bytes. Never change the result. */
  bytes(): Uint8Array {
    if (this.literal !== null) return this.literal;
    const first = this.chunks[0];
    if (first === undefined) return EMPTY_BYTES;
    if (this.chunks.length === 1 && first.bytes !== null) {
      return first.bytes.length === first.length
        ? first.bytes
        : first.bytes.subarray(first.start, first.start + first.length);
    }
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const chunk of this.chunks) {
      const part = out.subarray(at, at + chunk.length);
      if (chunk.bytes !== null) part.set(chunk.bytes.subarray(chunk.start, chunk.start + chunk.length));
      else chunk.source?.fill(part, chunk.start);
      at += chunk.length;
    }
    return out;
  }

  toString(): string {
    return decoder.decode(this.bytes());
  }

  /** Nothing of it is generated. */
  get isLiteral(): boolean {
    return this.literal !== null || this.chunks.every((chunk) => chunk.source === null);
  }

  /** The bytes, if they lie there in one piece: what sockets mostly carry. Never change the result. */
  get asOne(): Uint8Array | null {
    return this.literal;
  }

  /** Literal bytes that are all there is of their buffer: whoever keeps it keeps nothing else. */
  get isItsBuffer(): boolean {
    return this.literal !== null && this.length === this.literal.buffer.byteLength;
  }

  /** How many of its bytes a disk has to keep. */
  get stored(): number {
    let holes = 0;
    for (const { source, length } of this.pieced ?? [])
      if (source?.stored !== undefined) holes += length - Math.min(length, source.stored);
    return this.length - holes;
  }

  /** The source this rope is the whole of, or null. */
  get wholeSource(): ByteSource | null {
    const first = this.chunks[0];
    if (this.chunks.length !== 1 || first === undefined || first.source === null) return null;
    return first.start === 0 && first.length === first.source.length ? first.source : null;
  }

  /** Equal keys mean equal bytes, and the key is cheap for generated content: literal bytes are not in it. */
  get identity(): string | null {
    let key = '';
    for (const chunk of this.chunks) {
      if (chunk.source === null) return null;
      key += `${chunk.source.id}[${chunk.start}+${chunk.length}]`;
    }
    return key;
  }

  /** Walks the pieces: literal bytes as they are, generated ones as their source and range. */
  *pieces(): Generator<{ bytes: Uint8Array } | { source: ByteSource; start: number; length: number }> {
    for (const chunk of this.chunks) {
      if (chunk.bytes !== null) yield { bytes: chunk.bytes.subarray(chunk.start, chunk.start + chunk.length) };
      else if (chunk.source !== null) yield { source: chunk.source, start: chunk.start, length: chunk.length };
    }
  }
}

function pushMerged(out: Chunk[], chunk: Chunk): void {
  const last = out[out.length - 1];
  const adjacent = last !== undefined && last.start + last.length === chunk.start;
  if (
    adjacent &&
    ((last.source !== null && last.source === chunk.source) || (last.bytes !== null && last.bytes === chunk.bytes))
  ) {
    out[out.length - 1] = { ...last, length: last.length + chunk.length };
  } else {
    out.push(chunk);
  }
}

/** What may be written to a file or socket. */
export type Data = Uint8Array | string | Rope;

export function toRope(data: Data): Rope {
  if (typeof data === 'string') return Rope.text(data);
  return data instanceof Rope ? data : Rope.of(data);
}

export function toBytes(data: Data): Uint8Array {
  if (typeof data === 'string') return textBytes(data);
  return data instanceof Rope ? data.bytes() : data;
}

export function utf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
