/** One command in a few sentences' worth of facts: the way it took, who came and went, and what others made of it since. */
import type { Layer, TraceEvent } from '../sim/trace.ts';
import type { NodeView, ProcessView } from './node-view.ts';
import { nameOf, placeOf } from './roles.ts';
import { type ContainerRoom, type PodRoom, podsOf, shimIdOf } from './rooms.ts';
import type { CommandRecord, TraceIndex } from './trace-index.ts';

/** How a process or container ended; a signal's name, or the code. */
export type Ending = Pick<ProcessView, 'exitCode' | 'exitSignal'>;

/** A container that was begun again in its pod. */
export type Restart = {
  readonly container: ContainerRoom;
  readonly pod: PodRoom;
  /** How the one before it ended; null if nobody remembers. */
  readonly before: Ending | null;
  /** Who asked for it; empty if no call tells. */
  readonly by: string;
};

/** What came, by the pod it came in (null: in none), and who of those that were there before has gone. */
export type Outcome = {
  readonly running: readonly { readonly pod: PodRoom | null; readonly processes: readonly ProcessView[] }[];
  readonly exited: readonly ProcessView[];
};

export type CommandSummary = {
  /** Programs that took part, in order, without repeats: `crictl`, `containerd`, `containerd-shim-runc-v2`, `runc`, `top`. */
  readonly path: readonly string[];
  /** By the command itself. */
  readonly own: Outcome;
  /** By others, while it ran and since. */
  readonly after: Outcome;
  readonly restarts: readonly Restart[];
  /** Containers whose first process has ended, and of which there is no later one. */
  readonly ended: readonly { readonly container: ContainerRoom; readonly pod: PodRoom }[];
};

export function summarise(
  events: readonly TraceEvent[],
  command: CommandRecord,
  index: TraceIndex,
  view: NodeView,
): CommandSummary {
  return { path: wayOf(events, command, index, view), ...outcomeOf(command, index, view) };
}

/** Who was called and who was started, each by its name. */
export function wayOf(
  events: readonly TraceEvent[],
  command: CommandRecord,
  index: TraceIndex,
  view: NodeView,
): string[] {
  const path: string[] = [];
  const seen = (name: string): void => {
    if (name !== '' && !path.includes(name)) path.push(name);
  };
  const end = command.endSeq ?? events.length;
  // What is started for a container runs other programs on its way to what it is there for.
  const workloads = new Set<number>();
  for (let seq = command.startSeq; seq <= end; seq++) {
    const event = events[seq];
    if (event === undefined) continue;
    if (command.span !== 0 && !index.within(event.span, command.span)) continue;
    if (event.kind === 'process.exec') {
      if (event.layer === 'client' || event.layer === 'shim' || event.layer === 'oci-runtime')
        seen(baseName(event.path, event.comm));
      else if (event.layer === 'workload') workloads.add(event.pid);
    } else if (event.kind === 'rpc.request') {
      seen(programOf(view, event.pid));
      seen(programOf(view, event.to));
    }
  }
  const [first] = [...workloads].flatMap((pid) => view.processes.get(pid) ?? []);
  seen(first?.comm ?? '');
  return path;
}

/** What has come of a command by the moment of the view; asked anew as time goes on. */
export function outcomeOf(command: CommandRecord, index: TraceIndex, view: NodeView): Omit<CommandSummary, 'path'> {
  const pods = podsOf(view);
  const { restarts, ended } = containersOf(pods, command, index, view);
  const told = new Set<number>();
  for (const { pod, container } of [...restarts, ...ended])
    for (const other of pod.containers)
      if (other.name === container.name && !other.sandbox) for (const { pid } of other.processes) told.add(pid);
  const isOwn = (process: ProcessView): boolean => command.span === 0 || index.within(process.span, command.span);
  const born = (process: ProcessView): boolean => process.startSeq >= command.startSeq;
  const came: ProcessView[] = [];
  const went: ProcessView[] = [];
  for (const process of view.processes.values()) {
    if (told.has(process.pid)) continue;
    if (process.exitedAt === null) {
      if (born(process) && stays(placeOf(process).stratum)) came.push(process);
    } else if ((process.exitSeq ?? 0) >= command.startSeq && tellsOfItsEnd(process, born(process), isOwn))
      went.push(process);
  }
  const ownEnd = (process: ProcessView): boolean =>
    (process.exitSeq ?? 0) <= (command.endSeq ?? Number.POSITIVE_INFINITY);
  const homes = homesOf(pods);
  return {
    restarts,
    ended,
    own: { running: byPod(came.filter(isOwn), homes), exited: went.filter(ownEnd) },
    after: {
      running: byPod(
        came.filter((process) => !isOwn(process)),
        homes,
      ),
      exited: went.filter((process) => !ownEnd(process)),
    },
  };
}

/** Helpers come and go unnamed; an oci-runtime that has done its work for the command is part of its story. */
function tellsOfItsEnd(process: ProcessView, born: boolean, isOwn: (process: ProcessView) => boolean): boolean {
  const { stratum } = placeOf(process);
  if (!born) return stays(stratum);
  return stratum === 'oci-runtime' && process.comm === nameOf(process) && isOwn(process);
}

/** What is started in these layers is meant to stay; clients and oci-runtimes come and go. */
function stays(layer: Layer | null): boolean {
  return layer !== null && layer !== 'client' && layer !== 'oci-runtime';
}

function containersOf(
  pods: readonly PodRoom[],
  command: CommandRecord,
  index: TraceIndex,
  view: NodeView,
): Pick<CommandSummary, 'restarts' | 'ended'> {
  const restarts: Restart[] = [];
  const ended: { container: ContainerRoom; pod: PodRoom }[] = [];
  for (const pod of pods) {
    const latest = new Map<string, ContainerRoom>();
    for (const container of pod.containers) {
      // What was removed has no name any more.
      if (container.sandbox || container.name === '') continue;
      const known = latest.get(container.name);
      if (known === undefined || known.seq < container.seq) latest.set(container.name, container);
    }
    for (const container of latest.values()) {
      const [main] = container.processes;
      if (main === undefined) continue;
      if (container.attempt > 0 && main.startSeq >= command.startSeq) {
        const before = pod.containers.find(
          (other) => other.name === container.name && other.attempt === container.attempt - 1,
        )?.processes[0];
        restarts.push({ container, pod, before: before ?? null, by: askedBy(main, index, view) });
      } else if (main.exitedAt !== null && (main.exitSeq ?? 0) >= command.startSeq) ended.push({ container, pod });
    }
  }
  return { restarts, ended };
}

const SPAN_DEPTH_MAX = 256;

/** Whose call of the CRI a process was started by. */
function askedBy(process: ProcessView, index: TraceIndex, view: NodeView): string {
  let at = process.span;
  for (let depth = 0; at !== 0 && depth < SPAN_DEPTH_MAX; depth++) {
    const call = index.calls.get(at);
    if (call?.method.endsWith('/StartContainer') === true) return programOf(view, call.from);
    at = index.spans.get(at)?.parent ?? 0;
  }
  return '';
}

/** The pod of each process that is there for one, its shim or monitor included. */
function homesOf(pods: readonly PodRoom[]): (process: ProcessView) => PodRoom | null {
  const ofPid = new Map<number, PodRoom>();
  const ofId = new Map<string, PodRoom>();
  for (const pod of pods) {
    ofId.set(pod.id, pod);
    for (const container of pod.containers) {
      ofId.set(container.id, pod);
      for (const { pid } of container.processes) ofPid.set(pid, pod);
    }
    for (const { process } of pod.support) ofPid.set(process.pid, pod);
    for (const { pid } of pod.guestProcesses) ofPid.set(pid, pod);
  }
  return (process) => {
    const id = shimIdOf(process) ?? process.argv.find((word) => ofId.has(word)) ?? '';
    return ofPid.get(process.pid) ?? ofId.get(id) ?? null;
  };
}

function byPod(processes: readonly ProcessView[], home: (process: ProcessView) => PodRoom | null): Outcome['running'] {
  const out = new Map<PodRoom | null, ProcessView[]>();
  for (const process of [...processes].sort((a, b) => a.startSeq - b.startSeq)) {
    const pod = home(process);
    const there = out.get(pod);
    if (there === undefined) out.set(pod, [process]);
    else there.push(process);
  }
  return [...out].map(([pod, list]) => ({ pod, processes: list }));
}

function programOf(view: NodeView, pid: number): string {
  const process = view.processes.get(pid);
  return process === undefined ? '' : baseName(process.path, process.comm);
}

function baseName(path: string, comm: string): string {
  return path === '' ? comm : (path.split('/').at(-1) ?? comm);
}
