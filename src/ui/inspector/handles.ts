/** What a thing is taken hold of by: its paths, the commands that show it, what can be stopped at, and what made it. */
import type { BreakRule } from '../../projections/breakpoints.ts';
import { mountTarget } from '../../projections/fold.ts';
import { kernelsOf, namespaceOf } from '../../projections/kernels.ts';
import type { NodeView, ProcessView } from '../../projections/node-view.ts';
import { type Making, recordMaking } from '../../projections/provenance.ts';
import { nameOf, placeOf } from '../../projections/roles.ts';
import { overlayOf, podsOf } from '../../projections/rooms.ts';
import { kernelOfPid, NODE_KERNEL } from '../../sim/trace.ts';
import type { ThingSelection } from '../selection.ts';
import { membersOf } from './describe-namespace.ts';

export type Handles = {
  readonly paths: readonly string[];
  readonly commands: readonly string[];
  readonly breaks: readonly BreakRule[];
  /** Null when nothing of the trace can have made it. */
  readonly making: Making | null;
};

type Inspected = ThingSelection;
const NONE: Handles = { paths: [], commands: [], breaks: [], making: null };
const CGROUPS = '/sys/fs/cgroup';
/** containerd's namespace of what the CRI made. */
const CRI_NAMESPACE = 'k8s.io';
const CRIO_LAYERS = '/var/lib/containers/storage/overlay';
const BLOBS = '/var/lib/containerd/io.containerd.content.v1.content/blobs/sha256';

/** Paths and commands are those of the node: of what is in a guest there is none. */
export function handlesOf(view: NodeView, selection: Inspected): Handles {
  switch (selection.kind) {
    case 'process':
      return processHandles(view, selection.pid);
    case 'container':
      return containerHandles(view, selection.id);
    case 'pod': {
      const pod = podsOf(view).find(({ id }) => id === selection.id);
      return {
        paths: pod === undefined || pod.cgroup === '' ? [] : [`${CGROUPS}${pod.cgroup}`],
        // What belongs to no Pod is drawn as one with a single container.
        commands:
          pod?.pod === false ? containerCommands(view, pod.id) : [`crictl inspectp ${selection.id.slice(0, 13)}`],
        breaks: [{ kind: 'call', method: 'StopPodSandbox', failed: false }],
        making: recordMaking({ key: selection.id }),
      };
    }
    case 'state':
      return recordHandles(view, selection.id);
    case 'socket': {
      const socket = view.sockets.get(selection.address);
      const address = socket?.address ?? selection.address;
      const file = address.startsWith('/');
      return {
        paths: [address],
        commands: socket?.kernel !== NODE_KERNEL ? [] : [file ? `ss -xlp src ${address}` : 'ss -tlnp'],
        breaks: file ? [{ kind: 'file', path: address }] : [],
        making: { made: (event) => event.kind === 'socket.listen' && event.seq === socket?.openSeq },
      };
    }
    case 'cgroup': {
      const group = view.cgroups.get(selection.path);
      if (group === undefined || group.kernel !== NODE_KERNEL) return NONE;
      const root = group.path === '/';
      const path = root ? CGROUPS : `${CGROUPS}${group.path}`;
      return {
        paths: [path],
        // The root is not accounted: it has no memory.current.
        commands: [`cat ${path}/cgroup.procs ${path}/${root ? 'cgroup.controllers' : 'memory.current'}`],
        breaks: [{ kind: 'file', path }],
        making: { made: (event) => event.kind === 'cgroup.create' && event.seq === group.seq },
      };
    }
    case 'mount': {
      const mount = view.mounts.get(selection.id);
      if (mount === undefined) return NONE;
      const target = mountTarget(view, mount);
      const holder = membersOf(view, { kind: 'namespace', kernel: mount.kernel, type: 'mnt', id: mount.namespace })[0];
      const here = holder !== undefined && mount.kernel === NODE_KERNEL;
      return {
        paths: holder === undefined ? [target] : [seenFrom(view, holder, target)],
        commands: here ? [`findmnt -N ${holder.pid} ${target}`] : [],
        breaks: [],
        making: { made: (event) => event.seq === mount.seq },
      };
    }
    case 'namespace': {
      const { type, id, kernel } = selection;
      const holder = kernel === NODE_KERNEL ? membersOf(view, selection)[0] : undefined;
      return {
        paths: holder === undefined ? [] : [`/proc/${holder.pid}/ns/${type}`],
        commands: holder === undefined ? [] : [`lsns -t ${type}`, ...namespaceCommands(type, holder.pid)],
        breaks: [],
        making: {
          made: (event) => event.kind === 'namespace.new' && event.id === id && kernelOfPid(event.pid) === kernel,
        },
      };
    }
    case 'link': {
      const link = view.links.get(selection.id);
      const holder =
        link === undefined || link.kernel !== NODE_KERNEL
          ? undefined
          : membersOf(view, { kind: 'namespace', kernel: link.kernel, type: 'net', id: link.namespace })[0];
      return {
        paths: [],
        commands: holder === undefined ? [] : [`nsenter -t ${holder.pid} -n ip addr show ${link?.name}`],
        breaks: [],
        making: link === undefined ? null : { made: (event) => event.seq === link.seq },
      };
    }
    case 'event': {
      return { ...NONE, making: { made: (event) => event.seq === selection.seq } };
    }
    default:
      return NONE;
  }
}

function namespaceCommands(type: string, pid: number): string[] {
  if (type === 'net') return [`nsenter -t ${pid} -n ip addr`];
  if (type === 'mnt') return [`findmnt -N ${pid}`];
  if (type === 'uts') return [`nsenter -t ${pid} -u hostname`];
  return [];
}

/** A path of a process by a path of the node: through /proc where it has mounts of its own. */
function seenFrom(view: NodeView, process: ProcessView, path: string): string {
  const kernels = kernelsOf(view);
  const own = namespaceOf(kernels, process, 'mnt') !== kernels.get(kernelOfPid(process.pid))?.namespaces.mnt;
  return own ? `/proc/${process.pid}/root${path}` : path;
}

function processHandles(view: NodeView, pid: number): Handles {
  const process = view.processes.get(pid);
  if (process === undefined) return NONE;
  const name = nameOf(process);
  const { stratum } = placeOf(process);
  const here = kernelOfPid(pid) === NODE_KERNEL && process.exitedAt === null;
  return {
    paths: here
      ? [`/proc/${pid}`, ...(process.path.startsWith('/') ? [seenFrom(view, process, process.path)] : [])]
      : [],
    commands: here ? [`cat /proc/${pid}/status`, `ls -l /proc/${pid}/ns`] : [],
    breaks: [
      { kind: 'process', name, moment: 'exec' },
      { kind: 'process', name, moment: 'exit' },
      ...(stratum === null || stratum === 'client' ? [] : [{ kind: 'layer', layer: stratum } as const]),
    ],
    making: { made: (event) => event.kind === 'process.fork' && event.child === pid },
  };
}

function containerHandles(view: NodeView, id: string): Handles {
  const container = podsOf(view)
    .flatMap((pod) => pod.containers)
    .find((each) => each.id === id);
  const overlay = overlayOf(view, id);
  const name = container?.processes[0]?.comm;
  return {
    paths: [
      ...(overlay === undefined || overlay[1].kernel !== NODE_KERNEL ? [] : [mountTarget(view, overlay[1])]),
      ...(container === undefined || !view.cgroups.has(container.cgroup) || container.cgroup.includes('|')
        ? []
        : [`${CGROUPS}${container.cgroup}`]),
    ],
    commands: container?.sandbox === true ? [`crictl inspectp ${id.slice(0, 13)}`] : containerCommands(view, id),
    breaks: name === undefined ? [] : [{ kind: 'process', name, moment: 'exit' }],
    making: recordMaking({ key: id }),
  };
}

/** By whom it is known: a container of another than the CRI has no meaning to crictl. */
function containerCommands(view: NodeView, id: string): string[] {
  const known = [...view.state.values()].filter((record) => record.kernel === NODE_KERNEL && record.key === id);
  const has = (component: string, topic: string) => known.find((r) => r.component === component && r.topic === topic);
  const [short, docker, containerd] = [id.slice(0, 13), has('dockerd', 'container'), has('containerd', 'container')];
  if (docker !== undefined && docker.value.sandbox === '') return [`docker inspect ${short}`];
  if (docker !== undefined) return [`crictl inspect ${short}`, `docker inspect ${short}`];
  if (containerd !== undefined && has('containerd', 'cri-container') === undefined)
    return [`ctr -n ${containerd.scope} containers info ${id}`];
  return [`crictl inspect ${short}`];
}

function recordHandles(view: NodeView, id: string): Handles {
  const record = view.state.get(id);
  if (record === undefined) return NONE;
  const { component, topic, key, scope, kernel, value } = record;
  const making = recordMaking({ kernel, component, topic, key, scope });
  if (kernel !== NODE_KERNEL) return { ...NONE, making };
  const ctr = component === 'containerd' ? `ctr -n ${scope === '' ? CRI_NAMESPACE : scope}` : '';
  switch (topic) {
    case 'image':
      return {
        paths: [],
        commands: [
          ...(ctr === '' || scope === CRI_NAMESPACE ? [`crictl inspecti ${key}`] : []),
          ...(ctr === '' ? [] : [`${ctr} images ls name==${key}`]),
        ],
        breaks: [{ kind: 'call', method: 'PullImage', failed: false }],
        making,
      };
    case 'content': {
      const path = `${BLOBS}/${key.replace(/^sha256:/, '')}`;
      return { paths: [path], commands: [`${ctr} content get ${key}`], breaks: [{ kind: 'file', path }], making };
    }
    case 'snapshot': {
      const snapshotter = String(value.snapshotter);
      const path = component === 'crio' ? `${CRIO_LAYERS}/${key}/diff` : snapshotPath(value.mounts);
      return {
        paths: path === null ? [] : [path],
        commands: ctr === '' ? [`ls -l ${path}`] : [`${ctr} snapshots --snapshotter ${snapshotter} info "${key}"`],
        breaks: path === null ? [] : [{ kind: 'file', path }],
        making,
      };
    }
    case 'unit':
      return {
        paths: [...view.cgroups.values()]
          .filter((group) => group.kernel === kernel && group.path.endsWith(`/${key}`))
          .map((group) => `${CGROUPS}${group.path}`),
        commands: [`systemctl status ${key}`, `journalctl -u ${key} -n 20`],
        breaks: [],
        making,
      };
    case 'config':
      return { paths: [key], commands: ['containerd config dump'], breaks: [{ kind: 'file', path: key }], making };
    case 'task':
      return { paths: [], commands: [`${ctr} tasks ls`], breaks: [], making };
    case 'container':
    case 'cri-container':
      return { paths: [], commands: containerCommands(view, key), breaks: [], making };
    case 'process': {
      const { commands, paths } = processHandles(view, Number(value.pid));
      return { paths, commands, breaks: [], making };
    }
    case 'kernel':
      return { paths: ['/proc/version'], commands: ['uname -a'], breaks: [], making };
    case 'sandbox':
      return { paths: [], commands: [`crictl inspectp ${key.slice(0, 13)}`], breaks: [], making };
    default:
      return { ...NONE, making };
  }
}

/** The directory of the layer itself: what is written into it. */
function snapshotPath(mounts: unknown): string | null {
  if (!Array.isArray(mounts)) return null;
  const mount = mounts[0] as { type?: unknown; source?: unknown; options?: unknown } | undefined;
  if (mount?.type === 'bind' && typeof mount.source === 'string') return mount.source;
  const options = Array.isArray(mount?.options) ? mount.options.map(String) : [];
  return options.find((option) => option.startsWith('upperdir='))?.slice('upperdir='.length) ?? null;
}
