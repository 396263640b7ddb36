import { toBase64 } from './base64.ts';
import { enumName, type Field, isEnumType, isMessageType, type MessageType } from './proto/message-type.ts';

/**
 * JSON as Go's protojson writes it with EmitDefaultValues and a two space indent, which is what crictl prints: zero
 * values are there, unset messages are not, 64 bit integers are strings, enums are names, bytes are base64, fields come
 * in order of declaration, map keys sorted.
 * @models google.golang.org/protobuf encoding/protojson (crictl 1.36 cmd/crictl/util.go)
 * @fidelity partial: of the well-known types only Any, Timestamp, Duration, Empty and FieldMask
 */
export interface ProtoJsonOptions {
  /** Default two spaces, '' for one line. */
  readonly indent?: string;
  /** Default true. */
  readonly emitDefaultValues?: boolean;
  /** Finds the type inside an Any by its type_url. */
  readonly resolve?: (typeUrl: string) => MessageType<unknown> | undefined;
}

interface Writer {
  readonly indent: string;
  readonly emitDefaultValues: boolean;
  readonly resolve: (typeUrl: string) => MessageType<unknown> | undefined;
}

export function toProtoJson<T>(type: MessageType<T>, message: T, options: ProtoJsonOptions = {}): string {
  const { indent = '  ', emitDefaultValues = true, resolve = () => undefined } = options;
  return messageText({ indent, emitDefaultValues, resolve }, type as MessageType<unknown>, message, '\n');
}

/** @param newline line break and the indentation of the line that the message starts on */
function messageText(writer: Writer, type: MessageType<unknown>, message: unknown, newline: string): string {
  const source = message as Record<string, unknown>;
  const special = wellKnownText(writer, type, source, newline);
  if (special !== undefined) return special;
  return block(writer, '{', '}', members(writer, type, source, newline + writer.indent), newline);
}

function members(
  writer: Writer,
  type: MessageType<unknown>,
  source: Record<string, unknown>,
  newline: string,
): string[] {
  const texts: string[] = [];
  for (const field of type.fields) {
    const value = source[field.jsonName];
    if (value === undefined) continue;
    const text = fieldText(writer, field, value, newline);
    if (text !== undefined) texts.push(`${quote(field.jsonName)}:${gap(writer)}${text}`);
  }
  return texts;
}

function fieldText(writer: Writer, field: Field, value: unknown, newline: string): string | undefined {
  switch (field.cardinality) {
    case 'repeated': {
      const items = value as readonly unknown[];
      if (items.length === 0 && !writer.emitDefaultValues) return undefined;
      const inner = newline + writer.indent;
      return block(
        writer,
        '[',
        ']',
        items.map((item) => valueText(writer, field, item, inner)),
        newline,
      );
    }
    case 'map': {
      const map = value as Record<string, unknown>;
      const keys = Object.keys(map).sort();
      if (keys.length === 0 && !writer.emitDefaultValues) return undefined;
      const inner = newline + writer.indent;
      const texts = keys.map((key) => `${quote(key)}:${gap(writer)}${valueText(writer, field, map[key], inner)}`);
      return block(writer, '{', '}', texts, newline);
    }
    default: {
      const isZero = value === 0 || value === 0n || value === '' || value === false;
      const isEmptyBytes = value instanceof Uint8Array && value.length === 0;
      if (field.cardinality === 'single' && !writer.emitDefaultValues && (isZero || isEmptyBytes)) return undefined;
      return valueText(writer, field, value, newline);
    }
  }
}

function valueText(writer: Writer, { type }: Field, value: unknown, newline: string): string {
  if (isMessageType(type)) return messageText(writer, type, value, newline);
  if (isEnumType(type)) {
    const name = enumName(type, value as number);
    return name === undefined ? String(value) : quote(name);
  }
  if (typeof value === 'bigint') return `"${value}"`;
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : quote(nonFinite(value));
  if (value instanceof Uint8Array) return quote(toBase64(value));
  return typeof value === 'string' ? quote(value) : String(value);
}

function nonFinite(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

function block(writer: Writer, open: string, close: string, items: readonly string[], newline: string): string {
  if (items.length === 0) return open + close;
  if (writer.indent === '') return open + items.join(',') + close;
  const inner = newline + writer.indent;
  return `${open}${inner}${items.join(`,${inner}`)}${newline}${close}`;
}

const gap = (writer: Writer): string => (writer.indent === '' ? '' : ' ');
const quote = (text: string): string => JSON.stringify(text);

function wellKnownText(
  writer: Writer,
  type: MessageType<unknown>,
  source: Record<string, unknown>,
  newline: string,
): string | undefined {
  if (!type.typeName.startsWith('google.protobuf.')) return undefined;
  switch (type.typeName) {
    case 'google.protobuf.Timestamp':
      return quote(timestampText(source['seconds'] as bigint, source['nanos'] as number));
    case 'google.protobuf.Duration':
      return quote(durationText(source['seconds'] as bigint, source['nanos'] as number));
    case 'google.protobuf.FieldMask':
      return quote(
        (source['paths'] as string[]).map((path) => path.replace(/_(.)/g, (_, c: string) => c.toUpperCase())).join(','),
      );
    case 'google.protobuf.Any': {
      const typeUrl = source['typeUrl'] as string;
      if (typeUrl === '') return '{}';
      const inner = writer.resolve(typeUrl);
      if (inner === undefined)
        throw new Error(`proto: google.protobuf.Any: unable to resolve ${quote(typeUrl)}: not found`);
      const value = inner.decode(source['value'] as Uint8Array) as Record<string, unknown>;
      const head = `"@type":${gap(writer)}${quote(typeUrl)}`;
      const special = wellKnownText(writer, inner, value, newline + writer.indent);
      const rest =
        special === undefined
          ? members(writer, inner, value, newline + writer.indent)
          : [`"value":${gap(writer)}${special}`];
      return block(writer, '{', '}', [head, ...rest], newline);
    }
    default:
      return undefined;
  }
}

function fraction(nanos: number): string {
  if (nanos === 0) return '';
  return `.${String(nanos)
    .padStart(9, '0')
    .replace(/(?:000){1,2}$/, '')}`;
}

/** RFC 3339 in UTC with 0, 3, 6 or 9 digits of a second, by the proleptic Gregorian calendar; no Date involved. */
export function timestampText(seconds: bigint, nanos: number): string {
  const total = Number(seconds);
  const days = Math.floor(total / 86400);
  const within = total - days * 86400;
  // Years that start in March, so that the leap day comes last: eras of 400 years have 146097 days each.
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `${two(Math.floor(within / 3600))}:${two(Math.floor(within / 60) % 60)}:${two(within % 60)}`;
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${time}${fraction(nanos)}Z`;
}

function durationText(seconds: bigint, nanos: number): string {
  const isNegative = seconds < 0n || nanos < 0;
  const whole = seconds < 0n ? -seconds : seconds;
  return `${isNegative ? '-' : ''}${whole}${fraction(Math.abs(nanos))}s`;
}
