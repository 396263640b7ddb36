/**
 * Go templates cut into tokens.
 * @models go text/template/parse lex.go
 * @fidelity partial: delimiters are always {{ and }}
 */
export type TokenKind =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'keyword'
  | 'identifier'
  | 'field'
  | 'variable'
  | 'dot'
  | 'nil'
  | 'bool'
  | 'number'
  | 'string'
  | 'pipe'
  | 'declare'
  | 'assign'
  | 'open'
  | 'close'
  | 'char'
  | 'error'
  | 'eof';

export type Token = { readonly kind: TokenKind; readonly text: string; readonly pos: number };

const KEYWORDS: readonly string[] = [
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
];

/** Ends in an `eof` token, or in an `error` token that says what is wrong. */
export function lexTemplate(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let trimsNext = false;
  while (at < source.length) {
    const open = source.indexOf('{{', at);
    const end = open < 0 ? source.length : open;
    const trimsLeft = open >= 0 && /^\{\{-[ \t\r\n]/.test(source.slice(open, open + 4));
    let text = source.slice(at, end);
    if (trimsNext) text = text.replace(/^[ \t\r\n]+/, '');
    if (trimsLeft) text = text.replace(/[ \t\r\n]+$/, '');
    if (text !== '') tokens.push({ kind: 'text', text, pos: at });
    if (open < 0) break;
    const inside = open + (trimsLeft ? 4 : 2);
    if (source.startsWith('/*', inside)) {
      const close = source.indexOf('*/', inside);
      if (close < 0) return [...tokens, { kind: 'error', text: 'unclosed comment', pos: inside }];
      const ending = /^(?:[ \t\r\n]-)?\}\}/.exec(source.slice(close + 2))?.[0];
      if (ending === undefined) {
        return [...tokens, { kind: 'error', text: 'comment ends before closing delimiter', pos: inside }];
      }
      trimsNext = ending.length > 2;
      at = close + 2 + ending.length;
      continue;
    }
    tokens.push({ kind: 'left', text: '{{', pos: open });
    const action = lexAction(source, inside, tokens);
    if (action === undefined) return tokens;
    at = action.end;
    trimsNext = action.trims;
  }
  return [...tokens, { kind: 'eof', text: '', pos: source.length }];
}

const PATTERNS: readonly (readonly [kind: TokenKind, pattern: RegExp])[] = [
  ['space', /[ \t\r\n]+/y],
  ['declare', /:=/y],
  ['assign', /=/y],
  ['pipe', /\|/y],
  ['string', /"(?:\\[^\n]|[^"\\\n])*"|`[^`]*`/y],
  ['number', /'(?:\\[^\n]|[^'\\\n])+'/y],
  ['variable', /\$[\p{L}\p{N}_]*/uy],
  ['field', /\.[\p{L}_][\p{L}\p{N}_]*/uy],
  ['number', /[+-]?(?:0[xXoObB])?(?:\d[\da-fA-F_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y],
  ['dot', /\./y],
  ['identifier', /[\p{L}_][\p{L}\p{N}_]*/uy],
  ['open', /\(/y],
  ['close', /\)/y],
  ['char', /[!-~]/y],
];

/** Returns where the action ended, or undefined after pushing an error. */
function lexAction(source: string, start: number, tokens: Token[]): { end: number; trims: boolean } | undefined {
  let at = start;
  let depth = 0;
  const fail = (text: string): undefined => {
    tokens.push({ kind: 'error', text, pos: at });
    return undefined;
  };
  for (;;) {
    const ending = /^(?:[ \t\r\n]+-)?\}\}/.exec(source.slice(at));
    if (ending !== null) {
      if (depth > 0) return fail('unclosed left paren');
      tokens.push({ kind: 'right', text: '}}', pos: at });
      return { end: at + ending[0].length, trims: ending[0].length > 2 };
    }
    if (at >= source.length) return fail('unclosed action');
    const token = match(source, at);
    if (token === undefined) return fail(strayCharacter(source, at));
    if (token.kind === 'open') depth += 1;
    if (token.kind === 'close' && --depth < 0) return fail('unexpected right paren');
    tokens.push(token);
    at += token.text.length;
  }
}

function match(source: string, pos: number): Token | undefined {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = pos;
    const text = pattern.exec(source)?.[0];
    if (text === undefined) continue;
    if (kind === 'char' && (text === '"' || text === '`' || text === "'" || text === ':')) return undefined;
    if (kind !== 'identifier') return { kind, text, pos };
    if (KEYWORDS.includes(text)) return { kind: 'keyword', text, pos };
    if (text === 'true' || text === 'false') return { kind: 'bool', text, pos };
    return { kind: text === 'nil' ? 'nil' : 'identifier', text, pos };
  }
  return undefined;
}

function strayCharacter(source: string, at: number): string {
  const ch = source[at] ?? '';
  if (ch === '"') return 'unterminated quoted string';
  if (ch === '`') return 'unterminated raw quoted string';
  if (ch === "'") return 'unterminated character constant';
  if (ch === ':') return 'expected :=';
  const code = source.codePointAt(at) ?? 0;
  const hex = code.toString(16).toUpperCase().padStart(4, '0');
  return `unrecognized character in action: U+${hex} '${String.fromCodePoint(code)}'`;
}
