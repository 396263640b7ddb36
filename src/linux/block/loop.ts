/** Loop devices as programs set them up: the first free one, and a file attached to it. */
import type { Context } from '../../linux/context.ts';

const CONTROL = '/dev/loop-control';

/** `/dev/loop0` */
export async function freeLoop(ctx: Context): Promise<string> {
  const { sys } = ctx;
  const control = await sys.open(ctx, CONTROL, { read: true, write: true, closeOnExec: true });
  try {
    return `/dev/loop${await sys.loopFree(ctx, control)}`;
  } finally {
    await sys.close(ctx, control);
  }
}

/** What is attached stays when the descriptors are closed, unless it clears itself: then `held` must stay open until it is mounted. */
export async function attachLoop(
  ctx: Context,
  device: string,
  path: string,
  options: { readOnly: boolean; autoClear?: boolean },
): Promise<{ held: number }> {
  const { sys } = ctx;
  const fd = await sys.open(ctx, path, { read: true, write: !options.readOnly, closeOnExec: true });
  try {
    const held = await sys.open(ctx, device, { read: true, write: !options.readOnly, closeOnExec: true });
    await sys.loopAttach(ctx, held, { fd, ...options });
    return { held };
  } finally {
    await sys.close(ctx, fd);
  }
}
