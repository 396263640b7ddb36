/** The grammar of awk. @models mawk 1.3.4 parse.y, POSIX awk @fidelity partial: after a syntax error only the first is told */
import { AwkError, lex, type Token } from './lex.ts';
import type { AwkFunction, AwkProgram, Expression, Redirection, Rule, Statement, Target } from './syntax.ts';

const COMPARISONS = new Set(['<', '<=', '==', '!=', '>', '>=']);
const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '^=']);

/** Where an operator may not be taken: `>` ends print's list, `in` a for's start. */
type Limits = { noGreater?: boolean; noIn?: boolean };

/** @throws AwkError with what mawk says after `mawk: ` */
export function parse(source: string): AwkProgram {
  return new Parser(lex(source)).program();
}

class Parser {
  private readonly tokens: Token[];
  private at = 0;
  private readonly called: string[] = [];
  private parentheses = 0;

  constructor(tokens: Token[]) {
    this.tokens = tokens;
  }

  private get token(): Token {
    return this.tokens[this.at] as Token;
  }

  private is(text: string): boolean {
    const { kind } = this.token;
    return this.token.text === text && (kind === 'operator' || kind === 'keyword' || kind === 'newline');
  }

  private accept(text: string): boolean {
    if (!this.is(text)) return false;
    if (text === '(') this.parentheses++;
    if (text === ')') this.parentheses--;
    this.at++;
    return true;
  }

  private fail(): never {
    const { kind, text, line } = this.token;
    if (kind === 'end') throw new AwkError(`line ${line}: missing } near end of file`);
    if (text === '}' && this.parentheses > 0) throw new AwkError(`line ${line}: missing ) near }`);
    throw new AwkError(`line ${line}: syntax error at or near ${kind === 'newline' ? 'end of line' : text}`);
  }

  private expect(text: string): void {
    if (this.accept(text)) return;
    const { kind, line } = this.token;
    if (text === ')' && kind !== 'end')
      throw new AwkError(`line ${line}: missing ) near ${kind === 'newline' ? 'end of line' : this.token.text}`);
    this.fail();
  }

  private newlines(): void {
    while (this.token.kind === 'newline') this.at++;
  }

  private terminators(): void {
    while (this.token.kind === 'newline' || this.is(';')) this.at++;
  }

  program(): AwkProgram {
    const program: AwkProgram = { begin: [], end: [], rules: [], functions: new Map() };
    this.terminators();
    while (this.token.kind !== 'end') {
      if (this.accept('BEGIN')) program.begin.push(this.block());
      else if (this.accept('END')) program.end.push(this.block());
      else if (this.accept('function')) {
        const declared = this.functionDefinition();
        program.functions.set(declared.name, declared);
      } else program.rules.push(this.rule());
      this.terminators();
    }
    for (const name of this.called)
      if (!program.functions.has(name)) throw new AwkError(`line ${this.token.line}: function ${name} never defined`);
    return program;
  }

  private rule(): Rule {
    if (this.is('{')) return { from: null, to: null, body: this.block() };
    const from = this.expression();
    let to: Expression | null = null;
    if (this.accept(',')) {
      this.newlines();
      to = this.expression();
    }
    return { from, to, body: this.is('{') ? this.block() : null };
  }

  private functionDefinition(): AwkFunction {
    const name = this.token.text;
    if (this.token.kind !== 'call' && this.token.kind !== 'name') this.fail();
    this.at++;
    this.expect('(');
    const parameters: string[] = [];
    while (!this.is(')')) {
      this.newlines();
      if (this.token.kind !== 'name') this.fail();
      parameters.push(this.token.text);
      this.at++;
      this.newlines();
      if (!this.accept(',')) break;
    }
    this.expect(')');
    this.newlines();
    return { name, parameters, body: this.block() };
  }

  private block(): Statement {
    this.expect('{');
    const body: Statement[] = [];
    this.terminators();
    while (!this.is('}')) {
      body.push(this.statement());
      this.terminators();
    }
    this.at++;
    return { kind: 'block', body };
  }

  /** `;`, a newline, or what ends the block. */
  private endOfStatement(): void {
    if (this.is('}') || this.token.kind === 'end') return;
    if (this.is(';') || this.token.kind === 'newline') {
      this.at++;
      return;
    }
    this.fail();
  }

  private body(): Statement {
    this.newlines();
    if (this.accept(';')) return { kind: 'block', body: [] };
    return this.statement();
  }

  private statement(): Statement {
    if (this.is('{')) return this.block();
    if (this.accept('if')) {
      this.expect('(');
      const test = this.expression();
      this.expect(')');
      const yes = this.body();
      const back = this.at;
      this.terminators();
      if (this.accept('else')) return { kind: 'if', test, yes, no: this.body() };
      this.at = back;
      return { kind: 'if', test, yes, no: null };
    }
    if (this.accept('while')) {
      this.expect('(');
      const test = this.expression();
      this.expect(')');
      return { kind: 'while', test, body: this.body() };
    }
    if (this.accept('do')) {
      const body = this.body();
      this.terminators();
      if (!this.accept('while')) this.fail();
      this.expect('(');
      const test = this.expression();
      this.expect(')');
      this.endOfStatement();
      return { kind: 'do', test, body };
    }
    if (this.accept('for')) return this.forStatement();
    const simple = this.simpleStatement({});
    this.endOfStatement();
    return simple;
  }

  private forStatement(): Statement {
    this.expect('(');
    const [name, word, array, close] = this.tokens.slice(this.at, this.at + 4);
    if (name?.kind === 'name' && word?.text === 'in' && array?.kind === 'name' && close?.text === ')') {
      this.at += 4;
      return { kind: 'for-in', name: name.text, array: array.text, body: this.body() };
    }
    const start = this.is(';') ? null : this.simpleStatement({});
    this.expect(';');
    this.newlines();
    const test = this.is(';') ? null : this.expression();
    this.expect(';');
    this.newlines();
    const step = this.is(')') ? null : this.simpleStatement({});
    this.expect(')');
    return { kind: 'for', start, test, step, body: this.body() };
  }

  private simpleStatement(limits: Limits): Statement {
    const { kind, text } = this.token;
    if (kind === 'keyword') {
      switch (text) {
        case 'print':
        case 'printf':
          this.at++;
          return this.print(text);
        case 'break':
        case 'continue':
        case 'next':
        case 'nextfile':
          this.at++;
          return { kind: text };
        case 'exit':
        case 'return':
          this.at++;
          return { kind: text, value: this.endsSimple() ? null : this.expression() };
        case 'delete': {
          this.at++;
          const array = this.token.text;
          if (this.token.kind !== 'name') this.fail();
          this.at++;
          if (!this.accept('[')) return { kind: 'delete', array, subscript: null };
          const subscript = this.list(']');
          this.expect(']');
          return { kind: 'delete', array, subscript };
        }
      }
    }
    return { kind: 'expression', value: this.expression(limits) };
  }

  private endsSimple(): boolean {
    return this.is(';') || this.is('}') || this.token.kind === 'newline' || this.token.kind === 'end';
  }

  private print(kind: 'print' | 'printf'): Statement {
    let args: Expression[] = [];
    const atEnd = (): boolean => this.endsSimple() || this.is('>') || this.is('>>') || this.is('|');
    if (this.is('(') && this.parenthesesAreTheList()) {
      this.at++;
      args = this.list(')');
      this.expect(')');
    } else {
      while (!atEnd()) {
        args.push(this.expression({ noGreater: true }));
        if (!this.accept(',')) break;
        this.newlines();
      }
    }
    let to: Redirection | null = null;
    for (const operator of ['>', '>>', '|'] as const)
      if (to === null && this.accept(operator))
        to = { kind: operator, target: this.concatenation({ noGreater: true }) };
    return { kind, args, to };
  }

  /** Whether the parenthesis here closes right before the end of the statement or a redirection. */
  private parenthesesAreTheList(): boolean {
    let depth = 0;
    for (let i = this.at; i < this.tokens.length; i++) {
      const { text, kind } = this.tokens[i] as Token;
      if (kind !== 'operator') continue;
      if (text === '(') depth++;
      else if (text === ')' && --depth === 0) {
        const next = this.tokens[i + 1] as Token;
        return next.kind === 'newline' || next.kind === 'end' || [';', '}', '>', '>>', '|'].includes(next.text);
      }
    }
    return false;
  }

  private list(close: string): Expression[] {
    const out: Expression[] = [];
    this.newlines();
    while (!this.is(close)) {
      out.push(this.expression());
      this.newlines();
      if (!this.accept(',')) break;
      this.newlines();
    }
    return out;
  }

  expression(limits: Limits = {}): Expression {
    const left = this.choice(limits);
    if (this.token.kind === 'operator' && ASSIGNMENTS.has(this.token.text)) {
      const target = asTarget(left);
      if (target === null) this.fail();
      const operator = this.token.text;
      this.at++;
      this.newlines();
      return { kind: 'assign', target, operator, value: this.expression(limits) };
    }
    return left;
  }

  private choice(limits: Limits): Expression {
    const test = this.or(limits);
    if (!this.accept('?')) return test;
    this.newlines();
    const yes = this.expression(limits);
    this.newlines();
    this.expect(':');
    this.newlines();
    return { kind: 'choice', test, yes, no: this.expression(limits) };
  }

  private or(limits: Limits): Expression {
    let left = this.and(limits);
    while (this.accept('||')) {
      this.newlines();
      left = { kind: 'or', left, right: this.and(limits) };
    }
    return left;
  }

  private and(limits: Limits): Expression {
    let left = this.membership(limits);
    while (this.accept('&&')) {
      this.newlines();
      left = { kind: 'and', left, right: this.membership(limits) };
    }
    return left;
  }

  private membership(limits: Limits): Expression {
    let left = this.matching(limits);
    while (!limits.noIn && this.accept('in')) {
      const array = this.token.text;
      if (this.token.kind !== 'name') this.fail();
      this.at++;
      left = { kind: 'in', subscript: [left], array };
    }
    return left;
  }

  private matching(limits: Limits): Expression {
    let left = this.comparison(limits);
    while (this.is('~') || this.is('!~')) {
      const negated = this.token.text === '!~';
      this.at++;
      left = { kind: 'match', negated, left, right: this.comparison(limits) };
    }
    return left;
  }

  private comparison(limits: Limits): Expression {
    let left = this.concatenation(limits);
    if (this.token.kind === 'operator' && COMPARISONS.has(this.token.text) && !(limits.noGreater && this.is('>'))) {
      const operator = this.token.text;
      this.at++;
      left = { kind: 'compare', operator, left, right: this.concatenation(limits) };
    }
    while (this.is('|') && this.tokens[this.at + 1]?.text === 'getline') {
      this.at += 2;
      left = { kind: 'getline', from: 'command', source: left, target: this.optionalTarget() };
    }
    return left;
  }

  private startsOperand(limits: Limits): boolean {
    const { kind, text } = this.token;
    if (['number', 'string', 'regex', 'name', 'call', 'builtin'].includes(kind)) return true;
    if (kind === 'keyword') return text === 'getline' ? false : text === 'in' ? false : false;
    void limits;
    return kind === 'operator' && ['$', '!', '(', '-', '+', '++', '--'].includes(text);
  }

  private concatenation(limits: Limits): Expression {
    let left = this.additive(limits);
    while (this.startsOperand(limits) && !this.is('+') && !this.is('-'))
      left = { kind: 'concat', left, right: this.additive(limits) };
    return left;
  }

  private additive(limits: Limits): Expression {
    let left = this.multiplicative(limits);
    while (this.is('+') || this.is('-')) {
      const operator = this.token.text;
      this.at++;
      left = { kind: 'binary', operator, left, right: this.multiplicative(limits) };
    }
    return left;
  }

  private multiplicative(limits: Limits): Expression {
    let left = this.unary(limits);
    while (this.is('*') || this.is('/') || this.is('%')) {
      const operator = this.token.text;
      this.at++;
      left = { kind: 'binary', operator, left, right: this.unary(limits) };
    }
    return left;
  }

  private unary(limits: Limits): Expression {
    if (this.accept('!')) return { kind: 'not', inner: this.unary(limits) };
    if (this.accept('-')) return { kind: 'minus', inner: this.unary(limits) };
    if (this.accept('+')) return { kind: 'plus', inner: this.unary(limits) };
    return this.power(limits);
  }

  private power(limits: Limits): Expression {
    const left = this.postfix(limits);
    if (!this.accept('^')) return left;
    return { kind: 'binary', operator: '^', left, right: this.powerOperand(limits) };
  }

  private powerOperand(limits: Limits): Expression {
    if (this.accept('-')) return { kind: 'minus', inner: this.powerOperand(limits) };
    if (this.accept('+')) return this.powerOperand(limits);
    if (this.accept('!')) return { kind: 'not', inner: this.powerOperand(limits) };
    return this.power(limits);
  }

  private postfix(limits: Limits): Expression {
    for (const [operator, by] of [['++', 1] as const, ['--', -1] as const]) {
      if (!this.accept(operator)) continue;
      const target = asTarget(this.primary(limits));
      if (target === null) this.fail();
      return { kind: 'step', target, by, before: true };
    }
    const inner = this.primary(limits);
    const target = asTarget(inner);
    if (target !== null && inner.kind !== 'group') {
      if (this.accept('++')) return { kind: 'step', target, by: 1, before: false };
      if (this.accept('--')) return { kind: 'step', target, by: -1, before: false };
    }
    return inner;
  }

  private primary(limits: Limits): Expression {
    const { kind, text, line } = this.token;
    switch (kind) {
      case 'number':
        this.at++;
        return { kind: 'number', value: Number(text) };
      case 'string':
        this.at++;
        return { kind: 'string', value: text };
      case 'regex':
        this.at++;
        return { kind: 'regex', source: text };
      case 'builtin': {
        this.at++;
        const args: Expression[] = [];
        if (this.accept('(')) {
          args.push(...this.list(')'));
          this.expect(')');
        } else if (text !== 'length') this.fail();
        return { kind: 'builtin', name: text, args };
      }
      case 'call': {
        this.at++;
        this.expect('(');
        const args = this.list(')');
        this.expect(')');
        this.called.push(text);
        return { kind: 'call', name: text, args, line };
      }
      case 'name':
        this.at++;
        if (this.accept('[')) {
          const subscript = this.list(']');
          this.expect(']');
          return { kind: 'element', array: text, subscript };
        }
        return { kind: 'variable', name: text };
    }
    if (this.accept('$')) {
      for (const [operator, by] of [['++', 1] as const, ['--', -1] as const]) {
        if (!this.accept(operator)) continue;
        const target = asTarget(this.primary(limits));
        if (target === null) this.fail();
        return { kind: 'field', index: { kind: 'step', target, by, before: true } };
      }
      if (this.accept('-')) return { kind: 'field', index: { kind: 'minus', inner: this.primary(limits) } };
      return { kind: 'field', index: this.primary(limits) };
    }
    if (this.accept('getline')) {
      const target = this.optionalTarget();
      if (this.accept('<')) return { kind: 'getline', from: 'file', source: this.primary(limits), target };
      return { kind: 'getline', from: 'input', source: null, target };
    }
    if (this.accept('(')) {
      const items = this.list(')');
      this.expect(')');
      if (items.length > 1 || (items.length === 1 && this.is('in') && !limits.noIn)) {
        if (!this.accept('in')) this.fail();
        const array = this.token.text;
        if (this.token.kind !== 'name') this.fail();
        this.at++;
        return { kind: 'in', subscript: items, array };
      }
      const [inner] = items;
      if (inner === undefined) this.fail();
      return { kind: 'group', inner };
    }
    this.fail();
  }

  private optionalTarget(): Target | null {
    if (this.token.kind !== 'name' && !this.is('$')) return null;
    return asTarget(this.primary({}));
  }
}

function asTarget(expression: Expression): Target | null {
  return expression.kind === 'variable' || expression.kind === 'element' || expression.kind === 'field'
    ? expression
    : null;
}
