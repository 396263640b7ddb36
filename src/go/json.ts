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
  const indent = options.indent;
  const newline = indent === undefined ? '' : `\n${options.prefix ?? ''}`;
  const colon = indent === undefined ? ':' : ': ';

  const list = (open: string, items: readonly string[], close: string, depth: number): string => {
    if (items.length === 0) return open + close;
    const inner = newline + (indent ?? '').repeat(depth + 1);
    return open + inner + items.join(`,${inner}`) + newline + (indent ?? '').repeat(depth) + close;
  };
  const encode = (item: JsonValue, depth: number): string => {
    if (item === null) return 'null';
    if (typeof item === 'string') return jsonString(item, options.escapeHtml);
    if (typeof item === 'number') return jsonNumber(item);
    if (typeof item === 'boolean' || typeof item === 'bigint') return String(item);
    if (item instanceof Uint8Array) return `"${base64(item)}"`;
    if (isList(item))
      return list(
        '[',
        item.map((element) => encode(element, depth + 1)),
        ']',
        depth,
      );
    const members = Object.entries(item).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined);
    if (options.sortKeys === true) members.sort(([a], [b]) => compareStrings(a, b));
    const texts = members.map(([k, v]) => jsonString(k, options.escapeHtml) + colon + encode(v, depth + 1));
    return list('{', texts, '}', depth);
  };
  return encode(value, 0);
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
  const pattern = escapeHtml ? UNSAFE_HTML : UNSAFE;
  return `"${text.replace(pattern, (ch) => ESCAPES.get(ch) ?? unicodeEscape(ch))}"`;
}

const UNSAFE = /["\\\u2028\u2029]|[^ -\uffff]/g;
const UNSAFE_HTML = /["\\<>&\u2028\u2029]|[^ -\uffff]/g;

function unicodeEscape(ch: string): string {
  return `\\u${ch.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** base64.StdEncoding. */
export function base64(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const count = Math.min(3, bytes.length - i);
    const bits = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let k = 0; k < 4; k++) out += k <= count ? (BASE64[(bits >> (18 - 6 * k)) & 63] ?? '') : '=';
  }
  return out;
}
