/**
 * The HTTPS server of API server, kubelet and etcd: handshake with client certificates, requests one after another,
 * answers whole, chunked, or handed over to another protocol.
 * @models net/http Server @fidelity partial: HTTP/1.1 only, no idle time-outs
 */
import type { Context } from '../../linux/context.ts';
import { Errno, isErrno } from '../../linux/errno.ts';
import { type Data, Rope, toRope, utf8 } from '../../linux/rope.ts';
import { HttpStream } from '../distribution/http-stream.ts';
import { type Certificate, tlsAccept } from '../distribution/tls-model.ts';
import {
  encodeChunk,
  encodeLastChunk,
  encodeResponse,
  encodeResponseHead,
  encodeTextChunk,
  type Headers,
  HttpError,
  headerValue,
  reasonPhrase,
} from '../http/http1.ts';
import { spanOf } from '../rpc/tracing.ts';

export type Exchange = {
  readonly method: string;
  readonly path: string;
  /** As it was sent: path and query. */
  readonly target: string;
  readonly query: ReadonlyMap<string, readonly string[]>;
  readonly headers: Headers;
  readonly body: string;
  readonly bodyBytes: Uint8Array;
  /** What the client showed in the handshake. */
  readonly certificate: Certificate | null;
  reply(ctx: Context, status: number, body: Data, headers?: Headers): Promise<void>;
  /** The three parts of an answer whose length is not known; `chunk` is false once the client has gone. */
  startChunks(ctx: Context, status: number, headers: Headers): Promise<void>;
  chunk(ctx: Context, data: Data): Promise<boolean>;
  endChunks(ctx: Context): Promise<void>;
  /** Takes the connection over; the server forgets it. */
  hijack(): number;
};

export type Handler = (ctx: Context, exchange: Exchange) => Promise<void>;

export type ServerTls = { certificate: Certificate; clientIssuers: readonly string[] };

/** Accepts until the listener is closed. Without TLS the server speaks plain HTTP. */
export async function serveHttp(
  ctx: Context,
  listenFd: number,
  tls: ServerTls | null,
  handler: Handler,
): Promise<void> {
  for (;;) {
    let fd: number;
    try {
      fd = await ctx.sys.accept(ctx, listenFd);
    } catch (error) {
      if (error instanceof Errno) return;
      throw error;
    }
    ctx.go('http-connection', (c) => connection(c, fd, tls, handler));
  }
}

async function connection(ctx: Context, fd: number, tls: ServerTls | null, handler: Handler): Promise<void> {
  if (tls === null) return serveConnection(ctx, fd, null, handler);
  const greeted = await tlsAccept(ctx, fd, tls.certificate, tls.clientIssuers);
  if (greeted.ok) await serveConnection(ctx, fd, greeted.clientCertificate, handler);
  else await ctx.sys.close(ctx, fd);
}

/** Once the client is greeted; `first` is what it has said since. */
export async function serveConnection(
  ctx: Context,
  fd: number,
  certificate: Certificate | null,
  handler: Handler,
  first?: Rope,
): Promise<void> {
  let hijacked = false;
  try {
    const stream = new HttpStream(fd, first);
    for (;;) {
      const message = await stream.readRequest(ctx);
      if (message === null) return;
      const { method, target, headers } = message.head;
      const bodyBytes = (await stream.readBody(ctx, headers, false)).bytes();
      const body = bodyBytes.length === 0 ? '' : utf8(bodyBytes);
      const question = target.indexOf('?');
      const path = question < 0 ? target : target.slice(0, question);
      const { trace, process } = ctx;
      const span = trace.startSpan(
        spanOf(headerValue(headers, 'traceparent')),
        process.pid,
        `${method} ${path}`,
        process.layer,
      );
      await handler(ctx.withSpan(span), {
        method,
        path,
        target,
        query: question < 0 ? NO_QUERY : parseQuery(target.slice(question + 1)),
        headers,
        body,
        bodyBytes,
        certificate,
        reply: async (c, status, data, extra = []) => {
          if (typeof data === 'string' && method !== 'HEAD') {
            const reason = reasonPhrase(status);
            await c.sys.write(c, fd, encodeResponse({ status, reason, headers: extra }, data).bytes);
            return;
          }
          const rope = toRope(data);
          const head = encodeResponseHead({
            status,
            reason: reasonPhrase(status),
            headers: [...extra, ['Content-Length', String(rope.length)]],
          });
          await c.sys.write(c, fd, method === 'HEAD' ? Rope.of(head) : Rope.of(head).concat(rope));
        },
        startChunks: async (c, status, extra) => {
          const all: Headers = [...extra, ['Transfer-Encoding', 'chunked']];
          await c.sys.write(c, fd, encodeResponseHead({ status, reason: reasonPhrase(status), headers: all }));
        },
        chunk: async (c, data) => {
          try {
            const bytes = typeof data === 'string' ? encodeTextChunk(data) : encodeChunk(toRope(data).bytes());
            await c.sys.write(c, fd, bytes);
            return true;
          } catch (error) {
            if (!isErrno(error)) throw error;
            return false;
          }
        },
        endChunks: async (c) => {
          await c.sys.write(c, fd, encodeLastChunk());
        },
        hijack: () => {
          hijacked = true;
          return fd;
        },
      });
      trace.endSpan(span, process.pid);
      if (hijacked || !message.keepAlive) return;
    }
  } catch (error) {
    // The client went away, or does not speak HTTP: nobody is left to tell.
    if (!isErrno(error) && !(error instanceof HttpError)) throw error;
  } finally {
    if (!hijacked) await ctx.sys.close(ctx, fd);
  }
}

const NO_QUERY: ReadonlyMap<string, readonly string[]> = new Map();

export function parseQuery(text: string): Map<string, string[]> {
  const query = new Map<string, string[]>();
  if (text === '') return query;
  for (const pair of text.split('&').filter((p) => p !== '')) {
    const equals = pair.indexOf('=');
    const decode = (part: string): string => {
      try {
        return decodeURIComponent(part.replaceAll('+', ' '));
      } catch {
        return part;
      }
    };
    const key = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    query.set(key, [...(query.get(key) ?? []), value]);
  }
  return query;
}

/** Bytes both ways until either side ends, then both are closed. */
export async function splice(
  ctx: Context,
  a: number,
  b: number,
  heard: (c: Context, first: Uint8Array) => void,
): Promise<void> {
  const copy = async (c: Context, from: number, to: number): Promise<void> => {
    try {
      for (let first = true; ; first = false) {
        const part = await c.sys.readRope(c, from, 65_536);
        if (first && from === b) heard(c, part.bytes());
        if (part.length === 0) break;
        await c.sys.write(c, to, part);
      }
      await c.sys.shutdown(c, to, 'write');
    } catch (error) {
      if (!isErrno(error)) throw error;
      for (const fd of [from, to]) await shutdownQuietly(c, fd);
    }
  };
  ctx.go('splice', async (c) => {
    await copy(c, b, a);
    await shutdownQuietly(c, a);
  });
  await copy(ctx, a, b);
}

export async function shutdownQuietly(ctx: Context, fd: number): Promise<void> {
  try {
    await ctx.sys.shutdown(ctx, fd, 'both');
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}
