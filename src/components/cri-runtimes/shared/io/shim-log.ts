/** The fifo `log` in a bundle: the shim writes, the daemon copies to its own standard error. */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';

export async function openShimLog(base: Context, path: string): Promise<number> {
  try {
    await base.sys.mknod(base, path, 'fifo', 0o700);
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error;
  }
  // Read and write, so that neither end has to wait for the other and no end of file comes.
  const fd = await base.sys.open(base, path, { read: true, write: true });
  base.go('shim-log', async (ctx) => {
    try {
      for (;;) {
        const bytes = await ctx.sys.read(ctx, fd, 65_536);
        if (bytes.length === 0) return;
        await ctx.sys.write(ctx, 2, bytes);
      }
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  });
  return fd;
}

export async function closeShimLog(ctx: Context, fd: number): Promise<void> {
  try {
    await ctx.sys.close(ctx, fd);
  } catch (error) {
    if (!isErrno(error, 'EBADF')) throw error;
  }
}
