/** Functions of real numbers by series, so that every platform gives the same bits. */
const PI = 3.141592653589793;
const LN2 = 0.6931471805599453;
const TERMS_MAX = 60;

export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019411) return 0;
  const k = Math.round(x / LN2);
  const r = x - k * LN2;
  let term = 1;
  let sum = 1;
  for (let n = 1; n < TERMS_MAX; n++) {
    term *= r / n;
    sum += term;
  }
  return sum * 2 ** k;
}

export function log(x: number): number {
  if (x < 0 || Number.isNaN(x)) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return x;
  let k = 0;
  let m = x;
  while (m > 1.5) {
    m /= 2;
    k++;
  }
  while (m < 0.75) {
    m *= 2;
    k--;
  }
  const y = (m - 1) / (m + 1);
  let term = y;
  let sum = 0;
  for (let n = 1; n < TERMS_MAX; n += 2) {
    sum += term / n;
    term *= y * y;
  }
  return 2 * sum + k * LN2;
}

export function sin(x: number): number {
  if (!Number.isFinite(x)) return NaN;
  let r = x % (2 * PI);
  if (r > PI) r -= 2 * PI;
  if (r < -PI) r += 2 * PI;
  if (r > PI / 2) r = PI - r;
  if (r < -PI / 2) r = -PI - r;
  let term = r;
  let sum = r;
  for (let n = 1; n < TERMS_MAX / 2; n++) {
    term *= (-r * r) / (2 * n * (2 * n + 1));
    sum += term;
  }
  return sum;
}

export function cos(x: number): number {
  return sin(x + PI / 2);
}

function atan(x: number): number {
  if (x < 0) return -atan(-x);
  if (x > 1) return PI / 2 - atan(1 / x);
  // Twice the angle of half the slope: the series then converges quickly.
  const h = x / (1 + Math.sqrt(1 + x * x));
  const q = h / (1 + Math.sqrt(1 + h * h));
  let term = q;
  let sum = 0;
  for (let n = 0; n < TERMS_MAX; n++) {
    sum += ((n % 2 === 0 ? 1 : -1) * term) / (2 * n + 1);
    term *= q * q;
  }
  return 4 * sum;
}

export function atan2(y: number, x: number): number {
  if (x > 0) return atan(y / x);
  if (x < 0) return y >= 0 ? atan(y / x) + PI : atan(y / x) - PI;
  return y > 0 ? PI / 2 : y < 0 ? -PI / 2 : 0;
}

export function power(base: number, exponent: number): number {
  if (Number.isInteger(exponent) && Math.abs(exponent) <= 4096) {
    let out = 1;
    let square = base;
    for (let n = Math.abs(exponent); n > 0; n = Math.floor(n / 2)) {
      if (n % 2 === 1) out *= square;
      square *= square;
    }
    return exponent < 0 ? 1 / out : out;
  }
  if (exponent === 0.5) return Math.sqrt(base);
  return base === 0 ? 0 : base < 0 ? NaN : exp(exponent * log(base));
}
