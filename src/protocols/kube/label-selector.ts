/**
 * The text of label selectors: `app=web,tier!=db,env in (a,b),!old,new,size>3`.
 * @models apimachinery pkg/labels selector.go (Lexer, Parser, NewRequirement)
 * @fidelity full
 */
import type { Parsed, Requirement } from './labels.ts';

type Token = { readonly kind: 'word' | 'end' | 'error' | Symbol; readonly text: string };
type Symbol = '(' | ')' | ',' | '!' | '=' | '==' | '!=' | '>' | '<';

/** In Go's order, as the message has it. */
const BINARY = 'in, notin, =, ==, !=, gt, lt';

const NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const NAME_TEXT = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${NAME}')`;
const VALUE_TEXT = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${NAME})?')`;
const LENGTH_MAX = 63;

class SelectorFault extends Error {}

export function parseLabelSelector(text: string): Parsed<Requirement[]> {
  try {
    return { ok: true, value: new Parser(tokensOf(text)).parse() };
  } catch (fault) {
    if (!(fault instanceof SelectorFault)) throw fault;
    return { ok: false, error: fault.message };
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const [word] of text.matchAll(/==|!=|[=!(),<>]|[^\s=!(),<>]+/g))
    tokens.push({ kind: /^[=!(),<>]/.test(word) ? (word as Symbol) : 'word', text: word });
  return [...tokens, { kind: 'end', text: '' }];
}

class Parser {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  parse(): Requirement[] {
    const found: Requirement[] = [];
    for (;;) {
      const first = this.ahead;
      if (first.kind === 'end') return found;
      if (first.kind !== 'word' && first.kind !== '!')
        throw new SelectorFault(`found '${first.text}', expected: !, identifier, or 'end of string'`);
      found.push(this.requirement());
      const next = this.take();
      if (next.kind === 'end') return found.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
      if (next.kind !== ',') throw new SelectorFault(`found '${next.text}', expected: ',' or 'end of string'`);
      if (this.ahead.kind !== 'word' && this.ahead.kind !== '!')
        throw new SelectorFault(`found '${this.ahead.text}', expected: identifier after ','`);
    }
  }

  private get ahead(): Token {
    return this.tokens[Math.min(this.at, this.tokens.length - 1)] as Token;
  }

  private take(): Token {
    const token = this.ahead;
    this.at += 1;
    return token;
  }

  private requirement(): Requirement {
    const fail = (words: string): SelectorFault => new SelectorFault(`unable to parse requirement: ${words}`);
    const absent = this.ahead.kind === '!';
    if (absent) this.take();
    const { kind, text: key } = this.take();
    if (kind !== 'word') throw fail(`found '${key}', expected: identifier`);
    const wrong = keyFault(key);
    if (wrong !== '') throw fail(`<nil>: Invalid value: ${JSON.stringify(key)}: ${wrong}`);
    if (absent) return { key, operator: 'DoesNotExist', values: [] };
    if (this.ahead.kind === 'end' || this.ahead.kind === ',') return { key, operator: 'Exists', values: [] };
    const sign = this.take();
    const operator = operatorOf(sign);
    if (operator === null) throw fail(`found '${sign.text}', expected: ${BINARY}`);
    const values = sign.kind === 'word' ? this.values(fail) : this.exactValue(fail);
    const numeric = operator === 'Gt' || operator === 'Lt';
    values.forEach((value, i) => {
      if (numeric && !/^[-+]?\d+$/.test(value))
        throw fail(
          `values[${i}]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
        );
      const fault = valueFault(value);
      if (fault !== '') throw fail(`values[${i}][${key}]: Invalid value: ${JSON.stringify(value)}: ${fault}`);
    });
    return { key, operator, values };
  }

  private exactValue(fail: (words: string) => SelectorFault): string[] {
    if (this.ahead.kind === 'end' || this.ahead.kind === ',') return [''];
    const { kind, text } = this.take();
    if (kind !== 'word') throw fail(`found '${text}', expected: identifier`);
    return [text];
  }

  /** `(a,,b)`: between two commas, or a comma and a bracket, is the empty value. */
  private values(fail: (words: string) => SelectorFault): string[] {
    const open = this.take();
    if (open.kind !== '(') throw fail(`found '${open.text}' expected: '('`);
    const first = this.ahead;
    if (first.kind !== 'word' && first.kind !== ',' && first.kind !== ')')
      throw fail(`found '${first.text}', expected: ',', ')' or identifier`);
    const found = new Set<string>();
    for (let expectsValue = true; ; ) {
      const { kind, text } = this.take();
      if (kind === 'word' && expectsValue) {
        found.add(text);
        expectsValue = false;
        if (this.ahead.kind !== ',' && this.ahead.kind !== ')')
          throw fail(`found '${this.ahead.text}', expected: ',' or ')'`);
        continue;
      }
      if (kind !== ',' && kind !== ')') throw fail(`found '${text}', expected: ',', or identifier`);
      if (expectsValue) found.add('');
      if (kind === ')') return [...found].sort();
      expectsValue = true;
    }
  }
}

function operatorOf({ kind, text }: Token): Requirement['operator'] | null {
  if (kind === 'word') return text === 'in' ? 'In' : text === 'notin' ? 'NotIn' : null;
  if (kind === '=' || kind === '==') return 'In';
  if (kind === '!=') return 'NotIn';
  return kind === '>' ? 'Gt' : kind === '<' ? 'Lt' : null;
}

/** Empty when there is nothing wrong with a label's or annotation's key. */
export function keyFault(key: string): string {
  const parts = key.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.length > 2)
    return `a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${NAME}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
  const faults: string[] = [];
  if (parts.length === 2 && parts[0] === '') faults.push('prefix part must be non-empty');
  if (name === '') faults.push('name part must be non-empty');
  else if (name.length > LENGTH_MAX) faults.push(`name part must be no more than ${LENGTH_MAX} bytes`);
  if (!new RegExp(`^${NAME}$`).test(name)) faults.push(NAME_TEXT);
  return faults.join('; ');
}

export function valueFault(value: string): string {
  const faults: string[] = [];
  if (value.length > LENGTH_MAX) faults.push(`must be no more than ${LENGTH_MAX} bytes`);
  if (value !== '' && !new RegExp(`^${NAME}$`).test(value)) faults.push(VALUE_TEXT);
  return faults.join('; ');
}
