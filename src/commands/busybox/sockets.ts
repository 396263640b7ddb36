/** nslookup and nc. @models busybox 1.37 networking/nslookup.c, nc.c @fidelity partial: A records; nc without -e, -w, -i */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { resolveName } from '../../protocols/dns/resolve.ts';
import { ask, RCODES, resolverConfig, TYPES } from '../network/dns-query.ts';
import { applet, BadUsage, Fatal } from './applet.ts';
import { USAGES } from './usages.ts';

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/**
 * It asks for every name that the search list makes of one without a dot, A and AAAA, and shows what came of each. The
 * list counts only if the server is that of resolv.conf as well.
 */
export const nslookup = applet(USAGES['nslookup'] ?? ['', ''], '+', async ({ ctx, operands, out }) => {
  const [host, chosen] = operands.filter((o) => !o.startsWith('-'));
  if (host === undefined) throw new BadUsage('');
  const kinds = operands.flatMap((o) => /^-(?:type|querytype|q|t)=(.*)$/.exec(o)?.[1]?.toUpperCase() ?? []);
  for (const kind of kinds) if (TYPES[kind] === undefined) throw new Fatal(`invalid query type "${kind}"`);
  const config = await resolverConfig(ctx);
  const server = chosen === undefined ? (config.servers[0] as string) : await addressOf(ctx, chosen);
  const isAddress = IPV4.test(host);
  const types = kinds.length > 0 ? kinds : isAddress ? ['PTR'] : ['A', 'AAAA'];
  const { search } = config;
  const isSearched = !isAddress && !host.includes('.') && chosen === undefined && search.length > 0;
  const names = isSearched ? search.map((domain) => `${host}.${domain}`) : [isAddress ? reverseOf(host) : host];
  let text = '';
  let status = 0;
  for (const type of types)
    for (const name of names) {
      const answer = await ask(ctx, server, name, TYPES[type] as number);
      if ('reason' in answer) {
        await out.write(';; connection timed out; no servers could be reached\n\n');
        return 1;
      }
      if (answer.rcode !== 0) {
        text += `** server can't find ${name}: ${RCODES[answer.rcode] ?? answer.rcode}\n\n`;
        status = 1;
        continue;
      }
      if (!answer.authoritative) text += 'Non-authoritative answer:\n';
      const shown = type === 'A' ? answer.addresses : [];
      text += `${shown.map((a) => `Name:\t${name.replace(/\.$/, '')}\nAddress: ${a}\n`).join('')}\n`;
    }
  await out.write(`Server:\t\t${server}\nAddress:\t${server}:53\n\n${text}`);
  return status;
});

/** `10.1.2.3` as `3.2.1.10.in-addr.arpa` */
function reverseOf(address: string): string {
  return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
}

/** The first address of a name. */
export async function addressOf(ctx: Context, host: string): Promise<string> {
  const found = await resolveName(ctx, host);
  if (found.kind !== 'found' || found.addresses[0] === undefined) throw new Fatal(`bad address '${host}'`);
  return found.addresses[0];
}

export const nc = applet(USAGES['nc'] ?? ['', ''], '+lp:w:inN', async ({ ctx, flags, operands }) => {
  const { sys } = ctx;
  let fd: number;
  if (flags.has('l')) {
    const listener = await sys.listen(ctx, {
      family: 'inet',
      host: '0.0.0.0',
      port: Number(flags.value('p') ?? operands[0] ?? 0),
    });
    fd = await sys.accept(ctx, listener);
    await sys.close(ctx, listener);
  } else {
    const [host, port] = operands;
    if (host === undefined || port === undefined) throw new BadUsage('');
    const address = await addressOf(ctx, host);
    try {
      fd = await sys.connect(ctx, { family: 'inet', host: address, port: Number(port) });
    } catch (error) {
      if (!isErrno(error)) throw error;
      throw new Fatal(`can't connect to remote host (${address}): ${error.libc}`);
    }
  }
  ctx.go('stdin', async (c) => {
    try {
      for (;;) {
        const bytes = await c.sys.read(c, 0);
        if (bytes.length === 0) break;
        await c.sys.write(c, fd, bytes);
      }
      await c.sys.shutdown(c, fd, 'write');
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  });
  for (;;) {
    const bytes = await sys.read(ctx, fd);
    if (bytes.length === 0) return 0;
    await sys.write(ctx, 1, bytes);
  }
});
