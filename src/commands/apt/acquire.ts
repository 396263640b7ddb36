/** One file over HTTP. @models apt 3.0 methods/http.cc, methods/connect.cc @fidelity partial: no proxies, ranges or pipelining */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import type { Rope } from '../../linux/rope.ts';
import { HttpStream } from '../../protocols/distribution/http-stream.ts';
import { tlsConnect } from '../../protocols/distribution/tls-model.ts';
import { resolveName } from '../../protocols/dns/resolve.ts';
import { encodeRequestHead } from '../../protocols/http/http1.ts';

/** `passing`: trying again may help. */
export type Acquired = { readonly body: Rope } | { readonly problem: string; readonly passing: boolean };

const ERRNO_NUMBERS: Readonly<Record<string, number>> = {
  ECONNREFUSED: 111,
  ETIMEDOUT: 110,
  EHOSTUNREACH: 113,
  ENETUNREACH: 101,
};

export async function acquire(ctx: Context, uri: string): Promise<Acquired> {
  const [, scheme = '', authority = '', path = '/'] = /^(\w+):\/\/([^/]+)(\/.*)?$/.exec(uri) ?? [];
  if (scheme !== 'http' && scheme !== 'https')
    return { problem: `The method driver /usr/lib/apt/methods/${scheme} could not be found.`, passing: false };
  const [host = '', given] = authority.split(':');
  const port = Number(given ?? (scheme === 'https' ? 443 : 80));
  const found = await resolveName(ctx, host);
  if (found.kind === 'unreachable') return { problem: `Temporary failure resolving '${host}'`, passing: true };
  if (found.kind === 'no-such-host') return { problem: `Could not resolve '${host}'`, passing: false };
  const address = found.addresses[0] ?? '';
  let fd: number;
  try {
    fd = await ctx.sys.connect(ctx, { family: 'inet', host: address, port });
  } catch (error) {
    if (!isErrno(error)) throw error;
    const number = ERRNO_NUMBERS[error.code] ?? 0;
    return {
      problem: `Could not connect to ${host}:${port} (${address}). - connect (${number}: ${error.libc})`,
      passing: true,
    };
  }
  try {
    if (scheme === 'https') await tlsConnect(ctx, fd, { serverName: host, skipVerify: false });
    const stream = new HttpStream(fd);
    const headers: [string, string][] = [
      ['Host', authority],
      ['User-Agent', 'Debian APT-HTTP/1.3 (3.0.4)'],
      ['Connection', 'close'],
    ];
    await ctx.sys.write(ctx, fd, encodeRequestHead({ method: 'GET', target: path, headers }));
    const answer = await stream.readResponse(ctx, 'GET');
    if (answer === null) return { problem: 'Error reading from server. Remote end closed connection', passing: true };
    const body = await stream.readBody(ctx, answer.head.headers, true);
    const { status, reason } = answer.head;
    if (status !== 200) return { problem: `${status}  ${reason} [IP: ${address} ${port}]`, passing: false };
    return { body };
  } catch (error) {
    if (isErrno(error)) return { problem: `Error reading from server - read (${error.libc})`, passing: true };
    return {
      problem: `Certificate verification failed: ${String((error as { message?: unknown }).message ?? error)}`,
      passing: false,
    };
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}

/** `9669 kB`, `47.3 kB`, `512 B`: thousands, as apt counts. */
export function sizeText(bytes: number): string {
  const units = ['', 'k', 'M', 'G', 'T'];
  let value = bytes;
  for (let unit = 0; ; unit++) {
    if (value < 100 && unit > 0) return `${value.toFixed(1)} ${units[unit]}B`;
    if (value < 10_000 || unit === units.length - 1) return `${value.toFixed(0)} ${units[unit]}B`;
    value /= 1000;
  }
}
