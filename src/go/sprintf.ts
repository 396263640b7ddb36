/**
 * fmt.Sprintf over JavaScript values: objects print as Go maps, arrays as slices, null and undefined as nil.
 * @models go fmt print.go format.go
 * @fidelity partial: no %p, %T only for plain values, no # form but %#q and %#x, no explicit argument indexes
 */
import { formatFloat } from './floats.ts';
import { compareStrings, quote, quoteRaw, quoteRune, quoteToAscii } from './quote.ts';

export type ValueStyle = {
  /**
   * What a JavaScript number stands for. `int` (default): whole numbers are ints. `float64`: all are, as after
   * json.Unmarshal.
   */
  readonly numbers?: 'int' | 'float64';
};

/** A value that prints itself, like a fmt.Stringer or an error. */
export type Stringer = { goString(): string };

export function isStringer(value: unknown): value is Stringer {
  return typeof value === 'object' && value !== null && 'goString' in value && typeof value.goString === 'function';
}

/** %v. */
export function formatValue(value: unknown, style: ValueStyle = {}): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'number') {
    return style.numbers !== 'float64' && Number.isInteger(value) ? String(value) : formatFloat(value, 'g', -1);
  }
  if (typeof value !== 'object') return String(value);
  if (isStringer(value)) return value.goString();
  if (value instanceof Uint8Array) return `[${value.join(' ')}]`;
  if (Array.isArray(value)) return `[${value.map((item) => formatValue(item, style)).join(' ')}]`;
  const entries: [string, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
  const members = entries.sort(([a], [b]) => compareStrings(a, b)).map(([k, v]) => `${k}:${formatValue(v, style)}`);
  return `map[${members.join(' ')}]`;
}

/** The Go type a value would have in an interface{}. */
export function typeName(value: unknown, style: ValueStyle = {}): string {
  if (value === null || value === undefined) return '<nil>';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return style.numbers !== 'float64' && Number.isInteger(value) ? 'int' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (value instanceof Uint8Array) return '[]uint8';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

type Verb = {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly verb: string;
};

const DIRECTIVE = /%([-+# 0]*)(\*|\d+)?(?:\.(\*|\d+)?)?(.)?/gsu;

export function sprintf(format: string, ...args: readonly unknown[]): string {
  return sprintfWith({}, format, args);
}

export function sprintfWith(style: ValueStyle, format: string, args: readonly unknown[]): string {
  let next = 0;
  const star = (text: string | undefined): number | undefined => {
    if (text === undefined) return undefined;
    return text === '*' ? Number(args[next++]) : Number(text);
  };
  const text = format.replace(DIRECTIVE, (directive: string, ...groups: (string | undefined)[]) => {
    const [flags = '', widthText, precisionText, verb] = groups;
    const width = star(widthText) ?? 0;
    const precision = star(precisionText) ?? (/\.[^.]*$/.test(directive) && verb !== '.' ? 0 : undefined);
    if (verb === undefined) return '%!(NOVERB)';
    if (verb === '%') return '%';
    if (next >= args.length) return `%!${verb}(MISSING)`;
    const dash = width < 0 ? '-' : '';
    return formatVerb({ flags: flags + dash, width: Math.abs(width), precision, verb }, args[next++], style);
  });
  if (next >= args.length) return text;
  const extra = args.slice(next).map((arg) => {
    return arg === null || arg === undefined ? '<nil>' : `${typeName(arg, style)}=${formatValue(arg, style)}`;
  });
  return `${text}%!(EXTRA ${extra.join(', ')})`;
}

function formatVerb(verb: Verb, arg: unknown, style: ValueStyle): string {
  const text = verbText(verb, arg, style);
  if (text === undefined) {
    const shown = arg === null || arg === undefined ? '<nil>' : `${typeName(arg, style)}=${formatValue(arg, style)}`;
    return `%!${verb.verb}(${shown})`;
  }
  const missing = verb.width - [...text].length;
  if (missing <= 0) return text;
  if (verb.flags.includes('-')) return text + ' '.repeat(missing);
  const isNumber = typeof arg === 'number' || typeof arg === 'bigint';
  if (!verb.flags.includes('0') || (isNumber && verb.precision !== undefined && 'dxXob'.includes(verb.verb))) {
    return ' '.repeat(missing) + text;
  }
  const sign = isNumber && /^[-+ ]/.test(text) ? text.slice(0, 1) : '';
  return sign + '0'.repeat(missing) + text.slice(sign.length);
}

/** undefined: the verb does not suit the value. */
function verbText(verb: Verb, arg: unknown, style: ValueStyle): string | undefined {
  const letter = verb.verb;
  if (letter === 'T') return typeName(arg, style);
  if (letter === 'v') return signed(formatValue(arg, style), arg, verb);
  if (letter === 't') return typeof arg === 'boolean' ? String(arg) : undefined;
  if (letter === 's' || letter === 'q' || letter === 'x' || letter === 'X') {
    const text = textOf(arg);
    if (text !== undefined) return stringVerb(verb, text);
    if (Array.isArray(arg)) return `[${arg.map((item) => formatVerb({ ...verb, width: 0 }, item, style)).join(' ')}]`;
  }
  if ('dxXobcqU'.includes(letter)) {
    return typeof arg === 'bigint' || (typeof arg === 'number' && Number.isInteger(arg) && style.numbers !== 'float64')
      ? integerVerb(verb, BigInt(arg))
      : undefined;
  }
  if ('feEgG'.includes(letter) && typeof arg === 'number') {
    const form = letter.toLowerCase() === 'f' ? 'f' : letter.toLowerCase() === 'e' ? 'e' : 'g';
    const number = formatFloat(arg, form, verb.precision ?? (form === 'g' ? -1 : 6));
    return signed(letter === letter.toUpperCase() ? number.toUpperCase() : number, arg, verb);
  }
  return undefined;
}

function textOf(arg: unknown): string | undefined {
  if (typeof arg === 'string') return arg;
  if (isStringer(arg)) return arg.goString();
  return arg instanceof Uint8Array ? new TextDecoder().decode(arg) : undefined;
}

function stringVerb(verb: Verb, text: string): string {
  const cut = verb.precision === undefined ? text : [...text].slice(0, verb.precision).join('');
  if (verb.verb === 's') return cut;
  if (verb.verb === 'q') {
    return verb.flags.includes('#') ? quoteRaw(cut) : verb.flags.includes('+') ? quoteToAscii(cut) : quote(cut);
  }
  const hex = [...new TextEncoder().encode(cut)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const prefixed = verb.flags.includes('#') && hex !== '' ? `0x${hex}` : hex;
  return verb.verb === 'X' ? prefixed.toUpperCase() : prefixed;
}

const RADIX: Readonly<Record<string, number>> = { d: 10, x: 16, X: 16, o: 8, b: 2 };

function integerVerb(verb: Verb, value: bigint): string {
  if (verb.verb === 'c') return String.fromCodePoint(Number(value));
  if (verb.verb === 'q') return quoteRune(String.fromCodePoint(Number(value)));
  if (verb.verb === 'U') return `U+${value.toString(16).toUpperCase().padStart(4, '0')}`;
  const magnitude = (value < 0n ? -value : value).toString(RADIX[verb.verb] ?? 10).padStart(verb.precision ?? 0, '0');
  const prefix = verb.flags.includes('#') ? ({ x: '0x', X: '0x', o: '0', b: '0b' }[verb.verb] ?? '') : '';
  const digits = prefix + magnitude;
  return signed((value < 0n ? '-' : '') + (verb.verb === 'X' ? digits.toUpperCase() : digits), value, verb);
}

function signed(text: string, arg: unknown, verb: Verb): string {
  if ((typeof arg !== 'number' && typeof arg !== 'bigint') || /^[-+]/.test(text)) return text;
  if (verb.flags.includes('+')) return `+${text}`;
  return verb.flags.includes(' ') ? ` ${text}` : text;
}
