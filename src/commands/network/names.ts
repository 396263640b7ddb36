/** Names of hosts and ports as the resolver of glibc sees them, both ways. @models glibc 2.41 nss_files, resolv */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { resolveName } from '../../protocols/dns/resolve.ts';

export const ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/;

/** getaddrinfo: the addresses, or the text of gai_strerror. */
export async function lookUp(ctx: Context, host: string): Promise<string[] | string> {
  const found = await resolveName(ctx, host);
  if (found.kind === 'found') return found.addresses;
  return found.kind === 'unreachable' ? 'Temporary failure in name resolution' : 'Name or service not known';
}

/** The first name that /etc/hosts gives an address; nobody out there keeps PTR records. */
export async function nameOf(ctx: Context, address: string): Promise<string | null> {
  for (const line of (await textOf(ctx, '/etc/hosts')).split('\n')) {
    const [first, name] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (first === address && name !== undefined) return name;
  }
  return null;
}

export async function textOf(ctx: Context, path: string): Promise<string> {
  try {
    return await readFile(ctx, path);
  } catch (error) {
    if (isErrno(error)) return '';
    throw error;
  }
}

const SERVICES: Readonly<Record<string, number>> = {
  tcpmux: 1,
  echo: 7,
  ftp: 21,
  ssh: 22,
  telnet: 23,
  smtp: 25,
  domain: 53,
  http: 80,
  kerberos: 88,
  pop3: 110,
  ntp: 123,
  imap2: 143,
  https: 443,
  mysql: 3306,
  postgresql: 5432,
  redis: 6379,
  'http-alt': 8080,
};

/** The number of a port given by number or by the name that Debian's /etc/services has for it; null if it has none. */
export function portNumber(text: string): number | null {
  if (/^\d+$/.test(text)) return Number(text);
  return SERVICES[text] ?? null;
}

export function serviceName(port: number): string | null {
  return Object.keys(SERVICES).find((name) => SERVICES[name] === port) ?? null;
}
