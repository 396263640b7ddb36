/**
 * HTTP client for registries: dial, handshake, keep connections, follow redirects; each exchange is traced.
 * @models Go net/http Transport and Client as containerd's resolver uses them
 * @fidelity partial: HTTP/1.1 only, no proxies, idle connections are kept until the client is closed
 */

import { type GoError, newError, surroundError, wrapError } from '../../go/errors.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { Rope, utf8 } from '../../linux/rope.ts';
import {
  encodeRequestHead,
  encodeResponseHead,
  HttpError,
  headerValue,
  type ResponseHead,
  reasonPhrase,
} from '../http/http1.ts';
import { dialTcp, splitHostPort } from './dial.ts';
import { type BodySink, HttpStream } from './http-stream.ts';
import { tlsConnect } from './tls-model.ts';

export type HttpRequest = {
  method: string;
  scheme: 'http' | 'https';
  /** With the port if it is not the scheme's own. */
  host: string;
  /** Path and query. */
  target: string;
  headers: readonly (readonly [string, string])[];
  body?: string | Rope;
  skipVerify?: boolean;
  issuers?: readonly string[];
  /** Retries over plain HTTP when the other side does not speak TLS. */
  httpFallback?: boolean;
};

export type HttpResponse = {
  status: number;
  reason: string;
  headers: ResponseHead['headers'];
  body: Rope /** After redirects. */;
  url: string;
};

/** Nobody waits for the answer any more. */
const CANCELLED = 'context canceled';
type Receiver = { sink: BodySink | undefined; onHead: HeadListener | undefined };

const REDIRECTS_MAX = 10;
const TRACED_BODY_MAX = 4096;

/** Hears of an answer before its body comes. */
export type HeadListener = (head: Pick<HttpResponse, 'status' | 'headers'>) => void;

export type HttpClient = {
  /** Throws a GoError: `Head "https://…": dial tcp …`. A sink receives the body of a 2xx answer. */
  request(ctx: Context, request: HttpRequest, sink?: BodySink, onHead?: HeadListener): Promise<HttpResponse>;
  close(ctx: Context): Promise<void>;
};

export function urlOf(request: Pick<HttpRequest, 'scheme' | 'host' | 'target'>): string {
  return `${request.scheme}://${request.host}${request.target}`;
}

export function newHttpClient(): HttpClient {
  const idle = new Map<string, HttpStream[]>();
  const plainHosts = new Set<string>();

  async function connect(ctx: Context, request: HttpRequest): Promise<HttpStream> {
    const { host, port } = splitHostPort(request.host);
    const fd = await dialTcp(ctx, host, port ?? (request.scheme === 'https' ? 443 : 80));
    if (request.scheme === 'http') return new HttpStream(fd);
    try {
      const { skipVerify, issuers } = request;
      await tlsConnect(ctx, fd, {
        serverName: host,
        ...(skipVerify === undefined ? {} : { skipVerify }),
        ...(issuers === undefined ? {} : { issuers }),
      });
      return new HttpStream(fd);
    } catch (error) {
      await ctx.sys.close(ctx, fd);
      throw isErrno(error) ? newError(`read tcp: ${error.go}`, { code: error.code }) : error;
    }
  }

  /** One request on one connection. A kept connection that the server has closed meanwhile is replaced. */
  async function roundTrip(ctx: Context, request: HttpRequest, body: Receiver): Promise<HttpResponse> {
    const key = `${request.scheme}://${request.host}`;
    for (;;) {
      throwIfCancelled(ctx);
      const kept = idle.get(key)?.pop();
      const stream = kept ?? (await connect(ctx, request));
      let response: HttpResponse | null = null;
      const leave = ctx.cancellation?.onCancel(() =>
        ctx.go('cancel request', (c) => c.sys.shutdown(c, stream.fd, 'both').catch(() => {})),
      );
      try {
        response = await exchange(ctx, stream, request, body, (reusable) => {
          if (reusable) idle.set(key, [...(idle.get(key) ?? []), stream]);
        });
      } catch (error) {
        await ctx.sys.close(ctx, stream.fd);
        throwIfCancelled(ctx);
        if (kept !== undefined && isErrno(error, 'EPIPE', 'ECONNRESET')) continue;
        throw goErrorOf(error);
      } finally {
        leave?.();
      }
      if (response !== null) {
        if (!idle.get(key)?.includes(stream)) await ctx.sys.close(ctx, stream.fd);
        return response;
      }
      await ctx.sys.close(ctx, stream.fd);
      if (kept === undefined) throw newError('EOF', { code: 'EOF' });
    }
  }

  async function exchange(
    ctx: Context,
    stream: HttpStream,
    request: HttpRequest,
    { sink, onHead }: Receiver,
    done: (reusable: boolean) => void,
  ): Promise<HttpResponse | null> {
    const { method, host, target } = request;
    const body = typeof request.body === 'string' ? Rope.text(request.body) : (request.body ?? Rope.empty);
    const headers: [string, string][] = [['Host', host], ...request.headers.map(([k, v]): [string, string] => [k, v])];
    if (body.length > 0) headers.push(['Content-Length', String(body.length)]);
    const head = encodeRequestHead({ method, target, headers });
    const call = traceRequest(ctx, stream, request, head, body);
    await ctx.sys.write(ctx, stream.fd, Rope.of(head).concat(body));
    const message = await stream.readResponse(ctx, method);
    if (message === null) return null;
    const { status, reason } = message.head;
    onHead?.(message.head);
    const use = status >= 200 && status < 300 ? sink : undefined;
    let shown = Rope.empty;
    const watch: BodySink = async (c, part) => {
      // Generated layers are not produced for the trace's sake.
      if (shown.length === 0 && part.identity === null) shown = part.slice(0, TRACED_BODY_MAX);
      await use?.(c, part);
    };
    const parts: Rope[] = [];
    const collect: BodySink = async (c, part) => {
      if (use === undefined) parts.push(part);
      await watch(c, part);
    };
    if (message.hasBody) await stream.readBody(ctx, message.head.headers, true, collect);
    traceResponse(ctx, stream, request, call, message.head, shown);
    const lengthKnown =
      !message.hasBody ||
      headerValue(message.head.headers, 'content-length') !== undefined ||
      headerValue(message.head.headers, 'transfer-encoding') !== undefined;
    done(message.keepAlive && lengthKnown);
    return { status, reason, headers: message.head.headers, body: Rope.concat(parts), url: urlOf(request) };
  }

  async function withFallback(ctx: Context, request: HttpRequest, body: Receiver): Promise<HttpResponse> {
    if (request.httpFallback !== true || request.scheme === 'http') return roundTrip(ctx, request, body);
    const plain: HttpRequest = { ...request, scheme: 'http' };
    if (plainHosts.has(request.host)) return roundTrip(ctx, plain, body);
    try {
      return await roundTrip(ctx, request, body);
    } catch (error) {
      if ((error as GoError).code !== 'http response') throw error;
      plainHosts.add(request.host);
      return roundTrip(ctx, plain, body);
    }
  }

  return {
    async request(ctx, first, sink, onHead) {
      let request = first;
      for (let redirects = 0; ; redirects++) {
        let response: HttpResponse;
        try {
          response = await withFallback(ctx, request, { sink, onHead });
        } catch (error) {
          if (typeof (error as GoError).before !== 'string') throw error;
          const method = request.method.charAt(0) + request.method.slice(1).toLowerCase();
          throw wrapError(`${method} "${urlOf(request)}"`, error as GoError);
        }
        const location = headerValue(response.headers, 'location');
        if (![301, 302, 303, 307, 308].includes(response.status) || location === undefined) return response;
        if (redirects >= REDIRECTS_MAX)
          throw surroundError(`Get "${location}": `, newError('stopped after 10 redirects'), '');
        request = redirected(request, location);
      }
    },
    async close(ctx) {
      for (const streams of idle.values()) for (const stream of streams) await ctx.sys.close(ctx, stream.fd);
      idle.clear();
    },
  };
}

/** Credentials do not follow to another host. */
function redirected(request: HttpRequest, location: string): HttpRequest {
  const [, scheme = request.scheme, host = request.host, target = location] =
    /^(https?):\/\/([^/]+)(\/.*)?$/.exec(location) ?? [];
  const headers =
    host === request.host
      ? request.headers
      : request.headers.filter(([name]) => name.toLowerCase() !== 'authorization');
  return { ...request, scheme: scheme as HttpRequest['scheme'], host, target, headers };
}

function throwIfCancelled({ cancellation }: Context): void {
  if (cancellation?.cancelled === true) throw newError(CANCELLED, { code: CANCELLED });
}

function goErrorOf(error: unknown): unknown {
  if (isErrno(error)) return newError(error.go, { code: error.code });
  if (error instanceof HttpError) return newError(error.message);
  return error;
}

function traceRequest(ctx: Context, stream: HttpStream, request: HttpRequest, head: Uint8Array, body: Rope): number {
  const call = ctx.trace.newCall();
  const bytes = Rope.of(head)
    .concat(body.identity === null ? body.slice(0, TRACED_BODY_MAX) : Rope.empty)
    .bytes();
  ctx.trace.emit(ctx.span, ctx.process.pid, {
    kind: 'rpc.request',
    call,
    protocol: 'http',
    method: `${request.method} ${request.target}`,
    address: request.host,
    to: ctx.sys.peerPid(ctx, stream.fd),
    metadata: Object.fromEntries(request.headers),
    payload: ctx.trace.keepPayload(bytes),
    length: head.length + body.length,
    type: 'http.Request',
  });
  return call;
}

function traceResponse(
  ctx: Context,
  stream: HttpStream,
  request: HttpRequest,
  call: number,
  head: ResponseHead,
  shown: Rope,
): void {
  const bytes = Rope.of(encodeResponseHead(head)).concat(shown).bytes();
  const length = Number(headerValue(head.headers, 'content-length') ?? shown.length);
  ctx.trace.emit(ctx.span, ctx.process.pid, {
    kind: 'rpc.response',
    call,
    protocol: 'http',
    method: `${request.method} ${request.target}`,
    to: ctx.sys.peerPid(ctx, stream.fd),
    code: head.status,
    codeName: head.reason === '' ? reasonPhrase(head.status) : head.reason,
    message: '',
    payload: ctx.trace.keepPayload(bytes),
    length: request.method === 'HEAD' ? 0 : length,
    type: headerValue(head.headers, 'content-type') ?? '',
  });
}

export function bodyText(response: HttpResponse): string {
  return utf8(response.body.bytes());
}
