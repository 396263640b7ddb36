/**
 * The stub resolver: /etc/hosts, then the servers and search list of /etc/resolv.conf.
 * @models glibc and Go resolvers @fidelity partial: queries go over TCP (RFC 7766), IPv4 only, no cache
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { DNS_TYPE_A, decodeAnswer, encodeQuery } from './message.ts';

const DNS_PORT = 53;
const ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/;

export type Resolution =
  | { kind: 'found'; addresses: string[] }
  | { kind: 'no-such-host'; server: string }
  | { kind: 'unreachable'; server: string; error: string };

async function textOf(ctx: Context, path: string): Promise<string> {
  try {
    return await readFile(ctx, path);
  } catch (error) {
    if (isErrno(error)) return '';
    throw error;
  }
}

export async function resolveName(ctx: Context, host: string): Promise<Resolution> {
  if (ADDRESS.test(host)) return { kind: 'found', addresses: [host] };
  const wanted = host.toLowerCase().replace(/\.$/, '');
  const addresses: string[] = [];
  for (const line of (await textOf(ctx, '/etc/hosts')).split('\n')) {
    const [address, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (address !== undefined && ADDRESS.test(address) && names.some((n) => n.toLowerCase() === wanted))
      addresses.push(address);
  }
  if (addresses.length > 0) return { kind: 'found', addresses };
  if (wanted === 'localhost') return { kind: 'found', addresses: ['127.0.0.1'] };
  const config = await textOf(ctx, '/etc/resolv.conf');
  const servers = [...config.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((m) => m[1] as string);
  const search = (/^\s*search\s+(.+)$/m.exec(config)?.[1] ?? '').split(/\s+/).filter((s) => s !== '');
  const ndots = Number(/\bndots:(\d+)/.exec(config)?.[1] ?? 1);
  const dots = wanted.split('.').length - 1;
  const searched = search.map((domain) => `${wanted}.${domain}`);
  const names = host.endsWith('.') ? [wanted] : dots >= ndots ? [wanted, ...searched] : [...searched, wanted];
  const server = servers[0] ?? '127.0.0.1';
  for (const name of names) {
    const outcome = await query(ctx, server, name);
    if (typeof outcome === 'string') return { kind: 'unreachable', server, error: outcome };
    if (outcome.length > 0) return { kind: 'found', addresses: outcome };
  }
  return { kind: 'no-such-host', server };
}

/** The A records of a name; empty if it does not exist; an error text if the server cannot be asked. */
export async function query(ctx: Context, server: string, name: string): Promise<string[] | string> {
  const { sys } = ctx;
  let fd: number;
  try {
    fd = await sys.connect(ctx, { family: 'inet', host: server, port: DNS_PORT });
  } catch (error) {
    if (isErrno(error)) return error.go;
    throw error;
  }
  try {
    const message = encodeQuery({ id: ctx.random.below(65_536), name, type: DNS_TYPE_A });
    await sys.write(ctx, fd, Uint8Array.from([message.length >> 8, message.length & 255, ...message]));
    const reply = await sys.read(ctx, fd);
    return reply.length < 14 ? 'unexpected EOF' : decodeAnswer(reply.subarray(2)).addresses;
  } catch (error) {
    if (isErrno(error)) return error.go;
    throw error;
  } finally {
    await sys.close(ctx, fd);
  }
}
