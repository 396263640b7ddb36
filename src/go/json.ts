/**
 * encoding/json's output: the escapes, the number texts and the layout of Marshal and MarshalIndent.
 * @models go encoding/json encode.go indent.go
 * @fidelity partial: no struct tags; callers hand over values that already have their JSON names
 */
import { formatFloat } from './floats.ts';
import { compareStrings } from './quote.ts';

/** bigint stands for int64 and uint64, bytes for []byte (base64); a member that is undefined is left out. */
export type JsonValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

export type MarshalOptions = {
  readonly prefix?: string;
  /** Absent: one line. */
  readonly indent?: string;
  /** json.Marshal escapes <, > and &; SetEscapeHTML(false) turns that off. Default true. */
  readonly escapeHtml?: boolean;
  /** As for a Go map; without it members keep their order, as for a Go struct. */
  readonly sortKeys?: boolean;
};

export function marshalJson(value: JsonValue, options: MarshalOptions = {}): string {
  const { indent, prefix = '', escapeHtml = true, sortKeys = false } = options;
  return indent === undefined
    ? encode(value, { indent: '', colon: ':', escapeHtml, sortKeys }, '')
    : encode(value, { indent, colon: ': ', escapeHtml, sortKeys }, `\n${prefix}`);
}

type Layout = {
  readonly indent: string;
  readonly colon: string;
  readonly escapeHtml: boolean;
  readonly sortKeys: boolean;
};

/** @param newline what begins a line at the depth of the item; '' if all is to be one line */
function encode(item: JsonValue, layout: Layout, newline: string): string {
  if (item === null) return 'null';
  if (typeof item === 'string') return jsonString(item, layout.escapeHtml);
  if (typeof item === 'number') return jsonNumber(item);
  if (typeof item === 'boolean' || typeof item === 'bigint') return String(item);
  if (item instanceof Uint8Array) return `"${base64(item)}"`;
  const inner = newline + layout.indent;
  let out = '';
  if (isList(item)) {
    for (let i = 0; i < item.length; i++)
      out += (i === 0 ? inner : `,${inner}`) + encode(item[i] as JsonValue, layout, inner);
    return out === '' ? '[]' : `[${out}${newline}]`;
  }
  const keys = Object.keys(item);
  if (layout.sortKeys) keys.sort(compareStrings);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const value = item[key];
    if (value === undefined) continue;
    const name = (out === '' ? inner : `,${inner}`) + jsonString(key, layout.escapeHtml);
    out += name + layout.colon + encode(value, layout, inner);
  }
  return out === '' ? '{}' : `{${out}${newline}}`;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** json.Marshal's floats: as ES6, exponents below 1e-6 and from 1e21 on. Go refuses NaN and infinities. */
function jsonNumber(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`json: unsupported value: ${formatFloat(value, 'g', -1)}`);
  return Object.is(value, -0) ? '-0' : String(value);
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

export function jsonString(text: string, escapeHtml = true): string {
  if ((escapeHtml ? PLAIN_HTML : PLAIN).test(text)) return `"${text}"`;
  const pattern = escapeHtml ? UNSAFE_HTML : UNSAFE;
  return `"${text.replace(pattern, (ch) => ESCAPES.get(ch) ?? unicodeEscape(ch))}"`;
}

/** Nearly all texts there are: printable ASCII without anything to escape. */
const PLAIN = /^[ !#-[\]-~]*$/;
const PLAIN_HTML = /^[ !#-%'-;=?-[\]-~]*$/;
const UNSAFE = /["\\\u2028\u2029]|[^ -\uffff]/g;
const UNSAFE_HTML = /["\\<>&\u2028\u2029]|[^ -\uffff]/g;

function unicodeEscape(ch: string): string {
  return `\\u${ch.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const LETTERS = Uint8Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', (letter) =>
  letter.charCodeAt(0),
);
const EQUALS = 0x3d;
/** What may be handed to a function as arguments. */
const PART = 8192;

/** base64.StdEncoding. */
export function base64(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let at = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const bits = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    codes[at++] = LETTERS[bits >> 18] as number;
    codes[at++] = LETTERS[(bits >> 12) & 63] as number;
    codes[at++] = i + 1 < bytes.length ? (LETTERS[(bits >> 6) & 63] as number) : EQUALS;
    codes[at++] = i + 2 < bytes.length ? (LETTERS[bits & 63] as number) : EQUALS;
  }
  let out = '';
  for (let from = 0; from < codes.length; from += PART)
    out += String.fromCharCode.apply(undefined, codes.subarray(from, from + PART) as unknown as number[]);
  return out;
}
