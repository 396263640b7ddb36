// The same strings cross the wire again and again: ids, names, label keys. Short ones are looked up in a fixed table by
// a hash of a few sampled bytes and compared in full, which is cheaper than making a new string, and saves its memory.
// The comparison is with a copy of the bytes: reading characters out of a string costs several times as much.
const internedBytesMax = 96;
const slots = 4096;
const internedText = new Array<string>(slots).fill('');
const internedAt = new Int32Array(slots);
const arena = new Uint8Array(1 << 17);
const arenaView = new DataView(arena.buffer);
let arenaUsed = 0;

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * @param view of the same bytes
 * @returns the text of bytes[start, end), or undefined when it is not valid UTF-8
 */
export function readUtf8(bytes: Uint8Array, view: DataView, start: number, end: number): string | undefined {
  const length = end - start;
  if (length > internedBytesMax || length === 0) return decodeStrictly(bytes, start, end);
  // Eight bytes spread over the string and the last two, which are what tells numbered names apart.
  let hash = length ^ ((bytes[end - 1] as number) << 8) ^ ((bytes[length > 1 ? end - 2 : start] as number) << 16);
  for (let step = 0; step < 8; step++)
    hash = Math.imul(hash ^ (bytes[start + ((length * step) >> 3)] as number), 0x9e3779b1);
  const slot = (hash ^ (hash >>> 15)) & (slots - 1);
  const known = internedText[slot] as string;
  if (known.length === length && equalAt(bytes, view, start, length, internedAt[slot] as number)) return known;
  for (let at = start; at < end; at++) {
    if ((bytes[at] as number) > 127) return decodeStrictly(bytes, start, end);
  }
  const own = bytes.subarray(start, end);
  const text = String.fromCharCode.apply(undefined, own as unknown as number[]);
  if (arenaUsed + length > arena.length) {
    internedText.fill('');
    arenaUsed = 0;
  }
  arena.set(own, arenaUsed);
  internedText[slot] = text;
  internedAt[slot] = arenaUsed;
  arenaUsed += length;
  return text;
}

function equalAt(bytes: Uint8Array, view: DataView, start: number, length: number, base: number): boolean {
  let index = 0;
  for (const stop = length - 3; index < stop; index += 4) {
    if (view.getInt32(start + index, true) !== arenaView.getInt32(base + index, true)) return false;
  }
  for (; index < length; index++) if (bytes[start + index] !== arena[base + index]) return false;
  return true;
}

function decodeStrictly(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    return strictDecoder.decode(bytes.subarray(start, end));
  } catch {
    return undefined;
  }
}
