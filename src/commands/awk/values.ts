/** Awk's values: numbers, strings, and input that is both if it looks like a number. @models POSIX awk, mawk 1.3.4 cast.c */
import { formatFloat, formatInteger, pad, type Conversion } from '../printf/format.ts';

/** A field or other input: compares as a number if it looks like one. */
export class Input {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Value = number | string | Input | undefined;

const NUMERIC = /^[ \t\n\r]*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[ \t\n\r]*$/;
const LEADING = /^[ \t\n\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/;

export function toNumber(value: Value): number {
  if (typeof value === 'number') return value;
  if (value === undefined) return 0;
  return Number(LEADING.exec(typeof value === 'string' ? value : value.text)?.[1] ?? 0);
}

export function toText(value: Value, format: string): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  if (value instanceof Input) return value.text;
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  // mawk prints integers as such as far as 32 bits go.
  if (Number.isInteger(value) && Math.abs(value) <= 2_147_483_647) return String(value === 0 ? 0 : value);
  return awkPrintf(format, [value], '%.6g') ?? '';
}

export function isTrue(value: Value): boolean {
  if (typeof value === 'number') return value !== 0;
  if (value === undefined) return false;
  if (value instanceof Input) return NUMERIC.test(value.text) ? toNumber(value) !== 0 : value.text !== '';
  return value !== '';
}

/** The number of a value that compares numerically, else null. */
function numberOf(value: Value): number | null {
  if (typeof value === 'number') return value;
  if (value === undefined) return 0;
  return value instanceof Input && NUMERIC.test(value.text) ? toNumber(value) : null;
}

export function compare(a: Value, b: Value, format: string): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== null && y !== null) return x < y ? -1 : x > y ? 1 : 0;
  const [s, t] = [toText(a, format), toText(b, format)];
  return s < t ? -1 : s > t ? 1 : 0;
}

/** null: not enough arguments. */
export function awkPrintf(format: string, args: readonly Value[], convfmt: string): string | null {
  const queue = [...args];
  let missing = false;
  const next = (): Value => {
    if (queue.length === 0) missing = true;
    return queue.shift();
  };
  const out = format.replace(
    /%([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d*))?[hlLqjzt]*([diouxXeEfFgGcs%])/g,
    (_whole, flags: string, width: string | undefined, precision: string | undefined, letter: string) => {
      if (letter === '%') return '%';
      const c: Conversion = { flags, width: null, precision: null, letter };
      if (width !== undefined) c.width = width === '*' ? toNumber(next()) : Number(width);
      if (c.width !== null && c.width < 0) {
        c.width = -c.width;
        c.flags += '-';
      }
      if (precision !== undefined) c.precision = precision === '*' ? toNumber(next()) : Number(precision || 0);
      const value = next();
      if (letter === 's') return pad(toText(value, convfmt).slice(0, c.precision ?? undefined), c);
      if (letter === 'c') {
        const isNumber = typeof value === 'number';
        return pad(isNumber ? String.fromCodePoint(Math.max(0, Math.trunc(value)) & 0x1fffff) : toText(value, convfmt).slice(0, 1), c);
      }
      const number = toNumber(value);
      if (!'diouxX'.includes(letter)) return formatFloat(number, c);
      if (!Number.isFinite(number)) return formatFloat(number, { ...c, letter: 'f', precision: null });
      return formatInteger(BigInt(Math.trunc(number)), c);
    },
  );
  return missing ? null : out;
}
