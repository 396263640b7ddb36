import { expect, test } from 'vitest';
import { newSpdyReader, newSpdyWriter, SpdyError, type SpdyFrame } from './spdy-frames.ts';

const FRAMES: SpdyFrame[] = [
  { type: 'syn-stream', stream: 1, fin: false, headers: { streamtype: 'error' } },
  { type: 'syn-stream', stream: 3, fin: false, headers: { streamtype: 'data', port: '80', requestid: '0' } },
  { type: 'syn-reply', stream: 1, fin: false, headers: {} },
  { type: 'data', stream: 3, fin: false, data: new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n') },
  { type: 'syn-stream', stream: 5, fin: true, headers: { streamtype: 'error', host: 'localhost' } },
  { type: 'ping', id: 7 },
  { type: 'rst-stream', stream: 3, status: 5 },
  { type: 'goaway', lastStream: 5, status: 0 },
  { type: 'data', stream: 1, fin: true, data: new Uint8Array(0) },
];

test('frames come back as they were, however they are cut', () => {
  const write = newSpdyWriter();
  const bytes = FRAMES.map((frame) => write(frame));
  const all = new Uint8Array(bytes.reduce((sum, b) => sum + b.length, 0));
  let at = 0;
  for (const b of bytes) {
    all.set(b, at);
    at += b.length;
  }
  for (const step of [1, 7, 64, all.length]) {
    const read = newSpdyReader();
    const got: SpdyFrame[] = [];
    for (let i = 0; i < all.length; i += step) got.push(...read(all.subarray(i, i + step)));
    expect(got).toEqual(FRAMES);
  }
});

/** Two streams as zlib itself compresses their headers. */
const FROM_ZLIB =
  '80030001000000280000000100000000000078f9e3c6a7c202a62346703a2b294a4dcc851625aca9a080060000' +
  '00ffff800300010000001900000003000000000000c22a054ccc29f9a52500000000ffff';

test('header blocks of another implementation', () => {
  const bytes = Uint8Array.from(FROM_ZLIB.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  expect(newSpdyReader()(bytes)).toEqual([
    { type: 'syn-stream', stream: 1, fin: false, headers: { streamtype: 'error' } },
    { type: 'syn-stream', stream: 3, fin: false, headers: { streamtype: 'stdout' } },
  ]);
});

test('garbage is an error, not an exception of another kind', () => {
  const read = newSpdyReader();
  expect(() => read(Uint8Array.from([0x80, 2, 0, 1, 0, 0, 0, 0]))).toThrow(SpdyError);
  const other = newSpdyReader();
  expect(() => other(Uint8Array.from([0x80, 3, 0, 1, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 9, 9]))).toThrow(
    SpdyError,
  );
});
