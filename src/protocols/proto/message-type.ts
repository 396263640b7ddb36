import { type CompiledField, compileFields } from './compile.ts';
import { fromInput } from './create.ts';
import { decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';

export type ScalarType =
  | 'double'
  | 'float'
  | 'int32'
  | 'int64'
  | 'uint32'
  | 'uint64'
  | 'sint32'
  | 'sint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed32'
  | 'sfixed64'
  | 'bool'
  | 'string'
  | 'bytes';

/** An enum of the .proto text: names to numbers. Values not listed may still arrive (proto3 enums are open). */
export interface EnumType {
  readonly typeName: string;
  readonly values: Readonly<Record<string, number>>;
}

/** `optional` has presence although it is a scalar; `map` has string keys and `type` is the type of its values. */
export type Cardinality = 'single' | 'optional' | 'repeated' | 'map';

/** One field as the .proto text declares it. */
export interface Field {
  readonly number: number;
  /** As in the .proto text, usually snake_case. */
  readonly name: string;
  /** As protojson prints it and as the TypeScript property is called. */
  readonly jsonName: string;
  readonly type: ScalarType | EnumType | MessageType<unknown>;
  readonly cardinality: Cardinality;
}

/** A row of a generated table: number, proto name, type, cardinality if not `single`. */
export type FieldRow = readonly [number, string, ScalarType | EnumType | MessageType<unknown>, Cardinality?];

/** What may be passed to encode or create: every field may be left out, integers of 64 bits may be numbers. */
export type Input<T> = T extends bigint
  ? bigint | number
  : T extends string | number | boolean | Uint8Array | undefined
    ? T
    : T extends readonly (infer Item)[]
      ? readonly Input<Item>[]
      : T extends object
        ? { readonly [Key in keyof T]?: Input<T[Key]> | undefined }
        : T;

/** What a message holds besides its declared fields: bytes of fields that its reader did not know. */
export const unknownFields: unique symbol = Symbol('unknown fields');

/** Whether any message has such bytes: until then none need be looked for, which costs more than the looking up of a field. */
export const unknownKept = { any: false };

/**
 * A message's descriptor and codec in one. Decoded messages are plain objects with every field present: zero values,
 * `[]`, `{}`; only message-typed and `optional` fields can be undefined. Unknown fields survive decode and encode.
 */
export interface MessageType<T> {
  /** Full name, for example `runtime.v1.PodSandboxConfig`. */
  readonly typeName: string;
  /** In order of declaration, which is also the order of Go's struct and of protojson. */
  readonly fields: readonly Field[];
  create(input?: Input<T>): T;
  encode(message: Input<T>): Uint8Array;
  /** @throws ProtoError when the bytes are not this message in wire format. */
  decode(bytes: Uint8Array): T;
  /** For the codec's own use. */
  readonly compiled: CompiledMessage;
}

/** The tables that encode and decode run on; built on first use. */
export interface CompiledMessage {
  readonly typeName: string;
  readonly blank: () => Record<string, unknown>;
  readonly fields: readonly Field[];
  /** Ascending by number: the order in which Go writes. */
  readonly ordered: readonly CompiledField[];
  readonly byNumber: readonly (CompiledField | undefined)[];
}

class TableMessageType<T> implements MessageType<T> {
  readonly typeName: string;
  readonly #blank: () => unknown;
  readonly #rows: () => readonly FieldRow[];
  #compiled: CompiledMessage | undefined = undefined;

  constructor(typeName: string, blank: () => unknown, rows: () => readonly FieldRow[]) {
    this.typeName = typeName;
    this.#blank = blank;
    this.#rows = rows;
  }

  get compiled(): CompiledMessage {
    this.#compiled ??= compileFields(this.typeName, this.#blank as () => Record<string, unknown>, this.#rows());
    return this.#compiled;
  }

  get fields(): readonly Field[] {
    return this.compiled.fields;
  }

  create(input?: Input<T>): T {
    return fromInput(this.compiled, input) as T;
  }

  encode(message: Input<T>): Uint8Array {
    return encodeMessage(this.compiled, message as Record<string, unknown>);
  }

  decode(bytes: Uint8Array): T {
    return decodeMessage(this.compiled, bytes) as T;
  }
}

/** Used by generated code only. The rows are a function because messages refer to each other in circles. */
export function message<T>(typeName: string, blank: () => T, rows: () => readonly FieldRow[]): MessageType<T> {
  return new TableMessageType<T>(typeName, blank, rows);
}

export function isMessageType(type: Field['type']): type is MessageType<unknown> {
  return typeof type === 'object' && 'compiled' in type;
}

export function isEnumType(type: Field['type']): type is EnumType {
  return typeof type === 'object' && 'values' in type;
}

/** @returns the name of an enum's number, or undefined for a number that the .proto text does not list. */
export function enumName(type: EnumType, value: number): string | undefined {
  for (const name in type.values) if (type.values[name] === value) return name;
  return undefined;
}
