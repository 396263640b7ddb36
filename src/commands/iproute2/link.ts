/** ip link. @models iproute2 6.15 ip/iplink.c, ipaddress.c */
import type { NetLink, NetlinkRequest } from '../../linux/syscalls.ts';
import { type IpCall, IpFault, linkNamed, matches, valueOf } from './call.ts';
import { openNamed } from './netns.ts';

export function shownName(link: NetLink, all: readonly NetLink[]): string {
  if (link.kind !== 'veth' || link.peerIndex === null) return link.name;
  // A peer in the same namespace is shown by name, one elsewhere by its index there.
  const peer = all.find(
    (l) => l.index === link.peerIndex && l.kind === 'veth' && l.peerIndex === link.index && l !== link,
  );
  return `${link.name}@${peer?.name ?? `if${link.peerIndex}`}`;
}

export function stateOf(link: NetLink): string {
  if (!link.up) return 'DOWN';
  if (link.kind === 'loopback' || link.kind === 'dummy') return 'UNKNOWN';
  if (link.carrier) return 'UP';
  return link.kind === 'veth' ? 'LOWERLAYERDOWN' : 'DOWN';
}

/** In the order in which ip prints them. */
function flagsOf(link: NetLink): string[] {
  const base = link.kind === 'loopback' ? ['LOOPBACK'] : ['BROADCAST', link.kind === 'dummy' ? 'NOARP' : 'MULTICAST'];
  return [
    ...(link.up && !link.carrier ? ['NO-CARRIER'] : []),
    ...base,
    ...(link.promiscuous ? ['PROMISC'] : []),
    ...(link.up ? ['UP'] : []),
    ...(link.kind === 'veth' && !link.carrier ? ['M-DOWN'] : []),
    ...(link.up && link.carrier ? ['LOWER_UP'] : []),
  ];
}

function queueOf(link: NetLink): string {
  if (link.kind === 'uplink') return 'fq_codel';
  return link.kind === 'loopback' || link.up ? 'noqueue' : 'noop';
}

const hardware = (link: NetLink): string => (link.kind === 'loopback' ? '00:00:00:00:00:00' : link.mac);
const broadcastOf = (link: NetLink): string => (link.kind === 'loopback' ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff');
/** A port of a bridge is promiscuous because of it. */
const promiscuity = (link: NetLink): number => Number(link.promiscuous) + Number(link.master !== null);

const BRIDGE_DETAILS =
  'forward_delay 1500 hello_time 200 max_age 2000 ageing_time 30000 stp_state 0 priority 32768 vlan_filtering 0 vlan_protocol 802.1Q';
const onOff = (on: boolean): string => (on ? 'on' : 'off');

function details(link: NetLink, separator: string): string {
  const end = 'addrgenmode eui64 numtxqueues 1 numrxqueues 1 gso_max_size 65536 gso_max_segs 65535 ';
  const limits = link.kind === 'loopback' ? 'minmtu 0 maxmtu 0' : 'minmtu 68 maxmtu 65535';
  let text = ` promiscuity ${promiscuity(link)} allmulti ${link.master === null ? 0 : 1} ${limits} `;
  const kind = { veth: 'veth ', bridge: `bridge ${BRIDGE_DETAILS} `, dummy: 'dummy ', tap: 'tun type tap ' }[
    link.kind as string
  ];
  if (kind !== undefined) text += `${separator}    ${kind}`;
  if (link.master !== null)
    text += `${separator}    bridge_slave state ${link.carrier ? 'forwarding' : 'disabled'} priority 32 cost 2 hairpin ${onOff(link.hairpin)} guard off root_block off fastleave off learning on flood on `;
  return text + end;
}

export function header(call: IpCall, link: NetLink, all: readonly NetLink[]): string {
  const master = link.master === null ? '' : ` master ${link.master}`;
  const break_ = call.oneLine ? '\\' : '\n';
  const length = link.kind === 'veth' && link.up ? '' : 'qlen 1000';
  const kind = link.kind === 'loopback' ? 'loopback' : 'ether';
  const away = link.kind === 'veth' && shownName(link, all).includes('@if') ? ' link-netnsid 0' : '';
  let text = `${link.index}: ${shownName(link, all)}: <${flagsOf(link).join(',')}> mtu ${link.mtu} qdisc ${queueOf(link)}${master} state ${stateOf(link)} mode DEFAULT group default ${length}${break_}    link/${kind} ${hardware(link)} brd ${broadcastOf(link)}${away}`;
  if (call.details) text += details(link, break_);
  if (call.statistics) {
    const s = link.statistics;
    const row = (bytes: number, packets: number): string =>
      `    ${String(bytes).padEnd(10)} ${String(packets).padEnd(8)} 0       0       0       0       `;
    text += `${break_}    RX:  bytes packets errors dropped  missed   mcast           ${break_}${row(s.rxBytes, s.rxPackets)}${break_}    TX:  bytes packets errors dropped carrier collsns           ${break_}${row(s.txBytes, s.txPackets)}`;
  }
  return text;
}

/** As `ip -json` prints a link; addresses and linkmode are added by the objects that show them. */
export function linkJson(call: IpCall, link: NetLink, all: readonly NetLink[]): Record<string, unknown> {
  const other = shownName(link, all).split('@')[1];
  const away = other?.startsWith('if') === true && /^if\d+$/.test(other);
  return {
    ifindex: link.index,
    ...(other === undefined ? {} : away ? { link_index: link.peerIndex } : { link: other }),
    ifname: link.name,
    flags: flagsOf(link),
    mtu: link.mtu,
    qdisc: queueOf(link),
    ...(link.master === null ? {} : { master: link.master }),
    operstate: stateOf(link),
    group: 'default',
    ...(link.kind === 'veth' && link.up ? {} : { txqlen: 1000 }),
    link_type: link.kind === 'loopback' ? 'loopback' : 'ether',
    address: hardware(link),
    broadcast: broadcastOf(link),
    ...(away ? { link_netnsid: 0 } : {}),
    ...(call.details
      ? {
          promiscuity: promiscuity(link),
          ...(['veth', 'bridge', 'dummy'].includes(link.kind) ? { linkinfo: { info_kind: link.kind } } : {}),
        }
      : {}),
    ...(call.statistics
      ? {
          stats64: {
            rx: { bytes: link.statistics.rxBytes, packets: link.statistics.rxPackets, errors: 0, dropped: 0 },
            tx: { bytes: link.statistics.txBytes, packets: link.statistics.txPackets, errors: 0, dropped: 0 },
          },
        }
      : {}),
  };
}

export async function link(call: IpCall, words: string[]): Promise<number> {
  const { ctx, out } = call;
  const verb = words[0];
  if (verb === undefined || matches(verb, 'show', 'list', 'ls')) return show(call, words.slice(1));
  words.shift();
  if (matches(verb, 'add')) return add(call, words);
  if (matches(verb, 'delete')) {
    const name = words[0] === 'dev' ? words[1] : words[0];
    if (name === undefined) throw new IpFault('Not enough information: "dev" argument is required.');
    await linkNamed(call, name);
    await ctx.sys.netlink(ctx, { op: 'link.delete', name });
    return 0;
  }
  if (matches(verb, 'set')) return set(call, words);
  if (matches(verb, 'help')) {
    await out.write(
      'Usage: ip link add [link DEV] [ name ] NAME type { bridge | dummy | veth }\n       ip link delete DEVICE\n       ip link set DEVICE [ up | down | name NAME | mtu MTU | address MAC | master DEVICE | nomaster | netns NAME|PID ]\n       ip link show [ DEVICE | master DEVICE | type TYPE | up ]\n',
    );
    return 0;
  }
  throw new IpFault(`Command "${verb}" is unknown, try "ip link help".`);
}

async function show(call: IpCall, words: string[]): Promise<number> {
  const { ctx, out } = call;
  const all = await ctx.sys.netLinks(ctx);
  let chosen = all;
  while (words.length > 0) {
    const word = words.shift() as string;
    if (word === 'up') chosen = chosen.filter((l) => l.up);
    else if (word === 'master') {
      const master = valueOf(words, word);
      chosen = chosen.filter((l) => l.master === master);
    } else if (word === 'type') {
      const type = valueOf(words, word);
      chosen = chosen.filter((l) => l.kind === type);
    } else {
      const name = word === 'dev' ? valueOf(words, word) : word;
      if (!all.some((l) => l.name === name)) throw new IpFault(`Device "${name}" does not exist.`, 1);
      chosen = chosen.filter((l) => l.name === name);
    }
  }
  if (call.json) {
    const shown = chosen.map((item) => {
      const { group, ...rest } = linkJson(call, item, all);
      return { ...rest, linkmode: 'DEFAULT', group };
    });
    await out.write(`${JSON.stringify(shown)}\n`);
    return 0;
  }
  for (const item of chosen) {
    if (call.brief)
      await out.write(
        `${shownName(item, all).padEnd(16)} ${stateOf(item).padEnd(14)} ${item.kind === 'loopback' ? '00:00:00:00:00:00' : item.mac} <${flagsOf(item).join(',')}> \n`,
      );
    else await out.write(`${header(call, item, all)}\n`);
  }
  return 0;
}

async function add(call: IpCall, words: string[]): Promise<number> {
  const { ctx } = call;
  let name: string | null = null;
  let type: string | null = null;
  let peer: string | null = null;
  let peerNetns: string | null = null;
  while (words.length > 0) {
    const word = words.shift() as string;
    if (word === 'name' || word === 'dev') name = valueOf(words, word);
    else if (word === 'type') type = valueOf(words, word);
    else if (word === 'peer') {
      if (words[0] === 'name') words.shift();
      peer = valueOf(words, word);
      if (words[0] === 'netns') {
        words.shift();
        peerNetns = valueOf(words, 'netns');
      }
    } else name ??= word;
  }
  if (type === null) throw new IpFault('Not enough information: "type" argument is required');
  if (name === null) throw new IpFault('Not enough information: "name" argument is required');
  if (type === 'bridge' || type === 'dummy') await ctx.sys.netlink(ctx, { op: 'link.add', name, kind: type });
  else if (type === 'veth') {
    const fd = peerNetns === null ? null : await openNamed(ctx, peerNetns);
    await ctx.sys.netlink(ctx, {
      op: 'link.add-veth',
      name,
      peer: peer ?? 'veth0',
      ...(fd === null ? {} : { peerNamespaceFd: fd }),
    });
    if (fd !== null) await ctx.sys.close(ctx, fd);
  } else throw new IpFault(`ip link add type ${type}: not simulated`, 2);
  return 0;
}

async function set(call: IpCall, words: string[]): Promise<number> {
  const { ctx } = call;
  const first = words.shift();
  const name = first === 'dev' ? words.shift() : first;
  if (name === undefined) throw new IpFault('Not enough information: "dev" argument is required.');
  await linkNamed(call, name);
  const request: Extract<NetlinkRequest, { op: 'link.set' }> = { op: 'link.set', name };
  let fd: number | null = null;
  while (words.length > 0) {
    const word = words.shift() as string;
    if (word === 'up') request.up = true;
    else if (word === 'down') request.up = false;
    else if (word === 'name') request.newName = valueOf(words, word);
    else if (word === 'mtu') request.mtu = Number(valueOf(words, word));
    else if (word === 'address') request.mac = valueOf(words, word);
    else if (word === 'promisc') request.promiscuous = valueOf(words, word) === 'on';
    else if (word === 'nomaster') request.master = null;
    else if (word === 'master') {
      request.master = valueOf(words, word);
      if (!(await ctx.sys.netLinks(ctx)).some((l) => l.name === request.master))
        throw new IpFault(`Device does not exist`, 255);
    } else if (word === 'netns') {
      fd = await openNamed(ctx, valueOf(words, word));
      request.namespaceFd = fd;
    } else throw new IpFault(`Error: either "dev" is duplicate, or "${word}" is a garbage.`);
  }
  await ctx.sys.netlink(ctx, request);
  if (fd !== null) await ctx.sys.close(ctx, fd);
  return 0;
}
