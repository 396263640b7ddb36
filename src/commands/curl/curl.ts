/** curl. @models curl 8.14 @fidelity partial: HTTP/1.1 over TCP, Unix sockets and the visible part of TLS; no proxies, cookies jars, globbing, multipart or HTTP/2 */
import type { GoError } from '../../go/errors.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { exists, mkdirAll, printError, readAllRope, readFileRope } from '../../linux/io.ts';
import type { Program } from '../../linux/program.ts';
import { Rope } from '../../linux/rope.ts';
import { HttpStream } from '../../protocols/distribution/http-stream.ts';
import { type Certificate, decodePem, tlsConnect } from '../../protocols/distribution/tls-model.ts';
import { resolveName } from '../../protocols/dns/resolve.ts';
import { encodeRequestHead, type Headers, HttpError, headerValue } from '../../protocols/http/http1.ts';
import { Queue } from '../../sim/primitives.ts';
import { isTerminal } from '../common/streams.ts';
import { encode } from '../common/text.ts';
import { meterLine, meterStart } from './meter.ts';
import { type CurlOptions, CurlUsage, curlHelp, parseCurl } from './options.ts';
import { defaultPort, formatUrl, hostHeader, parseUrl, resolveUrl, type Url } from './url.ts';

const VERSION = '8.14.1';
const REDIRECTS_MAX = 50;
const SECOND = 1e9;

/** A transfer that failed: curl's code and words. */
const OPENSSL = 'OpenSSL/3.5.9';
/** What OpenSSL makes of a server's alert that comes after the handshake, as those of TLS 1.3 about the client do. */
const OPENSSL_ALERTS: Readonly<Record<string, string>> = {
  'remote error: tls: certificate required': '0A00045C:SSL routines::tlsv13 alert certificate required',
  'remote error: tls: unknown certificate authority': '0A000418:SSL routines::tlsv1 alert unknown ca',
};

class CurlError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

type Transfer = {
  ctx: Context;
  options: CurlOptions;
  has: (key: string) => boolean;
  value: (key: string) => string | undefined;
  say: (mark: string, text: string) => Promise<void>;
  started: number;
  received: number;
  expected: number | null;
  sent: number;
  status: number;
  reason: string;
  headers: Headers;
  redirects: number;
  effective: Url;
  method: string;
  remote: string;
  remotePort: number;
  nameLookupNs: number;
  connectNs: number;
  firstByteNs: number;
  headerBytes: number;
};

const CERTIFICATE_HELP =
  '\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the webpage mentioned above.';

async function connect(t: Transfer, url: Url): Promise<number> {
  const { ctx } = t;
  const socket = t.value('unix-socket');
  if (socket !== undefined) {
    await t.say('*', `  Trying ${socket}:0...`);
    try {
      const fd = await ctx.sys.connect(ctx, { family: 'unix', path: socket });
      await t.say('*', `Connected to ${url.host} (${socket}) port 0`);
      return fd;
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw new CurlError(
        7,
        `Failed to connect to ${url.host} port ${url.port ?? defaultPort(url.scheme)} via ${socket} after ${elapsedMs(t)} ms: Could not connect to server`,
      );
    }
  }
  const port = url.port ?? defaultPort(url.scheme);
  const pinned = (t.options.values.get('resolve') ?? [])
    .map((r) => /^\+?([^:]*):(\d+):(.*)$/.exec(r))
    .find((m) => m?.[1] === url.host && Number(m[2]) === port)?.[3];
  let addresses: string[];
  if (pinned !== undefined) addresses = pinned.split(',');
  else {
    const found = await resolveName(ctx, url.host);
    if (found.kind !== 'found') throw new CurlError(6, `Could not resolve host: ${url.host}`);
    addresses = found.addresses;
  }
  t.nameLookupNs = ctx.now - t.started;
  if (!/^[\d.]+$/.test(url.host)) {
    await t.say('*', `Host ${url.host}:${port} was resolved.`);
    await t.say('*', 'IPv6: (none)');
    await t.say('*', `IPv4: ${addresses.join(', ')}`);
  }
  for (const address of addresses) {
    await t.say('*', `  Trying ${address}:${port}...`);
    try {
      const fd = await ctx.sys.connect(ctx, { family: 'inet', host: address, port });
      t.connectNs = ctx.now - t.started;
      t.remote = address;
      t.remotePort = port;
      await t.say('*', `Connected to ${url.host} (${address}) port ${port}`);
      return fd;
    } catch (error) {
      if (!isErrno(error)) throw error;
      await t.say('*', `connect to ${address} port ${port} failed: ${error.libc}`);
    }
  }
  const text = `Failed to connect to ${url.host} port ${port} after ${elapsedMs(t)} ms: Could not connect to server`;
  await t.say('*', text);
  await t.say('*', 'closing connection #0');
  throw new CurlError(7, text);
}

const elapsedMs = (t: Transfer): number => Math.floor((t.ctx.now - t.started) / 1e6);

/** Certificates of a PEM file; null when it cannot be read or holds none. */
async function certificates(t: Transfer, path: string): Promise<Certificate[] | null> {
  try {
    const text = (await readFileRope(t.ctx, path)).toString();
    const found = text.split(/(?=-----BEGIN CERTIFICATE-----)/).map(decodePem);
    const whole = found.filter((one) => one !== null);
    return whole.length === 0 ? null : whole;
  } catch (error) {
    if (!isErrno(error)) throw error;
    return null;
  }
}

/** What --cacert and --cert bring to a handshake. */
async function ownCertificates(t: Transfer): Promise<{ issuers?: string[]; clientCertificate?: Certificate }> {
  const authorities = t.value('cacert');
  const trusted = authorities === undefined ? undefined : await certificates(t, authorities);
  if (trusted === null) throw new CurlError(77, `error adding trust anchors from file: ${authorities}`);
  const path = t.value('cert');
  const own = path === undefined ? undefined : await certificates(t, path);
  if (own === null)
    throw new CurlError(
      58,
      `could not load PEM client certificate from ${path}, OpenSSL error error:80000002:system library::No such file or directory, (no key found, wrong pass phrase, or wrong file format?)`,
    );
  const key = t.value('key');
  if (key !== undefined && !(await exists(t.ctx, key)))
    throw new CurlError(58, `unable to set private key file: '${key}' type PEM`);
  const [clientCertificate] = own ?? [];
  return {
    ...(trusted === undefined ? {} : { issuers: trusted.map(({ subject }) => subject) }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  };
}

async function secure(t: Transfer, fd: number, url: Url): Promise<void> {
  const insecure = t.has('insecure');
  const own = await ownCertificates(t);
  await t.say('*', 'ALPN: curl offers http/1.1');
  await t.say('*', 'TLSv1.3 (OUT), TLS handshake, Client hello (1):');
  try {
    const certificate = await tlsConnect(t.ctx, fd, { serverName: url.host, skipVerify: insecure, ...own });
    await t.say('*', 'TLSv1.3 (IN), TLS handshake, Server hello (2):');
    await t.say('*', 'TLSv1.3 (IN), TLS handshake, Certificate (11):');
    await t.say('*', 'SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384 / X25519MLKEM768 / id-ecPublicKey');
    await t.say('*', 'ALPN: server accepted http/1.1');
    await t.say('*', 'Server certificate:');
    await t.say('*', ` subject: ${certificate.subject}`);
    if (!insecure)
      await t.say(
        '*',
        ` subjectAltName: host "${url.host}" matched cert's "${certificate.dnsNames.find((n) => n === url.host) ?? certificate.dnsNames[0] ?? ''}"`,
      );
    await t.say('*', ` issuer: CN=${certificate.issuer}`);
    await t.say(
      '*',
      insecure ? ' SSL certificate verify result: not checked, continuing anyway.' : ' SSL certificate verify ok.',
    );
  } catch (error) {
    if (isErrno(error)) throw new CurlError(35, `Recv failure: ${error.libc}`);
    const { message, code } = error as GoError;
    if (/unknown authority/.test(message))
      throw new CurlError(60, `SSL certificate problem: unable to get local issuer certificate${CERTIFICATE_HELP}`);
    if (/x509/.test(message))
      throw new CurlError(
        60,
        `SSL: no alternative certificate subject name matches target host name '${url.host}'${CERTIFICATE_HELP}`,
      );
    if (code === 'EOF') throw new CurlError(35, `TLS connect error: error:00000000:lib(0)::reason(0)`);
    throw new CurlError(35, 'TLS connect error: error:0A00010B:SSL routines::wrong version number');
  }
}

function base64(text: string): string {
  const bytes = encode(text);
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const n = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out += [18, 12, 6, 0]
      .map((shift, k) =>
        i + k > bytes.length && k > 1 ? '=' : k > 1 && i + k - 1 >= bytes.length ? '=' : alphabet[(n >> shift) & 63],
      )
      .join('');
  }
  return out;
}

/** The body of -d and its relatives, joined with &. null: there is none. */
async function requestBody(t: Transfer): Promise<{ body: Rope; type: string } | null> {
  const { ctx, options } = t;
  const upload = t.value('upload-file');
  if (upload !== undefined)
    return { body: upload === '-' ? await readAllRope(ctx, 0) : await fileBody(ctx, upload), type: '' };
  const parts: Rope[] = [];
  let json = false;
  for (const key of ['data', 'data-ascii', 'data-raw', 'data-binary', 'data-urlencode', 'json']) {
    for (const value of options.values.get(key) ?? []) {
      json ||= key === 'json';
      if (parts.length > 0 && key !== 'json') parts.push(Rope.text('&'));
      if (key === 'data-urlencode') {
        const equals = value.indexOf('=');
        parts.push(
          Rope.text(
            equals < 0
              ? encodeURIComponent(value)
              : `${equals === 0 ? '' : value.slice(0, equals + 1)}${encodeURIComponent(value.slice(equals + 1))}`,
          ),
        );
      } else if (value.startsWith('@') && key !== 'data-raw') {
        const content = value === '@-' ? await readAllRope(ctx, 0) : await fileBody(ctx, value.slice(1));
        parts.push(
          key === 'data' || key === 'data-ascii' ? Rope.text(content.toString().replace(/[\r\n\0]/g, '')) : content,
        );
      } else parts.push(Rope.text(value));
    }
  }
  return parts.length === 0
    ? null
    : { body: Rope.concat(parts), type: json ? 'application/json' : 'application/x-www-form-urlencoded' };
}

async function fileBody(ctx: Context, path: string): Promise<Rope> {
  try {
    return await readFileRope(ctx, path);
  } catch (error) {
    if (!isErrno(error)) throw error;
    throw new CurlError(26, `Failed to open ${path}`);
  }
}

function requestHeaders(t: Transfer, url: Url, body: { body: Rope; type: string } | null): [string, string][] {
  const headers: [string, string][] = [['Host', hostHeader(url)]];
  const user = t.value('user') ?? url.user ?? undefined;
  if (user !== undefined) headers.push(['Authorization', `Basic ${base64(user)}`]);
  const bearer = t.value('oauth2-bearer');
  if (bearer !== undefined) headers.push(['Authorization', `Bearer ${bearer}`]);
  const range = t.value('range');
  if (range !== undefined) headers.push(['Range', `bytes=${range}`]);
  headers.push(
    ['User-Agent', t.value('user-agent') ?? `curl/${VERSION}`],
    ['Accept', body?.type === 'application/json' ? 'application/json' : '*/*'],
  );
  const referer = t.value('referer');
  if (referer !== undefined) headers.push(['Referer', referer]);
  const cookie = t.value('cookie');
  if (cookie !== undefined && cookie.includes('=')) headers.push(['Cookie', cookie]);
  if (body !== null) {
    if (body.type === 'application/json') headers.push(['Content-Type', body.type]);
    headers.push(['Content-Length', String(body.body.length)]);
    if (body.type !== '' && body.type !== 'application/json') headers.push(['Content-Type', body.type]);
  }
  for (const line of t.options.values.get('header') ?? []) {
    const match = /^([^:;]+)(:\s*(.*)|;)$/s.exec(line);
    if (match === null) continue;
    const [, name = '', tail = '', value = ''] = match;
    const at = headers.findIndex(([k]) => k.toLowerCase() === name.toLowerCase());
    const own: [string, string] = [name, value];
    const removed = tail !== ';' && value === '';
    if (at >= 0 && (name.toLowerCase() !== 'host' || value !== '')) {
      if (removed || name.toLowerCase() !== 'host') headers.splice(at, 1);
      else headers[at] = own;
      if (name.toLowerCase() === 'host') continue;
    }
    if (!removed) headers.push(own);
  }
  return headers;
}

/** One request and its answer; the body goes to `sink` unless a redirect is followed. Answers where to go next. */
async function exchange(
  t: Transfer,
  url: Url,
  method: string,
  body: { body: Rope; type: string } | null,
  sink: (part: Rope) => Promise<void>,
  onHead: (text: string, last: boolean) => Promise<void>,
): Promise<Url | null> {
  const { ctx } = t;
  const fd = await connect(t, url);
  try {
    if (url.scheme === 'https') await secure(t, fd, url);
    await t.say('*', 'using HTTP/1.x');
    const headers = requestHeaders(t, url, body);
    for (const line of [`${method} ${url.path} HTTP/1.1`, ...headers.map(([k, v]) => `${k}: ${v}`), ''])
      await t.say('>', line);
    await ctx.sys.write(
      ctx,
      fd,
      Rope.of(encodeRequestHead({ method, target: url.path, headers })).concat(body?.body ?? Rope.empty),
    );
    if (body !== null) {
      t.sent = body.body.length;
      await t.say('}', `[${body.body.length} bytes data]`);
      await t.say('*', `upload completely sent off: ${body.body.length} bytes`);
    } else await t.say('*', 'Request completely sent off');
    const stream = new HttpStream(fd);
    let message: Awaited<ReturnType<HttpStream['readResponse']>>;
    try {
      message = await stream.readResponse(ctx, method);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const alert = OPENSSL_ALERTS[error.message];
      if (alert !== undefined) throw new CurlError(56, `OpenSSL SSL_read: ${OPENSSL}: error:${alert}, errno 0`);
      throw new CurlError(1, 'Received HTTP/0.9 when not allowed');
    }
    if (message === null) throw new CurlError(52, 'Empty reply from server');
    const { status, reason, headers: answer } = message.head;
    Object.assign(t, { status, reason, headers: answer, firstByteNs: ctx.now - t.started });
    const head = [
      `HTTP/1.1 ${status}${reason === '' ? '' : ` ${reason}`}`,
      ...answer.map(([k, v]) => `${k}: ${v}`),
      '',
    ];
    for (const line of head) await t.say('<', line);
    const text = `${head.join('\r\n')}\r\n`;
    t.headerBytes += text.length;
    const location = headerValue(answer, 'location');
    const follow = t.has('location') && status >= 301 && status <= 308 && location !== undefined;
    await onHead(text, !follow);
    const length = headerValue(answer, 'content-length');
    t.expected = message.hasBody && length !== undefined ? Number(length) : null;
    if (follow) {
      const next = resolveUrl(url, location);
      if (next === null) throw new CurlError(3, 'URL rejected: Malformed input to a URL function');
      if (t.redirects >= Number(t.value('max-redirs') ?? REDIRECTS_MAX))
        throw new CurlError(47, `Maximum (${t.value('max-redirs') ?? REDIRECTS_MAX}) redirects followed`);
      t.redirects++;
      await t.say('*', 'Ignoring the response-body');
      if (message.hasBody) await stream.readBody(ctx, answer, true);
      await t.say('*', `Issue another request to this URL: '${formatUrl(next)}'`);
      return next;
    }
    if (status >= 400 && t.has('fail')) throw new CurlError(22, `The requested URL returned error: ${status}`);
    if (message.hasBody) {
      try {
        await stream.readBody(ctx, answer, true, async (_, part) => {
          await t.say('{', `[${part.length} bytes data]`);
          t.received += part.length;
          await sink(part);
        });
      } catch (error) {
        if ((error as GoError).message !== 'unexpected EOF') throw error;
        throw new CurlError(18, `end of response with ${(t.expected ?? 0) - t.received} bytes missing`);
      }
    }
    await t.say(
      '*',
      message.keepAlive
        ? `Connection #${t.redirects} to host ${url.host} left intact`
        : `shutting down connection #${t.redirects}`,
    );
    if (status >= 400 && t.has('fail-with-body'))
      throw new CurlError(22, `The requested URL returned error: ${status}`);
    return null;
  } catch (error) {
    if (isErrno(error))
      throw new CurlError(
        error.code === 'EPIPE' ? 55 : 56,
        `${error.code === 'EPIPE' ? 'Send' : 'Recv'} failure: ${error.libc}`,
      );
    throw error;
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}

function writeOut(t: Transfer, format: string, error: CurlError | null): string {
  const seconds = (ns: number): string => (ns / 1e9).toFixed(6);
  const total = t.ctx.now - t.started;
  const known: Record<string, string> = {
    http_code: String(t.status).padStart(3, '0'),
    response_code: String(t.status).padStart(3, '0'),
    size_download: String(t.received),
    size_upload: String(t.sent),
    size_header: String(t.headerBytes),
    content_type: headerValue(t.headers, 'content-type') ?? '',
    url_effective: formatUrl(t.effective),
    url: formatUrl(t.effective),
    num_redirects: String(t.redirects),
    num_connects: String(t.redirects + 1),
    remote_ip: t.remote,
    remote_port: String(t.remotePort),
    method: t.method,
    scheme: t.effective.scheme,
    http_version: t.status === 0 ? '0' : '1.1',
    exitcode: String(error?.code ?? 0),
    errormsg: error?.message ?? '',
    redirect_url: ((next) => (next === null ? '' : formatUrl(next)))(
      headerValue(t.headers, 'location') === undefined
        ? null
        : resolveUrl(t.effective, headerValue(t.headers, 'location') as string),
    ),
    time_total: seconds(total),
    time_connect: seconds(t.connectNs),
    time_namelookup: seconds(t.nameLookupNs),
    time_starttransfer: seconds(t.firstByteNs),
    time_pretransfer: seconds(t.connectNs),
    time_appconnect: seconds(0),
    time_redirect: seconds(0),
    speed_download: String(total === 0 ? 0 : Math.floor(t.received / (total / 1e9))),
    ssl_verify_result: '0',
  };
  return format.replace(/%\{([a-z_]+)\}|%%|\\n|\\t|\\r/g, (whole, name: string | undefined) =>
    whole === '%%'
      ? '%'
      : whole === '\\n'
        ? '\n'
        : whole === '\\t'
          ? '\t'
          : whole === '\\r'
            ? '\r'
            : (known[name ?? ''] ?? ''),
  );
}

async function transfer(ctx: Context, options: CurlOptions, address: string, index: number): Promise<number> {
  const has = (key: string): boolean => options.values.has(key);
  const value = (key: string): string | undefined => options.values.get(key)?.at(-1);
  const quiet = has('silent');
  const complain = async (error: CurlError): Promise<number> => {
    if (!quiet || has('show-error')) await printError(ctx, `curl: (${error.code}) ${error.message}\n`);
    return error.code;
  };
  const say = async (mark: string, text: string): Promise<void> => {
    if (has('verbose')) await printError(ctx, `${mark} ${text}${mark === '>' || mark === '<' ? '\r' : ''}\n`);
  };
  const parsed = parseUrl(address);
  if (parsed === null) return complain(new CurlError(3, 'URL rejected: Malformed input to a URL function'));
  if (parsed.scheme !== 'http' && parsed.scheme !== 'https')
    return complain(new CurlError(1, `Protocol "${parsed.scheme}" not supported`));
  const t: Transfer = {
    ctx,
    options,
    has,
    value,
    say,
    started: ctx.now,
    received: 0,
    expected: null,
    sent: 0,
    status: 0,
    reason: '',
    headers: [],
    redirects: 0,
    effective: parsed,
    method: 'GET',
    remote: '',
    remotePort: 0,
    nameLookupNs: 0,
    connectNs: 0,
    firstByteNs: 0,
    headerBytes: 0,
  };

  const named =
    options.values.get('output')?.[index] ??
    (has('remote-name') || has('remote-name-all') ? parsed.path.replace(/\?.*$/, '').replace(/^.*\//, '') : '-');
  if (named === '') return complain(new CurlError(23, 'Failed to extract a filename to use for storage'));
  const directory = value('output-dir');
  const path = named === '-' || directory === undefined ? named : `${directory}/${named}`;
  const meter =
    !quiet &&
    !has('no-progress-meter') &&
    !has('progress-bar') &&
    !has('#') &&
    (path !== '-' || !(await isTerminal(ctx, 1)));
  let fd = path === '-' ? 1 : -1;
  const open = async (): Promise<void> => {
    if (fd >= 0) return;
    try {
      if (has('create-dirs') && path.includes('/')) await mkdirAll(ctx, path.replace(/\/[^/]*$/, ''));
      fd = await ctx.sys.open(ctx, path, { write: true, create: true, truncate: true }, 0o644);
    } catch (error) {
      if (!isErrno(error)) throw error;
      await printError(ctx, `Warning: Failed to open the file ${path}: ${error.libc}\n`);
      throw new CurlError(23, `client returned ERROR on write, ${t.expected ?? 0} bytes buffered`);
    }
  };
  const sink = async (part: Rope): Promise<void> => {
    await open();
    try {
      await ctx.sys.write(ctx, fd, part);
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw new CurlError(23, `Failure writing output to destination, passed ${part.length} returned 0`);
    }
  };
  const showHeaders = has('include') || has('show-headers') || has('head');
  const dump = value('dump-header');
  let dumpFd = -1;
  const onHead = async (text: string, last: boolean): Promise<void> => {
    if (dump !== undefined) {
      if (dumpFd < 0)
        dumpFd = dump === '-' ? 1 : await ctx.sys.open(ctx, dump, { write: true, create: true, truncate: true }, 0o644);
      await ctx.sys.write(ctx, dumpFd, `${text}`);
    }
    if (showHeaders && !(last && t.status >= 400 && has('fail'))) await sink(Rope.text(text));
  };

  let failure: CurlError | null = null;
  if (meter) await printError(ctx, meterStart());
  try {
    const body = await requestBody(t);
    let url = parsed;
    let send = body;
    if (has('get') && body !== null) {
      url = { ...url, path: `${url.path}${url.path.includes('?') ? '&' : '?'}${body.body.toString()}` };
      send = null;
    }
    let method =
      value('request') ?? (has('head') ? 'HEAD' : has('upload-file') ? 'PUT' : send !== null ? 'POST' : 'GET');
    for (;;) {
      t.effective = url;
      t.method = method;
      const next: Url | null = await exchange(t, url, method, send, sink, onHead);
      if (next === null) break;
      // 301, 302 and 303 turn a POST into a GET, as browsers do.
      if ((t.status === 303 || ((t.status === 301 || t.status === 302) && method === 'POST')) && !has('request')) {
        method = method === 'HEAD' ? 'HEAD' : 'GET';
        send = null;
      }
      url = next;
    }
    if (fd < 0) await open();
  } catch (error) {
    if (!(error instanceof CurlError)) throw error;
    failure = error;
  }
  if (meter && failure?.code !== 6)
    await printError(
      ctx,
      `${failure?.code === 7 ? '\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0' : meterLine({ received: t.received, expected: t.expected, sent: t.sent, elapsedNs: ctx.now - t.started })}\n`,
    );
  const code = failure === null ? 0 : await complain(failure);
  if (fd > 1) await ctx.sys.close(ctx, fd);
  const format = value('write-out');
  if (format !== undefined)
    await ctx.sys.write(
      ctx,
      1,
      writeOut(t, format.startsWith('@') ? (await readFileRope(ctx, format.slice(1))).toString() : format, failure),
    );
  return code;
}

/** HTTP statuses and failures that --retry considers passing. */
async function withRetries(ctx: Context, options: CurlOptions, url: string, index: number): Promise<number> {
  const retries = Number(options.values.get('retry')?.at(-1) ?? 0);
  let delay = Number(options.values.get('retry-delay')?.at(-1) ?? 1);
  for (let left = retries; ; left--) {
    const code = await transfer(ctx, options, url, index);
    const passing =
      code === 28 ||
      (code === 7 && options.values.has('retry-connrefused')) ||
      (code !== 0 && options.values.has('retry-all-errors'));
    if (!passing || left <= 0) return code;
    if (!options.values.has('silent'))
      await printError(
        ctx,
        `Warning: Problem: ${code === 7 ? 'connection refused' : 'timeout'}. Will retry in ${delay} second${delay === 1 ? '' : 's'}. ${left} ${left === 1 ? 'retry' : 'retries'} left.\n`,
      );
    await ctx.sleep(delay * SECOND);
    if (!options.values.has('retry-delay')) delay *= 2;
  }
}

export const curl: Program = {
  name: 'curl',
  rssBytes: 11_000_000,
  startCpuNs: 6_000_000,
  async main(ctx, argv) {
    let options: CurlOptions;
    try {
      options = parseCurl(argv.slice(1));
    } catch (error) {
      if (!(error instanceof CurlUsage)) throw error;
      await printError(
        ctx,
        `curl: ${error.message}\ncurl: try 'curl --help' or 'curl --manual' for more information\n`,
      );
      return 2;
    }
    if (options.values.has('help')) {
      await ctx.sys.write(ctx, 1, curlHelp());
      return 0;
    }
    if (options.values.has('version')) {
      await ctx.sys.write(
        ctx,
        1,
        `curl ${VERSION} (x86_64-pc-linux-gnu) libcurl/${VERSION} ${OPENSSL}\nRelease-Date: 2025-06-04\nProtocols: http https\nFeatures: SSL UnixSockets\n`,
      );
      return 0;
    }
    if (options.urls.length === 0) {
      await printError(
        ctx,
        "curl: (2) no URL specified\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
      );
      return 2;
    }
    const seconds = Number(options.values.get('max-time')?.at(-1) ?? Infinity);
    let code = 0;
    for (const [index, url] of options.urls.entries()) {
      if (seconds === Infinity) {
        code = await withRetries(ctx, options, url, index);
        continue;
      }
      const outcome = new Queue<number>(ctx.scheduler);
      ctx.go('transfer', async (c) => outcome.push(await withRetries(c, options, url, index)));
      ctx.go('timer', async (c) => {
        await c.sleep(seconds * SECOND);
        outcome.push(-1);
      });
      const ended = await outcome.take();
      code = ended === -1 || ended === undefined || ended === null ? 28 : ended;
      if (code === 28 && ended === -1) {
        if (!options.values.has('silent') || options.values.has('show-error'))
          await printError(
            ctx,
            `curl: (28) Operation timed out after ${Math.round(seconds * 1000)} milliseconds with 0 bytes received\n`,
          );
        return code;
      }
    }
    return code;
  },
};
