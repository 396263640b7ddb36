import { expect, test } from 'vitest';
import { ashMain } from '../../shell/program.ts';
import { testKernel } from '../../testing/kernel.ts';
import { commandPrograms } from '../list.ts';
import { makeBusybox } from './busybox.ts';
import { reword } from './wording.ts';

const busybox = makeBusybox(
  ashMain,
  commandPrograms.map((c) => c.program),
);
const rig = testKernel({ programs: [busybox], files: { '/d/a': 'hi\n', '/d/b/c': '' } });
const run = (line: string) => rig.exec(['/usr/bin/busybox', ...line.split(' ')]);

test.each([
  ['ls /nope', '', 'ls: /nope: No such file or directory\n', 1],
  ['ls /d', 'a\nb\n', '', 0],
  ['cat /nope', '', "cat: can't open '/nope': No such file or directory\n", 1],
  ['cat /d/a', 'hi\n', '', 0],
  ['rm /nope', '', "rm: can't remove '/nope': No such file or directory\n", 1],
  ['mkdir /d', '', "mkdir: can't create directory '/d': File exists\n", 1],
  ['rmdir /nope', '', "rmdir: '/nope': No such file or directory\n", 1],
  ['wc /d/a', '        1         1         3 /d/a\n', '', 0],
  ['sleep x', '', "sleep: invalid number 'x'\n", 1],
  ['kill 99999', '', "kill: can't kill pid 99999: No such process\n", 1],
  ['kill', '', 'kill: you need to specify whom to kill\n', 1],
  ['env foo', '', "env: can't execute 'foo': No such file or directory\n", 127],
  ['echo --help', '--help\n', '', 0],
  ['nosuch', '', 'nosuch: applet not found\n', 127],
  ['umount /nope', '', "umount: can't unmount /nope: No such file or directory\n", 1],
  ['mount /nope /nope2', '', 'mount: mounting /nope on /nope2 failed: No such file or directory\n', 255],
  ['mount nope', '', "mount: can't find nope in /etc/fstab\n", 1],
  [
    'wget http://localhost:1/',
    '',
    "Connecting to localhost:1 (127.0.0.1:1)\nwget: can't connect to remote host (127.0.0.1): Connection refused\n",
    1,
  ],
  ['nice', '0\n', '', 0],
  ['nice -n 5 busybox nice', '5\n', '', 0],
  ['nice -7 busybox nice', '7\n', '', 0],
  ['nice -n x true', '', "nice: invalid number 'x'\n", 1],
  ['nice nosuch', '', "nice: can't execute 'nosuch': No such file or directory\n", 127],
  ['renice 5 999999', '', 'renice: setpriority: No such process\n', 1],
  ['renice -n 5 x', '', "renice: invalid number 'x'\n", 1],
  ['renice 5', '', '', 0],
  ['flock /d/a busybox flock -n /d/a true', '', '', 1],
  ['flock /d/a busybox cat /d/a', 'hi\n', '', 0],
  ['flock x', '', "flock: invalid number 'x'\n", 1],
  ['flock 77', '', 'flock: Bad file descriptor\n', 1],
  ['flock /nope/x true', '', "flock: can't open '/nope/x': No such file or directory\n", 1],
  ['sh -c nosuch', '', 'sh: nosuch: not found\n', 127],
])('%s', async (line, stdout, stderr, exitCode) => {
  expect(await run(line)).toEqual({ stdout, stderr, exitCode });
});

test('wrong options end with the usage', async () => {
  const { stderr, exitCode } = await run('uname -Z');
  expect(stderr.split('\n').slice(0, 4)).toEqual([
    "uname: invalid option -- 'Z'",
    'BusyBox v1.37.0 (2024-09-26 21:31:42 UTC) multi-call binary.',
    '',
    'Usage: uname [-amnrspvio]',
  ]);
  expect(exitCode).toBe(1);
  expect((await run('mkdir')).stderr).toMatch(/^BusyBox v1\.37\.0 .*\n\nUsage: mkdir \[-m MODE\]/);
});

test.each([
  [
    '3145728 bytes (3.1 MB, 3.0 MiB) copied, 0.00120432 s, 2.6 GB/s',
    '3145728 bytes (3.0MB) copied, 0.001204 seconds, 2.4GB/s',
  ],
  ['300 bytes copied, 6.3e-06 s, 47.6 MB/s', '300 bytes (300B) copied, 0.000006 seconds, 45.4MB/s'],
  [
    '1047552 bytes (1.0 MB, 1023 KiB) copied, 2 s, 524 kB/s',
    '1047552 bytes (1023.0KB) copied, 2.000000 seconds, 511.5KB/s',
  ],
])("dd's last line: %s", (gnu, busybox) => {
  expect(reword('dd', `3+0 records out\n${gnu}\n`, ['', '']).text).toBe(`3+0 records out\n${busybox}\n`);
});

test('ps', async () => {
  const { stdout } = await run('ps');
  expect(stdout.split('\n')[0]).toBe('PID   USER     TIME  COMMAND');
  expect(stdout).toMatch(/\n {1,4}\d+ root {6}0:00 (\/usr\/bin\/)?busybox ps\n/);
});

test('top prints for ever, a screen every five seconds, and ends with 143 on TERM as pid 1 of its namespace', async () => {
  await rig.act(async (ctx) => {
    const [read, write] = await ctx.sys.pipe(ctx);
    const start = ctx.now;
    const pid = await ctx.sys.spawn(ctx, '/usr/bin/busybox', {
      argv: ['top'],
      stdio: { 0: 'null', 1: write, 2: write },
      newNamespaces: ['pid'],
    });
    await ctx.sys.close(ctx, write);
    const first = new TextDecoder().decode(await ctx.sys.read(ctx, read));
    expect(first).toMatch(
      /^\x1b\[HMem: \d+K used, \d+K free, \d+K shrd, \d+K buff, \d+K cached\x1b\[K\nCPU: +\d+% usr +\d+% sys +0% nic +\d+% idle +0% io +0% irq +0% sirq\x1b\[K\nLoad average: .*\x1b\[K\n\x1b\[7m {2}PID {2}PPID USER {5}STAT {3}VSZ %VSZ CPU %CPU COMMAND\x1b\[m\x1b\[K\n/,
    );
    expect((ctx.now - start) / 1e9).toBeLessThan(0.2);
    await ctx.sys.read(ctx, read);
    expect(Math.round((ctx.now - start) / 1e9)).toBe(5);
    await ctx.sys.kill(ctx, pid, 'SIGTERM');
    expect(await ctx.sys.wait(ctx, pid)).toMatchObject({ exitCode: 143, signal: null });
  });
});
