/** proxy_pass. @models nginx 1.27 src/http/modules/ngx_http_proxy_module.c @fidelity partial: HTTP only, one connection a request, no buffering limits */
import { isErrno } from '../../../linux/errno.ts';
import { Rope } from '../../../linux/rope.ts';
import { resolveName } from '../../../protocols/dns/resolve.ts';
import { encodeRequestHead, type Headers, newHttpParser } from '../../../protocols/http/http1.ts';
import { log } from './log.ts';
import { context, type Exchange, errorPage, type Reply } from './serve.ts';
import type { LocationSettings } from './settings.ts';
import { variables } from './variables.ts';

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'server', 'date']);

/** `http://name[:port][/path]`, or the name of an upstream block, whose servers are tried in order. */
export async function forward(
  exchange: Exchange,
  target: string,
  path: string,
  location: LocationSettings | null,
): Promise<Reply> {
  const { ctx, worker, head } = exchange;
  const [, authority = '', prefix = ''] =
    /^http:\/\/([^/]+)(\/.*)?$/.exec(variables(exchange, target, null, path)) ?? [];
  const [, query] = head.target.split('?');
  const rest =
    prefix === ''
      ? head.target
      : `${prefix}${path.slice(location?.pattern.length ?? 0)}${query === undefined ? '' : `?${query}`}`;
  const upstream = worker.settings.http.find((d) => d.name === 'upstream' && d.args[0] === authority);
  const servers =
    upstream === undefined
      ? [authority]
      : (upstream.block ?? []).filter((d) => d.name === 'server').map((d) => d.args[0] ?? '');
  for (const server of servers) {
    const [name = '', port = '80'] = server.split(':');
    const resolution = await resolveName(ctx, name);
    if (resolution.kind !== 'found') {
      await log(ctx, worker.errors, 'error', context(exchange, `${name} could not be resolved (3: Host not found)`));
      return errorPage(exchange, 502);
    }
    const host = resolution.addresses[0] ?? '';
    const url = `http://${host}:${port}${rest}`;
    try {
      return await request(exchange, host, Number(port), authority, rest);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await log(
        ctx,
        worker.errors,
        'error',
        context(exchange, `connect() failed (${error.errno}: ${error.libc}) while connecting to upstream`, url),
      );
    }
  }
  if (upstream !== undefined && servers.length > 1)
    await log(
      ctx,
      worker.errors,
      'error',
      context(exchange, 'no live upstreams while connecting to upstream', `http://${authority}${rest}`),
    );
  return errorPage(exchange, 502);
}

async function request(
  exchange: Exchange,
  host: string,
  port: number,
  authority: string,
  target: string,
): Promise<Reply> {
  const { ctx, head } = exchange;
  const fd = await ctx.sys.connect(ctx, { family: 'inet', host, port });
  try {
    const settings = (
      exchange.server.locations.find((l) => l.settings.some((d) => d.name === 'proxy_pass'))?.settings ?? []
    ).filter((d) => d.name === 'proxy_set_header');
    const set: Headers = settings.map((d) => [d.args[0] ?? '', variables(exchange, d.args[1] ?? '', null)] as const);
    const names = new Set(['host', 'connection', ...set.map(([n]) => n.toLowerCase())]);
    const headers: Headers = [
      ...(set.some(([n]) => n.toLowerCase() === 'host') ? [] : [['Host', authority] as const]),
      ...set,
      ['Connection', 'close'],
      ...head.headers.filter(([n]) => !names.has(n.toLowerCase())),
    ];
    await ctx.sys.write(ctx, fd, encodeRequestHead({ method: head.method, target, headers }));
    if (exchange.body.length > 0) await ctx.sys.write(ctx, fd, exchange.body);
    const parser = newHttpParser('response', () => head.method);
    const reply: Reply = { status: 502, headers: [], body: Rope.text('') };
    const parts: Rope[] = [];
    for (let ended = false; !ended; ) {
      const bytes = await ctx.sys.read(ctx, fd);
      for (const event of bytes.length === 0 ? parser.finish() : parser.push(bytes)) {
        if (event.type === 'response') {
          reply.status = event.head.status;
          const kept = event.head.headers.filter(([n]) => !HOP_BY_HOP.has(n.toLowerCase()));
          const isType = ([n]: readonly [string, string]): boolean => n.toLowerCase() === 'content-type';
          reply.headers = [
            ...kept.filter(isType).map(([, v]) => ['Content-Type', v] as const),
            ...kept.filter((h) => !isType(h)),
          ];
        } else if (event.type === 'body') parts.push(Rope.of(event.data.slice()));
        else if (event.type === 'end') ended = true;
      }
      if (bytes.length === 0) ended = true;
    }
    return { ...reply, body: Rope.concat(parts) };
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}
