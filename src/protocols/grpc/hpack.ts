import { allocateBytes } from '../byte-queue.ts';
import { readUtf8 } from '../proto/utf8.ts';
import { decodeHuffman } from './huffman.ts';

/** Names are lower case. Values are bytes on the wire; here one character a byte. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

/** RFC 7541 appendix A; index 1 is the first. */
const staticTable: HeaderList = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
];
const staticPairs = new Map<string, number>();
const staticNames = new Map<string, number>();
for (const [at, [name, value]] of staticTable.entries()) {
  staticPairs.set(`${name}\n${value}`, at + 1);
  if (!staticNames.has(name)) staticNames.set(name, at + 1);
}

export class HpackError extends Error {
  override readonly name = 'HpackError';
}

const cacheEntriesMax = 512;
const blockByText = new Map<string, Uint8Array>();
const blockByList = new WeakMap<HeaderList, Uint8Array>();

/**
 * Encodes without a dynamic table and without Huffman, so a block means the same on any connection and can be cached.
 * @param headers kept encoded; quickest when callers pass the same list object again (and do not change it)
 * @fidelity partial: valid HPACK, but Go also indexes dynamically, so real blocks get shorter as a connection ages.
 */
export function encodeHeaders(headers: HeaderList): Uint8Array {
  return blockByList.get(headers) ?? encodeCached(headers);
}

/** Headers that differ at every call and follow the cached ones in a block: encoded anew each time. */
export function encodeMoreHeaders(headers: HeaderList): Uint8Array {
  let sizeMax = 0;
  for (const [name, value] of headers) sizeMax += name.length + value.length + headerOverheadMax;
  const out: Output = { bytes: allocateBytes(sizeMax), at: 0 };
  for (const [name, value] of headers) writeLiteralHeader(out, name, value);
  return out.bytes.subarray(0, out.at);
}

/** Pattern, and two lengths of at most five bytes. */
const headerOverheadMax = 11;

interface Output {
  readonly bytes: Uint8Array;
  at: number;
}

function encodeCached(headers: HeaderList): Uint8Array {
  let key = '';
  for (const [name, value] of headers) key += `${name}\n${value}\n`;
  let block = blockByText.get(key);
  if (block === undefined) {
    const out: Output = { bytes: new Uint8Array(key.length + headers.length * headerOverheadMax), at: 0 };
    for (const header of headers) writeHeader(out, header);
    block = out.bytes.slice(0, out.at);
    if (blockByText.size >= cacheEntriesMax) blockByText.clear();
    blockByText.set(key, block);
  }
  blockByList.set(headers, block);
  return block;
}

function writeHeader(out: Output, [name, value]: readonly [string, string]): void {
  const pair = staticPairs.get(`${name}\n${value}`);
  if (pair !== undefined) writeInteger(out, 0x80, 7, pair);
  else writeLiteralHeader(out, name, value);
}

function writeLiteralHeader(out: Output, name: string, value: string): void {
  const nameIndex = staticNames.get(name) ?? 0;
  writeInteger(out, 0, 4, nameIndex);
  if (nameIndex === 0) writeLiteral(out, name);
  writeLiteral(out, value);
}

function writeInteger(out: Output, pattern: number, prefixBits: number, value: number): void {
  const prefixMax = 2 ** prefixBits - 1;
  if (value < prefixMax) {
    out.bytes[out.at++] = pattern | value;
    return;
  }
  out.bytes[out.at++] = pattern | prefixMax;
  let rest = value - prefixMax;
  while (rest > 127) {
    out.bytes[out.at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  out.bytes[out.at++] = rest;
}

function writeLiteral(out: Output, text: string): void {
  writeInteger(out, 0, 7, text.length);
  const { bytes, at } = out;
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
  out.at = at + text.length;
}

export interface HeaderDecoder {
  /** @throws HpackError, after which the connection is unusable (COMPRESSION_ERROR) */
  decode(block: Uint8Array): HeaderList;
}

const tableBytesMax = 4096;

// Blocks of one kind begin alike: what lies within the common start of this one and the last is not decoded again.
// Kinds are told apart by the first byte, in which a request, a response and its trailers differ, and by the length, in
// which the calls of different methods do. Only headers that depend on no dynamic table are reused, so all connections
// may share what was seen.
const lastByKind = new Map<number, Decoded>();
const kindsMax = 1024;

/** One per connection and direction, as the dynamic table is state that both ends share. */
export function newHeaderDecoder(): HeaderDecoder {
  /** Newest first. */
  const dynamic: (readonly [string, string])[] = [];
  let tableBytes = 0;
  let limit = tableBytesMax;
  function evict(): void {
    while (tableBytes > limit) {
      const [name, value] = dynamic.pop() as readonly [string, string];
      tableBytes -= name.length + value.length + 32;
    }
  }

  function entry(index: number): readonly [string, string] {
    const found = index <= staticTable.length ? staticTable[index - 1] : dynamic[index - staticTable.length - 1];
    if (found === undefined) throw new HpackError(`invalid indexed representation index ${index}`);
    return found;
  }

  return {
    decode(block) {
      const kind = ((block[0] ?? 0) << 20) | block.length;
      const reader = { block, view: new DataView(block.buffer, block.byteOffset, block.length), at: 0 };
      const last = lastByKind.get(kind);
      const count = last === undefined ? 0 : commonHeaders(last, reader);
      const headers: (readonly [string, string])[] = last === undefined ? [] : last.headers.slice(0, count);
      if (last !== undefined && count > 0) reader.at = last.ends[count - 1] as number;
      if (reader.at === block.length) return headers;
      /** Null if this one need not be remembered. */
      const ends = last === undefined ? [] : reader.at * 2 < block.length ? last.ends.slice(0, count) : null;
      let isPure = true;
      while (reader.at < block.length) {
        const first = block[reader.at] as number;
        if (first & 0x80) {
          const index = readInteger(reader, 7);
          isPure &&= index <= staticTable.length;
          headers.push(entry(index));
        } else if ((first & 0xe0) === 0x20) {
          isPure = false;
          limit = readInteger(reader, 5);
          if (limit > tableBytesMax) throw new HpackError('dynamic table size update too large');
          evict();
        } else {
          const isIndexed = (first & 0x40) !== 0;
          const index = readInteger(reader, isIndexed ? 6 : 4);
          isPure &&= !isIndexed && index <= staticTable.length;
          const name = index === 0 ? readLiteral(reader) : entry(index)[0];
          const header = [name, name === 'traceparent' ? readUnique(reader) : readLiteral(reader)] as const;
          headers.push(header);
          if (isIndexed) {
            dynamic.unshift(header);
            tableBytes += name.length + header[1].length + 32;
            evict();
          }
        }
        // From the first header that touches the dynamic table, nothing may be reused.
        if (isPure) ends?.push(reader.at);
      }
      if (ends !== null) {
        if (lastByKind.size >= kindsMax) lastByKind.clear();
        lastByKind.set(kind, remember(block, headers, ends));
      }
      return headers;
    },
  };
}

interface Decoded {
  /** A copy of the block, as the caller may use its buffer again. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly length: number;
  readonly headers: HeaderList;
  /** Where each header that depends on nothing before it ends. */
  readonly ends: readonly number[];
}

function remember(block: Uint8Array, headers: HeaderList, ends: readonly number[]): Decoded {
  const bytes = block.slice();
  return { bytes, view: new DataView(bytes.buffer), length: bytes.length, headers: headers.slice(), ends };
}

/** How many of the headers that were seen last are these, too. */
function commonHeaders(last: Decoded, reader: Reader): number {
  const commonMax = Math.min(last.length, reader.block.length);
  let common = 0;
  while (common + 4 <= commonMax && last.view.getInt32(common) === reader.view.getInt32(common)) common += 4;
  while (common < commonMax && last.bytes[common] === reader.block[common]) common++;
  let count = 0;
  while (count < last.ends.length && (last.ends[count] as number) <= common) count++;
  return count;
}

interface Reader {
  readonly block: Uint8Array;
  readonly view: DataView;
  at: number;
}

function readInteger(reader: Reader, prefixBits: number): number {
  const prefixMax = 2 ** prefixBits - 1;
  let value = (reader.block[reader.at++] as number) & prefixMax;
  if (value < prefixMax) return value;
  for (let shift = 0; shift <= 21; shift += 7) {
    const byte = reader.block[reader.at++];
    if (byte === undefined) throw new HpackError('truncated headers');
    value += (byte & 127) << shift;
    if (byte < 128) return value;
  }
  throw new HpackError('varint integer overflow');
}

function readLiteral(reader: Reader): string {
  const isHuffman = ((reader.block[reader.at] ?? 0) & 0x80) !== 0;
  if (reader.at >= reader.block.length) throw new HpackError('truncated headers');
  const length = readInteger(reader, 7);
  const end = reader.at + length;
  if (end > reader.block.length) throw new HpackError('truncated headers');
  const start = reader.at;
  reader.at = end;
  if (!isHuffman) {
    const text = readUtf8(reader.block, reader.view, start, end);
    return text !== undefined && text.length === length ? text : latin1(reader.block.subarray(start, end));
  }
  const octets = decodeHuffman(reader.block.subarray(start, end));
  if (octets === undefined) throw new HpackError('invalid Huffman-encoded data');
  return latin1(octets);
}

/** A literal that is never sent again: nothing of it is kept. */
function readUnique(reader: Reader): string {
  const length = reader.block[reader.at] ?? 0;
  const start = reader.at + 1;
  const end = start + length;
  // Neither Huffman-coded nor long, or else it is not what it seems.
  if (length > 100 || end > reader.block.length) return readLiteral(reader);
  reader.at = end;
  return String.fromCharCode.apply(undefined, reader.block.subarray(start, end) as unknown as number[]);
}

function latin1(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) text += String.fromCharCode(octet);
  return text;
}
