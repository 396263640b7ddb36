/** What the real mawk 1.3.4 printed for each program. */
import { expect, test } from 'vitest';
import { testPrograms } from '../../shell/test-programs.ts';
import { testKernel } from '../../testing/kernel.ts';
import { awk } from './awk.ts';
import corpus from './awk-corpus.json' with { type: 'json' };

test.each(corpus.map((c) => [c.args.join(' '), c] as const))('%s', async (_, recorded) => {
  const rig = testKernel({ programs: [...testPrograms, awk] });
  await rig.act((ctx) => ctx.sys.symlink(ctx, 'bash', '/usr/bin/sh'));
  const result = await rig.exec(['/usr/bin/awk', ...recorded.args], {
    stdin: recorded.stdin,
    env: ['PATH=/usr/bin:/bin', 'HOME=/root', 'LANG=C.UTF-8'],
  });
  expect(result).toEqual({ stdout: recorded.stdout, stderr: recorded.stderr, exitCode: recorded.exitCode });
});
