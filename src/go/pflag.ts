/**
 * Flags the POSIX way: `--name value`, `--name=value`, `-n value`, `-nvalue`, `-abc`, mixed with arguments until `--`.
 * @models spf13/pflag v1.0.10 flag.go errors.go bool.go int.go string_slice.go
 * @fidelity partial: only the kinds of value in Pflag
 */
import type { Pflag, PflagValue } from './cobra-types.ts';
import { durationString, parseDuration } from './duration.ts';
import { parseBool } from './flag-set.ts';
import { compareStrings, quote } from './quote.ts';

export type PflagSet = {
  readonly values: ReadonlyMap<string, PflagValue>;
  readonly changed: ReadonlySet<string>;
  readonly args: readonly string[];
  readonly argsBeforeDash: number;
};

export type PflagResult =
  | { readonly ok: true; readonly set: PflagSet }
  | { readonly ok: false; readonly error: string };

/** Flags by their long and short forms; a command's own hide the global ones of the same name. */
export type PflagIndex = { readonly long: ReadonlyMap<string, Pflag>; readonly short: ReadonlyMap<string, Pflag> };

export function indexFlags(flags: readonly Pflag[]): PflagIndex {
  const long = new Map<string, Pflag>();
  const short = new Map<string, Pflag>();
  for (const flag of flags) {
    if (!long.has(flag.name)) long.set(flag.name, flag);
    if (flag.short !== undefined && !short.has(flag.short)) short.set(flag.short, flag);
  }
  return { long, short };
}

/** What the flag is worth when nothing follows it, or undefined when something must. */
export function bareValue(flag: Pflag): string | undefined {
  if (flag.bare !== undefined) return flag.bare;
  if (flag.kind === 'bool') return 'true';
  return flag.kind === 'count' ? '+1' : undefined;
}

/** With `flagsFirst` the first argument ends the flags. */
export function parsePflags(index: PflagIndex, words: readonly string[], flagsFirst = false): PflagResult {
  const values = new Map<string, PflagValue>();
  const changed = new Set<string>();
  for (const flag of index.long.values()) values.set(flag.name, flag.value ?? ZERO[flag.kind]);
  const args: string[] = [];
  let argsBeforeDash = -1;
  const fail = (error: string): PflagResult => ({ ok: false, error });

  const store = (flag: Pflag, text: string): string | undefined => {
    const read = readValue(flag, text, values.get(flag.name), changed.has(flag.name));
    if (typeof read === 'object' && 'fault' in read) {
      const name = flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`;
      return `invalid argument ${quote(text)} for ${quote(name)} flag: ${read.fault}`;
    }
    values.set(flag.name, read);
    changed.add(flag.name);
    return undefined;
  };

  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word.length < 2 || !word.startsWith('-')) {
      if (flagsFirst) {
        args.push(...words.slice(i));
        break;
      }
      args.push(word);
      continue;
    }
    if (word === '--') {
      argsBeforeDash = args.length;
      args.push(...words.slice(i + 1));
      break;
    }
    if (word.startsWith('--')) {
      const body = word.slice(2);
      if (body.startsWith('-') || body.startsWith('=')) return fail(`bad flag syntax: ${word}`);
      const equals = body.indexOf('=');
      const name = equals < 0 ? body : body.slice(0, equals);
      const flag = index.long.get(name);
      if (flag === undefined) return fail(`unknown flag: --${name}`);
      let text = equals < 0 ? bareValue(flag) : body.slice(equals + 1);
      if (text === undefined) {
        i += 1;
        text = words[i];
        if (text === undefined) return fail(`flag needs an argument: --${name}`);
      }
      const fault = store(flag, text);
      if (fault !== undefined) return fail(fault);
      continue;
    }
    let letters = word.slice(1);
    while (letters !== '') {
      const letter = letters.charAt(0);
      const flag = index.short.get(letter);
      if (flag === undefined) return fail(`unknown shorthand flag: ${`'${letter}'`} in -${letters}`);
      const rest = letters.slice(1);
      let text: string | undefined;
      if (rest.startsWith('=')) {
        text = rest.slice(1);
        letters = '';
      } else if (bareValue(flag) !== undefined) {
        text = bareValue(flag);
        letters = rest;
      } else if (rest !== '') {
        text = rest;
        letters = '';
      } else {
        i += 1;
        text = words[i];
        letters = '';
        if (text === undefined) return fail(`flag needs an argument: ${`'${letter}'`} in -${word.slice(1)}`);
      }
      const fault = store(flag, text ?? '');
      if (fault !== undefined) return fail(fault);
    }
  }
  return { ok: true, set: { values, changed, args, argsBeforeDash } };
}

const ZERO: Readonly<Record<Pflag['kind'], PflagValue>> = {
  bool: false,
  string: '',
  int: 0,
  int64: 0,
  count: 0,
  float64: 0,
  duration: 0,
  stringSlice: [],
  stringArray: [],
};

type Fault = { readonly fault: string };

function readValue(flag: Pflag, text: string, before: PflagValue | undefined, isFurther: boolean): PflagValue | Fault {
  const list = isFurther && Array.isArray(before) ? (before as readonly string[]) : [];
  switch (flag.kind) {
    case 'string':
      return text;
    case 'stringArray':
      return [...list, text];
    case 'stringSlice':
      return [...list, ...(text === '' ? [] : text.split(','))];
    case 'bool':
      return parseBool(text) ?? { fault: `strconv.ParseBool: parsing ${quote(text)}: invalid syntax` };
    case 'duration': {
      const parsed = parseDuration(text);
      return parsed.ok ? parsed.ns : { fault: parsed.error };
    }
    case 'count':
      if (text === '+1') return (typeof before === 'number' ? before : 0) + 1;
      return readInteger(text);
    case 'float64':
      if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)) return Number(text);
      return { fault: `strconv.ParseFloat: parsing ${quote(text)}: invalid syntax` };
    default:
      return readInteger(text);
  }
}

function readInteger(text: string): number | Fault {
  if (!/^[-+]?\d+$/.test(text)) return { fault: `strconv.ParseInt: parsing ${quote(text)}: invalid syntax` };
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  return { fault: `strconv.ParseInt: parsing ${quote(text)}: value out of range` };
}

/** A default as the help shows it: strings in single quotes. */
export function defaultText(flag: Pflag): string {
  const value = flag.value ?? ZERO[flag.kind];
  if (flag.kind === 'duration' && typeof value === 'number') return durationString(value);
  if (typeof value === 'object') return `[${value.join(',')}]`;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

const TYPE_NAMES: Readonly<Record<Pflag['kind'], string>> = {
  bool: '',
  string: 'string',
  int: 'int',
  int64: 'int',
  count: 'count',
  float64: 'float',
  duration: 'duration',
  stringSlice: 'strings',
  stringArray: 'stringArray',
};

/** FlagUsages: sorted, the texts in one column. */
export function flagUsages(flags: readonly Pflag[]): string {
  const rows = [...flags]
    .sort((a, b) => compareStrings(a.name, b.name))
    .map((flag) => {
      const short = flag.short === undefined ? '      ' : `  -${flag.short}, `;
      const type = TYPE_NAMES[flag.kind];
      return { left: `${short}--${flag.name}${type === '' ? '' : ` ${type}`}`, right: flag.usage + shownDefault(flag) };
    });
  const width = Math.max(0, ...rows.map(({ left }) => left.length));
  return rows.map(({ left, right }) => `${left.padEnd(width)}   ${right}\n`).join('');
}

function shownDefault(flag: Pflag): string {
  const { value } = flag;
  if (value === undefined || value === false || value === 0 || value === '') return '';
  if (Array.isArray(value) && value.length === 0) return '';
  return typeof value === 'string' ? ` (default "${value}")` : ` (default ${defaultText(flag)})`;
}
