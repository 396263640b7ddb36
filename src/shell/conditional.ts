/** `[[ … ]]`, and the file and string tests it shares with `test`. @models bash 5.2 test.c, execute_cmd.c */
import type { TestExpression, Word } from 'unbash';
import type { Context } from '../linux/context.ts';
import { isErrno } from '../linux/errno.ts';
import type { FileType, Stat } from '../linux/syscalls.ts';
import { ExpansionError } from './control.ts';
import { expandArithmetic, expandReference, expandToPattern, expandToString } from './expand.ts';
import { report } from './messages.ts';
import { isSet } from './parameters.ts';
import { matches } from './pattern.ts';
import type { Shell } from './shell.ts';
import { rawVariable, setArray } from './variables.ts';

export async function evaluateCondition(ctx: Context, sh: Shell, node: TestExpression): Promise<number> {
  try {
    return (await holds(ctx, sh, node)) ? 0 : 1;
  } catch (error) {
    if (error instanceof BadRegex) return 2;
    if (!(error instanceof ExpansionError)) throw error;
    await report(ctx, sh, /unbound variable$/.test(error.message) ? error.message : `[[: ${error.message}`);
    if (/unbound variable$/.test(error.message)) throw error;
    return 1;
  }
}

class BadRegex {}

async function holds(ctx: Context, sh: Shell, node: TestExpression): Promise<boolean> {
  switch (node.type) {
    case 'TestGroup':
      return holds(ctx, sh, node.expression);
    case 'TestNot': {
      const value = await holds(ctx, sh, node.operand);
      return node.negations.length % 2 === 1 ? !value : value;
    }
    case 'TestLogical': {
      for (const operand of node.operands) {
        const value = await holds(ctx, sh, operand);
        if (value !== (node.operator === '&&')) return value;
      }
      return node.operator === '&&';
    }
    case 'TestUnary':
      return unaryTest(ctx, sh, node.operator, await expandToString(ctx, sh, node.operand));
    case 'TestBinary':
      return binary(ctx, sh, node.operator, node.left, node.right);
  }
}

async function binary(ctx: Context, sh: Shell, operator: string, left: Word, right: Word): Promise<boolean> {
  const a = await expandToString(ctx, sh, left);
  if (operator === '==' || operator === '=' || operator === '!=') {
    const hit = matches(await expandToPattern(ctx, sh, right), a, { ignoreCase: sh.shopts.has('nocasematch') });
    return hit === (operator !== '!=');
  }
  if (operator === '=~') return regex(ctx, sh, a, await regexSource(ctx, sh, right));
  const b = await expandToString(ctx, sh, right);
  if (operator in NUMERIC) {
    const x = await expandArithmetic(ctx, sh, a);
    const y = await expandArithmetic(ctx, sh, b);
    return (NUMERIC[operator] as (x: bigint, y: bigint) => boolean)(x, y);
  }
  return (await binaryTest(ctx, operator, a, b)) ?? false;
}

/** Quoted parts of the pattern are literal, the rest is an extended regular expression. */
async function regexSource(ctx: Context, sh: Shell, word: Word): Promise<string> {
  if (word.parts === undefined)
    return word.text.replace(/\\([\s\S])/g, (all, c: string) => (/[\w\s]/.test(c) ? c : all));
  let out = '';
  for (const part of word.parts) {
    const one: Word = { type: 'Word', text: part.text, value: '', pos: part.pos, end: part.end, parts: [part] };
    if (part.type === 'SingleQuoted' || part.type === 'DoubleQuoted' || part.type === 'AnsiCQuoted') {
      out += (await expandToString(ctx, sh, one)).replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    } else if (
      part.type === 'SimpleExpansion' ||
      part.type === 'ParameterExpansion' ||
      part.type === 'CommandExpansion' ||
      part.type === 'ArithmeticExpansion'
    ) {
      out += await expandToString(ctx, sh, one);
    } else out += part.text;
  }
  return out;
}

async function regex(_ctx: Context, sh: Shell, text: string, source: string): Promise<boolean> {
  let expression: RegExp;
  try {
    expression = new RegExp(posixToRegExp(source), sh.shopts.has('nocasematch') ? 'i' : '');
  } catch {
    throw new BadRegex();
  }
  const found = expression.exec(text);
  setArray(sh, 'BASH_REMATCH', found === null ? [] : [...found].map((g) => g ?? ''));
  return found !== null;
}

function posixToRegExp(source: string): string {
  const classes: Readonly<Record<string, string>> = {
    alpha: 'A-Za-z',
    digit: '0-9',
    alnum: 'A-Za-z0-9',
    upper: 'A-Z',
    lower: 'a-z',
    space: '\\s',
    blank: ' \\t',
    xdigit: '0-9A-Fa-f',
    punct: '!-\\/:-@\\[-`{-~',
  };
  return source
    .replace(/\[:(\w+):\]/g, (all, name: string) => classes[name] ?? all)
    .replace(/^\*/, '\\*')
    .replace(/\[(\^?)\]/g, '[$1\\]');
}

export const NUMERIC: Readonly<Record<string, (x: bigint, y: bigint) => boolean>> = {
  '-eq': (x, y) => x === y,
  '-ne': (x, y) => x !== y,
  '-lt': (x, y) => x < y,
  '-le': (x, y) => x <= y,
  '-gt': (x, y) => x > y,
  '-ge': (x, y) => x >= y,
};

async function statOrNull(ctx: Context, path: string, link = false): Promise<Stat | null> {
  if (path === '') return null;
  try {
    const fd = /^\/dev\/fd\/(\d+)$/.exec(path)?.[1];
    if (fd !== undefined) return await ctx.sys.fstat(ctx, Number(fd));
    return await (link ? ctx.sys.lstat(ctx, path) : ctx.sys.stat(ctx, path));
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

const TYPES: Readonly<Record<string, FileType>> = {
  '-b': 'block',
  '-c': 'char',
  '-d': 'directory',
  '-f': 'file',
  '-p': 'fifo',
  '-S': 'socket',
};

export const UNARY_OPERATORS = new Set([
  '-a',
  '-b',
  '-c',
  '-d',
  '-e',
  '-f',
  '-g',
  '-h',
  '-k',
  '-n',
  '-o',
  '-p',
  '-r',
  '-s',
  '-t',
  '-u',
  '-v',
  '-w',
  '-x',
  '-z',
  '-G',
  '-L',
  '-N',
  '-O',
  '-R',
  '-S',
]);

export async function unaryTest(ctx: Context, sh: Shell, operator: string, operand: string): Promise<boolean> {
  switch (operator) {
    case '-z':
      return operand === '';
    case '-n':
      return operand !== '';
    case '-o':
      return sh.option(operand);
    case '-v': {
      const { name, index } = await expandReference(ctx, sh, operand);
      return isSet(ctx, sh, name, index);
    }
    case '-R':
      return rawVariable(sh, operand)?.reference === true;
    case '-t':
      return /^\d+$/.test(operand) && tty(ctx, Number(operand));
    case '-h':
    case '-L':
      return (await statOrNull(ctx, operand, true))?.type === 'symlink';
    case '-r':
      return accessible(ctx, operand, 4);
    case '-w':
      return accessible(ctx, operand, 2);
    case '-x':
      return accessible(ctx, operand, 1);
    default: {
      const stat = await statOrNull(ctx, operand);
      if (stat === null) return false;
      const type = TYPES[operator];
      if (type !== undefined) return stat.type === type;
      if (operator === '-s') return stat.size > 0;
      if (operator === '-g') return (stat.mode & 0o2000) !== 0;
      if (operator === '-u') return (stat.mode & 0o4000) !== 0;
      if (operator === '-k') return (stat.mode & 0o1000) !== 0;
      if (operator === '-N') return stat.mtime > stat.atime;
      return true;
    }
  }
}

async function tty(ctx: Context, fd: number): Promise<boolean> {
  try {
    return await ctx.sys.isTty(ctx, fd);
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

async function accessible(ctx: Context, path: string, mode: number): Promise<boolean> {
  try {
    await ctx.sys.access(ctx, path, mode);
    return true;
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

export const BINARY_OPERATORS = new Set(['=', '==', '!=', '<', '>', '-nt', '-ot', '-ef', ...Object.keys(NUMERIC)]);

/** String and file comparisons; null for an operator that is none of them. */
export async function binaryTest(ctx: Context, operator: string, a: string, b: string): Promise<boolean | null> {
  switch (operator) {
    case '=':
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '-nt':
    case '-ot':
    case '-ef': {
      const [x, y] = [await statOrNull(ctx, a), await statOrNull(ctx, b)];
      if (operator === '-ef') return x !== null && y !== null && x.dev === y.dev && x.ino === y.ino;
      if (operator === '-nt') return x !== null && (y === null || x.mtime > y.mtime);
      return y !== null && (x === null || x.mtime < y.mtime);
    }
    default:
      return null;
  }
}
