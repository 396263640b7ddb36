/**
 * What checks can ask about: a read-only view of the machine as it is now, and of what each command line caused. It is
 * put together from the trace, the process table and the node's files; nothing here knows a lesson. Every variable is
 * documented in lessons/AUTHORING.md.
 */
import type { Machine } from '../machine/machine.ts';
import type { SpanId, TraceEvent } from '../sim/trace.ts';
import { inodeAt, namesAt, textAt } from './node-files.ts';
import { StoredState } from './stored-state.ts';

/** `state`: Ready or NotReady. `ip` is empty without a network of its own; `handler` is empty for the default one. */
export type PodView = { id: string; name: string; namespace: string; state: string; ip: string; handler: string };

/** `state`: Created, Running, Exited or Unknown. `pod` and `podId` name the sandbox. `pid` is 0 without a process. */
export type ContainerView = {
  id: string;
  name: string;
  image: string;
  state: string;
  pod: string;
  podId: string;
  pid: bigint;
  exitCode: bigint;
};

/** `namespace` is containerd's; `target` the digest that the name points at. */
export type ImageView = { name: string; namespace: string; target: string };

/** A container of containerd itself, of any of its namespaces; `task` tells whether a shim runs a task for it. */
export type RecordView = { id: string; namespace: string; image: string; runtime: string; snapshot: string };
export type TaskView = { id: string; namespace: string; status: string };

/** A blob of the content store. */
export type BlobView = { digest: string; namespace: string; size: bigint };

/**
 * Namespaces by the inode of /proc/PID/ns/…; `cgroup` is the path below /sys/fs/cgroup; `pidInside` the pid that the
 * process has for itself; `started` in ns since boot.
 */
export type ProcessView = {
  pid: bigint;
  ppid: bigint;
  comm: string;
  args: string;
  uid: bigint;
  state: string;
  cgroup: string;
  netns: bigint;
  pidns: bigint;
  mntns: bigint;
  utsns: bigint;
  ipcns: bigint;
  userns: bigint;
  hostname: string;
  pidInside: bigint;
  started: bigint;
};

/** A unit of systemd: `active` as `systemctl is-active` says it. */
export type UnitView = { name: string; active: string; sub: string; mainPid: bigint };

/** A Kubernetes object as etcd keeps it. `ready`: its condition Ready is True (Pods, nodes). */
export type ObjectView = {
  kind: string;
  namespace: string;
  name: string;
  uid: string;
  ready: boolean;
  metadata: unknown;
  spec: unknown;
  status: unknown;
  body: unknown;
};

/**
 * `cri`: CRI methods called because of this line, in order, answered or not (`RunPodSandbox`); `programs`: command
 * lines of what was executed, in order. `exitCode` is -1 while it runs.
 */
export type CommandView = { line: string; exitCode: bigint; cri: string[]; programs: string[] };

export type Lists = {
  pods: PodView[];
  containers: ContainerView[];
  images: ImageView[];
  records: RecordView[];
  tasks: TaskView[];
  blobs: BlobView[];
  processes: ProcessView[];
  units: UnitView[];
  objects: ObjectView[];
};

export type StateView = Lists & {
  commands: CommandView[];
  /** The lists as they were when the learner got the node. */
  before: Lists;
  hostname: string;
  /** containerd's configuration as the running daemon read it: imports and defaults merged, newest form; else empty. */
  config: unknown;
  file(path: string): string;
  exists(path: string): boolean;
  names(path: string): string[];
  /** Permission bits; 0 if there is nothing. */
  mode(path: string): bigint;
};

/** The namespace that the CRI plugin keeps its objects in. */
const CRI_CONTAINERD_NAMESPACE = 'k8s.io';

/** Observes one machine; whatever happened before it was made is set-up and no learner's command. */
export class StateViewer {
  private readonly machine: Machine;
  private readonly stored: StoredState;
  private readonly topics = new Map<string, Map<string, Readonly<Record<string, unknown>>>>();
  /** By pid. */
  private readonly configs = new Map<number, Readonly<Record<string, unknown>>>();
  private readonly commands: CommandView[] = [];
  /** The command each span belongs to: that of its parent, unless it is a command itself. */
  private readonly commandOf = new Map<SpanId, CommandView>();
  private seq = 0;
  private readonly from: number;
  private readonly before: Lists;

  constructor(machine: Machine) {
    this.machine = machine;
    this.stored = new StoredState(machine.kernel);
    this.from = machine.trace.nextSeq;
    this.read();
    this.before = this.lists();
  }

  /** How many command lines have ended. */
  get ended(): number {
    this.read();
    return this.commands.filter((command) => command.exitCode !== -1n).length;
  }

  view(): StateView {
    this.read();
    const { kernel } = this.machine;
    return {
      ...this.lists(),
      commands: this.commands,
      before: this.before,
      hostname: kernel.initialNamespaces.uts.hostname,
      config: this.config(),
      file: (path) => textAt(kernel, path),
      exists: (path) => inodeAt(kernel, path) !== null,
      names: (path) => namesAt(kernel, path),
      mode: (path) => BigInt((inodeAt(kernel, path)?.mode ?? 0) & 0o7777),
    };
  }

  private read(): void {
    for (const event of this.machine.trace.since(this.seq)) {
      if (event.kind === 'state') this.announced(event);
      else if (this.seq >= this.from) this.caused(event);
      this.seq++;
    }
    this.stored.read(this.machine.kernel);
  }

  private announced({ topic, key, value, pid }: TraceEvent & { kind: 'state' }): void {
    if (topic === 'config' && value !== null) this.configs.set(pid, value);
    const records = this.topics.get(topic) ?? new Map<string, Readonly<Record<string, unknown>>>();
    this.topics.set(topic, records);
    if (value === null) records.delete(key);
    else records.set(key, value);
  }

  private config(): unknown {
    const { processes } = this.machine.kernel;
    const alive = [...this.configs].filter(([pid]) => (processes.get(pid)?.state ?? 'dead') !== 'dead');
    const main = this.topics.get('unit')?.get('containerd.service')?.['mainPid'];
    return celValue((alive.find(([pid]) => pid === main) ?? alive.at(-1))?.[1] ?? {});
  }

  private caused(event: TraceEvent): void {
    switch (event.kind) {
      case 'command.start': {
        const command: CommandView = { line: event.line, exitCode: -1n, cri: [], programs: [] };
        this.commands.push(command);
        this.commandOf.set(event.span, command);
        break;
      }
      case 'command.end': {
        const command = this.commandOf.get(event.span);
        if (command !== undefined) command.exitCode = BigInt(event.exitCode);
        break;
      }
      case 'span.start': {
        const command = this.commandOf.get(event.parent);
        if (command !== undefined) this.commandOf.set(event.id, command);
        break;
      }
      case 'rpc.request': {
        const [, service = '', method = ''] = event.method.split('/');
        if (service.startsWith('runtime.v1.')) this.commandOf.get(event.span)?.cri.push(method);
        break;
      }
      case 'process.exec':
        this.commandOf.get(event.span)?.programs.push(event.argv.join(' '));
        break;
      default:
    }
  }

  private lists(): Lists {
    const of = (topic: string) => [...(this.topics.get(topic) ?? [])];
    const pods = of('sandbox').map(([id, value]) => podView(id, value));
    const podNames = new Map(pods.map((pod) => [pod.id, pod.name]));
    return {
      pods,
      containers: of('cri-container').map(([id, value]) => containerView(id, value, podNames)),
      images: this.bucket('images', (name, namespace, value) => {
        // The names that the CRI plugin adds for itself are no tags.
        if (namespace === CRI_CONTAINERD_NAMESPACE && (name.startsWith('sha256:') || name.includes('@'))) return null;
        return { name, namespace, target: digestOf(value['target']) };
      }),
      records: this.bucket('containers', (id, namespace, value) => ({
        id,
        namespace,
        image: text(value['image']),
        runtime: text((value['runtime'] as { name?: unknown } | undefined)?.name),
        snapshot: text(value['snapshotKey']),
      })),
      tasks: of('task').map(([key, value]) => taskView(key, value)),
      blobs: this.bucket('content', (digest, namespace, value) => ({ digest, namespace, size: int(value['size']) })),
      processes: processViews(this.machine),
      units: of('unit').map(([name, value]) => ({
        name,
        active: text(value['activeState']),
        sub: text(value['subState']),
        mainPid: int(value['mainPid']),
      })),
      objects: [...this.stored.objects.values()].map(objectView),
    };
  }

  /** One kind of containerd's records, in every namespace. */
  private bucket<T>(
    kind: string,
    make: (key: string, namespace: string, value: Record<string, unknown>) => T | null,
  ): T[] {
    return [...this.stored.buckets].flatMap(([name, entries]) => {
      if (!name.endsWith(`/${kind}`)) return [];
      const namespace = name.slice(0, -kind.length - 1);
      return [...entries].map(([key, value]) => make(key, namespace, value)).filter((made) => made !== null);
    });
  }
}

type Value = Readonly<Record<string, unknown>>;

function podView(id: string, value: Value): PodView {
  return {
    id,
    name: text(value['name']),
    namespace: text(value['namespace']),
    state: value['state'] === 'ready' ? 'Ready' : 'NotReady',
    ip: text(value['ip']),
    handler: text(value['handler']),
  };
}

function containerView(id: string, value: Value, pods: ReadonlyMap<string, string>): ContainerView {
  const podId = text(value['sandbox']);
  const state = text(value['state']).replace('CONTAINER_', '').toLowerCase();
  return {
    id,
    name: text(value['name']),
    image: text(value['image']),
    state: state.slice(0, 1).toUpperCase() + state.slice(1),
    pod: pods.get(podId) ?? '',
    podId,
    pid: int(value['pid']),
    exitCode: int(value['exitCode']),
  };
}

function taskView(key: string, value: Value): TaskView {
  const [id = key, namespace = ''] = key.split('/').reverse();
  return { id, namespace: text(value['namespace']) || namespace, status: text(value['status']) };
}

function processViews(machine: Machine): ProcessView[] {
  return [...machine.kernel.processes.values()]
    .filter((process) => process.state !== 'dead')
    .map((process) => {
      const { net, pid, mnt, uts, ipc, user } = process.namespaces;
      return {
        pid: BigInt(process.pid),
        ppid: BigInt(process.parent?.pid ?? 0),
        comm: process.comm,
        args: process.title ?? process.argv.join(' '),
        uid: BigInt(process.credentials.uid),
        state: process.state,
        cgroup: process.cgroup.path,
        netns: BigInt(net.id),
        pidns: BigInt(pid.id),
        mntns: BigInt(mnt.id),
        utsns: BigInt(uts.id),
        ipcns: BigInt(ipc.id),
        userns: BigInt(user.id),
        hostname: uts.hostname,
        pidInside: BigInt(process.pidIn(pid)),
        started: BigInt(process.startTime),
      };
    });
}

function objectView(stored: Record<string, unknown>): ObjectView {
  const body = celValue(stored) as Record<string, unknown>;
  const metadata = (body['metadata'] ?? {}) as Record<string, unknown>;
  const status = (body['status'] ?? {}) as Record<string, unknown>;
  const conditions = Array.isArray(status['conditions']) ? (status['conditions'] as Record<string, unknown>[]) : [];
  return {
    kind: text(body['kind']),
    namespace: text(metadata['namespace']),
    name: text(metadata['name']),
    uid: text(metadata['uid']),
    ready: conditions.some((condition) => condition['type'] === 'Ready' && condition['status'] === 'True'),
    metadata,
    spec: body['spec'] ?? {},
    status,
    body,
  };
}

/** CEL's whole numbers are bigints. */
function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, celValue(inner)]));
}

function digestOf(target: unknown): string {
  return text((target as { digest?: unknown } | undefined)?.digest);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function int(value: unknown): bigint {
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : typeof value === 'bigint' ? value : 0n;
}
