/**
 * An ICMP echo request on its way: forwarded hop by hop, answered, refused by a router, or lost.
 * @models Linux 6.12 net/ipv4/icmp.c, ip_forward.c @fidelity partial: no fragments; hosts behind the uplink answer
 * without routers between
 */
import { formatIp } from './addresses.ts';
import { type Distance, farther } from './distance.ts';
import type { Interface, NetNamespace } from './net-namespace.ts';

export type EchoOutcome =
  | { kind: 'reply'; from: string; ttl: number; distance: Distance; path: Interface[] }
  | { kind: 'host-unreachable' | 'net-unreachable' | 'ttl-exceeded'; from: string }
  | { kind: 'lost' };

const TTL_INITIAL = 64;

type Trip =
  | { arrived: NetNamespace; hops: number; distance: Distance; path: Interface[]; translatedAt: NetNamespace | null }
  | { kind: 'host-unreachable' | 'net-unreachable' | 'ttl-exceeded'; from: string }
  | { kind: 'lost' };

/** Null: there is no route at all, which the sender learns at once. */
export function echo(from: NetNamespace, address: number, ttl: number): EchoOutcome | null {
  if (from.isLocal(address))
    return { kind: 'reply', from: formatIp(address), ttl: TTL_INITIAL, distance: 'local', path: [] };
  const route = from.routeTo(address);
  if (route === null) return null;
  const source = route.source ?? route.via.addresses[0]?.address ?? 0;
  const there = travel(from, source, address, ttl);
  if (!('arrived' in there)) return there;
  const { distance, path } = there;
  // What a router has translated comes back to that router, which knows whom it is for.
  const back = there.translatedAt ?? from;
  const backAddress = there.translatedAt === null ? source : firstAddress(there.translatedAt);
  if (distance !== 'internet' && !there.arrived.isLocal(backAddress)) {
    const home = travel(there.arrived, address, backAddress, TTL_INITIAL);
    if (!('arrived' in home) || home.arrived !== back) return { kind: 'lost' };
  }
  return { kind: 'reply', from: formatIp(address), ttl: TTL_INITIAL - there.hops, distance, path };
}

function firstAddress(net: NetNamespace): number {
  for (const link of net.interfaces.values()) {
    const [first] = link.addresses;
    if (link.kind !== 'loopback' && first !== undefined && link.up) return first.address;
  }
  return 0;
}

function travel(start: NetNamespace, source: number, address: number, ttl: number): Trip {
  const path: Interface[] = [];
  let net = start;
  let distance: Distance = 'local';
  let translatedAt: NetNamespace | null = null;
  for (let hops = 0; ; hops++) {
    if (net.isLocal(address)) return { arrived: net, hops: Math.max(0, hops - 1), distance, path, translatedAt };
    const arrivedBy = path.at(-1);
    const own = formatIp(arrivedBy?.addresses[0]?.address ?? source);
    if (hops > 0) {
      if (!net.ipForward) return { kind: 'lost' };
      if (ttl - hops <= 0) return { kind: 'ttl-exceeded', from: own };
    }
    const route = net.routeTo(address);
    if (route === null) return { kind: 'net-unreachable', from: own };
    if (hops > 0 && translatedAt === null && net.masquerades(source, route.via, arrivedBy)) translatedAt = net;
    const next = net.lookUp(route.via, net.nextHop(route, address));
    if (next === null) {
      // Nobody out there has this address: a real internet would swallow the packet.
      if (net.distanceBy(route) === 'internet') return { kind: 'lost' };
      return { kind: 'host-unreachable', from: own };
    }
    const reach = net.distanceBy(route);
    if (reach === 'internet' && hops > 0 && translatedAt === null && !net.isLocal(source)) return { kind: 'lost' };
    distance = farther(distance, reach);
    path.push(route.via, next.link);
    net = next.namespace;
  }
}
