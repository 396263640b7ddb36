/**
 * What checks can ask about: a read-only view of the machine as it is now, and of what each command line caused. It is
 * put together from the trace and the process table; nothing here knows a lesson.
 *
 *   pods        Pod sandboxes as `crictl pods` lists them
 *   containers  as `crictl ps -a` lists them
 *   images      names of containerd's namespace k8s.io
 *   processes   what `ps -e` would show on the node
 *   commands    command lines typed so far, oldest first
 */
import type { Machine } from '../machine/machine.ts';
import type { SpanId, TraceEvent } from '../sim/trace.ts';

/** `state`: Ready or NotReady. `ip` is empty without a network of its own. */
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

export type ImageView = { name: string };

/** `netns` is the inode of /proc/PID/ns/net; `cgroup` the path below /sys/fs/cgroup. */
export type ProcessView = { pid: bigint; ppid: bigint; comm: string; args: string; cgroup: string; netns: bigint };

/**
 * `cri`: CRI methods called because of this line, in order, answered or not (`RunPodSandbox`); `programs`: command
 * lines of what was executed, in order. `exitCode` is -1 while it runs.
 */
export type CommandView = { line: string; exitCode: bigint; cri: string[]; programs: string[] };

export type StateView = {
  pods: PodView[];
  containers: ContainerView[];
  images: ImageView[];
  processes: ProcessView[];
  commands: CommandView[];
};

/** The namespace that the CRI plugin keeps its objects in. */
const CRI_CONTAINERD_NAMESPACE = 'k8s.io';

export function stateView(machine: Machine): StateView {
  const records = announced(machine.trace.events);
  const pods = [...records('sandbox')].map(([id, value]) => podView(id, value));
  const names = new Map(pods.map((pod) => [pod.id, pod.name]));
  return {
    pods,
    containers: [...records('cri-container')].map(([id, value]) => containerView(id, value, names)),
    images: [...records('image')]
      .filter(
        ([name, value]) =>
          value['namespace'] === CRI_CONTAINERD_NAMESPACE && !name.startsWith('sha256:') && !name.includes('@'),
      )
      .map(([name]) => ({ name })),
    processes: processViews(machine),
    commands: commandViews(machine.trace.events),
  };
}

type Records = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** The last state that was announced for each key of a topic. */
function announced(events: readonly TraceEvent[]): (topic: string) => Records {
  const topics = new Map<string, Map<string, Record<string, unknown>>>();
  for (const event of events) {
    if (event.kind !== 'state') continue;
    const topic = topics.get(event.topic) ?? new Map<string, Record<string, unknown>>();
    topics.set(event.topic, topic);
    if (event.value === null) topic.delete(event.key);
    else topic.set(event.key, event.value);
  }
  return (topic) => topics.get(topic) ?? new Map();
}

function podView(id: string, value: Readonly<Record<string, unknown>>): PodView {
  return {
    id,
    name: text(value['name']),
    namespace: text(value['namespace']),
    state: value['state'] === 'ready' ? 'Ready' : 'NotReady',
    ip: text(value['ip']),
    handler: text(value['handler']),
  };
}

function containerView(
  id: string,
  value: Readonly<Record<string, unknown>>,
  pods: ReadonlyMap<string, string>,
): ContainerView {
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

function processViews(machine: Machine): ProcessView[] {
  return [...machine.kernel.processes.values()]
    .filter((process) => process.state !== 'dead')
    .map((process) => ({
      pid: BigInt(process.pid),
      ppid: BigInt(process.parent?.pid ?? 0),
      comm: process.comm,
      args: process.title ?? process.argv.join(' '),
      cgroup: process.cgroup.path,
      netns: BigInt(process.namespaces.net.id),
    }));
}

function commandViews(events: readonly TraceEvent[]): CommandView[] {
  const commands: CommandView[] = [];
  /** The command each span belongs to: that of its parent, unless it is a command itself. */
  const commandOf = new Map<SpanId, CommandView>();
  for (const event of events) {
    switch (event.kind) {
      case 'command.start': {
        const command: CommandView = { line: event.line, exitCode: -1n, cri: [], programs: [] };
        commands.push(command);
        commandOf.set(event.span, command);
        break;
      }
      case 'command.end': {
        const command = commandOf.get(event.span);
        if (command !== undefined) command.exitCode = BigInt(event.exitCode);
        break;
      }
      case 'span.start': {
        const command = commandOf.get(event.parent);
        if (command !== undefined) commandOf.set(event.id, command);
        break;
      }
      case 'rpc.request': {
        const [, service = '', method = ''] = event.method.split('/');
        if (service.startsWith('runtime.v1.')) commandOf.get(event.span)?.cri.push(method);
        break;
      }
      case 'process.exec':
        commandOf.get(event.span)?.programs.push(event.argv.join(' '));
        break;
      default:
    }
  }
  return commands;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function int(value: unknown): bigint {
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : typeof value === 'bigint' ? value : 0n;
}
