/** What happened on a container's way from the Pod down: the messages, files and cgroups in which its settings were written. */
import { kernelOfPid, NODE_KERNEL, type SpanId, type TraceEvent } from '../../sim/trace.ts';
import { kernelsOf } from '../kernels.ts';
import { callKey } from '../layers.ts';
import type { NodeView } from '../node-view.ts';
import { podsOf } from '../rooms.ts';
import type { PayloadRef, TraceIndex } from '../trace-index.ts';

/** A call with what it carried, wherever it was made. */
export type Sent = {
  readonly seq: number;
  /** Its key in the index; what two other machines said to each other is in none. */
  readonly call: number;
  readonly method: string;
  readonly from: number;
  readonly request: PayloadRef;
  response: PayloadRef | null;
  ok: boolean;
};

/** The last time a file was written. */
export type Written = { readonly seq: number; readonly path: string };
export type CgroupWrite = { readonly seq: number; readonly pid: number; readonly path: string; readonly value: string };

/** A cgroup by its key in the view and its path on its kernel. */
export type Group = { readonly key: string; readonly path: string };

export type Trail = {
  readonly id: string;
  /** Of the container in its pod; empty for one that is in none. */
  readonly name: string;
  readonly sandbox: string | null;
  readonly podName: string;
  readonly kubeNamespace: string;
  /** Its first process; null when it has none (any more). */
  readonly pid: number | null;
  /** The number of the kernel it runs on. */
  readonly kernel: number;
  /** Somebody in the guest through whom its files are seen: its init. */
  readonly guestInit: number | null;
  /** Its own on the node, its own in a guest, its pod's. */
  readonly cgroup: Group | null;
  readonly guestCgroup: Group | null;
  readonly podCgroup: Group | null;
  /** As uname -r has it. */
  readonly release: string;
  readonly record: { readonly key: string; readonly seq: number; readonly value: unknown } | null;
  readonly runSandbox: Sent | null;
  readonly create: Sent | null;
  /** Calls that may be about it, oldest first: only what they carry tells. */
  readonly updates: readonly Sent[];
  readonly taskUpdates: readonly Sent[];
  readonly stops: readonly Sent[];
  readonly agentCreates: readonly Sent[];
  readonly podWrites: readonly Sent[];
  readonly spec: Written | null;
  readonly sandboxSpec: Written | null;
  /** Unit and drop-ins, oldest first. */
  readonly unit: readonly Written[];
  /** Last writes, by `kernel path file`. */
  readonly writes: ReadonlyMap<string, CgroupWrite>;
};

const SPANS_ABOVE_MAX = 256;
const UNIT_FILES = /^\/run\/systemd\/(?:transient|system\.control)\//;
const SPEC = /\/config\.json$/;

/** `view` is that of a moment at which the container is there. Null: it is not. */
export function trailOf(view: NodeView, index: TraceIndex, events: readonly TraceEvent[], id: string): Trail | null {
  const pod = podsOf(view).find(({ containers }) => containers.some((each) => each.id === id));
  const room = pod?.containers.find((each) => each.id === id);
  if (pod === undefined || room === undefined) return null;
  const sandbox = pod.pod ? pod.id : null;
  const first = room.processes.find(({ exitedAt }) => exitedAt === null) ?? null;
  const kernel = first === null ? NODE_KERNEL : kernelOfPid(first.pid);
  const podCgroup = groupOf(view, pod.cgroup);
  const { kubeNamespace } = pod;
  const found = walk(index, events, { id, sandbox, podPath: podCgroup?.path ?? null, kubeNamespace });
  const record = [...view.state].find(
    ([, { topic, key, kernel: of }]) => topic === 'container' && key === id && of === NODE_KERNEL,
  );
  return {
    id,
    name: room.name,
    sandbox,
    podName: pod.name,
    kubeNamespace,
    pid: first?.pid ?? null,
    kernel,
    guestInit: kernel === NODE_KERNEL ? null : (pod.guestProcesses[0]?.pid ?? null),
    cgroup: hostCgroup(view, room.cgroup, id),
    guestCgroup: kernel === NODE_KERNEL ? null : groupOf(view, room.cgroup),
    podCgroup,
    release: kernelsOf(view).get(kernel)?.release ?? '',
    record: record === undefined ? null : { key: record[0], seq: record[1].seq, value: record[1].value },
    ...found,
  };
}

function groupOf(view: NodeView, key: string): Group | null {
  const group = view.cgroups.get(key);
  return group === undefined ? null : { key, path: group.path };
}

/** The innermost on the node that is named after it. */
function hostCgroup(view: NodeView, own: string, id: string): Group | null {
  if (view.cgroups.get(own)?.kernel === NODE_KERNEL && own !== '/') return groupOf(view, own);
  let found: Group | null = null;
  for (const [key, { kernel, path }] of view.cgroups)
    if (kernel === NODE_KERNEL && path.includes(id) && path.length > (found?.path.length ?? 0)) found = { key, path };
  return found;
}

type About = { id: string; sandbox: string | null; podPath: string | null; kubeNamespace: string };

/** One pass over all that happened. */
function walk(index: TraceIndex, events: readonly TraceEvent[], { id, sandbox, podPath, kubeNamespace }: About) {
  const of = {
    updates: [] as Sent[],
    taskUpdates: [] as Sent[],
    stops: [] as Sent[],
    agentCreates: [] as Sent[],
    podWrites: [] as Sent[],
  };
  const cri = new Map<number, Sent>();
  const open = new Map<number, Sent>();
  const unit = new Map<string, Written>();
  const writes = new Map<string, CgroupWrite>();
  let create: Sent | null = null;
  let runSandbox: Sent | null = null;
  let spec: Written | null = null;
  let sandboxSpec: Written | null = null;
  for (const event of events) {
    switch (event.kind) {
      case 'rpc.request': {
        const list = listOf(event.method, kubeNamespace);
        if (list === null) break;
        const { seq, method, pid, payload, length, type } = event;
        const sent: Sent = {
          seq,
          call: callKey(event),
          method,
          from: pid,
          request: { payload, length, type },
          response: null,
          ok: false,
        };
        open.set(sent.call, sent);
        if (list === 'cri') cri.set(sent.call, sent);
        else of[list].push(sent);
        break;
      }
      case 'rpc.response': {
        const sent = open.get(callKey(event));
        if (sent === undefined) break;
        const { payload, length, type, code, protocol } = event;
        sent.response = { payload, length, type };
        sent.ok = protocol === 'http' ? code < 300 : code === 0;
        open.delete(sent.call);
        break;
      }
      case 'state':
        if (create === null && event.key === id) create = callAbove(index, cri, event.span, '/CreateContainer');
        if (runSandbox === null && event.key === sandbox)
          runSandbox = callAbove(index, cri, event.span, '/RunPodSandbox');
        break;
      case 'file.write':
      case 'file.rename': {
        const path = event.kind === 'file.write' ? event.path : event.to;
        if (!path.includes(id) && (sandbox === null || !path.includes(sandbox))) break;
        if (UNIT_FILES.test(path) && path.includes(id)) unit.set(path, { seq: event.seq, path });
        if (!SPEC.test(path) || kernelOfPid(event.pid) !== NODE_KERNEL) break;
        // What a runtime keeps for itself is a copy: the bundle's was there before.
        if (path.includes(id)) spec = bundleOf(spec, { seq: event.seq, path });
        else sandboxSpec = bundleOf(sandboxSpec, { seq: event.seq, path });
        break;
      }
      case 'cgroup.write': {
        const { path, file, value, pid, seq } = event;
        if (path.includes(id) || path === podPath)
          writes.set(`${kernelOfPid(pid)} ${path} ${file}`, { seq, pid, path, value });
        break;
      }
      default:
    }
  }
  return { ...of, create, runSandbox, spec, sandboxSpec, unit: [...unit.values()], writes };
}

/** CRI-O writes one for good and one for the bundle, which is under /run; a runtime's own copy lies under its root. */
function bundleOf(before: Written | null, found: Written): Written {
  if (before === null || !before.path.startsWith('/run/')) return found;
  return found.path === before.path ? found : before;
}

type List = 'updates' | 'taskUpdates' | 'stops' | 'agentCreates' | 'podWrites' | 'cri';

function listOf(method: string, kubeNamespace: string): List | null {
  const name = method.slice(method.lastIndexOf('/') + 1);
  if (method.startsWith('/runtime.v1.RuntimeService/')) {
    if (name === 'CreateContainer' || name === 'RunPodSandbox') return 'cri';
    if (name === 'UpdateContainerResources') return 'updates';
    return name === 'StopContainer' ? 'stops' : null;
  }
  if (name === 'Update' && method.includes('.Task/')) return 'taskUpdates';
  if (name === 'CreateContainer' && method.includes('AgentService/')) return 'agentCreates';
  const pods = `/api/v1/namespaces/${kubeNamespace}/pods`;
  const at = method.indexOf(pods);
  if (at < 0 || !/^(?:POST|PUT|PATCH) $/.test(method.slice(0, at))) return null;
  const rest = method.slice(at + pods.length).split('?')[0] ?? '';
  return /^(?:\/[^/]+(?:\/(?:resize|ephemeralcontainers))?)?$/.test(rest) ? 'podWrites' : null;
}

/** The call in whose course it happened. */
function callAbove(index: TraceIndex, calls: ReadonlyMap<number, Sent>, span: SpanId, method: string): Sent | null {
  let at = span;
  for (let depth = 0; at !== 0 && depth < SPANS_ABOVE_MAX; depth++) {
    const call = calls.get(at);
    if (call?.method.endsWith(method) === true) return call;
    at = index.spans.get(at)?.parent ?? 0;
  }
  return null;
}
