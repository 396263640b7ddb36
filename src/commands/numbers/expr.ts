/** @models coreutils 9.7 src/expr.c */
import { print, printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { posixRegex, RegexError } from '../common/regex.ts';

class ExprError extends Error {}

const LEVELS: readonly (readonly string[])[] = [
  ['|'],
  ['&'],
  ['<', '<=', '=', '==', '!=', '>=', '>'],
  ['+', '-'],
  ['*', '/', '%'],
  [':'],
];

const isNumber = (text: string): boolean => /^-?\d+$/.test(text);
const isNull = (text: string): boolean => text === '' || /^-?0+$/.test(text);

class Expr {
  private readonly args: string[];
  private at = 0;

  constructor(args: string[]) {
    this.args = args;
  }

  whole(): string {
    if (this.args.length === 0) throw new ExprError('missing operand');
    const value = this.level(0);
    if (this.at < this.args.length) throw new ExprError(`syntax error: unexpected argument ‘${this.args[this.at]}’`);
    return value;
  }

  private level(n: number): string {
    const operators = LEVELS[n];
    if (operators === undefined) return this.operand();
    let left = this.level(n + 1);
    for (;;) {
      const operator = this.args[this.at];
      if (operator === undefined || !operators.includes(operator)) return left;
      this.at++;
      left = apply(operator, left, this.level(n + 1));
    }
  }

  private next(): string {
    const word = this.args[this.at++];
    if (word === undefined) throw new ExprError(`syntax error: missing argument after ‘${this.args.at(-1)}’`);
    return word;
  }

  private operand(): string {
    const word = this.next();
    if (word === '(') {
      const value = this.level(0);
      if (this.args[this.at++] !== ')')
        throw new ExprError(`syntax error: expecting ')' after ‘${this.args[this.at - 2]}’`);
      return value;
    }
    if (word === ')') throw new ExprError("syntax error: unexpected ')'");
    if (word === '+') return this.next();
    if (word === 'length') return String([...this.operand()].length);
    if (word === 'match') return apply(':', this.operand(), this.operand());
    if (word === 'index') {
      const text = [...this.operand()];
      const set = this.operand();
      return String(text.findIndex((c) => set.includes(c)) + 1);
    }
    if (word === 'substr') {
      const text = [...this.operand()];
      const [start, length] = [Number(this.operand()), Number(this.operand())];
      return start > 0 && length > 0 ? text.slice(start - 1, start - 1 + length).join('') : '';
    }
    return word;
  }
}

function apply(operator: string, left: string, right: string): string {
  switch (operator) {
    case '|':
      return isNull(left) ? (isNull(right) ? '0' : right) : left;
    case '&':
      return isNull(left) || isNull(right) ? '0' : left;
    case ':': {
      const regex = posixRegex(`^${right.replace(/^\^/, '')}`, { extended: false });
      const match = regex.exec(left);
      const grouped = /\\\(/.test(right);
      if (match === null) return grouped ? '' : '0';
      return grouped ? (match[1] ?? '') : String([...match[0]].length);
    }
  }
  if (LEVELS[2]?.includes(operator)) {
    const order =
      isNumber(left) && isNumber(right)
        ? Number(BigInt(left) > BigInt(right)) - Number(BigInt(left) < BigInt(right))
        : Number(left > right) - Number(left < right);
    const holds = {
      '<': order < 0,
      '<=': order <= 0,
      '=': order === 0,
      '==': order === 0,
      '!=': order !== 0,
      '>=': order >= 0,
      '>': order > 0,
    }[operator];
    return holds ? '1' : '0';
  }
  if (!isNumber(left) || !isNumber(right)) throw new ExprError('non-integer argument');
  const [a, b] = [BigInt(left), BigInt(right)];
  if (operator === '+') return String(a + b);
  if (operator === '-') return String(a - b);
  if (operator === '*') return String(a * b);
  if (b === 0n) throw new ExprError('division by zero');
  return String(operator === '/' ? a / b : a % b);
}

export const expr: Program = {
  name: 'expr',
  async main(ctx, argv) {
    const args = argv.slice(1);
    if (args.length === 1 && args[0] === '--help') {
      await print(
        ctx,
        `Usage: ${argv[0]} EXPRESSION\nWork out EXPRESSION and print it. Each operator and operand is an argument of its own.\n\n  |  &  <  <=  =  !=  >=  >  +  -  *  /  %\n  STRING : REGEX, match STRING REGEX, substr STRING POS LENGTH,\n  index STRING CHARS, length STRING, ( EXPRESSION )\n`,
      );
      return 0;
    }
    try {
      const value = new Expr(args[0] === '--' ? args.slice(1) : args).whole();
      await print(ctx, `${value}\n`);
      return isNull(value) ? 1 : 0;
    } catch (error) {
      if (error instanceof ExprError) {
        await printError(
          ctx,
          `${argv[0]}: ${error.message}\n${args.length === 0 ? `Try '${argv[0]} --help' for more information.\n` : ''}`,
        );
        return 2;
      }
      if (error instanceof RegexError) {
        await printError(ctx, `${argv[0]}: ${error.message}\n`);
        return 2;
      }
      throw error;
    }
  },
};
