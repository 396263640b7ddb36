/** The progress meter of curl. @models curl 8.14 lib/progress.c */

const HEADER =
  '  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n';

/** A number in five columns: 12345, 97.6k, 1234k, 12.3M. */
export function max5(bytes: number): string {
  const K = 1024;
  if (bytes < 100_000) return String(Math.floor(bytes)).padStart(5);
  if (bytes < 10_000 * K) return `${Math.floor(bytes / K)}k`.padStart(5);
  if (bytes < 100 * K * K)
    return `${Math.floor(bytes / (K * K))}.${Math.floor(((bytes % (K * K)) * 10) / (K * K))}M`.padStart(5);
  if (bytes < 10_000 * K * K) return `${Math.floor(bytes / (K * K))}M`.padStart(5);
  return `${Math.floor(bytes / K ** 3)}.${Math.floor(((bytes % K ** 3) * 10) / K ** 3)}G`.padStart(5);
}

function clock(seconds: number): string {
  if (seconds <= 0) return '--:--:--';
  const h = Math.floor(seconds / 3600);
  return `${String(h).padStart(2)}:${String(Math.floor(seconds / 60) % 60).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

export type Progress = { received: number; expected: number | null; sent: number; elapsedNs: number };

export function meterLine(p: Progress): string {
  const seconds = p.elapsedNs / 1e9;
  const speed = (bytes: number): number => (bytes === 0 ? 0 : bytes / Math.max(seconds, 1e-6));
  const total = (p.expected ?? p.received) + p.sent;
  const done = p.received + p.sent;
  const percent = (part: number, whole: number): number => (whole === 0 ? 0 : Math.floor((part * 100) / whole));
  const spent = Math.floor(seconds);
  return `\r${String(percent(done, total)).padStart(3)} ${max5(total)}  ${String(p.expected === null ? 0 : percent(p.received, p.expected)).padStart(3)} ${max5(p.received)}  ${String(p.sent > 0 ? 100 : 0).padStart(3)} ${max5(p.sent)}  ${max5(speed(p.received))}  ${max5(speed(p.sent))} ${clock(spent)} ${clock(spent)} ${'--:--:--'} ${max5(speed(done))}`;
}

export const meterStart = (): string => HEADER + meterLine({ received: 0, expected: 0, sent: 0, elapsedNs: 0 });
