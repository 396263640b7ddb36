/**
 * containerd's filter language: `name==x,labels."a.b"~=re`; several filters are alternatives.
 * @models containerd 2.1 pkg/filters
 * @fidelity partial: no escapes inside quotes other than \" and \\
 */
import { classed } from '../../shared/errors.ts';

/** Fields by path: `labels.KEY` for maps. */
export type Fields = { readonly [path: string]: string | undefined };

type Test = { path: string; operator: '' | '==' | '!=' | '~='; value: string };

export function matchesAny(filters: readonly string[], fields: Fields): boolean {
  if (filters.length === 0) return true;
  return filters.some((filter) => parse(filter).every((test) => holds(test, fields)));
}

/** Complains about a filter that cannot be read, also when there is nothing to apply it to. */
export function checkFilters(filters: readonly string[]): void {
  for (const filter of filters) parse(filter);
}

function holds({ path, operator, value }: Test, fields: Fields): boolean {
  const actual = fields[path];
  switch (operator) {
    case '':
      return actual !== undefined;
    case '==':
      return actual === value;
    case '!=':
      return actual !== value;
    default:
      return actual !== undefined && pattern(value).test(actual);
  }
}

function pattern(source: string): RegExp {
  try {
    return new RegExp(source);
  } catch {
    throw classed('InvalidArgument', `filters: bad regular expression ${source}`);
  }
}

type Token = {
  kind: 'field' | 'value' | 'quoted' | 'separator' | 'operator' | 'other' | 'end';
  text: string;
  at: number;
};

const SPACE = /\s/;
const FIELD = /[_A-Za-z0-9]/;
const QUOTES = '/|"';

/** Tokens as its scanner finds them: spaces before one count for nothing, and what follows an operator is a value. */
class Scanner {
  private readonly source: string;
  private at = 0;
  private afterOperator = false;

  constructor(source: string) {
    this.source = source;
  }

  /** The next character, a space too; empty at the end. */
  get peek(): string {
    return this.source[this.at] ?? '';
  }

  get position(): number {
    return this.at;
  }

  scan(): Token {
    const { source } = this;
    while (SPACE.test(this.peek)) this.at++;
    const at = this.at;
    const first = this.peek;
    const token = (kind: Token['kind'], to: number): Token => {
      this.at = to;
      return { kind, text: source.slice(at, to), at };
    };
    const run = (pattern: RegExp): number => {
      let to = at + 1;
      while (to < source.length && pattern.test(source[to] as string)) to++;
      return to;
    };
    if (first === '') return token('end', at);
    if (QUOTES.includes(first)) return token('quoted', this.endOfQuoted(first));
    const isValue = this.afterOperator;
    this.afterOperator = false;
    if (first === ',' || first === '.') return token('separator', at + 1);
    if (/[=!~]/.test(first)) {
      this.afterOperator = true;
      return token('operator', run(/[=!~]/));
    }
    if (isValue) return token('value', run(/[^\s,]/));
    return FIELD.test(first) ? token('field', run(FIELD)) : token('other', at + 1);
  }

  private endOfQuoted(mark: string): number {
    let to = this.at + 1;
    while (to < this.source.length && this.source[to] !== mark) to += this.source[to] === '\\' ? 2 : 1;
    if (to >= this.source.length) throw faultAt(this.source, this.at, 'quoted literal not terminated');
    return to + 1;
  }
}

function faultAt(source: string, at: number, words: string): Error {
  const place =
    at < source.length ? `[${source.slice(0, at)} >|${source[at]}|< ${source.slice(at + 1)}]` : `[${source}]`;
  return classed('InvalidArgument', `filters: parse error: ${place}: ${words}`);
}

function parse(source: string): Test[] {
  const tests: Test[] = [];
  if (source === '') return tests;
  const scanner = new Scanner(source);
  const fail = (at: number, words: string): Error => faultAt(source, at, words);
  const unquoted = ({ text, at }: Token, anyQuote: boolean): string => {
    if (!anyQuote && text[0] !== '"') throw fail(at, 'invalid quote encountered');
    return text.slice(1, -1).replace(/\\(.)/g, '$1');
  };
  const field = (): string => {
    const token = scanner.scan();
    if (token.kind === 'field') return token.text;
    if (token.kind === 'quoted') return unquoted(token, false);
    throw fail(token.at, 'expected field or quoted');
  };
  for (;;) {
    const parts = [field()];
    while (scanner.peek === '.') {
      scanner.scan();
      parts.push(field());
    }
    const path = parts.join('.');
    if (scanner.peek === ',' || scanner.peek === '') tests.push({ path, operator: '', value: '' });
    else {
      const operator = scanner.scan();
      if (operator.kind !== 'operator') throw fail(operator.at, 'expected an operator ("=="|"!="|"~=")');
      const { text } = operator;
      if (text !== '==' && text !== '!=' && text !== '~=') throw fail(operator.at, `unsupported operator "${text}"`);
      const value = scanner.scan();
      if (value.kind !== 'value' && value.kind !== 'field' && value.kind !== 'quoted')
        throw fail(value.at, 'expected value or quoted');
      // A regular expression may stand between slashes or bars.
      tests.push({
        path,
        operator: text,
        value: value.kind === 'quoted' ? unquoted(value, text === '~=') : value.text,
      });
    }
    if (scanner.peek === '') return tests;
    if (scanner.peek !== ',') throw fail(scanner.position, `unexpected input: ${scanner.peek}`);
    scanner.scan();
  }
}

export function labelFields(labels: Readonly<Record<string, string>>): Fields {
  return Object.fromEntries(Object.entries(labels).map(([key, value]) => [`labels.${key}`, value]));
}
