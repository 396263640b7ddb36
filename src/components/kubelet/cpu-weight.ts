/**
 * cgroup v1's CPU shares as a cgroup v2 weight: 2 is 1, 1024 is 100, 262144 is 10000.
 * @models opencontainers/cgroups v0.0.6 utils.go (ConvertCPUSharesToCgroupV2Value)
 */

/** Logarithm of base 2 by repeated squaring: the same digits on every platform. */
function log2(value: number): number {
  let exponent = 0;
  let mantissa = value;
  while (mantissa >= 2) {
    mantissa /= 2;
    exponent++;
  }
  let result = exponent;
  for (let bit = 0.5; bit > 1e-12; bit /= 2) {
    mantissa *= mantissa;
    if (mantissa >= 2) {
      mantissa /= 2;
      result += bit;
    }
  }
  return result;
}

/** 10 to the power of a number between 0 and 5. */
function pow10(exponent: number): number {
  const whole = Math.floor(exponent);
  const x = (exponent - whole) * Math.LN10;
  let term = 1;
  let sum = 1;
  for (let n = 1; n < 40; n++) {
    term *= x / n;
    sum += term;
  }
  for (let i = 0; i < whole; i++) sum *= 10;
  return sum;
}

export function cpuWeightOf(shares: number): number {
  if (shares === 0) return 0;
  if (shares <= 2) return 1;
  if (shares >= 262_144) return 10_000;
  const l = log2(shares);
  const weight = pow10((l * l + 125 * l) / 612 - 7 / 34);
  // Where the formula means a whole number, rounding errors must not lift it to the next.
  return Math.ceil(weight - 1e-6);
}
