import { expect, test } from 'vitest';
import { posixRegex } from './regex.ts';

const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const OPERATORS = new Set('\\[^$.*+?()|{}');

test('every printable character that is no operator stands for itself, bare, escaped and in a set', () => {
  for (const extended of [false, true]) {
    for (const c of printable.filter((p) => !OPERATORS.has(p))) {
      expect(posixRegex(`x${c}y`, { extended }).test(`x${c}y`), `bare ${c}`).toBe(true);
      if (/[^\w<>`']/.test(c)) expect(posixRegex(`x\\${c}y`, { extended }).test(`x${c}y`), `escaped ${c}`).toBe(true);
    }
    for (const c of printable.filter((p) => p !== '^' && p !== '[')) {
      expect(posixRegex(`x[${c}]y`, { extended }).test(`x${c}y`), `set of ${c}`).toBe(true);
      expect(posixRegex(`x[^${c}]y`, { extended }).test(`x${c}y`), `all but ${c}`).toBe(false);
    }
  }
});

test('a dash between words is a dash', () => {
  expect(posixRegex('nginx-sandbox', { extended: false }).exec('an nginx-sandbox')?.[0]).toBe('nginx-sandbox');
  expect(posixRegex('[a-c-]+', { extended: true }).exec('xx-a-b')?.[0]).toBe('-a-b');
});
