/**
 * The catch-up code: six characters that tell lesson, step and seed, so that whoever comes late can be where the class
 * is. Made and read in the page; nothing is looked up anywhere.
 *
 * Five characters of Crockford's base 32 hold 25 bits: lesson (6), step (4), seed (15). The sixth is their weighted sum
 * over GF(32): any one wrong character and any two changed places are noticed.
 */
export type CatchUp = {
  /** `L01` to `L63`. */
  lesson: string;
  /** How many steps are done: 0 to 15. */
  step: number;
  /** 0 to 32767. */
  seed: number;
};

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const DIGITS = 5;
const LESSON_MAX = 63;
const STEP_MAX = 15;
const SEED_MAX = 2 ** 15 - 1;
/** x⁵ + x² + 1, which generates GF(32). */
const POLYNOMIAL = 0b100101;

/** Null if the code has no room for it. */
export function catchUpCode({ lesson, step, seed }: CatchUp): string | null {
  const number = /^L\d\d$/.test(lesson) ? Number(lesson.slice(1)) : 0;
  if (number < 1 || number > LESSON_MAX || !inRange(step, STEP_MAX) || !inRange(seed, SEED_MAX)) return null;
  const bits = (number << 19) | (step << 15) | seed;
  const digits = Array.from({ length: DIGITS }, (_, i) => (bits >> (5 * (DIGITS - 1 - i))) & 31);
  return [...digits, checkDigit(digits)].map((digit) => ALPHABET[digit]).join('');
}

/** Null if it is mistyped. Letters that look like digits are taken for them; case, blanks and hyphens do not matter. */
export function readCatchUpCode(text: string): CatchUp | null {
  const plain = text.normalize('NFKC').toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  const digits = [...plain].map((character) => ALPHABET.indexOf(character));
  const check = digits.pop();
  if (digits.length !== DIGITS || digits.includes(-1) || check !== checkDigit(digits)) return null;
  const bits = digits.reduce((sum, digit) => (sum << 5) | digit, 0);
  const number = bits >> 19;
  if (number === 0) return null;
  return { lesson: `L${String(number).padStart(2, '0')}`, step: (bits >> 15) & STEP_MAX, seed: bits & SEED_MAX };
}

function inRange(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max;
}

/** Σ xⁱ·digitᵢ: every digit has a weight of its own, none of them 0 or the 1 of the check itself. */
function checkDigit(digits: readonly number[]): number {
  // Not zero for an empty code, so that it is no code.
  let sum = 1;
  digits.forEach((digit, i) => {
    let weighted = digit;
    for (let n = 0; n <= i; n++) weighted = (weighted << 1) ^ (weighted & 16 ? POLYNOMIAL : 0);
    sum ^= weighted;
  });
  return sum;
}
