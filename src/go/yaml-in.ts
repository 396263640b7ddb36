/**
 * YAML (and so JSON) into a plain value, by the rules that sigs.k8s.io/yaml reads with; errors in its words.
 * @models sigs.k8s.io/yaml yaml.go (YAMLToJSON); goyaml.v2 scannerc.go parserc.go
 * @fidelity partial: the parser is another one, so of several faults it may name another; texts of rare faults are
 * its own
 */
import { LineCounter, parseDocument, visit, type YAMLError } from 'yaml';
import type { ParsedJson } from './json-parse.ts';
import { resolvePlain } from './yaml-scalar.ts';

export type YamlResult =
  | { readonly ok: true; readonly value: ParsedJson }
  /** `yaml: line 1: did not find expected ',' or '}'`; callers put "error converting YAML to JSON: " before it. */
  | { readonly ok: false; readonly error: string };

export function parseYaml(text: string): YamlResult {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    // Every scalar comes as text: which plain ones are numbers or booleans is go-yaml's YAML 1.1, not the parser's.
    schema: 'failsafe',
    merge: true,
    uniqueKeys: true,
    lineCounter,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const fault = document.errors[0];
  if (fault !== undefined) return { ok: false, error: faultText(fault, text, lineCounter) };
  visit(document, {
    Scalar: (_, node) => {
      if (node.type === 'PLAIN' && node.tag === undefined) node.value = resolvePlain(node.source ?? '');
    },
  });
  return { ok: true, value: toJson(document.toJS({ maxAliasCount: ALIASES_MAX })) };
}

const ALIASES_MAX = 100;

/**
 * libyaml's words for a fault. Its two stages count lines differently: the parser names the line before the offending
 * token (its lines start at 0), the scanner the line itself; neither names the first line.
 */
function faultText(fault: YAMLError, text: string, lines: LineCounter): string {
  const start = fault.pos[0];
  const lineOf = (at: number): number => lines.linePos(at).line - 1;
  const parserFault = (at: number, words: string): string => where(lineOf(at)) + words;
  const scannerFault = (at: number, words: string): string => where(lineOf(at) === 0 ? 0 : lineOf(at) + 1) + words;
  const token = start + (/^[\s]*/.exec(text.slice(start))?.[0].length ?? 0);
  const open = openBracket(text, start);
  switch (fault.code) {
    case 'TAB_AS_INDENT':
    case 'BAD_SCALAR_START':
      return scannerFault(token, 'found character that cannot start any token');
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return scannerFault(start + Math.max(text.slice(start).search(/:(?=\s|$)/), 0), MISPLACED_VALUE);
    case 'DUPLICATE_KEY':
      return `yaml: unmarshal errors:\n  line ${lineOf(start) + 1}: key already set in map`;
    default:
      if (/quote/.test(fault.message)) return scannerFault(text.length, 'found unexpected end of stream');
      if (/^[[{,:]$/.test(open === '' ? '' : (text.slice(0, token).trimEnd().at(-1) ?? ''))) {
        return parserFault(token, 'did not find expected node content');
      }
      if (open !== '') return parserFault(token, `did not find expected ',' or '${open === '[' ? ']' : '}'}'`);
      if (/Nested mappings|compact mappings/i.test(fault.message)) return scannerFault(start, MISPLACED_VALUE);
      if (/need to be followed by map values/.test(fault.message)) {
        const next = text.slice(token).search(/\n\s*\S/);
        return scannerFault(next < 0 ? text.length : token + next + 1, "could not find expected ':'");
      }
      return parserFault(token, 'did not find expected key');
  }
}

const MISPLACED_VALUE = 'mapping values are not allowed in this context';

function where(line: number): string {
  return line === 0 ? 'yaml: ' : `yaml: line ${line}: `;
}

/** The innermost bracket still open at `end`; quotes and comments are skipped over. */
function openBracket(text: string, end: number): string {
  const open: string[] = [];
  let mark = '';
  for (let i = 0; i < end; i++) {
    const ch = text[i] ?? '';
    if (mark !== '') {
      if (mark === '"' && ch === '\\') i += 1;
      else if (ch === mark) mark = '';
    } else if (ch === '"' || ch === "'") mark = ch;
    else if (ch === '#' && /\s/.test(text[i - 1] ?? '\n')) i = (text.indexOf('\n', i) + 1 || text.length + 1) - 1;
    else if (ch === '[' || ch === '{') open.push(ch);
    else if (ch === ']' || ch === '}') open.pop();
  }
  return open.at(-1) ?? '';
}

function toJson(value: unknown): ParsedJson {
  if (['string', 'number', 'boolean', 'bigint'].includes(typeof value))
    return value as string | number | boolean | bigint;
  if (Array.isArray(value)) return value.map(toJson);
  if (value instanceof Map) return Object.fromEntries([...value].map(([k, v]) => [String(k), toJson(v)]));
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, toJson(v)]));
}
