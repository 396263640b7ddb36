/**
 * The visible part of TLS for both ends: who is asked for, which certificate is shown, whether it is believed.
 * Records have TLS's real framing (type, version, length); their contents are JSON.
 * @models crypto/tls, crypto/x509
 * @fidelity partial: no encryption, no key exchange, no validity dates, keys are not proved
 */

import { type GoError, newError, wrapError } from '../../go/errors.ts';
import { base64 } from '../../go/json.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { utf8 } from '../../linux/rope.ts';
import { fromBase64 } from '../base64.ts';

export type Certificate = {
  /** Common name. */
  readonly subject: string;
  readonly issuer: string;
  /** Host names and, as text, addresses. */
  readonly dnsNames: readonly string[];
  readonly organizations?: readonly string[];
};

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
type ServerHello = { certificate: Certificate; alpn: string; certificateRequest?: boolean };

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

export type TlsClientOptions = {
  serverName: string;
  issuers?: readonly string[];
  skipVerify?: boolean;
  /** Shown to a server that asks for one. */
  clientCertificate?: Certificate;
  /** What will be spoken. */
  protocol?: 'http/1.1' | 'h2';
};

/** The client's half, on a connected socket. Throws a GoError as crypto/tls and net/http word it. */
export async function tlsConnect(ctx: Context, fd: number, options: TlsClientOptions): Promise<Certificate> {
  const hello: ClientHello = { serverName: options.serverName, alpn: [options.protocol ?? 'http/1.1'] };
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
  const { certificate, certificateRequest } = JSON.parse(utf8(body)) as ServerHello;
  const problem =
    options.skipVerify === true ? null : verify(certificate, options.serverName, options.issuers ?? PUBLIC_ISSUERS);
  if (problem === null) {
    if (certificateRequest === true)
      await ctx.sys.write(ctx, fd, record(HANDSHAKE, { certificate: options.clientCertificate ?? null }));
    return certificate;
  }
  await ctx.sys.write(ctx, fd, record(ALERT, { description: 'bad certificate' }));
  throw problem;
}

export type TlsAccepted =
  | { ok: true; serverName: string; clientCertificate: Certificate | null }
  | { ok: false; reason: string };

/**
 * The server's half. A client that speaks plain HTTP gets the answer Go's server gives before it is cut off.
 * With `clientIssuers` the client is asked for a certificate; one that none of them has issued ends the handshake, and
 * so does none at all where it must show one.
 */
export async function tlsAccept(
  ctx: Context,
  fd: number,
  certificate: Certificate,
  clientIssuers?: readonly string[],
  clientMustShow = false,
  answersPlain = true,
): Promise<TlsAccepted> {
  try {
    const head = await readExactly(ctx, fd, HEADER_LENGTH);
    if (head.length < HEADER_LENGTH) return { ok: false, reason: 'EOF' };
    const [type = 0, , , high = 0, low = 0] = head;
    if (type !== HANDSHAKE) {
      if (answersPlain)
        await ctx.sys.write(
          ctx,
          fd,
          'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n',
        );
      return { ok: false, reason: 'client sent an HTTP request to an HTTPS server' };
    }
    const { serverName, alpn } = JSON.parse(utf8(await readExactly(ctx, fd, (high << 8) | low))) as ClientHello;
    const asks = clientIssuers === undefined ? {} : { certificateRequest: true };
    const hello: ServerHello = { certificate, alpn: alpn[0] ?? 'http/1.1', ...asks };
    await ctx.sys.write(ctx, fd, record(HANDSHAKE, hello));
    if (clientIssuers === undefined) return { ok: true, serverName, clientCertificate: null };
    return await acceptClientCertificate(ctx, fd, serverName, clientIssuers, clientMustShow);
  } catch (error) {
    if (isErrno(error)) return { ok: false, reason: error.go };
    throw error;
  }
}

async function acceptClientCertificate(
  ctx: Context,
  fd: number,
  serverName: string,
  issuers: readonly string[],
  mustShow: boolean,
): Promise<TlsAccepted> {
  const head = await readExactly(ctx, fd, HEADER_LENGTH);
  if (head.length < HEADER_LENGTH) return { ok: false, reason: 'EOF' };
  const [type = 0, , , high = 0, low = 0] = head;
  const body = utf8(await readExactly(ctx, fd, (high << 8) | low));
  if (type === ALERT)
    return { ok: false, reason: `remote error: tls: ${(JSON.parse(body) as { description: string }).description}` };
  const { certificate } = JSON.parse(body) as { certificate: Certificate | null };
  // As in TLS 1.3: the client learns of it when it first reads.
  if (certificate === null && mustShow) {
    await ctx.sys.write(ctx, fd, record(ALERT, { description: 'certificate required' }));
    return { ok: false, reason: "tls: client didn't provide a certificate" };
  }
  if (certificate === null || issuers.includes(certificate.issuer))
    return { ok: true, serverName, clientCertificate: certificate };
  await ctx.sys.write(ctx, fd, record(ALERT, { description: 'unknown certificate authority' }));
  return { ok: false, reason: 'tls: failed to verify certificate: x509: certificate signed by unknown authority' };
}

/** The client's half for whoever is no program of the machine: bytes in, bytes out. The server is believed. */
export class TlsClientHandshake {
  private readonly certificate: Certificate;
  private received = new Uint8Array(0);

  constructor(certificate: Certificate) {
    this.certificate = certificate;
  }

  hello(serverName: string): Uint8Array {
    return record(HANDSHAKE, { serverName, alpn: ['http/1.1'] } satisfies ClientHello);
  }

  /** What is to be sent once the server's hello is there, and what came after it; null before. */
  receive(bytes: Uint8Array): { send: Uint8Array; rest: Uint8Array } | null {
    const all = new Uint8Array(this.received.length + bytes.length);
    all.set(this.received);
    all.set(bytes, this.received.length);
    this.received = all;
    const end = HEADER_LENGTH + (((all[3] ?? 0) << 8) | (all[4] ?? 0));
    if (all.length < HEADER_LENGTH || all.length < end) return null;
    const hello = JSON.parse(utf8(all.subarray(HEADER_LENGTH, end))) as ServerHello;
    const send =
      hello.certificateRequest === true ? record(HANDSHAKE, { certificate: this.certificate }) : new Uint8Array(0);
    return { send, rest: all.slice(end) };
  }
}

/** What an alert that comes instead of an answer says; null if the bytes are none. */
export function alertText(bytes: Uint8Array): string | null {
  if (bytes[0] !== ALERT || bytes[1] !== VERSION[0] || bytes.length <= HEADER_LENGTH) return null;
  const { description } = JSON.parse(utf8(bytes.subarray(HEADER_LENGTH))) as { description: string };
  return `remote error: tls: ${description}`;
}

const PEM_LINE = 64;

/** The certificate as a file holds it: PEM framing whose body is the model's JSON. */
export function encodePem(certificate: Certificate): string {
  const body = base64(encoder.encode(JSON.stringify(certificate)));
  const lines = body.match(new RegExp(`.{1,${PEM_LINE}}`, 'g')) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** Null when the text holds no certificate of the model. */
export function decodePem(text: string): Certificate | null {
  const body = /-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/.exec(text)?.[1]?.replace(/\s/g, '');
  if (body === undefined) return null;
  try {
    const value = JSON.parse(utf8(fromBase64(body))) as Partial<Certificate>;
    return typeof value.subject === 'string' && typeof value.issuer === 'string' && Array.isArray(value.dnsNames)
      ? (value as Certificate)
      : null;
  } catch {
    return null;
  }
}
