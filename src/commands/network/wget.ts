/** wget. @models wget 1.25 src/http.c, main.c, progress.c @fidelity partial: one file a URL: no recursion, FTP, proxies, cookies or robots; the bar is the one for files */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { mkdirAll, printError } from '../../linux/io.ts';
import { Rope } from '../../linux/rope.ts';
import { HttpStream } from '../../protocols/distribution/http-stream.ts';
import { tlsConnect } from '../../protocols/distribution/tls-model.ts';
import { encodeRequestHead, HttpError, headerValue, type ResponseHead } from '../../protocols/http/http1.ts';
import { command, Exit, type Invocation } from '../common/command.ts';
import { strftime } from '../common/dates.ts';
import { quote } from '../common/quoting.ts';
import { defaultPort, formatUrl, hostHeader, parseUrl, resolveUrl, type Url } from '../curl/url.ts';
import { ADDRESS, lookUp } from './names.ts';

const REDIRECTS_MAX = 20;
const TRIES = 20;
const FAILED = { generic: 1, file: 3, network: 4, tls: 5, server: 8 } as const;
const K = 1024;

type Job = {
  call: Invocation;
  ctx: Context;
  /** To standard error, or to nowhere. */
  say: (text: string) => Promise<void>;
  quiet: boolean;
  terse: boolean;
};

class Failure extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

export const wget = command(
  {
    name: 'wget',
    usage: ['[OPTION]... [URL]...'],
    about: 'Fetch files over HTTP and HTTPS.',
    version: 'GNU Wget 1.25.0',
    trouble: 2,
    hint: (name) => `Usage: ${name} [OPTION]... [URL]...\n\nTry \`${name} --help' for more options.`,
    options: {
      'b,background': '',
      'c,continue': 'go on with a partly downloaded file',
      'd,debug': '',
      '4,inet4-only': 'IPv4 only',
      'header=STRING': 'send STRING among the headers',
      'i,input-file=FILE': '',
      'method=METHOD': 'use this method',
      'body-data=STRING': 'send STRING as the body',
      'no-check-certificate': "do not check the server's certificate",
      'no-proxy': '',
      'nc,no-clobber': 'leave files that are there',
      'O,output-document=FILE': 'write to FILE',
      'P,directory-prefix=PREFIX': 'save below PREFIX',
      'post-data=STRING': 'POST with STRING as the body',
      'q,quiet': 'no output',
      'no-verbose': 'little output',
      'S,server-response': "print the server's headers",
      spider: 'only look whether it is there',
      'show-progress': '',
      't,tries=NUMBER': 'retries (0: without end)',
      'T,timeout=SECONDS': 'how long to wait',
      'U,user-agent=AGENT': 'call itself AGENT',
      'content-on-error': 'print the body of an error, too',
      'max-redirect=NUMBER': 'redirections to follow (20)',
      'v,verbose': 'much output (default)',
      'w,wait=SECONDS': 'wait between downloads',
    },
    rewrite: (args) => args.map((arg) => (arg === '-nv' ? '--no-verbose' : arg === '-nc' ? '--no-clobber' : arg)),
  },
  async (call) => {
    const { ctx, options, operands } = call;
    if (operands.length === 0) {
      await call.complain("missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.");
      return 1;
    }
    const quiet = options.has('quiet');
    const terse = options.has('no-verbose');
    const job: Job = {
      call,
      ctx,
      quiet,
      terse,
      say: async (text) => {
        if (!quiet && !terse) await printError(ctx, text);
      },
    };
    let status = 0;
    for (const operand of operands) {
      try {
        await fetchOne(job, operand);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (error.message !== '' && !quiet) await printError(ctx, error.message);
        status = status === 0 ? error.code : Math.min(status, error.code);
      }
    }
    return status;
  },
);

const stamp = (ctx: Context): string => strftime('%Y-%m-%d %H:%M:%S', ctx.wallTime);

async function fetchOne(job: Job, text: string): Promise<void> {
  const { ctx, call, say } = job;
  const { options } = call;
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
    throw new Failure(FAILED.generic, `${text}: Unsupported scheme ${quote(ctx, scheme)}.\n`);
  let url = parseUrl(text);
  if (url === null) throw new Failure(FAILED.generic, `${text}: Invalid host name.\n`);
  if (options.has('spider')) await say('Spider mode enabled. Check if remote file exists.\n');
  const first = url;
  const redirectsMax = Number(options.value('max-redirect') ?? REDIRECTS_MAX);
  for (let hop = 0; ; hop++) {
    await say(`--${stamp(ctx)}--  ${formatUrl(url)}\n`);
    const next: Url | null = await exchange(job, url, first, hop < redirectsMax);
    if (next === null) return;
    if (hop >= redirectsMax) throw new Failure(FAILED.server, `${redirectsMax} redirections exceeded.\n`);
    url = next;
  }
}

async function connect(job: Job, url: Url): Promise<number> {
  const { ctx, say, call } = job;
  const port = url.port ?? defaultPort(url.scheme);
  const literal = ADDRESS.test(url.host);
  if (!literal) await say(`Resolving ${url.host} (${url.host})... `);
  const addresses = await lookUp(ctx, url.host);
  if (typeof addresses === 'string') {
    await say(`failed: ${addresses}.\n`);
    throw new Failure(FAILED.network, `wget: unable to resolve host address ${quote(ctx, url.host)}\n`);
  }
  if (!literal) await say(`${addresses.join(', ')}\n`);
  const tries = Number(call.options.value('tries') ?? TRIES);
  for (const [i, address] of addresses.entries()) {
    await say(`Connecting to ${literal ? address : `${url.host} (${url.host})|${address}|`}:${port}... `);
    try {
      const fd = await ctx.sys.connect(ctx, { family: 'inet', host: address, port });
      await say('connected.\n');
      return fd;
    } catch (error) {
      if (!isErrno(error)) throw error;
      await say(`failed: ${error.libc}.\n`);
      if (i < addresses.length - 1) continue;
      // These are worth no second try.
      if (error.code === 'ECONNREFUSED' || error.code === 'ENETUNREACH' || error.code === 'EHOSTUNREACH' || tries === 1)
        throw new Failure(FAILED.network, '');
      await say('Giving up.\n\n');
      throw new Failure(FAILED.network, '');
    }
  }
  throw new Failure(FAILED.network, '');
}

async function secure(job: Job, fd: number, url: Url): Promise<void> {
  const { ctx, call } = job;
  const skipVerify = call.options.has('no-check-certificate');
  try {
    await tlsConnect(ctx, fd, { serverName: url.host, skipVerify });
  } catch (error) {
    const message = String((error as { message?: unknown }).message ?? '');
    if (/unknown authority/.test(message))
      throw new Failure(
        FAILED.tls,
        `ERROR: The certificate of ${quote(ctx, url.host)} is not trusted.\nERROR: The certificate of ${quote(ctx, url.host)} doesn't have a known issuer.\n`,
      );
    if (/x509/.test(message))
      throw new Failure(FAILED.tls, `ERROR: The certificate's owner does not match hostname ${quote(ctx, url.host)}\n`);
    throw new Failure(
      FAILED.network,
      'GnuTLS: An unexpected TLS packet was received.\nUnable to establish SSL connection.\n',
    );
  }
}

/** Where to go next, or null if this was it. */
async function exchange(job: Job, url: Url, first: Url, mayFollow: boolean): Promise<Url | null> {
  const { ctx, call, say } = job;
  const { options } = call;
  const fd = await connect(job, url);
  try {
    if (url.scheme === 'https') await secure(job, fd, url);
    const body = options.value('post-data') ?? options.value('body-data');
    const method =
      options.value('method') ?? (options.has('post-data') ? 'POST' : options.has('spider') ? 'HEAD' : 'GET');
    const path = await destination(job, first);
    const have = options.has('continue') && path !== null && path !== '-' ? await sizeOf(ctx, path) : 0;
    const headers: [string, string][] = [
      ['Host', hostHeader(url)],
      ['User-Agent', options.value('user-agent') ?? 'Wget/1.25.0'],
      ['Accept', '*/*'],
      ['Accept-Encoding', 'identity'],
      ['Connection', 'Keep-Alive'],
    ];
    if (have > 0) headers.push(['Range', `bytes=${have}-`]);
    for (const extra of options.values('header')) {
      const colon = extra.indexOf(':');
      if (colon > 0) headers.push([extra.slice(0, colon), extra.slice(colon + 1).trim()]);
    }
    if (body !== undefined)
      headers.push(
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ['Content-Length', String(new TextEncoder().encode(body).length)],
      );
    const request = Rope.of(encodeRequestHead({ method, target: url.path, headers }));
    await ctx.sys.write(ctx, fd, body === undefined ? request : request.concat(Rope.text(body)));
    await say('HTTP request sent, awaiting response... ');
    const stream = new HttpStream(fd);
    const message = await stream.readResponse(ctx, method).catch((error: unknown) => {
      if (error instanceof HttpError) return null;
      throw error;
    });
    if (message === null) {
      await say('No data received.\n');
      throw new Failure(FAILED.network, '');
    }
    const { head } = message;
    const line = `${head.status} ${head.reason}`.trim();
    if (options.has('server-response'))
      await say(`\n  HTTP/1.1 ${line}\n${head.headers.map(([k, v]) => `  ${k}: ${v}\n`).join('')}`);
    else await say(`${line}\n`);
    const location = headerValue(head.headers, 'location');
    if (head.status >= 300 && head.status < 400 && location !== undefined) {
      await say(`Location: ${location}${mayFollow ? ' [following]' : ''}\n`);
      const next = resolveUrl(url, location);
      if (next === null) throw new Failure(FAILED.generic, `${location}: Invalid host name.\n`);
      return next;
    }
    if (have > 0 && head.status === 416) {
      await say('\n    The file is already fully retrieved; nothing to do.\n\n');
      return null;
    }
    if (options.has('spider')) return await spider(job, url, head);
    if (head.status >= 400 && !options.has('content-on-error'))
      throw new Failure(
        FAILED.server,
        job.terse
          ? `${formatUrl(url)}:\n${stamp(ctx)} ERROR ${head.status}: ${head.reason}.\n`
          : `${stamp(ctx)} ERROR ${head.status}: ${head.reason || 'Unknown'}.\n\n`,
      );
    const content = message.hasBody ? await stream.readBody(ctx, head.headers, true) : Rope.empty;
    await keep(job, url, path, head, content, head.status === 206 ? have : 0);
    if (head.status >= 400) throw new Failure(FAILED.server, `${stamp(ctx)} ERROR ${head.status}: ${head.reason}.\n\n`);
    return null;
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}

async function spider(job: Job, url: Url, head: ResponseHead): Promise<null> {
  if (head.status >= 400) {
    await job.say('Remote file does not exist -- broken link!!!\n');
    throw new Failure(FAILED.server, '');
  }
  await job.say(`${lengthLine(head)}Remote file exists.\n\n`);
  if (job.terse) await printError(job.ctx, `${stamp(job.ctx)} URL: ${formatUrl(url)} ${head.status} ${head.reason}\n`);
  return null;
}

async function sizeOf(ctx: Context, path: string): Promise<number> {
  try {
    return (await ctx.sys.stat(ctx, path)).size;
  } catch (error) {
    if (isErrno(error)) return 0;
    throw error;
  }
}

/** `index.html`, or `index.html.1` where that is taken; `-` is standard output. */
async function destination(job: Job, url: Url): Promise<string | null> {
  const { call, ctx } = job;
  const { options } = call;
  const chosen = options.value('output-document');
  if (chosen !== undefined) return chosen;
  const name =
    url.path
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1) || 'index.html';
  const query = /\?(.*)$/.exec(url.path)?.[1];
  const prefix = options.value('directory-prefix');
  if (prefix !== undefined) await mkdirAll(ctx, prefix.replace(/\/$/, ''));
  const base = `${prefix === undefined ? '' : `${prefix.replace(/\/$/, '')}/`}${name}${query === undefined ? '' : `?${query}`}`;
  const taken = async (path: string): Promise<boolean> =>
    ctx.sys.lstat(ctx, path).then(
      () => true,
      (error: unknown) => {
        if (isErrno(error)) return false;
        throw error;
      },
    );
  if (options.has('no-clobber') && (await taken(base))) {
    await job.say(`File ${quote(ctx, base)} already there; not retrieving.\n\n`);
    throw new Exit(0);
  }
  if (options.has('continue') || options.has('spider') || !(await taken(base))) return base;
  for (let i = 1; ; i++) if (!(await taken(`${base}.${i}`))) return `${base}.${i}`;
}

const letters = (bytes: number): string => {
  if (bytes < K) return '';
  const units = ['K', 'M', 'G'];
  let value = bytes / K;
  let unit = 0;
  while (value >= K && unit < 2) {
    value /= K;
    unit++;
  }
  return ` (${value < 10 ? value.toFixed(1) : Math.round(value)}${units[unit]})`;
};

function lengthLine(head: ResponseHead): string {
  const length = headerValue(head.headers, 'content-length');
  const type = headerValue(head.headers, 'content-type')?.replace(/;.*$/, '');
  return `Length: ${length === undefined ? 'unspecified' : `${length}${letters(Number(length))}`}${type === undefined ? '' : ` [${type}]`}\n`;
}

async function keep(
  job: Job,
  url: Url,
  path: string | null,
  head: ResponseHead,
  content: Rope,
  have: number,
): Promise<void> {
  const { ctx, say } = job;
  const target = path ?? 'index.html';
  const toOutput = target === '-';
  await say(`${lengthLine(head)}Saving to: ${quote(ctx, toOutput ? 'STDOUT' : target)}\n`);
  const started = ctx.now;
  if (toOutput) await ctx.sys.write(ctx, 1, content);
  else {
    try {
      const flags = { write: true, create: true, ...(have > 0 ? { append: true } : { truncate: true }) };
      const fd = await ctx.sys.open(ctx, target, flags, 0o666);
      await ctx.sys.write(ctx, fd, content);
      await ctx.sys.close(ctx, fd);
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw new Failure(
        FAILED.file,
        `${target}: ${error.libc}\n\nCannot write to ${quote(ctx, target)} (${error.libc}).\n`,
      );
    }
  }
  const seconds = Math.max(1e-6, (ctx.now - started) / 1e9 + content.length / BYTES_PER_SECOND);
  await say(`\n${dots(content.length)}\n`);
  const counts =
    headerValue(head.headers, 'content-length') === undefined
      ? `[${content.length}]`
      : `[${content.length + have}/${content.length + have}]`;
  const speed = rate(content.length / seconds);
  await say(
    `${stamp(ctx)} (${speed}) - ${toOutput ? 'written to stdout' : `${quote(ctx, target)} saved`} ${counts}\n\n`,
  );
  if (job.terse && !job.quiet)
    await printError(ctx, `${stamp(ctx)} URL:${formatUrl(url)} ${counts} -> "${target}" [1]\n`);
}

/** What the receiving side manages when nothing else is in the way; estimate. */
const BYTES_PER_SECOND = 60_000_000;
const DOT_BYTES = K;
const DOTS_A_LINE = 50;
const LINES_MAX = 40;

function rate(bytesPerSecond: number): string {
  const units = ['B/s', 'KB/s', 'MB/s', 'GB/s'];
  let value = bytesPerSecond;
  let unit = 0;
  while (value >= K && unit < 3) {
    value /= K;
    unit++;
  }
  return `${value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2)} ${units[unit]}`;
}

/** Progress for a file: fifty dots of a kilobyte a line, in groups of ten. */
function dots(bytes: number): string {
  const lines: string[] = [];
  const total = Math.floor(bytes / DOT_BYTES);
  for (let line = 0; line * DOTS_A_LINE <= total && line < LINES_MAX; line++) {
    const count = Math.min(DOTS_A_LINE, total - line * DOTS_A_LINE);
    const drawn = Array.from({ length: 5 }, (_, g) =>
      '.'.repeat(Math.max(0, Math.min(10, count - g * 10))).padEnd(10),
    ).join(' ');
    const done = bytes === 0 ? 100 : Math.min(100, Math.floor(((line + 1) * DOTS_A_LINE * DOT_BYTES * 100) / bytes));
    lines.push(`${String(line * DOTS_A_LINE).padStart(6)}K ${drawn} ${String(done).padStart(3)}%`);
  }
  return `${lines.join('\n')}\n`;
}
