/**
 * Log lines of programs that log with zap.
 * @models go.uber.org/zap zapcore json_encoder.go console_encoder.go; etcd client/pkg/logutil zap.go
 * @fidelity partial: no stack traces, which zap adds to what is fatal
 */
import { type JsonValue, marshalJson } from './json.ts';
import { rfc3339, rfc3339NanoFixed } from './time.ts';

export type ZapEntry = {
  readonly level: 'info' | 'warn' | 'fatal';
  /** Of a named logger. */
  readonly logger?: string;
  readonly caller: string;
  readonly msg: string;
  readonly fields?: Readonly<Record<string, JsonValue>>;
};

/** With microseconds, as etcd configures it. */
export function zapJson(wallTime: bigint, { level, logger, caller, msg, fields }: ZapEntry): string {
  const ts = rfc3339NanoFixed(wallTime).replace(/\d{3}Z$/, 'Z');
  const named = logger === undefined ? {} : { logger };
  return `${marshalJson({ level, ts, ...named, caller, msg, ...fields }, { escapeHtml: false })}\n`;
}

export function zapConsole(wallTime: bigint, { level, caller, msg, fields }: ZapEntry): string {
  const cells = [rfc3339(wallTime), level, caller, msg];
  if (fields !== undefined) cells.push(spaced(fields));
  return `${cells.join('\t')}\n`;
}

function spaced(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return marshalJson(value, { escapeHtml: false });
  const pairs = Object.entries(value as Readonly<Record<string, JsonValue>>);
  return `{${pairs.map(([name, one]) => `${marshalJson(name)}: ${spaced(one)}`).join(', ')}}`;
}
