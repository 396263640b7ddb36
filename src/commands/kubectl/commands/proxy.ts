/**
 * @models k8s.io/kubectl pkg/cmd/proxy proxy.go, pkg/proxy
 * @fidelity partial: no static files, no Unix socket; which hosts and paths are taken is as by default
 */
import type { CobraCommand } from '../../../go/cobra-types.ts';
import { isErrno } from '../../../linux/errno.ts';
import { print } from '../../../linux/io.ts';
import type { Headers } from '../../../protocols/http/http1.ts';
import { headerValue } from '../../../protocols/http/http1.ts';
import { type Exchange, serveHttp } from '../../../protocols/kube/server.ts';
import { Failure, isGoError } from '../failure.ts';
import type { Action } from '../run.ts';

const HOSTS = /^(localhost|127\.0\.0\.1|\[::1\])$/;
const REFUSED_PATHS = /^\/api\/.*\/pods\/.*\/(exec|attach)/;
const HOP = ['connection', 'host', 'content-length', 'transfer-encoding', 'authorization', 'accept-encoding'];

export const proxyCommand: CobraCommand<Action> = {
  name: 'proxy',
  use: '[--port=PORT] [--api-prefix=prefix]',
  short: 'Run a proxy to the Kubernetes API server',
  group: 'Troubleshooting and Debugging Commands',
  flags: [
    { name: 'port', short: 'p', kind: 'int', value: 8001, usage: 'Port to listen on; 0 takes a free one.' },
    { name: 'address', kind: 'string', value: '127.0.0.1', usage: 'Address to listen on.' },
    { name: 'api-prefix', kind: 'string', value: '/', usage: 'Below which path the API is.' },
    { name: 'accept-hosts', kind: 'string', value: HOSTS.source, usage: 'Hosts that requests may be for.' },
    { name: 'reject-paths', kind: 'string', value: REFUSED_PATHS.source, usage: 'Paths that are refused.' },
    { name: 'accept-paths', kind: 'string', value: '^.*', usage: 'Paths that are taken.' },
  ],
  action: async (ctx, run) => {
    const { cli } = run;
    const client = await run.client(ctx);
    const prefix = `/${cli.string('api-prefix').replace(/^\/|\/$/g, '')}`.replace(/\/$/, '');
    const [host, port] = [cli.string('address'), cli.number('port')];
    const [hosts, refused, taken] = ['accept-hosts', 'reject-paths', 'accept-paths'].map((flag) => {
      const text = cli.string(flag);
      try {
        return new RegExp(text);
      } catch {
        throw new Failure(`error parsing regexp: ${text}`);
      }
    });
    let fd: number;
    try {
      fd = await ctx.sys.listen(ctx, { family: 'inet', host, port });
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw new Failure(`listen tcp ${host}:${port}: bind: ${error.go}`);
    }
    const bound = ctx.sys.socketAddress(ctx, fd, 'local');
    await print(ctx, `Starting to serve on ${host}:${bound.family === 'inet' ? bound.port : port}\n`);
    await serveHttp(ctx, fd, null, async (c, exchange) => {
      const asked = (headerValue(exchange.headers, 'host') ?? '').replace(/:\d+$/, '');
      if (hosts?.test(asked) !== true || refused?.test(exchange.path) === true || taken?.test(exchange.path) !== true)
        return await exchange.reply(c, 403, 'Forbidden\n', [['Content-Type', 'text/plain; charset=utf-8']]);
      if (!exchange.target.startsWith(`${prefix}/`))
        return await exchange.reply(c, 404, '404 page not found\n', [['Content-Type', 'text/plain; charset=utf-8']]);
      const kept: Headers = exchange.headers.filter(([key]) => !HOP.includes(key.toLowerCase()));
      try {
        await forward(exchange, kept, exchange.target.slice(prefix.length));
      } catch (error) {
        if (!isGoError(error)) throw error;
        await exchange.reply(c, 502, `Error while proxying request: ${error.message}\n`);
      }

      async function forward({ method, body }: Exchange, headers: Headers, target: string): Promise<void> {
        const response = await client.transport.open(c, { method, target, headers, body });
        const { head, stream } = response;
        const shown: [string, string][] = head.headers
          .filter(([key]) => !HOP.includes(key.toLowerCase()))
          .map(([key, value]) => [key, value]);
        if (headerValue(head.headers, 'transfer-encoding') === undefined)
          return await exchange.reply(c, head.status, await client.transport.body(c, response), shown);
        await exchange.startChunks(c, head.status, shown);
        const ended = { end: true };
        try {
          await stream.readBody(c, head.headers, true, async (x, part) => {
            if (!(await exchange.chunk(x, part))) throw ended;
          });
          await exchange.endChunks(c);
        } catch (error) {
          if (error !== ended && !isErrno(error)) throw error;
        } finally {
          await c.sys.close(c, stream.fd);
        }
      }
    });
  },
};
