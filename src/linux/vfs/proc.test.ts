import { expect, test } from 'vitest';
import { testKernel } from '../../testing/kernel.ts';
import type { Context } from '../context.ts';
import { isErrno } from '../errno.ts';
import { readFile, writeFile } from '../io.ts';

const SECOND = 1_000_000_000;

async function failure(body: Promise<unknown>): Promise<string> {
  try {
    await body;
    return 'ok';
  } catch (error) {
    return isErrno(error) ? error.code : String(error);
  }
}

const set = (ctx: Context, path: string, value: string): Promise<string> =>
  failure(writeFile(ctx, `/proc/sys/${path}`, value));
const get = async (ctx: Context, path: string): Promise<string> => (await readFile(ctx, `/proc/sys/${path}`)).trim();

test('/proc/sys takes what the kernel takes', async () => {
  await testKernel().act(async (ctx) => {
    const cases: [string, string, string][] = [
      ['vm/swappiness', '10', 'ok'],
      ['vm/swappiness', '201', 'EINVAL'],
      ['vm/swappiness', 'much', 'EINVAL'],
      ['vm/overcommit_memory', '3', 'EINVAL'],
      ['kernel/pid_max', '300', 'EINVAL'],
      ['kernel/osrelease', '7', 'EACCES'],
      ['net/ipv4/ip_local_port_range', '1000 2000', 'ok'],
      ['net/ipv4/ip_local_port_range', '1000 70000', 'EINVAL'],
      ['net/ipv4/ip_forward', 'yes', 'EINVAL'],
      ['net/ipv4/conf/lo/rp_filter', '2', 'ok'],
      ['net/ipv4/conf/eth7/rp_filter', '2', 'ENOENT'],
      ['no/such', '1', 'ENOENT'],
    ];
    for (const [path, value, result] of cases)
      expect([path, value, await set(ctx, path, value)]).toEqual([path, value, result]);
    expect(await get(ctx, 'net/ipv4/ip_local_port_range')).toBe('1000\t2000');
    await set(ctx, 'net/ipv4/conf/all/forwarding', '1');
    expect(await get(ctx, 'net/ipv4/ip_forward')).toBe('1');
    const pid = await ctx.sys.fork(ctx, async (c) => {
      await c.sys.unshare(c, ['net', 'ipc', 'uts']);
      expect(await get(c, 'net/ipv4/ip_forward')).toBe('0');
      expect(await get(c, 'vm/swappiness')).toBe('10');
      await set(c, 'kernel/hostname', 'inside');
      await set(c, 'kernel/shmmni', '17');
      return 0;
    });
    await ctx.sys.wait(ctx, pid);
    expect(await get(ctx, 'kernel/hostname')).toBe('node-1');
    expect(await get(ctx, 'kernel/shmmni')).toBe('4096');
  });
});

test('what one user may see of another’s process', async () => {
  await testKernel().act(async (ctx) => {
    const pid = await ctx.sys.fork(ctx, async (c) => {
      await c.sleep(10 * SECOND);
      return 0;
    });
    const user = await ctx.sys.fork(ctx, async (c) => {
      await c.sys.setgid(c, 1000);
      await c.sys.setuid(c, 1000);
      expect(await failure(c.sys.readlink(c, `/proc/${pid}/cwd`))).toBe('EACCES');
      expect(await failure(c.sys.readlink(c, `/proc/${pid}/ns/net`))).toBe('EACCES');
      expect(await failure(readFile(c, `/proc/${pid}/environ`))).toBe('EACCES');
      expect(await failure(readFile(c, `/proc/${pid}/status`))).toBe('ok');
      expect(await failure(c.sys.readlink(c, '/proc/self/ns/net'))).toBe('ok');
      expect(await failure(writeFile(c, '/proc/self/oom_score_adj', '500'))).toBe('ok');
      expect(await failure(writeFile(c, '/proc/self/oom_score_adj', '-1'))).toBe('EACCES');
      return 0;
    });
    expect(await ctx.sys.wait(ctx, user)).toMatchObject({ exitCode: 0 });
    expect(await readFile(ctx, '/proc/self/status')).toMatch(/^Name:\ttest\n/);
  });
});

test('namespace links follow unshare', async () => {
  await testKernel().act(async (ctx) => {
    const before = await ctx.sys.readlink(ctx, '/proc/self/ns/uts');
    await ctx.sys.unshare(ctx, ['uts']);
    expect(await ctx.sys.readlink(ctx, '/proc/self/ns/uts')).not.toBe(before);
  });
});

test('fdinfo, maps and the like', async () => {
  await testKernel().act(async (ctx) => {
    const fd = await ctx.sys.open(ctx, '/etc/hosts', { read: true });
    await ctx.sys.read(ctx, fd, 5);
    expect(await readFile(ctx, `/proc/self/fdinfo/${fd}`)).toMatch(
      /^pos:\t5\nflags:\t0100000\nmnt_id:\t\d+\nino:\t\d+\n$/,
    );
    expect(await readFile(ctx, '/proc/self/maps')).toMatch(/rw-p 00000000 00:00 0 +\[heap\]\n/);
    expect(await readFile(ctx, '/proc/self/smaps_rollup')).toMatch(/^Rss: +1024 kB$/m);
  });
});

test('load and pressure: averages that follow what runs, and decay', async () => {
  await testKernel().act(async (ctx) => {
    for (let i = 0; i < 4; i++)
      await ctx.sys.fork(ctx, async (c) => {
        await c.cpu(60 * SECOND);
        return 0;
      });
    await ctx.sleep(100 * SECOND);
    const [one = 0, five = 0] = (await readFile(ctx, '/proc/loadavg')).split(' ').map(Number);
    expect(one).toBeGreaterThan(3);
    expect(five).toBeGreaterThan(0.9);
    expect(five).toBeLessThan(one);
    const pressure = await readFile(ctx, '/proc/pressure/cpu');
    expect(Number(/some avg10=(\S+)/.exec(pressure)?.[1])).toBeGreaterThan(95);
    await ctx.sleep(600 * SECOND);
    expect(Number((await readFile(ctx, '/proc/loadavg')).split(' ')[0])).toBeLessThan(0.2);
    const later = await readFile(ctx, '/proc/pressure/cpu');
    expect(Number(/some avg10=(\S+)/.exec(later)?.[1])).toBeLessThan(10);
  });
});

test('/proc/self/fd leads to what is open under a number now, not to what was', async () => {
  await testKernel().act(async (ctx) => {
    const { sys } = ctx;
    await writeFile(ctx, '/one', 'first');
    await writeFile(ctx, '/two', 'second');
    const fd = await sys.open(ctx, '/one', { read: true });
    expect(await sys.readlink(ctx, `/proc/self/fd/${fd}`)).toBe('/one');
    await sys.close(ctx, fd);
    expect(await sys.open(ctx, '/two', { read: true })).toBe(fd);
    expect(await sys.readlink(ctx, `/proc/self/fd/${fd}`)).toBe('/two');
    expect(await readFile(ctx, `/dev/fd/${fd}`)).toBe('second');
    await sys.close(ctx, fd);
    expect(await failure(sys.readlink(ctx, `/proc/self/fd/${fd}`))).toBe('ENOENT');
  });
});

test('a file of a process keeps its number, and what is mounted on it', async () => {
  await testKernel().act(async (ctx) => {
    const { sys } = ctx;
    const number = async (path: string): Promise<number> => (await sys.stat(ctx, path)).ino;
    const status = await number('/proc/self/status');
    expect(await number('/proc/self/stat')).not.toBe(status);
    expect(await number('/proc/self/status')).toBe(status);
    const comm = await readFile(ctx, '/proc/self/comm');
    await writeFile(ctx, '/instead', 'mounted');
    await sys.mount(ctx, '/instead', '/proc/self/comm', '', { bind: true });
    expect(await readFile(ctx, '/proc/self/comm')).toBe('mounted');
    await sys.umount(ctx, '/proc/self/comm');
    expect(await readFile(ctx, '/proc/self/comm')).toBe(comm);
  });
});
