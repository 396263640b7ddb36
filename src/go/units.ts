/**
 * Sizes and ages for people.
 * @models docker/go-units v0.5 size.go duration.go; containerd 2.1 pkg/progress/humaans.go
 * @fidelity partial: nothing that parses a size
 */
import { formatFloat } from './floats.ts';

const DECIMAL_UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'] as const;
const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'] as const;

export function humanSizeWithPrecision(bytes: number, precision: number): string {
  const { value, unit } = scale(bytes, 1000, DECIMAL_UNITS);
  return formatFloat(value, 'g', precision) + unit;
}

/** `1.087MB`: four significant digits, powers of 1000. */
export function humanSize(bytes: number): string {
  return humanSizeWithPrecision(bytes, 4);
}

/** `1.037MiB`: four significant digits, powers of 1024. */
export function bytesSize(bytes: number): string {
  const { value, unit } = scale(bytes, 1024, BINARY_UNITS);
  return formatFloat(value, 'g', 4) + unit;
}

/** `1.0 MiB`: what ctr prints for sizes and progress totals. */
export function progressBytes(bytes: number): string {
  const { value, unit } = scale(bytes, 1024, BINARY_UNITS);
  return `${formatFloat(value, 'f', 1)} ${unit}`;
}

/** `69.1 MiB/s`. */
export function progressBytesPerSecond(bytes: number, durationNs: number): string {
  const perSecond = durationNs === 0 ? 0 : Math.trunc(bytes / (durationNs / 1e9));
  return `${progressBytes(perSecond)}/s`;
}

/** `20 kB`, `1.1 MB`: one decimal below ten. @models dustin/go-humanize bytes.go Bytes */
export function humanizeBytes(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const { value, unit } = scale(bytes, 1000, DECIMAL_UNITS);
  const rounded = Math.floor(value * 10 + 0.5) / 10;
  return `${formatFloat(rounded, 'f', rounded < 10 ? 1 : 0)} ${unit}`;
}

function scale(size: number, base: number, units: readonly string[]): { value: number; unit: string } {
  let value = size;
  let index = 0;
  while (value >= base && index < units.length - 1) {
    value /= base;
    index += 1;
  }
  return { value, unit: units[index] ?? '' };
}

const SECOND_NS = 1e9;

/** `Less than a second`, `2 minutes`, `3 weeks`: a length of time in nanoseconds. */
export function humanDuration(ns: number): string {
  const seconds = Math.trunc(ns / SECOND_NS);
  const minutes = Math.trunc(ns / (60 * SECOND_NS));
  const hours = Math.trunc(ns / (3600 * SECOND_NS) + 0.5);
  if (seconds < 1) return 'Less than a second';
  if (seconds === 1) return '1 second';
  if (seconds < 60) return `${seconds} seconds`;
  if (minutes === 1) return 'About a minute';
  if (minutes < 60) return `${minutes} minutes`;
  if (hours === 1) return 'About an hour';
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(ns / (3600 * SECOND_NS) / 24 / 365)} years`;
}
