/**
 * Lists that are asked for again and again and hardly change: a kubelet looks at all pods and containers every second.
 * The side that answers keeps each entry's bytes (`encodeOnce`), the side that asks each entry's object (`recurring`).
 */
import { shape } from './compile.ts';
import { EncodedMessage } from './encode.ts';
import type { Input, MessageType } from './message-type.ts';

/** A message that is put into others as it is now, however often that happens. */
export function encodeOnce<T>(type: MessageType<T>, message: Input<T>): Input<T> {
  return new EncodedMessage(type.encode(message).slice()) as unknown as Input<T>;
}

type Entry = { readonly start: number; readonly end: number; readonly value: unknown };
type Seen<T> = { readonly bytes: Uint8Array; readonly entries: readonly Entry[]; readonly message: T };

/** So many entries that have gone are looked beyond before an entry counts as new. */
const GONE_MAX = 8;

/**
 * The same message type, decoded with a memory of the last message: entries whose bytes have not changed are the very
 * objects of last time, and if none has, so is the message. Readers must not write to them. For messages that consist
 * of one repeated message field; any other is simply decoded.
 */
export function recurring<T>(type: MessageType<T>): MessageType<T> {
  let seen: Seen<T> | null = null;
  return {
    typeName: type.typeName,
    get fields() {
      return type.fields;
    },
    get compiled() {
      return type.compiled;
    },
    create: (input) => type.create(input),
    encode: (message) => type.encode(message),
    decode(bytes) {
      const next = decodeAfter(type, bytes, seen);
      if (next === null) return type.decode(bytes);
      seen = next;
      return next.message;
    },
  };
}

function decodeAfter<T>(type: MessageType<T>, bytes: Uint8Array, seen: Seen<T> | null): Seen<T> | null {
  const [field, more] = type.compiled.ordered;
  const item = field?.messageType as MessageType<unknown> | undefined;
  if (field === undefined || more !== undefined || field.shape !== shape.repeated || item === undefined) return null;
  const entries: Entry[] = [];
  let expected = 0;
  let changed = seen === null;
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== field.tag) return null;
    const start = endOfVarint(bytes, at + 1);
    const end = start + varint(bytes, at + 1);
    if (end > bytes.length) return null;
    const index = seen === null ? -1 : find(seen, expected, bytes, start, end);
    if (index < 0) {
      changed = true;
      entries.push({ start, end, value: item.decode(bytes.subarray(start, end)) });
    } else {
      if (index !== expected) changed = true;
      expected = index + 1;
      entries.push({ start, end, value: (seen as Seen<T>).entries[index]?.value });
    }
    at = end;
  }
  if (seen !== null && !changed && entries.length === seen.entries.length) return seen;
  const message = type.create();
  const list = (message as Record<string, unknown[]>)[field.key] as unknown[];
  for (const { value } of entries) list.push(value);
  return { bytes, entries, message };
}

function find(seen: Seen<unknown>, from: number, bytes: Uint8Array, start: number, end: number): number {
  const stop = Math.min(seen.entries.length, from + GONE_MAX);
  for (let index = from; index < stop; index++) {
    const entry = seen.entries[index] as Entry;
    if (entry.end - entry.start === end - start && areEqual(seen.bytes, entry.start, bytes, start, end - start))
      return index;
  }
  return -1;
}

function areEqual(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  const left = new DataView(a.buffer, a.byteOffset + aStart, length);
  const right = new DataView(b.buffer, b.byteOffset + bStart, length);
  let index = 0;
  for (const stop = length - 3; index < stop; index += 4)
    if (left.getInt32(index) !== right.getInt32(index)) return false;
  for (; index < length; index++) if (a[aStart + index] !== b[bStart + index]) return false;
  return true;
}

/** A length of up to 32 bits; anything longer leads beyond the end and is left to the strict decoder. */
function varint(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let index = at, factor = 1; ; index++, factor *= 128) {
    const byte = bytes[index];
    if (byte === undefined || factor > 2 ** 31) return Number.POSITIVE_INFINITY;
    value += (byte & 127) * factor;
    if (byte < 128) return value;
  }
}

function endOfVarint(bytes: Uint8Array, at: number): number {
  let end = at;
  while ((bytes[end] ?? 0) > 127) end++;
  return end + 1;
}
