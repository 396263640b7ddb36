import { type CompiledField, kind, shape, wireType } from './compile.ts';
import { noBytes } from './dictionary.ts';
import { type CompiledMessage, unknownFields, unknownKept } from './message-type.ts';
import { malformed, ProtoError } from './proto-error.ts';
import { readUtf8 } from './utf8.ts';

/** Deeper nesting than any real message has; keeps hostile bytes from exhausting the stack. */
const depthMax = 500;

let bytes: Uint8Array = noBytes;
let view: DataView = new DataView(noBytes.buffer);
let position = 0;
let depth = 0;
/** The two halves of the varint read last. */
let low = 0;
let high = 0;
const scratch = new DataView(new ArrayBuffer(8));

export function decodeMessage(type: CompiledMessage, input: Uint8Array): Record<string, unknown> {
  bytes = input;
  view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  position = 0;
  depth = 0;
  try {
    const result = type.blank();
    readMessage(type, result, input.length);
    return result;
  } finally {
    bytes = noBytes;
  }
}

function readMessage(type: CompiledMessage, message: Record<string, unknown>, end: number): void {
  if (++depth > depthMax) throw malformed();
  const byNumber = type.byNumber;
  while (position < end) {
    const start = position;
    const tag = readVarint32();
    const field = byNumber[tag >>> 3];
    if (field === undefined) {
      keepUnknown(message, start, tag, end);
    } else if (tag === field.tag) {
      switch (field.shape) {
        case shape.single:
        case shape.optional:
          if (field.kind === kind.message) readSubmessage(field, message, end);
          else message[field.key] = readValue(field, end);
          break;
        case shape.repeated:
        case shape.packed:
          (message[field.key] as unknown[]).push(readValue(field, end));
          break;
        case shape.map:
          readEntry(field, message, end);
          break;
      }
    } else if (tag === field.packedTag && field.shape === shape.packed) {
      readPacked(field, message[field.key] as unknown[], end);
    } else if (tag === field.packedTag && field.shape === shape.map) {
      readEntry(field, message, end);
    } else {
      keepUnknown(message, start, tag, end);
    }
  }
  if (position !== end) throw malformed();
  depth--;
}

/** A message field that occurs twice is merged, as the format demands. */
function readSubmessage(field: CompiledField, message: Record<string, unknown>, end: number): void {
  const type = (field.messageType as { compiled: CompiledMessage }).compiled;
  let target = message[field.key] as Record<string, unknown> | undefined;
  if (target === undefined) {
    target = type.blank();
    message[field.key] = target;
  }
  readMessage(type, target, readEnd(end));
}

function readPacked(field: CompiledField, items: unknown[], end: number): void {
  const stop = readEnd(end);
  while (position < stop) items.push(readValue(field, stop));
  if (position !== stop) throw malformed();
}

function readEntry(field: CompiledField, message: Record<string, unknown>, end: number): void {
  const stop = readEnd(end);
  let key = '';
  let value: unknown;
  while (position < stop) {
    const tag = readVarint32();
    if (tag === 10) key = readString(stop);
    else if (tag >>> 3 === 2 && (tag & 7) === field.wireType) value = readValue(field, stop);
    else skip(tag, stop);
  }
  if (position !== stop) throw malformed();
  (message[field.key] as Record<string, unknown>)[key] = value ?? zeroOf(field);
}

export function zeroOf(field: CompiledField): unknown {
  switch (field.kind) {
    case kind.string:
      return '';
    case kind.message:
      return (field.messageType as { compiled: CompiledMessage }).compiled.blank();
    case kind.bytes:
      return noBytes;
    case kind.bool:
      return false;
    case kind.int64:
    case kind.uint64:
    case kind.sint64:
    case kind.fixed64:
    case kind.sfixed64:
      return 0n;
    default:
      return 0;
  }
}

function readEnd(end: number): number {
  const length = readVarint32();
  const stop = position + length;
  if (stop > end) throw malformed();
  return stop;
}

function readValue(field: CompiledField, end: number): unknown {
  switch (field.kind) {
    case kind.string:
      return readString(end);
    case kind.message: {
      const type = (field.messageType as { compiled: CompiledMessage }).compiled;
      const message = type.blank();
      readMessage(type, message, readEnd(end));
      return message;
    }
    case kind.bytes: {
      const stop = readEnd(end);
      const value = stop === position ? noBytes : bytes.slice(position, stop);
      position = stop;
      return value;
    }
    case kind.int32:
      readVarint64();
      return low | 0;
    case kind.uint32:
      readVarint64();
      return low;
    case kind.sint32:
      readVarint64();
      return (low >>> 1) ^ -(low & 1);
    case kind.bool:
      readVarint64();
      return low !== 0 || high !== 0;
    case kind.int64:
      readVarint64();
      if (high === 0) return BigInt(low);
      scratch.setUint32(0, low, true);
      scratch.setUint32(4, high, true);
      return scratch.getBigInt64(0, true);
    case kind.uint64:
      readVarint64();
      if (high === 0) return BigInt(low);
      scratch.setUint32(0, low, true);
      scratch.setUint32(4, high, true);
      return scratch.getBigUint64(0, true);
    case kind.sint64: {
      readVarint64();
      const big = (BigInt(high) << 32n) | BigInt(low);
      return (big >> 1n) ^ -(big & 1n);
    }
    default:
      return readFixed(field, end);
  }
}

function readFixed(field: CompiledField, end: number): unknown {
  const at = position;
  position += field.wireType === wireType.fixed32 ? 4 : 8;
  if (position > end) throw malformed();
  switch (field.kind) {
    case kind.double:
      return view.getFloat64(at, true);
    case kind.float:
      return view.getFloat32(at, true);
    case kind.fixed32:
      return view.getUint32(at, true);
    case kind.sfixed32:
      return view.getInt32(at, true);
    case kind.fixed64:
      return view.getBigUint64(at, true);
    default:
      return view.getBigInt64(at, true);
  }
}

function readString(end: number): string {
  const stop = readEnd(end);
  const start = position;
  position = stop;
  if (stop === start) return '';
  const text = readUtf8(bytes, view, start, stop);
  if (text === undefined) throw new ProtoError('proto: string field contains invalid UTF-8');
  return text;
}

/** Tags and lengths: more than 32 bits are malformed here, as no message of ours is that long. */
function readVarint32(): number {
  const first = bytes[position] as number;
  if (first < 128) {
    position++;
    return first;
  }
  readVarint64();
  if (high !== 0) throw malformed();
  return low;
}

function readVarint64(): void {
  const input = bytes;
  let at = position;
  let byte = input[at++];
  if (byte === undefined) throw malformed();
  if (byte < 128) {
    position = at;
    low = byte;
    high = 0;
    return;
  }
  let lower = byte & 127;
  let upper = 0;
  for (let shift = 7; shift < 70; shift += 7) {
    byte = input[at++];
    if (byte === undefined) throw malformed();
    const bits = byte & 127;
    if (shift < 28) {
      lower |= bits << shift;
    } else if (shift === 28) {
      lower |= bits << 28;
      upper = bits >>> 4;
    } else {
      upper |= bits << (shift - 32);
    }
    if (byte < 128) {
      position = at;
      low = lower >>> 0;
      high = upper >>> 0;
      return;
    }
  }
  throw malformed();
}

function keepUnknown(message: Record<string, unknown>, start: number, tag: number, end: number): void {
  skip(tag, end);
  const holder = message as { [unknownFields]?: Uint8Array };
  const before = holder[unknownFields];
  const added = bytes.slice(start, position);
  unknownKept.any = true;
  if (before === undefined) {
    Object.defineProperty(message, unknownFields, { value: added, configurable: true, writable: true });
    return;
  }
  const both = new Uint8Array(before.length + added.length);
  both.set(before);
  both.set(added, before.length);
  holder[unknownFields] = both;
}

function skip(tag: number, end: number): void {
  if (tag >>> 3 === 0) throw malformed();
  switch (tag & 7) {
    case wireType.varint:
      readVarint64();
      break;
    case wireType.fixed64:
      position += 8;
      break;
    case wireType.lengthDelimited:
      position = readEnd(end);
      break;
    case wireType.fixed32:
      position += 4;
      break;
    case wireType.startGroup:
      skipGroup(tag >>> 3, end);
      break;
    default:
      throw malformed();
  }
  if (position > end) throw malformed();
}

function skipGroup(number: number, end: number): void {
  if (++depth > depthMax) throw malformed();
  for (;;) {
    if (position >= end) throw malformed();
    const tag = readVarint32();
    if ((tag & 7) === wireType.endGroup) {
      if (tag >>> 3 !== number) throw malformed();
      depth--;
      return;
    }
    skip(tag, end);
  }
}
