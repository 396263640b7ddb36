/**
 * printf's conversions, shared with awk, seq, stat and date-like formats.
 * @models coreutils 9.7 src/printf.c @fidelity partial: doubles instead of long doubles; no %a
 */
export type Conversion = { flags: string; width: number | null; precision: number | null; letter: string };

export function pad(text: string, c: Conversion): string {
  if (c.width === null || text.length >= c.width) return text;
  if (c.flags.includes('-')) return text.padEnd(c.width);
  if (
    c.flags.includes('0') &&
    /[diouxXeEfFgG]/.test(c.letter) &&
    (c.precision === null || /[eEfFgG]/.test(c.letter)) &&
    !/inf|nan/i.test(text)
  ) {
    const sign = /^[-+ ]|^0[xX]/.exec(text)?.[0] ?? '';
    return sign + text.slice(sign.length).padStart(c.width - sign.length, '0');
  }
  return text.padStart(c.width);
}

function signOf(negative: boolean, flags: string): string {
  return negative ? '-' : flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

export function formatInteger(value: bigint, c: Conversion): string {
  const unsigned = 'ouxX'.includes(c.letter);
  const magnitude = unsigned ? BigInt.asUintN(64, value) : value < 0n ? -value : value;
  const radix = c.letter === 'o' ? 8 : c.letter === 'x' || c.letter === 'X' ? 16 : 10;
  let digits = magnitude.toString(radix);
  if (c.letter === 'X') digits = digits.toUpperCase();
  if (c.precision !== null) digits = c.precision === 0 && magnitude === 0n ? '' : digits.padStart(c.precision, '0');
  if (c.flags.includes('#') && magnitude !== 0n)
    digits = (radix === 16 ? `0${c.letter}` : radix === 8 && !digits.startsWith('0') ? '0' : '') + digits;
  return pad((unsigned ? '' : signOf(value < 0n, c.flags)) + digits, c);
}

export function formatFloat(value: number, c: Conversion): string {
  const upper = c.letter === c.letter.toUpperCase();
  const letter = c.letter.toLowerCase();
  const negative = value < 0 || Object.is(value, -0);
  const magnitude = Math.abs(value);
  let text: string;
  if (!Number.isFinite(value)) text = Number.isNaN(value) ? 'nan' : 'inf';
  else if (letter === 'f')
    text =
      magnitude >= 1e21
        ? BigInt(magnitude).toString() + ((c.precision ?? 6) > 0 ? `.${'0'.repeat(c.precision ?? 6)}` : '')
        : magnitude.toFixed(Math.min(100, c.precision ?? 6));
  else if (letter === 'e') text = exponent(magnitude, c.precision ?? 6);
  else {
    const precision = c.precision === 0 ? 1 : (c.precision ?? 6);
    const scientific = exponent(magnitude, precision - 1);
    const power = Number(scientific.slice(scientific.indexOf('e') + 1));
    if (power < -4 || power >= precision) text = c.flags.includes('#') ? scientific : scientific.replace(/\.?0*e/, 'e');
    else {
      text = magnitude.toFixed(Math.max(0, precision - 1 - power));
      if (!c.flags.includes('#') && text.includes('.')) text = text.replace(/\.?0+$/, '');
    }
  }
  if (upper) text = text.toUpperCase();
  return pad(signOf(negative && !Number.isNaN(value), c.flags) + text, c);
}

function exponent(value: number, precision: number): string {
  return value.toExponential(Math.min(100, precision)).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** C's strtoimax with base 0 and a leading quote for a character's code; rest is what was not read. */
export function readInteger(text: string): { value: bigint; rest: string } {
  if (/^["']/.test(text)) return { value: BigInt(text.codePointAt(1) ?? 0), rest: '' };
  const match = /^\s*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)/.exec(text);
  if (match === null) return { value: 0n, rest: text };
  const digits = match[2] as string;
  const value = /^0\d/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits);
  return { value: match[1] === '-' ? -value : value, rest: text.slice(match[0].length) };
}

export function readFloat(text: string): { value: number; rest: string } {
  if (/^["']/.test(text)) return { value: text.codePointAt(1) ?? 0, rest: '' };
  const match = /^\s*([+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan))/i.exec(text);
  if (match === null) return { value: 0, rest: text };
  const digits = (match[1] as string).toLowerCase();
  const value = /inf/.test(digits)
    ? digits.startsWith('-')
      ? -Infinity
      : Infinity
    : /nan/.test(digits)
      ? Number.NaN
      : Number(digits.replace(/^\+/, ''));
  return { value, rest: text.slice(match[0].length) };
}
