/**
 * How a guest is on the network of its host: a VM's card has its cable in a tap interface; a network stack in user space
 * (gVisor's netstack) takes over an interface through a packet socket.
 * @models Linux 6.12 drivers/net/tun.c, net/packet/af_packet.c; gVisor pkg/tcpip/link/fdbased @fidelity partial: whole connections, no frames
 */
import type { Kernel } from './kernel.ts';
import { linkState } from './net/link-state.ts';
import type { Interface } from './net/net-namespace.ts';

/** A network card of the guest whose cable ends in a tap interface of the host. */
export function plugNic(guest: Kernel, tap: Interface, mac: string): Interface {
  const { net } = guest.initialNamespaces;
  let n = 0;
  while (net.interfaces.has(`eth${n}`)) n++;
  const nic = net.add(`eth${n}`, 'nic', mac, tap.mtu);
  connect(guest, nic, tap);
  return nic;
}

/**
 * An interface of the guest that receives what arrives at `link` of the host and sends through it. The host's own stack
 * sees nothing of it any more; taking the addresses off the link is the caller's business, as it is runsc's.
 */
export function takeOverLink(guest: Kernel, link: Interface): Interface {
  const nic = guest.initialNamespaces.net.add(link.name, 'nic', link.mac, link.mtu);
  // The packet socket: an end that is in no namespace's list, joined with the link both ways.
  const socket: Interface = { ...link, kind: 'tap', up: true, peer: null, redirect: link, master: null, addresses: [] };
  link.redirect = socket;
  connect(guest, nic, socket);
  guest.onPowerOff.push(() => {
    if (link.redirect === socket) link.redirect = null;
  });
  return nic;
}

function connect(guest: Kernel, nic: Interface, end: Interface): void {
  const link = linkState(nic);
  const { namespace, name, kind } = link;
  guest.emit(0, guest.pidBase, { kind: 'net.link', namespace, name, op: 'add', detail: kind, link });
  nic.peer = end;
  end.peer = nic;
  guest.onPowerOff.push(() => {
    nic.peer = null;
    if (end.peer === nic) end.peer = null;
  });
}
