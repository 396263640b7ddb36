/**
 * Certificate signing requests: whom they name, and what is made of them.
 * @models PKCS #10 (RFC 2986) as crypto/x509 reads and openssl writes it
 * @fidelity partial: subject and DNS names; the signature is looked at by nobody, and what is written here signs with a
 *   made-up one, as keys prove nothing in this model
 */
import { base64 } from '../../go/json.ts';
import { utf8 } from '../../linux/rope.ts';
import { fromBase64 } from '../base64.ts';

export type RequestSubject = {
  commonName: string;
  organizations: readonly string[];
  dnsNames: readonly string[];
};

const COMMON_NAME = '55:4:3';
const ORGANIZATION = '55:4:a';
const SUBJECT_ALT_NAME = '55:1d:11';

type Item = { tag: number; content: Uint8Array };

function* items(bytes: Uint8Array): Generator<Item> {
  for (let at = 0; at + 1 < bytes.length; ) {
    const tag = bytes[at] as number;
    let length = bytes[at + 1] as number;
    at += 2;
    if (length > 127) {
      const count = length & 127;
      length = 0;
      for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + i] ?? 0);
      at += count;
    }
    if (at + length > bytes.length) throw new Error('asn1: syntax error: data truncated');
    yield { tag, content: bytes.subarray(at, at + length) };
    at += length;
  }
}

const oid = (content: Uint8Array): string => [...content].map((byte) => byte.toString(16)).join(':');

/** The body of the first PEM block of that name, or null. */
function pemBody(text: string, name: string): Uint8Array | null {
  const [, body] = new RegExp(`-----BEGIN ${name}-----([^-]*)-----END ${name}-----`).exec(text) ?? [];
  if (body === undefined) return null;
  try {
    return fromBase64(body.replace(/\s/g, ''));
  } catch {
    return null;
  }
}

/** Of a PEM text; null when it is no signing request. */
export function parseSigningRequest(pem: string): RequestSubject | null {
  const body = pemBody(pem, 'CERTIFICATE REQUEST') ?? pemBody(pem, 'NEW CERTIFICATE REQUEST');
  if (body === null) return null;
  try {
    const [whole] = items(body);
    const [info] = items(whole?.content ?? new Uint8Array(0));
    const parts = [...items(info?.content ?? new Uint8Array(0))];
    const subject = { commonName: '', organizations: [] as string[], dnsNames: [] as string[] };
    for (const set of items(parts[1]?.content ?? new Uint8Array(0)))
      for (const pair of items(set.content)) {
        const [type, value] = [...items(pair.content)];
        if (type === undefined || value === undefined) continue;
        if (oid(type.content) === COMMON_NAME) subject.commonName = utf8(value.content);
        if (oid(type.content) === ORGANIZATION) subject.organizations.push(utf8(value.content));
      }
    for (const part of parts.slice(3)) findNames(part, subject.dnsNames);
    return subject;
  } catch {
    return null;
  }
}

/** DNS names lie in an extension, deep in the attributes. */
function findNames({ tag, content }: Item, names: string[]): void {
  if ((tag & 32) === 0) return;
  const inner = [...items(content)];
  const [type] = inner;
  if (type?.tag === 6 && oid(type.content) === SUBJECT_ALT_NAME) {
    const octets = inner.at(-1);
    for (const list of items(octets?.content ?? new Uint8Array(0)))
      for (const name of items(list.content)) if (name.tag === 0x82) names.push(utf8(name.content));
    return;
  }
  for (const item of inner) findNames(item, names);
}

/** Of the field `spec.request`: base64 of PEM. */
export function subjectOfRequest(encoded: string): RequestSubject | null {
  try {
    return parseSigningRequest(utf8(fromBase64(encoded)));
  } catch {
    return null;
  }
}

function der(tag: number, ...parts: readonly (readonly number[])[]): number[] {
  const content = parts.flat();
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return [tag, ...head, ...content];
}

const textBytes = (text: string): number[] => [...new TextEncoder().encode(text)];

/** A request of the right form for these names. @param key bytes that stand for the public key and the signature */
export function signingRequestPem(subject: RequestSubject, key: Uint8Array): string {
  const name = (last: number, text: string): number[] =>
    der(0x31, der(0x30, der(6, [0x55, 4, last]), der(0x0c, textBytes(text))));
  const rsa = der(0x30, der(6, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]), [5, 0]);
  const publicKey = der(0x30, rsa, der(3, [0], der(0x30, der(2, [0], [...key]), der(2, [1, 0, 1]))));
  const names = der(0x30, ...subject.dnsNames.map((one) => der(0x82, textBytes(one))));
  const extension = der(0x30, der(6, [0x55, 0x1d, 0x11]), der(4, names));
  const request = der(0x30, der(6, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x0e]), der(0x31, der(0x30, extension)));
  const info = der(
    0x30,
    der(2, [0]),
    der(0x30, ...subject.organizations.map((one) => name(10, one)), name(3, subject.commonName)),
    publicKey,
    der(0xa0, ...(subject.dnsNames.length === 0 ? [] : [request])),
  );
  const algorithm = der(0x30, der(6, [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 0x0b]), [5, 0]);
  const whole = Uint8Array.from(der(0x30, info, algorithm, der(3, [0], [...key])));
  const lines = base64(whole).match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
}
