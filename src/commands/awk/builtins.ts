/** The functions that awk has. @models mawk 1.3.4 bi_funct.c @fidelity partial: rand() is a generator of our own */
import { civilTime, nsFromCivil } from '../../go/time.ts';
import { strftime } from '../common/dates.ts';
import { atan2, cos, exp, log, sin } from './arithmetic.ts';
import type { Interpreter, Steps } from './interpret.ts';
import { AwkError } from './lex.ts';
import { runShell } from './streams.ts';
import type { Expression, Target } from './syntax.ts';
import { Input, toNumber, type Value } from './values.ts';

const SECOND = 1_000_000_000n;
const RANDOM_MODULUS = 2_147_483_647;
const RANDOM_FACTOR = 48_271;

function asTarget(expression: Expression | undefined): Target | null {
  if (expression === undefined) return { kind: 'field', index: { kind: 'number', value: 0 } };
  return expression.kind === 'variable' || expression.kind === 'element' || expression.kind === 'field'
    ? expression
    : null;
}

export function* callBuiltin(awk: Interpreter, name: string, args: readonly Expression[]): Steps<Value> {
  const wrong = (): never => {
    throw new AwkError(`wrong number of arguments in call to ${name}`);
  };
  const first = args[0];
  const value = function* (index: number): Steps<Value> {
    return args[index] === undefined ? wrong() : yield* awk.evaluate(args[index]);
  };
  const text = function* (index: number): Steps<string> {
    return awk.text(yield* value(index));
  };
  const number = function* (index: number): Steps<number> {
    return toNumber(yield* value(index));
  };
  switch (name) {
    case 'length':
      if (first === undefined) return awk.text(awk.getField(0)).length;
      if (first.kind === 'variable' && isArray(awk, first.name)) return awk.array(first.name).size;
      return (yield* text(0)).length;
    case 'substr': {
      const whole = yield* text(0);
      const start = Math.round(yield* number(1));
      const end = args[2] === undefined ? Infinity : start + Math.round(yield* number(2));
      return whole.slice(Math.max(0, start - 1), Math.max(0, end - 1));
    }
    case 'index': {
      const whole = yield* text(0);
      return whole.indexOf(yield* text(1)) + 1;
    }
    case 'split': {
      const whole = yield* text(0);
      const array = args[1]?.kind === 'variable' ? awk.array(args[1].name) : wrong();
      const by = args[2];
      const parts =
        by?.kind === 'regex'
          ? awk.splitRegex(whole, by.source)
          : awk.splitText(whole, by === undefined ? awk.global('FS') : yield* text(2));
      array.clear();
      parts.forEach((part, i) => {
        array.set(String(i + 1), new Input(part));
      });
      return parts.length;
    }
    case 'sub':
    case 'gsub': {
      if (first === undefined) return wrong();
      const regex = yield* awk.regexOf(first, name === 'gsub' ? 'g' : '');
      const replacement = yield* text(1);
      const target = asTarget(args[2]);
      const source = args[2] === undefined ? awk.text(awk.getField(0)) : awk.text(yield* awk.evaluate(args[2]));
      let count = 0;
      regex.lastIndex = 0;
      const changed = substitute(source, regex, replacement, name === 'gsub', () => count++);
      if (count > 0 && target !== null) yield* awk.assign(target, changed);
      return count;
    }
    case 'match': {
      const whole = yield* text(0);
      const found = args[1] === undefined ? wrong() : (yield* awk.regexOf(args[1])).exec(whole);
      awk.set('RSTART', found === null ? 0 : found.index + 1);
      awk.set('RLENGTH', found === null ? -1 : found[0].length);
      return found === null ? 0 : found.index + 1;
    }
    case 'sprintf': {
      const values: Value[] = [];
      for (let i = 0; i < args.length; i++) values.push(yield* value(i));
      return awk.format('sprintf', values);
    }
    case 'sin':
      return sin(yield* number(0));
    case 'cos':
      return cos(yield* number(0));
    case 'atan2': {
      const y = yield* number(0);
      return atan2(y, yield* number(1));
    }
    case 'exp':
      return exp(yield* number(0));
    case 'log':
      return log(yield* number(0));
    case 'sqrt':
      return Math.sqrt(yield* number(0));
    case 'int':
      return Math.trunc(yield* number(0));
    case 'rand':
      awk.randomState = (awk.randomState * RANDOM_FACTOR) % RANDOM_MODULUS;
      return awk.randomState / RANDOM_MODULUS;
    case 'srand': {
      const before = awk.seed;
      awk.seed = first === undefined ? Number(awk.ctx.wallTime / SECOND) : yield* number(0);
      awk.randomState = 1 + (Math.abs(Math.trunc(awk.seed)) % (RANDOM_MODULUS - 2));
      return before;
    }
    case 'tolower':
      return (yield* text(0)).replace(/[A-Z]+/g, (s) => s.toLowerCase());
    case 'toupper':
      return (yield* text(0)).replace(/[a-z]+/g, (s) => s.toUpperCase());
    case 'system': {
      const line = yield* text(0);
      yield awk.flushAll();
      return (yield runShell(awk.ctx, line)) as number;
    }
    case 'close': {
      const closed = yield* text(0);
      return (yield awk.close(closed)) as number;
    }
    case 'fflush':
      yield awk.flushAll();
      return 0;
    case 'systime':
      return Number(awk.ctx.wallTime / SECOND);
    case 'strftime': {
      const format = first === undefined ? '%c' : yield* text(0);
      const at = args[1] === undefined ? awk.ctx.wallTime : BigInt(Math.trunc(yield* number(1))) * SECOND;
      return strftime(format, at);
    }
    case 'mktime': {
      const fields = (yield* text(0)).trim().split(/\s+/).map(Number);
      if (fields.length < 6 || fields.some((f) => Number.isNaN(f))) return -1;
      const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = fields;
      return Number(nsFromCivil({ ...civilTime(0n), year, month, day, hour, minute, second, nanosecond: 0 }) / SECOND);
    }
    default:
      return wrong();
  }
}

function isArray(awk: Interpreter, name: string): boolean {
  try {
    awk.get(name);
    return false;
  } catch (error) {
    if (error instanceof AwkError) return true;
    throw error;
  }
}

function substitute(source: string, regex: RegExp, replacement: string, all: boolean, onMatch: () => void): string {
  const put = (matched: string): string => {
    onMatch();
    return replacement.replace(/\\\\|\\&|&/g, (t) => (t === '&' ? matched : t === '\\&' ? '&' : '\\'));
  };
  if (!all) return source.replace(regex, (matched) => put(matched));
  let lastEnd = -1;
  return source.replace(regex, (matched, ...rest) => {
    const at = rest.find((r) => typeof r === 'number') as number;
    // Right after a match an empty one does not count.
    if (matched === '' && at === lastEnd) return '';
    lastEnd = at + matched.length;
    return put(matched);
  });
}
