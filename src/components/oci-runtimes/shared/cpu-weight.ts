/**
 * cpu.shares of cgroup v1 as cpu.weight of v2, by the curve that maps 2, 1024 and 262144 to 1, 100 and 10000.
 * Own logarithm and power, because the platform's are not the same everywhere.
 * @models opencontainers/cgroups utils.go ConvertCPUSharesToCgroupV2Value @fidelity full
 */
export function cpuWeightFromShares(shares: number): number {
  if (shares === 0) return 0;
  if (shares <= 2) return 1;
  if (shares >= 262_144) return 10_000;
  const l = log2(shares);
  // The subtraction keeps 2.0000000000000004 from becoming 3.
  return Math.ceil(powerOfTen((l * l + 125 * l) / 612 - 7 / 34) - 1e-9);
}

const FRACTION_BITS = 50;

function log2(value: number): number {
  let whole = 0;
  let rest = value;
  while (rest >= 2) {
    rest /= 2;
    whole++;
  }
  let fraction = 0;
  for (let i = 0, bit = 0.5; i < FRACTION_BITS; i++, bit /= 2) {
    rest *= rest;
    if (rest >= 2) {
      rest /= 2;
      fraction += bit;
    }
  }
  return whole + fraction;
}

const LN_10 = 2.302585092994046;
const TERMS = 40;

function powerOfTen(exponent: number): number {
  const whole = Math.floor(exponent);
  const x = (exponent - whole) * LN_10;
  let term = 1;
  let sum = 1;
  for (let n = 1; n < TERMS; n++) {
    term = (term * x) / n;
    sum += term;
  }
  let scale = 1;
  for (let i = 0; i < whole; i++) scale *= 10;
  return sum * scale;
}
