/**
 * System calls that reach a filesystem served by another kernel's process wait for it: one request each, spent as CPU
 * of the server. A server that is gone never answers. Only guests have these wrappers, so nobody else pays for them.
 */
import type { Context } from '../context.ts';
import type { Kernel } from '../kernel.ts';
import type { OpenFile } from '../open-file.ts';
import type { Syscalls } from '../syscalls.ts';
import type { FileSystem } from '../vfs/inode.ts';
import { OverlayFileSystem } from '../vfs/overlay.ts';
import { RemoteFileSystem } from '../vfs/remote-fs.ts';
import { walkFor } from './files.ts';

/** Remote data goes over in pieces of this size, a request each. */
const REQUEST_BYTES = 1 << 20;

/** The remote filesystem that a request for something on `fs` ends at, or null. */
function remoteOf(fs: FileSystem): RemoteFileSystem | null {
  if (fs instanceof RemoteFileSystem) return fs;
  const below = fs instanceof OverlayFileSystem ? fs.root.lowers.at(-1)?.fs : undefined;
  return below instanceof RemoteFileSystem ? below : null;
}

async function request(kernel: Kernel, fs: RemoteFileSystem, count = 1): Promise<void> {
  const { process, requestNs } = fs.server;
  if (requestNs === 0) return;
  if (!process.alive) return kernel.scheduler.park<void>(() => {});
  await process.kernel.cpu.spend(process, requestNs * count);
}

async function requestPath(kernel: Kernel, ctx: Context, path: string): Promise<void> {
  const { location, parent } = walkFor(ctx.process, path, true);
  const fs = remoteOf((location ?? parent).mount.fs);
  if (fs !== null) await request(kernel, fs);
}

async function requestFile(kernel: Kernel, file: OpenFile, length: number): Promise<void> {
  const fs = file.location === null ? null : remoteOf(file.location.mount.fs);
  if (fs !== null) await request(kernel, fs, Math.max(1, Math.ceil(length / REQUEST_BYTES)));
}

const BY_PATH = [
  'open',
  'stat',
  'lstat',
  'readDirectory',
  'mkdir',
  'rmdir',
  'unlink',
  'rename',
  'readlink',
  'mknod',
  'chmod',
  'chown',
  'spawn',
  'execve',
] as const;

export function withRemoteFiles(kernel: Kernel, sys: Syscalls): Syscalls {
  const wrapped: Syscalls = { ...sys };
  const calls = wrapped as unknown as Record<string, (ctx: Context, path: string, ...rest: unknown[]) => unknown>;
  for (const name of BY_PATH) {
    const call = calls[name] as (ctx: Context, path: string, ...rest: unknown[]) => unknown;
    calls[name] = async (ctx, path, ...rest) => {
      await requestPath(kernel, ctx, path);
      return call(ctx, path, ...rest);
    };
  }
  wrapped.readRope = async (ctx, fd, max) => {
    const file = kernel.file(ctx.process, fd);
    const data = await sys.readRope(ctx, fd, max);
    await requestFile(kernel, file, data.length);
    return data;
  };
  wrapped.read = async (ctx, fd, max = REQUEST_BYTES >> 4) => (await wrapped.readRope(ctx, fd, max)).bytes();
  wrapped.write = async (ctx, fd, data) => {
    await requestFile(kernel, kernel.file(ctx.process, fd), data.length);
    return sys.write(ctx, fd, data);
  };
  return wrapped;
}
