/** What a kernel holds, counted: after containers have come and gone it must be what it was. */
import type { Kernel } from '../linux/kernel.ts';

export type Holdings = Record<string, number>;

export function holdingsOf(kernel: Kernel): Holdings {
  const { mnt, net } = kernel.initialNamespaces;
  let descriptors = 0;
  const namespaces = new Set<number>();
  for (const process of kernel.processes.values()) {
    descriptors += process.descriptors.size;
    for (const namespace of Object.values(process.namespaces)) namespaces.add(namespace.id);
  }
  let groups = 0;
  for (const mount of mnt.mounts) groups += mount.peers?.members.length ?? 0;
  return {
    processes: kernel.processes.size,
    descriptors,
    namespaces: namespaces.size,
    cgroups: kernel.rootCgroup.descendants,
    pids: kernel.rootCgroup.pidsCurrent,
    mounts: mnt.mounts.length,
    peers: groups,
    links: net.interfaces.size,
    routes: net.routes.length,
    rules: net.nat.length,
    listeners: net.listeners.size,
    connections: net.connections.size,
    unixSockets: net.unixSockets.size,
    cpuJobs: kernel.cpu.load,
  };
}
