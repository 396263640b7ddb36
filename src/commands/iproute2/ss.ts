/**
 * ss: sockets, from /proc/net, with the processes that hold them.
 * @models iproute2 6.15 misc/ss.c
 * @fidelity partial: TCP sockets that listen (the kernel's table has no others yet); no filters, timers, memory
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { shortCommand } from '../common/short-command.ts';

export const ss = shortCommand(
  {
    name: 'ss',
    version: 'iproute2-6.15.0',
    usage: ['[ OPTIONS ]'],
    about: '',
    options: {
      'n,numeric': 'numbers, not names of services',
      'a,all': 'listening sockets and the others',
      'l,listening': 'listening sockets',
      'p,processes': 'the processes that hold them',
      't,tcp': 'TCP',
      'u,udp': 'UDP',
      'x,unix': 'Unix sockets',
      'H,no-header': 'no header',
      '4,ipv4': 'IPv4',
      '6,ipv6': 'IPv6',
      'e,extended': '',
      'i,info': '',
      'o,options': '',
      'm,memory': '',
    },
  },
  async ({ ctx, options, out }) => {
    const rows: string[][] = [];
    const holders = options.has('processes') ? await holdersOfSockets(ctx) : new Map<string, string>();
    const tcp = options.has('tcp') || (!options.has('udp') && !options.has('unix'));
    if (tcp && !options.has('ipv6') && (options.has('listening') || options.has('all'))) {
      for (const line of (await readFile(ctx, '/proc/net/tcp')).trim().split('\n').slice(1)) {
        const [, local = '', remote = '', state = '', , , , , , inode = ''] = line.trim().split(/\s+/);
        if (state !== '0A') continue;
        rows.push([
          'LISTEN',
          '0',
          '4096',
          shown(local, options.has('numeric')),
          shown(remote, true),
          holders.get(inode) ?? '',
        ]);
      }
    }
    const titles = ['State', 'Recv-Q', 'Send-Q', 'Local Address:Port', 'Peer Address:Port', 'Process'];
    const table = options.has('no-header') ? rows : [titles, ...rows];
    const width = (i: number): number => Math.max(0, ...table.map((r) => (r[i] as string).length));
    // Addresses are lined up at their colons.
    const before = (text: string): number =>
      text.includes('Address') ? text.length - 'Port'.length : text.lastIndexOf(':') + 1;
    const lead = (i: number): number => Math.max(...table.map((r) => before(r[i] as string)), 0);
    const tail = (i: number): number =>
      Math.max(...table.map((r) => (r[i] as string).length - before(r[i] as string)), 0);
    const aligned = (i: number, text: string): string =>
      text.slice(0, before(text)).padStart(lead(i)) + text.slice(before(text)).padEnd(tail(i));
    for (const row of table) {
      const [state = '', received = '', sent = '', local = '', peer = '', process = ''] = row;
      await out.write(
        `${state.padEnd(width(0))} ${received.padEnd(width(1))} ${sent.padEnd(width(2))} ${aligned(3, local)} ${aligned(4, peer)} ${process}\n`,
      );
    }
    return 0;
  },
);

const SERVICES: Record<string, string> = {
  '22': 'ssh',
  '53': 'domain',
  '80': 'http',
  '443': 'https',
  '8080': 'http-alt',
};

function shown(hex: string, numeric: boolean): string {
  const [host = '', port = '0'] = hex.split(':');
  const octets = [6, 4, 2, 0].map((i) => Number.parseInt(host.slice(i, i + 2), 16)).join('.');
  const number = String(Number.parseInt(port, 16));
  return `${octets}:${number === '0' ? '*' : numeric ? number : (SERVICES[number] ?? number)}`;
}

async function holdersOfSockets(ctx: Context): Promise<Map<string, string>> {
  const found = new Map<string, string[]>();
  for (const entry of await ctx.sys.readDirectory(ctx, '/proc')) {
    if (!/^\d+$/.test(entry.name)) continue;
    try {
      const comm = (await readFile(ctx, `/proc/${entry.name}/comm`)).trimEnd();
      for (const fd of await ctx.sys.readDirectory(ctx, `/proc/${entry.name}/fd`)) {
        const inode = /^socket:\[(\d+)\]$/.exec(await ctx.sys.readlink(ctx, `/proc/${entry.name}/fd/${fd.name}`))?.[1];
        if (inode === undefined) continue;
        const list = found.get(inode) ?? [];
        list.push(`("${comm}",pid=${entry.name},fd=${fd.name})`);
        found.set(inode, list);
      }
    } catch (error) {
      if (!isErrno(error)) throw error;
    }
  }
  return new Map([...found].map(([inode, list]) => [inode, `users:(${list.join(',')})`]));
}
