/** Propagation, moving, remounting and what the kernel refuses. */
import { expect, test } from 'vitest';
import { testKernel } from '../../testing/kernel.ts';
import type { Context } from '../context.ts';
import { isErrno } from '../errno.ts';
import { mkdirAll, readFile, writeFile } from '../io.ts';

async function failure(body: Promise<unknown>): Promise<string> {
  try {
    await body;
    return 'ok';
  } catch (error) {
    return isErrno(error) ? error.code : String(error);
  }
}

const tmpfs = (ctx: Context, at: string, options = ''): Promise<void> =>
  ctx.sys.mount(ctx, 'tmpfs', at, 'tmpfs', {}, options);
const bind = (ctx: Context, from: string, to: string, recursive = false): Promise<void> =>
  ctx.sys.mount(ctx, from, to, '', { bind: true, recursive });

/** Mount points below /m with their optional fields, group numbers replaced by letters in order of appearance. */
async function table(ctx: Context): Promise<string[]> {
  const letters = new Map<string, string>();
  const rows: string[] = [];
  for (const line of (await readFile(ctx, '/proc/self/mountinfo')).trim().split('\n')) {
    const words = line.split(' ');
    if (!words[4]?.startsWith('/m')) continue;
    const optional = words.slice(6, words.indexOf('-')).map((word) =>
      word.replace(/\d+/, (id) => {
        if (!letters.has(id)) letters.set(id, String.fromCharCode(97 + letters.size));
        return letters.get(id) as string;
      }),
    );
    rows.push([words[4], ...optional].join(' '));
  }
  return rows.sort();
}

test('peers see each other, slaves only receive, private ones neither', async () => {
  await testKernel().act(async (ctx) => {
    for (const d of ['/m/a', '/m/peer', '/m/slave', '/m/private', '/m/both', '/m/below']) await mkdirAll(ctx, d);
    await tmpfs(ctx, '/m/a');
    await ctx.sys.mount(ctx, '', '/m/a', '', { propagation: 'shared' });
    for (const d of ['peer', 'slave', 'private', 'both']) await bind(ctx, '/m/a', `/m/${d}`);
    await ctx.sys.mount(ctx, '', '/m/slave', '', { propagation: 'slave' });
    await ctx.sys.mount(ctx, '', '/m/private', '', { propagation: 'private' });
    await ctx.sys.mount(ctx, '', '/m/both', '', { propagation: 'slave' });
    await ctx.sys.mount(ctx, '', '/m/both', '', { propagation: 'shared' });
    await bind(ctx, '/m/both', '/m/below');
    await mkdirAll(ctx, '/m/a/x');
    await tmpfs(ctx, '/m/a/x');
    expect(await table(ctx)).toEqual([
      '/m/a shared:a',
      '/m/a/x shared:c',
      '/m/below shared:b master:a',
      '/m/below/x shared:d master:c',
      '/m/both shared:b master:a',
      '/m/both/x shared:d master:c',
      '/m/peer shared:a',
      '/m/peer/x shared:c',
      '/m/private',
      '/m/slave master:a',
      '/m/slave/x master:c',
    ]);
    await mkdirAll(ctx, '/m/slave/x/y');
    await tmpfs(ctx, '/m/slave/x/y');
    // What was mounted on a copy keeps the copy where it is.
    await ctx.sys.umount(ctx, '/m/peer/x');
    expect((await table(ctx)).filter((row) => row.includes('/x'))).toEqual(['/m/slave/x', '/m/slave/x/y']);
  });
});

test('a bind mount of a shared place on itself appears once', async () => {
  await testKernel().act(async (ctx) => {
    await mkdirAll(ctx, '/m');
    await ctx.sys.mount(ctx, '', '/', '', { propagation: 'shared' });
    await bind(ctx, '/m', '/m');
    expect(await table(ctx)).toEqual(['/m shared:a']);
  });
});

test('a subdirectory of a shared mount that is mounted elsewhere receives what is mounted below it', async () => {
  await testKernel().act(async (ctx) => {
    for (const d of ['/m/a', '/m/b']) await mkdirAll(ctx, d);
    await tmpfs(ctx, '/m/a');
    await ctx.sys.mount(ctx, '', '/m/a', '', { propagation: 'shared' });
    await mkdirAll(ctx, '/m/a/sub/x');
    await mkdirAll(ctx, '/m/a/other');
    await bind(ctx, '/m/a/sub', '/m/b');
    await tmpfs(ctx, '/m/a/sub/x');
    await tmpfs(ctx, '/m/a/other');
    expect((await table(ctx)).map((row) => row.split(' ')[0])).toEqual([
      '/m/a',
      '/m/a/other',
      '/m/a/sub/x',
      '/m/b',
      '/m/b/x',
    ]);
  });
});

test('unbindable: not bound, and left out of a tree', async () => {
  await testKernel().act(async (ctx) => {
    for (const d of ['/m/a', '/m/b', '/m/c']) await mkdirAll(ctx, d);
    await tmpfs(ctx, '/m/a');
    for (const d of ['/m/a/x', '/m/a/y']) await mkdirAll(ctx, d);
    await tmpfs(ctx, '/m/a/x');
    await tmpfs(ctx, '/m/a/y');
    await ctx.sys.mount(ctx, '', '/m/a/x', '', { propagation: 'unbindable' });
    expect(await failure(bind(ctx, '/m/a/x', '/m/b'))).toBe('EINVAL');
    await bind(ctx, '/m/a', '/m/c', true);
    expect(await table(ctx)).toEqual(['/m/a', '/m/a/x unbindable', '/m/a/y', '/m/c', '/m/c/y']);
  });
});

test('moving a mount: not from below a shared one, not into itself', async () => {
  await testKernel().act(async (ctx) => {
    for (const d of ['/m/a', '/m/b']) await mkdirAll(ctx, d);
    const move = (from: string, to: string): Promise<string> =>
      failure(ctx.sys.mount(ctx, from, to, '', { move: true }));
    await tmpfs(ctx, '/m/a');
    await mkdirAll(ctx, '/m/a/x');
    await tmpfs(ctx, '/m/a/x');
    expect(await move('/m/a', '/m/a/x')).toBe('ELOOP');
    expect(await move('/m/a', '/m/b')).toBe('ok');
    expect((await table(ctx)).map((row) => row.split(' ')[0])).toEqual(['/m/b', '/m/b/x']);
    await ctx.sys.mount(ctx, '', '/m/b', '', { propagation: 'shared' });
    expect(await move('/m/b/x', '/m/a')).toBe('EINVAL');
  });
});

test('busy: a working directory, an open file, a mount below; a lazy unmount does not mind', async () => {
  await testKernel().act(async (ctx) => {
    await mkdirAll(ctx, '/m');
    await tmpfs(ctx, '/m', 'size=1m');
    const fd = await ctx.sys.open(ctx, '/m/f', { write: true, create: true });
    expect(await failure(ctx.sys.umount(ctx, '/m'))).toBe('EBUSY');
    expect(await failure(ctx.sys.mount(ctx, '', '/m', '', { remount: true, readOnly: true }))).toBe('EBUSY');
    await ctx.sys.umount(ctx, '/m', { detach: true });
    await ctx.sys.write(ctx, fd, 'still there');
    await ctx.sys.close(ctx, fd);
    await tmpfs(ctx, '/m');
    await ctx.sys.mount(ctx, '', '/m', '', { remount: true, readOnly: true });
    expect(await failure(writeFile(ctx, '/m/f', ''))).toBe('EROFS');
  });
});

test('a tmpfs has as many bytes and inodes as it was given', async () => {
  await testKernel().act(async (ctx) => {
    await mkdirAll(ctx, '/m');
    await tmpfs(ctx, '/m', 'size=64k,nr_inodes=4,mode=0700,uid=7');
    expect(await ctx.sys.stat(ctx, '/m')).toMatchObject({ mode: 0o700, uid: 7 });
    expect(await failure(writeFile(ctx, '/m/a', new Uint8Array(70_000)))).toBe('ENOSPC');
    await writeFile(ctx, '/m/b', 'x');
    await writeFile(ctx, '/m/c', 'x');
    expect(await failure(writeFile(ctx, '/m/d', 'x'))).toBe('ENOSPC');
    expect(await readFile(ctx, '/proc/mounts')).toContain('size=64k,nr_inodes=4,mode=700,uid=7');
  });
});

test('pivot_root: onto a mount, with a private parent, the old root inside of it', async () => {
  await testKernel().act(async (ctx) => {
    const pid = await ctx.sys.fork(ctx, async (c) => {
      await c.sys.unshare(c, ['mnt']);
      await mkdirAll(c, '/m/new/old');
      expect(await failure(c.sys.pivotRoot(c, '/m/new', '/m/new/old'))).toBe('EBUSY');
      await tmpfs(c, '/m/new');
      await mkdirAll(c, '/m/new/old');
      expect(await failure(c.sys.pivotRoot(c, '/', '/m/new/old'))).toBe('EBUSY');
      expect(await failure(c.sys.pivotRoot(c, '/m/new', '/m'))).toBe('EBUSY');
      await c.sys.mount(c, '', '/', '', { propagation: 'shared' });
      expect(await failure(c.sys.pivotRoot(c, '/m/new', '/m/new/old'))).toBe('EINVAL');
      await c.sys.mount(c, '', '/', '', { propagation: 'private' });
      await c.sys.pivotRoot(c, '/m/new', '/m/new/old');
      await c.sys.chdir(c, '/');
      expect((await c.sys.readDirectory(c, '/')).map((e) => e.name)).toEqual(['old']);
      expect((await readFile(c, '/old/etc/hostname')).trim()).toBe('node-1');
      const points = (await readFile(c, '/old/proc/self/mounts')).split('\n').map((line) => line.split(' ')[1]);
      expect(points).toEqual(expect.arrayContaining(['/', '/old', '/old/proc', '/old/sys/fs/cgroup']));
      await c.sys.umount(c, '/old', { detach: true });
      expect(await c.sys.readDirectory(c, '/old')).toEqual([]);
      return 0;
    });
    expect(await ctx.sys.wait(ctx, pid)).toMatchObject({ exitCode: 0 });
  });
});

test('sticky and setgid directories, giving away files, extended attributes', async () => {
  await testKernel().act(async (ctx) => {
    await mkdirAll(ctx, '/m');
    await ctx.sys.chmod(ctx, '/m', 0o3777);
    await ctx.sys.chown(ctx, '/m', 0, 50);
    await writeFile(ctx, '/m/roots', '');
    const pid = await ctx.sys.fork(ctx, async (c) => {
      await c.sys.setgroups(c, [60]);
      await c.sys.setgid(c, 1000);
      await c.sys.setuid(c, 1000);
      expect(await failure(c.sys.unlink(c, '/m/roots'))).toBe('EPERM');
      expect(await failure(c.sys.rename(c, '/m/roots', '/m/mine'))).toBe('EPERM');
      await c.sys.mkdir(c, '/m/d');
      expect(await c.sys.stat(c, '/m/d')).toMatchObject({ gid: 50, mode: 0o2755 });
      expect(await failure(c.sys.chown(c, '/m/d', -1, 60))).toBe('ok');
      expect(await failure(c.sys.chown(c, '/m/d', -1, 70))).toBe('EPERM');
      expect(await failure(c.sys.chown(c, '/m/d', 1001, -1))).toBe('EPERM');
      expect(await failure(c.sys.setxattr(c, '/m/d', 'trusted.x', '1'))).toBe('EPERM');
      expect(await failure(c.sys.setxattr(c, '/m/d', 'colour', '1'))).toBe('EOPNOTSUPP');
      await c.sys.setxattr(c, '/m/d', 'user.x', '1');
      expect(await c.sys.listxattr(c, '/m/d')).toEqual(['user.x']);
      await c.sys.removexattr(c, '/m/d', 'user.x');
      expect(await failure(c.sys.getxattr(c, '/m/d', 'user.x'))).toBe('ENODATA');
      await c.sys.rmdir(c, '/m/d');
      return 0;
    });
    expect(await ctx.sys.wait(ctx, pid)).toMatchObject({ exitCode: 0 });
  });
});
