import { expect, test } from 'vitest';
import { testKernel } from '../../testing/kernel.ts';
import type { Context } from '../context.ts';
import { mkdirAll, readFile, writeFile } from '../io.ts';

const MB = 1024 * 1024;
const ROOT = '/sys/fs/cgroup';

/** What the cgroup's files say of memory: all, anonymous, in files. */
async function memory(ctx: Context, cgroup: string): Promise<number[]> {
  const stat = await readFile(ctx, `${ROOT}/${cgroup}/memory.stat`);
  const of = (key: string): number => Number(new RegExp(`^${key} (\\d+)$`, 'm').exec(stat)?.[1]);
  expect(of('file')).toBe(of('shmem'));
  return [Number(await readFile(ctx, `${ROOT}/${cgroup}/memory.current`)), of('anon'), of('shmem')];
}

/** Runs `body` as a process of the cgroup; its end as wait tells it. */
async function inside(ctx: Context, cgroup: string, body: (ctx: Context) => Promise<unknown>) {
  const pid = await ctx.sys.fork(ctx, async (c) => body(c).then(() => 0), { cgroup: `${ROOT}/${cgroup}` });
  return ctx.sys.wait(ctx, pid);
}

async function prepare(ctx: Context): Promise<void> {
  await writeFile(ctx, `${ROOT}/cgroup.subtree_control`, '+memory');
  await mkdirAll(ctx, `${ROOT}/a`);
  await writeFile(ctx, `${ROOT}/a/cgroup.subtree_control`, '+memory');
  for (const name of ['b', 'c']) await mkdirAll(ctx, `${ROOT}/a/${name}`);
  await mkdirAll(ctx, '/m');
  await ctx.sys.mount(ctx, 'tmpfs', '/m', 'tmpfs', {}, 'size=100m');
}

test('a page of a file in memory counts for the cgroup that wrote it first, until the file or the mount goes', async () => {
  await testKernel().act(async (ctx) => {
    await prepare(ctx);
    await inside(ctx, 'a/b', (c) => writeFile(c, '/m/x', new Uint8Array(2 * MB + 1)));
    await inside(ctx, 'a/c', (c) => writeFile(c, '/m/y', new Uint8Array(3 * MB)));
    await inside(ctx, 'a/c', async (c) =>
      c.sys.write(c, await c.sys.open(c, '/m/x', { write: true }), 'over the first'),
    );
    expect(await memory(ctx, 'a/b')).toEqual([2 * MB + 4096, 0, 2 * MB + 4096]);
    expect(await memory(ctx, 'a')).toEqual([5 * MB + 4096, 0, 5 * MB + 4096]);
    expect(await readFile(ctx, '/proc/meminfo')).toContain('Shmem:              5124 kB\n');
    // A directory takes nothing, and says 20 bytes for an entry.
    expect(await ctx.sys.stat(ctx, '/m')).toMatchObject({ size: 80, blocks: 0 });
    expect(await ctx.sys.stat(ctx, '/m/x')).toMatchObject({ size: 2 * MB + 1, blocks: 4104 });
    // Once its cgroup is gone it counts for the one above.
    await ctx.sys.rmdir(ctx, `${ROOT}/a/b`);
    expect(await memory(ctx, 'a')).toEqual([5 * MB + 4096, 0, 5 * MB + 4096]);
    // A file without a name takes its room until nobody has it open.
    const fd = await ctx.sys.open(ctx, '/m/x', { read: true });
    await ctx.sys.unlink(ctx, '/m/x');
    expect(await memory(ctx, 'a')).toEqual([5 * MB + 4096, 0, 5 * MB + 4096]);
    const { blocksFree } = await ctx.sys.statfs(ctx, '/m');
    await ctx.sys.close(ctx, fd);
    expect(await memory(ctx, 'a')).toEqual([3 * MB, 0, 3 * MB]);
    expect((await ctx.sys.statfs(ctx, '/m')).blocksFree).toBe(blocksFree + 513);
    await ctx.sys.umount(ctx, '/m');
    expect(await memory(ctx, 'a')).toEqual([0, 0, 0]);
  });
});

test('who writes more than the limit is killed, and the file stays as long as there was room', async () => {
  const { act, kernel } = testKernel();
  await act(async (ctx) => {
    await prepare(ctx);
    await writeFile(ctx, `${ROOT}/a/b/memory.max`, '8M');
    const writing = async (c: Context): Promise<void> => {
      await c.sys.setMemory(c, MB);
      await writeFile(c, '/m/x', new Uint8Array(20 * MB));
    };
    expect(await inside(ctx, 'a/b', writing)).toMatchObject({ signal: 'SIGKILL' });
    expect(await memory(ctx, 'a/b')).toEqual([7 * MB, 0, 7 * MB]);
    expect((await ctx.sys.stat(ctx, '/m/x')).size).toBe(7 * MB);
    expect(await readFile(ctx, `${ROOT}/a/b/memory.events`)).toContain('max 1\noom 1\noom_kill 1\n');
    expect(await readFile(ctx, `${ROOT}/a/b/memory.peak`)).toBe(`${8 * MB}\n`);
  });
  expect(kernel.kmsg.map(({ text }) => text)).toContain('memory: usage 8192kB, limit 8192kB, failcnt 1');
});
