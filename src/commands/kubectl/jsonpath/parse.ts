/**
 * The template language of -o jsonpath: text, and actions between braces.
 * @models k8s.io/client-go util/jsonpath/parser.go node.go
 * @fidelity full
 */
export type PathNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'array'; readonly from: number; readonly to: number | null; readonly step: number }
  | { readonly kind: 'union'; readonly branches: readonly (readonly PathNode[])[] }
  | { readonly kind: 'filter'; readonly left: PathNode[]; readonly operator: string; readonly right: PathNode[] }
  | { readonly kind: 'recursive' }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'value'; readonly value: number | boolean }
  | { readonly kind: 'range' | 'end' }
  | { readonly kind: 'list'; readonly nodes: readonly PathNode[] };

export class JsonPathFault extends Error {
  override readonly name = 'JsonPathFault';
}

/** The template's text and actions (each a `list`) in order. */
export function parseJsonPath(template: string): PathNode[] {
  const nodes: PathNode[] = [];
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf('{', at);
    if (open < 0) {
      nodes.push({ kind: 'text', text: template.slice(at) });
      break;
    }
    if (open > at) nodes.push({ kind: 'text', text: template.slice(at, open) });
    const action = new ActionParser(template, open + 1);
    nodes.push({ kind: 'list', nodes: action.nodes() });
    at = action.at;
  }
  return nodes;
}

const IDENTIFIER_END = new Set(['', ' ', '\t', '\r', '\n', '.', ',', ']', ')', '(', '[', '}', '{', '$', '@']);

class ActionParser {
  private readonly source: string;
  at: number;

  constructor(source: string, at: number) {
    this.source = source;
    this.at = at;
  }

  private peek(): string {
    return this.source.charAt(this.at);
  }

  nodes(): PathNode[] {
    const out: PathNode[] = [];
    for (;;) {
      const ch = this.peek();
      if (ch === '' || ch === '\n' || ch === '\r') throw new JsonPathFault('unclosed action');
      this.at += 1;
      if (ch === '}') return out;
      if (ch === ' ' || ch === '\t' || ch === '@' || ch === '$') continue;
      if (ch === '[') out.push(this.array());
      else if (ch === '"' || ch === "'") out.push({ kind: 'text', text: this.quoted(ch) });
      else if (ch === '.') this.field(out);
      else if (/[+\-0-9]/.test(ch)) out.push(this.number(ch));
      else if (/[\p{L}\p{N}_]/u.test(ch)) out.push(this.identifier(ch));
      else {
        const code = (ch.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
        throw new JsonPathFault(`unrecognized character in action: U+${code} '${ch}'`);
      }
    }
  }

  private word(): string {
    let text = '';
    for (; !IDENTIFIER_END.has(this.peek()); this.at++) {
      if (this.peek() === '\\') this.at += 1;
      text += this.peek();
    }
    return text;
  }

  private field(out: PathNode[]): void {
    if (this.peek() === '.') {
      this.at += 1;
      out.push({ kind: 'recursive' });
      if (/[\p{L}\p{N}_]/u.test(this.peek())) this.named(out);
      return;
    }
    if (this.peek() === '[' || this.peek() === '}' || this.peek() === ' ') {
      if (this.peek() === '[') return;
    }
    this.named(out);
  }

  private named(out: PathNode[]): void {
    const name = this.word();
    if (name === '*') out.push({ kind: 'wildcard' });
    else if (name !== '') out.push({ kind: 'field', name });
  }

  private number(first: string): PathNode {
    let text = first;
    while (/[+\-0-9.]/.test(this.peek())) {
      text += this.peek();
      this.at += 1;
    }
    const value = Number(text);
    if (Number.isNaN(value)) throw new JsonPathFault(`cannot parse number ${text}`);
    return { kind: 'value', value };
  }

  private identifier(first: string): PathNode {
    const name = first + this.word();
    if (name === 'range' || name === 'end') return { kind: name };
    if (name === 'true' || name === 'false') return { kind: 'value', value: name === 'true' };
    throw new JsonPathFault(`unrecognized identifier ${name}`);
  }

  private quoted(mark: string): string {
    let text = '';
    for (;;) {
      const ch = this.peek();
      if (ch === '' || ch === '\n') throw new JsonPathFault('unterminated quoted string');
      this.at += 1;
      if (ch === mark) return text;
      if (ch !== '\\') {
        text += ch;
        continue;
      }
      const escaped = this.peek();
      this.at += 1;
      text += { n: '\n', t: '\t', r: '\r' }[escaped] ?? escaped;
    }
  }

  /** After `[`: an index, a slice, names, a filter, a star. */
  private array(): PathNode {
    if (this.source.startsWith('?(', this.at)) return this.filter();
    const start = this.at;
    for (let mark = ''; ; this.at++) {
      const ch = this.peek();
      if (ch === '' || ch === '\n') throw new JsonPathFault('unterminated array');
      if (mark === '' && ch === '}') throw new JsonPathFault('unterminated array');
      if (mark === '' && (ch === '"' || ch === "'")) mark = ch;
      else if (ch === mark) mark = '';
      else if (mark === '' && ch === ']') break;
    }
    const text = this.source.slice(start, this.at);
    this.at += 1;
    return arrayNode(text);
  }

  private filter(): PathNode {
    this.at += 2;
    const start = this.at;
    let depth = 1;
    for (let mark = ''; depth > 0; this.at++) {
      const ch = this.peek();
      if (ch === '' || ch === '\n') throw new JsonPathFault('unterminated filter');
      if (mark !== '') {
        if (ch === mark && this.source[this.at - 1] !== '\\') mark = '';
      } else if (ch === '"' || ch === "'") mark = ch;
      else if (ch === '(') depth += 1;
      else if (ch === ')') depth -= 1;
    }
    const text = this.source.slice(start, this.at - 1);
    if (this.peek() !== ']') throw new JsonPathFault('unclosed array expect ]');
    this.at += 1;
    const match = /^([^!<>=]+)([!<>=]+)(.+?)$/.exec(text);
    if (match === null) return { kind: 'filter', left: action(text), operator: 'exists', right: [] };
    const [, left = '', operator = '', right = ''] = match;
    return { kind: 'filter', left: action(left), operator, right: action(right) };
  }
}

function action(text: string): PathNode[] {
  return new ActionParser(`${text}}`, 0).nodes();
}

function arrayNode(text: string): PathNode {
  if (text === '*') return { kind: 'wildcard' };
  const parts = splitUnion(text);
  if (parts.length > 1) {
    return { kind: 'union', branches: parts.map((part) => [arrayNode(part.trim())]) };
  }
  const name = /^\s*(['"])([\s\S]*)\1\s*$/.exec(text);
  if (name !== null) return { kind: 'field', name: (name[2] ?? '').replace(/\\(.)/g, '$1') };
  const slice = /^(-?\d*)?(:-?\d*)?(:-?\d*)?$/.exec(text);
  if (slice === null || text === '') throw new JsonPathFault(`invalid array index ${text}`);
  const [, first = '', second, third] = slice;
  const from = first === '' ? 0 : Number(first);
  if (second === undefined) return { kind: 'array', from, to: from === -1 ? null : from + 1, step: 1 };
  const to = second === ':' ? null : Number(second.slice(1));
  return { kind: 'array', from, to, step: third === undefined || third === ':' ? 1 : Number(third.slice(1)) };
}

function splitUnion(text: string): string[] {
  const parts: string[] = [''];
  let mark = '';
  for (const ch of text) {
    if (ch === ',' && mark === '') {
      parts.push('');
      continue;
    }
    if (mark === '' && (ch === '"' || ch === "'")) mark = ch;
    else if (ch === mark) mark = '';
    parts[parts.length - 1] += ch;
  }
  return parts;
}
