/** What real bash 5.2 printed for each script, recorded with `bash -c` in an empty directory. */
import { expect, test } from 'vitest';
import { testKernel } from '../testing/kernel.ts';
import corpus from './bash-corpus.json' with { type: 'json' };
import { testPrograms } from './test-programs.ts';

/** Process ids differ from run to run. */
const steady = (text: string): string => text.replace(/(line \d+:) +\d+( +(?:Killed|Terminated))/g, '$1 PID$2');

/** What this shell does not do as bash does, yet: a script that begins to agree leaves the list. */
const DIFFERENT: ReadonlySet<string> = new Set([
  'shopt -s extglob; case foo in @(foo|bar)) echo yes;; esac',
  'f() { trap "echo ret" RETURN; echo in; }; f',
  'set -n; echo no',
  'touch x.c y.c z.h; echo *.c; echo !(x).c',
  'shopt -s globstar; mkdir -p a/b; touch a/b/c; echo **/c',
  'printf "\\x41\\101\\u00e9\\n"',
  'bind -l > /dev/null; echo $?',
  'echo (',
  'a=(1',
  '[[ a ==',
  'logout; echo $?',
]);

test('at least 95 of 100 scripts agree', () => {
  expect(corpus.length).toBeGreaterThanOrEqual(300);
  expect(DIFFERENT.size / corpus.length).toBeLessThanOrEqual(0.05);
});

test.each(corpus.map((c) => [c.script, c] as const))('%s', async (script, recorded) => {
  const rig = testKernel({ programs: testPrograms });
  await rig.act((ctx) => ctx.sys.mkdir(ctx, '/tmp/t'));
  const result = await rig.exec(['bash', '-c', script], {
    path: '/usr/bin/bash',
    cwd: '/tmp/t',
    env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8'],
  } as object);
  const answer = { stdout: steady(result.stdout), stderr: steady(result.stderr), exitCode: result.exitCode };
  const expected = { stdout: steady(recorded.stdout), stderr: steady(recorded.stderr), exitCode: recorded.exitCode };
  if (DIFFERENT.has(script)) expect(answer).not.toEqual(expected);
  else expect(answer).toEqual(expected);
});
