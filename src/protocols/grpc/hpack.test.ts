import fc from 'fast-check';
import { expect, it } from 'vitest';
import { concatBytes } from '../byte-queue.ts';
import type { HeaderList } from './hpack.ts';
import { encodeHeaders, encodeMoreHeaders, newHeaderDecoder } from './hpack.ts';

const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

it('decodes the request examples of RFC 7541 C.4 (Huffman, dynamic table)', () => {
  const decoder = newHeaderDecoder();
  const first = [
    [':method', 'GET'],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'www.example.com'],
  ];
  expect(decoder.decode(fromHex('828684418cf1e3c2e5f23a6ba0ab90f4ff'))).toEqual(first);
  expect(decoder.decode(fromHex('828684be5886a8eb10649cbf'))).toEqual([...first, ['cache-control', 'no-cache']]);
  expect(decoder.decode(fromHex('828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf'))).toEqual([
    [':method', 'GET'],
    [':scheme', 'https'],
    [':path', '/index.html'],
    [':authority', 'www.example.com'],
    ['custom-key', 'custom-value'],
  ]);
});

it('evicts from the dynamic table: RFC 7541 C.6 with a table of 256 bytes', () => {
  const decoder = newHeaderDecoder();
  decoder.decode(fromHex('3fe101')); // size update to 256
  decoder.decode(
    fromHex(
      '488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3',
    ),
  );
  expect(decoder.decode(fromHex('4883640effc1c0bf'))).toEqual([
    [':status', '307'],
    ['cache-control', 'private'],
    ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'],
    ['location', 'https://www.example.com'],
  ]);
  expect(() => decoder.decode(fromHex('c5'))).toThrow('invalid indexed representation index 69');
});

it('encodes with the static table and plain literals', () => {
  const headers: HeaderList = [
    [':method', 'POST'],
    [':path', '/x'],
    ['te', 'trailers'],
  ];
  const block = encodeHeaders(headers);
  expect([...block]).toEqual([0x83, 0x04, 2, 47, 120, 0, 2, 116, 101, 8, ...new TextEncoder().encode('trailers')]);
  expect(encodeHeaders(headers)).toBe(block);
  expect(
    encodeHeaders([
      [':method', 'POST'],
      [':path', '/x'],
      ['te', 'trailers'],
    ]),
  ).toBe(block);
});

it('round-trips any headers', () => {
  const name = fc.stringMatching(/^[a-z][a-z-]{0,20}$/);
  const value = fc
    .array(fc.integer({ min: 32, max: 255 }), { maxLength: 200 })
    .map((codes) => String.fromCharCode(...codes));
  const list = fc.array(fc.tuple(name, value), { maxLength: 8 });
  fc.assert(
    fc.property(list, list, (headers, changing) => {
      const block = concatBytes([encodeHeaders(headers), encodeMoreHeaders(changing)]);
      expect(newHeaderDecoder().decode(block)).toEqual([...headers, ...changing]);
    }),
    { seed: 1 },
  );
});

it('survives random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        newHeaderDecoder().decode(bytes);
      } catch (error) {
        expect((error as Error).name).toBe('HpackError');
      }
    }),
    { seed: 1, numRuns: 3000 },
  );
});
