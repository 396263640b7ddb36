import { expect, test } from 'vitest';
import { testKernel } from '../../testing/kernel.ts';
import type { Context } from '../context.ts';
import { isErrno } from '../errno.ts';
import { exists, mkdirAll, readFile, writeFile } from '../io.ts';

async function failure(body: Promise<unknown>): Promise<string> {
  try {
    await body;
    return 'no error';
  } catch (error) {
    return isErrno(error) ? error.code : String(error);
  }
}

async function overlay(ctx: Context): Promise<void> {
  for (const d of ['/o/l1/dir', '/o/l2/dir', '/o/u', '/o/w', '/o/m']) await mkdirAll(ctx, d);
  await writeFile(ctx, '/o/l1/dir/one', '1');
  await writeFile(ctx, '/o/l2/dir/two', '2');
  await writeFile(ctx, '/o/l2/dir/one', 'hidden');
  await ctx.sys.mount(ctx, 'overlay', '/o/m', 'overlay', {}, 'lowerdir=/o/l1:/o/l2,upperdir=/o/u,workdir=/o/w');
}

test('overlay merges directories, copies up, whites out, and hides with opaque directories', async () => {
  const rig = testKernel();
  await rig.act(async (ctx) => {
    const { sys } = ctx;
    await overlay(ctx);
    expect((await sys.readDirectory(ctx, '/o/m/dir')).map((e) => e.name).sort()).toEqual(['one', 'two']);
    expect(await readFile(ctx, '/o/m/dir/one')).toBe('1');
    await writeFile(ctx, '/o/m/dir/two', 'changed');
    expect(await readFile(ctx, '/o/l2/dir/two')).toBe('2');
    expect(await readFile(ctx, '/o/u/dir/two')).toBe('changed');
    await sys.unlink(ctx, '/o/m/dir/one');
    expect(await sys.lstat(ctx, '/o/u/dir/one')).toMatchObject({ type: 'char', rdev: [0, 0] });
    expect(await exists(ctx, '/o/m/dir/one')).toBe(false);
    await sys.unlink(ctx, '/o/m/dir/two');
    await sys.rmdir(ctx, '/o/m/dir');
    await sys.mkdir(ctx, '/o/m/dir');
    expect(await sys.readDirectory(ctx, '/o/m/dir')).toEqual([]);
    expect(await sys.getxattr(ctx, '/o/u/dir', 'trusted.overlay.opaque')).toBe('y');
    await sys.chmod(ctx, '/o/m', 0o700);
    expect((await sys.stat(ctx, '/o/u')).mode).toBe(0o700);
  });
});

test('rename in overlay: files move, lower directories answer EXDEV', async () => {
  const rig = testKernel();
  await rig.act(async (ctx) => {
    await overlay(ctx);
    await ctx.sys.rename(ctx, '/o/m/dir/one', '/o/m/moved');
    expect(await readFile(ctx, '/o/m/moved')).toBe('1');
    expect(await exists(ctx, '/o/m/dir/one')).toBe(false);
    expect(await failure(ctx.sys.rename(ctx, '/o/m/dir', '/o/m/other'))).toBe('EXDEV');
  });
});

test('bind mounts, read-only remount, busy umount, private namespaces', async () => {
  const rig = testKernel();
  await rig.act(async (ctx) => {
    const { sys } = ctx;
    await mkdirAll(ctx, '/a/sub');
    await mkdirAll(ctx, '/b');
    await writeFile(ctx, '/a/file', 'x');
    await sys.mount(ctx, '/a', '/b', '', { bind: true });
    expect(await readFile(ctx, '/b/file')).toBe('x');
    await sys.mount(ctx, '', '/b', '', { remount: true, bind: true, readOnly: true });
    expect(await failure(writeFile(ctx, '/b/file', 'y'))).toBe('EROFS');
    await writeFile(ctx, '/a/file', 'y');
    expect(await readFile(ctx, '/b/file')).toBe('y');
    await sys.chdir(ctx, '/b');
    expect(await failure(sys.umount(ctx, '/b'))).toBe('EBUSY');
    await sys.chdir(ctx, '/');
    const child = await sys.fork(
      ctx,
      async (c) => {
        await c.sys.mount(c, '', '/', '', { recursive: true, propagation: 'private' });
        await c.sys.umount(c, '/b');
        await c.sys.mount(c, 'tmpfs', '/a', 'tmpfs', {});
        await writeFile(c, '/a/inside', '1');
        return (await exists(c, '/b/file')) ? 1 : 0;
      },
      { newNamespaces: ['mnt'] },
    );
    expect((await sys.wait(ctx, child))?.exitCode).toBe(0);
    expect(await exists(ctx, '/b/file')).toBe(true);
    expect(await exists(ctx, '/a/inside')).toBe(false);
  });
});

test('a shared mount is seen in the other namespace, a slave only receives', async () => {
  const rig = testKernel();
  await rig.act(async (ctx) => {
    const { sys } = ctx;
    await mkdirAll(ctx, '/shared');
    await sys.mount(ctx, 'tmpfs', '/shared', 'tmpfs', {});
    await sys.mount(ctx, '', '/shared', '', { propagation: 'shared' });
    await mkdirAll(ctx, '/shared/x');
    await mkdirAll(ctx, '/shared/y');
    const done = await sys.pipe(ctx);
    const child = await sys.fork(
      ctx,
      async (c) => {
        await c.sys.mount(c, '', '/', '', { recursive: true, propagation: 'slave' });
        await c.sys.mount(c, 'tmpfs', '/shared/y', 'tmpfs', {});
        await writeFile(c, '/shared/y/from-child', '');
        await c.sys.close(c, done[1]);
        await c.sys.read(c, done[0]);
        return (await exists(c, '/shared/x/from-parent')) ? 0 : 1;
      },
      { newNamespaces: ['mnt'] },
    );
    await ctx.sleep(1_000_000_000);
    await sys.mount(ctx, 'tmpfs', '/shared/x', 'tmpfs', {});
    await writeFile(ctx, '/shared/x/from-parent', '');
    expect(await exists(ctx, '/shared/y/from-child')).toBe(false);
    await sys.close(ctx, done[1]);
    expect((await sys.wait(ctx, child))?.exitCode).toBe(0);
  });
});

test('pivot_root leaves nothing of the old tree after the lazy unmount', async () => {
  const rig = testKernel();
  await rig.act(async (ctx) => {
    const child = await ctx.sys.fork(
      ctx,
      async (c) => {
        const { sys } = c;
        await sys.mount(c, '', '/', '', { recursive: true, propagation: 'private' });
        await mkdirAll(c, '/new');
        await sys.mount(c, 'tmpfs', '/new', 'tmpfs', {});
        await mkdirAll(c, '/new/proc');
        await sys.mount(c, 'proc', '/new/proc', 'proc', {});
        await sys.chdir(c, '/new');
        await sys.pivotRoot(c, '.', '.');
        await sys.umount(c, '.', { detach: true });
        await sys.chdir(c, '/');
        const names = (await sys.readDirectory(c, '/')).map((e) => e.name);
        const mounts = (await readFile(c, '/proc/self/mountinfo')).trim().split('\n');
        return names.join() === 'proc' && mounts.length === 2 ? 0 : 1;
      },
      { newNamespaces: ['mnt'] },
    );
    expect((await ctx.sys.wait(ctx, child))?.exitCode).toBe(0);
  });
});
