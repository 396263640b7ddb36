/** Network configuration of the caller's namespace. @models rtnetlink, netfilter NAT @fidelity partial: IPv4 only */

import type { LinkState } from '../../sim/trace.ts';
import type { Context } from '../context.ts';
import { errno } from '../errno.ts';
import type { Kernel } from '../kernel.ts';
import { formatIp } from '../net/addresses.ts';
import { linkState } from '../net/link-state.ts';
import type { Interface, NetNamespace } from '../net/net-namespace.ts';
import type { Syscalls } from '../syscalls.ts';
import { NamespaceInode } from '../vfs/nsfs.ts';

type NetworkCalls = Pick<Syscalls, 'netlink' | 'netLinks' | 'netRoutes' | 'natRules' | 'addNatRule' | 'deleteNatRules'>;

export function networkCalls(kernel: Kernel): NetworkCalls {
  const requireAdmin = (ctx: Context): NetNamespace => {
    if (!ctx.process.credentials.capabilities.effective.has('NET_ADMIN')) throw errno('EPERM');
    return ctx.process.namespaces.net;
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
          peerIndex: i.kind === 'veth' ? (i.peer?.index ?? null) : null,
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
        port: 0,
        to: '',
      });
    },
  };
}
