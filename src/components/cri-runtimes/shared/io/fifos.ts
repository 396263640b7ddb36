/**
 * The named pipes between the daemon and a shim: made by the daemon, opened by both.
 * @models containerd 2.1 pkg/cio/io_unix.go, containerd/fifo
 * @fidelity partial: opening waits in a strand of its own instead of a /proc/self/fd handle
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { mkdirAll, removeAll } from '../../../../linux/io.ts';
import { Future } from '../../../../sim/primitives.ts';

/** Paths as a shim gets them; empty: no such stream. */
export type TaskIo = { stdin: string; stdout: string; stderr: string; terminal: boolean };

export type FifoSet = TaskIo & { directory: string };

export async function newFifoSet(
  ctx: Context,
  root: string,
  id: string,
  terminal: boolean,
  stdin: boolean,
): Promise<FifoSet> {
  await mkdirAll(ctx, root, 0o700);
  const directory = `${root}/${ctx.random.uint32()}`;
  await ctx.sys.mkdir(ctx, directory, 0o700);
  return {
    directory,
    terminal,
    stdin: stdin ? `${directory}/${id}-stdin` : '',
    stdout: `${directory}/${id}-stdout`,
    // A terminal has one output.
    stderr: terminal ? '' : `${directory}/${id}-stderr`,
  };
}

export function fifoSetOf(io: TaskIo): FifoSet {
  const directory = io.stdout.slice(0, io.stdout.lastIndexOf('/'));
  return { ...io, directory };
}

export const FIFO_READ_BYTES = 65_536;

/** One end of a fifo. The peer may come later: whoever reads or writes before that waits. */
export class FifoEnd {
  private readonly opened: Future<number>;
  private closed = false;
  private readonly path: string;
  private readonly writes: boolean;

  private constructor(base: Context, path: string, writes: boolean) {
    this.path = path;
    this.writes = writes;
    this.opened = new Future<number>(base.scheduler);
  }

  /** `base` outlives the request: the strand that opens belongs to the daemon. */
  static async open(base: Context, path: string, writes: boolean): Promise<FifoEnd> {
    const end = new FifoEnd(base, path, writes);
    try {
      await base.sys.mknod(base, path, 'fifo', 0o700);
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    base.go('fifo-open', async (ctx) => {
      try {
        const fd = await ctx.sys.open(ctx, path, writes ? { write: true } : { read: true });
        if (end.closed) {
          await ctx.sys.close(ctx, fd);
          return;
        }
        end.opened.resolve(fd);
      } catch (error) {
        end.opened.reject(error);
      }
    });
    return end;
  }

  /** Once the peer has come; -1 when it is closed. */
  descriptor(): Promise<number> {
    return this.closed ? Promise.resolve(-1) : this.opened.wait();
  }

  async write(ctx: Context, data: Uint8Array): Promise<void> {
    const fd = await this.descriptor();
    if (fd >= 0) await ctx.sys.write(ctx, fd, data);
  }

  /** Gives up waiting for the peer; an open end stays open. */
  async cancel(ctx: Context): Promise<void> {
    if (!this.opened.done) await this.close(ctx);
  }

  async close(ctx: Context): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    if (this.opened.done) {
      const fd = await this.opened.wait();
      if (fd >= 0) await ctx.sys.close(ctx, fd);
      return;
    }
    this.opened.resolve(-1);
    await this.releaseOpener(ctx);
  }

  /** The strand that still waits in open(2) is let through by opening the other end for a moment. */
  private async releaseOpener(ctx: Context): Promise<void> {
    try {
      const fd = await ctx.sys.open(
        ctx,
        this.path,
        this.writes ? { read: true, nonBlock: true } : { write: true, nonBlock: true },
      );
      await ctx.sys.close(ctx, fd);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
}

export function removeFifoSet(ctx: Context, set: FifoSet): Promise<void> {
  return removeAll(ctx, set.directory);
}
