/**
 * httpd: serves files of one directory, as the image's configuration has it.
 * @models Apache httpd 2.4.65 server/core.c, modules/http, modules/mappers/mod_dir.c
 * @fidelity partial: of the configuration only Listen, DocumentRoot, ServerName, DirectoryIndex and the two logs; one
 *   process answers instead of three
 */
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { print, printError, readFile, readFileRope } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { Rope } from '../../../linux/rope.ts';
import { headerValue } from '../../../protocols/http/http1.ts';
import { strftime } from '../../common/dates.ts';
import { type HttpReply, type HttpRequest, serveHttp } from '../http-service.ts';
import { signalQueue } from '../signals.ts';

const VERSION = 'Apache/2.4.65 (Unix)';
const PREFIX = '/usr/local/apache2';
const REQUEST_CPU_NS = 80_000;
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html',
  htm: 'text/html',
  txt: 'text/plain',
  css: 'text/css',
  js: 'text/javascript',
  json: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
};

type Settings = { port: number; root: string; index: string[]; serverName: string };

export const httpd: Program = {
  name: 'httpd',
  startCpuNs: 12_000_000,
  rssBytes: 6_100_000,
  threads: 1,
  main: async (ctx, argv) => {
    if (argv.includes('-v')) {
      await print(ctx, `Server version: ${VERSION}\nServer built:   Jul 24 2025 18:10:15\n`);
      return 0;
    }
    const at = argv.indexOf('-f');
    const file = at < 0 ? `${PREFIX}/conf/httpd.conf` : (argv[at + 1] ?? '');
    const settings = await configured(ctx, file);
    if (typeof settings === 'string') {
      await printError(ctx, `${settings}\n`);
      return 1;
    }
    if (argv.includes('-t')) {
      await printError(ctx, 'Syntax OK\n');
      return 0;
    }
    return serve(ctx, settings, file, argv);
  },
};

/** What the file says, or what is wrong with it. */
async function configured(ctx: Context, file: string): Promise<Settings | string> {
  try {
    return configuration(await readFile(ctx, file), file);
  } catch (error) {
    if (!isErrno(error)) throw error;
    return `httpd: Could not open configuration file ${file}: ${error.libc}`;
  }
}

function configuration(text: string, file: string): Settings | string {
  const settings: Settings = { port: 80, root: `${PREFIX}/htdocs`, index: ['index.html'], serverName: '' };
  for (const [i, line] of text.split('\n').entries()) {
    const [, name = '', rest = ''] = /^\s*([A-Za-z]+)\s+(.*?)\s*$/.exec(line) ?? [];
    const value = rest.replace(/^"(.*)"$/, '$1');
    switch (name.toLowerCase()) {
      case 'listen':
        settings.port = Number(value.split(':').at(-1));
        if (!Number.isInteger(settings.port) || settings.port < 1 || settings.port > 65_535)
          return `AH00526: Syntax error on line ${i + 1} of ${file}:\nPort must be specified`;
        break;
      case 'documentroot':
        settings.root = value;
        break;
      case 'directoryindex':
        settings.index = value.split(/\s+/);
        break;
      case 'servername':
        settings.serverName = value;
        break;
      default:
    }
  }
  return settings;
}

async function serve(ctx: Context, settings: Settings, file: string, argv: readonly string[]): Promise<number> {
  const links = await ctx.sys.netLinks(ctx);
  const own = links.flatMap(({ kind, addresses }) => (kind === 'loopback' ? [] : addresses))[0]?.address ?? '127.0.0.1';
  if (settings.serverName === '') {
    const hint = `AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using ${own}. Set the 'ServerName' directive globally to suppress this message\n`;
    await printError(ctx, hint + hint);
  }
  let listener: number;
  try {
    listener = await ctx.sys.listen(ctx, { family: 'inet', host: '0.0.0.0', port: settings.port });
  } catch (error) {
    if (!isErrno(error)) throw error;
    await printError(
      ctx,
      `(${error.errno})${error.libc}: AH00072: make_sock: could not bind to address 0.0.0.0:${settings.port}\nno listening sockets available, shutting down\nAH00015: Unable to open logs\n`,
    );
    return 1;
  }
  const pid = ctx.sys.getpid(ctx);
  const notice = (module: string, text: string): Promise<void> => {
    const micros = String((ctx.wallTime / 1000n) % 1_000_000n).padStart(6, '0');
    const time = strftime(`%a %b %d %H:%M:%S.${micros} %Y`, ctx.wallTime);
    return printError(ctx, `[${time}] [${module}:notice] [pid ${pid}:tid ${pid}] ${text}\n`);
  };
  await notice('mpm_event', `AH00489: ${VERSION} configured -- resuming normal operations`);
  await notice('core', `AH00094: Command line: '${['httpd', ...argv.slice(1)].join(' ')}'`);
  const signals = signalQueue(ctx, ['SIGTERM', 'SIGWINCH', 'SIGHUP', 'SIGUSR1']);
  ctx.sys.sigaction(ctx, 'SIGPIPE', 'ignore');
  ctx.go('listener', (c) => serveHttp(c, listener, (inner, request) => answer(inner, settings, request)));
  for (;;) {
    const signal = await signals.take();
    if (signal === 'SIGTERM') {
      await notice('mpm_event', 'AH00491: caught SIGTERM, shutting down');
      return 0;
    }
    if (signal === 'SIGWINCH') {
      await notice('mpm_event', 'AH00492: caught SIGWINCH, shutting down gracefully');
      return 0;
    }
    await notice('mpm_event', `AH00493: ${signal} received.  Doing graceful restart`);
    const again = await configured(ctx, file);
    if (typeof again === 'string') {
      await printError(ctx, `${again}\n`);
      return 1;
    }
    // The socket stays what it is; all else is as the file says now.
    Object.assign(settings, { ...again, port: settings.port });
    await notice('mpm_event', `AH00489: ${VERSION} configured -- resuming normal operations`);
  }
}

async function answer(ctx: Context, settings: Settings, request: HttpRequest): Promise<HttpReply> {
  await ctx.cpu(REQUEST_CPU_NS);
  const { head, client } = request;
  const reply = await resource(ctx, settings, request);
  reply.headers = [
    ['Date', strftime('%a, %d %b %Y %H:%M:%S GMT', ctx.wallTime)],
    ['Server', VERSION],
    ...reply.headers,
  ];
  const time = strftime('%d/%b/%Y:%H:%M:%S +0000', ctx.wallTime);
  const size = head.method === 'HEAD' || reply.body.length === 0 ? '-' : String(reply.body.length);
  await print(ctx, `${client.host} - - [${time}] "${head.method} ${head.target} HTTP/1.1" ${reply.status} ${size}\n`);
  return reply;
}

async function resource(ctx: Context, settings: Settings, { head }: HttpRequest): Promise<HttpReply> {
  if (head.method !== 'GET' && head.method !== 'HEAD')
    return page(405, 'Method Not Allowed', `The requested method ${head.method} is not allowed for this URL.`);
  let path: string;
  try {
    path = decodeURIComponent(head.target.split('?')[0] ?? '/');
  } catch {
    return page(400, 'Bad Request', 'Your browser sent a request that this server could not understand.');
  }
  if (path.split('/').includes('..')) return page(400, 'Bad Request', 'The path leaves the document root.');
  const candidates = path.endsWith('/') ? settings.index.map((name) => path + name) : [path];
  for (const candidate of candidates) {
    const file = settings.root + candidate;
    try {
      const stat = await ctx.sys.stat(ctx, file);
      if (stat.type === 'directory') {
        const host = headerValue(head.headers, 'host') ?? '';
        const moved = page(301, 'Moved Permanently', `The document is at ${path}/.`);
        moved.headers = [['Location', `http://${host}${path}/`], ...moved.headers];
        return moved;
      }
      const body = await readFileRope(ctx, file);
      const type = TYPES[candidate.split('.').at(-1) ?? ''];
      return {
        status: 200,
        headers: [
          ['Last-Modified', strftime('%a, %d %b %Y %H:%M:%S GMT', stat.mtime)],
          ['Accept-Ranges', 'bytes'],
          ...(type === undefined ? [] : ([['Content-Type', type]] as const)),
        ],
        body,
      };
    } catch (error) {
      if (!isErrno(error)) throw error;
      if (error.code === 'EACCES') return page(403, 'Forbidden', 'You have no permission to access this resource.');
    }
  }
  return page(404, 'Not Found', 'The requested URL was not found on this server.');
}

function page(status: number, title: string, text: string): HttpReply {
  const body = `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${status} ${title}</title>\n</head><body>\n<h1>${title}</h1>\n<p>${text}</p>\n</body></html>\n`;
  return { status, headers: [['Content-Type', 'text/html; charset=iso-8859-1']], body: Rope.text(body) };
}
