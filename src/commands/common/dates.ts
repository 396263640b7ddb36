/** strftime and a reader of the dates people type. @models glibc strftime.c, gnulib parse-datetime.y @fidelity partial: UTC, C locale; common forms of dates only */
import { civilTime, nsFromCivil } from '../../go/time.ts';

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const SECOND = 1_000_000_000n;

export function strftime(format: string, ns: bigint): string {
  const t = civilTime(ns);
  const pad = (value: number, width: number, fill = '0'): string => String(value).padStart(width, fill);
  const dayOfYear =
    Number(
      (nsFromCivil({ ...t, hour: 0, minute: 0, second: 0, nanosecond: 0 }) -
        nsFromCivil({ year: t.year, month: 1, day: 1, hour: 0, minute: 0, second: 0, nanosecond: 0 })) /
        (86_400n * SECOND),
    ) + 1;
  const hour12 = t.hour % 12 === 0 ? 12 : t.hour % 12;
  const isoWeek = (): [number, number] => {
    const weekday = (t.weekday + 6) % 7;
    const week = Math.floor((dayOfYear - 1 - weekday + 10) / 7);
    const leap = (y: number): boolean => (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
    const weeks = (y: number): number => {
      const p = (v: number): number => (v + Math.floor(v / 4) - Math.floor(v / 100) + Math.floor(v / 400)) % 7;
      return p(y) === 4 || p(y - 1) === 3 ? 53 : 52;
    };
    void leap;
    if (week < 1) return [t.year - 1, weeks(t.year - 1)];
    if (week > weeks(t.year)) return [t.year + 1, 1];
    return [t.year, week];
  };
  const one = (letter: string, width: number | null): string => {
    switch (letter) {
      case '%':
        return '%';
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'a':
        return (DAYS[t.weekday] as string).slice(0, 3);
      case 'A':
        return DAYS[t.weekday] as string;
      case 'b':
      case 'h':
        return (MONTHS[t.month - 1] as string).slice(0, 3);
      case 'B':
        return MONTHS[t.month - 1] as string;
      case 'c':
        return strftime('%a %b %e %H:%M:%S %Y', ns);
      case 'C':
        return pad(Math.floor(t.year / 100), 2);
      case 'd':
        return pad(t.day, 2);
      case 'D':
        return strftime('%m/%d/%y', ns);
      case 'e':
        return pad(t.day, 2, ' ');
      case 'F':
        return strftime('%Y-%m-%d', ns);
      case 'g':
        return pad(isoWeek()[0] % 100, 2);
      case 'G':
        return String(isoWeek()[0]);
      case 'H':
        return pad(t.hour, 2);
      case 'I':
        return pad(hour12, 2);
      case 'j':
        return pad(dayOfYear, 3);
      case 'k':
        return pad(t.hour, 2, ' ');
      case 'l':
        return pad(hour12, 2, ' ');
      case 'm':
        return pad(t.month, 2);
      case 'M':
        return pad(t.minute, 2);
      case 'N':
        return pad(t.nanosecond, 9).slice(0, width ?? 9);
      case 'p':
        return t.hour < 12 ? 'AM' : 'PM';
      case 'P':
        return t.hour < 12 ? 'am' : 'pm';
      case 'q':
        return String(Math.ceil(t.month / 3));
      case 'r':
        return strftime('%I:%M:%S %p', ns);
      case 'R':
        return strftime('%H:%M', ns);
      case 's':
        return String((ns - BigInt(t.nanosecond)) / SECOND);
      case 'S':
        return pad(t.second, 2);
      case 'T':
      case 'X':
        return strftime('%H:%M:%S', ns);
      case 'u':
        return String(t.weekday === 0 ? 7 : t.weekday);
      case 'U':
        return pad(Math.floor((dayOfYear + 6 - t.weekday) / 7), 2);
      case 'V':
        return pad(isoWeek()[1], 2);
      case 'w':
        return String(t.weekday);
      case 'W':
        return pad(Math.floor((dayOfYear + 6 - ((t.weekday + 6) % 7)) / 7), 2);
      case 'x':
        return strftime('%m/%d/%y', ns);
      case 'y':
        return pad(t.year % 100, 2);
      case 'Y':
        return String(t.year);
      case 'z':
        return '+0000';
      case 'Z':
        return 'UTC';
      default:
        return `%${letter}`;
    }
  };
  return format.replace(/%([-_0^#]*)(\d*)(:*z|[EO]?[a-zA-Z%])/g, (_, flags: string, digits: string, letter: string) => {
    if (letter === ':z') return '+00:00';
    if (letter === '::z') return '+00:00:00';
    let text = one(letter.at(-1) as string, digits === '' ? null : Number(digits));
    if (flags.includes('-')) text = text.replace(/^[0 ]+(?=.)/, '');
    if (flags.includes('_')) text = text.replace(/^0+(?=.)/, (zeros) => ' '.repeat(zeros.length));
    if (flags.includes('^')) text = text.toUpperCase();
    if (digits !== '' && letter !== 'N')
      text = text.padStart(Number(digits), /[a-zA-Z]/.test(text) || flags.includes('_') ? ' ' : '0');
    return text;
  });
}

const UNITS: Record<string, bigint> = {
  ns: 1n,
  us: 1000n,
  ms: 1_000_000n,
  s: SECOND,
  sec: SECOND,
  second: SECOND,
  seconds: SECOND,
  m: 60n * SECOND,
  min: 60n * SECOND,
  minute: 60n * SECOND,
  minutes: 60n * SECOND,
  h: 3600n * SECOND,
  hour: 3600n * SECOND,
  hours: 3600n * SECOND,
  d: 86_400n * SECOND,
  day: 86_400n * SECOND,
  days: 86_400n * SECOND,
  w: 604_800n * SECOND,
  week: 604_800n * SECOND,
  weeks: 604_800n * SECOND,
  fortnight: 1_209_600n * SECOND,
};

/** A date as `date -d`, `touch -d` and `journalctl --since` read it, in ns since 1970; null if it is not one. */
export function parseDate(text: string, now: bigint): bigint | null {
  let rest = text.trim().replace(/\s+/g, ' ');
  if (rest.startsWith('@')) {
    const match = /^@(-?\d+)(?:\.(\d{1,9}))?$/.exec(rest);
    return match === null ? null : BigInt(match[1] as string) * SECOND + BigInt((match[2] ?? '').padEnd(9, '0'));
  }
  let at = now;
  let timeGiven = false;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const match = pattern.exec(rest);
    if (match !== null) rest = (rest.slice(0, match.index) + rest.slice(match.index + match[0].length)).trim();
    return match;
  };
  const civil = { ...civilTime(now) };
  let dateGiven = false;
  const stamp = take(/^(\d{4})-(\d{1,2})-(\d{1,2})(?=$|[T ])T?/);
  if (stamp !== null) {
    Object.assign(civil, { year: Number(stamp[1]), month: Number(stamp[2]), day: Number(stamp[3]) });
    dateGiven = true;
  }
  const month = dateGiven
    ? null
    : take(
        /(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,? )?(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]* (\d{1,2})(?:,? (\d{4}))?/i,
      );
  if (month !== null) {
    const index = MONTHS.findIndex((m) => m.toLowerCase().startsWith((month[1] as string).toLowerCase()));
    Object.assign(civil, {
      month: index + 1,
      day: Number(month[2]),
      ...(month[3] === undefined ? {} : { year: Number(month[3]) }),
    });
    dateGiven = true;
  }
  const clock = take(/(?:^|T| )(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?/);
  let zone = 0n;
  if (clock !== null) {
    Object.assign(civil, {
      hour: Number(clock[1]),
      minute: Number(clock[2]),
      second: Number(clock[3] ?? 0),
      nanosecond: Number((clock[4] ?? '').padEnd(9, '0')),
    });
    timeGiven = true;
    const offset = take(/^(Z|UTC|GMT|[+-]\d{2}:?\d{2})/i);
    const sign = offset?.[1] ?? 'Z';
    if (/^[+-]/.test(sign))
      zone =
        BigInt(sign[0] === '-' ? -1 : 1) * (BigInt(sign.slice(1, 3)) * 3600n + BigInt(sign.slice(-2)) * 60n) * SECOND;
  }
  take(/\bUTC\b/);
  const word = take(/^(now|today|yesterday|tomorrow)\b/);
  if (dateGiven || timeGiven) {
    if (!timeGiven) Object.assign(civil, { hour: 0, minute: 0, second: 0, nanosecond: 0 });
    if (
      civil.month < 1 ||
      civil.month > 12 ||
      civil.day < 1 ||
      civil.day > 31 ||
      civil.hour > 24 ||
      civil.minute > 59 ||
      civil.second > 60
    )
      return null;
    at = nsFromCivil(civil) - zone;
  }
  if (word?.[1] === 'yesterday') at -= 86_400n * SECOND;
  if (word?.[1] === 'tomorrow') at += 86_400n * SECOND;
  for (;;) {
    const relative = take(/^([+-]?) ?(\d+)? ?([a-z]+)( ago)?/i);
    if (relative === null) break;
    const unit = (relative[3] as string).toLowerCase();
    let count = BigInt(relative[2] ?? '1');
    if ((relative[1] === '-') !== (relative[4] !== undefined)) count = -count;
    const size = UNITS[unit];
    if (size !== undefined) at += count * size;
    else if (/^(month|year)s?$/.test(unit)) {
      const t = civilTime(at);
      const months = t.year * 12 + t.month - 1 + Number(count) * (unit.startsWith('year') ? 12 : 1);
      at = nsFromCivil({ ...t, year: Math.floor(months / 12), month: (months % 12) + 1 });
    } else return null;
  }
  return rest === '' && text.trim() !== '' ? at : null;
}
