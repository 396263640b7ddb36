/** An interface as observers are told of it. */
import type { LinkState } from '../../sim/trace.ts';
import { formatIp } from './addresses.ts';
import type { Interface } from './net-namespace.ts';

export function linkState(link: Interface): LinkState {
  return {
    namespace: link.namespace.id,
    name: link.name,
    kind: link.kind,
    up: link.up,
    mtu: link.mtu,
    master: link.master?.name ?? null,
    // What a card or a tap is plugged into is no interface that this kernel knows.
    peer:
      link.kind === 'veth' && link.peer !== null ? { namespace: link.peer.namespace.id, name: link.peer.name } : null,
    addresses: link.addresses.map((a) => `${formatIp(a.address)}/${a.prefix}`),
  };
}
