import { enumName, type Field, isEnumType, isMessageType, type MessageType } from './proto/message-type.ts';
import { timestampText } from './protojson.ts';

/** One field as it lies on the wire, for views that show named fields beside the bytes they come from. */
export interface WireNode {
  readonly fieldNumber: number;
  readonly wireType: number;
  /** As in the .proto text; null when the type does not know the number. */
  readonly name: string | null;
  /** Of the value: `string`, `int64`, `runtime.v1.PodSandboxMetadata`; `unknown` with no name. */
  readonly typeName: string;
  /** Byte range of the field: tag, length if any, value. The value alone starts at valueStart. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
  /** The value for people; '' for messages, whose value is their children. */
  readonly text: string;
  readonly children: readonly WireNode[];
}

export interface WireView {
  readonly typeName: string;
  readonly nodes: readonly WireNode[];
  /** Where reading stopped because the bytes are no message any further; undefined when all were read. */
  readonly malformedAt: number | undefined;
}

const depthMax = 100;
const textLengthMax = 200;

export function wireView(type: MessageType<unknown>, bytes: Uint8Array): WireView {
  const cursor: Cursor = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 };
  const { nodes, malformedAt } = readNodes(cursor, type.fields, bytes.length, 0);
  return { typeName: type.typeName, nodes, malformedAt };
}

interface Cursor {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at: number;
}

interface Nodes {
  readonly nodes: WireNode[];
  readonly malformedAt: number | undefined;
}

function readNodes(cursor: Cursor, fields: readonly Field[], end: number, depth: number): Nodes {
  const nodes: WireNode[] = [];
  while (cursor.at < end) {
    const start = cursor.at;
    const node = readNode(cursor, fields, end, depth);
    if (node === undefined) return { nodes, malformedAt: start };
    nodes.push(node);
  }
  return { nodes, malformedAt: undefined };
}

function readNode(cursor: Cursor, fields: readonly Field[], end: number, depth: number): WireNode | undefined {
  const start = cursor.at;
  const tag = readVarint(cursor, end);
  if (tag === undefined) return undefined;
  const fieldNumber = Number(tag >> 3n);
  const wireType = Number(tag & 7n);
  if (fieldNumber === 0) return undefined;
  const field = fields.find(({ number }) => number === fieldNumber);
  const common = { fieldNumber, wireType, name: field?.name ?? null, start };
  if (wireType === 2) {
    const length = readVarint(cursor, end);
    const valueStart = cursor.at;
    if (length === undefined || length > BigInt(end - valueStart)) return undefined;
    const valueEnd = valueStart + Number(length);
    const { typeName, text, children } = delimited(cursor, field, valueEnd, depth);
    cursor.at = valueEnd;
    return { ...common, typeName, valueStart, end: valueEnd, text, children };
  }
  const valueStart = cursor.at;
  const raw =
    wireType === 0
      ? readVarint(cursor, end)
      : wireType === 1 || wireType === 5
        ? readFixed(cursor, wireType, end)
        : undefined;
  if (raw === undefined) return undefined;
  const text = field === undefined ? String(raw) : scalarText(field, raw, wireType);
  return { ...common, typeName: typeNameOf(field), valueStart, end: cursor.at, text, children: [] };
}

function delimited(
  cursor: Cursor,
  field: Field | undefined,
  end: number,
  depth: number,
): { typeName: string; text: string; children: readonly WireNode[] } {
  const start = cursor.at;
  const bytes = cursor.bytes.subarray(start, end);
  const inside = fieldsInside(field);
  if (field !== undefined && inside !== undefined && depth < depthMax) {
    const { nodes, malformedAt } = readNodes(cursor, inside, end, depth + 1);
    const isMap = field.cardinality === 'map';
    const typeName = isMap ? `map<string, ${typeNameOf(field)}>` : typeNameOf(field);
    return { typeName, text: malformedAt === undefined ? summary(field, nodes) : bytesText(bytes), children: nodes };
  }
  if (field === undefined) return { typeName: 'unknown', text: utf8Text(bytes) ?? bytesText(bytes), children: [] };
  if (field.type === 'string') return { typeName: 'string', text: utf8Text(bytes) ?? bytesText(bytes), children: [] };
  // Many are text all the same: etcd's keys, JSON behind an Any.
  if (field.type === 'bytes') return { typeName: 'bytes', text: utf8Text(bytes) ?? bytesText(bytes), children: [] };
  return { typeName: `packed ${typeNameOf(field)}`, text: packedText(cursor, field, end), children: [] };
}

/** A map entry is a message of two fields. */
function fieldsInside(field: Field | undefined): readonly Field[] | undefined {
  if (field === undefined) return undefined;
  if (field.cardinality === 'map') {
    const key: Field = { number: 1, name: 'key', jsonName: 'key', type: 'string', cardinality: 'single' };
    return [key, { number: 2, name: 'value', jsonName: 'value', type: field.type, cardinality: 'single' }];
  }
  return isMessageType(field.type) ? field.type.fields : undefined;
}

function summary(field: Field, nodes: readonly WireNode[]): string {
  if (field.cardinality === 'map') return nodes.map(({ text }) => text).join(' = ');
  if (typeNameOf(field) !== 'google.protobuf.Timestamp') return '';
  const part = (number: number): string => nodes.find(({ fieldNumber }) => fieldNumber === number)?.text ?? '0';
  return timestampText(BigInt(part(1)), Number(part(2)));
}

function packedText(cursor: Cursor, field: Field, end: number): string {
  const texts: string[] = [];
  const wireType = /^s?fixed32$|^float$/.test(typeNameOf(field))
    ? 5
    : /^s?fixed64$|^double$/.test(typeNameOf(field))
      ? 1
      : 0;
  while (cursor.at < end) {
    const raw = wireType === 0 ? readVarint(cursor, end) : readFixed(cursor, wireType, end);
    if (raw === undefined) break;
    texts.push(scalarText(field, raw, wireType));
  }
  return texts.join(', ');
}

function typeNameOf(field: Field | undefined): string {
  if (field === undefined) return 'unknown';
  return typeof field.type === 'string' ? field.type : field.type.typeName;
}

function scalarText({ type }: Field, raw: bigint, wireType: number): string {
  if (isEnumType(type)) {
    const number = Number(BigInt.asIntN(32, raw));
    return `${enumName(type, number) ?? '?'} (${number})`;
  }
  switch (type) {
    case 'bool':
      return raw === 0n ? 'false' : 'true';
    case 'int32':
    case 'sfixed32':
      return String(BigInt.asIntN(32, raw));
    case 'int64':
    case 'sfixed64':
      return String(BigInt.asIntN(64, raw));
    case 'sint32':
    case 'sint64':
      return String((raw >> 1n) ^ -(raw & 1n));
    case 'double':
    case 'float': {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigUint64(0, raw, true);
      return String(wireType === 5 ? view.getFloat32(0, true) : view.getFloat64(0, true));
    }
    default:
      return String(raw);
  }
}

function readVarint(cursor: Cursor, end: number): bigint | undefined {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (cursor.at >= end) return undefined;
    const byte = cursor.bytes[cursor.at++] as number;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return BigInt.asUintN(64, value);
  }
  return undefined;
}

function readFixed(cursor: Cursor, wireType: number, end: number): bigint | undefined {
  const at = cursor.at;
  cursor.at += wireType === 5 ? 4 : 8;
  if (cursor.at > end) return undefined;
  return wireType === 5 ? BigInt(cursor.view.getUint32(at, true)) : cursor.view.getBigUint64(at, true);
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true });

function utf8Text(bytes: Uint8Array): string | undefined {
  let end = Math.min(bytes.length, textLengthMax * 4);
  // Not in the middle of a character.
  while (end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  try {
    const text = strictDecoder.decode(bytes.subarray(0, end));
    if (/[\u0000-\u0008\u000e-\u001f]/.test(text)) return undefined;
    return text.length > textLengthMax ? `${text.slice(0, textLengthMax)}…` : text;
  } catch {
    return undefined;
  }
}

function bytesText(bytes: Uint8Array): string {
  const shown = [...bytes.subarray(0, 32)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return bytes.length > 32 ? `${shown} … (${bytes.length} bytes)` : shown;
}
