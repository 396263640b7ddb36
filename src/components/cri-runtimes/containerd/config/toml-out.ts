/**
 * A configuration as TOML: values before tables, tables indented by their depth, maps in the order of their keys.
 * @models pelletier/go-toml v2 encoder, as containerd sets it @fidelity full for what a configuration holds
 */
import { quote } from '../../../../go/quote.ts';

type Tree = Readonly<Record<string, unknown>>;

/** Go maps, which are printed sorted; all else are structs, printed in the order of their fields. */
const MAPS = new Set(['plugins', 'runtimes', 'options', 'pinned_images', 'timeouts', 'stream_processors']);

export function encodeToml(tree: Tree): string {
  const lines: string[] = [];
  table(tree, [], '', lines);
  return `${lines.join('\n')}\n`;
}

function table(tree: Tree, path: readonly string[], name: string, lines: string[]): void {
  const indent = '  '.repeat(Math.max(0, path.length - 1));
  const fields = Object.entries(tree).filter(([, value]) => value !== undefined);
  if (MAPS.has(name)) fields.sort(([a], [b]) => (a < b ? -1 : 1));
  const inner = path.length === 0 ? '' : `${indent}  `;
  if (path.length > 0) lines.push(`${indent}[${path.map(key).join('.')}]`);
  for (const [field, value] of fields) {
    if (!isTree(value)) lines.push(`${inner}${key(field)} = ${scalar(value)}`);
  }
  for (const [field, value] of fields) {
    if (!isTree(value)) continue;
    // What has nothing in it, and a header without values, is followed by no blank line.
    if (lines.at(-1)?.includes(' = ')) lines.push('');
    table(value, [...path, field], field, lines);
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function key(text: string): string {
  return /^[A-Za-z0-9_-]+$/.test(text) ? text : string(text);
}

function scalar(value: unknown): string {
  if (value === null) return '[]';
  if (Array.isArray(value)) return `[${value.map(scalar).join(', ')}]`;
  return typeof value === 'string' ? string(value) : String(value);
}

/** Literal where that is possible. */
function string(text: string): string {
  for (const char of text) if (char === "'" || char < ' ') return quote(text);
  return `'${text}'`;
}
