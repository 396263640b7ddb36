/** One connection of a worker: requests in, files and errors out. @models nginx 1.27 src/http/ngx_http_request.c, modules/ngx_http_static_module.c */
import type { Context } from '../../../linux/context.ts';
import { type Errno, isErrno } from '../../../linux/errno.ts';
import { readFileRope } from '../../../linux/io.ts';
import { Rope } from '../../../linux/rope.ts';
import type { Stat } from '../../../linux/syscalls.ts';
import {
  encodeResponseHead,
  HttpError,
  headerValue,
  newHttpParser,
  type RequestHead,
  reasonPhrase,
} from '../../../protocols/http/http1.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { strftime } from '../../common/dates.ts';
import type { Directive } from './config.ts';
import { type ErrorLog, log } from './log.ts';
import { forward } from './proxy.ts';
import { type LocationSettings, lastOf, locationFor, type ServerSettings, type Settings } from './settings.ts';
import { variables } from './variables.ts';

export type Worker = {
  settings: Settings;
  version: string;
  errors: ErrorLog;
  /** Path of an access log to its descriptor, opened by the master. */
  accessLogs: Map<string, number>;
  /** Set by QUIT: idle connections close, busy ones after their response. */
  draining: boolean;
  /** Open connections, and those with a request in work. */
  active: number;
  busy: number;
};

export type Reply = { status: number; headers: (readonly [string, string])[]; body: Rope };

export type Exchange = {
  ctx: Context;
  worker: Worker;
  server: ServerSettings;
  head: RequestHead;
  body: Uint8Array;
  client: string;
  connection: number;
};

const REDIRECTS_MAX = 10;
const KEEPALIVE_REQUESTS_MAX = 1000;
/** Where nginx's words differ from the registered ones. */
const STATUS_TEXT: Record<number, string> = {
  302: 'Moved Temporarily',
  405: 'Not Allowed',
  413: 'Request Entity Too Large',
  504: 'Gateway Time-out',
};

export async function serveConnection(
  ctx: Context,
  worker: Worker,
  fd: number,
  servers: readonly ServerSettings[],
  connection: number,
): Promise<void> {
  const peer = ctx.sys.socketAddress(ctx, fd, 'peer');
  const client = peer.family === 'inet' ? peer.host : 'unix:';
  const parser = newHttpParser('request');
  let head: RequestHead | null = null;
  let keepAlive = true;
  let body: Uint8Array[] = [];
  let served = 0;
  try {
    while (keepAlive) {
      const bytes = await ctx.sys.read(ctx, fd);
      if (bytes.length === 0) return;
      for (const event of parser.push(bytes)) {
        if (event.type === 'request') {
          head = event.head;
          keepAlive = event.keepAlive && ++served < KEEPALIVE_REQUESTS_MAX;
          body = [];
        } else if (event.type === 'body') body.push(event.data.slice());
        else if (event.type === 'end' && head !== null) {
          keepAlive &&= !worker.draining;
          const exchange: Exchange = {
            ctx,
            worker,
            server: serverFor(servers, head),
            head,
            body: join(body),
            client,
            connection,
          };
          worker.busy++;
          try {
            await respond(exchange, fd, keepAlive);
          } finally {
            worker.busy--;
          }
          head = null;
        }
      }
    }
  } catch (error) {
    if (error instanceof HttpError) {
      const [first] = servers;
      if (first === undefined) return;
      const exchange: Exchange = {
        ctx,
        worker,
        server: first,
        head: { method: '', target: '', headers: [] },
        body: new Uint8Array(),
        client,
        connection,
      };
      const reply = errorPage(exchange, 400);
      await send(exchange, fd, reply, false).catch(ignoreErrno);
      await accessLog(exchange, first.settings, reply);
    } else ignoreErrno(error);
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}

function ignoreErrno(error: unknown): void {
  if (!isErrno(error)) throw error;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** By the Host header; the default server, else the first. */
function serverFor(servers: readonly ServerSettings[], head: RequestHead): ServerSettings {
  const host = (headerValue(head.headers, 'host') ?? '').replace(/:\d+$/, '').toLowerCase();
  const named = servers.find((s) =>
    s.names.some((n) => n.toLowerCase() === host || (n.startsWith('*.') && host.endsWith(n.slice(1).toLowerCase()))),
  );
  return named ?? servers.find((s) => s.listens.some((l) => l.isDefault)) ?? (servers[0] as ServerSettings);
}

async function respond(exchange: Exchange, fd: number, keepAlive: boolean): Promise<void> {
  const { ctx, head, server } = exchange;
  await ctx.cpu(LATENCY.nginxRequestNs);
  const path = decodePath(head.target);
  let reply: Reply;
  let settings: readonly Directive[] = server.settings;
  if (path === null) reply = errorPage(exchange, 400);
  else if (head.headers.every(([n]) => n.toLowerCase() !== 'host')) reply = errorPage(exchange, 400);
  else ({ reply, settings } = await handle(exchange, path, 0));
  await send(exchange, fd, reply, keepAlive && reply.status !== 400);
  await accessLog(exchange, settings, reply);
}

function decodePath(target: string): string | null {
  const raw = (/^https?:\/\/[^/]*(\/.*)?$/.exec(target)?.[1] ?? target).replace(/[?#].*$/, '');
  if (!raw.startsWith('/')) return null;
  try {
    const parts: string[] = [];
    for (const part of decodeURIComponent(raw).replace(/\/+/g, '/').split('/')) {
      if (part === '..') {
        if (parts.length <= 1) return null;
        parts.pop();
      } else if (part !== '.') parts.push(part);
    }
    return parts.join('/') || '/';
  } catch {
    return null;
  }
}

async function handle(
  exchange: Exchange,
  path: string,
  depth: number,
): Promise<{ reply: Reply; settings: readonly Directive[] }> {
  const { server } = exchange;
  const location = locationFor(server, path);
  const settings = location?.settings ?? server.settings;
  let reply = await answer(exchange, path, location, settings, depth);
  if (reply.status >= 300 && depth < REDIRECTS_MAX) {
    const page = settings.findLast(
      (d) => d.name === 'error_page' && d.args.slice(0, -1).includes(String(reply.status)),
    );
    const target = page?.args.at(-1);
    if (page !== undefined && target?.startsWith('/') && reply.body.length > 0) {
      const override = page.args.find((a) => a.startsWith('='));
      const inner = await handle(
        { ...exchange, head: { ...exchange.head, method: exchange.head.method === 'HEAD' ? 'HEAD' : 'GET' } },
        target,
        depth + 1,
      );
      const status =
        override === undefined ? reply.status : override === '=' ? inner.reply.status : Number(override.slice(1));
      reply = { ...inner.reply, status };
    }
  }
  const added = settings.filter((d) => d.name === 'add_header');
  const always = reply.status === 200 || [201, 204, 206, 301, 302, 303, 304, 307, 308].includes(reply.status);
  const extra = added
    .filter((d) => always || d.args[2] === 'always')
    .map((d) => [d.args[0] ?? '', variables(exchange, d.args[1] ?? '', reply)] as const);
  return { reply: { ...reply, headers: [...reply.headers, ...extra] }, settings };
}

async function answer(
  exchange: Exchange,
  path: string,
  location: LocationSettings | null,
  settings: readonly Directive[],
  depth: number,
): Promise<Reply> {
  const { head } = exchange;
  const directReturn = settings.find((d) => d.name === 'return');
  if (directReturn !== undefined) return returned(exchange, directReturn);
  const own = settings.filter((d) => d.name === 'deny' || d.name === 'allow');
  for (const rule of own) {
    if (rule.args[0] !== 'all' && rule.args[0] !== exchange.client) continue;
    if (rule.name === 'allow') break;
    await log(exchange.ctx, exchange.worker.errors, 'error', context(exchange, 'access forbidden by rule'));
    return errorPage(exchange, 403);
  }
  const proxy = lastOf(settings, 'proxy_pass');
  if (proxy !== undefined) return forward(exchange, proxy.args[0] ?? '', path, location);
  if (lastOf(settings, 'stub_status') !== undefined) {
    const text = `Active connections: ${exchange.worker.active} \nserver accepts handled requests\n ${exchange.connection} ${exchange.connection} ${exchange.connection} \nReading: 0 Writing: 1 Waiting: ${Math.max(0, exchange.worker.active - 1)} \n`;
    return { status: 200, headers: [['Content-Type', 'text/plain']], body: Rope.text(text) };
  }
  const tries = lastOf(settings, 'try_files');
  if (tries !== undefined) {
    for (const candidate of tries.args.slice(0, -1)) {
      const tried = variables(exchange, candidate, null, path);
      const stat = await statOf(exchange.ctx, filePath(tried, location, settings));
      if (stat !== null && (stat.type === 'directory') === tried.endsWith('/'))
        return file(exchange, tried, location, settings, depth);
    }
    const last = variables(exchange, tries.args.at(-1) ?? '', null, path);
    if (last.startsWith('=')) return errorPage(exchange, Number(last.slice(1)));
    if (depth >= REDIRECTS_MAX) return errorPage(exchange, 500);
    return (await handle(exchange, last.replace(/\?.*$/, ''), depth + 1)).reply;
  }
  if (head.method !== 'GET' && head.method !== 'HEAD') return errorPage(exchange, 405);
  return file(exchange, path, location, settings, depth);
}

function returned(exchange: Exchange, directive: Directive): Reply {
  const [first = '', second] = directive.args;
  const status = /^\d+$/.test(first) ? Number(first) : 302;
  const text = variables(exchange, second ?? (status === 302 && !/^\d+$/.test(first) ? first : ''), null);
  if ([301, 302, 303, 307, 308].includes(status)) {
    const url = text.startsWith('/') ? `http://${headerValue(exchange.head.headers, 'host') ?? ''}${text}` : text;
    const page = errorPage(exchange, status);
    return { ...page, headers: [...page.headers, ['Location', url]] };
  }
  if (second === undefined)
    return status >= 300 ? errorPage(exchange, status) : { status, headers: [], body: Rope.text('') };
  const type = lastOf(exchange.server.settings, 'default_type')?.args[0] ?? 'text/plain';
  return { status, headers: [['Content-Type', type]], body: Rope.text(text) };
}

function filePath(path: string, location: LocationSettings | null, settings: readonly Directive[]): string {
  const place = settings.findLast((d) => d.name === 'root' || d.name === 'alias');
  const folder = place?.args[0] ?? 'html';
  const base = folder.startsWith('/') ? folder : `/etc/nginx/${folder}`;
  if (place?.name === 'alias' && location !== null) return `${base}${path.slice(location.pattern.length)}`;
  return `${base.replace(/\/$/, '')}${path}`;
}

async function statOf(ctx: Context, path: string): Promise<Stat | null> {
  try {
    return await ctx.sys.stat(ctx, path);
  } catch (error) {
    if (isErrno(error)) return null;
    throw error;
  }
}

async function file(
  exchange: Exchange,
  path: string,
  location: LocationSettings | null,
  settings: readonly Directive[],
  depth: number,
): Promise<Reply> {
  const { ctx, head, worker } = exchange;
  const full = filePath(path, location, settings);
  const failed = async (error: Errno): Promise<Reply> => {
    await log(
      ctx,
      worker.errors,
      'error',
      context(exchange, `open() "${full}" failed (${error.errno}: ${error.libc})`),
    );
    return errorPage(
      exchange,
      error.code === 'EACCES'
        ? 403
        : error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'ENAMETOOLONG'
          ? 404
          : 500,
    );
  };
  if (path.endsWith('/')) {
    for (const index of lastOf(settings, 'index')?.args ?? ['index.html']) {
      if ((await statOf(ctx, `${full}${index}`))?.type === 'file')
        return depth < REDIRECTS_MAX
          ? (await handle(exchange, `${path}${index}`, depth + 1)).reply
          : errorPage(exchange, 500);
    }
    const stat = await statOf(ctx, full);
    if (stat === null) {
      const index = lastOf(settings, 'index')?.args.at(-1) ?? 'index.html';
      await log(
        ctx,
        worker.errors,
        'error',
        context(exchange, `"${full}${index}" is not found (2: No such file or directory)`),
      );
      return errorPage(exchange, 404);
    }
    await log(ctx, worker.errors, 'error', context(exchange, `directory index of "${full}" is forbidden`));
    return errorPage(exchange, 403);
  }
  let stat: Stat;
  let content: Rope;
  try {
    stat = await ctx.sys.stat(ctx, full);
    if (stat.type === 'directory') {
      const page = errorPage(exchange, 301);
      return {
        ...page,
        headers: [...page.headers, ['Location', `http://${headerValue(head.headers, 'host') ?? ''}${path}/`]],
      };
    }
    if (stat.type !== 'file') return errorPage(exchange, 404);
    content = await readFileRope(ctx, full);
  } catch (error) {
    if (isErrno(error)) return failed(error);
    throw error;
  }
  const modified = httpDate(stat.mtime);
  const etag = `"${(stat.mtime / 1_000_000_000n).toString(16)}-${stat.size.toString(16)}"`;
  const type =
    worker.settings.types.get((/\.([^./]+)$/.exec(full)?.[1] ?? '').toLowerCase()) ??
    lastOf(settings, 'default_type')?.args[0] ??
    'text/plain';
  const validators: [string, string][] = [
    ['Last-Modified', modified],
    ['ETag', etag],
  ];
  if (
    headerValue(head.headers, 'if-none-match') === etag ||
    (headerValue(head.headers, 'if-none-match') === undefined &&
      headerValue(head.headers, 'if-modified-since') === modified)
  ) {
    return { status: 304, headers: validators, body: Rope.text('') };
  }
  const range = /^bytes=(\d*)-(\d*)$/.exec(headerValue(head.headers, 'range') ?? '');
  if (range !== null && (range[1] !== '' || range[2] !== '')) {
    const start = range[1] === '' ? Math.max(0, stat.size - Number(range[2])) : Number(range[1]);
    const end = range[1] === '' || range[2] === '' ? stat.size - 1 : Math.min(stat.size - 1, Number(range[2]));
    if (start > end) {
      const page = errorPage(exchange, 416);
      return { ...page, headers: [...page.headers, ['Content-Range', `bytes */${stat.size}`]] };
    }
    return {
      status: 206,
      headers: [['Content-Type', type], ...validators, ['Content-Range', `bytes ${start}-${end}/${stat.size}`]],
      body: content.slice(start, end + 1),
    };
  }
  return { status: 200, headers: [['Content-Type', type], ...validators, ['Accept-Ranges', 'bytes']], body: content };
}

function httpDate(ns: bigint): string {
  return strftime('%a, %d %b %Y %H:%M:%S GMT', ns);
}

/** The built-in page of a status: nginx's own frame, with its name and version below. */
export function errorPage(exchange: Exchange, status: number): Reply {
  const line = `${status} ${STATUS_TEXT[status] ?? reasonPhrase(status)}`;
  const text = `<html>\r\n<head><title>${line}</title></head>\r\n<body>\r\n<center><h1>${line}</h1></center>\r\n<hr><center>${signature(exchange)}</center>\r\n</body>\r\n</html>\r\n`;
  return {
    status,
    headers: [['Content-Type', 'text/html']],
    body: Rope.text(status === 304 || status === 204 ? '' : text),
  };
}

function signature(exchange: Exchange): string {
  return lastOf(exchange.server.settings, 'server_tokens')?.args[0] === 'off'
    ? 'nginx'
    : `nginx/${exchange.worker.version}`;
}

async function send(exchange: Exchange, fd: number, reply: Reply, keepAlive: boolean): Promise<void> {
  const { ctx, head } = exchange;
  const [type, ...rest] = reply.headers;
  const isType = type?.[0] === 'Content-Type';
  const bodiless = reply.status === 304 || reply.status === 204;
  const bytes = encodeResponseHead({
    status: reply.status,
    reason: STATUS_TEXT[reply.status] ?? reasonPhrase(reply.status),
    headers: [
      ['Server', signature(exchange)],
      ['Date', httpDate(ctx.wallTime)],
      ...(isType && type !== undefined ? [type] : []),
      ...(bodiless ? [] : [['Content-Length', String(reply.body.length)] as const]),
      ...rest.filter(([n]) => n === 'Last-Modified' || n === 'Location'),
      ['Connection', keepAlive ? 'keep-alive' : 'close'],
      ...(!isType && type !== undefined ? [type] : []),
      ...rest.filter(([n]) => n !== 'Last-Modified' && n !== 'Location'),
    ],
  });
  const hasBody = head.method !== 'HEAD' && !bodiless;
  await ctx.sys.write(ctx, fd, hasBody ? Rope.of(bytes).concat(reply.body) : bytes);
}

async function accessLog(exchange: Exchange, settings: readonly Directive[], reply: Reply): Promise<void> {
  const { ctx, worker } = exchange;
  const logs = settings.filter((d) => d.name === 'access_log');
  const nearest = logs.at(-1);
  if (nearest?.args[0] === 'off') return;
  const path = nearest?.args[0] ?? '/var/log/nginx/access.log';
  const format = worker.settings.formats.get(nearest?.args[1] ?? 'combined') ?? '';
  const fd = worker.accessLogs.get(path);
  if (fd === undefined) return;
  await ctx.sys.write(ctx, fd, `${variables(exchange, format, reply)}\n`).catch(ignoreErrno);
}

/** What nginx appends to an error of a request. */
export function context(exchange: Exchange, text: string, upstream = ''): string {
  const { head, server, client, connection } = exchange;
  const referer = headerValue(head.headers, 'referer');
  return `*${connection} ${text}, client: ${client}, server: ${server.names[0] ?? ''}, request: "${head.method} ${head.target} HTTP/1.1"${upstream === '' ? '' : `, upstream: "${upstream}"`}, host: "${headerValue(head.headers, 'host') ?? ''}"${referer === undefined ? '' : `, referrer: "${referer}"`}`;
}
