/** Words of an awk program. @models POSIX awk grammar, mawk 1.3.4 (Debian's awk) */
export type Token = {
  kind: 'number' | 'string' | 'regex' | 'name' | 'funcname' | 'builtin' | 'keyword' | 'punct' | 'newline' | 'end';
  text: string;
  line: number;
};

export class AwkSyntax extends Error {
  readonly line: number;
  readonly near: string;
  constructor(line: number, near: string) {
    super(`syntax error at or near ${near}`);
    this.line = line;
    this.near = near;
  }
}

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
const BUILTINS = new Set([
  'length',
  'substr',
  'split',
  'index',
  'match',
  'gsub',
  'sub',
  'gensub',
  'toupper',
  'tolower',
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
  'system',
  'close',
  'fflush',
  'systime',
  'strftime',
  'mktime',
  'and',
  'or',
  'xor',
  'lshift',
  'rshift',
  'compl',
  'strtonum',
  'asort',
  'asorti',
]);
const PUNCTUATION = [
  '**=',
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
  '**',
  '==',
  '<=',
  '>=',
  '!=',
  '!~',
  '>>',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ';',
  ',',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '!',
  '>',
  '<',
  '|',
  '?',
  ':',
  '~',
  '$',
  '=',
];
const ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  '\\': '\\',
  '"': '"',
  '/': '/',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

export function unescapeAwk(text: string): string {
  return text.replace(/\\([0-7]{1,3}|[\s\S])/g, (whole, what: string) =>
    /^[0-7]/.test(what)
      ? String.fromCharCode(Number.parseInt(what, 8))
      : (ESCAPES[what] ?? (what === '\n' ? '' : whole)),
  );
}

export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let at = 0;
  const push = (kind: Token['kind'], text: string): void => {
    tokens.push({ kind, text, line });
  };
  /** A slash divides after a value and begins a regular expression elsewhere. */
  const divides = (): boolean => {
    const last = tokens.at(-1);
    return (
      last !== undefined &&
      (last.kind === 'number' ||
        last.kind === 'string' ||
        last.kind === 'name' ||
        last.kind === 'builtin' ||
        [')', ']', '$', '++', '--'].includes(last.text))
    );
  };
  while (at < source.length) {
    const c = source[at] as string;
    const rest = source.slice(at);
    if (c === '\n') {
      push('newline', '\n');
      line++;
      at++;
      continue;
    }
    if (/[ \t\r]/.test(c)) {
      at++;
      continue;
    }
    if (/^\\\r?\n/.test(rest)) {
      at += rest[1] === '\r' ? 3 : 2;
      line++;
      continue;
    }
    if (c === '#') {
      while (at < source.length && source[at] !== '\n') at++;
      continue;
    }
    const number = /^(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/.exec(rest);
    if (number !== null) {
      push('number', number[0]);
      at += number[0].length;
      continue;
    }
    const word = /^[A-Za-z_]\w*/.exec(rest)?.[0];
    if (word !== undefined) {
      at += word.length;
      if (KEYWORDS.has(word)) push('keyword', word === 'func' ? 'function' : word);
      else if (BUILTINS.has(word)) push('builtin', word);
      else push(source[at] === '(' ? 'funcname' : 'name', word);
      continue;
    }
    if (c === '"') {
      const string = /^"((?:[^"\\\n]|\\[\s\S])*)"/.exec(rest);
      if (string === null) throw new AwkSyntax(line, `unexpected newline or end of string`);
      push('string', unescapeAwk(string[1] as string));
      line += (string[0].match(/\n/g) ?? []).length;
      at += string[0].length;
      continue;
    }
    if (c === '/' && !divides()) {
      const regex = /^\/((?:[^/\\\n[]|\\.|\[\^?\]?(?:\[:[a-z]+:\]|[^\]\n])*\])*)\//.exec(rest);
      if (regex === null) throw new AwkSyntax(line, rest.split('\n')[0] ?? '');
      push('regex', (regex[1] as string).replaceAll('\\/', '/'));
      at += regex[0].length;
      continue;
    }
    const punct = PUNCTUATION.find((p) => rest.startsWith(p));
    if (punct === undefined) throw new AwkSyntax(line, c);
    push('punct', punct === '**' ? '^' : punct === '**=' ? '^=' : punct);
    at += punct.length;
  }
  push('newline', '\n');
  push('end', '');
  return tokens;
}
