/** Awk's own functions. @models mawk 1.3.4 bi_funct.c; gensub, systime and strftime as in gawk */
import { strftime } from '../common/dates.ts';
import { AwkError, type AwkArray, type Interpreter, type Run } from './interpreter.ts';
import type { Expr } from './parser.ts';
import { awkPrintf, Input, toNumber, type Value } from './values.ts';

const NANOS = 1_000_000_000n;

export function* callBuiltin(awk: Interpreter, name: string, args: readonly Expr[]): Run<Value> {
  const value = function* (i: number): Run<Value> {
    const arg = args[i];
    return arg === undefined ? undefined : yield* awk.eval(arg);
  };
  const text = function* (i: number): Run<string> {
    return awk.text(yield* value(i));
  };
  const number = function* (i: number): Run<number> {
    return toNumber(yield* value(i));
  };
  switch (name) {
    case 'length': {
      const arg = args[0];
      if (arg === undefined) return [...awk.text(yield* awk.eval({ type: 'field', index: { type: 'number', value: 0 } }))].length;
      if (arg.type === 'name' && awk.isArray(arg.name)) return awk.array(arg.name).size;
      return [...(yield* text(0))].length;
    }
    case 'substr': {
      const characters = [...(yield* text(0))];
      const start = Math.round(yield* number(1));
      const length = args[2] === undefined ? Infinity : yield* number(2);
      const end = length === Infinity ? Infinity : start + Math.round(length);
      return characters.slice(Math.max(0, start - 1), Math.max(0, Math.min(characters.length, end - 1))).join('');
    }
    case 'index': {
      const whole = yield* text(0);
      const at = whole.indexOf(yield* text(1));
      return at < 0 ? 0 : [...whole.slice(0, at)].length + 1;
    }
    case 'split': {
      const whole = yield* text(0);
      const target = args[1];
      if (target?.type !== 'name') throw new AwkError('split: second argument must be an array');
      const separator = args[2];
      const pieces = awk.splitText(whole, separator === undefined ? awk.textOf('FS') : separator.type === 'regex' ? awk.regex(separator.source) : yield* text(2));
      const array = awk.array(target.name);
      array.clear();
      for (const [i, piece] of pieces.entries()) array.set(String(i + 1), new Input(piece));
      return pieces.length;
    }
    case 'match': {
      const whole = yield* text(0);
      const found = (yield* awk.regexOf(args[1] as Expr)).exec(whole);
      awk.set('RSTART', found === null ? 0 : [...whole.slice(0, found.index)].length + 1);
      awk.set('RLENGTH', found === null ? -1 : [...found[0]].length);
      return awk.get('RSTART');
    }
    case 'sub':
    case 'gsub': {
      const regex = yield* awk.regexOf(args[0] as Expr);
      const source = regex.source;
      const replacement = yield* text(1);
      const target = args[2] ?? { type: 'field', index: { type: 'number', value: 0 } };
      const old = awk.text(yield* awk.eval(target));
      const { result, count } = substitute(old, awk.regex(source), (m) => fill(replacement, [m[0]]), name === 'gsub' ? 'g' : 1);
      if (count > 0) yield* awk.assign(target, result);
      return count;
    }
    case 'gensub': {
      const regex = yield* awk.regexOf(args[0] as Expr);
      const replacement = yield* text(1);
      const how = yield* text(2);
      const old = args[3] === undefined ? awk.text(yield* awk.eval({ type: 'field', index: { type: 'number', value: 0 } })) : yield* text(3);
      regex.lastIndex = 0;
      return substitute(old, regex, (m) => fill(replacement, m), /^[gG]/.test(how) ? 'g' : Math.max(1, Number(how) || 1)).result;
    }
    case 'toupper':
      return (yield* text(0)).toUpperCase();
    case 'tolower':
      return (yield* text(0)).toLowerCase();
    case 'sprintf': {
      const values: Value[] = [];
      for (const arg of args) values.push(yield* awk.eval(arg));
      const format = awk.text(values[0]);
      const out = awkPrintf(format, values.slice(1), awk.textOf('CONVFMT'));
      if (out === null) throw new AwkError(`not enough arguments passed to sprintf("${format}")`);
      return out;
    }
    case 'int':
      return Math.trunc(yield* number(0));
    case 'sqrt':
      return Math.sqrt(yield* number(0));
    case 'exp':
    case 'log':
    case 'sin':
    case 'cos':
      return elementary(name, yield* number(0));
    case 'atan2':
      return arcTangent(yield* number(0), yield* number(1));
    case 'rand':
      return awk.random();
    case 'srand': {
      const old = awk.seed;
      awk.seedWith(args[0] === undefined ? Number(awk.ctx.wallTime / NANOS) : yield* number(0));
      return old;
    }
    case 'system': {
      const command = yield* text(0);
      return (yield () => awk.streams.system(command)) as number;
    }
    case 'close': {
      const stream = yield* text(0);
      return (yield () => awk.streams.close(stream)) as number;
    }
    case 'fflush':
      yield () => awk.streams.flush();
      return 0;
    case 'systime':
      return Number(awk.ctx.wallTime / NANOS);
    case 'strftime': {
      const format = args[0] === undefined ? '%c' : yield* text(0);
      const at = args[1] === undefined ? awk.ctx.wallTime : BigInt(Math.trunc(yield* number(1))) * NANOS;
      return strftime(format, at);
    }
    case 'and':
      return Number(BigInt(Math.trunc(yield* number(0))) & BigInt(Math.trunc(yield* number(1))));
    case 'or':
      return Number(BigInt(Math.trunc(yield* number(0))) | BigInt(Math.trunc(yield* number(1))));
    case 'xor':
      return Number(BigInt(Math.trunc(yield* number(0))) ^ BigInt(Math.trunc(yield* number(1))));
    case 'lshift':
      return (yield* number(0)) * 2 ** (yield* number(1));
    case 'rshift':
      return Math.floor((yield* number(0)) / 2 ** (yield* number(1)));
    case 'strtonum': {
      const source = (yield* text(0)).trim();
      return /^0[xX]/.test(source) ? Number(source) : /^0[0-7]+$/.test(source) ? Number.parseInt(source, 8) : toNumber(source);
    }
    case 'asort':
    case 'asorti':
      return sortArray(awk, name, args);
    default:
      throw new AwkError(`function ${name} is not simulated`);
  }
}

function sortArray(awk: Interpreter, name: string, args: readonly Expr[]): number {
  const [source, target] = args;
  if (source?.type !== 'name') throw new AwkError(`${name}: first argument must be an array`);
  const from: AwkArray = awk.array(source.name);
  const values: Value[] = name === 'asort' ? [...from.values()] : [...from.keys()].map((k) => new Input(k));
  values.sort((a, b) => awk.compare(a, b));
  const to = target?.type === 'name' ? awk.array(target.name) : from;
  to.clear();
  for (const [i, value] of values.entries()) to.set(String(i + 1), value);
  return values.length;
}

function substitute(text: string, regex: RegExp, replace: (m: RegExpExecArray) => string, which: number | 'g'): { result: string; count: number } {
  let result = '';
  let count = 0;
  let seen = 0;
  let at = 0;
  let ended = -1;
  for (let match = regex.exec(text); match !== null; match = regex.exec(text)) {
    const empty = match[0] === '';
    if (empty && match.index === ended) {
      regex.lastIndex = match.index + 1;
      if (regex.lastIndex > text.length) break;
      continue;
    }
    ended = match.index + match[0].length;
    seen++;
    if (which === 'g' || seen === which) {
      result += text.slice(at, match.index) + replace(match);
      at = ended;
      count++;
      if (which !== 'g') break;
    }
    if (empty) regex.lastIndex++;
    if (regex.lastIndex > text.length) break;
  }
  return { result: result + text.slice(at), count };
}

/** `&` and `\\N` are what matched. */
function fill(replacement: string, groups: readonly (string | undefined)[]): string {
  return replacement.replace(/\\([&\\0-9])|&/g, (whole, escaped: string | undefined) => {
    if (escaped === undefined) return groups[0] ?? '';
    if (/\d/.test(escaped)) return groups.length > 1 || escaped === '0' ? (groups[Number(escaped)] ?? '') : whole;
    return escaped;
  });
}

const LN2 = 0.6931471805599453;
const PI = 3.141592653589793;

/** Own series: the results must be the same on every machine, which Math.exp and the like do not promise. */
function elementary(name: 'exp' | 'log' | 'sin' | 'cos', x: number): number {
  if (name === 'exp') return exponential(x);
  if (name === 'log') return logarithm(x);
  const shifted = name === 'cos' ? x + PI / 2 : x;
  const turns = Math.round(shifted / (2 * PI));
  const r = shifted - turns * 2 * PI;
  let term = r;
  let sum = r;
  for (let n = 1; n < 24; n++) {
    term *= (-r * r) / (2 * n * (2 * n + 1));
    sum += term;
  }
  return sum;
}

function exponential(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.8) return Infinity;
  if (x < -745.2) return 0;
  const k = Math.round(x / LN2);
  const r = x - k * LN2;
  let term = 1;
  let sum = 1;
  for (let n = 1; n < 24; n++) {
    term *= r / n;
    sum += term;
  }
  return sum * 2 ** k;
}

function logarithm(x: number): number {
  if (x < 0 || Number.isNaN(x)) return Number.NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return x;
  let k = 0;
  let m = x;
  while (m > 1.5) {
    m /= 2;
    k++;
  }
  while (m < 0.75) {
    m *= 2;
    k--;
  }
  const t = (m - 1) / (m + 1);
  let power = t;
  let sum = 0;
  for (let n = 1; n < 60; n += 2) {
    sum += power / n;
    power *= t * t;
  }
  return 2 * sum + k * LN2;
}

function arcTangent(y: number, x: number): number {
  const arc = (v: number): number => {
    // Halving the angle brings the series to quick convergence.
    if (v > 1) return PI / 2 - arc(1 / v);
    const h = v / (1 + Math.sqrt(1 + v * v));
    let power = h;
    let sum = 0;
    for (let n = 1; n < 80; n += 2) {
      sum += (n % 4 === 1 ? power : -power) / n;
      power *= h * h;
    }
    return 2 * sum;
  };
  if (x === 0 && y === 0) return 0;
  if (x === 0) return y > 0 ? PI / 2 : -PI / 2;
  const base = arc(Math.abs(y / x));
  const angle = x > 0 ? base : PI - base;
  return y < 0 ? -angle : angle;
}
