import { expect, test } from 'vitest';
import type { Program } from '../../linux/program.ts';
import { testKernel } from '../../testing/kernel.ts';
import { ps } from './ps.ts';

const server: Program = {
  name: 'server',
  threads: 3,
  main: async (ctx) => {
    const child = (title: string) =>
      ctx.sys.fork(ctx, async (c) => {
        c.sys.setTitle(c, title);
        await c.sleep(1e12);
        return 0;
      });
    await child('server: worker 1');
    await child('server: worker 2');
    await ctx.sleep(1e12);
    return 0;
  },
};

test('trees', async () => {
  const rig = testKernel({ programs: [ps, server] });
  await rig.act(async (ctx) => {
    await ctx.sys.fork(ctx, async (c) => {
      await c.sys.setsid(c);
      return c.sys.execve(c, '/usr/bin/server', ['/usr/bin/server', '-x'], []);
    });
    await ctx.sleep(1e9);
  });
  expect((await rig.exec(['/usr/bin/ps', '-ef', '--forest'])).stdout).toMatchInlineSnapshot(`
    "UID          PID    PPID  C STIME TTY          TIME CMD
    root           1       0  0 17:00 ?        00:00:00 /sbin/init
    root         289       1  0 17:00 ?        00:00:00  \\_ /usr/bin/server -x
    root         290     289  0 17:00 ?        00:00:00  |   \\_ server: worker 1
    root         291     289  0 17:00 ?        00:00:00  |   \\_ server: worker 2
    root         292       1  0 17:00 ?        00:00:00  \\_ test
    root         293     292  0 17:00 ?        00:00:00      \\_ /usr/bin/ps -ef --forest
    "
  `);
  expect(
    (await rig.exec(['/usr/bin/ps', 'axo', 'user,pid,ppid,pgid,sid,tty,stat,nlwp,rss,lstart,args', '--forest'])).stdout,
  ).toMatchInlineSnapshot(`
    "USER         PID    PPID    PGID     SID TT       STAT NLWP   RSS                  STARTED COMMAND
    root           1       0       1       1 ?        Ss      1  1024 Mon Nov 23 17:00:00 2026 /sbin/init
    root         289       1     289     289 ?        Ssl     3  1564 Mon Nov 23 17:00:00 2026  \\_ /usr/bin/server -x
    root         290     289     289     289 ?        S       1  1024 Mon Nov 23 17:00:00 2026  |   \\_ server: worker 1
    root         291     289     289     289 ?        S       1  1024 Mon Nov 23 17:00:00 2026  |   \\_ server: worker 2
    root         294       1       1       1 ?        S       1  1024 Mon Nov 23 17:00:01 2026  \\_ test
    root         295     294       1       1 ?        R       1  3712 Mon Nov 23 17:00:01 2026      \\_ /usr/bin/ps axo user,pid,ppid,pgid,sid,tty,stat,nlwp,rss,lstart,args --forest
    "
  `);
  expect((await rig.exec(['/usr/bin/ps', 'aux'])).stdout).toMatchInlineSnapshot(`
    "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND
    root           1  0.0  0.0   3072  1024 ?        Ss   17:00   0:00 /sbin/init
    root         289  0.0  0.0   4692  1564 ?        Ssl  17:00   0:00 /usr/bin/server -x
    root         290  0.0  0.0   3072  1024 ?        S    17:00   0:00 server: worker 1
    root         291  0.0  0.0   3072  1024 ?        S    17:00   0:00 server: worker 2
    root         296  0.0  0.0   3072  1024 ?        S    17:00   0:00 test
    root         297  0.0  0.1  11136  3712 ?        R    17:00   0:00 /usr/bin/ps aux
    "
  `);
  expect((await rig.exec(['/usr/bin/ps', 'axjf'])).stdout).toMatchInlineSnapshot(`
    "   PPID     PID    PGID     SID TTY        TPGID STAT   UID   TIME COMMAND
          0       1       1       1 ?             -1 Ss       0   0:00 /sbin/init
          1     289     289     289 ?             -1 Ssl      0   0:00  \\_ /usr/bin/server -x
        289     290     289     289 ?             -1 S        0   0:00  |   \\_ server: worker 1
        289     291     289     289 ?             -1 S        0   0:00  |   \\_ server: worker 2
          1     298       1       1 ?             -1 S        0   0:00  \\_ test
        298     299       1       1 ?             -1 R        0   0:00      \\_ /usr/bin/ps axjf
    "
  `);
  expect((await rig.exec(['/usr/bin/ps', '-p', '1', '-o', 'pid=,comm='])).stdout).toMatchInlineSnapshot(`
    "      1 systemd
    "
  `);
  expect(await rig.exec(['/usr/bin/ps', '-p', '9999'])).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "",
      "stdout": "    PID TTY          TIME CMD
    ",
    }
  `);
  expect(await rig.exec(['/usr/bin/ps', '-o', 'bogus'])).toMatchInlineSnapshot(`
    {
      "exitCode": 1,
      "stderr": "error: unknown user-defined format specifier "bogus"

    Usage:
     ps [options]

     Try 'ps --help <simple|list|output|threads|misc|all>'
      or 'ps --help <s|l|o|t|m|a>'
     for additional help text.

    For more details see ps(1).
    ",
      "stdout": "",
    }
  `);
});
