/** The HTTP request that turns a connection into streams, seen from both sides. */
import { sha1 } from '@noble/hashes/legacy.js';
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { toBase64 } from '../base64.ts';
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
const WEBSOCKET_KEY = 'x3JJHMbDL1EzLkh9GBhXDw==';
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** What a client of today offers for a command: over WebSocket the newest version only. */
const COMMAND_VERSIONS: Readonly<Record<Transport, readonly string[]>> = {
  spdy: ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io'],
  websocket: ['v5.channel.k8s.io'],
};
/** Over WebSocket a port-forward is SPDY in its messages. */
const FORWARD_VERSIONS: Readonly<Record<Transport, readonly string[]>> = {
  spdy: ['portforward.k8s.io'],
  websocket: ['SPDY/3.1+portforward.k8s.io'],
};

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
  what: 'command' | 'ports',
  extra: Headers = [],
): Uint8Array {
  const protocols = (what === 'command' ? COMMAND_VERSIONS : FORWARD_VERSIONS)[transport];
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
      ['Sec-WebSocket-Key', WEBSOCKET_KEY],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Protocol', protocols.join(', ')],
    );
  }
  return encodeRequestHead({ method, target, headers });
}

export type Accepted =
  | { ok: true; response: Uint8Array; protocol: string; transport: Transport }
  | { ok: false; response: Uint8Array; status: number };

/** The protocols that a server knows, by transport. */
export type Offer = Readonly<Record<Transport, readonly string[]>>;

/** A WebSocket client that offers nothing known is refused without a word, as golang.org/x/net/websocket does. */
export function acceptUpgrade(request: RequestHead, offer: Offer): Accepted {
  const upgrade = (headerValue(request.headers, 'upgrade') ?? '').toLowerCase();
  if (upgrade === 'websocket') {
    const key = headerValue(request.headers, 'sec-websocket-key') ?? '';
    const asked = headerValue(request.headers, 'sec-websocket-protocol') ?? '';
    const offered = asked.split(',').map((p) => p.trim());
    const protocol = offered.find((p) => offer.websocket.includes(p));
    if (key === '') return { ok: false, status: 400, response: bareResponse(400) };
    if (protocol === undefined) return { ok: false, status: 403, response: bareResponse(403) };
    const digest = sha1(new TextEncoder().encode(key + WEBSOCKET_GUID));
    return {
      ok: true,
      transport: 'websocket',
      protocol,
      response: switching([
        ['Upgrade', 'websocket'],
        ['Connection', 'Upgrade'],
        ['Sec-WebSocket-Accept', toBase64(digest)],
        ...(protocol === '' ? [] : [['Sec-WebSocket-Protocol', protocol] as const]),
      ]),
    };
  }
  const supported = offer.spdy;
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
  const protocol = offered.find((p) => supported.includes(p));
  if (protocol === undefined) {
    const text = `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${supported.join(' ')}]`;
    return { ok: false, status: 403, response: plainResponse(403, text) };
  }
  return {
    ok: true,
    transport: 'spdy',
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

function bareResponse(status: number): Uint8Array {
  return encodeResponseHead({ status, reason: reasonPhrase(status), headers: [] });
}

/** The ports of a WebSocket port-forward, which are in its URL. */
export function queryPorts(target: string): number[] {
  const query = target.split('?')[1] ?? '';
  return query
    .split('&')
    .filter((pair) => /^ports?=/.test(pair))
    .flatMap((pair) => pair.replace(/^ports?=/, '').split(/,|%2C/i))
    .map(Number)
    .filter((port) => Number.isInteger(port) && port > 0 && port <= 0xffff);
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
