/**
 * What the shim tells whoever asks at /run/kata/ID/shim-monitor.sock: the address of the agent, by HTTP.
 * @models kata-containers 4.1.0 src/runtime-rs/crates/runtimes/src/shim_mgmt @fidelity partial: /agent-url; metrics, iptables, policy and volumes answer 501
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { HttpStream } from '../../../protocols/distribution/http-stream.ts';
import { encodeResponseHead, HttpError, reasonPhrase } from '../../../protocols/http/http1.ts';

const NOT_FOUND = { status: 404, body: 'URL NOT FOUND' };
const NOT_SIMULATED = new Set([
  '/metrics',
  '/iptables',
  '/ip6tables',
  '/policy',
  '/direct-volume/stats',
  '/direct-volume/resize',
]);

export async function serveMonitor(ctx: Context, path: string, agentUrl: string): Promise<void> {
  const { sys } = ctx;
  const listener = await sys.listen(ctx, { family: 'unix', path }, { mode: 0o755 });
  ctx.go('shim monitor', async (inner) => {
    for (;;) {
      const fd = await inner.sys.accept(inner, listener);
      inner.go('shim monitor connection', async (c) => {
        try {
          await answer(c, fd, agentUrl);
        } catch (error) {
          if (!isErrno(error) && !(error instanceof HttpError)) throw error;
        }
        await c.sys.close(c, fd);
      });
    }
  });
}

async function answer(ctx: Context, fd: number, agentUrl: string): Promise<void> {
  const stream = new HttpStream(fd);
  for (let request = await stream.readRequest(ctx); request !== null; request = await stream.readRequest(ctx)) {
    const { method, target, headers } = request.head;
    await stream.readBody(ctx, headers, false);
    let reply = NOT_FOUND;
    if (method === 'GET' && target === '/agent-url') reply = { status: 200, body: agentUrl };
    else if (NOT_SIMULATED.has(target)) reply = { status: 501, body: `not simulated: ${target}` };
    const { status, body } = reply;
    const length: [string, string] = ['Content-Length', String(body.length)];
    await ctx.sys.write(ctx, fd, encodeResponseHead({ status, reason: reasonPhrase(status), headers: [length] }));
    await ctx.sys.write(ctx, fd, body);
  }
}
