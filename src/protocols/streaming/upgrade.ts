/** The HTTP request that turns a connection into streams, seen from both sides. */
import { sha1 } from '@noble/hashes/legacy.js';
import { base64 } from '../../go/json.ts';
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import {
  encodeRequestHead,
  encodeResponseHead,
  type Headers,
  HttpError,
  headerValue,
  newHttpParser,
  type RequestHead,
  type ResponseHead,
  reasonPhrase,
} from '../http/http1.ts';

export type Transport = 'spdy' | 'websocket';

const READ_SIZE = 65_536;
const SPDY = 'SPDY/3.1';
const WEBSOCKET_GUID_KEY = 'x3JJHMbDL1EzLkh9GBhXDw==';

/** Remote command protocol versions that a client of today offers over SPDY. */
const STREAM_VERSIONS = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
];

export type Head<T> = { head: T; rest: Uint8Array };

/** Null when the connection ends before a request is complete. */
export async function readRequest(ctx: Context, fd: number): Promise<Head<RequestHead> | null> {
  const parser = newHttpParser('request');
  try {
    for (;;) {
      const bytes = await ctx.sys.read(ctx, fd, READ_SIZE);
      if (bytes.length === 0) return null;
      for (const event of parser.push(bytes)) {
        // What follows the head already belongs to the streams.
        if (event.type === 'request') return { head: event.head, rest: afterHead(bytes) };
      }
    }
  } catch (error) {
    if (error instanceof Errno || error instanceof HttpError) return null;
    throw error;
  }
}

function afterHead(bytes: Uint8Array): Uint8Array {
  for (let i = 3; i < bytes.length; i++) {
    if (bytes[i] === 10 && bytes[i - 1] === 13 && bytes[i - 2] === 10) return bytes.slice(i + 1);
  }
  return new Uint8Array(0);
}

export async function readResponse(ctx: Context, fd: number): Promise<(Head<ResponseHead> & { body: string }) | null> {
  const parser = newHttpParser('response', () => 'POST');
  let head: ResponseHead | null = null;
  let body = '';
  for (;;) {
    const bytes = await ctx.sys.read(ctx, fd, READ_SIZE);
    if (bytes.length === 0) return head === null ? null : { head, body, rest: new Uint8Array(0) };
    for (const event of parser.push(bytes)) {
      if (event.type === 'response') head = event.head;
      if (event.type === 'body') body += new TextDecoder().decode(event.data);
      if (event.type === 'end' && head !== null) return { head, body, rest: new Uint8Array(0) };
    }
    if (head?.status === 101) return { head, body, rest: parser.takeRest() };
  }
}

export function upgradeRequest(
  method: string,
  target: string,
  host: string,
  transport: Transport,
  protocols: readonly string[] = STREAM_VERSIONS,
  extra: Headers = [],
): Uint8Array {
  const headers: [string, string][] = [
    ['Host', host],
    ['User-Agent', 'Go-http-client/1.1'],
    ...extra.filter(([name]) => name !== 'Host' && name !== 'User-Agent').map(([k, v]): [string, string] => [k, v]),
  ];
  if (method !== 'GET') headers.push(['Content-Length', '0']);
  headers.push(['Connection', 'Upgrade']);
  if (transport === 'spdy') {
    headers.push(
      ['Upgrade', SPDY],
      ...protocols.map((version): [string, string] => ['X-Stream-Protocol-Version', version]),
    );
  } else {
    headers.push(
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Key', WEBSOCKET_GUID_KEY],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Protocol', protocols.join(', ')],
    );
  }
  return encodeRequestHead({ method, target, headers });
}

/** The answer to a WebSocket client: `key` is its Sec-WebSocket-Key. */
export function webSocketAnswer(key: string, protocol: string): Uint8Array {
  return switching([
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Accept', base64(sha1(new TextEncoder().encode(key + WEBSOCKET_GUID)))],
    ['Sec-WebSocket-Protocol', protocol],
  ]);
}

const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export type Accepted =
  | { ok: true; response: Uint8Array; protocol: string }
  | { ok: false; response: Uint8Array; status: number };

/** WebSocket requests without an Origin are refused, as golang.org/x/net/websocket does: command line clients send none. */
export function acceptUpgrade(request: RequestHead, supported: readonly string[]): Accepted {
  const upgrade = (headerValue(request.headers, 'upgrade') ?? '').toLowerCase();
  if (upgrade === 'websocket') {
    if (headerValue(request.headers, 'origin') === undefined)
      return { ok: false, status: 403, response: plainResponse(403, '') };
    const offered = (headerValue(request.headers, 'sec-websocket-protocol') ?? '').split(',').map((p) => p.trim());
    const protocol = supported.find((p) => offered.includes(p)) ?? supported[0] ?? '';
    return {
      ok: true,
      protocol,
      response: switching([
        ['Upgrade', 'websocket'],
        ['Connection', 'Upgrade'],
        ['Sec-WebSocket-Protocol', protocol],
      ]),
    };
  }
  if (upgrade !== SPDY.toLowerCase()) {
    return {
      ok: false,
      status: 400,
      response: plainResponse(
        400,
        `unable to upgrade: missing upgrade headers in request: ${goHeaders(request.headers)}`,
      ),
    };
  }
  const offered = request.headers
    .filter(([name]) => name.toLowerCase() === 'x-stream-protocol-version')
    .map(([, value]) => value);
  const protocol = supported.find((p) => offered.includes(p));
  if (protocol === undefined) {
    const text = `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${supported.join(' ')}]`;
    return { ok: false, status: 403, response: plainResponse(403, text) };
  }
  return {
    ok: true,
    protocol,
    response: switching([
      ['Connection', 'Upgrade'],
      ['Upgrade', SPDY],
      ['X-Stream-Protocol-Version', protocol],
    ]),
  };
}

function goHeaders(headers: Headers): string {
  return `http.Header{${headers.map(([name, value]) => `"${name}":[]string{"${value}"}`).join(', ')}}`;
}

function switching(headers: Headers): Uint8Array {
  return encodeResponseHead({ status: 101, reason: reasonPhrase(101), headers });
}

export function plainResponse(status: number, text: string): Uint8Array {
  const body = new TextEncoder().encode(text === '' ? '' : `${text}\n`);
  const head = encodeResponseHead({
    status,
    reason: reasonPhrase(status),
    headers: [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Content-Length', String(body.length)],
      ['Connection', 'close'],
    ],
  });
  const out = new Uint8Array(head.length + body.length);
  out.set(head);
  out.set(body, head.length);
  return out;
}
