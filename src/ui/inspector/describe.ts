/** Everything of the drawing in the terms of the system itself: its state, what it leads to, and what changed it. Pure. */
import { cgroupUsage } from '../../projections/cgroups.ts';
import { mountTarget, onKernel } from '../../projections/fold.ts';
import { kernelsOf, namespaceOf } from '../../projections/kernels.ts';
import { NUMERALS } from '../../projections/layers.ts';
import type { MountView, NodeView, ProcessView } from '../../projections/node-view.ts';
import { nameOf, placeOf } from '../../projections/roles.ts';
import {
  type ContainerRoom,
  type NamespaceRelations,
  overlayOf,
  type PodRoom,
  podsOf,
} from '../../projections/rooms.ts';
import type { TraceIndex } from '../../projections/trace-index.ts';
import { kernelOfPid, NODE_KERNEL } from '../../sim/trace.ts';
import { memoryText, pidText } from '../format.ts';
import type { Selection, ThingSelection } from '../selection.ts';
import { describeNamespace, namespaceParts } from './describe-namespace.ts';
import { recordParts } from './describe-record.ts';

export type Fact = readonly [string, string];
export type Part = { readonly label: string; readonly select: Selection };

export type Thing = {
  title: string;
  facts: readonly Fact[] | null;
  parts: readonly { label: string; select: Selection }[];
  about: { pid?: number; text?: string; kernel?: number } | null;
};

export function thingOf(
  view: NodeView,
  index: TraceIndex,
  selection: Exclude<ThingSelection, { kind: 'event' }>,
): Thing {
  switch (selection.kind) {
    case 'process':
      return describeProcess(view, selection.pid);
    case 'container':
      return describeContainer(view, selection.id);
    case 'pod':
      return describePod(view, selection.id);
    case 'socket': {
      const socket = view.sockets.get(selection.address);
      const owner = view.processes.get(socket?.pid ?? 0);
      const calls = [...index.calls.values()]
        .filter((c) => c.address.endsWith(selection.address))
        .slice(-20)
        .reverse();
      return {
        title: `③ ${selection.address}`,
        facts:
          socket === undefined
            ? null
            : [
                ['pid', String(socket.pid)],
                ['connections', String(socket.connections)],
              ],
        parts: [
          ...(owner === undefined
            ? []
            : [{ label: `${owner.comm} ${owner.pid}`, select: { kind: 'process', pid: owner.pid } as const }]),
          ...calls.map((c) => ({
            label: `${c.call} ${c.method.slice(c.method.lastIndexOf('/') + 1)} ${c.codeName}`,
            select: { kind: 'call', call: c.call } as const,
          })),
        ],
        about: { text: selection.address },
      };
    }
    case 'topic': {
      const states = [...view.state.entries()].filter(([, s]) => selection.topics.includes(s.topic));
      return {
        title: `④ ${selection.title}`,
        facts: [],
        parts: states.map(([id, s]) => ({ label: `${s.topic} ${s.key}`, select: { kind: 'state', id } as const })),
        about: null,
      };
    }
    case 'state': {
      const state = view.state.get(selection.id);
      const [, component, topic, key] = selection.id.split('\0');
      const numeral = component === 'systemd' || component === 'kernel' ? '' : '④ ';
      return {
        title: `${numeral}${topic} ${key}`,
        facts: state === undefined ? null : flatten(state.value, ''),
        parts: state === undefined ? [] : recordParts(view, selection.id, state),
        about: { text: key ?? '' },
      };
    }
    case 'namespace':
      return describeNamespace(view, selection);
    case 'cgroup':
      return describeCgroup(view, selection.path);
    case 'link':
      return describeLink(view, selection.id);
    case 'kernel':
      return describeKernel(view, selection.number);
    case 'processes':
      return {
        title: selection.title,
        facts: [],
        parts: selection.pids
          .map((pid) => view.processes.get(pid))
          .filter((process) => process !== undefined)
          .map((p) => ({ label: `${p.comm} ${p.pid}`, select: { kind: 'process', pid: p.pid } as const })),
        about: null,
      };
    case 'mount': {
      const mount = view.mounts.get(selection.id);
      return {
        title: `⑧ ${mount === undefined ? selection.id : mountTarget(view, mount)}`,
        facts:
          mount === undefined
            ? null
            : [
                ['mnt:', `[${mount.namespace}]`],
                ['source', mount.source],
                ['fstype', mount.fstype],
                ['options', mount.options.replaceAll(/[:,]/g, '$&\u200b')],
              ],
        parts: mount === undefined ? [] : mountParts(view, mount),
        about: mount === undefined ? null : { text: mountTarget(view, mount), kernel: mount.kernel },
      };
    }
  }
}

/** The namespace it is in, and what it is mounted in and carries. */
function mountParts(view: NodeView, mount: MountView): Part[] {
  const { kernel, namespace, parent, id } = mount;
  const near = [...view.mounts].filter(
    ([, other]) => other.kernel === kernel && (other.id === parent || other.parent === id),
  );
  return [
    { label: `mnt:[${namespace}]`, select: { kind: 'namespace', kernel, type: 'mnt', id: namespace } },
    ...near.slice(0, MOUNTS_SHOWN_MAX).map(
      ([key, other]): Part => ({
        label: `${other.id === parent ? '↓' : '↑'} ${mountTarget(view, other)}`,
        select: { kind: 'mount', id: key },
      }),
    ),
  ];
}

function describeContainer(view: NodeView, id: string): Thing {
  const container = podsOf(view)
    .flatMap((pod) => pod.containers)
    .find((c) => c.id === id);
  const records = [...view.state.values()].filter((s) => s.key === id || s.key.endsWith(`/${id}`));
  const title = `⑦ ${container?.name || id.slice(0, 13)}`;
  if (container === undefined) return { title, facts: null, parts: [], about: { text: id } };
  const { layers, cgroup } = container;
  const main = container.processes[0];
  const overlay = overlayOf(view, id);
  return {
    title,
    facts: [
      ['id', id],
      ['image', container.image],
      ...(cgroup === '' ? [] : cgroupFacts(view, cgroup)),
      ...namespaceFacts(container.namespaces, main !== undefined && kernelOfPid(main.pid) !== NODE_KERNEL),
      ...(layers.lower === 0 ? [] : [['lower layers', String(layers.lower)] as Fact]),
      ...(layers.upper === null ? [] : [['upper layer', layers.upper] as Fact]),
      ...records.flatMap((s) => flatten(s.value, s.topic)),
      ...(main === undefined ? [] : mountFacts(view, main)),
    ],
    parts: [
      ...container.processes.map(
        (p): Part => ({ label: `${p.comm} ${p.pid}`, select: { kind: 'process', pid: p.pid } }),
      ),
      ...(cgroup === '' ? [] : [{ label: cgroup, select: { kind: 'cgroup', path: cgroup } } as Part]),
      ...(overlay === undefined
        ? []
        : [{ label: mountTarget(view, overlay[1]), select: { kind: 'mount', id: overlay[0] } } as Part]),
    ],
    about: { text: id },
  };
}

/** What a process sees mounted, as its /proc/PID/mounts would begin. */
function mountFacts(view: NodeView, process: ProcessView): Fact[] {
  const kernel = kernelOfPid(process.pid);
  const namespace = namespaceOf(kernelsOf(view), process, 'mnt');
  return [...view.mounts.values()]
    .filter((mount) => mount.kernel === kernel && mount.namespace === namespace)
    .map((mount): Fact => [mount.fstype, mountTarget(view, mount)])
    .slice(0, MOUNTS_SHOWN_MAX);
}

const MOUNTS_SHOWN_MAX = 40;

function describePod(view: NodeView, id: string): Thing {
  const pod = podsOf(view).find((candidate) => candidate.id === id);
  const record = [...view.state.values()].find((s) => s.topic === 'sandbox' && s.key === id);
  const title = `⑦ ${pod?.name || id.slice(0, 13)}`;
  if (pod === undefined) return { title, facts: null, parts: [], about: { text: id } };
  const wires = [...view.links].filter(
    ([, link]) => link.kernel === NODE_KERNEL && link.namespace === pod.net && link.kind === 'veth',
  );
  return {
    title,
    facts: [
      ['id', id],
      ...(pod.guest === null ? [] : [['kernel', pod.guest.release] as Fact]),
      ...(pod.net === null ? [] : [['net:', `[${pod.net}]`] as Fact]),
      ...(pod.cgroup === '' ? [] : cgroupFacts(view, pod.cgroup)),
      ...flatten(record?.value ?? {}, ''),
    ],
    parts: [
      ...podParts(pod),
      ...wires.map(([key, link]): Part => ({ label: link.name, select: { kind: 'link', id: key } })),
    ],
    about: { text: id },
  };
}

function podParts(pod: PodRoom): Part[] {
  const container = (c: ContainerRoom): Part => ({
    label: `${c.name || c.processes[0]?.comm || c.id.slice(0, 13)} · ${c.state}`,
    select: { kind: 'container', id: c.id },
  });
  return [
    ...pod.containers.map(container),
    ...(pod.guest === null
      ? []
      : [{ label: pod.guest.release, select: { kind: 'kernel', number: pod.guest.number } } as Part]),
    ...[...pod.support.map((s) => s.process), ...pod.guestProcesses].map(
      (p): Part => ({ label: `${nameOf(p)} ${p.pid}`, select: { kind: 'process', pid: p.pid } }),
    ),
    ...(pod.cgroup === '' ? [] : [{ label: pod.cgroup, select: { kind: 'cgroup', path: pod.cgroup } } as Part]),
  ];
}

/** By its key in the view. */
function describeCgroup(view: NodeView, key: string): Thing {
  const group = view.cgroups.get(key);
  const path = group?.path ?? key;
  const kernel = group?.kernel ?? NODE_KERNEL;
  const members = [...view.processes.values()].filter(
    (p) => p.cgroup === path && kernelOfPid(p.pid) === kernel && p.exitedAt === null,
  );
  return {
    title: `⑧ ${path}`,
    facts: group === undefined ? null : cgroupFacts(view, key),
    parts: members.map((p) => ({ label: `${p.comm} ${p.pid}`, select: { kind: 'process', pid: p.pid } })),
    about: { text: path, kernel },
  };
}

/** Its files as somebody would read them. */
function cgroupFacts(view: NodeView, key: string): Fact[] {
  const { memoryBytes = 0, pids = 0 } = cgroupUsage(view).get(key) ?? {};
  return [
    ['memory.current', `${memoryBytes} (${memoryText(memoryBytes)})`],
    ['pids.current', String(pids)],
    ...Object.entries(view.cgroups.get(key)?.files ?? {}),
  ];
}

function namespaceFacts({ host, pod, own }: NamespaceRelations, inGuest: boolean): Fact[] {
  const facts: Fact[] = [
    ['namespaces', own.join(' ')],
    ['of the pod', pod.join(' ')],
    [inGuest ? 'of the guest' : 'of the host', host.join(' ')],
  ];
  return facts.filter(([, list]) => list !== '');
}

function describeLink(view: NodeView, id: string): Thing {
  const link = view.links.get(id);
  if (link === undefined) return { title: `⑧ ${id}`, facts: null, parts: [], about: null };
  const below = [...view.links.entries()].filter(
    ([, other]) => other.master === link.name && other.namespace === link.namespace && other.kernel === link.kernel,
  );
  const peer = link.peer === null ? null : `${link.peer.namespace}/${link.peer.name}`;
  return {
    title: `⑧ ${link.name}`,
    facts: [
      ['kind', link.kind],
      ['state', link.up ? 'UP' : 'DOWN'],
      ['mtu', String(link.mtu)],
      ['net:', `[${link.namespace}]`],
      ...link.addresses.map((address): Fact => ['inet', address]),
      ...(link.master === null ? [] : [['master', link.master] as Fact]),
    ],
    parts: [
      ...(peer === null ? [] : [{ label: `peer ${link.peer?.name}`, select: { kind: 'link', id: peer } as const }]),
      ...below.map(([key, other]) => ({ label: other.name, select: { kind: 'link', id: key } as const })),
    ],
    about: null,
  };
}

function describeKernel(view: NodeView, number: number): Thing {
  const kernel = kernelsOf(view).get(number);
  const running = [...view.processes.values()].filter(
    (p) => kernelOfPid(p.pid) === number && p.exitedAt === null && p.ppid === 0,
  );
  if (kernel === undefined) return { title: '⑧', facts: null, parts: [], about: null };
  const carrier = view.processes.get(kernel.carrier);
  return {
    title: `⑧ ${kernel.release}`,
    facts: [
      ['kind', kernel.kind],
      ['release', kernel.release],
      ['cores', String(kernel.cores)],
      ['memory', memoryText(kernel.memoryBytes)],
      ...Object.entries(kernel.namespaces).map(([type, id]): Fact => [`${type}:`, `[${id}]`]),
    ],
    parts: [
      ...(carrier === undefined
        ? []
        : [{ label: `↑ ${carrier.comm} ${carrier.pid}`, select: { kind: 'process', pid: carrier.pid } as const }]),
      ...running.map((p) => ({ label: `↓ ${p.comm} ${p.pid}`, select: { kind: 'process', pid: p.pid } as const })),
    ],
    about: null,
  };
}

function describeProcess(view: NodeView, pid: number): Thing {
  const process = view.processes.get(pid);
  if (process === undefined) return { title: String(pid), facts: null, parts: [], about: { pid } };
  const parent = view.processes.get(process.ppid);
  const children = [...view.processes.values()].filter((p) => p.ppid === pid && p.exitedAt === null);
  const group = onKernel(kernelOfPid(pid), process.cgroup);
  const { stratum } = placeOf(process);
  const numeral = stratum === null || stratum === 'client' ? '' : `${NUMERALS[stratum]} `;
  const facts: Fact[] = [
    ['pid', pidText(pid)],
    ...(process.pidInside === null ? [] : [['pid in its namespace', String(process.pidInside)] as Fact]),
    ['argv', process.argv.join(' ')],
    ['exe', process.path],
    ...(process.formerComms.length > 0 ? [['was', process.formerComms.join(' → ')] as Fact] : []),
    ...(process.exitedAt === null ? [] : [['exit', process.exitSignal ?? String(process.exitCode)] as Fact]),
    ['memory', memoryText(process.rssBytes)],
    ['cgroup', process.cgroup],
  ];
  return {
    title: `${numeral}${process.comm}`,
    facts,
    parts: [
      ...(parent === undefined
        ? []
        : [{ label: `↑ ${parent.comm} ${parent.pid}`, select: { kind: 'process', pid: parent.pid } as const }]),
      ...children.map((p) => ({ label: `↓ ${p.comm} ${p.pid}`, select: { kind: 'process', pid: p.pid } as const })),
      ...(view.cgroups.has(group) ? [{ label: process.cgroup, select: { kind: 'cgroup', path: group } as const }] : []),
      ...(process.exitedAt === null ? namespaceParts(view, process) : []),
    ],
    about: { pid },
  };
}

/** A record as rows of dotted keys. */
function flatten(value: Readonly<Record<string, unknown>>, prefix: string): Fact[] {
  const out: Fact[] = [];
  for (const [key, inner] of Object.entries(value)) {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (typeof inner === 'object' && inner !== null && !Array.isArray(inner))
      out.push(...flatten(inner as Record<string, unknown>, path));
    else out.push([path, Array.isArray(inner) ? inner.map(String).join(' ') : String(inner)]);
  }
  return out;
}
