/**
 * Lines of klog, the logger of the kubelet and of the CRI client that crictl uses.
 * @models klog v2.130 klog.go internal/buffer/buffer.go internal/serialize/keyvalues.go
 * @fidelity partial: no stack traces, no verbosity filter, no contextual prefix
 */

import { type JsonValue, marshalJson } from './json.ts';
import { quote } from './quote.ts';
import { klogStamp } from './time.ts';

export type KlogSeverity = 'I' | 'W' | 'E' | 'F';

export type KlogSource = {
  readonly severity: KlogSeverity;
  readonly timeNs: bigint;
  readonly pid: number;
  /** `remote_image.go:250`: the base name and line of the upstream call. */
  readonly caller: string;
};

export type KlogPair = readonly [key: string, value: JsonValue];

/** `E1123 17:21:42.241660   21839 remote_image.go:250] ` */
export function klogHeader(source: KlogSource): string {
  return `${source.severity}${klogStamp(source.timeNs)} ${String(source.pid).padStart(7)} ${source.caller}] `;
}

/** klog.Infof and its kin: the text as it is, one newline at its end. */
function klogText(source: KlogSource, text: string): string {
  return klogHeader(source) + (text.endsWith('\n') ? text : `${text}\n`);
}

/** klog.InfoS and klog.ErrorS: a quoted message and key=value pairs in the given order; ErrorS puts `err` first. */
export function klogStructured(source: KlogSource, message: string, pairs: readonly KlogPair[]): string {
  return `${klogHeader(source)}${quote(message)}${pairs.map(pairText).join('')}\n`;
}

function pairText([key, value]: KlogPair): string {
  if (typeof value !== 'string') return ` ${key}=${marshalJson(value)}`;
  if (!value.includes('\n')) return ` ${key}=${quote(value)}`;
  // A value of several lines stands as it is between `<` and ` >`; whether it ended in a newline can no longer be seen.
  const lines = (value.endsWith('\n') ? value.slice(0, -1) : value).split('\n');
  return ` ${key}=<\n${lines.map((line) => `\t${line}\n`).join('')} >`;
}
