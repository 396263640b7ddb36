/**
 * Resource quantities: `250m`, `128Mi`, `1e3`, `1.5Gi`.
 * @models apimachinery pkg/api/resource/quantity.go
 * @fidelity partial: exact to 1/1000 (real: nano), no values beyond 2^63
 */
const BINARY: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};

const DECIMAL_EXPONENTS: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** `milli` is the value times 1000, rounded up. */
export type Quantity = { milli: bigint; format: QuantityFormat };

const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+|)$/;

/** What the API server says of a text that is none. */
export const QUANTITY_ERROR =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

const parsed = new Map<string, Quantity | null>();
const PARSED_MAX = 500;

/** The same few texts come again and again, with every pod and every write. */
export function parseQuantity(text: string): Quantity | null {
  let quantity = parsed.get(text);
  if (quantity === undefined) {
    quantity = readQuantity(text);
    if (parsed.size >= PARSED_MAX) parsed.clear();
    parsed.set(text, quantity);
  }
  return quantity;
}

function readQuantity(text: string): Quantity | null {
  const match = PATTERN.exec(text);
  if (match === null) return null;
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return null;
  const digits = BigInt(`${whole}${fraction}` || '0');
  let numerator = digits * 1000n;
  let denominator = 10n ** BigInt(fraction.length);
  let format: QuantityFormat = 'DecimalSI';
  const binary = BINARY[suffix];
  if (binary !== undefined) {
    numerator *= binary;
    format = 'BinarySI';
  } else {
    const isExponent = /^[eE][+-]?\d/.test(suffix);
    const exponent = isExponent ? Number(suffix.slice(1)) : (DECIMAL_EXPONENTS[suffix] ?? 0);
    if (isExponent) format = 'DecimalExponent';
    if (exponent >= 0) numerator *= 10n ** BigInt(exponent);
    else denominator *= 10n ** BigInt(-exponent);
  }
  const milli = (numerator + denominator - 1n) / denominator;
  return { milli: sign === '-' ? -milli : milli, format };
}

/** Value times 1000 as a number; 0 for a text that is no quantity. */
export function milliValue(text: string | undefined): number {
  return text === undefined ? 0 : Number(parseQuantity(text)?.milli ?? 0n);
}

/** Whole units, rounded up. */
export function quantityValue(text: string | undefined): number {
  return Math.ceil(milliValue(text) / 1000);
}

/** The canonical text: the largest suffix without a fraction. */
export function formatQuantity({ milli, format }: Quantity): string {
  if (milli === 0n) return '0';
  const sign = milli < 0n ? '-' : '';
  const size = milli < 0n ? -milli : milli;
  if (format === 'BinarySI' && size % 1000n === 0n && size / 1000n >= 1024n) {
    let value = size / 1000n;
    let suffix = '';
    for (const name of Object.keys(BINARY)) {
      if (value % 1024n !== 0n) break;
      value /= 1024n;
      suffix = name;
    }
    return `${sign}${value}${suffix}`;
  }
  let value = size;
  let exponent = -3;
  while (exponent < 18 && value % 1000n === 0n) {
    value /= 1000n;
    exponent += 3;
  }
  const suffix = Object.entries(DECIMAL_EXPONENTS).find(([, e]) => e === exponent)?.[0] ?? '';
  if (format === 'DecimalExponent') return `${sign}${value}${exponent === 0 ? '' : `e${exponent}`}`;
  return `${sign}${value}${suffix}`;
}

/** `1000m` becomes `1`. Null for a text that is no quantity. */
export function canonicalQuantity(text: string): string | null {
  const quantity = parseQuantity(text);
  return quantity === null ? null : formatQuantity(quantity);
}
