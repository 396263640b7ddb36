/**
 * Calls between runsc and the sandbox: one JSON object each way, with file descriptors beside it.
 * @models gVisor pkg/urpc, pkg/unet @fidelity full
 */
import { newError } from '../../../go/errors.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { utf8 } from '../../../linux/rope.ts';

export type UrpcRequest = { method: string; arg: unknown; files: number[] };

type Answer = { success: boolean; err: string; result: unknown };

async function receiveLine(ctx: Context, fd: number): Promise<{ line: string; files: number[] } | null> {
  const { data, descriptors } = await ctx.sys.receiveDescriptors(ctx, fd);
  if (data.length === 0) return null;
  let line = utf8(data);
  while (!line.endsWith('\n')) {
    const more = await ctx.sys.read(ctx, fd);
    if (more.length === 0) return null;
    line += utf8(more);
  }
  return { line, files: descriptors };
}

export class UrpcClient {
  private readonly fd: number;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** Fails with the sandbox's words, or with EOF if it is gone. */
  async call<T>(ctx: Context, method: string, arg: unknown, files: readonly number[] = []): Promise<T> {
    let got: Awaited<ReturnType<typeof receiveLine>>;
    try {
      await ctx.sys.sendDescriptors(ctx, this.fd, `${JSON.stringify({ method, arg })}\n`, files);
      got = await receiveLine(ctx, this.fd);
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw newError(`urpc method ${JSON.stringify(method)} failed: ${error.go}`);
    }
    if (got === null) throw newError(`urpc method ${JSON.stringify(method)} failed: EOF`);
    const answer = JSON.parse(got.line) as Answer;
    if (!answer.success) throw newError(answer.err);
    return answer.result as T;
  }

  async close(ctx: Context): Promise<void> {
    await ctx.sys.close(ctx, this.fd);
  }
}

/** Answers every call on one connection until it is closed; `failureOf` gives a failure its words. */
export async function serveUrpc(
  ctx: Context,
  fd: number,
  answer: (ctx: Context, request: UrpcRequest) => Promise<unknown>,
  failureOf: (error: unknown) => string,
): Promise<void> {
  try {
    for (;;) {
      const got = await receiveLine(ctx, fd);
      if (got === null) break;
      const { method, arg } = JSON.parse(got.line) as { method: string; arg: unknown };
      let reply: Answer;
      try {
        reply = { success: true, err: '', result: (await answer(ctx, { method, arg, files: got.files })) ?? null };
      } catch (error) {
        reply = { success: false, err: failureOf(error), result: null };
      }
      for (const file of got.files) await ctx.sys.close(ctx, file);
      await ctx.sys.sendDescriptors(ctx, fd, `${JSON.stringify(reply)}\n`, []);
    }
  } catch (error) {
    // Whoever called has gone.
    if (!isErrno(error)) throw error;
  }
  await ctx.sys.close(ctx, fd);
}
