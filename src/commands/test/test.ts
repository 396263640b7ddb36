/** test and [. @models coreutils 9.7 src/test.c @fidelity partial: -N, -G and -O compare without effective ids */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { printError } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import type { Stat } from '../../linux/syscalls.ts';
import { quote } from '../common/quoting.ts';
import { isTerminal } from '../common/streams.ts';

class Syntax extends Error {}

const FILE_TESTS: Record<string, (s: Stat) => boolean> = {
  b: (s) => s.type === 'block',
  c: (s) => s.type === 'char',
  d: (s) => s.type === 'directory',
  e: () => true,
  f: (s) => s.type === 'file',
  g: (s) => (s.mode & 0o2000) !== 0,
  k: (s) => (s.mode & 0o1000) !== 0,
  p: (s) => s.type === 'fifo',
  s: (s) => s.size > 0,
  S: (s) => s.type === 'socket',
  u: (s) => (s.mode & 0o4000) !== 0,
};
const BINARY = new Set(['=', '==', '!=', '<', '>', '-eq', '-ne', '-lt', '-le', '-gt', '-ge', '-nt', '-ot', '-ef']);
const UNARY = /^-[bcdefgGhkLnNOprsStuwxz]$/;

async function statOf(ctx: Context, path: string, link = false): Promise<Stat | null> {
  try {
    return link ? await ctx.sys.lstat(ctx, path) : await ctx.sys.stat(ctx, path);
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

class Evaluator {
  private readonly ctx: Context;
  private readonly args: readonly string[];
  private at = 0;

  constructor(ctx: Context, args: readonly string[]) {
    this.ctx = ctx;
    this.args = args;
  }

  /** POSIX decides by the number of arguments up to four. */
  async evaluate(from = 0, to = this.args.length): Promise<boolean> {
    const a = this.args.slice(from, to);
    const [first = '', second = '', third = ''] = a;
    switch (a.length) {
      case 0:
        return false;
      case 1:
        return first !== '';
      case 2:
        if (first === '!') return second === '';
        if (UNARY.test(first)) return this.unary(first, second);
        throw new Syntax(`missing argument after ${quote(this.ctx, second)}`);
      case 3:
        if (BINARY.has(second)) return this.binary(first, second, third);
        if (second === '-a') return first !== '' && third !== '';
        if (second === '-o') return first !== '' || third !== '';
        if (first === '!') return !(await this.evaluate(from + 1, to));
        if (first === '(' && third === ')') return second !== '';
        throw new Syntax(`${quote(this.ctx, second)}: binary operator expected`);
      case 4:
        if (first === '!') return !(await this.evaluate(from + 1, to));
        if (first === '(' && a[3] === ')') return this.evaluate(from + 1, to - 1);
    }
    this.at = from;
    const value = await this.or();
    if (this.at < to) throw new Syntax(`extra argument ${quote(this.ctx, this.args[this.at] as string)}`);
    return value;
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
    const token = this.args[this.at];
    if (token === undefined) throw new Syntax(`missing argument after ${quote(this.ctx, this.args.at(-1) ?? '')}`);
    if (token === '!') {
      this.at++;
      return !(await this.term());
    }
    if (token === '(') {
      this.at++;
      const value = await this.or();
      if (this.args[this.at] !== ')') throw new Syntax("')' expected");
      this.at++;
      return value;
    }
    const operator = this.args[this.at + 1];
    if (operator !== undefined && BINARY.has(operator) && this.at + 2 < this.args.length) {
      this.at += 3;
      return this.binary(token, operator, this.args[this.at - 1] as string);
    }
    if (UNARY.test(token) && this.at + 1 < this.args.length) {
      this.at += 2;
      return this.unary(token, this.args[this.at - 1] as string);
    }
    this.at++;
    return token !== '';
  }

  private integer(text: string): bigint {
    const trimmed = text.trim();
    if (!/^[+-]?\d+$/.test(trimmed)) throw new Syntax(`invalid integer ${quote(this.ctx, text)}`);
    return BigInt(trimmed.replace(/^\+/, ''));
  }

  private async unary(operator: string, value: string): Promise<boolean> {
    const { ctx } = this;
    const letter = operator[1] as string;
    if (letter === 'n') return value !== '';
    if (letter === 'z') return value === '';
    if (letter === 't') return isTerminal(ctx, Number(this.integer(value)));
    if (letter === 'h' || letter === 'L') return (await statOf(ctx, value, true))?.type === 'symlink';
    if ('rwx'.includes(letter)) {
      try {
        await ctx.sys.access(ctx, value, { r: 4, w: 2, x: 1 }[letter] as number);
        return true;
      } catch (error) {
        if (isErrno(error)) return false;
        throw error;
      }
    }
    const stat = await statOf(ctx, value);
    if (stat === null) return false;
    if (letter === 'O') return stat.uid === ctx.process.credentials.euid;
    if (letter === 'G') return stat.gid === ctx.process.credentials.egid;
    if (letter === 'N') return stat.mtime > stat.atime;
    return (FILE_TESTS[letter] as (s: Stat) => boolean)(stat);
  }

  private async binary(left: string, operator: string, right: string): Promise<boolean> {
    const { ctx } = this;
    switch (operator) {
      case '=':
      case '==':
        return left === right;
      case '!=':
        return left !== right;
      case '<':
        return left < right;
      case '>':
        return left > right;
      case '-eq':
        return this.integer(left) === this.integer(right);
      case '-ne':
        return this.integer(left) !== this.integer(right);
      case '-lt':
        return this.integer(left) < this.integer(right);
      case '-le':
        return this.integer(left) <= this.integer(right);
      case '-gt':
        return this.integer(left) > this.integer(right);
      case '-ge':
        return this.integer(left) >= this.integer(right);
    }
    const a = await statOf(ctx, left);
    const b = await statOf(ctx, right);
    if (operator === '-ef') return a !== null && b !== null && a.ino === b.ino && a.dev === b.dev;
    const [newer, older] = operator === '-nt' ? [a, b] : [b, a];
    return newer !== null && (older === null || newer.mtime > older.mtime);
  }
}

export const test: Program = {
  name: 'test',
  async main(ctx, argv) {
    const name = argv[0] ?? 'test';
    const args = argv.slice(1);
    if (/(^|\/)\[$/.test(name) && args.pop() !== ']') {
      await printError(ctx, `${name}: missing ${quote(ctx, ']')}\n`);
      return 2;
    }
    try {
      return (await new Evaluator(ctx, args).evaluate()) ? 0 : 1;
    } catch (error) {
      if (!(error instanceof Syntax)) throw error;
      await printError(ctx, `${name}: ${error.message}\n`);
      return 2;
    }
  },
};
