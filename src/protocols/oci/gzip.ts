/**
 * gzip over ropes. Generated bulk goes into stored blocks, so that it stays the rope it was; literal bytes and runs of
 * zeros are really compressed, which gives blobs the ratio that real layers have.
 * @models RFC 1951, RFC 1952
 * @fidelity full: what was packed elsewhere is inflated by fflate
 */
import { Gunzip } from 'fflate';
import { type ByteSource, Rope } from '../../linux/rope.ts';
import { crc32OfRope } from './crc32.ts';
import { deflateRun, deflateZeros } from './deflate.ts';
import { digestOf } from './digest.ts';
import { Inflated, InflatedTooLong, PACKED_STEP } from './inflated.ts';
import { expand, RopeCursor } from './rope-cursor.ts';
import { isZeros, zeros } from './zeros.ts';

/** Broken input; `message` is what Go's compress/gzip says. */
export class GzipError extends Error {
  override readonly name = 'GzipError';
}

const STORED_MAX = 65_535;
/** Zero runs are emitted in these units, largest first: one literal and so many matches of length 258. */
const ZERO_UNITS = [65_027, 4064, 254, 16, 2];
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
const FINAL_EMPTY_BLOCK = Uint8Array.of(1, 0, 0, 255, 255);
/** Literal runs shorter than this are not worth a block of their own. */
const DEFLATE_MIN = 64;
const DEFLATE_MAX = 1 << 20;

/** Runs that were deflated here, and what they hold: reading one back needs no inflating. */
const deflatedRuns = new WeakMap<ByteSource, Rope>();
const zeroUnits = new Map<number, Rope>();

/** Content of blobs that were made here. */
const inflatedViews = new WeakMap<ByteSource, () => Rope>();

/** Declares that gunzip of `packed` gives `inflated`. The catalogue's test proves it for each of its layers. */
export function registerInflated(packed: ByteSource, inflated: () => Rope): void {
  inflatedViews.set(packed, inflated);
}

/** `crc` spares computing it here; otherwise it is computed when somebody looks at the trailer's bytes. */
export function gzip(content: Rope, crc?: number): Rope {
  const parts: Rope[] = [Rope.of(HEADER)];
  let stored: Rope[] = [];
  let storedLength = 0;
  const flush = (): void => {
    if (storedLength === 0) return;
    const n = storedLength;
    parts.push(Rope.of(Uint8Array.of(0, n & 255, n >> 8, ~n & 255, (~n >> 8) & 255)), ...stored);
    stored = [];
    storedLength = 0;
  };
  const store = (rope: Rope): void => {
    for (let at = 0; at < rope.length; ) {
      const part = rope.slice(at, at + STORED_MAX - storedLength);
      stored.push(part);
      storedLength += part.length;
      at += part.length;
      if (storedLength === STORED_MAX) flush();
    }
  };
  const deflated = (run: Rope): void => {
    flush();
    parts.push(run);
  };
  let literals: Rope[] = [];
  const flushLiterals = (): void => {
    const run = Rope.concat(literals);
    literals = [];
    if (run.length < DEFLATE_MIN) {
      store(run);
      return;
    }
    for (let at = 0; at < run.length; at += DEFLATE_MAX) {
      const part = run.slice(at, at + DEFLATE_MAX);
      deflated(knownRun(deflateRun(part.bytes()), part));
    }
  };
  for (const piece of expand(content).pieces()) {
    if ('bytes' in piece) {
      literals.push(Rope.of(piece.bytes));
    } else if (isZeros(piece.source)) {
      let left = piece.length;
      if (left >= zeroUnitLength(ZERO_UNITS.at(-1) ?? 0)) flushLiterals();
      for (const unit of ZERO_UNITS) {
        for (const length = zeroUnitLength(unit); left >= length; left -= length) deflated(zeroUnit(unit));
      }
      literals.push(Rope.of(new Uint8Array(left)));
    } else {
      flushLiterals();
      store(Rope.from(piece.source).slice(piece.start, piece.start + piece.length));
    }
  }
  flushLiterals();
  flush();
  parts.push(
    Rope.of(FINAL_EMPTY_BLOCK),
    crc === undefined ? lazyTrailer(content) : Rope.of(trailer(crc, content.length)),
  );
  return Rope.concat(parts);
}

function trailer(crc: number, length: number): Uint8Array {
  const size = length % 4_294_967_296;
  return Uint8Array.of(crc, crc >>> 8, crc >>> 16, crc >>> 24, size, size / 256, size / 65_536, size / 16_777_216);
}

let lazyTrailers = 0;

function lazyTrailer(content: Rope): Rope {
  let bytes: Uint8Array | null = null;
  return Rope.from({
    id: `gzip-trailer:${content.identity ?? `literal-${lazyTrailers++}`}`,
    length: 8,
    fill(out, start) {
      bytes ??= trailer(crc32OfRope(content), content.length);
      out.set(bytes.subarray(start, start + out.length));
    },
  });
}

function knownRun(bytes: Uint8Array, content: Rope): Rope {
  const source: ByteSource = {
    id: `deflated:${digestOf(Rope.of(bytes))}`,
    length: bytes.length,
    fill: (out, start) => out.set(bytes.subarray(start, start + out.length)),
  };
  deflatedRuns.set(source, content);
  return Rope.from(source);
}

function zeroUnit(matches: number): Rope {
  let unit = zeroUnits.get(matches);
  if (unit === undefined) {
    unit = knownRun(deflateZeros(matches), zeros(zeroUnitLength(matches)));
    zeroUnits.set(matches, unit);
  }
  return unit;
}

function zeroUnitLength(matches: number): number {
  return 1 + 258 * matches;
}

export function isGzip(rope: Rope): boolean {
  const source = rope.wholeSource;
  if (source !== null && inflatedViews.has(source)) return true;
  const [a, b] = rope.slice(0, 2).bytes();
  return a === 0x1f && b === 0x8b;
}

/** The content of a (possibly multi-member) gzip file. Throws GzipError. */
export function gunzip(packed: Rope): Rope {
  const source = packed.wholeSource;
  const view = source === null ? undefined : inflatedViews.get(source);
  if (view !== undefined) return view();
  if (packed.length === 0) throw new GzipError('EOF');
  const members: Rope[] = [];
  const cursor = new RopeCursor(packed);
  while (cursor.remaining > 0) {
    const at = cursor.position;
    skipHeader(cursor);
    const content = knownBlocks(cursor);
    if (content === null) {
      members.push(...inflateMembers(packed.slice(at).bytes()));
      break;
    }
    checkTrailer(content, cursor.take(8).bytes());
    members.push(content);
  }
  return members.length === 1 ? (members[0] as Rope) : Rope.concat(members);
}

function checkTrailer(content: Rope, found: Uint8Array): void {
  if (found.length < 8) throw new GzipError('unexpected EOF');
  const wanted = trailer(crc32OfRope(content), content.length);
  if (!wanted.every((byte, i) => byte === found[i])) throw new GzipError('gzip: invalid checksum');
}

function skipHeader(cursor: RopeCursor): void {
  const head = cursor.take(10).bytes();
  if (head.length < 10) throw new GzipError('unexpected EOF');
  if (head[0] !== 0x1f || head[1] !== 0x8b || head[2] !== 8) throw new GzipError('gzip: invalid header');
  const flags = head[3] ?? 0;
  const byte = (): number => {
    const value = cursor.take(1).bytes()[0];
    if (value === undefined) throw new GzipError('unexpected EOF');
    return value;
  };
  if ((flags & 4) !== 0) cursor.skip(byte() | (byte() << 8));
  if ((flags & 8) !== 0) while (byte() !== 0);
  if ((flags & 16) !== 0) while (byte() !== 0);
  if ((flags & 2) !== 0) cursor.skip(2);
}

/** The content when every block is stored on a byte boundary or was deflated here, else null. */
function knownBlocks(cursor: RopeCursor): Rope | null {
  const parts: Rope[] = [];
  for (;;) {
    const source = cursor.peekSource();
    const run = source === null ? undefined : deflatedRuns.get(source);
    if (source !== null && run !== undefined) {
      cursor.skip(source.length);
      parts.push(run);
      continue;
    }
    const [first, a = 0, b = 0, c = 0, d = 0] = cursor.peek(5).bytes();
    if (first === undefined) throw new GzipError('unexpected EOF');
    if (first > 1) return null;
    cursor.skip(5);
    const length = a | (b << 8);
    if ((length ^ (c | (d << 8))) !== 0xffff)
      throw new GzipError(`flate: corrupt input before offset ${cursor.position}`);
    const part = cursor.take(length);
    if (part.length < length) throw new GzipError('unexpected EOF');
    parts.push(part);
    if (first === 1) return Rope.concat(parts);
  }
}

/** Everything from here on through fflate, which finds the members' ends; their checksums are ours to check. */
function inflateMembers(packed: Uint8Array): Rope[] {
  const first = new Inflated();
  const members: Inflated[] = [first];
  const starts: number[] = [0];
  try {
    const stream = new Gunzip((chunk) => members.at(-1)?.push(chunk));
    stream.onmember = (offset) => {
      starts.push(offset);
      members.push(first.another());
    };
    // In parts: what a part inflates to is bounded, and with it what is held before the limit is noticed.
    for (let at = 0; at < packed.length; at += PACKED_STEP)
      stream.push(packed.subarray(at, at + PACKED_STEP), at + PACKED_STEP >= packed.length);
  } catch (error) {
    if (error instanceof InflatedTooLong) throw new GzipError(error.message);
    const message = (error as Error).message;
    throw new GzipError(message === 'unexpected EOF' ? message : `flate: corrupt input before offset ${packed.length}`);
  }
  return members.map((member, i) => {
    const content = member.rope();
    const end = starts[i + 1] ?? packed.length;
    checkTrailer(content, packed.subarray(Math.max(0, end - 8), end));
    return content;
  });
}
