/**
 * whoami: a web server that says who it is and what it was asked.
 * @models traefik/whoami 1.11 app.go
 * @fidelity partial: no TLS, gRPC and websocket; /data is of the letter sequence only
 */
import { marshalJson } from '../../../go/json.ts';
import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { getenv, print, printError } from '../../../linux/io.ts';
import type { Program } from '../../../linux/program.ts';
import { Rope } from '../../../linux/rope.ts';
import { headerValue } from '../../../protocols/http/http1.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { strftime } from '../../common/dates.ts';
import { type HttpReply, type HttpRequest, serveHttp } from '../http-service.ts';

const REQUEST_CPU_NS = 60_000;
const LETTERS = '|ABCDEFGHIJKLMNOPQRSTUVWXYZ-';

type Settings = { port: number; name: string; isVerbose: boolean; health: number };

export const whoami: Program = {
  name: 'whoami-server',
  startCpuNs: LATENCY.goRuntimeStartNs,
  rssBytes: 5_800_000,
  threads: 6,
  main: async (ctx, argv) => {
    const flag = (name: string): string | undefined => {
      for (const [i, arg] of argv.entries()) {
        const found = new RegExp(`^--?${name}(?:=(.*))?$`).exec(arg);
        if (found !== null) return found[1] ?? argv[i + 1] ?? '';
      }
      return undefined;
    };
    const settings: Settings = {
      port: Number(flag('port') ?? getenv(ctx, 'WHOAMI_PORT_NUMBER') ?? '80'),
      name: flag('name') ?? getenv(ctx, 'WHOAMI_NAME') ?? '',
      isVerbose: argv.some((arg) => /^--?verbose$/.test(arg)),
      health: 200,
    };
    await printError(ctx, `${appTime(ctx)} Starting up on port ${settings.port}\n`);
    let listener: number;
    try {
      listener = await ctx.sys.listen(ctx, { family: 'inet', host: '0.0.0.0', port: settings.port });
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `${appTime(ctx)} listen tcp :${settings.port}: bind: ${error.go}\n`);
      return 1;
    }
    return serveHttp(ctx, listener, (c, request) => answer(c, settings, request));
  },
};

async function answer(ctx: Context, settings: Settings, request: HttpRequest): Promise<HttpReply> {
  await ctx.cpu(REQUEST_CPU_NS);
  const { head, client } = request;
  const [path = '/', query = ''] = head.target.split('?');
  if (settings.isVerbose)
    await print(ctx, `${appTime(ctx)} ${client.host}:${client.port} - - "${head.method} ${head.target} HTTP/1.1"\n`);
  const text = (body: string, status = 200, type = 'text/plain; charset=utf-8'): HttpReply => ({
    status,
    headers: [['Content-Type', type]],
    body: Rope.text(body),
  });
  if (path === '/health') {
    if (head.method === 'POST') settings.health = Number(request.body.toString()) || settings.health;
    return text('', settings.health);
  }
  if (path === '/bench') return text('1');
  if (path === '/data') {
    const parameters = new Map(query.split('&').map((pair) => pair.split('=') as [string, string]));
    const unit = { KB: 1 << 10, MB: 1 << 20, GB: 1 << 30 }[(parameters.get('unit') ?? '').toUpperCase()] ?? 1;
    const size = Math.min(1 << 24, Math.max(1, Number(parameters.get('size') ?? '1') * unit));
    return text(`${LETTERS.repeat(Math.ceil(size / LETTERS.length)).slice(0, size - 1)}|`);
  }
  const { nodename: hostname } = await ctx.sys.uname(ctx);
  const links = await ctx.sys.netLinks(ctx);
  const addresses = links.flatMap((link) => link.addresses.map(({ address }) => address));
  if (path === '/api') {
    const headers = Object.fromEntries(head.headers.map(([key, value]) => [canonical(key), [value]]));
    const { method } = head;
    const whole = {
      hostname,
      ip: addresses,
      headers,
      url: head.target,
      host: headerValue(head.headers, 'host') ?? '',
      method,
    };
    const named = settings.name === '' ? whole : { ...whole, name: settings.name };
    return text(`${marshalJson({ ...named, remoteAddr: `${client.host}:${client.port}` })}\n`, 200, 'application/json');
  }
  const lines = [
    ...(settings.name === '' ? [] : [`Name: ${settings.name}`]),
    `Hostname: ${hostname}`,
    ...addresses.map((address) => `IP: ${address}`),
    `RemoteAddr: ${client.host}:${client.port}`,
    `${head.method} ${head.target} HTTP/1.1`,
    `Host: ${headerValue(head.headers, 'host') ?? ''}`,
    ...head.headers
      .filter(([key]) => key.toLowerCase() !== 'host')
      .map(([key, value]) => `${canonical(key)}: ${value}`)
      .sort((a, b) => (a < b ? -1 : 1)),
  ];
  return text(`${lines.join('\n')}\n\n`);
}

/** The prefix of Go's package log. */
function appTime(ctx: Context): string {
  return strftime('%Y/%m/%d %H:%M:%S', ctx.wallTime);
}

/** http.CanonicalHeaderKey */
function canonical(key: string): string {
  return key.toLowerCase().replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}
