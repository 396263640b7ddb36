/**
 * Points in time as nanoseconds since 1970-01-01T00:00:00Z, and the layouts Go programs print them in. UTC only,
 * as on the modelled nodes.
 * @models go time format.go format_rfc3339.go; klog v2 internal/buffer; logrus text_formatter.go
 * @fidelity partial: fixed layouts rather than layout strings; no time zones but in parseRfc3339; no monotonic reading
 */
import { quote } from './quote.ts';

export type CivilTime = {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  /** 1 to 31 */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** 0 is Sunday */
  readonly weekday: number;
};

const NANOS_PER_SECOND = 1_000_000_000n;
const SECONDS_PER_DAY = 86_400;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/** Go's zero time.Time, year 1: what unset timestamps print as. */
export const ZERO_TIME_NS = -62_135_596_800n * NANOS_PER_SECOND;

export function civilTime(ns: bigint): CivilTime {
  const nanosecond = Number(floorMod(ns, NANOS_PER_SECOND));
  const seconds = Number((ns - BigInt(nanosecond)) / NANOS_PER_SECOND);
  const days = Math.floor(seconds / SECONDS_PER_DAY);
  const rest = seconds - days * SECONDS_PER_DAY;
  // Days are counted from 1 March of year 0, so that a leap day is the last of its year (the proleptic Gregorian
  // calendar repeats every 146097 days).
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
    nanosecond,
    weekday: (((days + 4) % 7) + 7) % 7,
  };
}

export function nsFromCivil(time: Omit<CivilTime, 'weekday'>): bigint {
  const year = time.month <= 2 ? time.year - 1 : time.year;
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = Math.floor((153 * (time.month > 2 ? time.month - 3 : time.month + 9) + 2) / 5) + time.day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  const days = era * 146_097 + dayOfEra - 719_468;
  const seconds = days * SECONDS_PER_DAY + time.hour * 3600 + time.minute * 60 + time.second;
  return BigInt(seconds) * NANOS_PER_SECOND + BigInt(time.nanosecond);
}

/** `2026-11-23T17:25:29Z` */
export function rfc3339(ns: bigint): string {
  return `${dateTime(ns, 'T')}Z`;
}

/** `2026-11-23T17:25:33.188313016Z`, trailing zeros and an empty fraction left out. */
export function rfc3339Nano(ns: bigint): string {
  return `${dateTime(ns, 'T')}${trimmedFraction(ns)}Z`;
}

/** `2026-11-23T17:25:33.188313000Z`: always nine decimals, as containerd logs. */
export function rfc3339NanoFixed(ns: bigint): string {
  return `${dateTime(ns, 'T')}.${fraction(ns)}Z`;
}

/** `2026-11-23 17:21:43.816880046 +0000 UTC`: time.Time's own String. */
export function goTimeString(ns: bigint): string {
  return `${dateTime(ns, ' ')}${trimmedFraction(ns)} +0000 UTC`;
}

/** `1123 17:21:42.241660`: the stamp of klog lines, after the severity letter. */
export function klogStamp(ns: bigint): string {
  const t = civilTime(ns);
  const micros = pad(Math.floor(t.nanosecond / 1000), 6);
  return `${pad(t.month, 2)}${pad(t.day, 2)} ${clock(t)}.${micros}`;
}

/** `2026/11/23 17:21:44`: the stamp of Go's log package. */
export function goLogStamp(ns: bigint): string {
  return dateTime(ns, ' ').replaceAll('-', '/');
}

/** `Nov 23 17:44`, or `Nov 23  2025` when the time is not within the half year before `nowNs`, as ls -l has it. */
export function lsStamp(ns: bigint, nowNs: bigint): string {
  const t = civilTime(ns);
  const month = MONTHS[t.month - 1] ?? '';
  const day = String(t.day).padStart(2);
  const isRecent = ns <= nowNs && nowNs - ns < HALF_YEAR_NS;
  return `${month} ${day} ${isRecent ? clock(t).slice(0, 5) : String(t.year).padStart(5)}`;
}

/** coreutils' half of a mean Gregorian year: 31556952 s / 2. */
const HALF_YEAR_NS = 15_778_476n * NANOS_PER_SECOND;

/** `Mon, 23 Nov 2026 17:25:29 GMT`: the Date header of HTTP. */
export function httpDate(ns: bigint): string {
  const t = civilTime(ns);
  const month = MONTHS[t.month - 1] ?? '';
  return `${WEEKDAYS[t.weekday] ?? ''}, ${pad(t.day, 2)} ${month} ${pad(t.year, 4)} ${clock(t)} GMT`;
}

export type ParsedTime = { readonly ok: true; readonly ns: bigint } | { readonly ok: false; readonly error: string };

const RFC3339_LAYOUT = '2006-01-02T15:04:05Z07:00';

/** Accepts a fraction of any length and a numeric zone, like time.Parse(time.RFC3339Nano, …). */
export function parseRfc3339(text: string): ParsedTime {
  const fail = (rest: string, want: string): ParsedTime => ({
    ok: false,
    error: `parsing time ${quote(text)} as ${quote(RFC3339_LAYOUT)}: cannot parse ${quote(rest)} as ${quote(want)}`,
  });
  let at = 0;
  const fields: number[] = [];
  for (const [want, pattern, separator] of RFC3339_PARTS) {
    const digits = pattern.exec(text.slice(at))?.[0];
    if (digits === undefined) return fail(text.slice(at), want);
    fields.push(Number(digits));
    at += digits.length;
    if (separator !== '' && text[at] !== separator) return fail(text.slice(at), separator);
    at += separator.length;
  }
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = fields;
  const fractionDigits = /^[.,](\d+)/.exec(text.slice(at))?.[1] ?? '';
  if (fractionDigits !== '') at += fractionDigits.length + 1;
  const zone = /^(?:Z|([+-])(\d\d):(\d\d))/.exec(text.slice(at));
  if (zone === null) return fail(text.slice(at), 'Z07:00');
  const extra = text.slice(at + zone[0].length);
  if (extra !== '') return { ok: false, error: `parsing time ${quote(text)}: extra text: ${quote(extra)}` };
  const outOfRange = rangeFault(year, month, day, hour, minute, second);
  if (outOfRange !== undefined) return { ok: false, error: `parsing time ${quote(text)}: ${outOfRange} out of range` };
  const nanosecond = Number(fractionDigits.slice(0, 9).padEnd(9, '0'));
  const offsetMinutes = zone[1] === undefined ? 0 : Number(zone[2]) * 60 + Number(zone[3]);
  const offset = BigInt((zone[1] === '-' ? -offsetMinutes : offsetMinutes) * 60) * NANOS_PER_SECOND;
  return { ok: true, ns: nsFromCivil({ year, month, day, hour, minute, second, nanosecond }) - offset };
}

const RFC3339_PARTS: readonly (readonly [want: string, pattern: RegExp, separator: string])[] = [
  ['2006', /^\d{4}/, '-'],
  ['01', /^\d\d/, '-'],
  ['02', /^\d\d/, 'T'],
  ['15', /^\d\d/, ':'],
  ['04', /^\d\d/, ':'],
  ['05', /^\d\d/, ''],
];

function rangeFault(y: number, mo: number, d: number, h: number, mi: number, s: number): string | undefined {
  const isLeap = y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0);
  const days = mo === 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].includes(mo) ? 30 : 31;
  if (mo < 1 || mo > 12) return 'month';
  if (h > 23) return 'hour';
  if (mi > 59) return 'minute';
  if (s > 59) return 'second';
  return d < 1 || d > days ? 'day' : undefined;
}

function dateTime(ns: bigint, between: string): string {
  const t = civilTime(ns);
  return `${pad(t.year, 4)}-${pad(t.month, 2)}-${pad(t.day, 2)}${between}${clock(t)}`;
}

function clock(t: CivilTime): string {
  return `${pad(t.hour, 2)}:${pad(t.minute, 2)}:${pad(t.second, 2)}`;
}

function fraction(ns: bigint): string {
  return String(floorMod(ns, NANOS_PER_SECOND)).padStart(9, '0');
}

function trimmedFraction(ns: bigint): string {
  const digits = fraction(ns).replace(/0+$/, '');
  return digits === '' ? '' : `.${digits}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

function floorMod(value: bigint, by: bigint): bigint {
  const rest = value % by;
  return rest < 0n ? rest + by : rest;
}
