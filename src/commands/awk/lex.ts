/** Tokens of an awk program. @models mawk 1.3.4 scan.c */
export class AwkError extends Error {}

export type Token = {
  kind: 'number' | 'string' | 'regex' | 'name' | 'call' | 'builtin' | 'keyword' | 'operator' | 'newline' | 'end';
  text: string;
  line: number;
};

const KEYWORDS = new Set([
  'BEGIN',
  'END',
  'function',
  'func',
  'if',
  'else',
  'while',
  'for',
  'do',
  'break',
  'continue',
  'next',
  'nextfile',
  'exit',
  'return',
  'delete',
  'in',
  'getline',
  'print',
  'printf',
]);

export const BUILTINS: ReadonlySet<string> = new Set([
  'length',
  'substr',
  'index',
  'split',
  'sub',
  'gsub',
  'match',
  'sprintf',
  'sin',
  'cos',
  'atan2',
  'exp',
  'log',
  'sqrt',
  'int',
  'rand',
  'srand',
  'tolower',
  'toupper',
  'system',
  'close',
  'fflush',
  'systime',
  'strftime',
  'mktime',
]);

const OPERATORS = [
  '**=',
  '**',
  '&&',
  '||',
  '++',
  '--',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '^=',
  '==',
  '<=',
  '>=',
  '!=',
  '!~',
  '>>',
  ...'{}()[];,+-*/%^!<>|?:~$=',
];

const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** What a string constant, or `-v NAME=TEXT`, says. */
export function unescape(text: string): string {
  return text.replace(/\\([0-7]{1,3}|[\s\S])/g, (whole, escaped: string) => {
    if (/^[0-7]/.test(escaped)) return String.fromCharCode(Number.parseInt(escaped, 8) & 255);
    if (escaped === '\n') return '';
    return ESCAPES[escaped] ?? whole;
  });
}

/** After these a slash divides; after anything else it begins a regular expression. */
function endsOperand(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === 'operator') return token.text === ')' || token.text === ']' || token.text === '$';
  return token.kind === 'number' || token.kind === 'string' || token.kind === 'name' || token.kind === 'builtin';
}

/** @throws AwkError with what mawk says after `mawk: ` */
export function lex(source: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let at = 0;
  const push = (kind: Token['kind'], text: string): void => {
    tokens.push({ kind, text, line });
  };
  while (at < source.length) {
    const c = source[at] as string;
    if (c === '\n') {
      push('newline', '\n');
      line++;
      at++;
    } else if (c === ' ' || c === '\t' || c === '\r') at++;
    else if (c === '\\' && source[at + 1] === '\n') {
      line++;
      at += 2;
    } else if (c === '\\' && source.startsWith('\r\n', at + 1)) {
      line++;
      at += 3;
    } else if (c === '#') while (at < source.length && source[at] !== '\n') at++;
    else if (c === '"') {
      let end = at + 1;
      while (end < source.length && source[end] !== '"') {
        if (source[end] === '\n') break;
        end += source[end] === '\\' ? 2 : 1;
      }
      if (source[end] !== '"')
        throw new AwkError(`line ${line}: runaway string constant "${source.slice(at + 1, at + 11)} ...`);
      push('string', unescape(source.slice(at + 1, end)));
      at = end + 1;
    } else if (c === '/' && !endsOperand(tokens.at(-1))) {
      let end = at + 1;
      let inBracket = false;
      for (; end < source.length; end++) {
        const r = source[end];
        if (r === '\n') break;
        if (r === '\\') end++;
        else if (r === '[' && !inBracket) {
          inBracket = true;
          if (source[end + 1] === '^') end++;
          if (source[end + 1] === ']') end++;
        } else if (r === '[' && source[end + 1] === ':') {
          const close = source.indexOf(':]', end + 2);
          if (close > 0) end = close + 1;
        } else if (r === ']') inBracket = false;
        else if (r === '/' && !inBracket) break;
      }
      if (source[end] !== '/')
        throw new AwkError(`line ${line}: runaway regular expression /${source.slice(at + 1, at + 11)} ...`);
      push('regex', source.slice(at + 1, end).replaceAll('\\/', '/'));
      at = end + 1;
    } else {
      const rest = source.slice(at);
      const number = /^(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/.exec(rest);
      const word = /^[A-Za-z_]\w*/.exec(rest);
      if (number !== null) {
        push('number', number[0]);
        at += number[0].length;
      } else if (word !== null) {
        const [name] = word;
        at += name.length;
        if (KEYWORDS.has(name)) push('keyword', name === 'func' ? 'function' : name);
        else if (BUILTINS.has(name)) push('builtin', name);
        else push(source[at] === '(' ? 'call' : 'name', name);
      } else {
        const operator = OPERATORS.find((o) => rest.startsWith(o));
        if (operator === undefined) throw new AwkError(`line ${line}: unexpected character '${c}'`);
        push('operator', operator.replace('**', '^'));
        at += operator.length;
      }
    }
  }
  push('newline', '\n');
  tokens.push({ kind: 'end', text: 'end of file', line: line + 1 });
  return tokens;
}
