/** Arithmetic on 64-bit integers. @models bash 5.2 expr.c @fidelity full */
import { ExpansionError } from './control.ts';

/** How expressions read and write variables; values are text that is evaluated again, as bash does. */
export type ArithmeticVariables = {
  get(name: string, index: string | null): string | undefined;
  set(name: string, index: string | null, value: bigint): void;
};

type Token = {
  readonly kind: 'number' | 'name' | 'op' | 'end';
  readonly text: string;
  readonly at: number;
  /** Where the next one begins. */
  readonly end: number;
  readonly value?: bigint;
  readonly index?: string | null;
};

/** Tokens by where they begin, of expressions evaluated lately: a loop evaluates the same ones again and again. */
const scanned = new Map<string, Map<number, Token>>();
const SCANNED_MAX = 100;
const SCANNED_LENGTH_MAX = 200;

function tokensOf(text: string): Map<number, Token> | null {
  if (text.length > SCANNED_LENGTH_MAX) return null;
  let tokens = scanned.get(text);
  if (tokens === undefined) {
    if (scanned.size >= SCANNED_MAX) scanned.clear();
    tokens = new Map();
    scanned.set(text, tokens);
  }
  return tokens;
}

const OPERATORS = [
  '<<=',
  '>>=',
  '**',
  '++',
  '--',
  '<<',
  '>>',
  '<=',
  '>=',
  '==',
  '!=',
  '&&',
  '||',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '^=',
  '|=',
  '+',
  '-',
  '*',
  '/',
  '%',
  '(',
  ')',
  '<',
  '>',
  '=',
  '!',
  '~',
  '&',
  '|',
  '^',
  '?',
  ':',
  ',',
];

const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '<<=', '>>=', '&=', '^=', '|=']);

/** How tightly each binds. */
const PRECEDENCE: ReadonlyMap<string, number> = new Map(
  [
    ['||'],
    ['&&'],
    ['|'],
    ['^'],
    ['&'],
    ['==', '!='],
    ['<', '<=', '>', '>='],
    ['<<', '>>'],
    ['+', '-'],
    ['*', '/', '%'],
  ].flatMap((ops, level) => ops.map((op): [string, number] => [op, level])),
);

const RECURSION_MAX = 1024;
const SIGNS: ReadonlySet<string> = new Set(['!', '~', '+', '-']);
const STEPS: ReadonlySet<string> = new Set(['++', '--']);

const wrap = (n: bigint): bigint => BigInt.asIntN(64, n);

class Evaluator {
  private at = 0;
  private token: Token;
  private skip = 0;
  private previous = 0;
  private readonly text: string;
  private readonly variables: ArithmeticVariables;
  private readonly depth: number;
  private readonly tokens: Map<number, Token> | null;

  constructor(text: string, variables: ArithmeticVariables, depth: number) {
    this.text = text;
    this.variables = variables;
    this.depth = depth;
    if (depth > RECURSION_MAX) {
      throw new ExpansionError(`${text}: expression recursion level exceeded (error token is "${text}")`);
    }
    this.tokens = tokensOf(text);
    this.token = this.scan();
  }

  private isEnd(): boolean {
    return this.token.kind === 'end';
  }

  run(): bigint {
    if (this.isEnd()) return 0n;
    const value = this.comma();
    if (!this.isEnd()) this.fail('syntax error in expression', this.token.at);
    return value;
  }

  private fail(message: string, at: number): never {
    const text = this.text.trimStart();
    throw new ExpansionError(`${text}: ${message} (error token is "${this.text.slice(at)}")`);
  }

  private scan(): Token {
    const from = this.at;
    let token = this.tokens?.get(from);
    if (token === undefined) {
      token = this.tokenFrom(from);
      this.tokens?.set(from, token);
    }
    this.at = token.end;
    return token;
  }

  private tokenFrom(from: number): Token {
    let at = from;
    while (/\s/.test(this.text[at] ?? '')) at++;
    const rest = this.text.slice(at, at + 4096);
    if (rest === '') return { kind: 'end', text: '', at, end: at };
    const number = /^(?:\d+#[A-Za-z0-9@_]*|0[xX][0-9A-Fa-f]*|\d[A-Za-z0-9_]*)/.exec(rest);
    if (number !== null)
      return { kind: 'number', text: number[0], at, end: at + number[0].length, value: this.number(number[0], at) };
    const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(rest);
    if (name !== null) {
      const end = at + name[0].length;
      if (this.text[end] !== '[') return { kind: 'name', text: name[0], at, end, index: null };
      const close = matchBracket(this.text, end);
      if (close < 0) this.fail('bad array subscript', at);
      return { kind: 'name', text: name[0], at, end: close + 1, index: this.text.slice(end + 1, close) };
    }
    for (const op of OPERATORS) if (rest.startsWith(op)) return { kind: 'op', text: op, at, end: at + op.length };
    return this.fail('syntax error: operand expected', at);
  }

  private number(text: string, at: number): bigint {
    const based = /^(\d+)#(.*)$/.exec(text);
    if (based !== null) {
      const base = Number(based[1]);
      const digits = based[2] ?? '';
      if (base < 2 || base > 64) this.fail('invalid arithmetic base', at);
      if (digits === '') this.fail('invalid integer constant', at);
      let value = 0n;
      for (const c of digits) {
        const digit = digitValue(c, base);
        if (digit >= base) this.fail('value too great for base', at);
        value = wrap(value * BigInt(base) + BigInt(digit));
      }
      return value;
    }
    if (/^0[xX]/.test(text)) return text.length === 2 ? 0n : wrap(BigInt(text));
    if (/^0\d*$/.test(text)) {
      if (/[89]/.test(text)) this.fail('value too great for base', at);
      return text === '0' ? 0n : wrap(BigInt(`0o${text.slice(1)}`));
    }
    if (!/^\d+$/.test(text)) this.fail('value too great for base', at);
    return wrap(BigInt(text));
  }

  private next(): void {
    this.previous = this.token.at;
    this.token = this.scan();
  }

  private isOp(op: string): boolean {
    return this.token.kind === 'op' && this.token.text === op;
  }

  private isOneOf(ops: ReadonlySet<string>): boolean {
    return this.token.kind === 'op' && ops.has(this.token.text);
  }

  private comma(): bigint {
    let value = this.assignment();
    while (this.isOp(',')) {
      this.next();
      value = this.assignment();
    }
    return value;
  }

  private assignment(): bigint {
    if (this.token.kind === 'name') {
      const target = this.token;
      const saved = this.at;
      this.next();
      if (this.isOneOf(ASSIGNMENTS)) {
        const op = this.token.text;
        this.next();
        const right = this.assignment();
        const value = op === '=' ? right : this.binary(op.slice(0, -1), this.read(target), right, this.token.at);
        return this.write(target, value);
      }
      this.at = saved;
      this.token = target;
    }
    return this.ternary();
  }

  private ternary(): bigint {
    const test = this.level(0);
    if (!this.isOp('?')) return test;
    this.next();
    if (this.isOp(':')) this.fail('expression expected', this.token.at);
    const chosen = this.skipping(test === 0n, () => this.comma());
    if (!this.isOp(':')) this.fail("`:' expected for conditional expression", this.token.at);
    this.next();
    const other = this.skipping(test !== 0n, () => this.assignment());
    return test !== 0n ? chosen : other;
  }

  private skipping(skip: boolean, body: () => bigint): bigint {
    if (skip) this.skip++;
    const value = body();
    if (skip) this.skip--;
    return value;
  }

  /** Of operators that bind at least so tightly. */
  private level(least: number): bigint {
    let left = this.power();
    for (;;) {
      const { kind, text: op } = this.token;
      const level = kind === 'op' ? PRECEDENCE.get(op) : undefined;
      if (level === undefined || level < least) return left;
      this.next();
      if (op === '&&' || op === '||') {
        const decided = op === '&&' ? left === 0n : left !== 0n;
        const right = this.skipping(decided, () => this.level(level + 1));
        left = decided ? (op === '||' ? 1n : 0n) : right !== 0n ? 1n : 0n;
      } else {
        const { at } = this.token;
        left = this.binary(op, left, this.level(level + 1), at);
      }
    }
  }

  private power(): bigint {
    const base = this.unary();
    if (!this.isOp('**')) return base;
    this.next();
    const at = this.token.at;
    return this.binary('**', base, this.power(), at);
  }

  private binary(op: string, a: bigint, b: bigint, at: number): bigint {
    switch (op) {
      case '+':
        return wrap(a + b);
      case '-':
        return wrap(a - b);
      case '*':
        return wrap(a * b);
      case '/':
      case '%':
        if (b === 0n) {
          if (this.skip > 0) return 0n;
          this.fail('division by 0', at);
        }
        return wrap(op === '/' ? a / b : a % b);
      case '**':
        if (b < 0n) this.fail('exponent less than 0', at);
        return power64(a, b);
      case '<<':
        return wrap(a << (b & 63n));
      case '>>':
        return wrap(a >> (b & 63n));
      case '&':
        return wrap(a & b);
      case '|':
        return wrap(a | b);
      case '^':
        return wrap(a ^ b);
      case '==':
        return a === b ? 1n : 0n;
      case '!=':
        return a !== b ? 1n : 0n;
      case '<':
        return a < b ? 1n : 0n;
      case '<=':
        return a <= b ? 1n : 0n;
      case '>':
        return a > b ? 1n : 0n;
      default:
        return a >= b ? 1n : 0n;
    }
  }

  private unary(): bigint {
    if (this.isOneOf(SIGNS)) {
      const op = this.token.text;
      this.next();
      const value = this.unary();
      if (op === '!') return value === 0n ? 1n : 0n;
      return wrap(op === '~' ? ~value : op === '-' ? -value : value);
    }
    if (this.isOneOf(STEPS)) {
      const op = this.token.text;
      this.next();
      if (this.token.kind !== 'name') {
        const value = this.unary();
        return value;
      }
      const target = this.token;
      this.next();
      return this.write(target, wrap(this.read(target) + (op === '++' ? 1n : -1n)));
    }
    return this.primary();
  }

  private primary(): bigint {
    const token = this.token;
    if (token.kind === 'number') {
      this.next();
      if (this.token.kind === 'number' || this.token.kind === 'name')
        this.fail('syntax error in expression', this.token.at);
      return token.value ?? 0n;
    }
    if (token.kind === 'name') {
      this.next();
      if (this.isOneOf(STEPS)) {
        const op = this.token.text;
        this.next();
        const old = this.read(token);
        this.write(token, wrap(old + (op === '++' ? 1n : -1n)));
        return old;
      }
      if (this.token.kind === 'number' || this.token.kind === 'name')
        this.fail('syntax error in expression', this.token.at);
      if (this.isOneOf(ASSIGNMENTS)) this.fail('attempted assignment to non-variable', this.token.at);
      return this.read(token);
    }
    if (this.isOp('(')) {
      this.next();
      const value = this.comma();
      if (!this.isOp(')')) this.fail("missing `)'", this.token.at);
      this.next();
      return value;
    }
    // At the end of the text bash shows the operator that waits for its operand.
    return this.fail('syntax error: operand expected', token.kind === 'end' ? this.previous : token.at);
  }

  private read(token: Token): bigint {
    if (this.skip > 0) return 0n;
    const text = this.variables.get(token.text, token.index ?? null);
    if (text === undefined || text.trim() === '') return 0n;
    if (/^\s*-?[1-9]\d{0,17}\s*$/.test(text)) return BigInt(text.trim());
    return new Evaluator(text, this.variables, this.depth + 1).run();
  }

  private write(token: Token, value: bigint): bigint {
    if (this.skip === 0) this.variables.set(token.text, token.index ?? null, value);
    return value;
  }
}

function digitValue(c: string, base: number): number {
  if (c >= '0' && c <= '9') return c.charCodeAt(0) - 48;
  if (c >= 'a' && c <= 'z') return c.charCodeAt(0) - 87;
  if (c >= 'A' && c <= 'Z') return c.charCodeAt(0) - (base <= 36 ? 55 : 29);
  return c === '@' ? 62 : 63;
}

function power64(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let b = base;
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = wrap(result * b);
    b = wrap(b * b);
  }
  return result;
}

function matchBracket(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '[') depth++;
    else if (text[i] === ']' && --depth === 0) return i;
  }
  return -1;
}

export function evaluateArithmetic(text: string, variables: ArithmeticVariables): bigint {
  return new Evaluator(text.replace(/"/g, ''), variables, 0).run();
}
