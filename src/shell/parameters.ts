/** Values of parameters: positional, special, dynamic and ordinary variables. @models bash 5.2 variables.c, subst.c */
import type { Context } from '../linux/context.ts';
import { type ArithmeticVariables, evaluateArithmetic } from './arithmetic.ts';
import { ExpansionError } from './control.ts';
import { OPTION_LETTERS, type Shell } from './shell.ts';
import {
  elementReference,
  scalar,
  scalarOf,
  setElement,
  setScalar,
  sortedIndexed,
  variable,
  variableNames,
} from './variables.ts';

export type ParameterValue = {
  /** Elements of `$@`, `$*` and whole arrays; null for a single value. */
  list: string[] | null;
  star: boolean;
  value: string | undefined;
};

const single = (value: string | undefined): ParameterValue => ({ list: null, star: false, value });

export function optionFlags(sh: Shell): string {
  let out = '';
  for (const [letter, name] of Object.entries(OPTION_LETTERS)) if (sh.options.has(name)) out += letter;
  const order = 'abefhkmnptuvxBCEHPT';
  out = [...out].sort((a, b) => order.indexOf(a) - order.indexOf(b)).join('');
  if (sh.interactive) out = out.replace(/(?=[A-Z]|$)/, 'i');
  return out + (sh.commandString ? 'c' : '') + (sh.readingStdin ? 's' : '');
}

const SECOND_NS = 1_000_000_000;

function dynamic(ctx: Context, sh: Shell, name: string): string | undefined {
  switch (name) {
    case 'RANDOM':
      return String(ctx.random.below(32768));
    case 'SRANDOM':
      return String(ctx.random.uint32());
    case 'SECONDS':
      if (Number.isNaN(sh.secondsBase)) {
        sh.secondsBase = Number(scalar(sh, 'SECONDS') ?? 0) || 0;
        sh.startedAt = ctx.now;
      }
      return String(sh.secondsBase + Math.floor((ctx.now - sh.startedAt) / SECOND_NS));
    case 'LINENO':
      return String(sh.line);
    case 'BASHPID':
      return String(ctx.sys.getpid(ctx));
    case 'EPOCHSECONDS':
      return String(ctx.wallTime / 1_000_000_000n);
    case 'EPOCHREALTIME':
      return `${ctx.wallTime / 1_000_000_000n}.${String((ctx.wallTime / 1000n) % 1_000_000n).padStart(6, '0')}`;
    case 'BASH_SUBSHELL':
      return String(sh.subshell);
    case 'FUNCNAME':
      return sh.callStack[sh.callStack.length - 1];
    case 'PIPESTATUS':
      return String(sh.pipeStatus[0] ?? 0);
    case 'DIRSTACK':
      return sh.cwd;
    case 'HISTCMD':
      return String(sh.historyBase + sh.history.length);
    case 'SHELLOPTS':
      return [...sh.options].sort().join(':');
    case 'BASHOPTS':
      return [...sh.shopts].sort().join(':');
    default:
      return undefined;
  }
}

const DYNAMIC = new Set([
  'RANDOM',
  'SRANDOM',
  'SECONDS',
  'LINENO',
  'BASHPID',
  'EPOCHSECONDS',
  'EPOCHREALTIME',
  'BASH_SUBSHELL',
  'FUNCNAME',
  'PIPESTATUS',
  'DIRSTACK',
  'HISTCMD',
  'SHELLOPTS',
  'BASHOPTS',
]);

function arrayElements(sh: Shell, name: string): string[] {
  if (name === 'PIPESTATUS') return sh.pipeStatus.map(String);
  if (name === 'FUNCNAME') return [...sh.callStack].reverse();
  const v = variable(sh, name);
  if (v === undefined) return [];
  if (v.indexed !== null) return sortedIndexed(v.indexed).map(([, value]) => value);
  if (v.associative !== null) return [...v.associative.values()];
  return v.value === undefined ? [] : [v.value];
}

export function arrayKeys(sh: Shell, name: string): string[] {
  if (name === 'PIPESTATUS') return sh.pipeStatus.map((_, i) => String(i));
  const v = variable(sh, name);
  if (v === undefined) return [];
  if (v.indexed !== null) return sortedIndexed(v.indexed).map(([key]) => String(key));
  if (v.associative !== null) return [...v.associative.keys()];
  return v.value === undefined ? [] : ['0'];
}

/** `index` is the expanded text between the brackets, or null. */
export function parameterValue(ctx: Context, sh: Shell, name: string, index: string | null): ParameterValue {
  const aimed = index === null ? elementReference(sh, name) : null;
  if (aimed !== null) return parameterValue(ctx, sh, aimed.name, aimed.index);
  if (index === '@' || index === '*') return { list: arrayElements(sh, name), star: index === '*', value: undefined };
  if (index !== null) return single(element(ctx, sh, name, index));
  switch (name) {
    case '@':
      return { list: [...sh.positional], star: false, value: undefined };
    case '*':
      return { list: [...sh.positional], star: true, value: undefined };
    case '#':
      return single(String(sh.positional.length));
    case '?':
      return single(String(sh.status));
    case '$':
      return single(String(sh.pid));
    case '!':
      return single(sh.lastBackground === 0 ? undefined : String(sh.lastBackground));
    case '-':
      return single(optionFlags(sh));
    case '0':
      return single(sh.name);
    case '_':
      return single(sh.lastArgument);
    default:
      if (/^\d+$/.test(name)) return single(sh.positional[Number(name) - 1]);
      if (DYNAMIC.has(name)) {
        const value = dynamic(ctx, sh, name);
        if (value !== undefined) return single(value);
      }
      return single(scalar(sh, name));
  }
}

function element(ctx: Context, sh: Shell, name: string, index: string): string | undefined {
  if (name === 'PIPESTATUS') return sh.pipeStatus[Number(index)]?.toString();
  if (name === 'FUNCNAME') return [...sh.callStack].reverse()[Number(index)];
  const v = variable(sh, name);
  if (v?.associative != null) return v.associative.get(index);
  let at = Number(evaluateArithmetic(index, arithmeticVariables(ctx, sh)));
  if (v === undefined) return undefined;
  if (v.indexed === null) return at === 0 || at === -1 ? v.value : undefined;
  if (at < 0) {
    let max = -1;
    for (const key of v.indexed.keys()) if (key > max) max = key;
    at += max + 1;
    // bash complains, and goes on with nothing.
    if (at < 0) return undefined;
  }
  return v.indexed.get(at);
}

export function isSet(ctx: Context, sh: Shell, name: string, index: string | null): boolean {
  const { list, value } = parameterValue(ctx, sh, name, index);
  return list !== null ? list.length > 0 : value !== undefined;
}

export function namesWithPrefix(sh: Shell, prefix: string): string[] {
  return variableNames(sh).filter((name) => name.startsWith(prefix));
}

export function arithmeticVariables(ctx: Context, sh: Shell): ArithmeticVariables {
  return {
    get(name, index) {
      const { value } = parameterValue(ctx, sh, name, index);
      if (value === undefined && sh.option('nounset') && !isSet(ctx, sh, name, index)) {
        throw new ExpansionError(`${name}: unbound variable`, fatalStatus(sh), true);
      }
      return value;
    },
    set(name, index, value) {
      if (index === null) setScalar(sh, name, String(value));
      else if (variable(sh, name)?.associative != null) setElement(sh, name, index, String(value));
      else setElement(sh, name, Number(evaluateArithmetic(index, arithmeticVariables(ctx, sh))), String(value));
    },
  };
}

/** IFS, with its default when unset. */
export function ifs(sh: Shell): string {
  const value = scalar(sh, 'IFS');
  return value === undefined ? ' \t\n' : value;
}

export function valueOf(sh: Shell, name: string): string {
  const v = variable(sh, name);
  return v === undefined ? '' : (scalarOf(v) ?? '');
}

/** What a shell ends with when it cannot go on: a line of `-c` is told from a script. */
export function fatalStatus(sh: Shell): number {
  return sh.commandString && !sh.interactive ? 127 : 1;
}
