/** Input from a connection that has become a stream. */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';

/** `take` gets null at the end of input, and answers false when it wants no more. */
export async function pumpInput(
  ctx: Context,
  fd: number,
  take: (ctx: Context, data: Uint8Array | null) => Promise<boolean>,
): Promise<void> {
  try {
    for (;;) {
      const data = await ctx.sys.read(ctx, fd, 32_768);
      if (!(await take(ctx, data.length === 0 ? null : data)) || data.length === 0) return;
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}
