/** Reading a rope front to back in linear time, however many pieces it has. */
import { type ByteSource, Rope } from '../../linux/rope.ts';

type Piece = { rope: Rope; length: number };

/** Sources that know their own inner structure are replaced by it, so that slices keep pointing at the bulk content. */
export function expand(rope: Rope): Rope {
  const parts: Rope[] = [];
  let expanded = false;
  for (const piece of rope.pieces()) {
    if ('bytes' in piece) {
      parts.push(Rope.of(piece.bytes));
      continue;
    }
    const { source, start, length } = piece;
    const inner = source.asRope?.();
    if (inner !== undefined) expanded = true;
    parts.push((inner ?? Rope.from(source)).slice(start, start + length));
  }
  return expanded ? Rope.concat(parts) : rope;
}

export class RopeCursor {
  /** Bytes consumed so far. */
  position = 0;
  readonly length: number;
  private readonly pieces: Generator<Piece>;
  private current: Rope = Rope.empty;

  constructor(rope: Rope) {
    this.length = rope.length;
    this.pieces = piecesOf(expand(rope));
  }

  get remaining(): number {
    return this.length - this.position;
  }

  /** The next `length` bytes, fewer at the end. */
  take(length: number): Rope {
    const parts: Rope[] = [];
    let missing = length;
    while (missing > 0) {
      if (this.current.length === 0) {
        const next = this.pieces.next();
        if (next.done === true) break;
        this.current = next.value.rope;
      }
      const part = this.current.slice(0, missing);
      this.current = this.current.slice(part.length);
      parts.push(part);
      missing -= part.length;
    }
    this.position += length - missing;
    return parts.length === 1 ? (parts[0] as Rope) : Rope.concat(parts);
  }

  /** The next bytes without consuming them. */
  peek(length: number): Rope {
    const taken = this.take(length);
    this.position -= taken.length;
    this.current = taken.concat(this.current);
    return taken;
  }

  /** The source whose whole content comes next, or null. */
  peekSource(): ByteSource | null {
    if (this.current.length === 0) {
      const next = this.pieces.next();
      if (next.done === true) return null;
      this.current = next.value.rope;
    }
    return this.current.wholeSource;
  }

  skip(length: number): void {
    this.take(length);
  }
}

function* piecesOf(rope: Rope): Generator<Piece> {
  for (const piece of rope.pieces()) {
    if ('bytes' in piece) yield { rope: Rope.of(piece.bytes), length: piece.bytes.length };
    else yield { rope: Rope.from(piece.source).slice(piece.start, piece.start + piece.length), length: piece.length };
  }
}
