/** One connection to the web server. @models RFC 9110, RFC 3875 @fidelity partial: GET and HEAD; of a program's headers only Location */
import type { Context } from '../../linux/context.ts';
import { Errno } from '../../linux/errno.ts';
import { readAllRope } from '../../linux/io.ts';
import { Rope } from '../../linux/rope.ts';
import { HttpStream } from '../../protocols/distribution/http-stream.ts';
import { type Certificate, tlsAccept } from '../../protocols/distribution/tls-model.ts';
import { encodeResponseHead, HttpError, headerValue, reasonPhrase } from '../../protocols/http/http1.ts';
import { LATENCY } from '../../sim/latency.ts';

export async function serveConnection(
  ctx: Context,
  fd: number,
  program: string,
  certificate: Certificate | null,
): Promise<void> {
  try {
    if (certificate !== null && !(await tlsAccept(ctx, fd, certificate)).ok) return;
    const stream = new HttpStream(fd);
    for (let request = await stream.readRequest(ctx); request !== null; request = await stream.readRequest(ctx)) {
      const { method, target, headers } = request.head;
      const host = headerValue(headers, 'Host') ?? '';
      const found = method === 'GET' || method === 'HEAD' ? await answerTo(ctx, program, host, target) : null;
      const location = locationOf(found);
      const status = found === null ? 404 : location === null ? 200 : 302;
      const body = location === null ? (found ?? Rope.text('Not Found\n')) : Rope.empty;
      const head = encodeResponseHead({
        status,
        reason: reasonPhrase(status),
        headers: [
          ['Server', 'Apache'],
          ['Content-Length', String(body.length)],
          ['Content-Type', 'application/octet-stream'],
          ...(location === null ? [] : [['Location', location] as const]),
        ],
      });
      await ctx.sleep(Math.round((body.length * 1e9) / LATENCY.registryBytesPerSecond));
      await ctx.sys.write(ctx, fd, method === 'HEAD' ? head : Rope.of(head).concat(body));
      if (!request.keepAlive) break;
    }
  } catch (error) {
    if (!(error instanceof Errno) && !(error instanceof HttpError)) throw error;
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}

const LOCATION_BYTES_MAX = 2048;

/** A program that prints this one header and nothing else sends the client elsewhere (RFC 3875 6.2.3). */
function locationOf(answer: Rope | null): string | null {
  if (answer === null || answer.length > LOCATION_BYTES_MAX) return null;
  return /^Location: (\S+)\n\n$/.exec(answer.toString())?.[1] ?? null;
}

async function answerTo(ctx: Context, program: string, host: string, target: string): Promise<Rope | null> {
  const path = decodeURIComponent(target.replace(/[?#].*$/, ''));
  const [read, write] = await ctx.sys.pipe(ctx);
  const pid = await ctx.sys.spawn(ctx, `/usr/bin/${program}`, {
    argv: [program, path, host],
    stdio: { 0: 'null', 1: write, 2: 'null' },
  });
  await ctx.sys.close(ctx, write);
  const body = await readAllRope(ctx, read);
  await ctx.sys.close(ctx, read);
  const status = await ctx.sys.wait(ctx, pid);
  return status?.exitCode === 0 ? body : null;
}
