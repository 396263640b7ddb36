/** @models coreutils 9.7 src/factor.c @fidelity partial: trial division; numbers below 2^64 */
import { command } from '../common/command.ts';
import { eachLine } from '../common/files.ts';
import { quote } from '../common/quoting.ts';

function factors(n: bigint): bigint[] {
  const out: bigint[] = [];
  let rest = n;
  for (let p = 2n; p * p <= rest && p < 10_000_000n; p += p === 2n ? 1n : 2n)
    while (rest % p === 0n) {
      out.push(p);
      rest /= p;
    }
  if (rest > 1n) out.push(rest);
  return out;
}

export const factor = command(
  {
    name: 'factor',
    usage: ['[OPTION] [NUMBER]...'],
    about: 'Print the prime factors of each NUMBER, or of the numbers on standard input.',
    options: { 'h,exponents': 'p^e for repeated factors' },
  },
  async (call) => {
    let status = 0;
    const one = async (text: string): Promise<void> => {
      if (!/^\+?\d+$/.test(text) || BigInt(text) >= 1n << 64n) {
        await call.complain(`${quote(call.ctx, text)} is not a valid positive integer`);
        status = 1;
        return;
      }
      const found = factors(BigInt(text)).map(String);
      const shown = call.options.has('exponents')
        ? [...new Set(found)].map((p) => {
            const count = found.filter((q) => q === p).length;
            return count > 1 ? `${p}^${count}` : p;
          })
        : found;
      await call.out.write(`${[`${BigInt(text)}:`, ...shown].join(' ')}\n`);
    };
    if (call.operands.length > 0) for (const operand of call.operands) await one(operand);
    else
      await eachLine(call, async (line) => {
        for (const word of line.split(/\s+/).filter((w) => w !== '')) await one(word);
      });
    return status;
  },
);
