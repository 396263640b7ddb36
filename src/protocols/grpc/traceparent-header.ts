/**
 * The traceparent header of a call, encoded: every call has another one, so it is made from a template, digit by digit.
 */
import type { SpanId } from '../../sim/trace.ts';
import { allocateBytes } from '../byte-queue.ts';
import { traceparent } from '../rpc/tracing.ts';
import { encodeMoreHeaders } from './hpack.ts';

const TEMPLATE = encodeMoreHeaders([['traceparent', traceparent(0)]]).slice();
/** Behind the span's number come the flags, `-01`. */
const LAST_DIGIT = TEMPLATE.length - 1 - '-01'.length;
const DIGITS = new TextEncoder().encode('0123456789abcdef');

export function traceparentHeader(span: SpanId): Uint8Array {
  const bytes = allocateBytes(TEMPLATE.length);
  bytes.set(TEMPLATE);
  let at = LAST_DIGIT;
  for (let rest = span; rest > 0; rest = Math.floor(rest / 16)) bytes[at--] = DIGITS[rest % 16] as number;
  return bytes;
}
