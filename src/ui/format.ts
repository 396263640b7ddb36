/** Numbers as they are read. */
import { PIDS_PER_KERNEL } from '../sim/trace.ts';

/** Of the kernel that it is of: a guest counts its processes from 1, as the host does. */
export function pidText(pid: number): string {
  return String(pid % PIDS_PER_KERNEL);
}

export function bytesText(count: number): string {
  if (count < 1000) return `${count} B`;
  const units = ['kB', 'MB', 'GB'];
  let value = count;
  let unit = '';
  for (const next of units) {
    if (value < 1000) break;
    value /= 1000;
    unit = next;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** Memory as limits are written: `7.9 MiB`. */
export function memoryText(bytes: number): string {
  const [value, unit] = bytes < 1 << 20 ? [bytes / 1024, 'KiB'] : [bytes / (1 << 20), 'MiB'];
  return `${value < 10 && !Number.isInteger(value) ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

export function durationText(ns: number): string {
  if (ns < 1e3) return `${ns} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(1)} µs`;
  if (ns < 1e9) return `${(ns / 1e6).toFixed(1)} ms`;
  return `${(ns / 1e9).toFixed(2)} s`;
}

/** Virtual time since boot: `00:00:41.307 214`. */
export function clockText(ns: number): string {
  const micro = Math.floor(ns / 1000);
  const seconds = Math.floor(micro / 1e6);
  const pad = (value: number, width: number): string => String(value).padStart(width, '0');
  const fraction = pad(micro % 1_000_000, 6);
  const clock = `${pad(Math.floor(seconds / 3600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}`;
  return `${clock}.${fraction.slice(0, 3)} ${fraction.slice(3)}`;
}

export function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
