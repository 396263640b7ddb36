/**
 * Connections to an API server or a kubelet: dialled, greeted with TLS, kept for the next request, each exchange traced.
 * @models k8s.io/client-go transport, net/http
 * @fidelity partial: HTTP/1.1 where client-go would speak HTTP/2
 */
import { type GoError, newError, wrapError } from '../../go/errors.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { Rope, utf8 } from '../../linux/rope.ts';
import { dialTcp, splitHostPort } from '../distribution/dial.ts';
import { type BodySink, HttpStream } from '../distribution/http-stream.ts';
import { tlsConnect } from '../distribution/tls-model.ts';
import {
  type EncodedMessage,
  encodeRequest,
  type Headers,
  HttpError,
  headerValue,
  type ResponseHead,
  reasonPhrase,
} from '../http/http1.ts';
import type { Impersonation, RestConfig } from './kubeconfig.ts';
import { RequestDeadline } from './request-deadline.ts';

export type TransportRequest = { method: string; target: string; headers: Headers; body: string };

/** An answer whose body has not been read yet. */
export type OpenResponse = {
  head: ResponseHead;
  keepAlive: boolean;
  hasBody: boolean;
  stream: HttpStream;
  call: number;
  request: TransportRequest;
  deadline: RequestDeadline | null;
  timing: RequestTiming;
};

/** Where the time until the first byte of an answer went; of a connection that was kept nothing went into making it. */
export type RequestTiming = { reused: boolean; dialNs: number; tlsNs: number; serverNs: number };

export type Transport = {
  /** `192.168.1.10:6443` */
  readonly host: string;
  readonly config: RestConfig;
  /** Throws a GoError beginning with `Get "https://…": `. */
  open(ctx: Context, request: TransportRequest): Promise<OpenResponse>;
  /** Hands on an answer's body as it comes, of a connection that is not kept. */
  read(ctx: Context, response: OpenResponse, sink: BodySink): Promise<void>;
  /** Reads the rest of an answer and keeps its connection. */
  body(ctx: Context, response: OpenResponse): Promise<string>;
  /** A connection of one's own, greeted. */
  dial(ctx: Context): Promise<number>;
  headers(): [string, string][];
  close(ctx: Context): Promise<void>;
};

const IDLE_MAX = 8;
const TRACED_BODY_MAX = 65_536;

export function newTransport(config: RestConfig): Transport {
  const [, scheme = 'https', host = ''] = /^(https?):\/\/([^/]+)/.exec(config.server) ?? [];
  const idle: HttpStream[] = [];

  async function dial(ctx: Context, timing?: RequestTiming): Promise<number> {
    const { host: name, port } = splitHostPort(host);
    const start = ctx.now;
    const fd = await dialTcp(ctx, name, port ?? (scheme === 'https' ? 443 : 80));
    const dialled = ctx.now;
    if (timing !== undefined) timing.dialNs = dialled - start;
    if (scheme === 'http') return fd;
    try {
      await tlsConnect(ctx, fd, {
        serverName: name,
        issuers: config.issuers,
        skipVerify: config.skipVerify,
        ...(config.clientCertificate === null ? {} : { clientCertificate: config.clientCertificate }),
      });
      if (timing !== undefined) timing.tlsNs = ctx.now - dialled;
      return fd;
    } catch (error) {
      await ctx.sys.close(ctx, fd);
      throw isErrno(error) ? newError(`read tcp: ${error.go}`, { code: error.code }) : error;
    }
  }

  function headers(): [string, string][] {
    const own: [string, string][] = [
      ['Host', host],
      ['User-Agent', config.userAgent],
    ];
    if (config.token !== null) own.push(['Authorization', `Bearer ${config.token}`]);
    if (config.impersonate !== undefined) own.push(...impersonationHeaders(config.impersonate));
    return own;
  }

  async function attempt(
    ctx: Context,
    request: TransportRequest,
    stream: HttpStream,
    deadline: RequestDeadline | null,
    timing: RequestTiming,
  ): Promise<OpenResponse | null> {
    const { method, target, body } = request;
    const message = encodeRequest({ method, target, headers: [...headers(), ...request.headers] }, body);
    const call = traceRequest(ctx, stream.fd, host, request, message);
    await ctx.sys.write(ctx, stream.fd, message.bytes);
    const sent = ctx.now;
    const answer = await stream.readResponse(ctx, method);
    timing.serverNs = ctx.now - sent;
    if (answer === null) return null;
    const { head, keepAlive, hasBody } = answer;
    return { head, keepAlive, hasBody, stream, call, request, deadline, timing };
  }

  async function exchange(
    ctx: Context,
    request: TransportRequest,
    deadline: RequestDeadline | null,
  ): Promise<OpenResponse> {
    for (;;) {
      const kept = idle.pop();
      let stream = kept;
      try {
        const timing = { reused: kept !== undefined, dialNs: 0, tlsNs: 0, serverNs: 0 };
        stream ??= new HttpStream(await dial(ctx, timing));
        if (deadline !== null) deadline.fd = stream.fd;
        const response = deadline?.isOver === true ? null : await attempt(ctx, request, stream, deadline, timing);
        if (response !== null) return response;
      } catch (error) {
        if (stream !== undefined) await ctx.sys.close(ctx, stream.fd);
        // The server closed the connection while it lay idle.
        if (kept !== undefined && isErrno(error, 'EPIPE', 'ECONNRESET')) continue;
        throw error;
      }
      await ctx.sys.close(ctx, stream.fd);
      if (kept === undefined) throw newError('EOF', { code: 'EOF' });
    }
  }

  return {
    host,
    config,
    dial: (ctx) => dial(ctx),
    headers,
    async open(ctx, request) {
      const timeoutNs = config.timeoutNs ?? 0;
      const deadline = timeoutNs > 0 ? new RequestDeadline(ctx, timeoutNs) : null;
      try {
        if (deadline === null) return await exchange(ctx, request, null);
        return await deadline.within((c) => exchange(c, request, deadline));
      } catch (error) {
        deadline?.cancel();
        const verb = request.method.charAt(0) + request.method.slice(1).toLowerCase();
        throw wrapError(`${verb} "${scheme}://${host}${request.target}"`, goErrorOf(error));
      }
    },
    async read(ctx, response, sink) {
      const { stream, head, deadline } = response;
      try {
        await stream.readBody(ctx, head.headers, true, sink);
      } catch (error) {
        throw deadline === null ? error : deadline.orElse(error);
      } finally {
        deadline?.cancel();
        await ctx.sys.close(ctx, stream.fd);
      }
    },
    async body(ctx, response) {
      const { stream, head, hasBody, keepAlive, request, call, deadline } = response;
      try {
        const rope = hasBody ? await stream.readBody(ctx, head.headers, true) : Rope.empty;
        const bytes = rope.bytes();
        traceResponse(ctx, stream.fd, call, request, head, bytes);
        const bounded = headerValue(head.headers, 'content-length') ?? headerValue(head.headers, 'transfer-encoding');
        if (keepAlive && (bounded !== undefined || !hasBody) && idle.length < IDLE_MAX) idle.push(stream);
        else await ctx.sys.close(ctx, stream.fd);
        return utf8(bytes);
      } catch (error) {
        await ctx.sys.close(ctx, stream.fd);
        throw goErrorOf(deadline === null ? error : deadline.orElse(error));
      } finally {
        deadline?.cancel();
      }
    },
    async close(ctx) {
      for (const stream of idle.splice(0)) await ctx.sys.close(ctx, stream.fd);
    },
  };
}

function impersonationHeaders({ user, groups, uid, extra }: Impersonation): [string, string][] {
  return [
    ['Impersonate-User', user],
    ...(uid === '' ? [] : [['Impersonate-Uid', uid] as [string, string]]),
    ...groups.map((group): [string, string] => ['Impersonate-Group', group]),
    ...extra.map(([key, value]): [string, string] => [`Impersonate-Extra-${encodeURIComponent(key)}`, value]),
  ];
}

export function goErrorOf(error: unknown): GoError {
  if (isErrno(error)) return newError(`read: ${error.go}`, { code: error.code });
  if (error instanceof HttpError) return newError(error.message);
  if (typeof (error as GoError).before === 'string') return error as GoError;
  throw error;
}

function traceRequest(
  ctx: Context,
  fd: number,
  host: string,
  { method, target, headers }: TransportRequest,
  message: EncodedMessage,
): number {
  const body = message.bytes.subarray(message.headLength);
  const metadata: Record<string, string> = {};
  for (let i = 0; i < headers.length; i++) {
    const header = headers[i] as Headers[number];
    metadata[header[0]] = header[1];
  }
  const call = ctx.trace.newCall();
  ctx.trace.emit(ctx.span, ctx.process.pid, {
    kind: 'rpc.request',
    call,
    protocol: 'http',
    method: `${method} ${target}`,
    address: host,
    to: ctx.sys.peerPid(ctx, fd),
    metadata,
    payload: ctx.trace.keepPayload(body.length > TRACED_BODY_MAX ? body.subarray(0, TRACED_BODY_MAX) : body),
    length: message.bytes.length,
    type: 'http.Request',
  });
  return call;
}

function traceResponse(
  ctx: Context,
  fd: number,
  call: number,
  { method, target }: TransportRequest,
  head: ResponseHead,
  body: Uint8Array,
): void {
  ctx.trace.emit(ctx.span, ctx.process.pid, {
    kind: 'rpc.response',
    call,
    protocol: 'http',
    method: `${method} ${target}`,
    to: ctx.sys.peerPid(ctx, fd),
    code: head.status,
    codeName: head.reason === '' ? reasonPhrase(head.status) : head.reason,
    message: head.status < 400 ? '' : messageOf(body),
    payload: ctx.trace.keepPayload(body.length > TRACED_BODY_MAX ? body.subarray(0, TRACED_BODY_MAX) : body),
    length: body.length,
    type: headerValue(head.headers, 'content-type') ?? '',
  });
}

/** What a Status says; other bodies say nothing that is known to be a message. */
function messageOf(body: Uint8Array): string {
  try {
    const { message } = JSON.parse(utf8(body)) as { message?: unknown };
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}
