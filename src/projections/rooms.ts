/**
 * Pods, containers and containerd's own records, put together from processes, cgroups and the state that containerd
 * announces. Values are read by the names the real records use, so an announcement may carry more or fewer of them.
 */
import type { NodeView, ProcessView, StateView } from './node-view.ts';

export type ContainerRoom = {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** `created` has no process yet; `exited` none any more. */
  readonly state: 'created' | 'running' | 'exited';
  readonly sandbox: boolean;
  /** Its processes by pid, the first one first; those gone since the last command began come last. */
  readonly processes: readonly ProcessView[];
  readonly seq: number;
};

export type PodRoom = {
  readonly id: string;
  readonly name: string;
  readonly kubeNamespace: string;
  readonly address: string;
  readonly ready: boolean;
  readonly containers: readonly ContainerRoom[];
  readonly seq: number;
};

const ID_IN_PATH = /([0-9a-f]{64})(?:\.scope)?(?:\/|$)/;

export function containerIdOf(process: ProcessView): string | null {
  return ID_IN_PATH.exec(process.cgroup)?.[1] ?? null;
}

/** `-id X` of a shim's command line. */
export function shimIdOf(process: ProcessView): string | null {
  const at = process.argv.indexOf('-id');
  return at < 0 ? null : (process.argv[at + 1] ?? null);
}

export function statesOf(view: NodeView, topic: string): StateView[] {
  const out: StateView[] = [];
  for (const state of view.state.values()) if (state.topic === topic) out.push(state);
  return out;
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

export function podsOf(view: NodeView): PodRoom[] {
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

  const sandboxOf = new Map<string, string>();
  const records = new Map<string, StateView>();
  // containerd's own record of a container, then what its CRI plugin adds to it.
  for (const found of [...statesOf(view, 'container'), ...statesOf(view, 'cri-container')]) {
    const before = records.get(found.key);
    const state =
      before === undefined ? found : { ...found, seq: before.seq, value: { ...before.value, ...found.value } };
    records.set(state.key, state);
    const sandbox = field(state.value, 'sandbox', 'sandboxId', 'io.kubernetes.cri.sandbox-id');
    if (sandbox !== '') sandboxOf.set(state.key, sandbox);
  }

  const byContainer = new Map<string, ProcessView[]>();
  for (const process of view.processes.values()) {
    const id = containerIdOf(process);
    if (id === null) continue;
    const list = byContainer.get(id);
    if (list === undefined) byContainer.set(id, [process]);
    else list.push(process);
    if (sandboxOf.has(id) || pods.has(id)) continue;
    const parent = view.processes.get(process.ppid);
    const shimId = parent?.layer === 'shim' ? shimIdOf(parent) : null;
    if (shimId !== null) sandboxOf.set(id, shimId);
  }

  const tasks = new Map(statesOf(view, 'task').map((state) => [state.key.split('/').at(-1) ?? state.key, state]));
  for (const id of new Set([...pods.keys(), ...records.keys(), ...byContainer.keys()])) {
    const record = records.get(id) ?? null;
    const home = sandboxOf.get(id) ?? id;
    const processes = (byContainer.get(id) ?? []).sort(byLife);
    const seq = record?.seq ?? processes[0]?.startSeq ?? pods.get(id)?.seq ?? 0;
    pod(home, seq).set(
      id,
      containerRoom(tasks.get(id), id, home === id && pods.get(id)?.state !== null, record, processes, seq),
    );
  }

  const rooms: PodRoom[] = [];
  for (const [id, found] of pods) {
    const value = found.state?.value ?? {};
    const containers = [...found.containers.values()].sort(
      (a, b) => Number(b.sandbox) - Number(a.sandbox) || a.seq - b.seq,
    );
    const state = field(value, 'state').toLowerCase();
    rooms.push({
      id,
      name: field(value, 'name', 'podName', 'io.kubernetes.pod.name'),
      kubeNamespace: field(value, 'namespace', 'io.kubernetes.pod.namespace'),
      address: field(value, 'ip', 'address', 'IP'),
      ready: state === '' ? containers.some((c) => c.state === 'running') : !/not|unknown/.test(state),
      containers,
      seq: found.seq,
    });
  }
  return rooms.sort((a, b) => a.seq - b.seq);
}

function containerRoom(
  task: StateView | undefined,
  id: string,
  sandbox: boolean,
  record: StateView | null,
  processes: readonly ProcessView[],
  seq: number,
): ContainerRoom {
  const value = record?.value ?? {};
  const said = (
    field(value, 'state') || (task === undefined ? '' : field(task.value, 'status', 'state'))
  ).toLowerCase();
  const alive = processes.filter((process) => process.exitedAt === null);
  const begun = alive.some((process) => process.layer !== 'oci-runtime');
  const ended = processes.length > 0 || /running|exit|stop|unknown/.test(said);
  // What runs decides, not what a record says: the record may be behind, or its keeper dead.
  const state = begun ? 'running' : alive.length > 0 || !ended ? 'created' : 'exited';
  return {
    id,
    name: field(value, 'name', 'containerName', 'io.kubernetes.container.name'),
    image: field(value, 'image', 'imageRef', 'Image'),
    state,
    sandbox,
    processes,
    seq,
  };
}

function byLife(a: ProcessView, b: ProcessView): number {
  return Number(a.exitedAt !== null) - Number(b.exitedAt !== null) || a.startSeq - b.startSeq;
}
