/**
 * Names to addresses, and TCP connections, with Go's words when they fail.
 * @models Go net (dial, hosts file)
 * @fidelity partial: IPv4 only, the first address only
 */

import { type GoError, newError, wrapError } from '../../go/errors.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { resolveName } from '../dns/resolve.ts';

export function isIpAddress(host: string): boolean {
  const parts = host.split('.');
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
}

/** `host:port`, `host`: the port is null when none is given. */
export function splitHostPort(address: string): { host: string; port: number | null } {
  const colon = address.lastIndexOf(':');
  const port = colon < 0 ? '' : address.slice(colon + 1);
  return /^\d+$/.test(port) ? { host: address.slice(0, colon), port: Number(port) } : { host: address, port: null };
}

/** The first address of a name, or a GoError in the words of Go's resolver. */
export async function lookupHost(ctx: Context, host: string): Promise<string> {
  const found = await resolveName(ctx, host);
  if (found.kind === 'found') return found.addresses[0] as string;
  const prefix = `lookup ${host} on ${found.server}:53`;
  if (found.kind === 'no-such-host') throw newError(`${prefix}: no such host`, { code: 'no such host' });
  throw newError(`${prefix}: dial udp ${found.server}:53: connect: ${found.error}`, { code: 'unreachable' });
}

/** A connected socket, or a GoError that begins with `dial tcp`. */
export async function dialTcp(ctx: Context, host: string, port: number): Promise<number> {
  let address: string;
  try {
    address = await lookupHost(ctx, host);
  } catch (error) {
    throw wrapError('dial tcp', error as GoError);
  }
  try {
    return await ctx.sys.connect(ctx, { family: 'inet', host: address, port });
  } catch (error) {
    if (!isErrno(error)) throw error;
    const target = `dial tcp ${address}:${port}`;
    if (error.code === 'ETIMEDOUT') throw wrapError(target, newError('i/o timeout', { code: error.code }));
    throw wrapError(target, wrapError('connect', newError(error.go, { code: error.code })));
  }
}
