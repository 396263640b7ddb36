/** ip, ifconfig, route, netstat. @models busybox 1.37 networking/ @fidelity partial: addresses, links and routes can be shown, not changed; IPv4 */
import { readFile } from '../../linux/io.ts';
import type { NetLink } from '../../linux/syscalls.ts';
import { applet, BadUsage, Fatal } from './applet.ts';
import { USAGES } from './usages.ts';

function flagsOf(link: NetLink): string {
  const list = link.kind === 'loopback' ? ['LOOPBACK'] : ['BROADCAST', 'MULTICAST'];
  if (link.up) list.push('UP', 'LOWER_UP');
  return list.join(',');
}

function header(link: NetLink): string {
  const name = link.peerIndex === null ? link.name : `${link.name}@if${link.peerIndex}`;
  const master = link.master === null ? '' : ` master ${link.master}`;
  const queue = link.up ? 'noqueue' : 'noop';
  const kind =
    link.kind === 'loopback'
      ? 'loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00'
      : `ether ${link.mac} brd ff:ff:ff:ff:ff:ff`;
  return `${link.index}: ${name}: <${flagsOf(link)}> mtu ${link.mtu} qdisc ${link.kind === 'uplink' ? 'fq_codel' : queue}${master} ${link.kind === 'veth' ? '' : 'qlen 1000'}\n    link/${kind}\n`;
}

export const ip = applet(USAGES['ip'] ?? ['', ''], '+46of:', async ({ ctx, operands, out }) => {
  const [object = '', ...rest] = operands;
  const is = (name: string): boolean => object !== '' && name.startsWith(object);
  const words = rest.filter((w) => !['show', 'list', 'ls', 'dev', 's', 'sh', 'l'].includes(w));
  const only = words[0];
  if (rest.some((w) => ['add', 'del', 'set', 'change', 'flush', 'replace', 'append'].includes(w)))
    throw new Fatal('RTNETLINK answers: Operation not permitted', 2);
  if (is('address') || is('link')) {
    const links = await ctx.sys.netLinks(ctx);
    if (only !== undefined && !links.some((l) => l.name === only)) throw new Fatal(`can't find device '${only}'`);
    for (const link of links) {
      if (only !== undefined && link.name !== only) continue;
      await out.write(header(link));
      if (!is('address')) continue;
      for (const a of link.addresses) {
        const scope = link.kind === 'loopback' ? 'host' : 'global';
        await out.write(
          `    inet ${a.address}/${a.prefix}${a.broadcast === null ? '' : ` brd ${a.broadcast}`} scope ${scope} ${link.name}\n       valid_lft forever preferred_lft forever\n`,
        );
      }
    }
    return 0;
  }
  if (is('route')) {
    for (const r of await ctx.sys.netRoutes(ctx)) {
      const destination = r.destination === '0.0.0.0/0' ? 'default' : r.destination;
      await out.write(
        `${destination}${r.gateway === null ? '' : ` via ${r.gateway}`} dev ${r.name} ${r.gateway === null ? 'scope link  ' : ''}${r.source === null ? '' : `src ${r.source} `}\n`,
      );
    }
    return 0;
  }
  if (is('neigh') || is('rule') || is('tunnel')) return 0;
  throw new BadUsage('');
});

function dotted(prefix: number): string {
  const mask = prefix === 0 ? 0 : (0xffffffff << (32 - prefix)) >>> 0;
  return [24, 16, 8, 0].map((s) => (mask >>> s) & 255).join('.');
}

function amount(bytes: number): string {
  let value = bytes;
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (value < 1024 || unit === 'GiB') return `${value.toFixed(1)} ${unit}`;
    value /= 1024;
  }
  return '';
}

export const ifconfig = applet(USAGES['ifconfig'] ?? ['', ''], 'a', async ({ ctx, flags, operands, out }) => {
  const links = (await ctx.sys.netLinks(ctx)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const [only] = operands;
  if (only !== undefined && !links.some((l) => l.name === only))
    throw new Fatal(`${only}: error fetching interface information: Device not found`);
  for (const l of links) {
    if (only === undefined ? !flags.has('a') && !l.up : l.name !== only) continue;
    const loop = l.kind === 'loopback';
    await out.write(
      `${l.name.padEnd(9)} Link encap:${loop ? 'Local Loopback  ' : `Ethernet  HWaddr ${l.mac.toUpperCase()}  `}\n`,
    );
    for (const a of l.addresses.slice(0, 1))
      await out.write(
        `          inet addr:${a.address}${loop || a.broadcast === null ? '' : `  Bcast:${a.broadcast}`}  Mask:${dotted(a.prefix)}\n`,
      );
    const s = l.statistics;
    await out.write(
      `          ${l.up ? 'UP ' : ''}${loop ? 'LOOPBACK ' : 'BROADCAST '}${l.up ? 'RUNNING ' : ''}${loop ? '' : 'MULTICAST '} MTU:${l.mtu}  Metric:1\n`,
    );
    await out.write(
      `          RX packets:${s.rxPackets} errors:0 dropped:0 overruns:0 frame:0\n          TX packets:${s.txPackets} errors:0 dropped:0 overruns:0 carrier:0\n`,
    );
    await out.write(
      `          collisions:0 txqueuelen:${l.kind === 'veth' ? 0 : 1000} \n          RX bytes:${s.rxBytes} (${amount(s.rxBytes)})  TX bytes:${s.txBytes} (${amount(s.txBytes)})\n\n`,
    );
  }
  return 0;
});

export const route = applet(USAGES['route'] ?? ['', ''], 'neA:', async ({ ctx, flags, out }) => {
  await out.write(
    'Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n',
  );
  for (const r of await ctx.sys.netRoutes(ctx)) {
    const [network = '0.0.0.0', prefix = '32'] = r.destination.replace('default', '0.0.0.0/0').split('/');
    const name = network === '0.0.0.0' && !flags.has('n') ? 'default' : network;
    const gateway = r.gateway ?? (flags.has('n') ? '0.0.0.0' : '*');
    await out.write(
      `${name.padEnd(15)} ${gateway.padEnd(15)} ${dotted(Number(prefix)).padEnd(15)} ${(r.gateway === null ? 'U' : 'UG').padEnd(5)} 0      0        0 ${r.name}\n`,
    );
  }
  return 0;
});

export const netstat = applet(USAGES['netstat'] ?? ['', ''], 'laentuwxrWp', async ({ ctx, flags, out }) => {
  const tcp = (await readFile(ctx, '/proc/net/tcp'))
    .trim()
    .split('\n')
    .slice(1)
    .map((l) => l.trim().split(/\s+/));
  const address = (hex: string): string => {
    const [host = '', port = '0'] = hex.split(':');
    const octets = [6, 4, 2, 0].map((i) => Number.parseInt(host.slice(i, i + 2), 16)).join('.');
    return `${octets}:${port === '0000' ? '*' : Number.parseInt(port, 16)}`;
  };
  const kind = flags.has('a') ? '(servers and established)' : flags.has('l') ? '(only servers)' : '(w/o servers)';
  await out.write(
    `Active Internet connections ${kind}\nProto Recv-Q Send-Q Local Address           Foreign Address         State       ${flags.has('p') ? 'PID/Program name    ' : ''}\n`,
  );
  for (const [, local = '', remote = '', state = ''] of tcp) {
    const listening = state === '0A';
    if (flags.has('u') && !flags.has('t')) continue;
    if (flags.has('a') || listening === flags.has('l'))
      await out.write(
        `tcp        0      0 ${address(local).padEnd(23)} ${address(remote).padEnd(23)} ${(listening ? 'LISTEN' : 'ESTABLISHED').padEnd(12)}${flags.has('p') ? '-' : ''}\n`,
      );
  }
  return 0;
});
