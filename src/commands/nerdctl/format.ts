/**
 * --format: Go templates over what a command lists or inspects.
 * @models nerdctl v2.3.5 pkg/formatter/common.go, docker/cli templates
 * @fidelity partial: a field that is not there is noticed where the template names it from the top
 */
import { type JsonValue, marshalJson } from '../../go/json.ts';
import { executeTemplate } from '../../go/template.ts';
import type { TemplateFunction } from '../../go/template-funcs.ts';
import type { Context } from '../../linux/context.ts';
import { print } from '../../linux/io.ts';
import { fail } from './run.ts';

/** Members beside those that JSON shows: Go's own names of fields. */
export type Extra = Readonly<Record<string, unknown>>;

const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map<string, TemplateFunction>([
  ['json', (value) => marshalJson(plain(value) as JsonValue)],
  ['split', (text, separator) => String(text).split(String(separator))],
  ['join', (list, separator) => (Array.isArray(list) ? list.map(String) : []).join(String(separator))],
  ['title', (text) => String(text).replace(/(^|\s)\S/g, (letter) => letter.toUpperCase())],
  ['lower', (text) => String(text).toLowerCase()],
  ['upper', (text) => String(text).toUpperCase()],
  ['pad', (text, before, after) => ' '.repeat(Number(before)) + String(text) + ' '.repeat(Number(after))],
  ['truncate', (text, length) => String(text).slice(0, Number(length))],
  ['println', (...values) => `${values.map(String).join(' ')}\n`],
]);

/** JSON without what is undefined. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, plain(inner)]])),
  );
}

/** Adds members that a template sees and JSON does not. */
export function withFields<T extends object>(value: T, extra: Extra): T {
  for (const [name, member] of Object.entries(extra))
    Object.defineProperty(value, name, { value: member, enumerable: false, configurable: true });
  return value;
}

function render(format: string, data: unknown, typeName: string): string {
  const source = format === 'json' ? '{{json .}}' : format;
  const result = executeTemplate('', source, data, FUNCTIONS);
  if (!result.ok) fail(result.stage === 'parse' ? result.error : `${result.error}`);
  if (result.text.includes('<no value>')) {
    const missing = missingField(source, data);
    if (missing !== null) {
      const { name, chain, column } = missing;
      fail(`template: :1:${column}: executing "" at <${chain}>: can't evaluate field ${name} in type ${typeName}`);
    }
  }
  return result.text;
}

function missingField(source: string, data: unknown): { name: string; chain: string; column: number } | null {
  for (const match of source.matchAll(/(?<=[{\s(])((?:\.[A-Za-z]\w*)+)/g)) {
    let at = data;
    for (const name of (match[1] ?? '').slice(1).split('.')) {
      if (typeof at !== 'object' || at === null || Array.isArray(at)) break;
      if (!Object.hasOwn(at, name)) return { name, chain: match[1] ?? '', column: match.index + name.length };
      at = (at as Record<string, unknown>)[name];
    }
  }
  return null;
}

/** One line for each, for commands that list. */
export async function printFormatted(
  ctx: Context,
  format: string,
  items: readonly unknown[],
  typeName: string,
): Promise<void> {
  let text = '';
  for (const item of items) text += `${render(format, item, typeName)}\n`;
  await print(ctx, text);
}

/** Whether the format asks for a table. `raw` is refused. */
export function isTable(format: string, quiet: boolean, allowed: readonly string[] = ['', 'table', 'wide']): boolean {
  if (allowed.includes(format)) return true;
  if (format === 'raw') fail('unsupported format: "raw"');
  if (quiet) fail('format and quiet must not be specified together');
  return false;
}

/** FormatSlice, for commands that inspect: all as JSON, or each by the template. */
export async function printInspected(
  ctx: Context,
  format: string,
  items: readonly unknown[],
  typeName: string,
): Promise<void> {
  if (format === '') {
    const text = marshalJson(plain(items) as JsonValue, { indent: '    ', escapeHtml: false });
    return print(ctx, `${text}\n\n`);
  }
  if (format === 'raw' || format === 'table' || format === 'wide')
    fail('unsupported format: "raw", "table", and "wide"');
  await printFormatted(ctx, format, items, typeName);
}
