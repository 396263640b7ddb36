/** The small HTTP server that answers a component's probes. */
import type { Context } from '../../../linux/context.ts';
import { type Handler, type ServerTls, serveHttp } from '../../../protocols/kube/server.ts';
import { listenTcp } from './listen.ts';

const PATHS = new Set(['/healthz', '/livez', '/readyz', '/health']);

/** `ready` null means healthy; a text is the reason why not. */
export async function serveHealth(
  ctx: Context,
  address: { host: string; port: number },
  tls: ServerTls | null,
  ready: () => string | null = () => null,
): Promise<void> {
  const fd = await listenTcp(ctx, address);
  const handler: Handler = async (c, exchange) => {
    const known = PATHS.has(exchange.path);
    const problem = exchange.path === '/livez' ? null : ready();
    if (!known) await exchange.reply(c, 404, '404 page not found\n');
    else if (problem === null) await exchange.reply(c, 200, 'ok');
    else await exchange.reply(c, 503, problem);
  };
  ctx.go('health', (c) => serveHttp(c, fd, tls, handler));
}
