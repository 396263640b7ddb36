/**
 * Network namespaces: interfaces, addresses, routes, listening sockets, NAT rules; and how a connection finds its way
 * from one namespace to another through veth pairs, bridges and the uplink.
 * @models Linux 6.12 net @fidelity partial: connections are delivered whole, no packets, ARP, conntrack table or IPv6
 */

import { LazyMap, LazySet } from '../../sim/lazy-map.ts';
import { errno } from '../errno.ts';
import type { Connection, Listener } from '../socket.ts';
import type { NatRule, NetRoute } from '../syscalls.ts';
import type { UserNamespace } from '../user-namespace.ts';
import { broadcastOf, formatIp, networkOf, parseCidr, parseIp } from './addresses.ts';
import { type Distance, farther } from './distance.ts';

export type Interface = {
  index: number;
  name: string;
  kind: 'loopback' | 'veth' | 'bridge' | 'dummy' | 'uplink' | 'tap' | 'nic';
  mac: string;
  mtu: number;
  up: boolean;
  promiscuous: boolean;
  hairpin: boolean;
  master: Interface | null;
  peer: Interface | null;
  /** What arrives here leaves through that interface instead (tc's mirred redirect, or a packet socket on it). */
  redirect: Interface | null;
  namespace: NetNamespace;
  addresses: { address: number; prefix: number; broadcast: string | null }[];
  statistics: { rxBytes: number; rxPackets: number; txBytes: number; txPackets: number };
};

/** Somebody on the same segment whose address was asked for; mac null if nobody answered. */
export type Neighbour = { address: number; link: Interface; mac: string | null };

export type Route = { network: number; prefix: number; gateway: number | null; via: Interface; source: number | null };

/** The wire between hosts: which namespace owns which address out there. */
export type Internet = { readonly hosts: Map<number, NetNamespace> };

const HOPS_MAX = 16;

/** Who receives what is sent into this interface: its peer, or whoever the frames are redirected to there. */
function farEnd(link: Interface): Interface | null {
  let at = link.peer;
  for (let hops = 0; at !== null && at.redirect !== null && hops < HOPS_MAX; hops++) {
    if (!at.up || !at.redirect.up) return null;
    at = at.redirect.peer;
  }
  return at;
}

const EPHEMERAL_FIRST = 32_768;
const EPHEMERAL_LAST = 60_999;

export class NetNamespace {
  readonly type = 'net';
  owner: UserNamespace | null = null;
  readonly id: number;
  readonly interfaces = new Map<string, Interface>();
  readonly routes: Route[] = [];
  readonly nat: NatRule[] = [];
  /** `ip:port` -> listener; ip 0.0.0.0 listens on every local address. */
  readonly listeners = new LazyMap<string, Listener>();
  ipForward = false;
  /** Sockets of processes in this namespace, for /proc/net. */
  readonly connections = new LazySet<Connection>();
  readonly unixSockets = new LazySet<Connection | Listener>();
  readonly neighbours = new LazyMap<number, Neighbour>();
  /** Told of each interface that goes with the namespace. */
  onLinkGone: ((link: Interface) => void) | null = null;
  private users = 0;
  readonly internet: Internet;
  private nextIndex = 1;
  private drawn = 0;
  private nextPort = EPHEMERAL_FIRST;

  constructor(id: number, internet: Internet) {
    this.id = id;
    this.internet = internet;
    this.add('lo', 'loopback', '00:00:00:00:00:00', 65_536);
  }

  acquire(): void {
    this.users++;
  }

  /** With its last process, mount and open file a namespace goes, and its virtual interfaces with their other ends. */
  release(): void {
    if (--this.users > 0) return;
    for (const link of [...this.interfaces.values()]) {
      if (link.kind === 'loopback' || link.kind === 'uplink' || link.kind === 'nic') continue;
      this.onLinkGone?.(link);
      if (link.peer !== null) this.onLinkGone?.(link.peer);
      this.remove(link);
    }
  }

  add(name: string, kind: Interface['kind'], mac: string, mtu = 1500): Interface {
    if (this.interfaces.has(name)) throw errno('EEXIST');
    const made: Interface = {
      index: this.nextIndex++,
      name,
      kind,
      mac,
      mtu,
      up: false,
      promiscuous: false,
      hairpin: false,
      master: null,
      peer: null,
      redirect: null,
      namespace: this,
      addresses: [],
      statistics: { rxBytes: 0, rxPackets: 0, txBytes: 0, txPackets: 0 },
    };
    this.interfaces.set(name, made);
    return made;
  }

  get(name: string): Interface {
    const found = this.interfaces.get(name);
    if (found === undefined) throw errno('ENODEV');
    return found;
  }

  /** Takes an interface into this namespace (under a new index if its own is taken). */
  adopt(link: Interface, name = link.name): void {
    if (this.interfaces.has(name)) throw errno('EEXIST');
    link.namespace.interfaces.delete(link.name);
    link.namespace.dropRoutes(link);
    link.namespace = this;
    link.name = name;
    link.index = this.nextIndex++;
    link.master = null;
    link.up = false;
    link.addresses = [];
    link.redirect = null;
    this.interfaces.set(name, link);
  }

  remove(link: Interface): void {
    this.interfaces.delete(link.name);
    this.dropRoutes(link);
    for (const other of this.interfaces.values()) if (other.master === link) other.master = null;
    for (const other of this.interfaces.values()) if (other.redirect === link) other.redirect = null;
    for (const [address, neighbour] of this.neighbours) if (neighbour.link === link) this.neighbours.delete(address);
    const { peer } = link;
    if (peer !== null) {
      link.peer = null;
      peer.peer = null;
      peer.namespace.remove(peer);
    }
  }

  private dropRoutes(link: Interface): void {
    for (let i = this.routes.length - 1; i >= 0; i--) if (this.routes[i]?.via === link) this.routes.splice(i, 1);
  }

  setUp(link: Interface, up: boolean): void {
    link.up = up;
    if (link.kind === 'loopback' && up && link.addresses.length === 0) this.addAddress(link, '127.0.0.1/8');
    if (!up) return this.dropRoutes(link);
    for (const address of link.addresses) this.connectedRoute(link, address);
  }

  addAddress(link: Interface, cidr: string): void {
    const parsed = parseCidr(cidr);
    if (parsed === null) throw errno('EINVAL');
    if (link.addresses.some((a) => a.address === parsed.address)) throw errno('EEXIST');
    const broadcast =
      link.kind === 'loopback' || parsed.prefix >= 31 ? null : formatIp(broadcastOf(parsed.address, parsed.prefix));
    const entry = { ...parsed, broadcast };
    link.addresses.push(entry);
    if (link.up) this.connectedRoute(link, entry);
  }

  /** As the kernel's trie is gone through: by network, and of the same network the narrower one first. */
  private insert(route: Route): void {
    this.routes.push(route);
    this.routes.sort((a, b) => a.network - b.network || b.prefix - a.prefix);
  }

  private connectedRoute(link: Interface, address: { address: number; prefix: number }): void {
    if (link.kind === 'loopback' || address.prefix === 32) return;
    const network = networkOf(address.address, address.prefix);
    if (this.routes.some((r) => r.via === link && r.network === network && r.prefix === address.prefix)) return;
    this.insert({ network, prefix: address.prefix, gateway: null, via: link, source: address.address });
  }

  deleteAddress(link: Interface, cidr: string): void {
    const parsed = parseCidr(cidr);
    const at = link.addresses.findIndex((a) => a.address === parsed?.address);
    if (at < 0) throw errno('EADDRNOTAVAIL');
    link.addresses.splice(at, 1);
  }

  addRoute(destination: string, gateway: string | null, name: string | null, source: string | null): void {
    const parsed = destination === 'default' ? { address: 0, prefix: 0 } : parseCidr(destination);
    if (parsed === null) throw errno('EINVAL');
    const hop = gateway === null ? null : parseIp(gateway);
    let via = name === null ? null : this.get(name);
    if (via === null && hop !== null) via = this.routeTo(hop)?.via ?? null;
    if (via === null) throw errno('ENETUNREACH');
    if (this.routes.some((r) => r.network === parsed.address && r.prefix === parsed.prefix && r.gateway === hop))
      throw errno('EEXIST');
    this.insert({
      network: networkOf(parsed.address, parsed.prefix),
      prefix: parsed.prefix,
      gateway: hop,
      via,
      source: source === null ? null : parseIp(source),
    });
  }

  deleteRoute(destination: string): void {
    const parsed = destination === 'default' ? { address: 0, prefix: 0 } : parseCidr(destination);
    const at = this.routes.findIndex((r) => r.network === parsed?.address && r.prefix === parsed?.prefix);
    if (at < 0) throw errno('ESRCH');
    this.routes.splice(at, 1);
  }

  routeTo(address: number): Route | null {
    let best: Route | null = null;
    for (const route of this.routes) {
      if (!route.via.up || networkOf(address, route.prefix) !== route.network) continue;
      if (best === null || route.prefix > best.prefix) best = route;
    }
    return best;
  }

  isLocal(address: number): boolean {
    // A loopback range that was given to another interface is that one's (as without its entry in the local table).
    if (address >>> 24 === 127 && !this.hasOwnRange(address)) return this.get('lo').up;
    for (const link of this.interfaces.values())
      if (link.up && link.addresses.some((a) => a.address === address)) return true;
    return false;
  }

  private hasOwnRange(address: number): boolean {
    return this.routes.some(
      (r) => r.via.up && r.gateway === null && r.prefix > 8 && networkOf(address, r.prefix) === r.network,
    );
  }

  /** @param range net.ipv4.ip_local_port_range, as `first last`; Linux's own without it */
  ephemeralPort(range?: string): number {
    const [first = EPHEMERAL_FIRST, last = EPHEMERAL_LAST] = range?.split(/\s+/).map(Number) ?? [];
    for (let i = first; i <= last; i++) {
      const port = this.nextPort < first || this.nextPort > last ? first : this.nextPort;
      this.nextPort = port + 1;
      if (!this.listenerAt(0, port)) return port;
    }
    throw errno('EADDRNOTAVAIL');
  }

  listenerAt(address: number, port: number): Listener | null {
    return this.listeners.get(`${formatIp(address)}:${port}`) ?? this.listeners.get(`0.0.0.0:${port}`) ?? null;
  }

  /** [0, 1): what the statistic match draws; the same sequence in every run. */
  private draw(): number {
    let z = Math.imul(++this.drawn, 0x9e3779b9) ^ this.id;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
  }

  /** The first rule that takes a connection, on its way in, through or out. Throws ECONNREFUSED when it is rejected. */
  private translated(address: number, port: number): { address: number; port: number } | null {
    for (const rule of this.nat) {
      if (rule.kind === 'masquerade' || rule.matchPort !== port) continue;
      if (rule.matchHost === '' ? !this.isLocal(address) : parseIp(rule.matchHost) !== address) continue;
      if (rule.probability !== undefined && this.draw() >= rule.probability) continue;
      if (rule.kind === 'reject') throw errno('ECONNREFUSED');
      const to = parseIp(rule.toHost);
      if (to !== null) return { address: to, port: rule.toPort };
    }
    return null;
  }

  /**
   * Finds who answers a TCP connection from this namespace. Throws what connect(2) would: ENETUNREACH, EHOSTUNREACH,
   * ECONNREFUSED.
   */
  resolve(
    address: number,
    port: number,
    hops = 0,
    forwarded = false,
  ): { listener: Listener; namespace: NetNamespace; source: number; path: Interface[]; distance: Distance } {
    if (hops > HOPS_MAX) throw errno('EHOSTUNREACH');
    const local = address === 0 || this.isLocal(address);
    const target = this.nat.length === 0 ? null : this.translated(address, port);
    if (target !== null) return this.resolve(target.address, target.port, hops + 1, forwarded);
    if (local) {
      const listener = this.listenerAt(address, port);
      if (listener === null) throw errno('ECONNREFUSED');
      return { listener, namespace: this, source: address === 0 ? 0x7f000001 : address, path: [], distance: 'local' };
    }
    const route = this.routeTo(address);
    if (route === null) throw errno('ENETUNREACH');
    const hop = this.nextHop(route, address);
    const source = route.source ?? route.via.addresses[0]?.address ?? 0;
    const next = this.lookUp(route.via, hop);
    if (next === null) throw errno('EHOSTUNREACH');
    if (next.namespace !== this && !next.namespace.isLocal(address) && !next.namespace.ipForward)
      throw errno('EHOSTUNREACH');
    const rest = next.namespace.resolve(address, port, hops + 1, true);
    const distance = farther(rest.distance, this.distanceBy(route));
    return { ...rest, source, path: [route.via, next.link, ...rest.path], distance };
  }

  /** Who is asked for. Whoever is behind the segment's router is found by its own address: what lies between is not modelled. */
  nextHop(route: Route, address: number): number {
    const { gateway, via } = route;
    if (gateway === null || (via.kind === 'uplink' && !this.internet.hosts.has(gateway))) return address;
    return gateway;
  }

  distanceBy({ gateway, via }: Route): Distance {
    if (via.kind !== 'uplink') return 'local';
    return gateway === null || this.internet.hosts.has(gateway) ? 'segment' : 'internet';
  }

  /** Asks the segment who has an address, and remembers the answer. */
  lookUp(link: Interface, hop: number): { namespace: NetNamespace; link: Interface } | null {
    const next = this.neighbour(link, hop);
    if (link.kind !== 'uplink') this.neighbours.set(hop, { address: hop, link, mac: next?.link.mac ?? null });
    return next;
  }

  /** Who has address `hop` on the network segment behind this interface. */
  private neighbour(link: Interface, hop: number): { namespace: NetNamespace; link: Interface } | null {
    const segment: Interface[] = [];
    if (link.kind === 'uplink') {
      const host = this.internet.hosts.get(hop);
      const there = host === undefined ? undefined : [...host.interfaces.values()].find((i) => i.kind === 'uplink');
      return host !== undefined && there !== undefined ? { namespace: host, link: there } : null;
    }
    const ends = link.kind === 'bridge' ? this.ports(link) : [link];
    for (const end of ends) {
      const peer = farEnd(end);
      if (peer === null || !peer.up || !end.up) continue;
      segment.push(peer);
      if (peer.master?.up) {
        segment.push(peer.master);
        for (const port of peer.namespace.ports(peer.master)) {
          const there = port.up ? farEnd(port) : null;
          if (there?.up) segment.push(there);
        }
      }
    }
    for (const candidate of segment) {
      if (candidate.addresses.some((a) => a.address === hop))
        return { namespace: candidate.namespace, link: candidate };
    }
    return null;
  }

  /** A cable's other end is up; a bridge has at least one such port. */
  hasCarrier(link: Interface): boolean {
    if (!link.up) return false;
    if (link.kind === 'veth') return link.peer?.up === true;
    return link.kind !== 'bridge' || this.ports(link).some((port) => this.hasCarrier(port));
  }

  /** Whether a masquerade rule gives packets of this source our address when they leave by that interface. */
  masquerades(source: number, out: Interface, into: Interface | undefined): boolean {
    if (out === into) return false;
    return this.nat.some((rule) => rule.kind === 'masquerade' && parseIp(rule.matchHost) === source);
  }

  ports(bridge: Interface): Interface[] {
    return [...this.interfaces.values()].filter((i) => i.master === bridge);
  }

  describeRoutes(): NetRoute[] {
    return this.routes.map((r) => ({
      destination: r.prefix === 0 ? 'default' : `${formatIp(r.network)}/${r.prefix}`,
      gateway: r.gateway === null ? null : formatIp(r.gateway),
      name: r.via.name,
      source: r.source === null ? null : formatIp(r.source),
    }));
  }
}
