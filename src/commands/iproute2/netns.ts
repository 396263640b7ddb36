/** ip netns: network namespaces that a file in /run/netns keeps alive. @models iproute2 6.15 ip/ipnetns.c */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { exists, lookPath, mkdirAll, writeFile } from '../../linux/io.ts';
import { type IpCall, IpFault, matches } from './call.ts';

const DIRECTORY = '/run/netns';

/** A namespace by its name, or by the pid of a process in it. */
export async function openNamed(ctx: Context, name: string): Promise<number> {
  const path = /^\d+$/.test(name) ? `/proc/${name}/ns/net` : `${DIRECTORY}/${name}`;
  try {
    return await ctx.sys.open(ctx, path, { read: true });
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new IpFault(`Error: argument "${name}" is wrong: Invalid "netns" value\n`.trimEnd());
  }
}

export async function enterNamed(ctx: Context, name: string, _who: string): Promise<void> {
  let fd: number;
  try {
    fd = await ctx.sys.open(ctx, `${DIRECTORY}/${name}`, { read: true });
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new IpFault(`Cannot open network namespace "${name}": ${error.libc}`);
  }
  await ctx.sys.setns(ctx, fd);
  await ctx.sys.close(ctx, fd);
}

async function names(ctx: Context): Promise<string[]> {
  if (!(await exists(ctx, DIRECTORY))) return [];
  return (await ctx.sys.readDirectory(ctx, DIRECTORY)).map((e) => e.name);
}

export async function netns(call: IpCall, words: string[]): Promise<number> {
  const { ctx, out } = call;
  const [verb, name, ...rest] = words;
  if (verb === undefined || matches(verb, 'list', 'show', 'ls')) {
    for (const entry of (await names(ctx)).reverse()) await out.write(`${entry}\n`);
    return 0;
  }
  if (matches(verb, 'add')) {
    if (name === undefined) throw new IpFault('No netns name specified');
    await mkdirAll(ctx, DIRECTORY);
    const path = `${DIRECTORY}/${name}`;
    if (await exists(ctx, path)) throw new IpFault(`Cannot create namespace file "${path}": File exists`, 1);
    await writeFile(ctx, path, '', { mode: 0 });
    await ctx.sys.unshare(ctx, ['net']);
    await ctx.sys.mount(ctx, '/proc/self/ns/net', path, 'none', { bind: true });
    return 0;
  }
  if (matches(verb, 'delete')) {
    const chosen = name === '-all' || name === 'all' ? await names(ctx) : name === undefined ? [] : [name];
    if (chosen.length === 0) throw new IpFault('No netns name specified');
    for (const each of chosen) {
      const path = `${DIRECTORY}/${each}`;
      try {
        if (await exists(ctx, path)) await ctx.sys.umount(ctx, path, { detach: true });
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
      try {
        await ctx.sys.unlink(ctx, path);
      } catch (error) {
        if (!isErrno(error)) throw error;
        throw new IpFault(`Cannot remove namespace file "${path}": ${error.libc}`, 1);
      }
    }
    return 0;
  }
  if (matches(verb, 'exec')) {
    if (name === undefined) throw new IpFault('No netns name specified');
    const program = rest[0];
    if (program === undefined) throw new IpFault('No command specified');
    await enterNamed(ctx, name, 'exec');
    await out.flush();
    // As ip does, so that sysfs and names resolve inside: a mount namespace of its own, cut off from the host's.
    await ctx.sys.unshare(ctx, ['mnt']);
    await ctx.sys.mount(ctx, 'none', '/', 'none', { propagation: 'slave', recursive: true });
    const path = await lookPath(ctx, program);
    if (path === null) throw new IpFault(`exec of "${program}" failed: No such file or directory`);
    return ctx.sys.execve(ctx, path, rest, ctx.process.env);
  }
  if (matches(verb, 'pids')) {
    const wanted = await ctx.sys.stat(ctx, `${DIRECTORY}/${name}`);
    for (const entry of await ctx.sys.readDirectory(ctx, '/proc')) {
      if (!/^\d+$/.test(entry.name)) continue;
      try {
        if ((await ctx.sys.stat(ctx, `/proc/${entry.name}/ns/net`)).ino === wanted.ino)
          await out.write(`${entry.name}\n`);
      } catch (error) {
        if (!isErrno(error)) throw error;
      }
    }
    return 0;
  }
  if (matches(verb, 'identify')) {
    const own = await ctx.sys.stat(ctx, `/proc/${name ?? 'self'}/ns/net`);
    for (const each of await names(ctx))
      if ((await ctx.sys.stat(ctx, `${DIRECTORY}/${each}`)).ino === own.ino) await out.write(`${each}\n`);
    return 0;
  }
  throw new IpFault(`Command "${verb}" is unknown, try "ip netns help".`);
}
