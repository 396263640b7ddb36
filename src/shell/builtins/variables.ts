/** declare, export, readonly, local, unset, let, getopts, shift, set's listing. @models bash 5.2 builtins/{declare,setattr,set}.def */
import type { Context } from '../../linux/context.ts';
import { evaluateArithmetic } from '../arithmetic.ts';
import { attributeLetters, setArrayItems, setByText } from '../assign.ts';
import { ExpansionError } from '../control.ts';
import { expandSubscript } from '../expand.ts';
import { builtinError, complain } from '../messages.ts';
import { arithmeticVariables, valueOf } from '../parameters.ts';
import { ansiQuote, doubleQuote, hasControl } from '../quote.ts';
import type { Shell } from '../shell.ts';
import {
  maxIndex,
  newVariable,
  rawOwn,
  rawVariable,
  resolveName,
  type Scope,
  scalar,
  setScalar,
  sortedIndexed,
  unsetVariable,
  type Variable,
  variableNames,
} from '../variables.ts';
import { functionText } from './function-text.ts';
import { parseOptions, usage } from './options-parser.ts';
import type { Builtin } from './table.ts';

/** The right side of a declare -p line. */
export function declaredValue(v: Variable): string {
  const quote = (text: string): string => (hasControl(text) ? ansiQuote(text) : doubleQuote(text));
  if (v.indexed !== null)
    return `=(${sortedIndexed(v.indexed)
      .map(([k, value]) => `[${k}]=${quote(value)}`)
      .join(' ')})`;
  if (v.associative !== null) {
    return `=(${[...v.associative].map(([k, value]) => `[${/^[\w./:-]+$/.test(k) ? k : quote(k)}]=${quote(value)} `).join('')})`;
  }
  return v.value === undefined ? '' : `=${quote(v.value)}`;
}

export function declareLine(name: string, v: Variable): string {
  const letters = attributeLetters(v);
  return `declare -${letters === '' ? '-' : letters} ${name}${declaredValue(v)}\n`;
}

type Changes = Partial<Record<'exported' | 'readonly' | 'integer' | 'lower' | 'upper' | 'reference', boolean>> & {
  array?: 'indexed' | 'associative';
};

const LETTERS: Readonly<Record<string, keyof Changes>> = {
  x: 'exported',
  r: 'readonly',
  i: 'integer',
  l: 'lower',
  u: 'upper',
  n: 'reference',
};

/** One `name`, `name=value` or `name=(…)` argument. */
async function declareOne(
  ctx: Context,
  sh: Shell,
  builtin: string,
  arg: string,
  array: { items: import('../assign.ts').ArrayItems; append: boolean } | undefined,
  changes: Changes,
  scope: Scope | null,
): Promise<boolean> {
  const match = /^([A-Za-z_]\w*)(\[(.*?)\])?(\+?=)?/.exec(arg);
  if (match === null || (match[4] === undefined && match[0].length !== arg.length)) {
    await builtinError(ctx, sh, builtin, `\`${arg}': not a valid identifier`);
    return false;
  }
  const [whole, name = '', , index, operator] = match;
  const real = changes.reference === undefined ? resolveName(sh, name) : name;
  let v = scope === null ? rawOwn(sh, real) : scope.own(real);
  if (v === undefined) {
    v = newVariable();
    (scope ?? (sh.scopes[0] as Scope)).set(real, v);
  }
  if (v.readonly && (operator !== undefined || changes.readonly === false)) {
    await builtinError(ctx, sh, builtin, `${name}: readonly variable`);
    return false;
  }
  if (changes.reference === true) {
    const target = operator === undefined ? v.value : arg.slice(whole.length);
    if (target !== undefined && target !== '' && !/^[A-Za-z_]\w*(\[.*\])?$/.test(target)) {
      await builtinError(ctx, sh, builtin, `\`${target}': invalid variable name for name reference`);
      return false;
    }
  }
  if (changes.array === 'indexed' && v.indexed === null) {
    v.indexed = new Map(v.value === undefined ? [] : [[0, v.value]]);
    v.value = undefined;
  }
  if (changes.array === 'associative' && v.associative === null) {
    v.associative = new Map();
    v.value = undefined;
  }
  for (const key of ['exported', 'integer', 'lower', 'upper', 'reference'] as const) {
    const value = changes[key];
    if (value !== undefined) v[key] = value;
  }
  if (changes.lower) v.upper = false;
  if (changes.upper) v.lower = false;
  if (array !== undefined) await setArrayItems(ctx, sh, name, array.items, array.append);
  else if (operator !== undefined) {
    const value = arg.slice(whole.length);
    if (changes.reference) v.value = value;
    else await setByText(ctx, sh, name, index ?? null, value, operator === '+=');
  }
  if (changes.readonly !== undefined) v.readonly = changes.readonly;
  return true;
}

async function listVariables(
  ctx: Context,
  sh: Shell,
  filter: (v: Variable) => boolean,
  line: (name: string, v: Variable) => string,
): Promise<void> {
  let out = '';
  for (const name of variableNames(sh)) {
    const v = rawVariable(sh, name);
    if (v !== undefined && filter(v)) out += line(name, v);
  }
  if (out !== '') await ctx.sys.write(ctx, 1, out);
}

function splitFlags(
  argv: readonly string[],
  letters: string,
): { on: Set<string>; off: Set<string>; at: number } | { bad: string } {
  const on = new Set<string>();
  const off = new Set<string>();
  let at = 1;
  for (; at < argv.length; at++) {
    const arg = argv[at] as string;
    if (arg === '--') {
      at++;
      break;
    }
    if (!/^[-+]./.test(arg)) break;
    for (const c of arg.slice(1)) {
      if (!letters.includes(c)) return { bad: `${arg[0]}${c}: invalid option` };
      (arg.startsWith('-') ? on : off).add(c);
    }
  }
  return { on, off, at };
}

const declare: Builtin = async (ctx, sh, argv, arrays) => {
  const name = argv[0] as string;
  const flags = splitFlags(argv, 'aAfFgiIlnprtux');
  if ('bad' in flags)
    return usage(
      ctx,
      sh,
      name,
      flags.bad,
      `${name} ${name === 'local' ? '[option] name[=value] ...' : '[-aAfFgiIlnrtux] [name[=value] ...] or ' + name + ' -p [-aAfFilnrtux] [name ...]'}`,
    );
  if (name === 'local' && sh.callStack.length === 0) {
    await builtinError(ctx, sh, 'local', 'can only be used in a function');
    return 1;
  }
  const { on, off, at } = flags;
  const names = argv.slice(at);
  if (on.has('f') || on.has('F')) return listFunctions(ctx, sh, names, on.has('F'), name);
  if (on.has('p') || names.length === 0) {
    if (names.length === 0) {
      const wanted = [...on].filter((c) => c !== 'p' && c !== 'g');
      const has = (v: Variable): boolean => wanted.every((c) => attributeLetters(v).includes(c));
      if (on.has('p') || wanted.length > 0) await listVariables(ctx, sh, has, declareLine);
      else await listSet(ctx, sh);
      return 0;
    }
    let status = 0;
    let out = '';
    for (const n of names) {
      const v = rawVariable(sh, n);
      if (v === undefined) {
        await builtinError(ctx, sh, name, `${n}: not found`);
        status = 1;
      } else out += declareLine(n, v);
    }
    await ctx.sys.write(ctx, 1, out);
    return status;
  }
  const changes: Changes = {};
  for (const [letter, key] of Object.entries(LETTERS)) {
    if (on.has(letter)) (changes as Record<string, boolean>)[key] = true;
    if (off.has(letter)) (changes as Record<string, boolean>)[key] = false;
  }
  if (on.has('a')) changes.array = 'indexed';
  if (on.has('A')) changes.array = 'associative';
  const local = sh.callStack.length > 0 && !on.has('g') ? (sh.scopes[functionScope(sh)] as Scope) : null;
  let status = 0;
  for (let i = at; i < argv.length; i++) {
    if (!(await declareOne(ctx, sh, name, argv[i] as string, arrays.get(i), changes, local))) status = 1;
  }
  return status;
};

/** The scope of the innermost function: temporary environments may lie above it. */
function functionScope(sh: Shell): number {
  return sh.scopes.length - 1;
}

async function listFunctions(
  ctx: Context,
  sh: Shell,
  names: readonly string[],
  namesOnly: boolean,
  builtin: string,
): Promise<number> {
  let out = '';
  let status = 0;
  for (const name of names.length > 0 ? names : [...sh.functions.keys()].sort()) {
    const fn = sh.functions.get(name);
    if (fn === undefined) {
      status = 1;
      continue;
    }
    out += namesOnly ? (names.length > 0 ? `${name}\n` : `declare -f ${name}\n`) : functionText(name, fn);
  }
  if (out !== '') await ctx.sys.write(ctx, 1, out);
  void builtin;
  return status;
}

/** `set` without arguments. */
export async function listSet(ctx: Context, sh: Shell): Promise<void> {
  const quote = (text: string): string =>
    sh.flavour === 'ash'
      ? `'${text.replace(/'/g, "'\"'\"'")}'`
      : text === ''
        ? ''
        : hasControl(text)
          ? ansiQuote(text)
          : /^[\w@%+:,./-]*$/.test(text)
            ? text
            : `'${text.replace(/'/g, "'\\''")}'`;
  await listVariables(
    ctx,
    sh,
    (v) => v.value !== undefined || v.indexed !== null || v.associative !== null,
    (name, v) =>
      v.indexed !== null || v.associative !== null
        ? `${name}${declaredValue(v)}\n`
        : `${name}=${quote(v.value ?? '')}\n`,
  );
  let out = '';
  for (const [name, fn] of [...sh.functions].sort((a, b) => (a[0] < b[0] ? -1 : 1))) out += functionText(name, fn);
  if (out !== '') await ctx.sys.write(ctx, 1, out);
}

function attribute(key: 'exported' | 'readonly', letter: string): Builtin {
  return async (ctx, sh, argv, arrays) => {
    const name = argv[0] as string;
    const flags = splitFlags(argv, 'aAfnp');
    if ('bad' in flags)
      return usage(
        ctx,
        sh,
        name,
        flags.bad,
        key === 'exported'
          ? 'export [-fn] [name[=value] ...] or export -p'
          : 'readonly [-aAf] [name[=value] ...] or readonly -p',
      );
    const { on, at } = flags;
    if (at >= argv.length) {
      if (sh.flavour === 'ash')
        await listVariables(
          ctx,
          sh,
          (v) => v[key],
          (n, v) => `${name} ${n}${v.value === undefined ? '' : `='${v.value.replace(/'/g, "'\"'\"'")}'`}\n`,
        );
      else await listVariables(ctx, sh, (v) => attributeLetters(v).includes(letter), declareLine);
      return 0;
    }
    let status = 0;
    for (let i = at; i < argv.length; i++) {
      const arg = argv[i] as string;
      if (on.has('f')) {
        if (!sh.functions.has(arg)) {
          await builtinError(ctx, sh, name, `${arg}: not a function`);
          status = 1;
        }
        continue;
      }
      const changes: Changes = { [key]: !on.has('n') };
      if (on.has('a')) changes.array = 'indexed';
      if (on.has('A')) changes.array = 'associative';
      if (!(await declareOne(ctx, sh, name, arg, arrays.get(i), changes, null))) status = 1;
    }
    return status;
  };
}

const unset: Builtin = async (ctx, sh, argv) => {
  const parsed = parseOptions(argv, 'fvn');
  if ('bad' in parsed) return usage(ctx, sh, 'unset', parsed.bad, 'unset [-f] [-v] [-n] [name ...]');
  for (const name of parsed.rest) {
    const element = /^([A-Za-z_]\w*)\[(.*)\]$/.exec(name);
    if (element !== null) {
      const v = rawOwn(sh, resolveName(sh, element[1] as string));
      const index = await expandSubscript(ctx, sh, element[2] as string);
      if (v?.readonly) throw new ExpansionError(`unset: ${element[1]}: cannot unset: readonly variable`);
      if (v?.associative != null) v.associative.delete(index);
      else if (v?.indexed != null) {
        if (index === '@' || index === '*') v.indexed.clear();
        else {
          const at = Number(evaluateArithmetic(index, arithmeticVariables(ctx, sh)));
          const key = at < 0 ? at + 1 + maxIndex(v.indexed) : at;
          if (key < 0) {
            await builtinError(ctx, sh, 'unset', `[${index}]: bad array subscript`);
            return 1;
          }
          v.indexed.delete(key);
        }
      }
      continue;
    }
    if (parsed.options.has('f')) {
      sh.setFunction(name, null);
      continue;
    }
    if (rawVariable(sh, name) === undefined && !parsed.options.has('v')) sh.setFunction(name, null);
    else if (parsed.options.has('n')) (sh.scopes[0] as Scope).delete(name);
    else unsetVariable(sh, name);
    if (name === 'PATH') sh.forgetPaths();
  }
  return 0;
};

const letBuiltin: Builtin = async (ctx, sh, argv) => {
  if (argv.length === 1) {
    await builtinError(ctx, sh, 'let', 'expression expected');
    return 1;
  }
  let value = 0n;
  for (const text of argv.slice(1)) {
    try {
      value = evaluateArithmetic(text, arithmeticVariables(ctx, sh));
    } catch (error) {
      if (!(error instanceof ExpansionError)) throw error;
      await builtinError(ctx, sh, 'let', error.message);
      return 1;
    }
  }
  return value !== 0n ? 0 : 1;
};

const shift: Builtin = async (ctx, sh, argv) => {
  if (argv.length > 2 && sh.flavour === 'bash') {
    await builtinError(ctx, sh, 'shift', 'too many arguments');
    return 1;
  }
  const n = argv[1] === undefined ? 1 : Number(argv[1]);
  if (!Number.isInteger(n)) {
    await builtinError(ctx, sh, 'shift', `${argv[1]}: numeric argument required`);
    return 1;
  }
  if (n < 0) {
    await builtinError(ctx, sh, 'shift', `${argv[1]}: shift count out of range`);
    return 1;
  }
  if (n > sh.positional.length) return 1;
  sh.positional = sh.positional.slice(n);
  return 0;
};

const getopts: Builtin = async (ctx, sh, argv) => {
  const [, spec, name] = argv;
  if (spec === undefined || name === undefined) {
    await complain(ctx, 'getopts: usage: getopts optstring name [arg ...]\n');
    return 2;
  }
  const args = argv.length > 3 ? argv.slice(3) : sh.positional;
  const state = sh.optionIndex;
  const declared = Number(scalar(sh, 'OPTIND') ?? 1);
  if (declared !== state.argument) {
    state.argument = declared;
    state.offset = 0;
  }
  const silent = spec.startsWith(':') || valueOf(sh, 'OPTERR') === '0';
  const finish = (): number => {
    setScalar(sh, name, '?');
    setScalar(sh, 'OPTIND', String(state.argument));
    return 1;
  };
  let arg = args[state.argument - 1];
  if (state.offset === 0) {
    if (arg === undefined || !arg.startsWith('-') || arg === '-') return finish();
    if (arg === '--') {
      state.argument++;
      return finish();
    }
    state.offset = 1;
  }
  arg ??= '';
  const letter = arg[state.offset++] ?? '';
  const advance = (): void => {
    state.argument++;
    state.offset = 0;
  };
  const at = letter === ':' ? -1 : spec.indexOf(letter);
  unsetVariable(sh, 'OPTARG');
  let result = letter;
  if (at < 0) {
    if (spec.startsWith(':')) setScalar(sh, 'OPTARG', letter);
    else if (!silent) await complain(ctx, `${sh.name}: illegal option -- ${letter}\n`);
    result = '?';
    if (state.offset >= arg.length) advance();
  } else if (spec[at + 1] === ':') {
    const inline = arg.slice(state.offset);
    advance();
    if (inline !== '') setScalar(sh, 'OPTARG', inline);
    else if (args[state.argument - 1] !== undefined) {
      setScalar(sh, 'OPTARG', args[state.argument - 1] as string);
      state.argument++;
    } else if (spec.startsWith(':')) {
      result = ':';
      setScalar(sh, 'OPTARG', letter);
    } else {
      if (!silent) await complain(ctx, `${sh.name}: option requires an argument -- ${letter}\n`);
      result = '?';
    }
  } else if (state.offset >= arg.length) advance();
  setScalar(sh, name, result);
  setScalar(sh, 'OPTIND', String(state.argument));
  return 0;
};

export const variableBuiltins: Record<string, Builtin> = {
  declare,
  typeset: declare,
  local: declare,
  export: attribute('exported', 'x'),
  readonly: attribute('readonly', 'r'),
  unset,
  let: letBuiltin,
  shift,
  getopts,
};
