import fc from 'fast-check';
import { expect, test } from 'vitest';
import { catchUpCode, readCatchUpCode } from './catch-up.ts';

const places = fc.record({
  lesson: fc.integer({ min: 1, max: 63 }).map((n) => `L${String(n).padStart(2, '0')}`),
  step: fc.integer({ min: 0, max: 15 }),
  seed: fc.integer({ min: 0, max: 32767 }),
});
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

test('there and back again', () => {
  fc.assert(
    fc.property(places, (place) => {
      const code = catchUpCode(place) ?? '';
      expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{6}$/);
      expect(readCatchUpCode(code)).toEqual(place);
      expect(readCatchUpCode(` ${code.slice(0, 3).toLowerCase()}-${code.slice(3)} `)).toEqual(place);
    }),
  );
});

test('one wrong character is always noticed', () => {
  fc.assert(
    fc.property(places, fc.nat(5), fc.nat(31), (place, at, digit) => {
      const code = catchUpCode(place) ?? '';
      const typo = code.slice(0, at) + ALPHABET[digit] + code.slice(at + 1);
      expect(readCatchUpCode(typo)).toEqual(typo === code ? place : null);
    }),
  );
});

test('two characters that changed places are always noticed', () => {
  fc.assert(
    fc.property(places, fc.nat(4), (place, at) => {
      const code = catchUpCode(place) ?? '';
      const typo = code.slice(0, at) + code[at + 1] + code[at] + code.slice(at + 2);
      expect(readCatchUpCode(typo)).toEqual(typo === code ? place : null);
    }),
  );
});

test('what looks like a digit is one, and what is no code is none', () => {
  const code = catchUpCode({ lesson: 'L01', step: 0, seed: 1 }) ?? '';
  expect(readCatchUpCode(code.replaceAll('0', 'O').replaceAll('1', 'l'))).toEqual({ lesson: 'L01', step: 0, seed: 1 });
  for (const text of ['', '000000', '00000', 'ABCDEFG', '<b>', '课程课程课程'])
    expect(readCatchUpCode(text)).toBeNull();
});

test('what has no room in a code gets none', () => {
  for (const place of [
    { lesson: 'R01', step: 0, seed: 1 },
    { lesson: 'L64', step: 0, seed: 1 },
    { lesson: 'L01', step: 16, seed: 1 },
    { lesson: 'L01', step: 0, seed: 40000 },
    { lesson: 'L01', step: 0.5, seed: 1 },
  ])
    expect(catchUpCode(place)).toBeNull();
});
