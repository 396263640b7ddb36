/**
 * What listens on the node, listening on the real loopback too: the runtime's streaming server always; pods, their
 * host ports and containers on the host's network if asked to. Never on any other address.
 */
import type { Server } from 'node:net';
import type { Kernel } from '../../linux/kernel.ts';
import { formatIp } from '../../linux/net/addresses.ts';
import type { NetNamespace } from '../../linux/net/net-namespace.ts';
import type { SocketTarget } from '../../machine/machine.ts';
import type { Bridge } from './bridge.ts';

/** The pods' network when it is to be reached: loopback addresses that nobody else uses. */
export const PUBLISHED_NETWORK = '127.88.0.0/16';
const PUBLISHED_PREFIX = '127.88.';
const LOOPBACK = '127.0.0.1';
const RUNTIMES = new Set(['containerd', 'crio']);
const SCAN_MS = 20;

type Wanted = { host: string; port: number; target: SocketTarget };

export class Publisher {
  private readonly kernel: Kernel;
  private readonly bridge: Bridge;
  private readonly pods: boolean;
  private readonly open = new Map<string, Server>();
  private lastScan = 0;

  constructor(kernel: Kernel, bridge: Bridge, pods: boolean) {
    this.kernel = kernel;
    this.bridge = bridge;
    this.pods = pods;
  }

  /** Opens what began to listen and closes what no longer does; now and then is often enough. */
  scan(): void {
    const now = performance.now();
    if (now - this.lastScan < SCAN_MS) return;
    this.lastScan = now;
    const wanted = new Map(this.wanted().map((w) => [`${w.host}:${w.port}`, w]));
    for (const [key, server] of this.open) {
      if (wanted.has(key)) continue;
      server.close();
      this.open.delete(key);
    }
    for (const [key, { host, port, target }] of wanted) {
      if (this.open.has(key)) continue;
      const server = this.bridge.serverFor(target);
      this.open.set(key, server);
      server.on('error', (error) => process.stderr.write(`cutaway serve: cannot listen on ${key}: ${error.message}\n`));
      server.listen({ host, port });
    }
  }

  private wanted(): Wanted[] {
    const own = this.kernel.initialNamespaces;
    const out: Wanted[] = [];
    const at = (host: string, port: number): number => out.push({ host, port, target: { family: 'inet', host, port } });
    for (const { address, owner } of own.net.listeners.values()) {
      if (address.family !== 'inet') continue;
      const { host, port } = address;
      const ofContainer = owner.namespaces.mnt !== own.mnt;
      if (RUNTIMES.has(owner.comm) ? host === LOOPBACK : this.pods && ofContainer) at(LOOPBACK, port);
    }
    if (!this.pods) return out;
    for (const rule of own.net.nat) if (rule.kind === 'dnat') at(LOOPBACK, rule.matchPort);
    const seen = new Set<NetNamespace>([own.net]);
    for (const { namespaces } of this.kernel.processes.values()) {
      if (seen.has(namespaces.net)) continue;
      seen.add(namespaces.net);
      for (const link of namespaces.net.interfaces.values()) {
        for (const { address } of link.addresses) {
          const ip = formatIp(address);
          if (!ip.startsWith(PUBLISHED_PREFIX)) continue;
          for (const listener of namespaces.net.listeners.values()) {
            if (listener.address.family !== 'inet') continue;
            const { host, port } = listener.address;
            if (host === '0.0.0.0' || host === ip) at(ip, port);
          }
        }
      }
    }
    return out;
  }
}
