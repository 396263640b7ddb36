/** What a machine really is, in the terms of its projection, to compare the two. */
import type { Cgroup } from '../linux/cgroup.ts';
import type { Kernel } from '../linux/kernel.ts';
import type { NetNamespace } from '../linux/net/net-namespace.ts';
import type { Process } from '../linux/process.ts';
import { type MountNamespace, pathOf } from '../linux/vfs/mounts.ts';
import type { Machine } from '../machine/machine.ts';
import { cgroupUsage, limitsOf } from '../projections/cgroups.ts';
import { mountTarget, onKernel } from '../projections/fold.ts';
import { kernelsOf, NAMESPACE_TYPES, namespaceOf } from '../projections/kernels.ts';
import type { NodeView } from '../projections/node-view.ts';
import { kernelOfPid, PIDS_PER_KERNEL } from '../sim/trace.ts';

/** One line for each thing, sorted: a difference then names what differs. */
export type Facts = {
  readonly kernels: readonly string[];
  readonly processes: readonly string[];
  readonly cgroups: readonly string[];
  readonly links: readonly string[];
  readonly mounts: readonly string[];
};

/** The node's kernel and those that its processes carry, however deep. */
function kernelsOn(kernel: Kernel): Kernel[] {
  const guests = [...kernel.processes.values()].flatMap((process) => [...(process.guests ?? [])]);
  return [kernel, ...guests.flatMap(kernelsOn)];
}

export function truthOf(machine: Machine): Facts {
  const kernels = kernelsOn(machine.kernel);
  return {
    kernels: kernels.map((kernel) => `${numberOf(kernel)} ${kernel.options.release}`).sort(),
    processes: kernels.flatMap((kernel) => [...kernel.processes.values()].map(processLine)).sort(),
    cgroups: kernels.flatMap((kernel) => below(kernel.rootCgroup).map((group) => cgroupLine(kernel, group))).sort(),
    mounts: kernels.flatMap((kernel) => [...mountNamespaces(kernel)].flatMap((mnt) => mountLines(kernel, mnt))).sort(),
    links: kernels.flatMap((kernel) => [...netNamespaces(kernel)].flatMap((net) => linkLines(kernel, net))).sort(),
  };
}

function numberOf(kernel: Kernel): number {
  return kernel.pidBase / PIDS_PER_KERNEL;
}

function processLine(process: Process): string {
  const namespaces = NAMESPACE_TYPES.map((type) => `${type}=${process.namespaces[type].id}`).join(' ');
  const state = process.alive ? process.state : 'exited';
  const rss = process.alive ? process.rssBytes : 0;
  const { pid, parent, comm, argv, cgroup } = process;
  const inside = process.pidIn(process.namespaces.pid);
  return `${pid} (${inside}) < ${parent?.pid ?? 0} ${state} ${comm} [${argv.join(' ')}] ${cgroup.path} ${namespaces} ${rss} B`;
}

function below(cgroup: Cgroup): Cgroup[] {
  return [...cgroup.children.values()].flatMap((child) => [child, ...below(child)]);
}

function cgroupLine(kernel: Kernel, cgroup: Cgroup): string {
  const { quota, period } = cgroup.cpuMax;
  const cpuMax = quota === null ? null : quota / period;
  return `${onKernel(numberOf(kernel), cgroup.path)} ${cgroup.memoryCurrent}/${cgroup.memoryMax} B, cpu ${cpuMax} weight ${cgroup.cpu.weight}, ${cgroup.pidsCurrent} pids`;
}

function netNamespaces(kernel: Kernel): Set<NetNamespace> {
  const found = new Set([kernel.initialNamespaces.net]);
  for (const process of kernel.processes.values()) if (process.alive) found.add(process.namespaces.net);
  return found;
}

function mountNamespaces(kernel: Kernel): Set<MountNamespace> {
  return new Set([...kernel.processes.values()].filter((p) => p.alive).map((process) => process.namespaces.mnt));
}

function mountLines(kernel: Kernel, mnt: MountNamespace): string[] {
  const root = kernel.rootLocation(mnt);
  return mnt.mounts.map(({ id, mountpoint, source, fs }) => {
    const target = mountpoint === null ? '/' : pathOf(mountpoint, root);
    return `${onKernel(numberOf(kernel), String(id))} in ${mnt.id}: ${source} on ${target} type ${fs.type}`;
  });
}

function linkLines(kernel: Kernel, net: NetNamespace): string[] {
  return [...net.interfaces.values()]
    .filter((link) => link.kind !== 'loopback')
    .map((link) => {
      const peer = link.kind === 'veth' && link.peer !== null ? `${link.peer.namespace.id}/${link.peer.name}` : null;
      return `${onKernel(numberOf(kernel), `${net.id}/${link.name}`)} up=${link.up} master=${link.master?.name ?? null} peer=${peer}, ${link.addresses.length} addresses`;
    });
}

/** The same of the projection; of links, those in namespaces that processes are in. */
export function projectedOf(view: NodeView): Facts {
  const kernels = kernelsOf(view);
  const usage = cgroupUsage(view);
  const present = [...view.processes.values()].filter((process) => !process.reaped);
  const alive = present.filter((process) => process.exitedAt === null);
  const inUse = new Set([...kernels.values()].map((kernel) => `${kernel.number}:${kernel.namespaces.net}`));
  for (const process of alive) inUse.add(`${kernelOfPid(process.pid)}:${namespaceOf(kernels, process, 'net')}`);
  const mntInUse = new Set(alive.map((p) => `${kernelOfPid(p.pid)}:${namespaceOf(kernels, p, 'mnt')}`));
  return {
    mounts: [...view.mounts]
      .filter(([, mount]) => mntInUse.has(`${mount.kernel}:${mount.namespace}`))
      .map(
        ([key, mount]) =>
          `${key} in ${mount.namespace}: ${mount.source} on ${mountTarget(view, mount)} type ${mount.fstype}`,
      )
      .sort(),
    kernels: [...kernels.values()].map((kernel) => `${kernel.number} ${kernel.release}`).sort(),
    processes: present
      .map((process) => {
        const { pid, ppid, pidInside, comm, argv, cgroup, exitedAt, stopped, rssBytes } = process;
        const namespaces = NAMESPACE_TYPES.map((type) => `${type}=${namespaceOf(kernels, process, type)}`).join(' ');
        const state = exitedAt !== null ? 'exited' : stopped ? 'stopped' : 'running';
        const inside = pidInside ?? pid % PIDS_PER_KERNEL;
        return `${pid} (${inside}) < ${ppid} ${state} ${comm} [${argv.join(' ')}] ${cgroup} ${namespaces} ${exitedAt === null ? rssBytes : 0} B`;
      })
      .sort(),
    // The root has no limits of its own; it is there only when somebody wrote to one of its files.
    cgroups: [...view.cgroups]
      .filter(([, { path }]) => path !== '/')
      .map(([key, { files }]) => {
        const { memoryMax, cpuMax, cpuWeight } = limitsOf(files);
        const { memoryBytes = 0, pids = 0 } = usage.get(key) ?? {};
        return `${key} ${memoryBytes}/${memoryMax} B, cpu ${cpuMax} weight ${cpuWeight}, ${pids} pids`;
      })
      .sort(),
    links: [...view.links]
      .filter(([, link]) => inUse.has(`${link.kernel}:${link.namespace}`) && link.name !== 'lo')
      .map(([key, link]) => {
        const peer = link.peer === null ? null : `${link.peer.namespace}/${link.peer.name}`;
        return `${key} up=${link.up} master=${link.master} peer=${peer}, ${link.addresses.length} addresses`;
      })
      .sort(),
  };
}
