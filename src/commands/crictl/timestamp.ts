/**
 * --since: a length of time, a date, or seconds since 1970.
 * @models github.com/docker/docker api/types/time/timestamp.go
 * @fidelity partial: of a date that does not parse the error names the whole text, not the part
 */
import { parseDuration } from '../../go/duration.ts';
import { quote } from '../../go/quote.ts';
import { parseRfc3339 } from '../../go/time.ts';
import { Failure } from './failure.ts';

const NS_PER_SECOND = 1_000_000_000n;

/** @returns ns since 1970; undefined for an empty text */
export function parseTimestamp(value: string, nowNs: bigint): bigint | undefined {
  if (value === '') return undefined;
  const duration = parseDuration(value);
  // Whole seconds only.
  if (duration.ok && value !== '0') return ((nowNs - BigInt(duration.ns)) / NS_PER_SECOND) * NS_PER_SECOND;
  const date = parseDate(value);
  if (date !== undefined) return date;
  if (value.includes('-')) throw new Failure(dateFault(value));
  const unix = /^([+-]?\d+)(?:\.(\d+))?$/.exec(value);
  if (unix === null) throw new Failure(`failed to parse value as time or duration: ${quote(value)}`);
  const nanos = BigInt((unix[2] ?? '').slice(0, 9).padEnd(9, '0'));
  return BigInt(unix[1] ?? '0') * NS_PER_SECOND + nanos;
}

/** Dates may stop after any part of the time; without a zone they are local, which is UTC here. */
function parseDate(value: string): bigint | undefined {
  const parts = /^(\d{4}-\d\d-\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d(?:\.\d+)?))?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(value);
  if (parts === null) return undefined;
  const [, day = '', hour = '00', minute = '00', second = '00', zone = 'Z'] = parts;
  const parsed = parseRfc3339(`${day}T${hour}:${minute}:${second}${zone}`);
  return parsed.ok ? parsed.ns : undefined;
}

function dateFault(value: string): string {
  const parsed = parseRfc3339(value);
  if (!parsed.ok && parsed.error.endsWith('out of range')) return parsed.error;
  const layout = value.includes('T') ? '2006-01-02T15:04:05' : '2006-01-02';
  return `parsing time ${quote(value)} as ${quote(layout)}: cannot parse ${quote(value)} as "2006"`;
}
