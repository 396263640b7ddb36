import type { CompiledMessage, Field, FieldRow, MessageType, ScalarType } from './message-type.ts';
import { isEnumType, isMessageType } from './message-type.ts';

/** Small integers, because the codec's inner loops switch on them. Common types come first. */
export const kind = {
  string: 0,
  message: 1,
  bytes: 2,
  int32: 3,
  uint32: 4,
  bool: 5,
  int64: 6,
  uint64: 7,
  double: 8,
  float: 9,
  sint32: 10,
  sint64: 11,
  fixed32: 12,
  sfixed32: 13,
  fixed64: 14,
  sfixed64: 15,
} as const;
export type Kind = (typeof kind)[keyof typeof kind];

export const wireType = { varint: 0, fixed64: 1, lengthDelimited: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;
export type WireType = (typeof wireType)[keyof typeof wireType];

export const shape = { single: 0, optional: 1, repeated: 2, packed: 3, map: 4 } as const;
export type Shape = (typeof shape)[keyof typeof shape];

export interface CompiledField {
  readonly number: number;
  /** Property of the decoded object. */
  readonly key: string;
  readonly kind: Kind;
  readonly shape: Shape;
  readonly wireType: WireType;
  /** Number and wire type of one element. */
  readonly tag: number;
  /** Number and length-delimited wire type: packed lists and map entries. */
  readonly packedTag: number;
  readonly messageType: MessageType<unknown> | undefined;
}

export function compileFields(
  typeName: string,
  blank: () => Record<string, unknown>,
  rows: readonly FieldRow[],
): CompiledMessage {
  const fields: Field[] = [];
  const ordered: CompiledField[] = [];
  const byNumber: (CompiledField | undefined)[] = [];
  for (const [number, name, type, cardinality = 'single'] of rows) {
    const jsonName = jsonNameOf(name);
    fields.push({ number, name, jsonName, type, cardinality });
    const elementKind = kindOf(type);
    const elementWireType = wireTypeOf(elementKind);
    const isPacked = cardinality === 'repeated' && elementWireType !== wireType.lengthDelimited;
    const compiled: CompiledField = {
      number,
      key: jsonName,
      kind: elementKind,
      shape: isPacked ? shape.packed : shape[cardinality],
      wireType: elementWireType,
      tag: ((number << 3) | elementWireType) >>> 0,
      packedTag: ((number << 3) | wireType.lengthDelimited) >>> 0,
      messageType: isMessageType(type) ? type : undefined,
    };
    ordered.push(compiled);
    byNumber[number] = compiled;
  }
  ordered.sort((a, b) => a.number - b.number);
  return { typeName, blank, fields, ordered, byNumber };
}

/** The lowerCamelCase rule of protobuf: `_x` becomes `X`, nothing else changes. */
export function jsonNameOf(name: string): string {
  return name.replace(/_(.?)/g, (_, next: string) => next.toUpperCase());
}

function kindOf(type: Field['type']): Kind {
  if (isEnumType(type)) return kind.int32;
  if (isMessageType(type)) return kind.message;
  return kind[type as ScalarType];
}

export function wireTypeOf(value: Kind): WireType {
  switch (value) {
    case kind.string:
    case kind.message:
    case kind.bytes:
      return wireType.lengthDelimited;
    case kind.double:
    case kind.fixed64:
    case kind.sfixed64:
      return wireType.fixed64;
    case kind.float:
    case kind.fixed32:
    case kind.sfixed32:
      return wireType.fixed32;
    default:
      return wireType.varint;
  }
}
