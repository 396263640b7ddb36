import { gunzipSync, gzipSync, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pseudoRandomSource } from '../../linux/program.ts';
import { Rope } from '../../linux/rope.ts';
import { crc32 } from './crc32.ts';
import { deflateRun } from './deflate.ts';
import { GzipError, gunzip, gzip } from './gzip.ts';
import { zeros } from './zeros.ts';

const bulk = Rope.from(pseudoRandomSource('bulk', 200_001));
const mixed = Rope.concat([Rope.text('head'), bulk, zeros(5_000_123), Rope.text('tail'), zeros(511)]);

describe('gzip', () => {
  it('computes the standard check value', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  });

  it('deflates anything so that zlib gives it back', () => {
    const final = Uint8Array.of(1, 0, 0, 255, 255);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 5000 }),
      fc.array(fc.constantFrom(0, 1, 200), { maxLength: 5000 }).map((a) => Uint8Array.from(a)),
    );
    fc.assert(
      fc.property(bytes, (data) => {
        expect(Buffer.from(inflateRawSync(Buffer.concat([deflateRun(data), final]))).equals(data)).toBe(true);
      }),
    );
    const text = new TextEncoder().encode('a line of a configuration file that comes back\n'.repeat(3000));
    expect(inflateRawSync(Buffer.concat([deflateRun(text), final])).equals(text)).toBe(true);
    expect(deflateRun(text).length).toBeLessThan(2500);
  });

  it('is read by zlib', () => {
    const packed = gzip(mixed);
    expect(Buffer.from(gunzipSync(packed.bytes())).equals(mixed.bytes())).toBe(true);
    expect(packed.length).toBeLessThan(250_000);
  });

  it('reads its own output without materialising bulk', () => {
    const out = gunzip(gzip(mixed));
    expect(out.length).toBe(mixed.length);
    const sources = [...out.pieces()].flatMap((p) => ('source' in p ? [p.source.id] : []));
    expect(sources).toContain('prng:bulk');
    expect(Buffer.from(out.bytes()).equals(mixed.bytes())).toBe(true);
  });

  it('reads zlib output, one member or many, and mixtures', () => {
    const a = gzipSync('first ');
    const b = gzipSync('second '.repeat(1000));
    expect(gunzip(Rope.of(a)).toString()).toBe('first ');
    expect(gunzip(Rope.of(Buffer.concat([a, b]))).toString()).toBe(`first ${'second '.repeat(1000)}`);
    expect(gunzip(gzip(Rope.text('own ')).concat(Rope.of(b))).toString()).toBe(`own ${'second '.repeat(1000)}`);
    expect(gunzip(gzip(Rope.text('x')).concat(gzip(Rope.text('y')))).toString()).toBe('xy');
  });

  it.each([
    ['empty', new Uint8Array(0), 'EOF'],
    ['not gzip', new TextEncoder().encode('hello, world'), 'gzip: invalid header'],
    ['short header', Uint8Array.of(0x1f, 0x8b, 8), 'unexpected EOF'],
    ['truncated stored', gzip(Rope.text('hello')).bytes().slice(0, 17), 'unexpected EOF'],
    ['truncated trailer', gzip(Rope.text('hello')).bytes().slice(0, -3), 'unexpected EOF'],
    ['truncated deflate', gzipSync('hello '.repeat(50)).subarray(0, 16), 'unexpected EOF'],
    ['wrong checksum', flip(gzip(Rope.text('hello')).bytes(), 16), 'gzip: invalid checksum'],
    ['wrong deflate checksum', flip(gzipSync('hello '.repeat(50)), -6), 'gzip: invalid checksum'],
  ])('%s', (_, bytes, message) => {
    expect(() => gunzip(Rope.of(bytes))).toThrow(new GzipError(message));
  });
});

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const out = bytes.slice();
  const i = at < 0 ? out.length + at : at;
  out[i] = (out[i] ?? 0) ^ 1;
  return out;
}
