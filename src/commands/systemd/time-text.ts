/** Times and sizes in systemd's words. @models systemd 257 src/basic/time-util.c, format-util.c */
import { strftime } from '../common/dates.ts';

const US = {
  second: 1_000_000,
  minute: 60_000_000,
  hour: 3_600_000_000,
  day: 86_400_000_000,
  week: 604_800_000_000,
  month: 2_629_800_000_000,
  year: 31_557_600_000_000,
};

export function timestampText(ns: bigint): string {
  return strftime('%a %Y-%m-%d %H:%M:%S UTC', ns);
}

export function relativeText(deltaNs: bigint): string {
  const d = Number(deltaNs / 1000n);
  const count = (unit: number, of = d): number => Math.floor(of / unit);
  const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  const pair = (a: number, aWord: string, b: number, bWord: string): string => {
    const rest = count(b, d % a);
    return `${plural(count(a), aWord)}${rest > 0 ? ` ${plural(rest, bWord)}` : ''} ago`;
  };
  if (d >= US.year) return pair(US.year, 'year', US.month, 'month');
  if (d >= US.month) return pair(US.month, 'month', US.day, 'day');
  if (d >= US.week) return pair(US.week, 'week', US.day, 'day');
  if (d >= 2 * US.day) return `${count(US.day)} days ago`;
  if (d >= 25 * US.hour) return `1 day ${count(US.hour, d - US.day)}h ago`;
  if (d >= 6 * US.hour) return `${count(US.hour)}h ago`;
  if (d >= US.hour) return `${count(US.hour)}h ${count(US.minute, d % US.hour)}min ago`;
  if (d >= 5 * US.minute) return `${count(US.minute)}min ago`;
  if (d >= US.minute) return `${count(US.minute)}min ${count(US.second, d % US.minute)}s ago`;
  if (d >= US.second) return `${count(US.second)}s ago`;
  if (d >= 1000) return `${count(1000)}ms ago`;
  return d > 0 ? `${d}us ago` : 'now';
}

/** `1min 2.345s`, `53ms`: to the millisecond. */
export function spanText(us: number): string {
  const ms = Math.floor(us / 1000);
  if (ms === 0) return us > 0 ? `${us}us` : '0';
  const parts: string[] = [];
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const rest = ms % 60_000;
  if (hours > 0) parts.push(`${hours}h`);
  if (minutes > 0) parts.push(`${minutes}min`);
  if (rest >= 1000) parts.push(`${(rest / 1000).toFixed(3).replace(/\.?0+$/, '')}s`);
  else if (rest > 0) parts.push(`${rest}ms`);
  return parts.join(' ');
}

export function bytesText(bytes: number): string {
  const letters = ['B', 'K', 'M', 'G', 'T'];
  let unit = 0;
  let size = 1;
  while (unit < letters.length - 1 && bytes >= size * 1024) {
    size *= 1024;
    unit++;
  }
  const tenths = Math.floor(((bytes % size) * 10) / size);
  return `${Math.floor(bytes / size)}${unit > 0 && bytes % size > 0 ? `.${tenths}` : ''}${letters[unit]}`;
}
