/** google.protobuf.Timestamp and nanoseconds since 1970. */
import type { Timestamp } from '../../../protocols/google/protobuf/generated.ts';

const SECOND = 1_000_000_000n;

export function toTimestamp(ns: bigint): Timestamp {
  return { seconds: ns / SECOND, nanos: Number(ns % SECOND) };
}

/** Zero for a missing one. */
export function fromTimestamp(timestamp: Timestamp | undefined): bigint {
  return timestamp === undefined ? 0n : timestamp.seconds * SECOND + BigInt(timestamp.nanos);
}

/** How Go prints one inside a log line. */
export function timestampText(ns: bigint): string {
  const seconds = ns / SECOND;
  const nanos = ns % SECOND;
  return `{${[seconds === 0n ? '' : `seconds:${seconds}`, nanos === 0n ? '' : `nanos:${nanos}`].filter((p) => p !== '').join('  ')}}`;
}
