import { expect, test } from 'vitest';
import { testKernel } from '../testing/kernel.ts';
import type { Context } from './context.ts';
import { isErrno } from './errno.ts';
import { readFile, writeFile } from './io.ts';
import type { Program } from './program.ts';

const SECOND = 1_000_000_000;
const sleeper: Program = {
  name: 'sleeper',
  main: async (ctx) => {
    await ctx.sleep(1000 * SECOND);
    return 0;
  },
};

async function failure(body: Promise<unknown>): Promise<string> {
  try {
    await body;
    return 'no error';
  } catch (error) {
    return isErrno(error) ? error.code : String(error);
  }
}

test('an orphan goes to the nearest subreaper, which reaps it', async () => {
  const rig = testKernel();
  await rig.act(async (ctx) => {
    const { sys } = ctx;
    sys.setSubreaper(ctx, true);
    const parent = await sys.fork(ctx, async (c) => {
      await c.sys.fork(c, async (g) => {
        await g.sleep(SECOND);
        return 7;
      });
      return 0;
    });
    expect((await sys.wait(ctx, parent))?.exitCode).toBe(0);
    const orphan = await sys.wait(ctx, -1);
    expect(orphan?.exitCode).toBe(7);
    expect(await failure(sys.wait(ctx, -1))).toBe('ECHILD');
  });
});

test('after SIGKILL no code of the process runs, not even finally', async () => {
  const rig = testKernel();
  const ran: string[] = [];
  await rig.act(async (ctx) => {
    const pid = await ctx.sys.fork(ctx, async (c) => {
      try {
        await c.sleep(SECOND);
        ran.push('after');
      } finally {
        ran.push('finally');
      }
      return 0;
    });
    await ctx.sleep(SECOND / 2);
    await ctx.sys.kill(ctx, pid, 'SIGKILL');
    expect(await ctx.sys.wait(ctx, pid)).toMatchObject({ signal: 'SIGKILL' });
    await ctx.sleep(2 * SECOND);
  });
  expect(ran).toEqual([]);
});

test('pid namespaces: own numbers, own init, everything dies with it', async () => {
  const rig = testKernel({ programs: [sleeper] });
  await rig.act(async (ctx) => {
    const { sys } = ctx;
    const seen: number[] = [];
    const init = await sys.fork(
      ctx,
      async (c) => {
        seen.push(c.sys.getpid(c), c.sys.getppid(c));
        seen.push(await c.sys.spawn(c, '/usr/bin/sleeper', { argv: ['sleeper'] }));
        await c.sys.kill(c, 1, 'SIGTERM');
        await c.sleep(100 * SECOND);
        return 0;
      },
      { newNamespaces: ['pid'] },
    );
    await ctx.sleep(SECOND);
    expect(seen).toEqual([1, 0, 2]);
    // An init without a handler ignores SIGTERM from outside too, but not SIGKILL.
    await sys.kill(ctx, init, 'SIGTERM');
    expect(await sys.wait(ctx, init, { noHang: true })).toBe(null);
    const inside = [...rig.kernel.processes.values()].find((p) => p.comm === 'sleeper');
    await sys.kill(ctx, init, 'SIGKILL');
    expect(await sys.wait(ctx, init)).toMatchObject({ signal: 'SIGKILL' });
    expect(inside?.alive).toBe(false);
  });
});

test('stop and continue, wait sees the stop', async () => {
  const rig = testKernel();
  await rig.act(async (ctx) => {
    let ticks = 0;
    const pid = await ctx.sys.fork(ctx, async (c) => {
      for (;;) {
        await c.cpu(SECOND / 10);
        ticks++;
      }
    });
    await ctx.sleep(SECOND);
    await ctx.sys.kill(ctx, pid, 'SIGSTOP');
    expect(await ctx.sys.wait(ctx, pid, { untraced: true })).toMatchObject({ stopped: true });
    const before = ticks;
    await ctx.sleep(10 * SECOND);
    expect(ticks).toBe(before);
    await ctx.sys.kill(ctx, pid, 'SIGCONT');
    await ctx.sleep(SECOND);
    expect(ticks).toBeGreaterThan(before);
    await ctx.sys.kill(ctx, pid, 'SIGKILL');
  });
});

test('a fifo connects two openers; the writer dies of SIGPIPE when the reader is gone', async () => {
  const rig = testKernel();
  await rig.act(async (ctx) => {
    const { sys } = ctx;
    await sys.mknod(ctx, '/f', 'fifo', 0o600);
    const writer = await sys.fork(ctx, async (c) => {
      const fd = await c.sys.open(c, '/f', { write: true });
      await c.sys.write(c, fd, 'hello');
      for (;;) {
        await c.sleep(SECOND);
        await c.sys.write(c, fd, 'more');
      }
    });
    const fd = await sys.open(ctx, '/f', { read: true });
    expect(new TextDecoder().decode(await sys.read(ctx, fd))).toBe('hello');
    await sys.close(ctx, fd);
    expect(await sys.wait(ctx, writer)).toMatchObject({ signal: 'SIGPIPE' });
  });
});

test('cgroups: limits, the OOM killer, freezing', async () => {
  const rig = testKernel();
  await rig.act(async (ctx) => {
    const { sys } = ctx;
    const cg = '/sys/fs/cgroup';
    await writeFile(ctx, `${cg}/cgroup.subtree_control`, '+memory +pids +cpu');
    await sys.mkdir(ctx, `${cg}/box`);
    await writeFile(ctx, `${cg}/box/memory.max`, '16M');
    const eat = async (c: Context): Promise<number> => {
      for (let mb = 1; ; mb++) {
        await c.sys.setMemory(c, mb * 1024 * 1024);
        await c.sleep(SECOND / 100);
      }
    };
    const pid = await sys.fork(ctx, eat, { cgroup: `${cg}/box` });
    expect(await sys.wait(ctx, pid)).toMatchObject({ signal: 'SIGKILL' });
    expect(await readFile(ctx, `${cg}/box/memory.events`)).toContain('oom_kill 1');
    expect(rig.kernel.kmsg.some((line) => line.text.startsWith('Memory cgroup out of memory: Killed process'))).toBe(
      true,
    );
    await sys.rmdir(ctx, `${cg}/box`);

    await sys.mkdir(ctx, `${cg}/ice`);
    let ticks = 0;
    const ticker = await sys.fork(
      ctx,
      async (c) => {
        for (;;) {
          await c.sleep(SECOND / 10);
          ticks++;
        }
      },
      { cgroup: `${cg}/ice` },
    );
    await ctx.sleep(SECOND);
    await writeFile(ctx, `${cg}/ice/cgroup.freeze`, '1');
    const before = ticks;
    await ctx.sleep(SECOND);
    expect(ticks).toBe(before);
    expect(await readFile(ctx, `${cg}/ice/cgroup.events`)).toBe('populated 1\nfrozen 1\n');
    await sys.kill(ctx, ticker, 'SIGKILL');
    await sys.wait(ctx, ticker);
    expect(await readFile(ctx, `${cg}/ice/cgroup.events`)).toContain('populated 0');
  });
});

test('two cores are shared by three busy processes', async () => {
  const rig = testKernel();
  await rig.act(async (ctx) => {
    const start = ctx.now;
    const pids: number[] = [];
    for (let i = 0; i < 3; i++) {
      pids.push(
        await ctx.sys.fork(ctx, async (c) => {
          await c.cpu(SECOND);
          return 0;
        }),
      );
    }
    for (const pid of pids) await ctx.sys.wait(ctx, pid);
    // Three core seconds on two cores.
    expect((ctx.now - start) / SECOND).toBeCloseTo(1.5, 1);
  });
});

test('the CPU time of children counts for whoever has waited for them', async () => {
  const busy: Program = {
    name: 'busy',
    main: async (ctx) => {
      await ctx.cpu(10_000_000);
      return 0;
    },
  };
  const rig = testKernel({ programs: [busy] });
  const seen: number[] = [];
  await rig.act(async (ctx) => {
    const { sys } = ctx;
    const spent = (): number => {
      const { userNs, systemNs } = sys.getrusage(ctx, 'children');
      return Math.floor((userNs + systemNs) / 10_000_000);
    };
    const path = '/usr/bin/busy';
    await sys.spawn(ctx, path, { argv: [path] });
    const middle = await sys.fork(ctx, async (inner) => {
      await inner.sys.spawn(inner, path, { argv: [path] });
      await inner.sys.wait(inner, -1);
      return 0;
    });
    await ctx.sleep(SECOND);
    seen.push(spent());
    await sys.wait(ctx, middle);
    seen.push(spent());
    await sys.wait(ctx, -1);
    seen.push(spent());
  });
  expect(seen).toEqual([0, 1, 2]);
});
