/** Sizes as GNU programs print and read them. @models gnulib human.c, xstrtol.c */

const LETTERS = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

/** `human_readable` with ceiling rounding: 4.0K, 17M, 1.2G; `si` counts in thousands with a small k. */
export function humanSize(bytes: number, si = false): string {
  const base = si ? 1000 : 1024;
  let value = bytes;
  let unit = 0;
  while (value >= base && unit < LETTERS.length - 1) {
    value /= base;
    unit++;
  }
  if (unit === 0) return String(bytes);
  const letter = si && unit === 1 ? 'k' : (LETTERS[unit] as string);
  const tenths = Math.ceil(value * 10 - 1e-9);
  if (tenths < 100) return `${(tenths / 10).toFixed(1)}${letter}`;
  const whole = Math.ceil(value - 1e-9);
  if (whole >= base && unit < LETTERS.length - 1) return `1.0${LETTERS[unit + 1]}`;
  return `${whole}${letter}`;
}

/** `10`, `4k`, `1M`, `2MB`, `1KiB`; null if it is not a size. */
export function parseSize(text: string): number | null {
  const match = /^(\d+)(?:(b)|(?:([kKMGTPE])(B|iB)?))?$/.exec(text);
  if (match === null) return null;
  const [, digits, block, letter, suffix] = match;
  const value = Number(digits);
  if (block !== undefined) return value * 512;
  if (letter === undefined) return value;
  return value * (suffix === 'B' ? 1000 : 1024) ** LETTERS.indexOf(letter.toUpperCase());
}
