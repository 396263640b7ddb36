/** `test` and `[`. @models bash 5.2 test.c @fidelity full */
import type { Context } from '../../linux/context.ts';
import { BINARY_OPERATORS, binaryTest, NUMERIC, UNARY_OPERATORS, unaryTest } from '../conditional.ts';
import { builtinError } from '../messages.ts';
import type { Shell } from '../shell.ts';
import type { Builtin } from './table.ts';

class TestProblem {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

class TestParser {
  private at = 0;
  private readonly ctx: Context;
  private readonly sh: Shell;
  private readonly args: readonly string[];

  constructor(ctx: Context, sh: Shell, args: readonly string[]) {
    this.ctx = ctx;
    this.sh = sh;
    this.args = args;
  }

  /** The POSIX rules by number of arguments come first; longer ones are parsed by precedence. */
  async run(): Promise<boolean> {
    const { args } = this;
    if (args.length === 0) return false;
    if (args.length <= 4) return this.counted(args);
    const value = await this.or();
    if (this.at < args.length) throw new TestProblem('too many arguments');
    return value;
  }

  private async counted(args: readonly string[]): Promise<boolean> {
    const [a = '', b = '', c = '', d = ''] = args;
    switch (args.length) {
      case 0:
        return false;
      case 1:
        return a !== '';
      case 2:
        if (a === '!') return b === '';
        if (UNARY_OPERATORS.has(a)) return unaryTest(this.ctx, this.sh, a, b);
        throw new TestProblem(`${a}: unary operator expected`);
      case 3:
        if (BINARY_OPERATORS.has(b)) return this.binary(b, a, c);
        if (b === '-a') return a !== '' && c !== '';
        if (b === '-o') return a !== '' || c !== '';
        if (a === '!') return !(await this.counted([b, c]));
        if (a === '(' && c === ')') return b !== '';
        throw new TestProblem(`${b}: binary operator expected`);
      default:
        if (a === '!') return !(await this.counted([b, c, d]));
        if (a === '(' && d === ')') return this.counted([b, c]);
        {
          const value = await this.or();
          if (this.at < this.args.length) throw new TestProblem('too many arguments');
          return value;
        }
    }
  }

  private async or(): Promise<boolean> {
    let value = await this.and();
    while (this.args[this.at] === '-o') {
      this.at++;
      const right = await this.and();
      value = value || right;
    }
    return value;
  }

  private async and(): Promise<boolean> {
    let value = await this.term();
    while (this.args[this.at] === '-a') {
      this.at++;
      const right = await this.term();
      value = value && right;
    }
    return value;
  }

  private async term(): Promise<boolean> {
    const a = this.args[this.at];
    if (a === undefined) throw new TestProblem('argument expected');
    if (a === '!') {
      this.at++;
      return !(await this.term());
    }
    if (a === '(') {
      this.at++;
      const value = await this.or();
      if (this.args[this.at] !== ')') throw new TestProblem("`)' expected");
      this.at++;
      return value;
    }
    const operator = this.args[this.at + 1];
    if (operator !== undefined && BINARY_OPERATORS.has(operator)) {
      const b = this.args[this.at + 2];
      if (b === undefined) throw new TestProblem('argument expected');
      this.at += 3;
      return this.binary(operator, a, b);
    }
    if (UNARY_OPERATORS.has(a) && operator !== undefined) {
      this.at += 2;
      return unaryTest(this.ctx, this.sh, a, operator);
    }
    this.at++;
    return a !== '';
  }

  private async binary(operator: string, a: string, b: string): Promise<boolean> {
    const numeric = NUMERIC[operator];
    if (numeric === undefined) return (await binaryTest(this.ctx, operator, a, b)) ?? false;
    return numeric(integer(a), integer(b));
  }
}

function integer(text: string): bigint {
  if (!/^\s*[-+]?\d+\s*$/.test(text)) throw new TestProblem(`${text}: integer expression expected`);
  return BigInt(text.trim().replace(/^\+/, ''));
}

async function evaluate(ctx: Context, sh: Shell, name: string, args: readonly string[]): Promise<number> {
  try {
    return (await new TestParser(ctx, sh, args).run()) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TestProblem)) throw error;
    await builtinError(ctx, sh, name, error.message);
    return 2;
  }
}

const test: Builtin = (ctx, sh, argv) => evaluate(ctx, sh, 'test', argv.slice(1));

const bracket: Builtin = async (ctx, sh, argv) => {
  if (argv[argv.length - 1] !== ']') {
    await builtinError(ctx, sh, '[', "missing `]'");
    return 2;
  }
  return evaluate(ctx, sh, '[', argv.slice(1, -1));
};

export const testBuiltins: Record<string, Builtin> = { test, '[': bracket };
