/**
 * A container's streams on our own descriptors, once the connection to the daemon has become them.
 * @models docker/cli 20.10 cli/command/container/hijack.go, tty.go
 * @fidelity partial: no detach keys
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { type DockerClient, DockerError } from '../../protocols/docker/client.ts';
import { newPieceReader } from '../../protocols/docker/stdcopy.ts';
import { followResizes, rawConsole } from '../common/containerd/console.ts';

/** Copies until the daemon closes the connection. */
export async function copyStreams(
  ctx: Context,
  fd: number,
  options: { tty: boolean; stdin: boolean; resize: (ctx: Context, height: number, width: number) => Promise<void> },
): Promise<void> {
  const console = options.tty && options.stdin ? await rawConsole(ctx) : null;
  if (console !== null) await followResizes(ctx, console, (c, { rows, columns }) => options.resize(c, rows, columns));
  if (options.stdin) ctx.go('stdin', (c) => copyInput(c, fd));
  try {
    await copyOutput(ctx, fd, options.tty);
  } finally {
    await console?.reset(ctx);
    await ctx.sys.close(ctx, fd);
  }
}

async function copyInput(ctx: Context, fd: number): Promise<void> {
  try {
    for (;;) {
      const data = await ctx.sys.read(ctx, 0, 32_768);
      if (data.length === 0) break;
      await ctx.sys.write(ctx, fd, data);
    }
    await ctx.sys.shutdown(ctx, fd, 'write');
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

async function copyOutput(ctx: Context, fd: number, tty: boolean): Promise<void> {
  const reader = newPieceReader();
  try {
    for (;;) {
      const data = await ctx.sys.read(ctx, fd, 65_536);
      if (data.length === 0) return;
      if (tty) await ctx.sys.write(ctx, 1, data);
      else for (const piece of reader(data)) await ctx.sys.write(ctx, piece.stream === 2 ? 2 : 1, piece.data);
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

export function resizer(
  client: DockerClient,
  target: string,
): (ctx: Context, height: number, width: number) => Promise<void> {
  return async (ctx, h, w) => {
    try {
      await client.json(ctx, 'POST', target, { query: { h: String(h), w: String(w) } });
    } catch (error) {
      // It may not run yet, or no longer.
      if (!(error instanceof DockerError)) throw error;
    }
  };
}
