/**
 * Pods, containers and containerd's own records, put together from processes, cgroups and the state that containerd
 * announces. Values are read by the names the real records use, so an announcement may carry more or fewer of them.
 */
import { kernelOfPid, NODE_KERNEL } from '../sim/trace.ts';
import { onKernel } from './fold.ts';
import { type KernelView, kernelsOf, NAMESPACE_TYPES, namespaceOf } from './kernels.ts';
import type { MountView, NodeView, ProcessView, StateView } from './node-view.ts';
import { perMoment } from './per-moment.ts';
import { placeOf, type Role } from './roles.ts';
import { imageNames, type LayersBelow, layersBelow } from './snapshots.ts';

export type ContainerRoom = {
  readonly id: string;
  readonly name: string;
  /** As a person would name it, when one of the runtime's images has such a name. */
  readonly image: string;
  /** `created` has no process yet; `exited` none any more. */
  readonly state: 'created' | 'running' | 'exited';
  readonly sandbox: boolean;
  /** Its processes by pid, the first one first; those gone since the last command began come last. */
  readonly processes: readonly ProcessView[];
  /** Key of its cgroup in the view; empty without a process. In a guest it is the guest's own. */
  readonly cgroup: string;
  readonly namespaces: NamespaceRelations;
  /** Its writable layer (null: none that is known) and how many layers it lies on. */
  readonly layers: LayersBelow;
  /** Which of its container's incarnations in the pod this is, from 0: how often it was begun again. */
  readonly attempt: number;
  readonly seq: number;
};

/** Types of namespaces by whom a container has them in common with. */
export type NamespaceRelations = {
  readonly host: readonly string[];
  /** With its pod's sandbox. */
  readonly pod: readonly string[];
  readonly own: readonly string[];
};

/** What stands on the floor: a pod, or a container that nobody made for one. */
export type PodRoom = {
  readonly id: string;
  /** The pod's; empty for a container of its own. */
  readonly name: string;
  /** Somebody announced a sandbox for it, or its containers say whose they are. */
  readonly pod: boolean;
  readonly kubeNamespace: string;
  readonly address: string;
  readonly ready: boolean;
  readonly containers: readonly ContainerRoom[];
  /** The kernel that its containers run on, when it is not the host's. */
  readonly guest: KernelView | null;
  /** Processes of the host that it needs beside its containers: hypervisor, Sentry with its stubs, file servers. */
  readonly support: readonly Support[];
  /** Processes of the guest in no container: its init, the agent. */
  readonly guestProcesses: readonly ProcessView[];
  /** Its network namespace on the host. */
  readonly net: number | null;
  /** Key of the cgroup that kubelet made for it; empty when there is none. */
  readonly cgroup: string;
  readonly seq: number;
};

export type Support = { readonly role: Role | 'stub'; readonly process: ProcessView };

const ID_IN_PATH = /([0-9a-f]{64})(?:\.scope)?(?:\/|$)/;

const containerIds = new WeakMap<ProcessView, string | null>();
const shimIds = new WeakMap<ProcessView, string | null>();
const podCgroups = new WeakMap<ProcessView, string | null>();

export function containerIdOf(process: ProcessView): string | null {
  let id = containerIds.get(process);
  if (id === undefined) {
    id = ID_IN_PATH.exec(process.cgroup)?.[1] ?? null;
    containerIds.set(process, id);
  }
  return id;
}

/** `-id X` of a shim's command line. */
export function shimIdOf(process: ProcessView): string | null {
  let id = shimIds.get(process);
  if (id === undefined) {
    const at = process.argv.indexOf('-id');
    id = at < 0 ? null : (process.argv[at + 1] ?? null);
    shimIds.set(process, id);
  }
  return id;
}

/** `…/kubepods-burstable-pod<uid>.slice`, `/kubepods/burstable/pod<uid>`. */
const POD_CGROUP = /^(.*\/(?:kubepods[^/]*-)?pod[0-9a-f][0-9a-f_-]+(?:\.slice)?)\//;

function podCgroupOf(process: ProcessView): string | null {
  let cgroup = podCgroups.get(process);
  if (cgroup === undefined) {
    cgroup = POD_CGROUP.exec(process.cgroup)?.[1] ?? null;
    podCgroups.set(process, cgroup);
  }
  return cgroup;
}

/** The root filesystem of a container as the node has it mounted: key and mount. */
export function overlayOf(view: NodeView, id: string): readonly [string, MountView] | undefined {
  for (const entry of view.mounts) {
    const [, mount] = entry;
    if (mount.kernel === NODE_KERNEL && mount.fstype === 'overlay' && mount.at.includes(id)) return entry;
  }
  return undefined;
}

const byTopic = perMoment((view) => {
  const topics = new Map<string, StateView[]>();
  for (const state of view.state.values()) push(topics, state.topic, state);
  return topics;
});

export function statesOf(view: NodeView, topic: string): readonly StateView[] {
  return byTopic(view).get(topic) ?? [];
}

/** The first of `names` that the record, or a record inside it, has as text or number. */
export function field(value: Readonly<Record<string, unknown>>, ...names: string[]): string {
  for (const name of names) {
    const found = value[name];
    if (typeof found === 'string' || typeof found === 'number' || typeof found === 'bigint') return String(found);
  }
  for (const inner of ['labels', 'metadata', 'annotations', 'config', 'status', 'Labels']) {
    const nested = value[inner];
    if (typeof nested === 'object' && nested !== null) {
      const found = field(nested as Record<string, unknown>, ...names);
      if (found !== '') return found;
    }
  }
  return '';
}

/** Whose processes are whose, gathered in one pass. */
class Households {
  readonly sandboxOf = new Map<string, string>();
  readonly records = new Map<string, StateView>();
  readonly containers = new Map<string, ProcessView[]>();
  readonly support = new Map<string, Support[]>();
  readonly guestProcesses = new Map<number, ProcessView[]>();
  readonly carriers = new Map<number, KernelView>();
  /** What a container's monitor was told to call it, by its id. */
  readonly monitored = new Map<string, KubeletName>();
  /** The container that a pod is known by where nobody announces a sandbox, by the pod's cgroup. */
  private readonly homeOfCgroup = new Map<string, string>();
  private readonly view: NodeView;
  /** A sandboxed container's first process, by pid namespace: whoever joins that is in the container. */
  private readonly ofPidNamespace = new Map<string, string>();
  private readonly firstOf = new Map<number, string>();
  /** First processes of tasks on the node: a name that a person gave says nothing in a cgroup's path. */
  private readonly taskOf = new Map<number, string>();

  constructor(view: NodeView, kernels: ReadonlyMap<number, KernelView>) {
    this.view = view;
    for (const kernel of kernels.values()) if (kernel.kind !== 'host') this.carriers.set(kernel.carrier, kernel);
    // The runtime's own record of a container, then what its CRI plugin adds to it.
    for (const found of [...statesOf(view, 'container'), ...statesOf(view, 'cri-container')]) {
      if (found.kernel !== NODE_KERNEL || found.component === 'runsc-sandbox') {
        this.announced(found);
        continue;
      }
      const before = this.records.get(found.key);
      const state =
        before === undefined ? found : { ...found, seq: before.seq, value: { ...before.value, ...found.value } };
      this.records.set(state.key, state);
      const sandbox = field(state.value, 'sandbox', 'sandboxId', 'io.kubernetes.cri.sandbox-id');
      if (sandbox !== '') this.sandboxOf.set(state.key, sandbox);
    }
    for (const state of statesOf(view, 'task')) {
      const pid = Number(state.value['pid'] ?? 0);
      if (state.kernel === NODE_KERNEL && pid > 0) this.taskOf.set(pid, taskName(state));
    }
    // A daemon that was restarted does not know its tasks' pids: a shim has its container's process for a child.
    for (const process of view.processes.values()) {
      const shim = this.shimAbove(process);
      if (shim !== null && !['shim', 'oci-runtime'].includes(placeOf(process).stratum ?? ''))
        this.taskOf.set(process.pid, shim);
    }
    for (const process of view.processes.values()) this.place(process);
  }

  /** The id that its parent was started with, when that is a shim. */
  private shimAbove(process: ProcessView): string | null {
    const parent = this.view.processes.get(process.ppid);
    return parent !== undefined && placeOf(parent).stratum === 'shim' ? shimIdOf(parent) : null;
  }

  /** A guest's container names its first process. */
  private announced(state: StateView): void {
    const pid = Number(state.value.pid ?? 0);
    const process = this.view.processes.get(pid);
    if (process === undefined) return;
    this.ofPidNamespace.set(`${kernelOfPid(pid)}:${process.namespaces.pid ?? 0}`, state.key);
    this.firstOf.set(pid, state.key);
  }

  /** What is known of this process, or of the nearest one above it of which anything is. */
  private above<T>(process: ProcessView, known: ReadonlyMap<number, T>): T | null {
    if (known.size === 0) return null;
    let at: ProcessView | undefined = process;
    for (let depth = 0; at !== undefined && depth < DEPTH_MAX; depth++) {
      const found = known.get(at.pid);
      if (found !== undefined) return found;
      at = this.view.processes.get(at.ppid);
    }
    return null;
  }

  private place(process: ProcessView): void {
    // Steps on a runtime's way into a container end in its cgroup, but nobody lived there.
    if (process.exitedAt !== null && process.layer === 'oci-runtime' && placeOf(process).role === null) return;
    const kernel = kernelOfPid(process.pid);
    if (kernel !== NODE_KERNEL) {
      const id =
        containerIdOf(process) ??
        // Containers of a pod that shares its pid namespace are told apart by whose children they are.
        this.above(process, this.firstOf) ??
        this.ofPidNamespace.get(`${kernel}:${process.namespaces.pid ?? 0}`) ??
        null;
      if (id === null) push(this.guestProcesses, kernel, process);
      else push(this.containers, id, process);
      return;
    }
    const { role, stratum } = placeOf(process);
    if (role === 'monitor') this.noteMonitor(process);
    if (stratum === 'shim' || stratum === 'cri-runtime') return;
    const shimId = this.shimAbove(process);
    const id = containerIdOf(process) ?? this.above(process, this.taskOf);
    const carrier = this.above(process, this.carriers)?.carrier ?? null;
    if (carrier !== null || role === 'hypervisor' || role === 'file-server' || role === 'sentry') {
      const home = id ?? shimId ?? this.homeOfCarrier(carrier);
      if (home === null) return;
      const own = this.carriers.has(process.pid);
      push(this.support, home, { role: carrier !== null && !own ? 'stub' : (role ?? 'stub'), process });
      return;
    }
    if (id === null) return;
    push(this.containers, id, process);
    if (!this.sandboxOf.has(id)) this.sandboxOf.set(id, shimId ?? this.homeByCgroup(process, id));
  }

  private noteMonitor(process: ProcessView): void {
    const value = (...options: string[]): string => {
      const at = process.argv.findIndex((word) => options.includes(word));
      return at < 0 ? '' : (process.argv[at + 1] ?? '');
    };
    const name = kubeletName(value('-n', '--name'));
    if (name !== null) this.monitored.set(value('-c', '--cid'), name);
  }

  private homeByCgroup(process: ProcessView, id: string): string {
    const cgroup = podCgroupOf(process);
    if (cgroup === null) return id;
    const home = this.homeOfCgroup.get(cgroup) ?? id;
    this.homeOfCgroup.set(cgroup, home);
    return home;
  }

  private homeOfCarrier(pid: number | null): string | null {
    const carrier = pid === null ? undefined : this.view.processes.get(pid);
    return carrier === undefined ? null : containerIdOf(carrier);
  }
}

const DEPTH_MAX = 64;

/** A task's container, without the containerd namespace. */
function taskName({ key }: StateView): string {
  return key.split('/').at(-1) ?? key;
}

/** `k8s_nginx_web_default_<uid>_0`: how kubelet's names of containers reach a runtime that keeps no other. */
type KubeletName = { readonly container: string; readonly pod: string; readonly kubeNamespace: string };

/** What an infra container is called there. */
const INFRA = 'POD';

function kubeletName(name: string): KubeletName | null {
  const [k8s, container, pod, kubeNamespace] = name.split('_');
  if (k8s !== 'k8s' || container === undefined || pod === undefined || kubeNamespace === undefined) return null;
  return { container, pod, kubeNamespace };
}

function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

const rooms = new WeakMap<NodeView, { readonly seq: number; readonly pods: readonly PodRoom[] }>();

/** Put together once for each moment: several parts of the page ask. */
export function podsOf(view: NodeView): readonly PodRoom[] {
  const known = rooms.get(view);
  if (known?.seq === view.seq) return known.pods;
  const pods = assemble(view);
  rooms.set(view, { seq: view.seq, pods });
  return pods;
}

function assemble(view: NodeView): PodRoom[] {
  const kernels = kernelsOf(view);
  const households = new Households(view, kernels);
  const pods = new Map<string, { state: StateView | null; seq: number; containers: Map<string, ContainerRoom> }>();
  const pod = (id: string, seq: number): Map<string, ContainerRoom> => {
    let found = pods.get(id);
    if (found === undefined) {
      found = { state: null, seq, containers: new Map() };
      pods.set(id, found);
    }
    return found.containers;
  };
  for (const state of statesOf(view, 'sandbox')) {
    pod(state.key, state.seq);
    const found = pods.get(state.key);
    if (found !== undefined) found.state = state;
  }
  const records = { imageName: imageNames(view), layers: layersBelow(view) };
  const tasks = new Map(statesOf(view, 'task').map((state) => [taskName(state), state]));
  const ids = new Set([...pods.keys(), ...households.records.keys(), ...households.containers.keys()]);
  for (const id of ids) {
    const record = households.records.get(id) ?? null;
    // A sandbox need not have a container of its own.
    if (record === null && !households.containers.has(id)) continue;
    const home = households.sandboxOf.get(id) ?? id;
    const processes = (households.containers.get(id) ?? []).sort(byLife);
    const seq = record?.seq ?? processes[0]?.startSeq ?? pods.get(id)?.seq ?? 0;
    const pause = (households.containers.get(home) ?? [])[0];
    const named = households.monitored.get(id);
    const sandbox =
      named === undefined ? home === id && (pods.get(id)?.state ?? null) !== null : named.container === INFRA;
    pod(home, seq).set(
      id,
      containerRoom(records, {
        task: tasks.get(id),
        id,
        sandbox,
        record,
        processes,
        seq,
        namespaces: relationsOf(kernels, processes[0], sandbox || home === id ? undefined : pause),
        named: named?.container === INFRA ? undefined : named?.container,
      }),
    );
  }
  const out: PodRoom[] = [];
  for (const [id, found] of pods) out.push(podRoom(households, id, found));
  return out.sort((a, b) => a.seq - b.seq);
}

function podRoom(
  households: Households,
  id: string,
  found: { state: StateView | null; seq: number; containers: Map<string, ContainerRoom> },
): PodRoom {
  const value = found.state?.value ?? {};
  const containers = [...found.containers.values()].sort(
    (a, b) => Number(b.sandbox) - Number(a.sandbox) || a.seq - b.seq,
  );
  const support = (households.support.get(id) ?? []).concat(
    containers.flatMap((c) => (c.id === id ? [] : (households.support.get(c.id) ?? []))),
  );
  const carrier = support.find(({ process }) => households.carriers.has(process.pid))?.process;
  const guest = carrier === undefined ? null : (households.carriers.get(carrier.pid) ?? null);
  const onHost = carrier ?? containers.flatMap((c) => c.processes).find((p) => kernelOfPid(p.pid) === NODE_KERNEL);
  const state = field(value, 'state').toLowerCase();
  const labelled = (label: string): string =>
    containers.map((c) => field(households.records.get(c.id)?.value ?? {}, label)).find((name) => name !== '') ?? '';
  const named = containers.map((c) => households.monitored.get(c.id)).find((name) => name !== undefined);
  // Before the sandbox is told of, its container's labels know.
  const name = field(value, 'name') || labelled('io.kubernetes.pod.name') || (named?.pod ?? '');
  return {
    id,
    name,
    pod: found.state !== null || name !== '',
    kubeNamespace: field(value, 'namespace') || labelled('io.kubernetes.pod.namespace') || (named?.kubeNamespace ?? ''),
    address: field(value, 'ip', 'address', 'IP'),
    ready: state === '' ? containers.some((c) => c.state === 'running') : !/not|unknown/.test(state),
    containers,
    guest,
    support,
    guestProcesses: guest === null ? [] : (households.guestProcesses.get(guest.number) ?? []).sort(byLife),
    net: onHost?.namespaces.net ?? null,
    cgroup: (onHost === undefined ? null : podCgroupOf(onHost)) ?? '',
    seq: found.seq,
  };
}

/** How often its containers were begun again, as `kubectl get pods` counts: of each name the latest. */
export function restartsOf(pod: PodRoom): number {
  const latest = new Map<string, number>();
  for (const { sandbox, name, attempt } of pod.containers)
    if (!sandbox) latest.set(name, Math.max(attempt, latest.get(name) ?? 0));
  return [...latest.values()].reduce((sum, attempt) => sum + attempt, 0);
}

function relationsOf(
  kernels: ReadonlyMap<number, KernelView>,
  process: ProcessView | undefined,
  pause: ProcessView | undefined,
): NamespaceRelations {
  const host: string[] = [];
  const pod: string[] = [];
  const own: string[] = [];
  if (process === undefined) return { host, pod, own };
  const initial = kernels.get(kernelOfPid(process.pid))?.namespaces;
  for (const type of NAMESPACE_TYPES) {
    const id = namespaceOf(kernels, process, type);
    if (id === null) continue;
    if (id === initial?.[type]) host.push(type);
    else if (pause !== undefined && namespaceOf(kernels, pause, type) === id) pod.push(type);
    else own.push(type);
  }
  return { host, pod, own };
}

/** Look-ups that every container needs. */
type RecordsOf = {
  readonly imageName: (reference: string) => string;
  readonly layers: (scope: string, snapshotter: string, key: string) => LayersBelow;
};

function containerRoom(
  records: RecordsOf,
  found: Pick<ContainerRoom, 'id' | 'sandbox' | 'processes' | 'namespaces' | 'seq'> & {
    task: StateView | undefined;
    record: StateView | null;
    named: string | undefined;
  },
): ContainerRoom {
  const { task, record, processes, id, sandbox, namespaces, seq } = found;
  const value = record?.value ?? {};
  const said = (
    field(value, 'state') || (task === undefined ? '' : field(task.value, 'status', 'state'))
  ).toLowerCase();
  const alive = processes.filter((process) => process.exitedAt === null);
  const begun = alive.some((process) => process.layer !== 'oci-runtime');
  const ended = processes.length > 0 || /running|exit|stop|unknown/.test(said);
  // What runs decides, not what a record says: the record may be behind, or its keeper dead.
  const state = begun ? 'running' : alive.length > 0 || !ended ? 'created' : 'exited';
  const main = processes[0];
  return {
    id,
    name: field(value, 'name', 'containerName', 'io.kubernetes.container.name') || (found.named ?? ''),
    image: records.imageName(field(value, 'image', 'imageRef', 'Image')),
    state,
    sandbox,
    processes,
    cgroup: main === undefined ? '' : onKernel(kernelOfPid(main.pid), main.cgroup),
    namespaces,
    attempt: Number(field(value, 'attempt') || 0),
    layers: records.layers(field(value, 'namespace'), field(value, 'snapshotter'), field(value, 'snapshotKey')),
    seq,
  };
}

function byLife(a: ProcessView, b: ProcessView): number {
  return Number(a.exitedAt !== null) - Number(b.exitedAt !== null) || a.startSeq - b.startSeq;
}
