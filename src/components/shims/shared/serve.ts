/** The daemon's life: serve the Task API until told to end, then send what is still to be told. @models containerd pkg/shim/shim.go serve @fidelity full */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { TaskService } from '../../../protocols/containerd/runtime/task/v3/generated.ts';
import { type TtrpcHandlers, TtrpcServer } from '../../../protocols/ttrpc/server.ts';
import type { Future } from '../../../sim/primitives.ts';
import type { Publisher } from './publisher.ts';
import { LISTEN_FD } from './start.ts';

/** `self` is what the handlers know as `this`. */
export async function serveTasks(
  ctx: Context,
  handlers: TtrpcHandlers<typeof TaskService>,
  shutdown: Future<void>,
  publisher: Publisher,
  self: unknown = null,
): Promise<void> {
  const { sys } = ctx;
  const server = new TtrpcServer();
  server.implement(TaskService, handlers, self);
  const address = sys.socketAddress(ctx, LISTEN_FD, 'local');
  ctx.go('serve', (inner) => server.serve(inner, LISTEN_FD));
  await shutdown.wait();
  for (let polls = 0; !publisher.idle && polls < SHUTDOWN_POLLS_MAX; polls++) await ctx.sleep(SHUTDOWN_POLL_NS);
  await sys.close(ctx, LISTEN_FD);
  if (address.family === 'unix') {
    try {
      await sys.unlink(ctx, address.path);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
}

const SHUTDOWN_POLLS_MAX = 20;
const SHUTDOWN_POLL_NS = 10_000_000;

/** stderr becomes the bundle's `log` fifo, if containerd made one and reads it. */
export async function openLog(ctx: Context): Promise<void> {
  try {
    const fd = await ctx.sys.open(ctx, 'log', { write: true, nonBlock: true });
    await ctx.sys.dup2(ctx, fd, 2);
    await ctx.sys.close(ctx, fd);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}
