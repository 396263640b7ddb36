/**
 * python3, node and go as images have them: what a container debugger asks of them. Their languages are not simulated,
 * and they say so.
 * @models CPython 3.13, Node.js 22, Go 1.25
 * @fidelity partial: versions, and Python's http.server; no programs are run
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { print, printError, printRefusal, readFileRope } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { Rope } from '../../linux/rope.ts';
import { strftime } from '../common/dates.ts';
import { type HttpReply, type HttpRequest, serveHttp } from './http-service.ts';

const PYTHON = '3.13.7';
const NODE = 'v22.19.0';
const GO = 'go1.25.1';
const NOT_SIMULATED_EXIT = 126;

async function notSimulated(ctx: Context, program: string, language: string): Promise<number> {
  await printRefusal(ctx, `${program}: not simulated here: programs in ${language}\n`);
  return NOT_SIMULATED_EXIT;
}

export const python3: Program = {
  name: 'python3',
  startCpuNs: 12_000_000,
  rssBytes: 9_800_000,
  main: async (ctx, argv) => {
    const args = argv.slice(1);
    if (['-V', '--version'].includes(args[0] ?? '')) {
      await print(ctx, `Python ${PYTHON}\n`);
      return 0;
    }
    if (args[0] === '-m' && args[1] === 'http.server') return httpServer(ctx, args.slice(2));
    return notSimulated(ctx, 'python3', 'Python');
  },
};

/** Lib/http/server.py */
async function httpServer(ctx: Context, args: readonly string[]): Promise<number> {
  const after = (...names: string[]): string | undefined => {
    const at = args.findIndex((arg) => names.includes(arg));
    return at < 0 ? undefined : args[at + 1];
  };
  const port = Number(args.find((arg) => /^\d+$/.test(arg)) ?? '8000');
  const host = after('-b', '--bind') ?? '0.0.0.0';
  const root = after('-d', '--directory') ?? (await ctx.sys.getcwd(ctx));
  let listener: number;
  try {
    listener = await ctx.sys.listen(ctx, { family: 'inet', host, port });
  } catch (error) {
    if (!isErrno(error)) throw error;
    await printError(ctx, `OSError: [Errno ${error.errno}] ${error.libc}\n`);
    return 1;
  }
  ctx.sys.sigaction(ctx, 'SIGPIPE', 'ignore');
  await print(ctx, `Serving HTTP on ${host} port ${port} (http://${host}:${port}/) ...\n`);
  return serveHttp(ctx, listener, async (c, request) => {
    const reply = await file(c, root, request);
    const time = strftime('%d/%b/%Y %H:%M:%S', c.wallTime);
    const { head, client } = request;
    await printError(c, `${client.host} - - [${time}] "${head.method} ${head.target} HTTP/1.1" ${reply.status} -\n`);
    return reply;
  });
}

async function file(ctx: Context, root: string, { head }: HttpRequest): Promise<HttpReply> {
  const path = (head.target.split('?')[0] ?? '/').replaceAll('/..', '');
  const html = (status: number, body: string): HttpReply => ({
    status,
    headers: [
      ['Server', `SimpleHTTP/0.6 Python/${PYTHON}`],
      ['Content-type', 'text/html; charset=utf-8'],
    ],
    body: Rope.text(body),
  });
  for (const candidate of path.endsWith('/') ? [`${path}index.html`, path] : [path]) {
    try {
      const stat = await ctx.sys.stat(ctx, root + candidate);
      if (stat.type !== 'directory') {
        const type = candidate.endsWith('.html') ? 'text/html' : 'application/octet-stream';
        return {
          status: 200,
          headers: [
            ['Server', `SimpleHTTP/0.6 Python/${PYTHON}`],
            ['Content-type', type],
          ],
          body: await readFileRope(ctx, root + candidate),
        };
      }
      const names = (await ctx.sys.readDirectory(ctx, root + candidate)).map(({ name }) => name).sort();
      const items = names.map((name) => `<li><a href="${name}">${name}</a></li>\n`).join('');
      return html(200, `<h1>Directory listing for ${path}</h1>\n<hr>\n<ul>\n${items}</ul>\n<hr>\n`);
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  return html(404, '<p>Error code: 404</p>\n<p>Message: File not found.</p>\n');
}

export const node: Program = {
  name: 'node',
  startCpuNs: 35_000_000,
  rssBytes: 42_000_000,
  threads: 11,
  main: async (ctx, argv) => {
    if (!['-v', '--version'].includes(argv[1] ?? '')) return notSimulated(ctx, 'node', 'JavaScript');
    await print(ctx, `${NODE}\n`);
    return 0;
  },
};

export const go: Program = {
  name: 'go',
  startCpuNs: 8_000_000,
  rssBytes: 12_000_000,
  threads: 6,
  main: async (ctx, argv) => {
    if (argv[1] !== 'version') return notSimulated(ctx, 'go', 'Go');
    await print(ctx, `go version ${GO} linux/amd64\n`);
    return 0;
  },
};
