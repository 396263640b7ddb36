/** One connection to the web server. @models RFC 9110, RFC 3875 @fidelity partial: GET and HEAD */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { readAllRope } from '../../linux/io.ts';
import { Rope } from '../../linux/rope.ts';
import { HttpStream } from '../../protocols/distribution/http-stream.ts';
import { encodeResponseHead, HttpError, reasonPhrase } from '../../protocols/http/http1.ts';
import { LATENCY } from '../../sim/latency.ts';

export async function serveConnection(ctx: Context, fd: number, program: string): Promise<void> {
  try {
    const stream = new HttpStream(fd);
    for (let request = await stream.readRequest(ctx); request !== null; request = await stream.readRequest(ctx)) {
      const { method, target } = request.head;
      const found = method === 'GET' || method === 'HEAD' ? await answerTo(ctx, program, target) : null;
      const status = found === null ? 404 : 200;
      const body = found ?? Rope.text('Not Found\n');
      const head = encodeResponseHead({
        status,
        reason: reasonPhrase(status),
        headers: [
          ['Server', 'Apache'],
          ['Content-Length', String(body.length)],
          ['Content-Type', 'application/octet-stream'],
        ],
      });
      await ctx.sleep(Math.round((body.length * 1e9) / LATENCY.registryBytesPerSecond));
      await ctx.sys.write(ctx, fd, method === 'HEAD' ? head : Rope.of(head).concat(body));
      if (!request.keepAlive) break;
    }
  } catch (error) {
    if (!(error instanceof Errno) && !(error instanceof HttpError)) throw error;
  }
  await ctx.sys.close(ctx, fd);
}

async function answerTo(ctx: Context, program: string, target: string): Promise<Rope | null> {
  const path = decodeURIComponent(target.replace(/[?#].*$/, ''));
  const [read, write] = await ctx.sys.pipe(ctx);
  const pid = await ctx.sys.spawn(ctx, `/usr/bin/${program}`, {
    argv: [program, path],
    stdio: { 0: 'null', 1: write, 2: 'null' },
  });
  await ctx.sys.close(ctx, write);
  const body = await readAllRope(ctx, read);
  await ctx.sys.close(ctx, read);
  const status = await ctx.sys.wait(ctx, pid);
  return status?.exitCode === 0 ? body : null;
}
