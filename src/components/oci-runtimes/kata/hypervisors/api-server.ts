/** The REST interface of Cloud Hypervisor and Firecracker: HTTP with JSON on a Unix socket. */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { utf8 } from '../../../../linux/rope.ts';
import { HttpStream } from '../../../../protocols/distribution/http-stream.ts';
import { encodeResponseHead, HttpError, reasonPhrase } from '../../../../protocols/http/http1.ts';

/** Null is 204 No Content. */
export type ApiHandler = (ctx: Context, method: string, path: string, body: unknown) => Promise<unknown>;

/** What the client did wrong, or what could not be done: the text of the answer. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export async function serveApi(ctx: Context, listener: number, handle: ApiHandler): Promise<void> {
  for (;;) {
    const fd = await ctx.sys.accept(ctx, listener);
    ctx.go('api', async (inner) => {
      try {
        await serveConnection(inner, fd, handle);
      } catch (error) {
        if (!isErrno(error) && !(error instanceof HttpError)) throw error;
      }
      await inner.sys.close(inner, fd);
    });
  }
}

async function serveConnection(ctx: Context, fd: number, handle: ApiHandler): Promise<void> {
  const stream = new HttpStream(fd);
  for (;;) {
    const request = await stream.readRequest(ctx);
    if (request === null) return;
    const text = utf8((await stream.readBody(ctx, request.head.headers, false)).bytes());
    let status = 204;
    let answer = '';
    try {
      const { method, target } = request.head;
      const value = await handle(ctx, method, target, text === '' ? null : JSON.parse(text));
      if (value !== null && value !== undefined) {
        status = 200;
        answer = JSON.stringify(value);
      }
    } catch (error) {
      if (!(error instanceof ApiError) && !(error instanceof SyntaxError)) throw error;
      status = error instanceof ApiError ? error.status : 400;
      answer = error.message;
    }
    const length: [string, string][] = status === 204 ? [] : [['Content-Length', String(answer.length)]];
    await ctx.sys.write(ctx, fd, encodeResponseHead({ status, reason: reasonPhrase(status), headers: length }));
    if (answer !== '') await ctx.sys.write(ctx, fd, answer);
  }
}
