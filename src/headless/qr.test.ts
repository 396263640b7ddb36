import { expect, test } from 'vitest';
import { checkOf, qrModules, qrText } from './qr.ts';

test('the check bytes are those of the standard', () => {
  // ISO/IEC 18004, the example of annex I: "01234567" in version 1-M.
  const data = [0x10, 0x20, 0x0c, 0x56, 0x61, 0x80, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11];
  expect(checkOf(data, 10)).toEqual([0xa5, 0x24, 0xd4, 0xc1, 0xed, 0x36, 0xc7, 0x87, 0x2c, 0x55]);
});

test('what was encoded is read back from the modules', () => {
  for (const text of ['http://10.0.0.1:4173/', 'http://192.168.100.200:65535/?lesson=L17&lang=zh-CN#learn']) {
    const modules = qrModules(text);
    expect(read(modules)).toBe(text);
    expect(modules[8]?.slice(0, 9).map(Number).join('')).toBe('111011111'.slice(0, 6) + Number(modules[8]?.[6]) + '11');
  }
});

test('an address that is too long is refused', () => {
  expect(() => qrText(`http://${'a'.repeat(200)}/`)).toThrow('too many');
});

/** The other way round, written on its own: which modules are fixed is told by their places. */
function read(modules: boolean[][]): string {
  const size = modules.length;
  const isFixed = (r: number, c: number): boolean =>
    (r < 9 && c < 9) ||
    (r < 9 && c >= size - 8) ||
    (r >= size - 8 && c < 9) ||
    r === 6 ||
    c === 6 ||
    (size > 21 && Math.abs(r - (size - 7)) <= 2 && Math.abs(c - (size - 7)) <= 2);
  const bits: number[] = [];
  let up = true;
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let i = 0; i < size; i++) {
      const r = up ? size - 1 - i : i;
      for (const c of [right, right - 1])
        if (!isFixed(r, c)) bits.push(Number(modules[r]?.[c] === true) ^ Number((r + c) % 2 === 0));
    }
    up = !up;
  }
  const number = (from: number, count: number): number => Number.parseInt(bits.slice(from, from + count).join(''), 2);
  const bytes = Uint8Array.from({ length: number(4, 8) }, (_, i) => number(12 + 8 * i, 8));
  return new TextDecoder().decode(bytes);
}
