/**
 * The syntax of Go templates: text and actions into a tree.
 * @models go text/template/parse lex.go parse.go node.go
 * @fidelity partial: no complex numbers, hexadecimal floats or character arithmetic; other delimiters than {{ }}
 * are missing
 */
import { lexTemplate, type Token } from './template-lex.ts';

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipe: Pipe }
  | { readonly kind: 'if' | 'with' | 'range'; readonly pipe: Pipe; readonly body: Node[]; readonly otherwise: Node[] }
  | { readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | undefined; readonly pos: number }
  | { readonly kind: 'break' | 'continue' };

export type Pipe = {
  readonly pos: number;
  readonly text: string;
  readonly variables: readonly string[];
  readonly isAssignment: boolean;
  readonly commands: readonly Command[];
};

export type Command = { readonly pos: number; readonly text: string; readonly args: readonly [Operand, ...Operand[]] };

export type Operand = { readonly pos: number; readonly text: string } & (
  | { readonly kind: 'dot' | 'nil' }
  | { readonly kind: 'literal'; readonly value: string | number | bigint | boolean }
  | { readonly kind: 'field'; readonly names: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string; readonly names: readonly string[] }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'pipe'; readonly pipe: Pipe }
  | { readonly kind: 'chain'; readonly base: Operand; readonly names: readonly string[] }
);

/** Named trees: the main one under the template's own name, others from define and block. */
export type TemplateTree = {
  readonly name: string;
  readonly source: string;
  readonly trees: ReadonlyMap<string, Node[]>;
};

export class TemplateFault extends Error {}

/** Throws TemplateFault with Go's text: `template: NAME:1: unclosed action`. */
export function parseTemplate(name: string, source: string, functions: ReadonlySet<string>): TemplateTree {
  const trees = new Map<string, Node[]>();
  const parser = new Parser(name, source, functions, trees);
  trees.set(name, parser.main());
  return { name, source, trees };
}

type ListEnd = 'end' | 'else' | 'eof';

class Parser {
  private readonly name: string;
  private readonly source: string;
  private readonly functions: ReadonlySet<string>;
  private readonly trees: Map<string, Node[]>;
  private readonly tokens: readonly Token[];
  private at = 0;
  private variables: string[] = ['$'];
  private rangeDepth = 0;

  constructor(name: string, source: string, functions: ReadonlySet<string>, trees: Map<string, Node[]>) {
    this.name = name;
    this.source = source;
    this.functions = functions;
    this.trees = trees;
    this.tokens = lexTemplate(source);
  }

  main(): Node[] {
    const { nodes, end, token } = this.list();
    if (end !== 'eof') this.fail(`unexpected {{${end}}}`, token);
    return nodes;
  }

  private fail(message: string, token: Token = this.peek()): never {
    const line = this.source.slice(0, token.pos).split('\n').length;
    throw new TemplateFault(`template: ${this.name}:${line}: ${message}`);
  }

  private peek(): Token {
    return this.tokens[Math.min(this.at, this.tokens.length - 1)] ?? { kind: 'eof', text: '', pos: this.source.length };
  }

  private next(): Token {
    const token = this.peek();
    this.at += 1;
    if (token.kind === 'error') this.fail(token.text, token);
    return token;
  }

  private skipSpace(): Token {
    while (this.peek().kind === 'space') this.at += 1;
    return this.peek();
  }

  private unexpected(token: Token, context: string): never {
    if (token.kind === 'error') this.fail(token.text, token);
    const shown =
      token.kind === 'eof' ? 'EOF' : token.kind === 'keyword' ? `<${token.text}>` : JSON.stringify(token.text);
    return this.fail(`unexpected ${shown} in ${context}`, token);
  }

  private list(): { nodes: Node[]; end: ListEnd; token: Token } {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.next();
      if (token.kind === 'eof') return { nodes, end: 'eof', token };
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.text });
        continue;
      }
      const first = this.skipSpace();
      if (first.kind === 'keyword' && (first.text === 'end' || first.text === 'else')) {
        this.next();
        if (first.text === 'end') this.close('end');
        return { nodes, end: first.text, token: first };
      }
      const node = first.kind === 'keyword' ? this.control(first) : this.action();
      if (node !== undefined) nodes.push(node);
    }
  }

  private close(context: string): void {
    const token = this.skipSpace();
    if (token.kind !== 'right') this.unexpected(token, context);
    this.next();
  }

  private action(): Node {
    return { kind: 'action', pipe: this.pipe('command', 'right') };
  }

  private control(keyword: Token): Node | undefined {
    this.next();
    const { text } = keyword;
    if (text === 'if' || text === 'with' || text === 'range') return this.branch(text);
    if (text === 'break' || text === 'continue') {
      if (this.rangeDepth === 0) this.fail(`{{${text}}} outside {{range}}`, keyword);
      this.close(`{{${text}}}`);
      return { kind: text };
    }
    const nameToken = this.skipSpace();
    if (nameToken.kind !== 'string') this.unexpected(nameToken, `${text} clause`);
    this.next();
    const name = unquoteLiteral(nameToken.text);
    if (text === 'template') {
      if (this.skipSpace().kind === 'right') {
        this.next();
        return { kind: 'template', name, pipe: undefined, pos: keyword.pos };
      }
      return { kind: 'template', name, pipe: this.pipe('template clause', 'right'), pos: keyword.pos };
    }
    const pipe = text === 'block' ? this.pipe('block clause', 'right') : undefined;
    if (pipe === undefined) this.close('define clause');
    const outer = this.variables;
    this.variables = ['$'];
    const { nodes, end, token } = this.list();
    this.variables = outer;
    if (end !== 'end') this.unexpected(token, `${text} clause`);
    this.trees.set(name, nodes);
    return pipe === undefined ? undefined : { kind: 'template', name, pipe, pos: keyword.pos };
  }

  private branch(kind: 'if' | 'with' | 'range'): Node {
    const outer = this.variables;
    this.variables = [...outer];
    const pipe = this.pipe(kind, 'right');
    if (kind === 'range') this.rangeDepth += 1;
    const body = this.list();
    if (kind === 'range') this.rangeDepth -= 1;
    let otherwise: Node[] = [];
    if (body.end === 'eof') this.fail('unexpected EOF', body.token);
    if (body.end === 'else') {
      const following = this.skipSpace();
      if (following.kind === 'keyword' && (following.text === 'if' || following.text === 'with') && kind !== 'range') {
        // `else if` is an if inside the else, and shares its end.
        this.next();
        otherwise = [this.branch(following.text)];
      } else {
        this.close('else');
        const rest = this.list();
        if (rest.end === 'eof') this.fail('unexpected EOF', rest.token);
        if (rest.end === 'else') this.fail('expected end; found {{else}}', rest.token);
        otherwise = rest.nodes;
      }
    }
    this.variables = outer;
    return { kind, pipe, body: body.nodes, otherwise };
  }

  private pipe(context: string, end: 'right' | 'close'): Pipe {
    const start = this.skipSpace().pos;
    const { variables, isAssignment } = this.declaration(context);
    const commands: Command[] = [];
    for (;;) {
      const token = this.skipSpace();
      if (token.kind === end) {
        this.next();
        if (commands.length === 0) this.fail(`missing value for ${context}`, token);
        for (const command of commands.slice(1)) {
          const { kind } = command.args[0];
          if (kind === 'literal' || kind === 'dot' || kind === 'nil') {
            const stage = commands.indexOf(command) + 1;
            this.fail(`non executable command in pipeline stage ${stage}`, token);
          }
        }
        const text = this.source.slice(start, token.pos).trim();
        return { pos: start, text, variables, isAssignment, commands };
      }
      commands.push(this.command(context));
    }
  }

  private declaration(context: string): { variables: string[]; isAssignment: boolean } {
    const mark = this.at;
    const names: string[] = [];
    while (this.skipSpace().kind === 'variable' && !this.peek().text.includes('.')) {
      names.push(this.next().text);
      const token = this.skipSpace();
      if (token.kind === 'declare' || token.kind === 'assign') {
        this.next();
        const isAssignment = token.kind === 'assign';
        if (isAssignment) for (const name of names) this.checkVariable(name, token);
        else this.variables.push(...names);
        if (names.length > 1 && context !== 'range') this.fail(`too many declarations in ${context}`, token);
        return { variables: names, isAssignment };
      }
      if (token.kind !== 'char' || token.text !== ',') break;
      this.next();
    }
    this.at = mark;
    return { variables: [], isAssignment: false };
  }

  private checkVariable(name: string, token: Token): void {
    if (!this.variables.includes(name)) this.fail(`undefined variable ${JSON.stringify(name)}`, token);
  }

  private command(context: string): Command {
    const start = this.skipSpace().pos;
    const args: Operand[] = [];
    let end = start;
    for (;;) {
      const operand = this.operand();
      if (operand !== undefined) {
        args.push(operand);
        end = operand.pos;
      }
      const token = this.peek();
      end = token.pos;
      if (token.kind === 'space') {
        this.next();
        continue;
      }
      if (token.kind === 'pipe') {
        this.next();
        if (['right', 'close'].includes(this.skipSpace().kind)) this.fail(`missing value for ${context}`);
        break;
      }
      if (token.kind === 'right' || token.kind === 'close') break;
      this.unexpected(token, operand === undefined ? context : 'operand');
    }
    const [head, ...rest] = args;
    if (head === undefined) this.fail('empty command');
    return { pos: start, text: this.source.slice(start, end).trim(), args: [head, ...rest] };
  }

  private operand(): Operand | undefined {
    const base = this.term();
    if (base === undefined || this.peek().kind !== 'field') return base;
    const chainPos = this.peek().pos;
    const names: string[] = [];
    while (this.peek().kind === 'field') names.push(this.next().text.slice(1));
    const text = this.source.slice(base.pos, this.peek().pos);
    // A longer field path is one node that is placed where its second name stands.
    if (base.kind === 'field') return { ...base, pos: chainPos, text, names: [...base.names, ...names] };
    if (base.kind === 'variable') return { ...base, pos: chainPos, text, names: [...base.names, ...names] };
    if (base.kind === 'literal' || base.kind === 'nil' || base.kind === 'dot') {
      this.fail(`unexpected . after term ${JSON.stringify(base.text)}`);
    }
    return { kind: 'chain', base, names, pos: chainPos, text };
  }

  private term(): Operand | undefined {
    const token = this.skipSpace();
    const { pos, text } = token;
    const place = { pos, text };
    switch (token.kind) {
      case 'error':
        return this.fail(text, token);
      case 'identifier':
        this.next();
        if (!this.functions.has(text)) this.fail(`function ${JSON.stringify(text)} not defined`, token);
        return { kind: 'function', name: text, ...place };
      case 'dot':
      case 'nil':
        this.next();
        return { kind: token.kind, ...place };
      case 'variable':
        this.next();
        this.checkVariable(text, token);
        return { kind: 'variable', name: text, names: [], ...place };
      case 'field':
        this.next();
        return { kind: 'field', names: [text.slice(1)], ...place };
      case 'bool':
        this.next();
        return { kind: 'literal', value: text === 'true', ...place };
      case 'number':
        this.next();
        return { kind: 'literal', value: this.numberValue(token), ...place };
      case 'string':
        this.next();
        return { kind: 'literal', value: unquoteLiteral(text), ...place };
      case 'open': {
        this.next();
        const pipe = this.pipe('parenthesized pipeline', 'close');
        return { kind: 'pipe', pipe, pos, text: this.source.slice(pos, this.peek().pos) };
      }
      default:
        return undefined;
    }
  }

  private numberValue(token: Token): bigint | number {
    if (token.text.startsWith("'")) return BigInt(unquoteLiteral(token.text).codePointAt(0) ?? 0);
    const digits = token.text.replaceAll('_', '');
    const [sign, body] = /^[-+]/.test(digits) ? [digits[0] ?? '', digits.slice(1)] : ['', digits];
    if (/^(?:\d+|0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(body)) {
      const value = BigInt(body.replace(/^0(?=[0-7])/, '0o'));
      return sign === '-' ? -value : value;
    }
    const value = Number(digits);
    if (Number.isNaN(value)) this.fail(`bad number syntax: ${JSON.stringify(token.text)}`, token);
    return value;
  }
}

function unquoteLiteral(text: string): string {
  if (text.startsWith('`')) return text.slice(1, -1);
  return text.slice(1, -1).replace(ESCAPE, (_, code: string) => {
    const letter = code[0] ?? '';
    if (letter === 'x' || letter === 'u' || letter === 'U')
      return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
    return /^[0-7]{3}$/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (LETTERS.get(letter) ?? letter);
  });
}

const ESCAPE = /\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-7]{3}|.)/g;
const LETTERS: ReadonlyMap<string, string> = new Map([
  ['a', '\u0007'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);
