/** The tree of an awk program. @models POSIX awk grammar */
import { AwkSyntax, type Token, tokenize } from './lexer.ts';

export type Expr =
  | { type: 'number'; value: number }
  | { type: 'string'; value: string }
  | { type: 'regex'; source: string }
  | { type: 'name'; name: string }
  | { type: 'field'; index: Expr }
  | { type: 'element'; array: string; keys: Expr[] }
  | { type: 'in'; keys: Expr[]; array: string }
  | { type: 'unary'; operator: string; value: Expr }
  | { type: 'binary'; operator: string; left: Expr; right: Expr }
  | { type: 'and' | 'or'; left: Expr; right: Expr }
  | { type: 'match'; negated: boolean; left: Expr; right: Expr }
  | { type: 'conditional'; test: Expr; then: Expr; else: Expr }
  | { type: 'assign'; operator: string; target: Expr; value: Expr }
  | { type: 'increment'; prefix: boolean; by: number; target: Expr }
  | { type: 'call'; name: string; args: Expr[] }
  | { type: 'builtin'; name: string; args: Expr[] }
  | { type: 'getline'; source: 'main' | 'file' | 'command'; from: Expr | null; target: Expr | null }
  | { type: 'group'; items: Expr[] };

export type Stmt =
  | { type: 'expression'; value: Expr }
  | { type: 'print'; args: Expr[]; printf: boolean; redirect: { kind: '>' | '>>' | '|'; to: Expr } | null }
  | { type: 'block'; body: Stmt[] }
  | { type: 'if'; test: Expr; then: Stmt; else: Stmt | null }
  | { type: 'while'; test: Expr; body: Stmt }
  | { type: 'do'; test: Expr; body: Stmt }
  | { type: 'for'; init: Stmt | null; test: Expr | null; step: Stmt | null; body: Stmt }
  | { type: 'forin'; name: string; array: string; body: Stmt }
  | { type: 'delete'; array: string; keys: Expr[] | null }
  | { type: 'exit' | 'return'; value: Expr | null }
  | { type: 'next' | 'nextfile' | 'break' | 'continue' };

export type Rule = {
  kind: 'begin' | 'end' | 'always' | 'pattern' | 'range';
  pattern: Expr | null;
  until: Expr | null;
  body: Stmt[] | null;
  active: boolean;
};
export type FunctionDefinition = { name: string; parameters: string[]; body: Stmt[] };
export type AwkProgram = { rules: Rule[]; functions: Map<string, FunctionDefinition> };

export function parseAwk(source: string): AwkProgram {
  return new Parser(tokenize(source)).program();
}

class Parser {
  private readonly tokens: Token[];
  private at = 0;
  /** Inside `for (x in a)` heads and print lists some operators mean something else. */
  private noIn = false;
  private noGreater = false;

  constructor(tokens: Token[]) {
    this.tokens = tokens;
  }

  private get token(): Token {
    return this.tokens[this.at] as Token;
  }

  private is(text: string): boolean {
    const { kind, text: own } = this.token;
    return own === text && (kind === 'punct' || kind === 'keyword');
  }

  private accept(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }

  private fail(): never {
    throw new AwkSyntax(
      this.token.line,
      this.token.kind === 'end' || (this.token.kind === 'newline' && this.tokens[this.at + 1]?.kind === 'end')
        ? 'end of file'
        : this.token.kind === 'newline'
          ? 'unexpected newline'
          : this.token.text,
    );
  }

  private expect(text: string): void {
    if (!this.accept(text)) this.fail();
  }

  private newlines(): void {
    while (this.token.kind === 'newline') this.at++;
  }

  private separators(): void {
    while (this.token.kind === 'newline' || this.is(';')) this.at++;
  }

  program(): AwkProgram {
    const program: AwkProgram = { rules: [], functions: new Map() };
    for (this.separators(); this.token.kind !== 'end'; this.separators()) {
      if (this.accept('function')) {
        const name = this.token.text;
        if (this.token.kind !== 'name' && this.token.kind !== 'funcname') this.fail();
        this.at++;
        this.expect('(');
        const parameters: string[] = [];
        while (!this.accept(')')) {
          if (this.token.kind !== 'name') this.fail();
          parameters.push(this.token.text);
          this.at++;
          if (!this.is(')')) this.expect(',');
          this.newlines();
        }
        this.newlines();
        program.functions.set(name, { name, parameters, body: this.block() });
        continue;
      }
      const rule: Rule = { kind: 'always', pattern: null, until: null, body: null, active: false };
      if (this.accept('BEGIN')) rule.kind = 'begin';
      else if (this.accept('END')) rule.kind = 'end';
      else if (!this.is('{')) {
        rule.kind = 'pattern';
        rule.pattern = this.expression();
        if (this.accept(',')) {
          this.newlines();
          rule.kind = 'range';
          rule.until = this.expression();
        }
      }
      if (rule.kind === 'begin' || rule.kind === 'end') this.newlines();
      if (this.is('{')) rule.body = this.block();
      else if (rule.kind === 'begin' || rule.kind === 'end') this.fail();
      program.rules.push(rule);
    }
    return program;
  }

  private block(): Stmt[] {
    this.expect('{');
    const body: Stmt[] = [];
    for (this.separators(); !this.is('}'); this.separators()) {
      if (this.token.kind === 'end') this.fail();
      body.push(this.statement());
    }
    this.at++;
    return body;
  }

  private endOfSimple(): void {
    if (this.token.kind === 'newline' || this.is(';')) this.at++;
    else if (!this.is('}') && this.token.kind !== 'end') this.fail();
  }

  private body(): Stmt {
    this.newlines();
    if (this.accept(';')) return { type: 'block', body: [] };
    return this.statement();
  }

  private statement(): Stmt {
    if (this.is('{')) return { type: 'block', body: this.block() };
    if (this.accept('if')) {
      this.expect('(');
      const test = this.expression();
      this.expect(')');
      const then = this.body();
      const mark = this.at;
      this.separators();
      if (this.accept('else')) return { type: 'if', test, then, else: this.body() };
      this.at = mark;
      return { type: 'if', test, then, else: null };
    }
    if (this.accept('while')) {
      this.expect('(');
      const test = this.expression();
      this.expect(')');
      return { type: 'while', test, body: this.body() };
    }
    if (this.accept('do')) {
      const body = this.body();
      this.separators();
      this.expect('while');
      this.expect('(');
      const test = this.expression();
      this.expect(')');
      this.endOfSimple();
      return { type: 'do', test, body };
    }
    if (this.accept('for')) return this.forStatement();
    const statement = this.simple();
    this.endOfSimple();
    return statement;
  }

  private forStatement(): Stmt {
    this.expect('(');
    const [name, word, array, close] = this.tokens.slice(this.at, this.at + 4);
    if (name?.kind === 'name' && word?.text === 'in' && array?.kind === 'name' && close?.text === ')') {
      this.at += 4;
      return { type: 'forin', name: name.text, array: array.text, body: this.body() };
    }
    const init = this.is(';') ? null : this.simple();
    this.expect(';');
    this.newlines();
    const test = this.is(';') ? null : this.expression();
    this.expect(';');
    this.newlines();
    const step = this.is(')') ? null : this.simple();
    this.expect(')');
    return { type: 'for', init, test, step, body: this.body() };
  }

  private simple(): Stmt {
    const { text, kind } = this.token;
    if (kind === 'keyword') {
      if (text === 'print' || text === 'printf') return this.print(text === 'printf');
      if (text === 'next' || text === 'nextfile' || text === 'break' || text === 'continue') {
        this.at++;
        return { type: text };
      }
      if (text === 'exit' || text === 'return') {
        this.at++;
        const bare = this.token.kind === 'newline' || this.is(';') || this.is('}');
        return { type: text, value: bare ? null : this.expression() };
      }
      if (text === 'delete') {
        this.at++;
        const array = this.token.text;
        if (this.token.kind !== 'name') this.fail();
        this.at++;
        if (!this.accept('[')) return { type: 'delete', array, keys: null };
        const keys = this.list(']');
        return { type: 'delete', array, keys };
      }
    }
    return { type: 'expression', value: this.expression() };
  }

  private print(printf: boolean): Stmt {
    this.at++;
    const args: Expr[] = [];
    const saved = this.noGreater;
    this.noGreater = true;
    if (
      this.token.kind !== 'newline' &&
      !this.is(';') &&
      !this.is('}') &&
      !this.is('>') &&
      !this.is('>>') &&
      !this.is('|')
    ) {
      const first = this.expression();
      if (first.type === 'group' && first.items.length > 1) args.push(...first.items);
      else args.push(first);
      while (this.accept(',')) {
        this.newlines();
        args.push(this.expression());
      }
    }
    this.noGreater = saved;
    for (const kind of ['>', '>>', '|'] as const) {
      if (!this.accept(kind)) continue;
      return { type: 'print', args, printf, redirect: { kind, to: this.concatenation() } };
    }
    return { type: 'print', args, printf, redirect: null };
  }

  private list(close: string): Expr[] {
    const out: Expr[] = [];
    const saved = [this.noIn, this.noGreater] as const;
    [this.noIn, this.noGreater] = [false, false];
    this.newlines();
    while (!this.accept(close)) {
      out.push(this.expression());
      this.newlines();
      if (!this.is(close)) {
        this.expect(',');
        this.newlines();
      }
    }
    [this.noIn, this.noGreater] = saved;
    return out;
  }

  // --- Expressions, loosest first --------------------------------------------------------------------------------

  private expression(): Expr {
    const left = this.ternary();
    for (const operator of ['=', '+=', '-=', '*=', '/=', '%=', '^=']) {
      if (!this.is(operator)) continue;
      if (left.type !== 'name' && left.type !== 'field' && left.type !== 'element') this.fail();
      this.at++;
      this.newlines();
      return { type: 'assign', operator, target: left, value: this.expression() };
    }
    return left;
  }

  private ternary(): Expr {
    const test = this.or();
    if (!this.accept('?')) return test;
    this.newlines();
    const then = this.expression();
    this.newlines();
    this.expect(':');
    this.newlines();
    return { type: 'conditional', test, then, else: this.expression() };
  }

  private or(): Expr {
    let left = this.and();
    while (this.accept('||')) {
      this.newlines();
      left = { type: 'or', left, right: this.and() };
    }
    return left;
  }

  private and(): Expr {
    let left = this.membership();
    while (this.accept('&&')) {
      this.newlines();
      left = { type: 'and', left, right: this.membership() };
    }
    return left;
  }

  private membership(): Expr {
    let left = this.matching();
    while (!this.noIn && this.is('in')) {
      this.at++;
      if (this.token.kind !== 'name') this.fail();
      left = { type: 'in', keys: left.type === 'group' ? left.items : [left], array: this.token.text };
      this.at++;
    }
    return left;
  }

  private matching(): Expr {
    let left = this.comparison();
    for (;;) {
      const negated = this.is('!~');
      if (!negated && !this.is('~')) return left;
      this.at++;
      left = { type: 'match', negated, left, right: this.comparison() };
    }
  }

  private comparison(): Expr {
    let left = this.concatenation();
    for (;;) {
      const { text, kind } = this.token;
      if (kind === 'punct' && ['<', '<=', '==', '!=', '>=', '>'].includes(text) && !(text === '>' && this.noGreater)) {
        this.at++;
        left = { type: 'binary', operator: text, left, right: this.concatenation() };
      } else if (kind === 'punct' && text === '|' && this.tokens[this.at + 1]?.text === 'getline') {
        this.at += 2;
        left = { type: 'getline', source: 'command', from: left, target: this.optionalTarget() };
      } else return left;
    }
  }

  private startsValue(): boolean {
    const { kind, text } = this.token;
    if (
      kind === 'number' ||
      kind === 'string' ||
      kind === 'name' ||
      kind === 'funcname' ||
      kind === 'builtin' ||
      kind === 'regex'
    )
      return true;
    return kind === 'punct' && ['$', '!', '(', '-', '+', '++', '--'].includes(text);
  }

  private concatenation(): Expr {
    let left = this.additive();
    while (this.startsValue() && !this.is('in')) left = { type: 'binary', operator: '', left, right: this.additive() };
    return left;
  }

  private additive(): Expr {
    let left = this.multiplicative();
    while (this.is('+') || this.is('-')) {
      const operator = this.token.text;
      this.at++;
      left = { type: 'binary', operator, left, right: this.multiplicative() };
    }
    return left;
  }

  private multiplicative(): Expr {
    let left = this.unary();
    while (this.is('*') || this.is('/') || this.is('%')) {
      const operator = this.token.text;
      this.at++;
      left = { type: 'binary', operator, left, right: this.unary() };
    }
    return left;
  }

  private unary(): Expr {
    for (const operator of ['!', '-', '+'])
      if (this.accept(operator)) return { type: 'unary', operator, value: this.unary() };
    return this.power();
  }

  private power(): Expr {
    const left = this.postfix();
    if (!this.accept('^')) return left;
    // Right-associative, and -2^-2 is allowed.
    const right = this.is('-') || this.is('+') || this.is('!') ? this.unary() : this.power();
    return { type: 'binary', operator: '^', left, right };
  }

  private postfix(): Expr {
    const target = this.primary();
    if (target.type === 'name' || target.type === 'field' || target.type === 'element') {
      if (this.accept('++')) return { type: 'increment', prefix: false, by: 1, target };
      if (this.accept('--')) return { type: 'increment', prefix: false, by: -1, target };
    }
    return target;
  }

  private optionalTarget(): Expr | null {
    if (this.is('$') || this.token.kind === 'name') return this.primary();
    return null;
  }

  private primary(): Expr {
    const { kind, text } = this.token;
    this.at++;
    switch (kind) {
      case 'number':
        return { type: 'number', value: Number(text) };
      case 'string':
        return { type: 'string', value: text };
      case 'regex':
        return { type: 'regex', source: text };
      case 'funcname':
        this.expect('(');
        return { type: 'call', name: text, args: this.list(')') };
      case 'builtin': {
        if (this.accept('(')) return { type: 'builtin', name: text, args: this.list(')') };
        if (text !== 'length') {
          this.at--;
          this.fail();
        }
        return { type: 'builtin', name: text, args: [] };
      }
      case 'name':
        if (this.accept('[')) return { type: 'element', array: text, keys: this.list(']') };
        return { type: 'name', name: text };
      case 'keyword':
        if (text === 'getline') {
          const target = this.optionalTarget();
          if (this.accept('<')) return { type: 'getline', source: 'file', from: this.primaryForRedirect(), target };
          return { type: 'getline', source: 'main', from: null, target };
        }
        break;
      case 'punct':
        if (text === '(') {
          const items = this.list(')');
          if (items.length === 0) this.fail();
          return { type: 'group', items };
        }
        if (text === '$') {
          if (this.is('++') || this.is('--') || this.is('-') || this.is('+') || this.is('!'))
            return { type: 'field', index: this.unaryField() };
          return { type: 'field', index: this.primary() };
        }
        if (text === '++' || text === '--') {
          const target = this.primary();
          if (target.type !== 'name' && target.type !== 'field' && target.type !== 'element') this.fail();
          return { type: 'increment', prefix: true, by: text === '++' ? 1 : -1, target };
        }
        if (text === '-' || text === '+' || text === '!') return { type: 'unary', operator: text, value: this.unary() };
        break;
      default:
    }
    this.at--;
    return this.fail();
  }

  private unaryField(): Expr {
    if (this.is('-') || this.is('+') || this.is('!')) {
      const operator = this.token.text;
      this.at++;
      return { type: 'unary', operator, value: this.primary() };
    }
    return this.primary();
  }

  private primaryForRedirect(): Expr {
    let left = this.primary();
    if (left.type === 'group' && left.items.length === 1) left = left.items[0] as Expr;
    return left;
  }
}
