/**
 * KYAML: YAML in braces, in which nothing depends on indentation and every string has its quotes.
 * @models sigs.k8s.io/yaml kyaml/kyaml.go
 * @fidelity partial: of values as JSON has them; no comments, aliases or timestamps without quotes
 */
import type { JsonValue } from './json.ts';
import { compareStrings } from './quote.ts';

/** A document with its separator. Keys are sorted, as those of maps in Go are. */
export function marshalKyaml(value: JsonValue): string {
  return `---\n${render(value, 0)}\n`;
}

const indented = (level: number): string => '  '.repeat(level);

function render(value: JsonValue, level: number): string {
  if (Array.isArray(value)) return sequence(value, level);
  if (typeof value === 'object' && value !== null) return mapping(value as Record<string, JsonValue>, level);
  return typeof value === 'string' ? quoted(value, level + 1, true) : String(value);
}

/** Items that have brackets of their own share them with the list. */
function sequence(items: readonly JsonValue[], level: number): string {
  if (items.length === 0) return '[]';
  if (items.every((item) => typeof item === 'object' && item !== null))
    return `[${items.map((item) => render(item, level)).join(', ')}]`;
  return `[\n${items.map((item) => `${indented(level + 1)}${render(item, level + 1)},\n`).join('')}${indented(level)}]`;
}

function mapping(fields: Readonly<Record<string, JsonValue>>, level: number): string {
  const keys = Object.keys(fields)
    .filter((key) => fields[key] !== undefined)
    .sort(compareStrings);
  if (keys.length === 0) return '{}';
  const lines = keys.map(
    (key) =>
      `${indented(level + 1)}${isPlain(key) ? key : quoted(key, level + 1, false)}: ${render(fields[key] as JsonValue, level + 1)},\n`,
  );
  return `{\n${lines.join('')}${indented(level)}}`;
}

/** A key that no YAML parser takes for anything but a string. */
function isPlain(key: string): boolean {
  if (!/^[\p{L}\p{N}_](?:[\p{L}\p{N}_./-]*[\p{L}\p{N}_])?$/u.test(key)) return false;
  if (/^(?:null|true|false|t|f|y|n|yes|no|on|off)$/i.test(key)) return false;
  const bare = key.replaceAll('_', '');
  if (/^(?:0b[01]+|0o?[0-7]+|0x[0-9a-f]+|\d+(?:\.\d*)?(?:e\d+)?|inf|infinity|nan)$/i.test(bare)) return false;
  return !/^\d{4}-\d{1,2}-\d{1,2}$/.test(key);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\0': '\\0',
  '\u001b': '\\e',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function escaped(character: string): string {
  const known = ESCAPES[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, '0')}` : character;
}

/** Several lines are folded so that they are seen as such: a backslash at the end of a line joins it to the next. */
function quoted(text: string, level: number, folds: boolean): string {
  const line = (one: string): string => [...one].map(escaped).join('');
  if (!folds || !text.includes('\n')) return `"${line(text)}"`;
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  const margin = (one: string): string => `${indented(level)}${/^\s/.test(one) ? '\\' : ' '}`;
  const body = lines.map((one) => `${one === '' ? `${indented(level)} ` : margin(one)}${line(one)}\\n\\\n`).join('');
  return `"\\\n${body}${last === '' ? '' : `${margin(last)}${line(last)}\\\n`}${indented(level)}"`;
}
