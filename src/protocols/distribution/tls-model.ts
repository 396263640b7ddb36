/**
 * The visible part of TLS for both ends: who is asked for, which certificate is shown, whether it is believed.
 * Records have TLS's real framing (type, version, length); their contents are JSON.
 * @models crypto/tls, crypto/x509
 * @fidelity partial: no encryption, no key exchange, no validity dates, no client certificates
 */

import { type GoError, newError, wrapError } from '../../go/errors.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { utf8 } from '../../linux/rope.ts';

export type Certificate = { readonly subject: string; readonly issuer: string; readonly dnsNames: readonly string[] };

/** Issuers that a machine's CA bundle contains unless told otherwise. */
export const PUBLIC_ISSUERS: readonly string[] = [
  'Amazon RSA 2048 M03',
  'WR3',
  'E6',
  'Sectigo ECC Domain Validation Secure Server CA',
];

const HANDSHAKE = 0x16;
const ALERT = 0x15;
const VERSION = [3, 3] as const;
const HEADER_LENGTH = 5;
const encoder = new TextEncoder();

type ClientHello = { serverName: string; alpn: string[] };
type ServerHello = { certificate: Certificate; alpn: string };

function record(type: number, content: unknown): Uint8Array {
  const body = encoder.encode(JSON.stringify(content));
  const out = new Uint8Array(HEADER_LENGTH + body.length);
  out.set([type, ...VERSION, body.length >> 8, body.length & 255]);
  out.set(body, HEADER_LENGTH);
  return out;
}

async function readExactly(ctx: Context, fd: number, length: number): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const part = await ctx.sys.read(ctx, fd, length - at);
    if (part.length === 0) return out.slice(0, at);
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** What a client sees go wrong; the words are Go's. */
function verify(certificate: Certificate, serverName: string, issuers: readonly string[]): GoError | null {
  const x509 = (text: string): GoError =>
    wrapError('tls: failed to verify certificate', newError(`x509: ${text}`, { code: 'x509' }));
  const isIp = /^[\d.]+$/.test(serverName);
  if (!certificate.dnsNames.some((name) => nameMatches(name, serverName))) {
    if (isIp) return x509(`cannot validate certificate for ${serverName} because it doesn't contain any IP SANs`);
    const [only, ...more] = certificate.dnsNames;
    if (only === undefined) return x509(`certificate is not valid for any names, but wanted to match ${serverName}`);
    return x509(`certificate is valid for ${[only, ...more].join(', ')}, not ${serverName}`);
  }
  return issuers.includes(certificate.issuer) ? null : x509('certificate signed by unknown authority');
}

function nameMatches(pattern: string, name: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === name;
  const dot = name.indexOf('.');
  return dot > 0 && name.slice(dot) === pattern.slice(1);
}

export type TlsClientOptions = { serverName: string; issuers?: readonly string[]; skipVerify?: boolean };

/** The client's half, on a connected socket. Throws a GoError as crypto/tls and net/http word it. */
export async function tlsConnect(ctx: Context, fd: number, options: TlsClientOptions): Promise<Certificate> {
  const hello: ClientHello = { serverName: options.serverName, alpn: ['http/1.1'] };
  await ctx.sys.write(ctx, fd, record(HANDSHAKE, hello));
  const head = await readExactly(ctx, fd, HEADER_LENGTH);
  if (head.length < HEADER_LENGTH) throw newError('EOF', { code: 'EOF' });
  if (utf8(head) === 'HTTP/')
    throw newError('http: server gave HTTP response to HTTPS client', { code: 'http response' });
  const [type = 0, major = 0, , high = 0, low = 0] = head;
  if ((type !== HANDSHAKE && type !== ALERT) || major !== VERSION[0])
    throw newError('tls: first record does not look like a TLS handshake');
  const body = await readExactly(ctx, fd, (high << 8) | low);
  if (type === ALERT)
    throw newError(`remote error: tls: ${(JSON.parse(utf8(body)) as { description: string }).description}`);
  const { certificate } = JSON.parse(utf8(body)) as ServerHello;
  const problem =
    options.skipVerify === true ? null : verify(certificate, options.serverName, options.issuers ?? PUBLIC_ISSUERS);
  if (problem === null) return certificate;
  await ctx.sys.write(ctx, fd, record(ALERT, { description: 'bad certificate' }));
  throw problem;
}

export type TlsAccepted = { ok: true; serverName: string } | { ok: false; reason: string };

/** The server's half. A client that speaks plain HTTP gets the answer Go's server gives before it is cut off. */
export async function tlsAccept(ctx: Context, fd: number, certificate: Certificate): Promise<TlsAccepted> {
  try {
    const head = await readExactly(ctx, fd, HEADER_LENGTH);
    if (head.length < HEADER_LENGTH) return { ok: false, reason: 'EOF' };
    const [type = 0, , , high = 0, low = 0] = head;
    if (type !== HANDSHAKE) {
      await ctx.sys.write(ctx, fd, 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n');
      return { ok: false, reason: 'client sent an HTTP request to an HTTPS server' };
    }
    const { serverName } = JSON.parse(utf8(await readExactly(ctx, fd, (high << 8) | low))) as ClientHello;
    const hello: ServerHello = { certificate, alpn: 'http/1.1' };
    await ctx.sys.write(ctx, fd, record(HANDSHAKE, hello));
    return { ok: true, serverName };
  } catch (error) {
    if (isErrno(error)) return { ok: false, reason: error.go };
    throw error;
  }
}
