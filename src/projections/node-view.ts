/**
 * What the drawing knows about the machine at one moment. Maps are changed in place, their values never: a keyframe
 * is then a copy of the maps alone.
 */
import type { Layer, LinkState, RpcProtocol, SpanId } from '../sim/trace.ts';

export type ProcessView = {
  readonly pid: number;
  readonly ppid: number;
  /** Its number in its pid namespace; null where that is its kernel's first, and the number the same. */
  readonly pidInside: number | null;
  readonly comm: string;
  readonly argv: readonly string[];
  /** Path given to the last execve; empty while it still runs its parent's image. */
  readonly path: string;
  readonly program: string;
  readonly layer: Layer | null;
  /** What it was called before (`runc:[2:INIT]` before it became `top`), oldest first. */
  readonly formerComms: readonly string[];
  readonly startedAt: number;
  readonly startSeq: number;
  readonly exitedAt: number | null;
  readonly exitSeq: number | null;
  readonly exitCode: number;
  readonly exitSignal: string | null;
  readonly reaped: boolean;
  readonly stopped: boolean;
  /** Path in its own kernel's tree. */
  readonly cgroup: string;
  /** By type; those that its kernel began with are not listed (`kernelsOf`), `pid_for_children` only where it differs. */
  readonly namespaces: Readonly<Record<string, number>>;
  readonly rssBytes: number;
  /** Of it, what no cgroup is charged for. */
  readonly fileBytes: number;
  readonly threads: number;
  readonly span: SpanId;
};

/** A call whose response has not been seen yet. */
export type InFlightCall = {
  readonly call: number;
  readonly protocol: RpcProtocol;
  readonly method: string;
  readonly address: string;
  readonly from: number;
  readonly to: number;
  readonly startSeq: number;
  readonly startedAt: number;
};

export type OpenSpan = {
  readonly id: SpanId;
  readonly parent: SpanId;
  readonly name: string;
  readonly layer: Layer | null;
  readonly pid: number;
  readonly startSeq: number;
};

export type SocketView = {
  readonly kernel: number;
  readonly address: string;
  readonly pid: number;
  readonly openSeq: number;
  readonly connections: number;
};
export type MountView = {
  readonly kernel: number;
  readonly id: number;
  readonly namespace: number;
  /** Id of the mount it is in, null for the root of the namespace; and where in that. */
  readonly parent: number | null;
  readonly at: string;
  readonly source: string;
  readonly fstype: string;
  readonly options: string;
  readonly seq: number;
};
export type CgroupView = {
  readonly kernel: number;
  readonly path: string;
  readonly files: Readonly<Record<string, string>>;
  /** Files in memory that its processes wrote. */
  readonly shmemBytes?: number;
  readonly seq: number;
};
export type LinkView = LinkState & { readonly kernel: number; readonly seq: number };
export type NatView = {
  readonly kernel: number;
  readonly comment: string;
  /** Whose port it is: a Service's cluster IP, or '' for any address of the machine itself. */
  readonly host: string;
  readonly port: number;
  readonly to: string;
};
export type StateView = {
  readonly kernel: number;
  readonly component: string;
  readonly topic: string;
  readonly key: string;
  readonly scope: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly seq: number;
  readonly changedAt: number;
};
export type CommandView = {
  readonly command: number;
  readonly line: string;
  readonly startSeq: number;
  readonly running: boolean;
  readonly exitCode: number | null;
};

export type NodeView = {
  /** Sequence number of the next event to fold, and the time of the last one folded. */
  seq: number;
  time: number;
  readonly processes: Map<number, ProcessView>;
  readonly calls: Map<number, InFlightCall>;
  readonly spans: Map<SpanId, OpenSpan>;
  readonly sockets: Map<string, SocketView>;
  readonly mounts: Map<string, MountView>;
  readonly cgroups: Map<string, CgroupView>;
  readonly links: Map<string, LinkView>;
  readonly nat: Map<number, NatView>;
  readonly state: Map<string, StateView>;
  /** Machines beyond the node that were called since the last command began, by the pid that answers there. */
  readonly outside: Map<number, string>;
  /** The last command line that began: what is gone since then is still drawn as an outline. */
  command: CommandView | null;
};

export function emptyNodeView(): NodeView {
  return {
    seq: 0,
    time: 0,
    processes: new Map(),
    calls: new Map(),
    spans: new Map(),
    sockets: new Map(),
    mounts: new Map(),
    cgroups: new Map(),
    links: new Map(),
    nat: new Map(),
    state: new Map(),
    outside: new Map(),
    command: null,
  };
}

export function copyNodeView(view: NodeView): NodeView {
  return {
    seq: view.seq,
    time: view.time,
    processes: new Map(view.processes),
    calls: new Map(view.calls),
    spans: new Map(view.spans),
    sockets: new Map(view.sockets),
    mounts: new Map(view.mounts),
    cgroups: new Map(view.cgroups),
    links: new Map(view.links),
    nat: new Map(view.nat),
    state: new Map(view.state),
    outside: new Map(view.outside),
    command: view.command,
  };
}
