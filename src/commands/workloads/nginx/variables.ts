/** `$name` in log formats, headers and URLs. @models nginx 1.27 src/http/ngx_http_variables.c @fidelity partial: the ones in common use */
import { headerValue } from '../../../protocols/http/http1.ts';
import { strftime } from '../../common/dates.ts';
import type { Exchange, Reply } from './serve.ts';

const VARIABLE = /\$(?:\{(\w+)\}|(\w+))/g;

export function variables(exchange: Exchange, text: string, reply: Reply | null, path?: string): string {
  return text.replace(
    VARIABLE,
    (_, braced: string | undefined, bare: string | undefined) =>
      valueOf(exchange, braced ?? bare ?? '', reply, path) ?? '-',
  );
}

function valueOf(exchange: Exchange, name: string, reply: Reply | null, path: string | undefined): string | undefined {
  const { ctx, head, client, server, worker } = exchange;
  const [rawPath = '', query] = head.target.split('?');
  switch (name) {
    case 'remote_addr':
      return client;
    case 'remote_user':
      return '-';
    case 'time_local':
      return strftime('%d/%b/%Y:%H:%M:%S +0000', ctx.wallTime);
    case 'time_iso8601':
      return strftime('%Y-%m-%dT%H:%M:%S+00:00', ctx.wallTime);
    case 'msec':
      return (Number(ctx.wallTime / 1_000_000n) / 1000).toFixed(3);
    case 'request':
      return head.method === '' ? '' : `${head.method} ${head.target} HTTP/1.1`;
    case 'request_method':
      return head.method;
    case 'request_uri':
      return head.target;
    case 'uri':
    case 'document_uri':
      return path ?? rawPath;
    case 'args':
    case 'query_string':
      return query ?? '';
    case 'is_args':
      return query === undefined ? '' : '?';
    case 'status':
      return String(reply?.status ?? 200);
    case 'body_bytes_sent':
      return String(head.method === 'HEAD' || reply === null || reply.status === 304 ? 0 : reply.body.length);
    case 'host':
      return (headerValue(head.headers, 'host') ?? server.names[0] ?? '').replace(/:\d+$/, '').toLowerCase();
    case 'server_name':
      return server.names[0] ?? '';
    case 'server_port':
      return String(server.listens[0]?.port ?? 80);
    case 'server_addr':
      return server.listens[0]?.host ?? '';
    case 'hostname':
      return ctx.process.namespaces.uts.hostname;
    case 'scheme':
      return 'http';
    case 'server_protocol':
      return 'HTTP/1.1';
    case 'nginx_version':
      return worker.version;
    case 'connection':
      return String(exchange.connection);
    case 'request_time':
      return '0.000';
    case 'request_length':
      return String(exchange.body.length);
    case 'pid':
      return String(ctx.sys.getpid(ctx));
    case 'proxy_add_x_forwarded_for':
      return [headerValue(head.headers, 'x-forwarded-for'), client].filter((v) => v !== undefined).join(', ');
    default:
      break;
  }
  if (name.startsWith('http_')) return headerValue(head.headers, name.slice(5).replaceAll('_', '-'));
  if (name.startsWith('arg_')) {
    const found = (query ?? '').split('&').find((pair) => pair.split('=')[0] === name.slice(4));
    return found?.slice(name.length - 3) ?? '';
  }
  if (name.startsWith('sent_http_'))
    return reply?.headers.find(([n]) => n.toLowerCase() === name.slice(10).replaceAll('_', '-'))?.[1];
  return undefined;
}
