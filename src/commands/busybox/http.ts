/** wget and httpd. @models busybox 1.37 networking/wget.c, httpd.c @fidelity partial: HTTP only (no TLS, FTP); wget has no progress bar but its final line; httpd serves files, no CGI, authentication, configuration file */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { printError, readFileRope } from '../../linux/io.ts';
import { Rope } from '../../linux/rope.ts';
import {
  encodeRequestHead,
  encodeResponseHead,
  HttpError,
  headerValue,
  newHttpParser,
  type ResponseHead,
  reasonPhrase,
} from '../../protocols/http/http1.ts';
import { strftime } from '../common/dates.ts';
import { applet, BadUsage, Fatal } from './applet.ts';
import { addressOf } from './sockets.ts';
import { USAGES } from './usages.ts';

const REDIRECTS_MAX = 5;

export const wget = applet(
  USAGES['wget'] ?? ['', ''],
  'cqSO:o:P:U:Y:T:t:',
  async ({ ctx, flags, operands }) => {
    if (operands.length === 0) throw new BadUsage('');
    const quiet = flags.has('q');
    const say = async (text: string): Promise<void> => {
      if (!quiet) await printError(ctx, text);
    };
    for (const operand of operands) {
      let url = operand.includes('://') ? operand : `http://${operand}`;
      for (let hop = 0; ; hop++) {
        if (hop > REDIRECTS_MAX) throw new Fatal('too many redirections');
        const [, scheme = '', authority = '', path = ''] = /^(\w+):\/\/([^/]*)(.*)$/.exec(url) ?? [];
        if (scheme === 'https') throw new Fatal('TLS is not part of this build');
        if (scheme !== 'http') throw new Fatal(`not an http or ftp url: ${url}`);
        const [host = '', port = '80'] = authority.split(':');
        const address = await addressOf(ctx, host);
        await say(`Connecting to ${authority} (${address}:${port})\n`);
        let fd: number;
        try {
          fd = await ctx.sys.connect(ctx, { family: 'inet', host: address, port: Number(port) });
        } catch (error) {
          if (isErrno(error)) throw new Fatal(`can't connect to remote host (${address}): ${error.libc}`);
          throw error;
        }
        const post = flags.value('post-data');
        const body = new TextEncoder().encode(post ?? '');
        const headers = [
          ['Host', authority],
          ['User-Agent', flags.value('U') ?? 'Wget'],
          ['Connection', 'close'],
        ] as [string, string][];
        for (const extra of flags.values('header')) {
          const colon = extra.indexOf(':');
          headers.push([extra.slice(0, colon), extra.slice(colon + 1).trim()]);
        }
        if (post !== undefined)
          headers.push(['Content-Type', 'application/x-www-form-urlencoded'], ['Content-Length', String(body.length)]);
        await ctx.sys.write(
          ctx,
          fd,
          encodeRequestHead({ method: post === undefined ? 'GET' : 'POST', target: path === '' ? '/' : path, headers }),
        );
        if (body.length > 0) await ctx.sys.write(ctx, fd, body);
        const { head, content } = await receive(ctx, fd);
        await ctx.sys.close(ctx, fd);
        if (flags.has('S'))
          await printError(
            ctx,
            [`HTTP/1.1 ${head.status} ${head.reason}`, ...head.headers.map(([n, v]) => `${n}: ${v}`)]
              .map((l) => `  ${l}\n`)
              .join(''),
          );
        const location = headerValue(head.headers, 'location');
        if ([301, 302, 303, 307, 308].includes(head.status) && location !== undefined) {
          url = location.startsWith('/') ? `http://${authority}${location}` : location;
          continue;
        }
        if (head.status >= 300) throw new Fatal(`server returned error: HTTP/1.1 ${head.status} ${head.reason}`);
        if (flags.has('spider')) {
          await say('remote file exists\n');
          break;
        }
        await store(
          ctx,
          flags.value('O') ??
            `${flags.has('P') ? `${flags.value('P')}/` : ''}${
              path
                .replace(/[?#].*$/, '')
                .split('/')
                .at(-1) || 'index.html'
            }`,
          content,
          flags.has('O'),
          say,
        );
        break;
      }
    }
    return 0;
  },
  {
    spider: 'spider',
    'header=': 'header',
    'post-data=': 'post-data',
    'no-check-certificate': 'no-check-certificate',
    quiet: 'q',
    'output-document=': 'O',
    'user-agent=': 'U',
    'directory-prefix=': 'P',
    'timeout=': 'T',
    'tries=': 't',
  },
);

async function receive(ctx: Context, fd: number): Promise<{ head: ResponseHead; content: Rope }> {
  const parser = newHttpParser('response');
  const parts: Rope[] = [];
  let head: ResponseHead | null = null;
  try {
    for (let ended = false; !ended; ) {
      const bytes = await ctx.sys.read(ctx, fd);
      for (const event of bytes.length === 0 ? parser.finish() : parser.push(bytes)) {
        if (event.type === 'response') head = event.head;
        else if (event.type === 'body') parts.push(Rope.of(event.data.slice()));
        else if (event.type === 'end') ended = true;
      }
      if (bytes.length === 0) ended = true;
    }
  } catch (error) {
    if (error instanceof HttpError) throw new Fatal('error getting response');
    throw error;
  }
  if (head === null) throw new Fatal('error getting response');
  return { head, content: Rope.concat(parts) };
}

async function store(
  ctx: Context,
  path: string,
  content: Rope,
  chosen: boolean,
  say: (text: string) => Promise<void>,
): Promise<void> {
  const base = path.split('/').at(-1) ?? path;
  const done = `${base.slice(0, 20).padEnd(20)} 100% |********************************| ${String(content.length).padStart(5)}  0:00:00 ETA\n`;
  if (path === '-') {
    await say('writing to stdout\n');
    await ctx.sys.write(ctx, 1, content);
    await say(`${done.replace(/^.{20}/, '-'.padEnd(20))}written to stdout\n`);
    return;
  }
  let fd: number;
  try {
    fd = await ctx.sys.open(
      ctx,
      path,
      { write: true, create: true, ...(chosen ? { truncate: true } : { exclusive: true }) },
      0o666,
    );
  } catch (error) {
    if (isErrno(error)) throw new Fatal(`can't open '${path}': ${error.libc}`);
    throw error;
  }
  await say(`saving to '${path}'\n`);
  await ctx.sys.write(ctx, fd, content);
  await ctx.sys.close(ctx, fd);
  await say(`${done}'${path}' saved\n`);
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  htm: 'text/html',
  txt: 'text/plain',
  css: 'text/css',
  js: 'application/javascript',
  json: 'application/json',
  png: 'image/png',
  jpg: 'image/jpeg',
  gif: 'image/gif',
  svg: 'image/svg+xml',
};

export const httpd = applet(USAGES['httpd'] ?? ['', ''], 'ifvc:p:u:r:h:d:e:m:', async ({ ctx, flags }) => {
  const { sys } = ctx;
  const home = flags.value('h');
  if (home !== undefined) {
    try {
      await sys.chdir(ctx, home);
    } catch (error) {
      if (isErrno(error)) throw new Fatal(`can't change directory to '${home}': ${error.libc}`);
      throw error;
    }
  }
  const [host, port] = (flags.value('p') ?? '80').includes(':')
    ? (flags.value('p') as string).split(':')
    : ['0.0.0.0', flags.value('p') ?? '80'];
  let listener: number;
  try {
    listener = await sys.listen(ctx, { family: 'inet', host: host || '0.0.0.0', port: Number(port) });
  } catch (error) {
    if (isErrno(error)) throw new Fatal(`bind: ${error.libc}`);
    throw error;
  }
  const serve = async (c: Context): Promise<number> => {
    for (;;) {
      const fd = await c.sys.accept(c, listener);
      c.go('connection', (inner) => answer(inner, fd));
    }
  };
  if (flags.has('f')) return serve(ctx);
  await sys.fork(ctx, async (c) => {
    await c.sys.setsid(c);
    return serve(c);
  });
  return 0;
});

async function answer(ctx: Context, fd: number): Promise<void> {
  try {
    const parser = newHttpParser('request');
    for (;;) {
      const bytes = await ctx.sys.read(ctx, fd);
      if (bytes.length === 0) return;
      for (const event of parser.push(bytes)) {
        if (event.type !== 'request') continue;
        const { method, target } = event.head;
        const { status, headers, body } = await page(ctx, method, target);
        const head = encodeResponseHead({
          status,
          reason: status === 200 ? 'OK' : reasonPhrase(status),
          headers: [['Date', httpDate(ctx.wallTime)], ['Connection', 'close'], ...headers],
        });
        await ctx.sys.write(ctx, fd, method === 'HEAD' ? head : Rope.of(head).concat(body));
        return;
      }
    }
  } catch (error) {
    if (!isErrno(error) && !(error instanceof HttpError)) throw error;
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}

async function page(
  ctx: Context,
  method: string,
  target: string,
): Promise<{ status: number; headers: [string, string][]; body: Rope }> {
  const failure = (status: number): { status: number; headers: [string, string][]; body: Rope } => ({
    status,
    headers: [['Content-type', 'text/html']],
    body: Rope.text(
      `<HTML><HEAD><TITLE>${status} ${reasonPhrase(status)}</TITLE></HEAD>\n<BODY><H1>${status} ${reasonPhrase(status)}</H1>\n</BODY></HTML>\n`,
    ),
  });
  if (method !== 'GET' && method !== 'HEAD') return failure(501);
  let path = target.replace(/[?#].*$/, '');
  if (!path.startsWith('/') || path.split('/').includes('..')) return failure(400);
  try {
    let stat = await ctx.sys.stat(ctx, `.${path}`);
    if (stat.type === 'directory') {
      if (!path.endsWith('/')) return { ...failure(302), headers: [['Location', `${path}/`]] };
      path += 'index.html';
      stat = await ctx.sys.stat(ctx, `.${path}`);
    }
    const body = await readFileRope(ctx, `.${path}`);
    const type = TYPES[/\.([^./]+)$/.exec(path)?.[1] ?? ''] ?? 'application/octet-stream';
    return {
      status: 200,
      headers: [
        ['Content-type', type],
        ['Accept-Ranges', 'bytes'],
        ['Last-Modified', httpDate(stat.mtime)],
        ['ETag', `"${(stat.mtime / 1_000_000_000n).toString(16)}-${stat.size.toString(16)}"`],
        ['Content-Length', String(stat.size)],
      ],
      body,
    };
  } catch (error) {
    if (isErrno(error)) return failure(error.code === 'EACCES' ? 403 : 404);
    throw error;
  }
}

function httpDate(ns: bigint): string {
  return strftime('%a, %d %b %Y %H:%M:%S GMT', ns);
}
