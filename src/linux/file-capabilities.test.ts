import { expect, test } from 'vitest';
import { testKernel } from '../testing/kernel.ts';
import type { Context } from './context.ts';
import { isErrno } from './errno.ts';
import { CAPABILITY_ATTRIBUTE, decodeFileCapabilities, encodeFileCapabilities } from './file-capabilities.ts';
import { readFile } from './io.ts';
import type { Program } from './program.ts';

const NOBODY = 65_534;
const reader: Program = {
  name: 'reader',
  main: async (ctx) => {
    const status = await readFile(ctx, '/proc/self/status');
    const field = (name: string): number =>
      Number.parseInt(new RegExp(`${name}:\\t(\\w+)`).exec(status)?.[1] ?? '', 16);
    // The exit code: what it may, then what it has in effect, of CAP_NET_RAW and CAP_KILL.
    const bits = (mask: number): number => ((mask >> 13) & 1) * 2 + ((mask >> 5) & 1);
    return bits(field('CapPrm')) * 4 + bits(field('CapEff'));
  },
};
const attribute = (permitted: string[], effective: boolean): string =>
  encodeFileCapabilities({ permitted: new Set(permitted), inheritable: new Set(), effective, rootId: null });

/** Executes the program as nobody; its exit code, or why it could not be. */
async function executed(
  ctx: Context,
  path: string,
  before: (child: Context) => void | Promise<void> = () => {},
): Promise<number | string> {
  let error = '';
  const pid = await ctx.sys.fork(ctx, async (child) => {
    await child.sys.setuid(child, NOBODY);
    await before(child);
    await child.sys.execve(child, path, [path], []).catch((thrown: unknown) => {
      error = isErrno(thrown) ? thrown.code : String(thrown);
    });
    return 99;
  });
  const status = await ctx.sys.wait(ctx, pid);
  return error === '' ? (status?.exitCode ?? -1) : error;
}

test('what a file gives: of the bounding set, in effect if it says so, nothing with no_new_privs or on a nosuid mount', async () => {
  const rig = testKernel({ programs: [reader] });
  await rig.act(async (ctx) => {
    const { sys } = ctx;
    const path = '/usr/bin/reader';
    const give = (permitted: string[], effective: boolean): Promise<void> =>
      sys.setxattr(ctx, path, CAPABILITY_ATTRIBUTE, attribute(permitted, effective));
    expect(await executed(ctx, path)).toBe(0);
    await give(['NET_RAW'], true);
    expect(await executed(ctx, path)).toBe(0b1010);
    await give(['NET_RAW'], false);
    expect(await executed(ctx, path)).toBe(0b1000);
    await give(['NET_RAW', 'KILL'], true);
    expect(await executed(ctx, path, (child) => child.sys.setNoNewPrivileges(child))).toBe(0);
    await sys.mkdir(ctx, '/ns', 0o755);
    await sys.mount(ctx, '/usr/bin', '/ns', '', { bind: true });
    await sys.mount(ctx, '', '/ns', '', { bind: true, remount: true, noSuid: true });
    expect(await executed(ctx, '/ns/reader')).toBe(0);
    // A program that cannot know that it lacks something is not started at all; one that looks for itself is.
    const without = async (child: Context): Promise<void> => {
      const { bounding } = child.process.credentials.capabilities;
      await child.sys.setCapabilities(child, { bounding: [...bounding].filter((name) => name !== 'KILL') });
    };
    expect(await executed(ctx, path, without)).toBe('EPERM');
    await give(['NET_RAW', 'KILL'], false);
    expect(await executed(ctx, path, without)).toBe(0b1000);
    await sys.chown(ctx, path, NOBODY, NOBODY);
    expect(await executed(ctx, path)).toBe(0);
  });
});

test('the attribute: who may set it, what it may be, and that one of a user namespace is for its root', async () => {
  expect([...attribute(['CHOWN', 'BPF'], true)].map((c) => c.charCodeAt(0))).toEqual([
    1, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 128, 0, 0, 0, 0, 0, 0, 0,
  ]);
  expect(decodeFileCapabilities(attribute(['CHOWN', 'BPF'], true))).toEqual({
    permitted: new Set(['CHOWN', 'BPF']),
    inheritable: new Set(),
    effective: true,
    rootId: null,
  });
  const rig = testKernel({ programs: [reader] });
  await rig.act(async (ctx) => {
    const code = async (body: Promise<unknown>): Promise<string> =>
      body.then(
        () => 'no error',
        (error) => (isErrno(error) ? error.code : String(error)),
      );
    const path = '/usr/bin/reader';
    expect(await code(ctx.sys.setxattr(ctx, path, CAPABILITY_ATTRIBUTE, 'none'))).toBe('EINVAL');
    const said: string[] = [];
    const pid = await ctx.sys.fork(ctx, async (child) => {
      await child.sys.setuid(child, NOBODY);
      said.push(await code(child.sys.setxattr(child, path, CAPABILITY_ATTRIBUTE, attribute(['KILL'], true))));
      return 0;
    });
    await ctx.sys.wait(ctx, pid);
    expect(said).toEqual(['EPERM']);
    // For the root of another namespace it means nothing here.
    const foreign = encodeFileCapabilities({
      permitted: new Set(['KILL']),
      inheritable: new Set(),
      effective: true,
      rootId: 100_000,
    });
    await ctx.sys.setxattr(ctx, path, CAPABILITY_ATTRIBUTE, foreign);
    expect(await executed(ctx, path)).toBe(0);
    expect(await ctx.sys.getxattr(ctx, path, CAPABILITY_ATTRIBUTE)).toBe(foreign);
  });
});
