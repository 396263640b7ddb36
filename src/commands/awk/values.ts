/** Values of awk: numbers, strings, and input that looks like a number. @models mawk 1.3.4 cast.c */
import { formatFloat, formatInteger } from '../printf/format.ts';

/** Input text that may count as a number. */
export class Input {
  readonly text: string;
  /** What it counts as; null if it does not look like a number. */
  readonly value: number | null;

  constructor(text: string) {
    this.text = text;
    this.value = /^[ \t\n\r\f\v]*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[ \t\n\r\f\v]*$/.test(text)
      ? Number(text)
      : null;
  }
}

/** `undefined` is what was never assigned. */
export type Value = number | string | Input | undefined;
export type AwkArray = Map<string, Value>;

export function toNumber(value: Value): number {
  if (typeof value === 'number') return value;
  if (value === undefined) return 0;
  const text = typeof value === 'string' ? value : value.text;
  if (typeof value !== 'string' && value.value !== null) return value.value;
  const prefix = /^[ \t\n\r\f\v]*[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)/.exec(text);
  return prefix === null ? 0 : Number(prefix[0]);
}

export function numberText(value: number, format: string): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e18) return String(value === 0 ? 0 : BigInt(value));
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  return format === '%.6g'
    ? formatFloat(value, { flags: '', width: null, precision: 6, letter: 'g' })
    : sprintf(format, [value], '%.6g');
}

export function toText(value: Value, format: string): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  return typeof value === 'number' ? numberText(value, format) : value.text;
}

export function isTrue(value: Value): boolean {
  if (typeof value === 'number') return value !== 0;
  if (value === undefined) return false;
  if (typeof value === 'string') return value !== '';
  return value.value === null ? value.text !== '' : value.value !== 0;
}

/** Below, equal, above: as numbers if both look like numbers, else as text. */
export function compare(left: Value, right: Value, format: string): number {
  const numeric = (v: Value): number | null =>
    typeof v === 'number' ? v : v === undefined ? 0 : typeof v === 'string' ? null : v.value;
  const [a, b] = [numeric(left), numeric(right)];
  if (a !== null && b !== null) return a < b ? -1 : a > b ? 1 : 0;
  const [s, t] = [toText(left, format), toText(right, format)];
  return s < t ? -1 : s > t ? 1 : 0;
}

export class NotEnoughArguments extends Error {}

export function sprintf(format: string, args: readonly Value[], convert: string): string {
  let next = 0;
  const take = (): Value => {
    if (next >= args.length) throw new NotEnoughArguments();
    return args[next++];
  };
  return format.replace(
    /%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?(?:hh|h|ll|l|L)?([a-zA-Z%])/g,
    (whole, flags: string, width: string | undefined, precision: string | undefined, letter: string) => {
      if (letter === '%') return '%';
      let columns = width === '*' ? toNumber(take()) : width === undefined ? null : Number(width);
      let flagged = flags;
      if (columns !== null && columns < 0) {
        flagged += '-';
        columns = -columns;
      }
      const digits = precision === '*' ? toNumber(take()) : precision === undefined ? null : Number(precision);
      const c = { flags: flagged, width: columns, precision: digits, letter };
      const fill = (text: string): string =>
        columns === null ? text : flagged.includes('-') ? text.padEnd(columns) : text.padStart(columns);
      switch (letter) {
        case 'd':
        case 'i':
        case 'o':
        case 'x':
        case 'X':
        case 'u': {
          const value = toNumber(take());
          if (!Number.isFinite(value)) return fill(Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf');
          return formatInteger(BigInt(Math.trunc(value)), letter === 'i' ? { ...c, letter: 'd' } : c);
        }
        case 'e':
        case 'E':
        case 'f':
        case 'F':
        case 'g':
        case 'G':
          return formatFloat(toNumber(take()), c);
        case 'c': {
          const value = take();
          const number = typeof value === 'number' ? value : value instanceof Input ? value.value : null;
          return fill(
            number === null ? toText(value, convert).slice(0, 1) : String.fromCharCode(Math.trunc(number) & 255),
          );
        }
        case 's': {
          const text = toText(take(), convert);
          return fill(digits === null ? text : text.slice(0, digits));
        }
        default:
          return whole;
      }
    },
  );
}
