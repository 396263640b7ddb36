/**
 * ss: sockets, from /proc/net, with the processes that hold them.
 * @models iproute2 6.15 misc/ss.c
 * @fidelity partial: TCP and Unix stream sockets; no filters, timers, memory, or the peers of Unix sockets
 */
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { readFile } from '../../linux/io.ts';
import { shortCommand } from '../common/short-command.ts';

export const ss = shortCommand(
  {
    name: 'ss',
    version: 'iproute2-6.15.0',
    trouble: 255,
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
      's,summary': 'how many sockets there are',
      'e,extended': '',
      'i,info': '',
      'o,options': '',
      'm,memory': '',
    },
  },
  async ({ ctx, options, out }) => {
    if (options.has('summary')) {
      await out.write(await summary(ctx));
      return 0;
    }
    const rows: string[][] = [];
    const holders = options.has('processes') ? await holdersOfSockets(ctx) : new Map<string, string>();
    const any = options.has('tcp') || options.has('udp') || options.has('unix');
    const wanted = (state: string): boolean =>
      options.has('all') || (options.has('listening') ? state === 'LISTEN' : state !== 'LISTEN');
    const kinds = [options.has('tcp'), options.has('udp'), options.has('unix')].filter(Boolean).length;
    // Unix sockets come in several kinds: their column is always shown.
    const netid = kinds !== 1 || options.has('unix');
    const push = (kind: string, row: string[]): void => void rows.push(netid ? [kind, ...row] : row);
    if (!any || options.has('unix')) {
      for (const line of (await readFile(ctx, '/proc/net/unix')).trim().split('\n').slice(1)) {
        const [, , , , , code = '', inode = '', path = '*'] = line.trim().split(/\s+/);
        const state = code === '01' ? 'LISTEN' : 'ESTAB';
        if (!wanted(state)) continue;
        const queue = state === 'LISTEN' ? '4096' : '0';
        push('u_str', [state, '0', queue, `${path} ${inode}`, '* 0', holders.get(inode) ?? '']);
      }
    }
    if ((!any || options.has('tcp')) && !options.has('ipv6')) {
      for (const line of (await readFile(ctx, '/proc/net/tcp')).trim().split('\n').slice(1)) {
        const [, local = '', remote = '', code = '', queues = '', , , , , inode = ''] = line.trim().split(/\s+/);
        const state = STATES[code] ?? 'UNCONN';
        if (!wanted(state)) continue;
        const numeric = options.has('numeric');
        push('tcp', [
          state,
          String(Number.parseInt(queues.split(':')[1] ?? '0', 16)),
          state === 'LISTEN' ? '4096' : '0',
          shown(local, numeric),
          shown(remote, numeric || state === 'LISTEN'),
          holders.get(inode) ?? '',
        ]);
      }
    }
    const titles = [
      ...(netid ? ['Netid'] : []),
      'State',
      'Recv-Q',
      'Send-Q',
      'Local Address:Port',
      'Peer Address:Port',
      'Process',
    ];
    const table = options.has('no-header') ? rows : [titles, ...rows];
    const width = (i: number): number => Math.max(0, ...table.map((r) => (r[i] as string).length));
    const skip = netid ? 1 : 0;
    // Addresses are lined up at their colons.
    const before = (text: string): number =>
      text.includes('Address')
        ? text.length - 'Port'.length
        : Math.max(text.lastIndexOf(':'), text.lastIndexOf(' ')) + 1;
    const lead = (i: number): number => Math.max(...table.map((r) => before(r[i] as string)), 0);
    const tail = (i: number): number =>
      Math.max(...table.map((r) => (r[i] as string).length - before(r[i] as string)), 0);
    const aligned = (i: number, text: string): string =>
      text.slice(0, before(text)).padStart(lead(i)) + text.slice(before(text)).padEnd(tail(i));
    for (const full of table) {
      const kind = netid ? `${(full[0] as string).padEnd(width(0))} ` : '';
      const row = netid ? full.slice(1) : full;
      const [state = '', received = '', sent = '', local = '', peer = '', process = ''] = row;
      await out.write(
        `${kind}${state.padEnd(width(skip))} ${received.padEnd(width(skip + 1))} ${sent.padEnd(width(skip + 2))} ${aligned(skip + 3, local)} ${aligned(skip + 4, peer)} ${process}\n`,
      );
    }
    return 0;
  },
);

/** States of /proc/net/tcp in ss's words. */
const STATES: Record<string, string> = { '01': 'ESTAB', '08': 'CLOSE-WAIT', '0A': 'LISTEN' };

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

async function summary(ctx: Context): Promise<string> {
  const counts = new Map<string, number>();
  for (const line of (await readFile(ctx, '/proc/net/sockstat')).split('\n')) {
    const [kind = '', ...words] = line.split(/:? /);
    for (let at = 0; at + 1 < words.length; at += 2) counts.set(`${kind} ${words[at]}`, Number(words[at + 1]));
  }
  const count = (key: string): number => counts.get(key) ?? 0;
  const established = (await readFile(ctx, '/proc/net/tcp')).split('\n').filter((line) => / 01 /.test(line)).length;
  const [raw, udp, tcp, fragments] = ['RAW inuse', 'UDP inuse', 'TCP inuse', 'FRAG inuse'].map(count) as [
    number,
    number,
    number,
    number,
  ];
  const waiting = count('TCP tw');
  const closed = count('TCP alloc') - tcp + waiting;
  const row = (name: string, ip: number): string =>
    `${name}\t  ${String(ip).padEnd(9)} ${String(ip).padEnd(9)} ${'0'.padEnd(9)}\n`;
  return (
    `Total: ${count('sockets used')}\n` +
    `TCP:   ${tcp + closed} (estab ${established}, closed ${closed}, orphaned ${count('TCP orphan')}, timewait ${waiting})\n\n` +
    `Transport Total     IP        IPv6\n${row('RAW', raw)}${row('UDP', udp)}${row('TCP', tcp)}` +
    `${row('INET', raw + udp + tcp)}${row('FRAG', fragments)}\n`
  );
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
