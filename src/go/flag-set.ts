/**
 * Parsing of flags the way Go's flag package does it: one dash or two, `-n=3`, `--` ends the flags, and so does
 * the first argument that is none.
 * @models go flag flag.go; urfave/cli v2.27 parse.go flag_*.go
 * @fidelity partial: only the kinds of value in CliFlag
 */
import type { CliFlag, FlagValue } from './cli-types.ts';
import { durationString, parseDuration } from './duration.ts';
import { formatFloat } from './floats.ts';
import { quote } from './quote.ts';

/** What a command line makes of the flags of its level. */
export class FlagSet {
  readonly args: readonly string[];
  private readonly byName: ReadonlyMap<string, CliFlag>;
  private readonly values: ReadonlyMap<CliFlag, FlagValue>;

  constructor({ byName, values }: State, args: readonly string[]) {
    this.byName = byName;
    this.values = values;
    this.args = args;
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** Of a flag by any of its names; undefined when there is no such flag. */
  get(name: string): FlagValue | undefined {
    const flag = this.byName.get(name);
    return flag === undefined ? undefined : (this.values.get(flag) ?? defaultOf(flag));
  }

  /** Set on the command line or by the environment, by whichever of its names. */
  isSet(name: string): boolean {
    const flag = this.byName.get(name);
    return flag !== undefined && this.values.has(flag);
  }
}

export type FlagSetResult =
  | { readonly ok: true; readonly flags: FlagSet }
  | { readonly ok: false; readonly error: string };

export type FlagSetOptions = {
  readonly shortOptions: boolean;
  readonly skipFlagParsing: boolean;
  /** v1: move flags in front of arguments first. */
  readonly reorder: boolean;
};

export function flagNames(flag: CliFlag): readonly string[] {
  return [flag.name, ...(flag.aliases ?? [])];
}

export function parseFlags(
  flags: readonly CliFlag[],
  args: readonly string[],
  env: ReadonlyMap<string, string>,
  options: FlagSetOptions,
): FlagSetResult {
  const state = initialState(flags, env);
  if (typeof state === 'string') return { ok: false, error: state };
  if (options.skipFlagParsing) return { ok: true, flags: new FlagSet(state, args) };
  let rest = options.reorder ? reorderArgs(state.byName, args) : [...args];
  for (;;) {
    const arg = rest[0];
    if (arg === undefined || arg.length < 2 || !arg.startsWith('-')) break;
    if (arg === '--') {
      rest = rest.slice(1);
      break;
    }
    const step = parseOne(state, arg, rest.slice(1), options.shortOptions);
    if (typeof step === 'string') return { ok: false, error: step };
    rest = step.rest;
  }
  const clash = twoForms(flags, state.given);
  if (clash !== undefined) return { ok: false, error: clash };
  return { ok: true, flags: new FlagSet(state, rest) };
}

type State = {
  readonly byName: ReadonlyMap<string, CliFlag>;
  /** Of what the environment or the command line has set. */
  readonly values: Map<CliFlag, FlagValue>;
  /** Names as they were written on the command line. */
  readonly given: Set<string>;
};

/** The flags of a level by their names, and those that the environment can set. */
type FlagTable = { readonly byName: ReadonlyMap<string, CliFlag>; readonly fromEnv: readonly CliFlag[] };

const tables = new WeakMap<readonly CliFlag[], FlagTable>();

function tableOf(flags: readonly CliFlag[]): FlagTable {
  let table = tables.get(flags);
  if (table === undefined) {
    const byName = new Map(flags.flatMap((flag) => flagNames(flag).map((name) => [name, flag])));
    table = { byName, fromEnv: flags.filter((flag) => flag.env !== undefined) };
    tables.set(flags, table);
  }
  return table;
}

function initialState(flags: readonly CliFlag[], env: ReadonlyMap<string, string>): State | string {
  const { byName, fromEnv } = tableOf(flags);
  const values = new Map<CliFlag, FlagValue>();
  for (const flag of fromEnv) {
    const variable = flag.env?.find((name) => env.has(name));
    const text = variable === undefined ? undefined : env.get(variable);
    if (variable === undefined || text === undefined) continue;
    if (text === '' && flag.kind !== 'string' && flag.kind !== 'bool') continue;
    const parsed = flag.kind === 'bool' && text === '' ? false : readValue(flag, text);
    if (typeof parsed === 'object' && 'reason' in parsed) {
      const kind = flag.kind === 'stringSlice' ? 'string' : flag.kind;
      const where = `environment variable ${quote(variable)}`;
      return `could not parse ${quote(text)} as ${kind} value from ${where} for flag ${flag.name}: ${parsed.detail}`;
    }
    values.set(flag, parsed);
  }
  return { byName, values, given: new Set() };
}

function defaultOf(flag: CliFlag): FlagValue {
  return flag.value ?? ZERO_VALUES[flag.kind];
}

const ZERO_VALUES: Readonly<Record<CliFlag['kind'], FlagValue>> = {
  bool: false,
  string: '',
  int: 0,
  int64: 0,
  uint: 0,
  uint64: 0,
  float64: 0,
  duration: 0,
  stringSlice: [],
};

function parseOne(state: State, arg: string, rest: string[], shortOptions: boolean): { rest: string[] } | string {
  const body = arg.replace(/^--?/, '');
  if (body === '' || body.startsWith('-') || body.startsWith('=')) return `bad flag syntax: ${arg}`;
  const equals = body.indexOf('=');
  const name = equals < 0 ? body : body.slice(0, equals);
  const inline = equals < 0 ? undefined : body.slice(equals + 1);
  const flag = state.byName.get(name);
  if (flag === undefined) {
    const letters = [...arg.slice(1)];
    const isSplittable = shortOptions && !arg.startsWith('--') && letters.length > 1 && inline === undefined;
    if (isSplittable && letters.every((letter) => state.byName.has(letter))) {
      return { rest: [...letters.map((letter) => `-${letter}`), ...rest] };
    }
    return `flag provided but not defined: -${name}`;
  }
  if (flag.kind === 'bool') return store(state, flag, name, inline ?? 'true', rest);
  if (inline !== undefined) return store(state, flag, name, inline, rest);
  const value = rest[0];
  return value === undefined ? `flag needs an argument: -${name}` : store(state, flag, name, value, rest.slice(1));
}

function store(state: State, flag: CliFlag, name: string, text: string, rest: string[]): { rest: string[] } | string {
  const parsed = readValue(flag, text);
  if (typeof parsed === 'object' && 'reason' in parsed) {
    return flag.kind === 'bool'
      ? `invalid boolean value ${quote(text)} for -${name}: ${parsed.reason}`
      : `invalid value ${quote(text)} for flag -${name}: ${parsed.reason}`;
  }
  // The first element given replaces the default (or the environment's), later ones join it.
  const isFurther = flag.kind === 'stringSlice' && flagNames(flag).some((form) => state.given.has(form));
  const before = state.values.get(flag) ?? defaultOf(flag);
  const joined = isFurther && isStrings(before) && isStrings(parsed) ? [...before, ...parsed] : parsed;
  state.values.set(flag, joined);
  state.given.add(name);
  return { rest };
}

type Fault = { readonly reason: string; readonly detail: string };

function readValue(flag: CliFlag, text: string): FlagValue | Fault {
  switch (flag.kind) {
    case 'string':
      return text;
    case 'stringSlice':
      return flag.keepCommas === true ? [text] : text.split(',').map((item) => item.trim());
    case 'bool':
      return parseBool(text) ?? { reason: 'parse error', detail: numberFault('ParseBool', text, 'invalid syntax') };
    case 'duration': {
      const parsed = parseDuration(text);
      return parsed.ok ? parsed.ns : { reason: 'parse error', detail: parsed.error };
    }
    case 'float64':
      if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text);
      return { reason: 'parse error', detail: numberFault('ParseFloat', text, 'invalid syntax') };
    default:
      return readInteger(text, flag.kind === 'uint' || flag.kind === 'uint64');
  }
}

/** strconv.ParseInt with base 0: 0x, 0o, 0b and a leading 0 choose the base. */
function readInteger(text: string, isUnsigned: boolean): number | Fault {
  const call = isUnsigned ? 'ParseUint' : 'ParseInt';
  const match = /^([-+]?)(0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|0[0-7_]*|[1-9][0-9_]*)$/.exec(text);
  if (match === null || (isUnsigned && match[1] !== '')) {
    return { reason: 'parse error', detail: numberFault(call, text, 'invalid syntax') };
  }
  const digits = (match[2] ?? '').replaceAll('_', '').replace(/^0(?=[0-7])/, '0o');
  const value = match[1] === '-' ? -BigInt(digits) : BigInt(digits);
  const [least, most] = isUnsigned ? [0n, 2n ** 64n - 1n] : [-(2n ** 63n), 2n ** 63n - 1n];
  if (value < least || value > most) {
    return { reason: 'value out of range', detail: numberFault(call, text, 'value out of range') };
  }
  return Number(value);
}

function numberFault(call: string, text: string, why: string): string {
  return `strconv.${call}: parsing ${quote(text)}: ${why}`;
}

/** strconv.ParseBool; undefined is its syntax error. */
export function parseBool(text: string): boolean | undefined {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  return /^(?:0|f|F|FALSE|false|False)$/.test(text) ? false : undefined;
}

/** A flag's value as flag.Value's String() has it. */
export function flagValueText(flag: CliFlag, value: FlagValue): string {
  if (flag.kind === 'duration' && typeof value === 'number') return durationString(value);
  if (flag.kind === 'float64' && typeof value === 'number') return formatFloat(value, 'g', -1);
  return isStrings(value) ? `[${value.join(' ')}]` : String(value);
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

function twoForms(flags: readonly CliFlag[], given: ReadonlySet<string>): string | undefined {
  if (given.size < 2) return undefined;
  for (const flag of flags) {
    const used = flagNames(flag).filter((name) => given.has(name));
    if (used.length > 1) return `Cannot use two forms of the same flag: ${used[1] ?? ''} ${used[0] ?? ''}`;
  }
  return undefined;
}

/** v1 lets flags follow arguments: known flags, and the word after one without `=`, move to the front. */
function reorderArgs(byName: ReadonlyMap<string, CliFlag>, args: readonly string[]): string[] {
  const front: string[] = [];
  let back: string[] = [];
  let mayBeValue = false;
  for (const [i, arg] of args.entries()) {
    const isFlag = /^-./.test(arg) && arg !== '--' && byName.has(arg.replace(/^--?/, '').split('=')[0] ?? '');
    if (mayBeValue && !isFlag) {
      mayBeValue = false;
      front.push(arg);
    } else if (arg === '--') {
      back = ['--', ...back, ...args.slice(i + 1)];
      break;
    } else if (isFlag) {
      front.push(arg);
      mayBeValue = !arg.includes('=');
    } else {
      back.push(arg);
    }
  }
  return [...front, ...back];
}
