/**
 * A container's log file, line by line.
 * @models kubernetes/cri-client pkg/logs/logs.go parseCRILog parseDockerJSONLog, pkg/logs/tail.go
 * @fidelity full
 */
import { parseJson } from '../../go/json-parse.ts';
import { quote } from '../../go/quote.ts';
import { parseRfc3339 } from '../../go/time.ts';
import { utf8 } from '../../linux/rope.ts';

export type LogMessage = { readonly timestamp: bigint; readonly stream: string; readonly log: Uint8Array };
export type ParsedLine =
  | { readonly ok: true; readonly message: LogMessage }
  | { readonly ok: false; readonly error: string };
export type LineParser = (line: Uint8Array) => ParsedLine;

const NEWLINE = 10;
const BLANK = 32;

function fault(error: string): ParsedLine {
  return { ok: false, error };
}

/** `2026-11-23T17:25:36.343570472Z stdout F out1` */
function parseCriLine(line: Uint8Array): ParsedLine {
  const stampEnd = line.indexOf(BLANK);
  if (stampEnd < 0) return fault('timestamp is not found');
  const time = parseRfc3339(utf8(line.subarray(0, stampEnd)));
  if (!time.ok) return fault(`unexpected timestamp format "2006-01-02T15:04:05.999999999Z07:00": ${time.error}`);
  const streamEnd = line.indexOf(BLANK, stampEnd + 1);
  if (streamEnd < 0) return fault('stream type is not found');
  const stream = utf8(line.subarray(stampEnd + 1, streamEnd));
  if (stream !== 'stdout' && stream !== 'stderr') return fault(`unexpected stream type ${quote(stream)}`);
  const tagEnd = line.indexOf(BLANK, streamEnd + 1);
  if (tagEnd < 0) return fault('log tag is not found');
  const isPartial = utf8(line.subarray(streamEnd + 1, tagEnd)).split(':')[0] === 'P';
  const hasNewline = line[line.length - 1] === NEWLINE;
  const log = line.subarray(tagEnd + 1, isPartial && hasNewline ? line.length - 1 : line.length);
  return { ok: true, message: { timestamp: time.ns, stream, log } };
}

/** Docker's `{"log":"…\n","stream":"stdout","time":"…"}`. */
function parseDockerLine(line: Uint8Array): ParsedLine {
  const parsed = parseJson(utf8(line));
  const { value } = parsed.ok ? parsed : { value: null };
  if (!parsed.ok || typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fault(`failed with ${parsed.ok ? 'a value of another type' : parsed.error} to unmarshal log ""`);
  }
  const time = parseRfc3339(String(value.time ?? ''));
  if (!time.ok) return fault(`failed with ${time.error} to unmarshal log ""`);
  const log = new TextEncoder().encode(String(value.log ?? ''));
  return { ok: true, message: { timestamp: time.ns, stream: String(value.stream ?? ''), log } };
}

/** The format is that of the first line. */
export function parserFor(line: Uint8Array): LineParser | undefined {
  return [parseCriLine, parseDockerLine].find((parser) => parser(line).ok);
}

/** Where the last `count` lines start; one without a newline does not count. */
export function tailStart(bytes: Uint8Array, count: number): number {
  let newlines = 0;
  for (let at = bytes.length - 1; at >= 0; at--) {
    if (bytes[at] !== NEWLINE) continue;
    newlines++;
    if (newlines > count) return at + 1;
  }
  return 0;
}
