import { expect, test } from 'vitest';
import { testKernel } from '../testing/kernel.ts';
import type { Context } from './context.ts';
import { isErrno } from './errno.ts';
import { mkdirAll, readFile, writeFile } from './io.ts';

const SECOND = 1_000_000_000;
const MB = 1024 * 1024;
const ROOT = '/sys/fs/cgroup';

async function failure(body: Promise<unknown>): Promise<string> {
  try {
    await body;
    return 'ok';
  } catch (error) {
    return isErrno(error) ? error.code : String(error);
  }
}

const write = (ctx: Context, file: string, text: string): Promise<string> =>
  failure(writeFile(ctx, `${ROOT}/${file}`, text));
const read = (ctx: Context, file: string): Promise<string> => readFile(ctx, `${ROOT}/${file}`);

async function sleeper(ctx: Context, cgroup: string, bytes = 0): Promise<number> {
  const pid = await ctx.sys.fork(
    ctx,
    async (c) => {
      if (bytes > 0) await c.sys.setMemory(c, bytes);
      await c.sleep(1000 * SECOND);
      return 0;
    },
    { cgroup: `${ROOT}/${cgroup}` },
  );
  await ctx.sleep(SECOND / 100);
  return pid;
}

test('a domain cgroup has either processes or children with domain controllers', async () => {
  await testKernel().act(async (ctx) => {
    await write(ctx, 'cgroup.subtree_control', '+memory +cpu +pids');
    await mkdirAll(ctx, `${ROOT}/a/b`);
    const pid = await sleeper(ctx, 'a');
    expect(await write(ctx, 'a/cgroup.subtree_control', '+memory')).toBe('EBUSY');
    expect(await write(ctx, 'a/b/cgroup.procs', String(pid))).toBe('ok');
    expect(await write(ctx, 'a/cgroup.subtree_control', '+memory')).toBe('ok');
    expect(await write(ctx, 'a/cgroup.procs', String(pid))).toBe('EBUSY');
    expect(await write(ctx, 'a/b/cgroup.subtree_control', '+io')).toBe('ENOENT');
    expect(await write(ctx, 'a/b/cgroup.subtree_control', '+nothing')).toBe('EINVAL');
    expect(await write(ctx, 'a/b/cgroup.subtree_control', 'memory')).toBe('EINVAL');
    await mkdirAll(ctx, `${ROOT}/a/c/d`);
    expect(await write(ctx, 'a/c/cgroup.subtree_control', '+memory')).toBe('ok');
    expect(await write(ctx, 'a/cgroup.subtree_control', '-memory')).toBe('EBUSY');
    expect(await failure(ctx.sys.rmdir(ctx, `${ROOT}/a/b`))).toBe('EBUSY');
    expect(await failure(ctx.sys.rmdir(ctx, `${ROOT}/a/c`))).toBe('EBUSY');
    expect(await write(ctx, 'a/b/cgroup.procs', '99999')).toBe('ESRCH');
    expect(await write(ctx, 'a/b/cgroup.procs', 'x')).toBe('EINVAL');
  });
});

test('threaded controllers are allowed where processes are, and make what is below invalid', async () => {
  await testKernel().act(async (ctx) => {
    await write(ctx, 'cgroup.subtree_control', '+cpu +memory');
    await mkdirAll(ctx, `${ROOT}/t/inner`);
    const pid = await sleeper(ctx, 't');
    expect(await write(ctx, 't/cgroup.subtree_control', '+cpu')).toBe('ok');
    expect(await read(ctx, 't/cgroup.type')).toBe('domain threaded\n');
    expect(await read(ctx, 't/inner/cgroup.type')).toBe('domain invalid\n');
    expect(await write(ctx, 't/inner/cgroup.procs', String(pid))).toBe('EOPNOTSUPP');
    expect(await write(ctx, 't/inner/cgroup.type', 'domain')).toBe('EINVAL');
    expect(await write(ctx, 't/inner/cgroup.type', 'threaded')).toBe('ok');
    expect(await write(ctx, 't/inner/cgroup.threads', String(pid))).toBe('ok');
    expect(await failure(read(ctx, 't/inner/cgroup.procs'))).toBe('EOPNOTSUPP');
    expect(await read(ctx, 't/inner/cgroup.threads')).toBe(`${pid}\n`);
  });
});

test('switching a controller off forgets its settings', async () => {
  await testKernel().act(async (ctx) => {
    await write(ctx, 'cgroup.subtree_control', '+cpu +pids');
    await mkdirAll(ctx, `${ROOT}/a`);
    await write(ctx, 'a/cpu.weight', '250');
    await write(ctx, 'a/cpu.max', '20000');
    await write(ctx, 'a/pids.max', '3');
    await write(ctx, 'cgroup.subtree_control', '-cpu -pids');
    expect(await failure(read(ctx, 'a/cpu.weight'))).toBe('ENOENT');
    await write(ctx, 'cgroup.subtree_control', '+cpu +pids');
    expect(await read(ctx, 'a/cpu.weight')).toBe('100\n');
    expect(await read(ctx, 'a/cpu.max')).toBe('max 100000\n');
    expect(await read(ctx, 'a/pids.max')).toBe('max\n');
  });
});

test('values out of range are refused with the errno that the kernel gives', async () => {
  await testKernel().act(async (ctx) => {
    await write(ctx, 'cgroup.subtree_control', '+cpuset +cpu +io +memory +pids');
    await mkdirAll(ctx, `${ROOT}/a`);
    const refused: [string, string, string][] = [
      ['cpu.weight', '0', 'ERANGE'],
      ['cpu.weight', 'heavy', 'EINVAL'],
      ['cpu.max', '999', 'EINVAL'],
      ['cpu.max', '50000 2000000', 'EINVAL'],
      ['cpu.max', 'some', 'EINVAL'],
      ['cpuset.cpus', '7', 'ERANGE'],
      ['cpuset.cpus', '1-0', 'EINVAL'],
      ['memory.max', '-1', 'EINVAL'],
      ['memory.oom.group', '2', 'EINVAL'],
      ['pids.max', '1k', 'EINVAL'],
      ['cgroup.freeze', '2', 'ERANGE'],
      ['cgroup.kill', '0', 'ERANGE'],
      ['io.max', '9:9 rbps=1', 'ENODEV'],
      ['io.max', '254:0 speed=1', 'EINVAL'],
      ['memory.reclaim', '1M', 'EAGAIN'],
    ];
    for (const [file, text, code] of refused)
      expect([file, text, await write(ctx, `a/${file}`, text)]).toEqual([file, text, code]);
    expect(await write(ctx, 'a/io.max', '254:0 rbps=1048576 wiops=10')).toBe('ok');
    expect(await read(ctx, 'a/io.max')).toBe('254:0 rbps=1048576 wbps=max riops=max wiops=10\n');
    expect(await write(ctx, 'a/memory.max', '100000')).toBe('ok');
    expect(await read(ctx, 'a/memory.max')).toBe('98304\n');
    expect(await write(ctx, 'a/cgroup.events', '1')).toBe('EACCES');
    await write(ctx, 'a/cgroup.max.descendants', '1');
    expect(await failure(ctx.sys.mkdir(ctx, `${ROOT}/a/b`))).toBe('ok');
    expect(await failure(ctx.sys.mkdir(ctx, `${ROOT}/a/c`))).toBe('EAGAIN');
    expect(await failure(ctx.sys.mkdir(ctx, `${ROOT}/a/cgroup.procs`))).toBe('EEXIST');
  });
});

test('a listing tells of each file what stat tells of it, looked at or not', async () => {
  await testKernel().act(async (ctx) => {
    await write(ctx, 'cgroup.subtree_control', '+pids');
    await mkdirAll(ctx, `${ROOT}/a/b`);
    await read(ctx, 'a/pids.max');
    const listed = await ctx.sys.readDirectory(ctx, `${ROOT}/a`);
    const names = listed.map(({ name }) => name);
    expect([names.includes('pids.max'), names.includes('memory.max'), names.at(-1)]).toEqual([true, false, 'b']);
    const stated = [];
    for (const name of names) {
      const { type, ino } = await ctx.sys.stat(ctx, `${ROOT}/a/${name}`);
      stated.push({ name, type, ino });
    }
    expect(listed).toEqual(stated);
    expect(new Set(listed.map(({ ino }) => ino)).size).toBe(listed.length);
  });
});

test('pids.max: fork fails here and below, is counted and logged once', async () => {
  const rig = testKernel();
  await rig.act(async (ctx) => {
    await write(ctx, 'cgroup.subtree_control', '+pids');
    await mkdirAll(ctx, `${ROOT}/a/b`);
    await write(ctx, 'a/pids.max', '2');
    await sleeper(ctx, 'a/b');
    await sleeper(ctx, 'a/b');
    expect(await failure(sleeper(ctx, 'a/b'))).toBe('EAGAIN');
    expect(await failure(sleeper(ctx, 'a/b'))).toBe('EAGAIN');
    expect(await read(ctx, 'a/pids.events')).toBe('max 2\n');
    expect(await read(ctx, 'a/pids.current')).toBe('2\n');
    expect(await read(ctx, 'a/pids.peak')).toBe('2\n');
    await write(ctx, 'a/cgroup.kill', '1');
    // Zombies count until somebody waits for them.
    expect(await read(ctx, 'a/cgroup.events')).toBe('populated 0\nfrozen 0\n');
    expect(await read(ctx, 'a/pids.current')).toBe('2\n');
    await ctx.sys.wait(ctx, -1);
    expect(await read(ctx, 'a/pids.current')).toBe('1\n');
  });
  expect(rig.kernel.kmsg.map((l) => l.text)).toEqual(['cgroup: fork rejected by pids controller in /a/b']);
});

test('the OOM killer takes the worst by size and oom_score_adj, and says so', async () => {
  const rig = testKernel();
  await rig.act(async (ctx) => {
    await write(ctx, 'cgroup.subtree_control', '+memory');
    await mkdirAll(ctx, `${ROOT}/pod`);
    await write(ctx, 'pod/cgroup.subtree_control', '+memory');
    await mkdirAll(ctx, `${ROOT}/pod/a`);
    await mkdirAll(ctx, `${ROOT}/pod/b`);
    await write(ctx, 'pod/memory.max', '100M');
    const big = await sleeper(ctx, 'pod/a', 60 * MB);
    await writeFile(ctx, `/proc/${big}/oom_score_adj`, '-900');
    const small = await sleeper(ctx, 'pod/b', 30 * MB);
    const late = await sleeper(ctx, 'pod/b', 20 * MB);
    expect(await ctx.sys.wait(ctx, small)).toMatchObject({ signal: 'SIGKILL' });
    expect(await ctx.sys.wait(ctx, big, { noHang: true })).toBeNull();
    expect(await ctx.sys.wait(ctx, late, { noHang: true })).toBeNull();
    expect(await read(ctx, 'pod/memory.events')).toBe('low 0\nhigh 0\nmax 1\noom 1\noom_kill 1\noom_group_kill 0\n');
    expect(await read(ctx, 'pod/memory.events.local')).toContain('oom_kill 0\n');
    expect(await read(ctx, 'pod/b/memory.events')).toContain('oom 0\noom_kill 1\n');
    await write(ctx, 'pod/b/memory.oom.group', '1');
    await write(ctx, 'pod/b/memory.max', '10M');
    expect(await ctx.sys.wait(ctx, late)).toMatchObject({ signal: 'SIGKILL' });
    expect(await read(ctx, 'pod/b/memory.events')).toContain('oom_group_kill 1\n');
  });
  const log = rig.kernel.kmsg.map((l) => l.text);
  expect(log[0]).toMatch(/^test invoked oom-killer: gfp_mask=0xcc0\(GFP_KERNEL\), order=0, oom_score_adj=0$/);
  expect(log.filter((l) => l.startsWith('Memory cgroup out of memory'))).toEqual([
    expect.stringMatching(
      /^Memory cgroup out of memory: Killed process \d+ \(test\) total-vm:61440kB, anon-rss:30720kB/,
    ),
    expect.stringMatching(
      /^Memory cgroup out of memory: Killed process \d+ \(test\) total-vm:40960kB, anon-rss:20480kB/,
    ),
  ]);
  expect(log).toContain('Tasks in /pod/b are going to be killed due to memory.oom.group set');
  expect(log.find((l) => l.startsWith('oom-kill:'))).toContain('oom_memcg=/pod,task_memcg=/pod/b,task=test');
});

test('the machine itself runs out of memory', async () => {
  const rig = testKernel();
  await rig.act(async (ctx) => {
    await mkdirAll(ctx, `${ROOT}/a`);
    const pid = await sleeper(ctx, 'a', 3000 * MB);
    await sleeper(ctx, 'a', 1000 * MB);
    expect(await ctx.sys.wait(ctx, pid)).toMatchObject({ signal: 'SIGKILL' });
  });
  expect(rig.kernel.kmsg.at(-1)?.text).toMatch(/^Out of memory: Killed process /);
});

test('memory.high slows its members down instead of killing', async () => {
  await testKernel().act(async (ctx) => {
    await write(ctx, 'cgroup.subtree_control', '+memory');
    await mkdirAll(ctx, `${ROOT}/a`);
    await write(ctx, 'a/memory.high', '10M');
    const start = ctx.now;
    const pid = await ctx.sys.fork(
      ctx,
      async (c) => {
        await c.sys.setMemory(c, 30 * MB);
        return 0;
      },
      { cgroup: `${ROOT}/a` },
    );
    expect(await ctx.sys.wait(ctx, pid)).toMatchObject({ exitCode: 0 });
    expect((ctx.now - start) / SECOND).toBeCloseTo(2, 1);
    expect(await read(ctx, 'a/memory.events')).toContain('high 1\nmax 0\n');
  });
});

test('a delegated subtree: its owner moves processes inside it and nowhere else', async () => {
  await testKernel().act(async (ctx) => {
    await mkdirAll(ctx, `${ROOT}/user`);
    for (const file of ['', '/cgroup.procs', '/cgroup.subtree_control'])
      await ctx.sys.chown(ctx, `${ROOT}/user${file}`, 1000, 1000);
    const pid = await ctx.sys.fork(
      ctx,
      async (c) => {
        await c.sys.setgid(c, 1000);
        await c.sys.setuid(c, 1000);
        expect(await failure(c.sys.mkdir(c, `${ROOT}/user/mine`))).toBe('ok');
        expect(await write(c, 'user/mine/cgroup.procs', '0')).toBe('ok');
        expect(await write(c, 'cgroup.procs', '0')).toBe('EACCES');
        expect(await failure(c.sys.mkdir(c, `${ROOT}/other`))).toBe('EACCES');
        expect(await write(c, 'user/cgroup.max.depth', '3')).toBe('EACCES');
        return 0;
      },
      { cgroup: `${ROOT}/user` },
    );
    expect(await ctx.sys.wait(ctx, pid)).toMatchObject({ exitCode: 0 });
    // From outside, it may not pull a process in: the common ancestor is not its own.
    const outside = await ctx.sys.fork(ctx, async (c) => {
      await c.sys.setgid(c, 1000);
      await c.sys.setuid(c, 1000);
      expect(await write(c, 'user/cgroup.procs', '0')).toBe('EACCES');
      return 0;
    });
    expect(await ctx.sys.wait(ctx, outside)).toMatchObject({ exitCode: 0 });
  });
});

test('mountinfo names the part of the hierarchy that is mounted, as the reader may see it', async () => {
  await testKernel().act(async (ctx) => {
    await mkdirAll(ctx, `${ROOT}/a`);
    await mkdirAll(ctx, '/mnt');
    const pid = await ctx.sys.fork(
      ctx,
      async (c) => {
        await c.sys.unshare(c, ['cgroup', 'mnt']);
        await c.sys.mount(c, 'cgroup', '/mnt', 'cgroup2', {});
        expect(await readFile(c, '/proc/self/mountinfo')).toMatch(/ \/ \/mnt rw,relatime - cgroup2 cgroup /);
        expect(await readFile(c, '/mnt/cgroup.procs')).not.toBe('');
        await c.sleep(SECOND);
        return 0;
      },
      { cgroup: `${ROOT}/a` },
    );
    await ctx.sleep(SECOND / 10);
    expect(await readFile(ctx, `/proc/${pid}/mountinfo`)).toMatch(/ \/a \/mnt rw,relatime - cgroup2 cgroup /);
    await ctx.sys.wait(ctx, pid);
  });
});
