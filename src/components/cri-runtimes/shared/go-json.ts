/**
 * Messages in the JSON that Go's encoding/json gives of gogo structs: snake_case names, zero values left out, enums and
 * 64 bit integers as numbers. The CRI plugin stores and shows its configs in this form.
 * @models gogo/protobuf generated struct tags
 * @fidelity partial: oneofs are not distinguished from plain fields
 */
import { base64, type JsonValue, marshalJson } from '../../../go/json.ts';
import { type ParsedJson, parseJson } from '../../../go/json-parse.ts';
import { type Field, isEnumType, isMessageType, type MessageType } from '../../../protocols/proto/message-type.ts';
import { failure } from './errors.ts';

export type JsonObject = { [key: string]: JsonValue | undefined };

export function messageToJson<T>(type: MessageType<T>, message: T): JsonObject {
  const out: JsonObject = {};
  for (const field of type.fields) {
    const value = (message as Record<string, unknown>)[field.jsonName];
    if (isZero(field, value)) continue;
    if (field.cardinality === 'repeated') {
      out[field.name] = (value as unknown[]).map((item) => valueToJson(field, item));
    } else if (field.cardinality === 'map') {
      const map: JsonObject = {};
      for (const key of Object.keys(value as object).sort())
        map[key] = valueToJson(field, (value as Record<string, unknown>)[key]);
      out[field.name] = map;
    } else {
      out[field.name] = valueToJson(field, value);
    }
  }
  return out;
}

function isZero(field: Field, value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0 || value === 0n || value === false)
    return true;
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0;
  return field.cardinality === 'map' && Object.keys(value as object).length === 0;
}

function valueToJson(field: Field, value: unknown): JsonValue {
  if (isMessageType(field.type)) return messageToJson(field.type, value);
  if (value instanceof Uint8Array) return base64(value);
  return value as JsonValue;
}

/** The reverse. Unknown members are ignored, as Go does. */
export function messageFromJson<T>(type: MessageType<T>, json: unknown): T {
  const source = (json ?? {}) as Record<string, unknown>;
  const input: Record<string, unknown> = {};
  for (const field of type.fields) {
    const value = source[field.name];
    if (value === undefined || value === null) continue;
    if (field.cardinality === 'repeated') {
      input[field.jsonName] = (value as unknown[]).map((item) => valueFromJson(field, item));
    } else if (field.cardinality === 'map') {
      input[field.jsonName] = Object.fromEntries(
        Object.entries(value as object).map(([k, v]) => [k, valueFromJson(field, v)]),
      );
    } else {
      input[field.jsonName] = valueFromJson(field, value);
    }
  }
  return type.create(input as never);
}

const WIDE = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64']);

function valueFromJson(field: Field, value: unknown): unknown {
  if (isEnumType(field.type)) return value;
  if (isMessageType(field.type)) return messageFromJson(field.type, value);
  if (WIDE.has(field.type)) return BigInt(value as number);
  if (field.type === 'bytes') return fromBase64(value as string);
  return value;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Ignores what is not in the alphabet: padding and line ends. */
export function fromBase64(text: string): Uint8Array {
  const out: number[] = [];
  let bits = 0;
  let value = 0;
  for (const ch of text) {
    const index = ALPHABET.indexOf(ch);
    if (index < 0) continue;
    value = ((value << 6) | index) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push((value >> bits) & 255);
    }
  }
  return Uint8Array.from(out);
}

/** json.Unmarshal; integers beyond 2^53 become bigints. */
export function unmarshalJson(text: string): ParsedJson {
  const result = parseJson(text);
  if (!result.ok) throw failure(result.error);
  return result.value;
}

export function marshal(value: unknown): string {
  return marshalJson(value as JsonValue);
}
