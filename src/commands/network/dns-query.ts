/** One question to a name server, with what dig, host and nslookup show of it. */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { decodeAnswer, encodeQuery } from '../../protocols/dns/message.ts';
import { textOf } from './names.ts';

export const TYPES: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  ANY: 255,
};
export const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

const DNS_PORT = 53;
/** Three tries of five seconds. */
const PATIENCE_NS = 15_000_000_000;

export type Answer = {
  id: number;
  rcode: number;
  addresses: string[];
  /** The server answers for a zone of its own. */
  authoritative: boolean;
  bytes: number;
  ns: number;
};
/** What went wrong on the way to the server. */
export type Failure = { reason: 'refused' | 'unreachable' | 'timeout' };

export async function ask(
  ctx: Context,
  server: string,
  name: string,
  type: number,
  port = DNS_PORT,
): Promise<Answer | Failure> {
  const started = ctx.now;
  let fd: number;
  try {
    fd = await ctx.sys.connect(ctx, { family: 'inet', host: server, port });
  } catch (error) {
    if (!isErrno(error)) throw error;
    if (error.code === 'ECONNREFUSED') return { reason: 'refused' };
    if (error.code === 'ENETUNREACH' || error.code === 'EHOSTUNREACH') return { reason: 'unreachable' };
    if (error.code !== 'ETIMEDOUT') await ctx.sleep(PATIENCE_NS);
    return { reason: 'timeout' };
  }
  try {
    const query = encodeQuery({ id: ctx.random.below(65_536), name, type });
    await ctx.sys.write(ctx, fd, Uint8Array.from([query.length >> 8, query.length & 255, ...query]));
    const reply = await ctx.sys.read(ctx, fd);
    if (reply.length < 14) return { reason: 'timeout' };
    const { id, rcode, addresses, authoritative = false } = decodeAnswer(reply.subarray(2));
    return { id, rcode, addresses, authoritative, bytes: reply.length - 2, ns: ctx.now - started };
  } catch (error) {
    if (isErrno(error)) return { reason: 'timeout' };
    throw error;
  } finally {
    await ctx.sys.close(ctx, fd);
  }
}

export type ResolverConfig = { servers: string[]; search: string[]; ndots: number };

export async function resolverConfig(ctx: Context): Promise<ResolverConfig> {
  const text = await textOf(ctx, '/etc/resolv.conf');
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((m) => m[1] as string);
  const search = (/^\s*(?:search|domain)\s+(.+)$/m.exec(text)?.[1] ?? '').split(/\s+/).filter((s) => s !== '');
  return {
    servers: servers.length === 0 ? ['127.0.0.1'] : servers,
    search,
    ndots: Number(/\bndots:(\d+)/.exec(text)?.[1] ?? 1),
  };
}

/** `10.1.168.192.in-addr.arpa` */
export const reverseName = (address: string): string => `${address.split('.').reverse().join('.')}.in-addr.arpa`;
