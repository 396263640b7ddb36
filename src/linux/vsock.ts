/**
 * Sockets between a host and its guests: an address is a context id and a port.
 * @models Linux 6.12 net/vmw_vsock, drivers/vhost/vsock.c @fidelity partial: streams only; no connect timeout
 */
import { errno } from './errno.ts';
import type { Kernel } from './kernel.ts';
import type { Listener } from './socket.ts';

export const VSOCK_HOST_CID = 2;
const VSOCK_LOCAL_CID = 1;

export type Vsock = { cid: number; readonly guests: Map<number, Kernel>; readonly listeners: Map<number, Listener> };

/** The kernel that has this context id, as seen from `kernel`. */
export function vsockPeer(kernel: Kernel, cid: number): Kernel {
  const { vsock } = kernel;
  if (cid === VSOCK_LOCAL_CID || cid === vsock.cid) return kernel;
  const found = cid === VSOCK_HOST_CID ? kernel.carrier?.kernel : vsock.guests.get(cid);
  if (found === undefined || found.poweredOff !== null) throw errno('ENODEV');
  return found;
}
