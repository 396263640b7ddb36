/**
 * YAML of a compose file: plain values, and faults told with their place.
 * @models go.yaml.in/yaml v4.0.0-rc.4 (parser and scanner errors, construct errors), compose-go v2.12.1 loader/loader.go
 * @fidelity partial: the parser is another one, so of several faults it may name another; no !reset and !override
 */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type YAMLError,
} from 'yaml';
import { fail } from '../../run.ts';
import type { Value } from './tree.ts';

export type Documents = {
  readonly values: readonly Value[];
  /** `services`, when a fault was found: null where the file is well formed. */
  readonly fault: string | null;
  /** The same fault as somebody sees it who only looks at the file's top level; null where it shows only below. */
  readonly topFault: string | null;
};

export function parseComposeYaml(source: string): Documents {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(source, {
    schema: 'core',
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const documents = ('empty' in parsed ? [] : parsed) as Document.Parsed[];
  for (const document of documents) {
    const first = document.errors[0];
    if (first !== undefined) return failed(`yaml: ${faultText(first, source, lines)}`);
    const alias = unknownAlias(document, source, lines);
    if (alias !== null) return failed(`yaml: ${alias}`);
    const double = doubleKey(document.contents, lines, true);
    if (double !== null) {
      const whole = `yaml: construct errors:\n  line ${lineOf(document.contents, lines)}: ${double.text}`;
      return { values: [], fault: whole, topFault: double.isTop ? `yaml: construct errors:\n  ${double.text}` : null };
    }
  }
  const values = documents.map((document) => toValue(document.contents, document, []));
  const first = values[0];
  const kind = Array.isArray(first) ? '!!seq' : typeof first === 'string' ? '!!str' : null;
  const line = lineOf(documents[0]?.contents ?? null, lines);
  const sample = kind === '!!str' ? ` \`${String(first).slice(0, 10)}\`` : '';
  const topFault =
    kind === null ? null : `yaml: construct errors:\n  line ${line}: cannot construct ${kind}${sample} into cli.named`;
  return { values, fault: null, topFault };
}

function failed(fault: string): Documents {
  return { values: [], fault, topFault: fault };
}

function lineOf(node: Node | null, lines: LineCounter): number {
  return node?.range === undefined || node.range === null ? 1 : lines.linePos(node.range[0]).line;
}

function doubleKey(node: Node | null, lines: LineCounter, isTop: boolean): { text: string; isTop: boolean } | null {
  if (isSeq(node)) {
    for (const item of node.items) {
      const found = doubleKey(item as Node | null, lines, false);
      if (found !== null) return found;
    }
  }
  if (!isMap(node)) return null;
  const seen = new Map<string, number>();
  for (const { key, value } of node.items) {
    if (isScalar(key) && key.value !== '<<') {
      const name = String(key.value);
      const line = lineOf(key, lines);
      const before = seen.get(name);
      if (before !== undefined)
        return { text: `line ${line}: mapping key ${JSON.stringify(name)} already defined at line ${before}`, isTop };
      seen.set(name, line);
    }
    const found = doubleKey(value as Node | null, lines, false);
    if (found !== null) return found;
  }
  return null;
}

function unknownAlias(document: Document.Parsed, source: string, lines: LineCounter): string | null {
  let found: string | null = null;
  const walk = (node: unknown): void => {
    if (found !== null) return;
    if (isAlias(node) && node.resolve(document) === undefined) {
      const at = node.range?.[0] ?? source.length;
      const { line, col } = lines.linePos(at);
      found = `line ${line}, column ${col + 1}: unknown anchor '${node.source}' referenced`;
    } else if (isMap(node)) for (const pair of node.items) [pair.key, pair.value].forEach(walk);
    else if (isSeq(node)) node.items.forEach(walk);
  };
  walk(document.contents);
  return found;
}

const DEPTH_MAX = 200;

function toValue(node: unknown, document: Document.Parsed, path: readonly string[]): Value {
  if (path.length > DEPTH_MAX) return fail('yaml: exceeded max depth of 10000');
  if (isAlias(node)) return toValue(node.resolve(document), document, path);
  if (isScalar(node)) return scalarValue(node.value);
  if (isSeq(node)) return node.items.map((item, i) => toValue(item, document, [...path, `[${i}]`]));
  if (!isMap(node)) return null;
  const merged: Record<string, Value> = {};
  const own: Record<string, Value> = {};
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? key.value : null;
    if (name === '<<') {
      const target = toValue(value, document, path);
      for (const item of Array.isArray(target) ? target : [target])
        for (const [k, v] of Object.entries(item ?? {})) merged[k] ??= v as Value;
      continue;
    }
    if (typeof name !== 'string') {
      const place = path.length === 0 ? 'at top level' : `in ${path.join('.').replaceAll('.[', '[')}`;
      return fail(`non-string key ${place}: ${name === null ? 'interface {}(nil)' : String(name)}`);
    }
    own[name] = toValue(value, document, [...path, name]);
  }
  return { ...merged, ...own };
}

function scalarValue(value: unknown): Value {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}

const MISPLACED_VALUE = 'mapping values are not allowed in this context';

/** libyaml's words: its scanner counts lines from 1, its parser from 0; a first column is not told. */
function faultText(fault: YAMLError, source: string, lines: LineCounter): string {
  const start = fault.pos[0];
  const token = start + (/^\s*/.exec(source.slice(start))?.[0].length ?? 0);
  const mark = (at: number, first: number): string => {
    const { line, col } = at >= source.length ? endOf(source) : lines.linePos(at);
    return `line ${line - 1 + first}${col > 1 ? `, column ${col}` : ''}`;
  };
  const scanned = (at: number, words: string): string => `${mark(at, 1)}: ${words}`;
  const parsed = (what: string, from: number, at: number, words: string): string => {
    const context = lines.linePos(from).line === 1 ? '<unknown position>' : mark(from, 0);
    return `while parsing a ${what} at ${context}: ${mark(at, 0)}: ${words}`;
  };
  const flow = openBracket(source, token);
  switch (fault.code) {
    case 'TAB_AS_INDENT':
    case 'BAD_SCALAR_START': {
      const tab = fault.code === 'TAB_AS_INDENT' ? source.indexOf('\t', Math.max(0, start - 1)) : token;
      return `while scanning for the next token at ${mark(tab < 0 ? token : tab, 1)}: found character that cannot start any token`;
    }
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY': {
      if (/block sequence/.test(fault.message)) break;
      const next = /^[^\n]*\n\s*(?=\S)/.exec(source.slice(start))?.[0].length;
      // A word at the column of the keys before it must be one; further in, the next line goes on with it.
      if (fault.code === 'MULTILINE_IMPLICIT_KEY' && next !== undefined && isKeyPlace(source, start, start + next))
        return `while scanning a simple key at ${mark(start, 1)}: ${mark(start + next, 1)}: could not find expected ':'`;
      const colon = source.slice(start).search(/:(?=\s|$)/);
      return scanned(start + Math.max(colon, 0), MISPLACED_VALUE);
    }
    default:
  }
  if (/quote/.test(fault.message)) {
    const open = openQuote(source);
    return `while scanning a quoted scalar at ${mark(open, 1)}: ${mark(source.length, 1)}: found unexpected end of stream`;
  }
  if (flow !== null) {
    const isList = source[flow] === '[';
    const rest = /^[^\n:,\]}]*(?=:\s)/.exec(source.slice(token))?.[0] ?? '';
    const at = token + rest.length;
    return parsed(
      `flow ${isList ? 'sequence' : 'mapping'}`,
      flow,
      Math.min(at, source.length),
      `did not find expected ',' or '${isList ? ']' : '}'}'`,
    );
  }
  if (/Nested mappings|compact mappings/i.test(fault.message)) {
    const colon = source.slice(start).search(/:(?=\s|$)/);
    return scanned(start + Math.max(colon, 0), MISPLACED_VALUE);
  }
  if (/need to be followed by map values|Implicit keys/.test(fault.message)) {
    const next = /\n\s*(?=\S)/.exec(source.slice(token));
    const at = next === null ? source.length : token + next.index + next[0].length;
    return `while scanning a simple key at ${mark(token, 1)}: ${mark(at, 1)}: could not find expected ':'`;
  }
  return parsed('block mapping', enclosingMapping(source, token), token, 'did not find expected key');
}

function endOf(source: string): { line: number; col: number } {
  const rows = source.split('\n');
  return { line: rows.length, col: (rows.at(-1) ?? '').length + 1 };
}

/** Where the innermost bracket stands that is still open at `end`, or null. */
function openBracket(source: string, end: number): number | null {
  const open: number[] = [];
  let mark = '';
  for (let i = 0; i < end; i++) {
    const ch = source[i] ?? '';
    if (mark !== '') {
      if (mark === '"' && ch === '\\') i += 1;
      else if (ch === mark) mark = '';
    } else if ((ch === '"' || ch === "'") && /[\s,:[{-]/.test(source[i - 1] ?? '\n')) mark = ch;
    else if (ch === '#' && /\s/.test(source[i - 1] ?? '\n')) i = (source.indexOf('\n', i) + 1 || source.length + 1) - 1;
    else if ((ch === '[' || ch === '{') && (open.length > 0 || /[\s:-]/.test(source[i - 1] ?? '\n'))) open.push(i);
    else if ((ch === ']' || ch === '}') && open.length > 0) open.pop();
  }
  return open.at(-1) ?? null;
}

function openQuote(source: string): number {
  let mark = '';
  let from = 0;
  for (let i = 0; i < source.length; i++) {
    const ch = source[i] ?? '';
    if (mark !== '') {
      if (mark === '"' && ch === '\\') i += 1;
      else if (ch === mark) mark = '';
    } else if ((ch === '"' || ch === "'") && /[\s,:[{-]/.test(source[i - 1] ?? '\n')) {
      mark = ch;
      from = i;
    }
  }
  return from;
}

function columnOf(source: string, at: number): number {
  return at - (source.lastIndexOf('\n', at - 1) + 1);
}

function isKeyPlace(source: string, at: number, next: number): boolean {
  const mapping = enclosingMapping(source, at);
  const column = columnOf(source, at);
  return mapping < at && columnOf(source, mapping) === column && columnOf(source, next) <= column;
}

/** Start of the block mapping that the token at `at` breaks: the innermost that begins no further right. */
function enclosingMapping(source: string, at: number): number {
  const column = columnOf(source, at);
  const starts: { indent: number; offset: number }[] = [];
  let offset = 0;
  for (const row of source.slice(0, at).split('\n')) {
    const lead = /^(\s*)(?:- +)?/.exec(row)?.[0].length ?? 0;
    const isKey = /^\s*(?:- +)?[^\s#:][^:]*:(\s|$)/.test(row);
    if (row.trim() !== '' && !row.trim().startsWith('#')) {
      while ((starts.at(-1)?.indent ?? -1) > lead) starts.pop();
      if (isKey && starts.at(-1)?.indent !== lead) starts.push({ indent: lead, offset: offset + lead });
    }
    offset += row.length + 1;
  }
  const found = starts.filter(({ indent }) => indent <= column).at(-1) ?? starts[0];
  return found?.offset ?? 0;
}
