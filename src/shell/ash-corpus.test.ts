/** What BusyBox 1.37's shell printed for each script, recorded with `sh -c` in an empty directory without other programs. */
import { expect, test } from 'vitest';
import { testKernel } from '../testing/kernel.ts';
import corpus from './ash-corpus.json' with { type: 'json' };
import { testPrograms } from './test-programs.ts';

test.each(corpus.map((c) => [c.script, c] as const))('%s', async (script, { stdout, stderr, exitCode }) => {
  const rig = testKernel({ programs: testPrograms });
  await rig.act((ctx) => ctx.sys.mkdir(ctx, '/tmp/t'));
  const result = await rig.exec(['sh', '-c', script], {
    path: '/usr/bin/ash',
    cwd: '/tmp/t',
    env: ['PATH=/nowhere', 'HOME=/root'],
  } as object);
  expect(result).toEqual({ stdout, stderr, exitCode });
});
