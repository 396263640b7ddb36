/**
 * How spans cross a connection: W3C traceparent metadata, as OpenTelemetry's interceptors send it. The span that the
 * client opens for a call also numbers the call, so that both ends' trace events belong together.
 */
import type { Context } from '../../linux/context.ts';
import type { SpanId } from '../../sim/trace.ts';
import type { Method } from '../proto/service.ts';

export function traceparent(span: SpanId): string {
  return `00-0000000000000000000000000000cafe-${span.toString(16).padStart(16, '0')}-01`;
}

/** The caller's span; 0 if the text is missing or is somebody else's (a real client's). */
export function spanOf(text: string | undefined): SpanId {
  if (text === undefined || !text.startsWith('00-0000000000000000000000000000cafe-')) return 0;
  return Number.parseInt(text.slice(36, 52), 16) || 0;
}

export type CallMethod = Pick<Method<unknown, unknown>, 'name' | 'service'> & { path?: string };

const layerOf = (service: string): 'cri' | null => (service.startsWith('runtime.v1.') ? 'cri' : null);

/** The client's side: opens the span that is the call. */
export function beginCall(
  ctx: Context,
  protocol: 'grpc' | 'ttrpc',
  method: CallMethod,
  inputType: string,
  address: string,
  to: number,
  metadata: Record<string, string>,
  message: Uint8Array,
): SpanId {
  const { trace, process } = ctx;
  const name = `/${method.service}/${method.name}`;
  const span = trace.startSpan(ctx.span, process.pid, name, layerOf(method.service));
  trace.emit(span, process.pid, {
    kind: 'rpc.request',
    call: span,
    protocol,
    method: name,
    address,
    to,
    metadata,
    payload: trace.keepPayload(message),
    length: message.length,
    type: inputType,
  });
  return span;
}

/** The server's side: the work done for a call, below the caller's span. */
export function beginHandling(ctx: Context, method: CallMethod, parent: SpanId): SpanId {
  return ctx.trace.startSpan(parent, ctx.process.pid, method.name, ctx.process.layer);
}

export function traceResponse(
  ctx: Context,
  call: SpanId,
  protocol: 'grpc' | 'ttrpc',
  method: CallMethod,
  to: number,
  code: number,
  codeName: string,
  message: string,
  outputType: string,
  payload: Uint8Array,
): void {
  const { trace, process } = ctx;
  trace.emit(call, process.pid, {
    kind: 'rpc.response',
    call,
    protocol,
    method: `/${method.service}/${method.name}`,
    to,
    code,
    codeName,
    message,
    payload: trace.keepPayload(payload),
    length: payload.length,
    type: outputType,
  });
}

export function traceMessage(
  ctx: Context,
  call: SpanId,
  protocol: 'grpc' | 'ttrpc',
  method: CallMethod,
  to: number,
  type: string,
  payload: Uint8Array,
): void {
  const { trace, process } = ctx;
  trace.emit(call, process.pid, {
    kind: 'rpc.message',
    call,
    protocol,
    method: `/${method.service}/${method.name}`,
    to,
    payload: trace.keepPayload(payload),
    length: payload.length,
    type,
  });
}

/** A mistake of ours in a handler must not look like a simulated failure. */
export function isOurBug(error: unknown): boolean {
  return (
    error instanceof TypeError ||
    error instanceof ReferenceError ||
    error instanceof RangeError ||
    error instanceof SyntaxError
  );
}
