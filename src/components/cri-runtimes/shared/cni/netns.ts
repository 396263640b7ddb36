/**
 * Network namespaces that outlive their makers: bind mounts of /proc/self/ns/net.
 * @models containerd 2.1 pkg/netns/netns_linux.go
 * @fidelity partial: a short-lived child process does what Go does in a locked thread
 */
import type { Context } from '../../../../linux/context.ts';
import { Errno, isErrno } from '../../../../linux/errno.ts';
import { dieLike, mkdirAll, readAll, removeAll } from '../../../../linux/io.ts';
import { utf8 } from '../../../../linux/rope.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { failure, messageOf } from '../errors.ts';

/** Runs `body` in a child process; what it returns comes back through a pipe, an error as its text. */
async function inChild(ctx: Context, body: (ctx: Context) => Promise<string>): Promise<string> {
  const { sys } = ctx;
  const [readEnd, writeEnd] = await sys.pipe(ctx);
  const pid = await sys.fork(ctx, async (c) => {
    let answer: string;
    try {
      answer = `+${await body(c)}`;
    } catch (error) {
      answer = `-${messageOf(error)}`;
    }
    await c.sys.write(c, writeEnd, answer);
    return 0;
  });
  await sys.close(ctx, writeEnd);
  const answer = utf8(await readAll(ctx, readEnd));
  await sys.close(ctx, readEnd);
  const status = await sys.wait(ctx, pid);
  // What kills a thread kills its process.
  if (status !== null && status.signal !== null) await dieLike(ctx, status.signal);
  if (answer.startsWith('+')) return answer.slice(1);
  throw failure(answer.slice(1));
}

/** Returns the path: `/var/run/netns/cni-…`. */
/** Whoever makes the namespace: the pid of somebody in it is told to `use` while that lives. */
export type NamespaceMaker = (ctx: Context, use: (pid: number) => Promise<void>) => Promise<void>;

export async function newNetworkNamespace(
  ctx: Context,
  baseDir: string,
  maker?: NamespaceMaker,
  prefix = 'cni-',
): Promise<string> {
  const hex = ctx.random.hex(32);
  const name = `${prefix}${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')}`;
  const path = `${baseDir}/${name}`;
  await mkdirAll(ctx, baseDir, 0o755);
  const fd = await ctx.sys.open(ctx, path, { read: true, write: true, create: true, exclusive: true }, 0o644);
  await ctx.sys.close(ctx, fd);
  await ctx.cpu(LATENCY.containerdNetnsNs);
  try {
    if (maker !== undefined) {
      await maker(ctx, (pid) => ctx.sys.mount(ctx, `/proc/${pid}/ns/net`, path, 'none', { bind: true }));
      return path;
    }
    await inChild(ctx, async (c) => {
      await c.sys.unshare(c, ['net']);
      try {
        await c.sys.mount(c, '/proc/self/ns/net', path, 'none', { bind: true });
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        throw failure(`failed to bind mount ns at ${path}: ${error.go}`);
      }
      return '';
    });
  } catch (error) {
    await removeAll(ctx, path);
    throw failure(`failed to setup netns: failed to create namespace: ${messageOf(error)}`);
  }
  return path;
}

/** True once nothing is mounted there any more; a leftover file is removed. */
export async function isNetworkNamespaceClosed(ctx: Context, path: string): Promise<boolean> {
  if (path === '') return true;
  try {
    const type = (await ctx.sys.statfs(ctx, path)).type;
    if (type.startsWith('nsfs') || type.startsWith('proc')) return false;
    await removeAll(ctx, path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return true;
    throw error;
  }
}

export async function removeNetworkNamespace(ctx: Context, path: string): Promise<void> {
  try {
    await ctx.sys.stat(ctx, path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  try {
    await ctx.sys.umount(ctx, path, { detach: true });
  } catch (error) {
    if (!isErrno(error, 'EINVAL', 'ENOENT')) throw error;
  }
  await removeAll(ctx, path);
}

/** Runs `body` in a child that has entered the namespace. */
export function inNetworkNamespace(
  ctx: Context,
  path: string,
  body: (ctx: Context) => Promise<string>,
): Promise<string> {
  return inChild(ctx, async (c) => {
    const fd = await c.sys.open(c, path, { read: true });
    await c.sys.setns(c, fd);
    return body(c);
  });
}

/** Connects from inside the namespace; the child hands the connection over. */
export async function dialInNetworkNamespace(ctx: Context, path: string, host: string, port: number): Promise<number> {
  const [ours, theirs] = await ctx.sys.socketPair(ctx);
  try {
    await inNetworkNamespace(ctx, path, async (c) => {
      let fd: number;
      try {
        fd = await c.sys.connect(c, { family: 'inet', host, port });
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        throw failure(`connect: ${error.go}`);
      }
      await c.sys.sendDescriptors(c, theirs, 'x', [fd]);
      return '';
    });
    const { descriptors } = await ctx.sys.receiveDescriptors(ctx, ours);
    return descriptors[0] as number;
  } finally {
    await ctx.sys.close(ctx, ours);
    await ctx.sys.close(ctx, theirs);
  }
}
