/**
 * System calls that reach a filesystem served by another kernel's process wait for it: one request each, spent as CPU
 * of the server. A server that is gone never answers. Only guests have these wrappers, so nobody else pays for them.
 */
import type { Context } from '../context.ts';
import type { Kernel } from '../kernel.ts';
import type { OpenFile } from '../open-file.ts';
import type { Syscalls } from '../syscalls.ts';
import type { FileSystem } from '../vfs/inode.ts';
import { type Location, pathInFileSystem } from '../vfs/mounts.ts';
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

/** @param below what lies in the place, as yet perhaps nothing */
async function request(ctx: Context, call: string, place: Location, length: number, below = ''): Promise<void> {
  const fs = remoteOf(place.mount.fs);
  if (fs === null || fs.server.requestNs === 0) return;
  const { process, requestNs, ask } = fs.server;
  if (!process.alive) return ctx.scheduler.park<void>(() => {});
  const count = Math.max(1, Math.ceil(length / REQUEST_BYTES));
  if (ask === undefined) await process.kernel.cpu.spend(process, requestNs * count);
  else await ask(ctx, { call, path: `${pathInFileSystem(place)}${below}`.replace('//', '/'), count });
}

async function requestPath(ctx: Context, call: string, path: string): Promise<void> {
  const { location, parent, name } = walkFor(ctx.process, path, true);
  if (location !== null) await request(ctx, call, location, 0);
  else await request(ctx, call, parent, 0, `/${name}`);
}

async function requestFile(ctx: Context, call: string, file: OpenFile, length: number): Promise<void> {
  if (file.location !== null) await request(ctx, call, file.location, length);
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
      await requestPath(ctx, name, path);
      return call(ctx, path, ...rest);
    };
  }
  wrapped.readRope = async (ctx, fd, max) => {
    const file = kernel.file(ctx.process, fd);
    const data = await sys.readRope(ctx, fd, max);
    await requestFile(ctx, 'read', file, data.length);
    return data;
  };
  wrapped.read = async (ctx, fd, max = REQUEST_BYTES >> 4) => (await wrapped.readRope(ctx, fd, max)).bytes();
  wrapped.write = async (ctx, fd, data) => {
    await requestFile(ctx, 'write', kernel.file(ctx.process, fd), data.length);
    return sys.write(ctx, fd, data);
  };
  return wrapped;
}
