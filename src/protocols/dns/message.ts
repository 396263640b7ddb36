/** DNS messages: one question, A records. @models RFC 1035 @fidelity partial: class IN, type A, no compression written */

export type DnsQuestion = { id: number; name: string; type: number };
export type DnsAnswer = {
  id: number;
  name: string;
  rcode: number;
  addresses: string[];
  /** The server's own zone: AA is set, and nobody was asked for it (RA is not). */
  authoritative?: boolean;
};

const FLAGS = { resolved: 0x8180, authoritative: 0x8500 };
const AA = 0x0400;

const TYPE_A = 1;
const CLASS_IN = 1;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function nameBytes(name: string): number[] {
  const out: number[] = [];
  for (const label of name.replace(/\.$/, '').split('.')) {
    const bytes = encoder.encode(label).subarray(0, 63);
    out.push(bytes.length, ...bytes);
  }
  out.push(0);
  return out;
}

const u16 = (value: number): number[] => [(value >> 8) & 255, value & 255];

export function encodeQuery({ id, name, type }: DnsQuestion): Uint8Array {
  return Uint8Array.from([
    ...u16(id),
    1,
    0,
    ...u16(1),
    ...u16(0),
    ...u16(0),
    ...u16(0),
    ...nameBytes(name),
    ...u16(type),
    ...u16(CLASS_IN),
  ]);
}

export function encodeAnswer({ id, name, rcode, addresses, authoritative = false }: DnsAnswer): Uint8Array {
  const records = addresses.flatMap((a) => [
    ...nameBytes(name),
    ...u16(TYPE_A),
    ...u16(CLASS_IN),
    0,
    0,
    0,
    60,
    ...u16(4),
    ...a.split('.').map(Number),
  ]);
  return Uint8Array.from([
    ...u16(id),
    ...u16((authoritative ? FLAGS.authoritative : FLAGS.resolved) | rcode),
    ...u16(1),
    ...u16(addresses.length),
    ...u16(0),
    ...u16(0),
    ...nameBytes(name),
    ...u16(TYPE_A),
    ...u16(CLASS_IN),
    ...records,
  ]);
}

function readName(bytes: Uint8Array, start: number): { name: string; next: number } {
  const labels: string[] = [];
  let at = start;
  for (;;) {
    const length = bytes[at] ?? 0;
    if (length === 0) return { name: labels.join('.'), next: at + 1 };
    labels.push(decoder.decode(bytes.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
}

const word = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

export function decodeQuery(bytes: Uint8Array): DnsQuestion {
  const { name, next } = readName(bytes, 12);
  return { id: word(bytes, 0), name, type: word(bytes, next) };
}

export function decodeAnswer(bytes: Uint8Array): DnsAnswer {
  const question = readName(bytes, 12);
  let at = question.next + 4;
  const addresses: string[] = [];
  for (let i = 0; i < word(bytes, 6); i++) {
    at = readName(bytes, at).next;
    const length = word(bytes, at + 8);
    if (word(bytes, at) === TYPE_A && length === 4) addresses.push([...bytes.subarray(at + 10, at + 14)].join('.'));
    at += 10 + length;
  }
  const flags = word(bytes, 2);
  return {
    id: word(bytes, 0),
    name: question.name,
    rcode: flags & 15,
    addresses,
    authoritative: (flags & AA) !== 0,
  };
}

export const DNS_TYPE_A = TYPE_A;
export const NXDOMAIN = 3;
