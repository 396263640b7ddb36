/**
 * Lines of the logrus logger, as crictl, ctr, runc, containerd and CRI-O write them.
 * @models logrus v1.9 text_formatter.go json_formatter.go
 * @fidelity partial: no caller report, no padded level text, no hooks
 */

import { type JsonValue, marshalJson } from './json.ts';
import { compareStrings, logrusQuote } from './quote.ts';
import { formatValue } from './sprintf.ts';
import { rfc3339 } from './time.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warning' | 'error' | 'fatal' | 'panic';

export type LogEntry = {
  readonly level: LogLevel;
  readonly message: string;
  readonly timeNs: bigint;
  /** Values print as Go's %v unless they are strings. */
  readonly fields?: Readonly<Record<string, unknown>>;
};

/** Most talkative last. */
const LEVELS: readonly LogLevel[] = ['panic', 'fatal', 'error', 'warning', 'info', 'debug', 'trace'];

/** Whether a logger set to `threshold` lets `level` through. */
export function isLevelEnabled(level: LogLevel, threshold: LogLevel): boolean {
  return LEVELS.indexOf(level) <= LEVELS.indexOf(threshold);
}

/** As logrus.ParseLevel: undefined for a word it does not know. */
export function parseLogLevel(text: string): LogLevel | undefined {
  const word = text.toLowerCase();
  return word === 'warn' ? 'warning' : LEVELS.find((level) => level === word);
}

/**
 * `time="2026-11-23T17:25:29Z" level=fatal msg="image name cannot be empty"`: not a terminal. `formatTime` is
 * rfc3339NanoFixed for containerd. Ends in a newline.
 */
export function logrusText(entry: LogEntry, formatTime: (ns: bigint) => string = rfc3339): string {
  let line = `time=${logrusQuote(formatTime(entry.timeNs))} level=${entry.level}`;
  if (entry.message !== '') line += ` msg=${logrusQuote(entry.message)}`;
  for (const [key, value] of sortedFields(entry)) line += ` ${key}=${logrusQuote(fieldText(value))}`;
  return `${line}\n`;
}

export type TerminalOptions = {
  /** When the process started: the number in brackets counts the seconds since. */
  readonly startNs: bigint;
  /** Print the time itself instead. */
  readonly fullTimestamp?: (ns: bigint) => string;
};

/** `FATA[0000] image name cannot be empty`, coloured: a terminal. Ends in a newline. */
export function logrusTerminal(entry: LogEntry, options: TerminalOptions): string {
  const colour = LEVEL_COLOURS[entry.level];
  const level = `\u001b[${colour}m${entry.level.toUpperCase().slice(0, 4)}\u001b[0m`;
  const seconds = (entry.timeNs - options.startNs) / 1_000_000_000n;
  const stamp = options.fullTimestamp?.(entry.timeNs) ?? String(seconds).padStart(4, '0');
  const message = entry.message.endsWith('\n') ? entry.message.slice(0, -1) : entry.message;
  // The message is a column of 44 and a blank follows it even when it is longer.
  let line = `${level}[${stamp}] ${padRight(message, 44)} `;
  for (const [key, value] of sortedFields(entry)) {
    line += ` \u001b[${colour}m${key}\u001b[0m=${logrusQuote(fieldText(value))}`;
  }
  return `${line}\n`;
}

const LEVEL_COLOURS: Readonly<Record<LogLevel, number>> = {
  trace: 37,
  debug: 37,
  info: 36,
  warning: 33,
  error: 31,
  fatal: 31,
  panic: 31,
};

/** `{"level":"error","msg":"…","time":"…"}`: --log-format json. Ends in a newline. */
export function logrusJson(entry: LogEntry, formatTime: (ns: bigint) => string = rfc3339): string {
  const fields = sortedFields(entry).map(([key, value]): [string, JsonValue] => {
    return [key, isJson(value) ? value : fieldText(value)];
  });
  const line = {
    ...Object.fromEntries(fields),
    time: formatTime(entry.timeNs),
    msg: entry.message,
    level: entry.level,
  };
  return `${marshalJson(line, { sortKeys: true })}\n`;
}

function isJson(value: unknown): value is JsonValue {
  return value === null || ['boolean', 'number', 'bigint', 'string'].includes(typeof value) || Array.isArray(value);
}

const NO_FIELDS: readonly [string, unknown][] = [];
const RESERVED_KEYS: readonly string[] = ['time', 'level', 'msg', 'logrus_error'];

function sortedFields(entry: LogEntry): readonly [key: string, value: unknown][] {
  if (entry.fields === undefined) return NO_FIELDS;
  return Object.entries(entry.fields)
    .map(([key, value]): [string, unknown] => [RESERVED_KEYS.includes(key) ? `fields.${key}` : key, value])
    .sort(([a], [b]) => compareStrings(a, b));
}

function fieldText(value: unknown): string {
  return typeof value === 'string' ? value : formatValue(value);
}

function padRight(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - [...text].length));
}
