import { expect, test } from 'vitest';
import { print, readFile, writeFile } from '../linux/io.ts';
import type { Program } from '../linux/program.ts';
import { testKernel } from './kernel.ts';

const hello: Program = {
  name: 'hello',
  main: async (ctx, argv) => {
    await print(ctx, `hi ${argv[1]}\n`);
    return 3;
  },
};

test('spawn, pipes, exit code, proc, overlay', async () => {
  const rig = testKernel({ programs: [hello] });
  expect(await rig.exec(['/usr/bin/hello', 'you'])).toEqual({ stdout: 'hi you\n', stderr: '', exitCode: 3 });
  await rig.act(async (ctx) => {
    expect(await readFile(ctx, '/proc/self/comm')).toBe('test\n');
    for (const d of ['/l', '/u', '/w', '/m']) await ctx.sys.mkdir(ctx, d);
    await writeFile(ctx, '/l/a', 'lower');
    await ctx.sys.mount(ctx, 'overlay', '/m', 'overlay', {}, 'lowerdir=/l,upperdir=/u,workdir=/w');
    expect(await readFile(ctx, '/m/a')).toBe('lower');
    await writeFile(ctx, '/m/a', 'changed');
    expect(await readFile(ctx, '/l/a')).toBe('lower');
    expect(await readFile(ctx, '/u/a')).toBe('changed');
    await ctx.sys.unlink(ctx, '/m/a');
    expect((await ctx.sys.stat(ctx, '/u/a')).type).toBe('char');
    expect((await readFile(ctx, '/proc/self/mountinfo')).split('\n').at(-2)).toContain('lowerdir=/l');
  });
});
