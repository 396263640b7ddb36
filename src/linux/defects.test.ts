import { describe, expect, it } from 'vitest';
import { testKernel } from '../testing/kernel.ts';
import type { Program } from './program.ts';

const failing: Program = {
  name: 'failing',
  async main() {
    throw new TypeError('no such field');
  },
};

const failingAside: Program = {
  name: 'failing-aside',
  async main(ctx) {
    ctx.go('aside', async () => {
      throw new TypeError('no such field');
    });
    await ctx.sleep(60_000_000_000);
    await ctx.sys.write(ctx, 1, 'still here\n');
    return 0;
  },
};

describe('a program with a defect of ours', () => {
  const programs = [failing, failingAside];

  it('ends alone, with a plain line and SIGABRT', async () => {
    const { exec, act } = testKernel({ programs, tolerant: true });
    for (const name of ['failing', 'failing-aside']) {
      const result = await exec([`/usr/bin/${name}`]);
      expect(result.stderr).toBe(`${name}: a defect of the simulation ended this program: no such field\n`);
      expect(result.stdout).toBe('');
      expect(result.exitCode).toBe(134);
    }
    expect(await act(async (ctx) => ctx.process.alive)).toBe(true);
  });

  it('is noticed by tests', async () => {
    const { exec } = testKernel({ programs });
    await expect(exec(['/usr/bin/failing'])).rejects.toThrow('no such field');
  });
});
