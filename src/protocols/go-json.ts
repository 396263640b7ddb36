import { fromBase64, toBase64 } from './base64.ts';
import { Dictionary } from './proto/dictionary.ts';
import { type Field, isEnumType, isMessageType, type MessageType } from './proto/message-type.ts';

/**
 * Messages through Go's encoding/json, which sees the generated structs and their tags, not protobuf: names as in the
 * .proto text (log_path, never logPath), 64 bit integers and enums as numbers, zero values left out. crictl reads its
 * pod and container files so, and containerd writes the verbose `info` of a status so.
 * @models sigs.k8s.io/yaml 1.6 and encoding/json of Go 1.25
 * @fidelity partial: of several wrong values Go reports the first in order of sorted keys, as we do; nothing else known
 */

/** A value that does not fit; the text is Go's. */
export class GoJsonError extends Error {
  override readonly name = 'GoJsonError';
}

/**
 * @param value what the YAML or JSON text holds: null, boolean, number, bigint, string, array, plain object
 * @throws GoJsonError. Unknown keys are no error; keys match without regard to case when none matches exactly.
 */
export function fromGoJson<T>(type: MessageType<T>, value: unknown): T {
  return readMessage(type as MessageType<unknown>, value, { structName: '', path: [] }) as T;
}

interface Place {
  /** Innermost struct, and the keys that lead to the value from the root: what Go puts into its error. */
  readonly structName: string;
  readonly path: readonly string[];
}

function readMessage(type: MessageType<unknown>, value: unknown, place: Place): unknown {
  const result = type.create() as Record<string, unknown>;
  if (value === null || value === undefined) return result;
  if (!isObject(value)) throw mismatch(value, goTypeOf(type), place);
  const structName = localName(type.typeName);
  for (const key of Object.keys(value).sort()) {
    const field = type.fields.find(({ name }) => name === key) ?? type.fields.find(({ name }) => foldEqual(name, key));
    const item = value[key];
    if (field === undefined || item === null || item === undefined) continue;
    result[field.jsonName] = readField(field, item, { structName, path: [...place.path, field.name] });
  }
  return result;
}

function readField(field: Field, value: unknown, place: Place): unknown {
  if (field.cardinality === 'repeated') {
    if (!Array.isArray(value)) throw mismatch(value, `[]${goPointerTypeOf(field)}`, place);
    return value.map((item: unknown) => readValue(field, item, place));
  }
  if (field.cardinality === 'map') {
    if (!isObject(value)) throw mismatch(value, `map[string]${goPointerTypeOf(field)}`, place);
    const map = new Dictionary<unknown>();
    for (const key of Object.keys(value)) map[key] = readValue(field, value[key], place);
    return map;
  }
  return readValue(field, value, place);
}

function readValue(field: Field, value: unknown, place: Place): unknown {
  const { type } = field;
  if (isMessageType(type)) return readMessage(type, value, place);
  const goType = goTypeOf(type);
  if (isEnumType(type)) return readEnum(value ?? 0, goType, place);
  switch (type) {
    case 'string':
      return readString(value ?? '', place);
    case 'bool':
      if (typeof (value ?? false) !== 'boolean') throw mismatch(value, goType, place);
      return value ?? false;
    case 'bytes':
      return readBytes(value ?? '', place);
    case 'double':
    case 'float':
      if (typeof value === 'bigint') return Number(value);
      if (typeof (value ?? 0) !== 'number') throw mismatch(value, goType, place);
      return value ?? 0;
    case 'int64':
    case 'sint64':
    case 'sfixed64':
      return readInteger(value ?? 0, -(2n ** 63n), 2n ** 63n - 1n, goType, place, true);
    case 'uint64':
    case 'fixed64':
      return readInteger(value ?? 0, 0n, 2n ** 64n - 1n, goType, place, true);
    case 'uint32':
    case 'fixed32':
      return readInteger(value ?? 0, 0n, 0xffffffffn, goType, place, false);
    default:
      return readInteger(value ?? 0, -0x80000000n, 0x7fffffffn, goType, place, false);
  }
}

/** The YAML layer knows that a string is wanted and turns bare numbers and booleans into one. */
function readString(value: unknown, place: Place): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  throw mismatch(value, 'string', place);
}

function readBytes(value: unknown, place: Place): Uint8Array {
  if (Array.isArray(value)) return Uint8Array.from(value as number[]);
  if (typeof value !== 'string') throw mismatch(value, '[]uint8', place);
  try {
    return fromBase64(value);
  } catch (error) {
    throw new GoJsonError((error as Error).message);
  }
}

function readInteger(
  value: unknown,
  min: bigint,
  max: bigint,
  goType: string,
  place: Place,
  isBig: boolean,
): bigint | number {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw mismatch(value, goType, place);
  if (typeof value === 'number' && !Number.isInteger(value)) throw mismatch(value, goType, place);
  const big = BigInt(value);
  if (big < min || big > max) throw mismatch(value, goType, place);
  return isBig ? big : Number(big);
}

/** To Go an enum is an int32: names are not accepted, numbers without a name are. */
function readEnum(value: unknown, goType: string, place: Place): number {
  if (typeof value !== 'number' || value !== (value | 0)) throw mismatch(value, goType, place, true);
  return value;
}

function mismatch(value: unknown, goType: string, { structName, path }: Place, isEnum = false): GoJsonError {
  const into =
    path.length === 0 ? `value of type ${goType}` : `struct field ${structName}.${path.join('.')} of type ${goType}`;
  return new GoJsonError(`json: cannot unmarshal ${nameOfValue(value, goType, isEnum)} into Go ${into}`);
}

function nameOfValue(value: unknown, goType: string, isEnum: boolean): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' || typeof value === 'bigint') {
    // Go names the number only where some number would do; enums are integers to it.
    const isNumeric = isEnum || /^(?:u?int|float)\d/.test(goType);
    return isNumeric ? `number ${value}` : 'number';
  }
  return typeof value === 'string' ? 'string' : 'object';
}

function goTypeOf(type: Field['type'] | MessageType<unknown>): string {
  if (typeof type === 'object') {
    const parts = type.typeName.split('.');
    const packageParts = parts.filter((part) => /^[a-z]/.test(part));
    return `${packageParts.at(-1)}.${localName(type.typeName)}`;
  }
  switch (type) {
    case 'bytes':
      return '[]uint8';
    case 'double':
      return 'float64';
    case 'float':
      return 'float32';
    default:
      return type.replace(/^s(?:int|fixed)/, 'int').replace(/^fixed/, 'uint');
  }
}

function goPointerTypeOf({ type }: Field): string {
  return isMessageType(type) ? `*${goTypeOf(type)}` : goTypeOf(type);
}

function localName(typeName: string): string {
  return typeName
    .split('.')
    .filter((part) => /^[A-Z]/.test(part))
    .join('_');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function foldEqual(name: string, key: string): boolean {
  return name.length === key.length && name.toLowerCase() === key.toLowerCase();
}

/** One line of JSON as json.Marshal makes it of the struct: zero values left out, < > & escaped, map keys sorted. */
export function toGoJson<T>(type: MessageType<T>, message: T): string {
  return goMessage(type as MessageType<unknown>, message);
}

function goMessage(type: MessageType<unknown>, message: unknown): string {
  const source = message as Record<string, unknown>;
  const texts: string[] = [];
  for (const field of type.fields) {
    const value = source[field.jsonName];
    if (value === undefined || value === '' || value === 0 || value === 0n || value === false) continue;
    if ((Array.isArray(value) || value instanceof Uint8Array) && value.length === 0) continue;
    if (field.cardinality === 'map') {
      const map = value as Record<string, unknown>;
      const keys = Object.keys(map).sort();
      if (keys.length === 0) continue;
      texts.push(
        `${goString(field.name)}:{${keys.map((key) => `${goString(key)}:${goValue(field, map[key])}`).join(',')}}`,
      );
    } else if (Array.isArray(value)) {
      texts.push(`${goString(field.name)}:[${value.map((item: unknown) => goValue(field, item)).join(',')}]`);
    } else {
      texts.push(`${goString(field.name)}:${goValue(field, value)}`);
    }
  }
  return `{${texts.join(',')}}`;
}

function goValue({ type }: Field, value: unknown): string {
  if (isMessageType(type)) return goMessage(type, value);
  if (value instanceof Uint8Array) return `"${toBase64(value)}"`;
  return typeof value === 'string' ? goString(value) : String(value);
}

/** Go escapes what could end a script element, and the two separators that old JavaScript took for line ends. */
export function goString(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
