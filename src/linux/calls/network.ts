/** Network configuration of the caller's namespace. @models rtnetlink, netfilter NAT @fidelity partial: IPv4 only */

import { LATENCY } from '../../sim/latency.ts';
import type { LinkState } from '../../sim/trace.ts';
import type { Context } from '../context.ts';
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { formatIp, parseIp } from '../net/addresses.ts';
import { ROUND_TRIP_NS } from '../net/distance.ts';
import { echo } from '../net/echo.ts';
import { linkState } from '../net/link-state.ts';
import type { Interface, NetNamespace } from '../net/net-namespace.ts';
import type { Process } from '../process.ts';
import type { Syscalls } from '../syscalls.ts';
import { capable } from '../user-namespace.ts';
import { NamespaceInode } from '../vfs/nsfs.ts';
import { sysctlHolder } from '../vfs/sysctl-values.ts';

type NetworkCalls = Pick<
  Syscalls,
  'netlink' | 'netLinks' | 'netRoutes' | 'netNeighbours' | 'icmpEcho' | 'natRules' | 'addNatRule' | 'deleteNatRules'
>;

/** Three requests, a second apart, before a neighbour counts as not there. */
const ARP_TIMEOUT_NS = 3_000_000_000;
const PING_RANGE = 'net/ipv4/ping_group_range';
const IP_AND_ICMP_BYTES = 28;
const ETHERNET_BYTES = 14;

/** CAP_NET_RAW, or a group for which net.ipv4.ping_group_range allows datagram sockets. */
function mayPing(kernel: Kernel, process: Process, raw: boolean): boolean {
  const { credentials } = process;
  if (capable(process, 'NET_RAW', process.namespaces.net.owner)) return true;
  if (raw) return false;
  const [from = 1, to = 0] = (sysctlHolder(kernel, PING_RANGE, process).get(PING_RANGE) ?? '1 0')
    .split(/\s+/)
    .map(Number);
  return [credentials.egid, ...credentials.groups].some((gid) => gid >= from && gid <= to);
}

/** One packet there and one back, on every interface of the way. */
function countEcho(path: readonly Interface[], bytes: number): void {
  for (const { statistics } of path) {
    statistics.txPackets++;
    statistics.rxPackets++;
    statistics.txBytes += bytes + IP_AND_ICMP_BYTES + ETHERNET_BYTES;
    statistics.rxBytes += bytes + IP_AND_ICMP_BYTES + ETHERNET_BYTES;
  }
}

export function networkCalls(kernel: Kernel): NetworkCalls {
  const requireAdmin = (ctx: Context): NetNamespace => {
    const { net } = ctx.process.namespaces;
    if (!capable(ctx.process, 'NET_ADMIN', net.owner)) throw errno('EPERM');
    return net;
  };
  const namespaceAt = (ctx: Context, fd: number): NetNamespace => {
    const { inode } = kernel.file(ctx.process, fd);
    if (!(inode instanceof NamespaceInode) || inode.namespace.type !== 'net') throw errno('EINVAL');
    return inode.namespace;
  };
  const mac = (ctx: Context): string => {
    const bytes = ctx.process.random.bytes(6);
    bytes[0] = ((bytes[0] ?? 0) & 0xfe) | 2;
    return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join(':');
  };
  return {
    async netlink(ctx, request) {
      const net = requireAdmin(ctx);
      const emit = (op: string, detail: string, link: Interface | null, before?: LinkState): void =>
        kernel.emit(ctx.span, ctx.process.pid, {
          kind: 'net.link',
          namespace: before?.namespace ?? link?.namespace.id ?? net.id,
          name: before?.name ?? link?.name ?? '',
          op,
          detail,
          link: link === null ? null : linkState(link),
        });
      switch (request.op) {
        case 'link.add':
          emit('add', request.kind, net.add(request.name, request.kind, mac(ctx)));
          break;
        case 'link.add-veth': {
          const other = request.peerNamespaceFd === undefined ? net : namespaceAt(ctx, request.peerNamespaceFd);
          if (other.interfaces.has(request.peer)) throw errno('EEXIST');
          const a = net.add(request.name, 'veth', request.mac ?? mac(ctx), request.mtu);
          const b = other.add(request.peer, 'veth', request.peerMac ?? mac(ctx), request.mtu);
          a.peer = b;
          b.peer = a;
          emit('add', `veth peer ${request.peer} in net:[${other.id}]`, a);
          emit('add', `veth peer ${request.name} in net:[${net.id}]`, b);
          break;
        }
        case 'filter.redirect':
          net.get(request.name).redirect = request.to === null ? null : net.get(request.to);
          emit('redirect', request.to ?? 'none', net.get(request.name));
          break;
        case 'link.delete': {
          const link = net.get(request.name);
          const { peer } = link;
          const gone = [linkState(link), ...(link.kind === 'veth' && peer !== null ? [linkState(peer)] : [])];
          net.remove(link);
          for (const before of gone) emit('delete', '', null, before);
          break;
        }
        case 'link.set': {
          const link = net.get(request.name);
          const before = linkState(link);
          if (request.mac !== undefined) link.mac = request.mac;
          if (request.mtu !== undefined) link.mtu = request.mtu;
          if (request.promiscuous !== undefined) link.promiscuous = request.promiscuous;
          if (request.hairpin !== undefined) link.hairpin = request.hairpin;
          if (request.master !== undefined) link.master = request.master === null ? null : net.get(request.master);
          if (request.newName !== undefined) {
            if (net.interfaces.has(request.newName)) throw errno('EEXIST');
            net.interfaces.delete(link.name);
            link.name = request.newName;
            net.interfaces.set(link.name, link);
          }
          if (request.namespaceFd !== undefined) namespaceAt(ctx, request.namespaceFd).adopt(link);
          if (request.up !== undefined) link.namespace.setUp(link, request.up);
          emit(
            'set',
            Object.entries(request)
              .filter(([k]) => k !== 'op' && k !== 'name')
              .map(([k, v]) => `${k}=${String(v)}`)
              .join(' '),
            link,
            before,
          );
          // Whoever is at the other end now has it as its peer in another place, or under another name.
          if (
            link.kind === 'veth' &&
            link.peer !== null &&
            (link.namespace.id !== before.namespace || link.name !== before.name)
          )
            emit('peer', `${link.name} in net:[${link.namespace.id}]`, link.peer);
          break;
        }
        case 'address.add':
          net.addAddress(net.get(request.name), request.address);
          kernel.emit(ctx.span, ctx.process.pid, {
            kind: 'net.address',
            namespace: net.id,
            name: request.name,
            address: request.address,
          });
          break;
        case 'address.delete':
          net.deleteAddress(net.get(request.name), request.address);
          emit('address.delete', request.address, net.get(request.name));
          break;
        case 'route.add':
          net.addRoute(request.destination, request.gateway ?? null, request.name ?? null, request.source ?? null);
          break;
        case 'route.delete':
          net.deleteRoute(request.destination);
          break;
      }
    },
    async netLinks(ctx) {
      const { net } = ctx.process.namespaces;
      return [...net.interfaces.values()]
        .sort((a, b) => a.index - b.index)
        .map((i) => ({
          index: i.index,
          name: i.name,
          kind: i.kind,
          mac: i.mac,
          mtu: i.mtu,
          up: i.up,
          master: i.master?.name ?? null,
          promiscuous: i.promiscuous,
          hairpin: i.hairpin,
          carrier: net.hasCarrier(i),
          peerIndex: i.kind === 'veth' ? (i.peer?.index ?? null) : null,
          peerElsewhere: i.kind === 'veth' && i.peer !== null && i.peer.namespace !== net,
          addresses: i.addresses.map((a) => ({
            address: formatIp(a.address),
            prefix: a.prefix,
            broadcast: a.broadcast,
          })),
          statistics: { ...i.statistics },
        }));
    },
    async netRoutes(ctx) {
      return ctx.process.namespaces.net.describeRoutes();
    },
    async netNeighbours(ctx) {
      return [...ctx.process.namespaces.net.neighbours.values()].map(({ address, link, mac: known }) => ({
        address: formatIp(address),
        name: link.name,
        mac: known,
      }));
    },
    async icmpEcho(ctx, host, { bytes, ttl = 64, timeoutNs, raw = false }) {
      const { process } = ctx;
      const { net } = process.namespaces;
      if (!mayPing(kernel, process, raw)) throw errno('EPERM');
      const address = parseIp(host);
      if (address === null) throw errno('EINVAL');
      const start = ctx.now;
      const outcome = echo(net, address, ttl);
      kernel.emit(ctx.span, process.pid, {
        kind: 'net.connect',
        namespace: net.id,
        from: '',
        address: `icmp://${host}`,
        result: outcome?.kind ?? 'ENETUNREACH',
      });
      if (outcome === null) throw errno('ENETUNREACH');
      if (outcome.kind === 'lost') {
        await ctx.sleep(timeoutNs);
        return null;
      }
      const waitNs =
        outcome.kind === 'host-unreachable'
          ? ARP_TIMEOUT_NS
          : outcome.kind === 'reply'
            ? ROUND_TRIP_NS[outcome.distance]
            : LATENCY.loopbackNs;
      await ctx.sleep(Math.min(waitNs, timeoutNs));
      if (waitNs > timeoutNs) return null;
      if (outcome.kind === 'reply') countEcho(outcome.path, bytes);
      return {
        kind: outcome.kind,
        from: outcome.from,
        ttl: outcome.kind === 'reply' ? outcome.ttl : 64,
        roundTripNs: ctx.now - start,
      };
    },
    async natRules(ctx) {
      return ctx.process.namespaces.net.nat.map((r) => ({ ...r }));
    },
    async addNatRule(ctx, rule) {
      const net = requireAdmin(ctx);
      net.nat.push({ ...rule });
      if (rule.kind === 'dnat')
        kernel.emit(ctx.span, ctx.process.pid, {
          kind: 'net.nat',
          namespace: net.id,
          op: 'add',
          comment: rule.comment,
          host: rule.matchHost,
          port: rule.matchPort,
          to: `${rule.toHost}:${rule.toPort}`,
        });
    },
    async deleteNatRules(ctx, comment) {
      const net = requireAdmin(ctx);
      const before = net.nat.length;
      for (let i = net.nat.length - 1; i >= 0; i--) if (net.nat[i]?.comment === comment) net.nat.splice(i, 1);
      if (net.nat.length === before) return;
      kernel.emit(ctx.span, ctx.process.pid, {
        kind: 'net.nat',
        namespace: net.id,
        op: 'delete',
        comment,
        host: '',
        port: 0,
        to: '',
      });
    },
  };
}
