/** What real bash 5.2 printed for each script, recorded with `bash -c` in an empty directory. */
import { expect, test } from 'vitest';
import { testKernel } from '../testing/kernel.ts';
import corpus from './bash-corpus.json' with { type: 'json' };
import { testPrograms } from './test-programs.ts';

/** Process ids differ from run to run. */
const steady = (text: string): string => text.replace(/(line \d+:) +\d+( +(?:Killed|Terminated))/g, '$1 PID$2');

test.each(corpus.map((c) => [c.script, c] as const))('%s', async (script, recorded) => {
  const rig = testKernel({ programs: testPrograms });
  await rig.act((ctx) => ctx.sys.mkdir(ctx, '/tmp/t'));
  const result = await rig.exec(['bash', '-c', script], {
    path: '/usr/bin/bash',
    cwd: '/tmp/t',
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8'],
  } as object);
  expect({ stdout: steady(result.stdout), stderr: steady(result.stderr), exitCode: result.exitCode }).toEqual({
    stdout: steady(recorded.stdout),
    stderr: steady(recorded.stderr),
    exitCode: recorded.exitCode,
  });
});
