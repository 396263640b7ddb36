import { expect, test } from 'vitest';
import { type TestKernel, testKernel } from '../testing/kernel.ts';
import type { Context } from './context.ts';
import { mkdirAll, readFile, writeFile } from './io.ts';

const SECOND = 1_000_000_000;
const ROOT = '/sys/fs/cgroup';

/** CPU seconds that one busy process in each of these cgroups gets in ten seconds of a node with two cores. */
async function share(rig: TestKernel, groups: Record<string, { jobs: number; files?: Record<string, string> }>) {
  return rig.act(async (ctx) => {
    const pids: [string, number][] = [];
    await enable(ctx, ROOT);
    for (const [path, { jobs, files }] of Object.entries(groups)) {
      const directory = `${ROOT}/${path}`;
      let at = ROOT;
      for (const part of path.split('/')) {
        await enable(ctx, at);
        at = `${at}/${part}`;
        await mkdirAll(ctx, at);
      }
      for (const [file, value] of Object.entries(files ?? {})) await writeFile(ctx, `${directory}/${file}`, value);
      for (let i = 0; i < jobs; i++) {
        const pid = await ctx.sys.fork(
          ctx,
          async (c) => {
            for (;;) await c.cpu(50_000_000);
          },
          { cgroup: directory },
        );
        pids.push([path, pid]);
      }
    }
    await ctx.sleep(10 * SECOND);
    const used: Record<string, number> = {};
    for (const path of Object.keys(groups)) {
      const stat = await readFile(ctx, `${ROOT}/${path}/cpu.stat`);
      used[path] = Number((Number(/usage_usec (\d+)/.exec(stat)?.[1]) / 1e6).toFixed(2));
    }
    for (const [, pid] of pids) await ctx.sys.kill(ctx, pid, 'SIGKILL');
    return used;
  });
}

async function enable(ctx: Context, directory: string): Promise<void> {
  await writeFile(ctx, `${directory}/cgroup.subtree_control`, '+cpu +cpuset +memory +pids');
}

test('weights count among siblings, level by level', async () => {
  const used = await share(testKernel(), {
    a: { jobs: 0, files: { 'cpu.weight': '100' } },
    'a/one': { jobs: 4, files: { 'cpu.weight': '300' } },
    'a/two': { jobs: 4, files: { 'cpu.weight': '100' } },
    b: { jobs: 8, files: { 'cpu.weight': '100' } },
  });
  expect(used).toEqual({ a: 10, 'a/one': 7.5, 'a/two': 2.5, b: 10 });
});

test('what a sibling cannot use goes to the others', async () => {
  const used = await share(testKernel(), {
    heavy: { jobs: 1, files: { 'cpu.weight': '10000' } },
    light: { jobs: 3, files: { 'cpu.weight': '1' } },
  });
  expect(used).toEqual({ heavy: 10, light: 10 });
});

test('cpu.max: half a core, in bursts of 50 ms each 100 ms', async () => {
  const rig = testKernel();
  expect(await share(rig, { half: { jobs: 1, files: { 'cpu.max': '50000 100000' } } })).toEqual({ half: 5 });
  const stat = await rig.act((ctx) => readFile(ctx, `${ROOT}/half/cpu.stat`));
  expect(stat).toMatch(/nr_periods 100\nnr_throttled 100\nthrottled_usec 5000000\n/);
});

test('cpu.max of a parent bounds everything below it', async () => {
  const used = await share(testKernel(), {
    pod: { jobs: 0, files: { 'cpu.max': '100000 100000' } },
    'pod/a': { jobs: 1, files: { 'cpu.max': '20000 100000' } },
    'pod/b': { jobs: 2 },
  });
  expect(used).toEqual({ pod: 10, 'pod/a': 2, 'pod/b': 8 });
});

test('a group below its quota is never throttled', async () => {
  const rig = testKernel();
  await share(rig, { roomy: { jobs: 1, files: { 'cpu.max': '200000 100000' } } });
  expect(await rig.act((ctx) => readFile(ctx, `${ROOT}/roomy/cpu.stat`))).toContain('nr_throttled 0\nthrottled_usec 0');
});

test('cpuset.cpus keeps a group to some of the cores', async () => {
  const used = await share(testKernel(), {
    pinned: { jobs: 4, files: { 'cpuset.cpus': '1' } },
    free: { jobs: 1 },
  });
  expect(used).toEqual({ pinned: 10, free: 10 });
});

test('a new limit counts at once, and lifting it too', async () => {
  const rig = testKernel();
  const marks = await rig.act(async (ctx) => {
    await enable(ctx, ROOT);
    await mkdirAll(ctx, `${ROOT}/g`);
    const times: number[] = [];
    const pid = await ctx.sys.fork(
      ctx,
      async (c) => {
        for (let i = 0; i < 3; i++) {
          await c.cpu(SECOND);
          times.push(Math.round(c.now / 1e7) / 100);
        }
        return 0;
      },
      { cgroup: `${ROOT}/g` },
    );
    const start = ctx.now / SECOND;
    await ctx.sleep(SECOND);
    await writeFile(ctx, `${ROOT}/g/cpu.max`, '10000 100000');
    await ctx.sleep(5 * SECOND);
    await writeFile(ctx, `${ROOT}/g/cpu.max`, 'max');
    await ctx.sys.wait(ctx, pid);
    return times.map((t) => Math.round((t - start) * 10) / 10);
  });
  expect(marks).toEqual([1, 6.5, 7.5]);
});

test('processes of cgroups without the controller compete in the nearest cgroup that has it', async () => {
  const rig = testKernel();
  const used = await rig.act(async (ctx) => {
    for (const path of ['x', 'x/y', 'z']) await mkdirAll(ctx, `${ROOT}/${path}`);
    const busy = async (path: string): Promise<void> => {
      await ctx.sys.fork(
        ctx,
        async (c) => {
          for (;;) await c.cpu(10_000_000);
        },
        { cgroup: `${ROOT}/${path}` },
      );
    };
    for (let i = 0; i < 3; i++) await busy('x/y');
    await busy('z');
    await ctx.sleep(SECOND);
    const of = async (path: string): Promise<number> =>
      Number(/usage_usec (\d+)/.exec(await readFile(ctx, `${ROOT}/${path}/cpu.stat`))?.[1]) / 1e6;
    return [await of('x'), await of('z')].map((v) => Number(v.toFixed(2)));
  });
  expect(used).toEqual([1.5, 0.5]);
});

test('nice counts within a cgroup: each step is a quarter more or less, and what somebody cannot use goes to the others', async () => {
  const seconds = await testKernel().act(async (ctx) => {
    const usedWith = async (nices: readonly number[]): Promise<number[]> => {
      const pids: number[] = [];
      for (const nice of nices) {
        const body = async (c: Context): Promise<number> => {
          await c.sys.setPriority(c, 'process', 0, nice);
          for (;;) await c.cpu(50_000_000);
        };
        pids.push(await ctx.sys.fork(ctx, body));
      }
      await ctx.sleep(10 * SECOND);
      const ticks = await Promise.all(
        pids.map(async (pid) => {
          const fields = (await readFile(ctx, `/proc/${pid}/stat`)).split(' ');
          return Number(fields[13]) + Number(fields[14]);
        }),
      );
      for (const pid of pids) {
        await ctx.sys.kill(ctx, pid, 'SIGKILL');
        await ctx.sys.wait(ctx, pid);
      }
      return ticks.map((one) => Math.round(one / 50) / 2);
    };
    return [await usedWith([0, 0, 5, 5]), await usedWith([-20, 0, 0]), await usedWith([19, 19])];
  });
  expect(seconds).toEqual([
    [7.5, 7.5, 2.5, 2.5],
    [10, 5, 5],
    [10, 10],
  ]);
});
