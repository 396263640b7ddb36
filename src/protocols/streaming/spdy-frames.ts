/**
 * SPDY frames, and the compression of their header blocks: one zlib stream each way for the whole connection, which begins
 * with a dictionary that both sides know.
 * @models SPDY/3.1 (draft-mbelshe-httpbis-spdy-00 with the window rules of 3.1) @fidelity partial: no SETTINGS, no windows, as in moby/spdystream
 */
import { Unzlib } from 'fflate';
import { type ByteQueue, concatBytes, newByteQueue, pushBytes, unreadLength } from '../byte-queue.ts';

export const RST_STATUS = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5 } as const;

export type SpdyFrame =
  | { type: 'syn-stream'; stream: number; fin: boolean; headers: Record<string, string> }
  | { type: 'syn-reply'; stream: number; fin: boolean; headers: Record<string, string> }
  | { type: 'rst-stream'; stream: number; status: number }
  | { type: 'ping'; id: number }
  | { type: 'goaway'; lastStream: number; status: number }
  | { type: 'data'; stream: number; fin: boolean; data: Uint8Array };

export class SpdyError extends Error {
  override readonly name = 'SpdyError';
}

const VERSION = 3;
const CONTROL = 0x80;
const FLAG_FIN = 1;
const HEAD_BYTES = 8;
const TYPE = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goaway: 7, headers: 8 } as const;
const FRAME_BYTES_MAX = (1 << 24) - 1;
const STORED_BYTES_MAX = 65_535;
const ADLER_MODULUS = 65_521;
const HEADER_PAIRS_MAX = 1000;
const HEADER_BYTES_MAX = 1 << 18;

const WORDS =
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow ' +
  'authorization cache-control connection content-base content-encoding content-language content-length ' +
  'content-location content-md5 content-range content-type date etag expect expires from host if-match ' +
  'if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma ' +
  'proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade ' +
  'user-agent vary via warning www-authenticate method get status';
const MORE_WORDS = ['200 OK', 'version', 'HTTP/1.1', 'url', 'public', 'set-cookie', 'keep-alive', 'origin'];
const TAIL =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505' +
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden' +
  '404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable' +
  'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT' +
  'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,' +
  'publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

let dictionaryBytes: Uint8Array | null = null;

function dictionary(): Uint8Array {
  if (dictionaryBytes === null) {
    const words = [...WORDS.split(' '), ...MORE_WORDS].flatMap((word) => lengthAndText(word));
    dictionaryBytes = concatBytes([...words, new TextEncoder().encode(TAIL)]);
  }
  return dictionaryBytes;
}

function lengthAndText(text: string): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  return [uint32(bytes.length), bytes];
}

function uint32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

/** A zlib stream that names the dictionary; its blocks are stored, which costs a few bytes more than compression saves work. */
function zlibHead(): Uint8Array {
  const bytes = dictionary();
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % ADLER_MODULUS;
    b = (b + a) % ADLER_MODULUS;
  }
  return concatBytes([Uint8Array.of(0x78, 0xbb), uint32(((b << 16) | a) >>> 0)]);
}

function stored(data: Uint8Array): Uint8Array {
  const head = new Uint8Array(5);
  const view = new DataView(head.buffer);
  view.setUint16(1, data.length, true);
  view.setUint16(3, ~data.length & 0xffff, true);
  return concatBytes([head, data]);
}

/** Frames in the order they are sent: their header blocks depend on each other. */
export function newSpdyWriter(): (frame: SpdyFrame) => Uint8Array {
  let begun = false;
  const block = (headers: Record<string, string>): Uint8Array => {
    const pairs = Object.entries(headers);
    const plain = concatBytes([
      uint32(pairs.length),
      ...pairs.flatMap(([name, value]) => [...lengthAndText(name.toLowerCase()), ...lengthAndText(value)]),
    ]);
    const parts = begun ? [] : [zlibHead()];
    begun = true;
    for (let at = 0; at < plain.length; at += STORED_BYTES_MAX)
      parts.push(stored(plain.subarray(at, at + STORED_BYTES_MAX)));
    // As a sync flush ends: readers give out what they have.
    parts.push(stored(new Uint8Array(0)));
    return concatBytes(parts);
  };
  return (frame) => {
    const fin = 'fin' in frame && frame.fin ? FLAG_FIN : 0;
    switch (frame.type) {
      case 'data':
        return withHead(frame.stream, fin, [frame.data]);
      case 'syn-stream':
        return control(TYPE.synStream, fin, [uint32(frame.stream), uint32(0), new Uint8Array(2), block(frame.headers)]);
      case 'syn-reply':
        return control(TYPE.synReply, fin, [uint32(frame.stream), block(frame.headers)]);
      case 'rst-stream':
        return control(TYPE.rstStream, 0, [uint32(frame.stream), uint32(frame.status)]);
      case 'ping':
        return control(TYPE.ping, 0, [uint32(frame.id)]);
      case 'goaway':
        return control(TYPE.goaway, 0, [uint32(frame.lastStream), uint32(frame.status)]);
    }
  };
}

function control(type: number, flags: number, parts: readonly Uint8Array[]): Uint8Array {
  return withHead((((CONTROL << 8) | VERSION) << 16) | type, flags, parts);
}

function withHead(first: number, flags: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > FRAME_BYTES_MAX) throw new SpdyError('frame too large');
  const head = new Uint8Array(HEAD_BYTES);
  const view = new DataView(head.buffer);
  view.setUint32(0, first >>> 0);
  view.setUint32(4, (flags << 24) | length);
  return concatBytes([head, ...parts]);
}

/** Give it what arrives; it returns the frames that are complete. Throws SpdyError at what is none. */
export function newSpdyReader(): (chunk: Uint8Array) => SpdyFrame[] {
  const queue: ByteQueue = newByteQueue();
  let inflated: Uint8Array[] = [];
  let inflatedBytes = 0;
  let unzlib: Unzlib | null = null;
  const headersIn = (block: Uint8Array): Record<string, string> => {
    try {
      unzlib ??= new Unzlib({ dictionary: dictionary() }, (chunk) => {
        inflatedBytes += chunk.length;
        if (inflatedBytes > HEADER_BYTES_MAX) throw new SpdyError('header block too large');
        inflated.push(chunk.slice());
      });
      inflatedBytes = 0;
      unzlib.push(block);
    } catch (error) {
      throw new SpdyError(`header block: ${(error as Error).message}`);
    }
    const plain = concatBytes(inflated);
    inflated = [];
    return decodeHeaders(plain);
  };
  return (chunk) => {
    pushBytes(queue, chunk);
    const frames: SpdyFrame[] = [];
    for (;;) {
      if (unreadLength(queue) < HEAD_BYTES) return frames;
      const { bytes, start } = queue;
      const view = new DataView(bytes.buffer, bytes.byteOffset + start);
      const first = view.getUint32(0);
      const flags = view.getUint8(4);
      const length = view.getUint32(4) & FRAME_BYTES_MAX;
      if (unreadLength(queue) < HEAD_BYTES + length) return frames;
      const body = bytes.slice(start + HEAD_BYTES, start + HEAD_BYTES + length);
      queue.start += HEAD_BYTES + length;
      const frame = decodeFrame(first, (flags & FLAG_FIN) !== 0, body, headersIn);
      if (frame !== null) frames.push(frame);
    }
  };
}

function decodeFrame(
  first: number,
  fin: boolean,
  body: Uint8Array,
  headersIn: (block: Uint8Array) => Record<string, string>,
): SpdyFrame | null {
  if (first >>> 31 === 0) return { type: 'data', stream: first, fin, data: body };
  if (((first >>> 16) & 0x7fff) !== VERSION) throw new SpdyError('unsupported version');
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const word = (at: number): number => {
    if (at + 4 > body.length) throw new SpdyError('truncated frame');
    return view.getUint32(at) & 0x7fff_ffff;
  };
  switch (first & 0xffff) {
    case TYPE.synStream:
      return { type: 'syn-stream', stream: word(0), fin, headers: headersIn(body.subarray(10)) };
    case TYPE.synReply:
      return { type: 'syn-reply', stream: word(0), fin, headers: headersIn(body.subarray(4)) };
    case TYPE.headers:
      // Nothing here adds headers later, but the block counts for those to come.
      headersIn(body.subarray(4));
      return null;
    case TYPE.rstStream:
      return { type: 'rst-stream', stream: word(0), status: word(4) };
    case TYPE.ping:
      return { type: 'ping', id: view.getUint32(0) };
    case TYPE.goaway:
      return { type: 'goaway', lastStream: word(0), status: word(4) };
    default:
      return null;
  }
}

function decodeHeaders(plain: Uint8Array): Record<string, string> {
  const view = new DataView(plain.buffer, plain.byteOffset, plain.length);
  let at = 0;
  const number = (): number => {
    if (at + 4 > plain.length) throw new SpdyError('truncated header block');
    at += 4;
    return view.getUint32(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (at + length > plain.length) throw new SpdyError('truncated header block');
    at += length;
    return new TextDecoder().decode(plain.subarray(at - length, at));
  };
  const pairs = number();
  if (pairs > HEADER_PAIRS_MAX) throw new SpdyError('too many headers');
  const headers: Record<string, string> = {};
  for (let i = 0; i < pairs; i++) {
    const name = text().toLowerCase();
    headers[name] = text();
  }
  return headers;
}
