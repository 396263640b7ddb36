/**
 * How Go prints protobuf messages inside log lines and errors: gogo's generated String() and the newer text form.
 * @models gogo/protobuf plugin/stringer; protobuf-go internal/encoding/text
 * @fidelity partial: callers name fields and types; the text form's random second blank between fields is always one
 */

import { jsonString } from './json.ts';
import { compareStrings } from './quote.ts';
import { formatValue, type Stringer } from './sprintf.ts';

export type GogoField = readonly [goName: string, value: unknown];

/** `&ContainerMetadata{Name:nginx,Attempt:2,}`, to be printed or nested; a missing message is `nil`. */
export function gogoMessage(type: string, fields: readonly GogoField[]): Stringer {
  return { goString: () => `&${type}{${fields.map(([name, value]) => `${name}:${gogoValue(value)},`).join('')}}` };
}

/** `[]*Mount{&Mount{…},}`: a repeated message field. */
export function gogoList(type: string, items: readonly Stringer[]): Stringer {
  return { goString: () => `[]*${type}{${items.map((item) => `${item.goString()},`).join('')}}` };
}

/** `map[string]string{app: web,}`: keys sorted. */
export function gogoMap(valueType: string, entries: Readonly<Record<string, unknown>>): Stringer {
  const keys = Object.keys(entries).sort(compareStrings);
  return { goString: () => `map[string]${valueType}{${keys.map((k) => `${k}: ${gogoValue(entries[k])},`).join('')}}` };
}

function gogoValue(value: unknown): string {
  return value === undefined || value === null ? 'nil' : formatValue(value);
}

export type TextField = readonly [name: string, value: TextValue | undefined];
export type TextValue =
  | string
  | number
  | bigint
  | boolean
  | { readonly message: readonly TextField[] }
  | { readonly symbol: string };

/** `uid:"…" namespace:"default"`: zero and missing values are the caller's to leave out (undefined). */
export function textMessage(fields: readonly TextField[]): string {
  return fields
    .filter((field): field is readonly [string, TextValue] => field[1] !== undefined)
    .map(([name, value]) => `${name}:${textValue(value)}`)
    .join(' ');
}

function textValue(value: TextValue): string {
  if (typeof value === 'string') return jsonString(value, false);
  if (typeof value !== 'object') return String(value);
  return 'symbol' in value ? value.symbol : `{${textMessage(value.message)}}`;
}
