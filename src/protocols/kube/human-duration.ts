/**
 * Lengths of time as Kubernetes shows ages.
 * @models k8s.io/apimachinery pkg/util/duration/duration.go
 * @fidelity full
 */
import { parseRfc3339 } from '../../go/time.ts';

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** `119s`, `2m2s`, `17m`, `3h5m`, `47h`, `5d3h`, `400d`, `3y12d`. */
export function humanDuration(ns: bigint | number): string {
  const seconds = Number(typeof ns === 'bigint' ? ns / 1_000_000_000n : Math.trunc(ns / 1e9));
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 2 * MINUTE) return `${seconds}s`;
  const minutes = Math.floor(seconds / MINUTE);
  if (minutes < 10) return two(minutes, 'm', seconds % MINUTE, 's');
  if (minutes < 3 * 60) return `${minutes}m`;
  const hours = Math.floor(seconds / HOUR);
  if (hours < 8) return two(hours, 'h', Math.floor(seconds / MINUTE) % 60, 'm');
  if (hours < 48) return `${hours}h`;
  if (hours < 24 * 8) return two(Math.floor(hours / 24), 'd', hours % 24, 'h');
  const days = Math.floor(seconds / DAY);
  if (days < 365 * 2) return `${days}d`;
  if (days < 365 * 8) return two(Math.floor(days / 365), 'y', days % 365, 'd');
  return `${Math.floor(days / 365)}y`;
}

function two(first: number, firstUnit: string, second: number, secondUnit: string): string {
  return second === 0 ? `${first}${firstUnit}` : `${first}${firstUnit}${second}${secondUnit}`;
}

/** ns since 1970 of an RFC 3339 timestamp; null for none and for what is none. */
export function timeOf(timestamp: unknown): bigint | null {
  if (typeof timestamp !== 'string' || timestamp === '') return null;
  const parsed = parseRfc3339(timestamp);
  return parsed.ok ? parsed.ns : null;
}

/** The AGE column: time since `timestamp`. */
export function since(timestamp: unknown, nowNs: bigint): string {
  const ns = timeOf(timestamp);
  return ns === null ? '<unknown>' : humanDuration(nowNs - ns);
}
