/** What the recorded corpus cannot show: sessions, splitting, ash, virtual time, spans. */
import { expect, test } from 'vitest';
import { readAll } from '../linux/io.ts';
import { utf8 } from '../linux/rope.ts';
import { testKernel } from '../testing/kernel.ts';
import { splitCommands } from './parse.ts';
import { testPrograms } from './test-programs.ts';

test('splitCommands keeps heredocs and compound commands whole', () => {
  const script =
    '# setup\ncat > f <<E\na\nE\nfor i in 1; do\n  echo $i\ndone\necho a; echo b\necho )\nls | \\\n  cat\nif true\n';
  expect(splitCommands(script)).toEqual([
    '# setup\ncat > f <<E\na\nE',
    'for i in 1; do\n  echo $i\ndone',
    'echo a; echo b',
    'echo )',
    'ls | \\\n  cat',
    'if true',
  ]);
});

test('a session tells where each command begins and ends', async () => {
  const rig = testKernel({ programs: testPrograms });
  const result = await rig.act(async (ctx) => {
    for (let i = 0; i < 3; i++) await ctx.sys.open(ctx, '/dev/null', { read: true, write: true });
    const [input, feed] = await ctx.sys.pipe(ctx);
    const [out, stdout] = await ctx.sys.pipe(ctx);
    const [err, stderr] = await ctx.sys.pipe(ctx);
    const [told, control] = await ctx.sys.pipe(ctx);
    const pid = await ctx.sys.spawn(ctx, '/usr/bin/bash-session', {
      argv: ['bash', '--cutaway-session'],
      stdio: { 0: input, 1: stdout, 2: stderr, 3: control },
    });
    for (const fd of [input, stdout, stderr, control]) await ctx.sys.close(ctx, fd);
    await ctx.sys.write(ctx, feed, 'x=$(echo 5)\ncat <<E\nx is $x\nE\nnosuch\necho )\nfalse\nexit 4\n');
    await ctx.sys.close(ctx, feed);
    const events = utf8(await readAll(ctx, told));
    return {
      events,
      stdout: utf8(await readAll(ctx, out)),
      stderr: utf8(await readAll(ctx, err)),
      status: await ctx.sys.wait(ctx, pid),
    };
  });
  const line = (command: string, exitCode: number): string =>
    `${JSON.stringify({ event: 'start', command })}\n${JSON.stringify({ event: 'end', command, exitCode })}\n`;
  expect(result.events).toBe(
    line('x=$(echo 5)', 0) +
      line('cat <<E\nx is $x\nE', 0) +
      line('nosuch', 127) +
      line('echo )', 2) +
      line('false', 1) +
      line('exit 4', 4),
  );
  expect(result.stdout).toBe('x is 5\n');
  expect(result.stderr).toBe("bash: nosuch: command not found\nbash: syntax error near unexpected token `)'\n");
  expect(result.status?.exitCode).toBe(4);
  const commands = rig.trace.events.filter((e) => e.kind === 'command.start' || e.kind === 'command.end');
  expect(commands.length).toBe(12);
});

test('ash words its errors its own way', async () => {
  const rig = testKernel({ programs: testPrograms });
  const run = (script: string): Promise<unknown> => rig.exec(['/usr/bin/ash', '-c', script]);
  const name = '/usr/bin/ash';
  expect(await run('nosuch')).toEqual({ stdout: '', stderr: `${name}: nosuch: not found\n`, exitCode: 127 });
  expect(await run('cd /nope')).toEqual({
    stdout: '',
    stderr: `${name}: cd: line 0: can't cd to /nope: No such file or directory\n`,
    exitCode: 2,
  });
  expect(await run('echo $((1+2)) ${x:-d}; cat < /nope')).toEqual({
    stdout: '3 d\n',
    stderr: `${name}: can't open /nope: no such file\n`,
    exitCode: 1,
  });
});

test('every command costs virtual time', async () => {
  const rig = testKernel({ programs: testPrograms });
  const before = rig.scheduler.now;
  await rig.exec(['/usr/bin/bash', '-c', 'for ((i=0; i<1000; i++)); do :; done']);
  expect(rig.scheduler.now - before).toBeGreaterThan(10_000_000);
});

test('the same seed gives the same history', async () => {
  const digest = async (): Promise<string> => {
    const rig = testKernel({ programs: testPrograms, seed: 7 });
    await rig.exec(['/usr/bin/bash', '-c', 'echo $RANDOM | cat; x=$(seq 3); echo $x & wait']);
    return rig.trace.digest();
  };
  expect(await digest()).toBe(await digest());
});

test('blanks after the last command end a text, with or without a newline', async () => {
  const rig = testKernel({ programs: testPrograms });
  const script = 'eval "echo a\n   "\neval "echo b # c"\necho c  \n\t';
  expect(await rig.exec(['bash', '-c', script], { path: '/usr/bin/bash' } as object)).toEqual({
    stdout: 'a\nb\nc\n',
    stderr: '',
    exitCode: 0,
  });
});
