/** One HTTP connection of an nginx worker. @models nginx 1.27 src/http @fidelity partial: see nginx.ts */
import type { Context } from '../../linux/context.ts';
import { isErrno, type Errno } from '../../linux/errno.ts';
import { readFileRope } from '../../linux/io.ts';
import { Rope } from '../../linux/rope.ts';
import type { Stat } from '../../linux/syscalls.ts';
import { httpDate } from '../../go/time.ts';
import { encodeResponseHead, headerValue, HttpError, newHttpParser, reasonPhrase, type RequestHead } from '../../protocols/http/http1.ts';
import { LATENCY } from '../../sim/latency.ts';
import { strftime } from '../common/dates.ts';
import { find, type Directive } from './nginx-config.ts';
import type { Logger } from './nginx.ts';

export type Server = { port: number; names: string[]; root: string; index: string[]; types: Record<string, string>; defaultType: string; block: Directive[] };

type Setting = { servers: Server[]; version: string; accessFd: number | null; log: Logger; connection: number; busy: { closing: boolean } };
type Answer = { status: number; headers: [string, string][]; body: Rope };

export async function serveConnection(ctx: Context, fd: number, setting: Setting): Promise<void> {
  const { sys } = ctx;
  const peer = sys.socketAddress(ctx, fd, 'peer');
  const client = peer.family === 'inet' ? peer.host : 'unix:';
  const parser = newHttpParser('request');
  let head: RequestHead | null = null;
  let keepAlive = true;
  try {
    for (;;) {
      const bytes = await sys.read(ctx, fd);
      if (bytes.length === 0) break;
      let events: ReturnType<typeof parser.push>;
      try {
        events = parser.push(bytes);
      } catch (error) {
        if (!(error instanceof HttpError)) throw error;
        await send(ctx, fd, setting, errorPage(400, setting.version), false, null, client);
        break;
      }
      for (const event of events) {
        if (event.type === 'request') {
          head = event.head;
          keepAlive = event.keepAlive && !setting.busy.closing;
        }
        if (event.type !== 'end' || head === null) continue;
        await ctx.cpu(LATENCY.httpRequestNs);
        const answer = await respond(ctx, setting, head, client);
        await send(ctx, fd, setting, answer, keepAlive, head, client);
        head = null;
        if (!keepAlive) return await sys.close(ctx, fd);
      }
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
  await sys.close(ctx, fd);
}

async function send(ctx: Context, fd: number, setting: Setting, answer: Answer, keepAlive: boolean, head: RequestHead | null, client: string): Promise<void> {
  const headers: [string, string][] = [
    ['Server', `nginx/${setting.version}`],
    ['Date', httpDate(ctx.wallTime)],
    ...answer.headers.filter(([name]) => name === 'Content-Type'),
    ['Content-Length', String(answer.body.length)],
    ...answer.headers.filter(([name]) => name === 'Last-Modified' || name === 'Location'),
    ['Connection', keepAlive ? 'keep-alive' : 'close'],
    ...answer.headers.filter(([name]) => name === 'ETag' || name === 'Accept-Ranges' || name === 'Allow'),
  ];
  const body = head?.method === 'HEAD' ? Rope.empty : answer.body;
  const bytes = Rope.of(encodeResponseHead({ status: answer.status, reason: reasonPhrase(answer.status), headers }));
  await ctx.sys.write(ctx, fd, bytes.concat(body));
  if (setting.accessFd === null) return;
  const header = (name: string): string => (head === null ? '-' : (headerValue(head.headers, name) ?? '-'));
  const request = head === null ? '' : `${head.method} ${head.target} HTTP/1.1`;
  const line = `${client} - - [${strftime('%d/%b/%Y:%H:%M:%S %z', ctx.wallTime)}] "${request}" ${answer.status} ${body.length} "${header('referer')}" "${header('user-agent')}" "${header('x-forwarded-for')}"\n`;
  try {
    await ctx.sys.write(ctx, setting.accessFd, line);
  } catch (error) {
    if (!isErrno(error)) throw error;
  }
}

function errorPage(status: number, version: string): Answer {
  const title = `${status} ${reasonPhrase(status)}`;
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx/${version}</center>\r\n</body>\r\n</html>\r\n`;
  return { status, headers: [['Content-Type', 'text/html']], body: Rope.text(body) };
}

/** The location with the longest matching prefix, or an exact one. */
function locationFor(server: Server, path: string): Directive[] {
  let best: { length: number; block: Directive[] } | null = null;
  for (const d of server.block) {
    if (d.name !== 'location' || d.block === null) continue;
    const [modifier = '', text] = d.args.length > 1 ? d.args : ['', d.args[0]];
    if (text === undefined) continue;
    if (modifier === '=' && path === text) return d.block;
    if (modifier.startsWith('~')) {
      try {
        if (new RegExp(text, modifier === '~*' ? 'i' : '').test(path)) return d.block;
      } catch {
        continue;
      }
    } else if (modifier !== '=' && path.startsWith(text) && text.length > (best?.length ?? -1)) best = { length: text.length, block: d.block };
  }
  return best?.block ?? [];
}

async function respond(ctx: Context, setting: Setting, head: RequestHead, client: string): Promise<Answer> {
  const { version, log } = setting;
  const host = (headerValue(head.headers, 'host') ?? '').replace(/:\d+$/, '');
  const server = setting.servers.find((s) => s.names.includes(host)) ?? setting.servers[0];
  if (server === undefined) return errorPage(404, version);
  let path: string;
  try {
    path = decodeURIComponent((head.target.split('?')[0] as string) || '/');
  } catch {
    return errorPage(400, version);
  }
  if (path.split('/').includes('..')) return errorPage(400, version);
  const location = locationFor(server, path);
  const fixed = find(location, 'return') ?? find(server.block, 'return');
  if (fixed !== undefined) {
    const status = Number(fixed.args[0]);
    const text = fixed.args[1];
    if (status >= 300 && status < 400 && text !== undefined) return { ...errorPage(status, version), headers: [['Content-Type', 'text/html'], ['Location', text]] };
    return text === undefined ? errorPage(status, version) : { status, headers: [['Content-Type', find(location, 'default_type')?.args[0] ?? 'application/octet-stream']], body: Rope.text(text) };
  }
  if (head.method !== 'GET' && head.method !== 'HEAD') return errorPage(405, version);
  const alias = find(location, 'root')?.args[0] ?? server.root;
  const root = alias.startsWith('/') ? alias : `/etc/nginx/${alias}`;
  const details = `client: ${client}, server: ${server.names[0] ?? ''}, request: "${head.method} ${head.target} HTTP/1.1", host: "${headerValue(head.headers, 'host') ?? ''}"`;
  const failed = async (file: string, error: Errno): Promise<Answer> => {
    await log('error', `*${setting.connection} open() "${file}" failed (${error.errno}: ${error.libc}), ${details}`);
    return errorPage(isErrno(error, 'EACCES', 'EPERM') ? 403 : 404, version);
  };
  const serve = async (file: string, stat: Stat): Promise<Answer> => {
    const modified = httpDate(stat.mtime);
    const etag = `"${(stat.mtime / 1_000_000_000n).toString(16)}-${stat.size.toString(16)}"`;
    const headers: [string, string][] = [['Last-Modified', modified], ['ETag', etag]];
    if (headerValue(head.headers, 'if-none-match') === etag || headerValue(head.headers, 'if-modified-since') === modified) return { status: 304, headers, body: Rope.empty };
    const extension = /\.([^./]+)$/.exec(file)?.[1] ?? '';
    return { status: 200, headers: [['Content-Type', server.types[extension] ?? server.defaultType], ...headers, ['Accept-Ranges', 'bytes']], body: await readFileRope(ctx, file) };
  };
  const file = `${root}${path}`;
  try {
    if (!path.endsWith('/')) {
      const stat = await ctx.sys.stat(ctx, file);
      if (stat.type === 'directory') return { ...errorPage(301, version), headers: [['Content-Type', 'text/html'], ['Location', `http://${headerValue(head.headers, 'host') ?? ''}${path}/`]] };
      return await serve(file, stat);
    }
  } catch (error) {
    if (!isErrno(error)) throw error;
    return failed(file, error);
  }
  for (const index of find(location, 'index')?.args ?? server.index) {
    try {
      return await serve(file + index, await ctx.sys.stat(ctx, file + index));
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (!isErrno(error, 'ENOENT')) return failed(file + index, error);
    }
  }
  try {
    await ctx.sys.stat(ctx, file);
  } catch (error) {
    if (!isErrno(error)) throw error;
    await log('error', `*${setting.connection} "${file}${server.index[0] ?? 'index.html'}" is not found (${error.errno}: ${error.libc}), ${details}`);
    return errorPage(404, version);
  }
  await log('error', `*${setting.connection} directory index of "${file}" is forbidden, ${details}`);
  return errorPage(403, version);
}
