/**
 * Decimal text of a float64 in Go's 'f', 'e' and 'g' forms. JavaScript's own conversions round the same way (both
 * are exact) but write exponents and choose between the forms differently.
 * @models go strconv ftoa.go
 * @fidelity partial: bases and bit sizes other than decimal float64 are missing
 */
export type FloatForm = 'f' | 'e' | 'g';

/** `precision` -1 means the fewest digits that read back as the same number. */
export function formatFloat(value: number, form: FloatForm, precision: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  if (form === 'f') return sign + (precision < 0 ? shortestFixed(magnitude) : toFixed(magnitude, precision));
  if (form === 'e') return sign + goExponent(magnitude.toExponential(precision < 0 ? undefined : precision));
  return sign + formatGeneral(magnitude, precision);
}

function formatGeneral(magnitude: number, precision: number): string {
  const shortest = precision < 0;
  const digitsMax = shortest ? undefined : Math.max(precision, 1) - 1;
  const [mantissa = '0', power = '0'] = magnitude.toExponential(digitsMax).split('e');
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  const exponent = Number(power);
  const exponentMax = shortest ? SHORTEST_EXPONENT_MAX : Math.max(precision, 1);
  if (exponent < -4 || exponent >= exponentMax) {
    const head = digits.slice(0, 1) || '0';
    const tail = digits.slice(1);
    return goExponent(`${head}${tail === '' ? '' : `.${tail}`}e${power}`);
  }
  return shortestFixed(Number(`${mantissa}e${power}`));
}

/** With the shortest precision 'g' still decides as if it were 6: a million prints as 1e+06. */
const SHORTEST_EXPONENT_MAX = 6;

function goExponent(text: string): string {
  return text
    .replace(/e([+-]?)(\d)$/, (_, sign: string, digit: string) => `e${sign || '+'}0${digit}`)
    .replace(/e(\d)/, 'e+$1');
}

/** Never an exponent, never a trailing zero. */
function shortestFixed(magnitude: number): string {
  const [mantissa = '0', power = '0'] = magnitude.toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const point = Number(power) + 1;
  if (point <= 0) return magnitude === 0 ? '0' : `0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return digits + '0'.repeat(point - digits.length);
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Number.prototype.toFixed turns to exponents from 1e21 on. */
function toFixed(magnitude: number, precision: number): string {
  if (magnitude < 1e21) return magnitude.toFixed(precision);
  return shortestFixed(magnitude) + (precision > 0 ? `.${'0'.repeat(precision)}` : '');
}
