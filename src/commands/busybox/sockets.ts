/** nslookup and nc. @models busybox 1.37 networking/nslookup.c, nc.c @fidelity partial: A records; nc without -e, -w, -i */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { query, resolveName } from '../../protocols/dns/resolve.ts';
import { applet, BadUsage, Fatal } from './applet.ts';
import { USAGES } from './usages.ts';

export const nslookup = applet(USAGES['nslookup'] ?? ['', ''], '+', async ({ ctx, operands, out }) => {
  const words = operands.filter((o) => !o.startsWith('-'));
  const [host, chosen] = words;
  if (host === undefined) throw new BadUsage('');
  const config = await readFile(ctx, '/etc/resolv.conf').catch(() => '');
  const server = chosen ?? /^\s*nameserver\s+(\S+)/m.exec(config)?.[1] ?? '127.0.0.1';
  const domain = /^\s*search\s+(\S+)/m.exec(config)?.[1];
  const name = host.includes('.') || domain === undefined ? host : `${host}.${domain}`;
  const answer = await query(ctx, server, name);
  if (typeof answer === 'string') {
    await out.write(';; connection timed out; no servers could be reached\n\n');
    return 1;
  }
  await out.write(`Server:\t\t${server}\nAddress:\t${server}:53\n\n`);
  if (answer.length === 0) {
    await out.write(`** server can't find ${name}: NXDOMAIN\n\n** server can't find ${name}: NXDOMAIN\n\n`);
    return 1;
  }
  await out.write(`Non-authoritative answer:\n${answer.map((a) => `Name:\t${name}\nAddress: ${a}\n`).join('')}\n`);
  return 0;
});

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
