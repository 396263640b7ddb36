/**
 * When a CronJob is due.
 * @models robfig/cron v3 parser.go, spec.go @fidelity partial: five fields and the @names but @every; times are UTC
 */
export type Schedule = {
  minutes: Set<number>;
  hours: Set<number>;
  days: Set<number>;
  months: Set<number>;
  weekdays: Set<number>;
  anyDay: boolean;
  anyWeekday: boolean;
};

const NAMED: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const DAYS = 'sun mon tue wed thu fri sat'.split(' ');
const MINUTE = 60n * 1_000_000_000n;
/** Five years ahead nothing is looked for: 30 February never comes. */
const MINUTES_MAX = 5 * 366 * 24 * 60;

/** Null when it is none. */
export function parseSchedule(text: string): Schedule | null {
  const fields = (NAMED[text.trim()] ?? text.trim()).split(/\s+/);
  if (fields.length !== 5) return null;
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  const parsed = [
    parseField(minute, 0, 59, []),
    parseField(hour, 0, 23, []),
    parseField(day, 1, 31, []),
    parseField(month, 1, 12, ['', ...MONTHS]),
    parseField(weekday, 0, 7, DAYS),
  ];
  const [minutes, hours, days, months, weekdays] = parsed;
  if (!minutes || !hours || !days || !months || !weekdays) return null;
  if (weekdays.delete(7)) weekdays.add(0);
  const any = (field: string): boolean => /^[*?]/.test(field);
  return { minutes, hours, days, months, weekdays, anyDay: any(day), anyWeekday: any(weekday) };
}

function parseField(text: string, low: number, high: number, names: readonly string[]): Set<number> | null {
  const values = new Set<number>();
  const numberOf = (word: string): number => {
    const named = names.indexOf(word.toLowerCase());
    return named >= 0 && word !== '' ? named : /^\d+$/.test(word) ? Number(word) : Number.NaN;
  };
  for (const part of text.split(',')) {
    const [range = '', step] = part.split('/');
    const [from = '', to] = range.split('-');
    const all = range === '*' || range === '?';
    const start = all ? low : numberOf(from);
    const end = all || (to === undefined && step !== undefined) ? high : to === undefined ? start : numberOf(to);
    const by = step === undefined ? 1 : Number(step);
    if (!(start >= low && end <= high && start <= end && by >= 1)) return null;
    for (let value = start; value <= end; value += by) values.add(value);
  }
  return values;
}

/** The first time after `after` (ns since 1970) at which it is due; null if there is none. */
export function nextDue(schedule: Schedule, after: bigint): bigint | null {
  let at = (after / MINUTE + 1n) * MINUTE;
  for (let i = 0; i < MINUTES_MAX; i++, at += MINUTE) if (isDue(schedule, at)) return at;
  return null;
}

function isDue(s: Schedule, at: bigint): boolean {
  const minutes = Number(at / MINUTE);
  if (!s.minutes.has(minutes % 60) || !s.hours.has(Math.floor(minutes / 60) % 24)) return false;
  const day = Math.floor(minutes / 1440);
  const { month, dayOfMonth } = civil(day);
  if (!s.months.has(month)) return false;
  const [byDay, byWeekday] = [s.days.has(dayOfMonth), s.weekdays.has((day + 4) % 7)];
  return s.anyDay || s.anyWeekday ? byDay && byWeekday : byDay || byWeekday;
}

/** Days since 1970 to month and day, by the proleptic Gregorian calendar. */
function civil(days: number): { month: number; dayOfMonth: number } {
  const z = days + 719_468;
  const dayOfEra = z % 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  return {
    month: shifted < 10 ? shifted + 3 : shifted - 9,
    dayOfMonth: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1,
  };
}
