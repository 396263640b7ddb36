/**
 * time.Duration: text of a length in nanoseconds, and back.
 * @models go time time.go (Duration.String), format.go (ParseDuration)
 * @fidelity partial: nanoseconds are a JavaScript number, exact up to 104 days
 */
import { quote } from './quote.ts';

/** `1h2m3.5s`, `1.5ms`, `0s`. */
export function durationString(ns: number): string {
  if (ns === 0) return '0s';
  const sign = ns < 0 ? '-' : '';
  const magnitude = Math.abs(ns);
  if (magnitude < 1e3) return `${sign}${magnitude}ns`;
  if (magnitude < 1e6) return `${sign}${decimal(magnitude, 1e3)}µs`;
  if (magnitude < 1e9) return `${sign}${decimal(magnitude, 1e6)}ms`;
  const minutes = Math.floor(magnitude / 60e9);
  const seconds = `${decimal(magnitude - minutes * 60e9, 1e9)}s`;
  if (minutes === 0) return sign + seconds;
  if (minutes < 60) return `${sign}${minutes}m${seconds}`;
  return `${sign}${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

function decimal(value: number, unit: number): string {
  const whole = Math.floor(value / unit);
  const rest = String(Math.round(value - whole * unit))
    .padStart(String(unit).length - 1, '0')
    .replace(/0+$/, '');
  return rest === '' ? String(whole) : `${whole}.${rest}`;
}

const UNITS_NS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
]);

export type ParsedDuration =
  | { readonly ok: true; readonly ns: number }
  | { readonly ok: false; readonly error: string };

export function parseDuration(text: string): ParsedDuration {
  const invalid: ParsedDuration = { ok: false, error: `time: invalid duration ${quote(text)}` };
  const sign = text.startsWith('-') ? -1 : 1;
  let rest = /^[+-]/.test(text) ? text.slice(1) : text;
  if (rest === '0') return { ok: true, ns: 0 };
  if (rest === '') return invalid;
  let ns = 0;
  while (rest !== '') {
    const number = /^(\d*)(?:\.(\d*))?/.exec(rest);
    const whole = number?.[1] ?? '';
    const fraction = number?.[2] ?? '';
    if (whole === '' && fraction === '') return invalid;
    rest = rest.slice(number?.[0].length ?? 0);
    const unit = /^[^.\d]*/.exec(rest)?.[0] ?? '';
    if (unit === '') return { ok: false, error: `time: missing unit in duration ${quote(text)}` };
    const unitNs = UNITS_NS.get(unit);
    if (unitNs === undefined) {
      return { ok: false, error: `time: unknown unit ${quote(unit)} in duration ${quote(text)}` };
    }
    // Whole and fraction apart: 0.1 is not exact in binary, and Go truncates what is below a nanosecond.
    ns += Number(whole === '' ? '0' : whole) * unitNs + fractionNs(fraction, unitNs);
    if (ns > DURATION_MAX_NS) return invalid;
    rest = rest.slice(unit.length);
  }
  return { ok: true, ns: ns === 0 ? 0 : sign * ns };
}

const DURATION_MAX_NS = 2 ** 63;

function fractionNs(digits: string, unitNs: number): number {
  if (digits === '') return 0;
  const kept = digits.slice(0, 15);
  return Number((BigInt(kept) * BigInt(unitNs)) / 10n ** BigInt(kept.length));
}
