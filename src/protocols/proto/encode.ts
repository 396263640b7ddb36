import { type CompiledField, kind, shape, wireTypeOf } from './compile.ts';
import type { CompiledMessage } from './message-type.ts';
import { unknownFields, unknownKept } from './message-type.ts';
import { ProtoError } from './proto-error.ts';

// Messages are written backwards, from the end of the buffer: by the time a length prefix is due, what it measures is
// already there, so one pass is enough. Small results are views of a shared chunk (as small as it is, holding one
// message does not hold much else, and posting one to another thread does not copy much else); a message that outgrows
// pooledBytesMax moves to the large buffer, and its result is a copy.
const chunkBytes = 8192;
const pooledBytesMax = 2048;
/** A large buffer that grew beyond this is not kept. */
const keptBytesMax = 1 << 20;

let chunk = new Uint8Array(chunkBytes);
let chunkView = new DataView(chunk.buffer);
/** Everything in the chunk from here on belongs to earlier messages. */
let chunkEnd = chunkBytes;
let large = new Uint8Array(0);

/** The chunk or the large buffer: where the message in hand is being written. */
let buffer = chunk;
let view = chunkView;
let end = chunkBytes;
let position = chunkBytes;

const textEncoder = new TextEncoder();
const scratch = new DataView(new ArrayBuffer(8));

/** What stands for a message where one is to be written: its bytes, see recurring.ts. */
export class EncodedMessage {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

export function encodeMessage(type: CompiledMessage, message: Record<string, unknown>): Uint8Array {
  if (message instanceof EncodedMessage) return message.bytes;
  buffer = chunk;
  view = chunkView;
  end = chunkEnd;
  position = chunkEnd;
  writeMessage(type, message);
  if (buffer === large) {
    if (large.length > keptBytesMax) large = new Uint8Array(0);
    return buffer.slice(position, end);
  }
  chunkEnd = position;
  return buffer.subarray(position, end);
}

function reserve(bytes: number): void {
  if (position < bytes) grow(bytes);
}

function grow(bytes: number): void {
  const before = buffer;
  const used = end - position;
  const isLarge = used + bytes > pooledBytesMax;
  if (isLarge) {
    let size = Math.max(large.length, chunkBytes);
    while (size < used + bytes) size *= 2;
    if (size > large.length || before === large) large = new Uint8Array(size);
    buffer = large;
    view = new DataView(large.buffer);
  } else {
    chunk = new Uint8Array(chunkBytes);
    chunkView = new DataView(chunk.buffer);
    buffer = chunk;
    view = chunkView;
    chunkEnd = chunkBytes;
  }
  buffer.set(before.subarray(position, end), buffer.length - used);
  end = buffer.length;
  position = end - used;
}

function writeMessage(type: CompiledMessage, message: Record<string, unknown>): void {
  if (unknownKept.any) {
    const unknown = (message as { [unknownFields]?: Uint8Array })[unknownFields];
    if (unknown !== undefined) writeRaw(unknown);
  }
  const fields = type.ordered;
  for (let index = fields.length - 1; index >= 0; index--) {
    const field = fields[index] as CompiledField;
    const value = message[field.key];
    if (value === undefined || value === null) continue;
    switch (field.shape) {
      case shape.single:
        if (isZero(field, value)) continue;
        writeValue(field, value);
        writeTag(field.tag);
        break;
      case shape.optional:
        writeValue(field, value);
        writeTag(field.tag);
        break;
      case shape.repeated: {
        const items = value as readonly unknown[];
        for (let at = items.length - 1; at >= 0; at--) {
          writeValue(field, items[at]);
          writeTag(field.tag);
        }
        break;
      }
      case shape.packed:
        writePacked(field, value as readonly unknown[]);
        break;
      case shape.map:
        writeMap(field, value as Record<string, unknown>);
        break;
    }
  }
}

function isZero(field: CompiledField, value: unknown): boolean {
  switch (field.kind) {
    case kind.string:
      return value === '';
    case kind.message:
      return false;
    case kind.bytes:
      return (value as Uint8Array).length === 0;
    case kind.bool:
      return value === false;
    case kind.double:
    case kind.float:
      return Object.is(value, 0);
    default:
      return value === 0 || value === 0n;
  }
}

function writePacked(field: CompiledField, items: readonly unknown[]): void {
  if (items.length === 0) return;
  const before = end - position;
  for (let at = items.length - 1; at >= 0; at--) writeValue(field, items[at]);
  writeVarint(end - position - before);
  writeTag(field.packedTag);
}

function writeMap(field: CompiledField, map: Record<string, unknown>): void {
  const keys = Object.keys(map);
  const valueTag = (2 << 3) | wireTypeOf(field.kind);
  for (let at = keys.length - 1; at >= 0; at--) {
    const key = keys[at] as string;
    const value = map[key];
    if (value === undefined) continue;
    const before = end - position;
    // Go writes key and value of an entry even when they are zero.
    writeValue(field, value);
    writeTag(valueTag);
    writeString(key);
    writeTag(10);
    writeVarint(end - position - before);
    writeTag(field.packedTag);
  }
}

function writeValue(field: CompiledField, value: unknown): void {
  switch (field.kind) {
    case kind.string:
      writeString(value as string);
      break;
    case kind.message: {
      const before = end - position;
      if (value instanceof EncodedMessage) writeRaw(value.bytes);
      else
        writeMessage((field.messageType as { compiled: CompiledMessage }).compiled, value as Record<string, unknown>);
      writeVarint(end - position - before);
      break;
    }
    case kind.bytes:
      writeRaw(value as Uint8Array);
      writeVarint((value as Uint8Array).length);
      break;
    case kind.bool:
      writeVarint(value ? 1 : 0);
      break;
    case kind.int32:
      writeInt32(checkInteger(field, value, -0x80000000, 0x7fffffff));
      break;
    case kind.uint32:
      writeVarint(checkInteger(field, value, 0, 0xffffffff));
      break;
    case kind.sint32: {
      const number = checkInteger(field, value, -0x80000000, 0x7fffffff);
      writeVarint(((number << 1) ^ (number >> 31)) >>> 0);
      break;
    }
    case kind.int64:
    case kind.uint64:
      writeBig(field, value as bigint | number);
      break;
    case kind.sint64: {
      const big = toBig(field, value as bigint | number);
      writeBig(field, BigInt.asUintN(64, (big << 1n) ^ (big >> 63n)));
      break;
    }
    case kind.fixed32:
    case kind.sfixed32:
      reserve(4);
      position -= 4;
      view.setInt32(position, value as number, true);
      break;
    case kind.float:
      reserve(4);
      position -= 4;
      view.setFloat32(position, value as number, true);
      break;
    case kind.double:
      reserve(8);
      position -= 8;
      view.setFloat64(position, value as number, true);
      break;
    case kind.fixed64:
    case kind.sfixed64:
      reserve(8);
      position -= 8;
      view.setBigInt64(position, BigInt.asIntN(64, toBig(field, value as bigint | number)), true);
      break;
  }
}

function checkInteger(field: CompiledField, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ProtoError(`field ${field.key}: ${String(value)} is not an integer from ${min} to ${max}`);
}

function toBig(field: CompiledField, value: bigint | number): bigint {
  if (typeof value === 'bigint') return value;
  if (Number.isSafeInteger(value)) return BigInt(value);
  throw new ProtoError(`field ${field.key}: ${String(value)} is not exact as a 64 bit integer; pass a bigint`);
}

/** Writes a tag. All tags of fields below 16 fit one byte. */
function writeTag(tag: number): void {
  if (tag < 128) {
    if (position < 1) grow(1);
    buffer[--position] = tag;
  } else {
    writeVarint(tag);
  }
}

/** @param value 0 to 2^32 - 1 */
function writeVarint(value: number): void {
  if (position < 5) grow(5);
  if (value < 0x80) {
    buffer[--position] = value;
    return;
  }
  const length = value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
  position -= length;
  let at = position;
  let rest = value;
  while (rest > 127) {
    buffer[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  buffer[at] = rest;
}

/** Negative numbers take ten bytes on the wire, as they are extended to 64 bits. */
function writeInt32(value: number): void {
  if (value >= 0) writeVarint(value);
  else writeParts(value >>> 0, 0xffffffff);
}

function writeBig(field: CompiledField, value: bigint | number): void {
  if (typeof value === 'number' && value >= 0 && value <= 0xffffffff) {
    writeVarint(checkInteger(field, value, 0, 0xffffffff));
    return;
  }
  scratch.setBigInt64(0, toBig(field, value), true);
  writeParts(scratch.getUint32(0, true), scratch.getUint32(4, true));
}

function writeParts(low: number, high: number): void {
  if (high === 0) {
    writeVarint(low);
    return;
  }
  reserve(10);
  let length = 5;
  for (let rest = high >>> 3; rest > 0; rest >>>= 7) length++;
  position -= length;
  let at = position;
  const last = at + length - 1;
  for (let shift = 0; shift < 28; shift += 7) buffer[at++] = ((low >>> shift) & 127) | 128;
  let rest = (low >>> 28) | ((high & 7) << 4);
  let more = high >>> 3;
  while (at < last) {
    buffer[at++] = rest | 128;
    rest = more & 127;
    more >>>= 7;
  }
  buffer[at] = rest;
}

function writeRaw(bytes: Uint8Array): void {
  reserve(bytes.length);
  position -= bytes.length;
  buffer.set(bytes, position);
}

/** Longer strings are left to TextEncoder, whose fixed cost then pays off. */
const loopLengthMax = 256;

// Reading characters out of a string costs several times what copying a byte does, and the same ids and label keys are
// sent again and again: bytes of strings of such lengths are kept until the arena is full.
const rememberedLengthMin = 12;
const rememberedLengthMax = 96;
const arena = new Uint8Array(1 << 16);
const arenaView = new DataView(arena.buffer);
let arenaUsed = 0;
const remembered = new Map<string, number>();

function writeString(value: string): void {
  const length = value.length;
  if (length > loopLengthMax) {
    writeUnicode(value);
    return;
  }
  if (position < length) grow(length);
  const start = position - length;
  const target = buffer;
  const isRemembered = length >= rememberedLengthMin && length <= rememberedLengthMax;
  if (isRemembered) {
    const at = remembered.get(value);
    if (at !== undefined) {
      let index = 0;
      for (const stop = length - 3; index < stop; index += 4) {
        view.setInt32(start + index, arenaView.getInt32(at + index, true), true);
      }
      for (; index < length; index++) target[start + index] = arena[at + index] as number;
      position = start;
      writeVarint(length);
      return;
    }
  }
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index);
    if (code > 127) {
      writeUnicode(value);
      return;
    }
    target[start + index] = code;
  }
  position = start;
  if (isRemembered) remember(value, start);
  writeVarint(length);
}

function remember(value: string, start: number): void {
  if (arenaUsed + value.length > arena.length) {
    remembered.clear();
    arenaUsed = 0;
  }
  arena.set(buffer.subarray(start, start + value.length), arenaUsed);
  remembered.set(value, arenaUsed);
  arenaUsed += value.length;
}

function writeUnicode(value: string): void {
  const bytes = textEncoder.encode(value);
  writeRaw(bytes);
  writeVarint(bytes.length);
}
