/** A small HTTP/1.1 server for workloads: one strand a connection, requests one after the other. */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { Rope } from '../../linux/rope.ts';
import { HttpStream } from '../../protocols/distribution/http-stream.ts';
import { encodeResponseHead, HttpError, type RequestHead, reasonPhrase } from '../../protocols/http/http1.ts';

export type HttpRequest = { head: RequestHead; body: Rope; client: { host: string; port: number } };
export type HttpReply = { status: number; headers: (readonly [string, string])[]; body: Rope };
export type HttpHandler = (ctx: Context, request: HttpRequest) => Promise<HttpReply>;

/** Accepts for ever on a listening socket. */
export async function serveHttp(ctx: Context, listener: number, handle: HttpHandler): Promise<never> {
  for (;;) {
    const fd = await ctx.sys.accept(ctx, listener);
    ctx.go('http', async (c) => {
      try {
        await serveConnection(c, fd, handle);
      } catch (error) {
        // The client went away in the middle.
        if (!isErrno(error)) throw error;
      }
      await c.sys.close(c, fd);
    });
  }
}

async function serveConnection(ctx: Context, fd: number, handle: HttpHandler): Promise<void> {
  const stream = new HttpStream(fd);
  const peer = ctx.sys.socketAddress(ctx, fd, 'peer');
  const client = peer.family === 'inet' ? { host: peer.host, port: peer.port } : { host: '', port: 0 };
  for (;;) {
    let message: Awaited<ReturnType<HttpStream['readRequest']>>;
    try {
      message = await stream.readRequest(ctx);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      await write(ctx, fd, { status: 400, headers: [['Connection', 'close']], body: Rope.empty }, false);
      return;
    }
    if (message === null) return;
    const { head, keepAlive } = message;
    const body = await stream.readBody(ctx, head.headers, false);
    const reply = await handle(ctx, { head, body, client });
    await write(ctx, fd, reply, head.method === 'HEAD');
    if (!keepAlive) return;
  }
}

async function write(ctx: Context, fd: number, reply: HttpReply, isHead: boolean): Promise<void> {
  const { status, headers, body } = reply;
  const length: [string, string] = ['Content-Length', String(body.length)];
  const head = encodeResponseHead({ status, reason: reasonPhrase(status), headers: [...headers, length] });
  await ctx.sys.write(ctx, fd, isHead ? Rope.of(head) : Rope.of(head).concat(body));
}
