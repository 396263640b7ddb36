/** The request that turns a connection into streams, as observers see it: a call whose answer is the change of protocol. */
import type { Context } from '../../linux/context.ts';
import type { Headers } from '../http/http1.ts';
import { traceparent } from '../rpc/tracing.ts';

export type UpgradeCall = {
  answered(ctx: Context, status: number, reason: string, message?: string): void;
  /** For whoever passes the answer on unread: what the other side sent first. */
  heard(ctx: Context, first: Uint8Array): void;
};

export function traceUpgrade(
  ctx: Context,
  fd: number,
  { method, target, address, request }: { method: string; target: string; address: string; request: Uint8Array },
): UpgradeCall {
  const { trace, process } = ctx;
  const common = { call: trace.newCall(), protocol: 'http', method: `${method} ${target}` } as const;
  const to = ctx.sys.peerPid(ctx, fd);
  trace.emit(ctx.span, process.pid, {
    kind: 'rpc.request',
    ...common,
    address,
    to,
    metadata: {},
    payload: trace.keepPayload(request),
    length: request.length,
    type: 'http.Request',
  });
  const answered: UpgradeCall['answered'] = (c, status, reason, message = '') =>
    c.trace.emit(ctx.span, process.pid, {
      kind: 'rpc.response',
      ...common,
      to,
      code: status,
      codeName: reason,
      message,
      payload: 0,
      length: 0,
      type: 'http.Response',
    });
  return {
    answered,
    heard: (c, first) => {
      const [, status = '0', reason = ''] = /^HTTP\/1\.1 (\d{3}) ?([^\r]*)/.exec(new TextDecoder().decode(first)) ?? [];
      answered(c, Number(status), reason);
    },
  };
}

/** A request that is passed on belongs to whoever passes it on, no longer to whoever made it. */
export function withOwnSpan(ctx: Context, headers: Headers): Headers {
  const others = headers.filter(([name]) => name.toLowerCase() !== 'traceparent');
  return ctx.span === 0 ? others : [...others, ['traceparent', traceparent(ctx.span)]];
}
