/**
 * Builds the causal tree of each command from the trace: spans, processes and RPCs nest as they were caused, the rest
 * of what happened hangs below as moments.
 */
import type { Layer, SpanId, TraceEvent } from '../sim/trace.ts';

export type CausalNode = {
  kind: 'command' | 'span' | 'process' | 'call' | 'event';
  name: string;
  layer: Layer | null;
  pid: number;
  span: SpanId;
  /** Number of the event it began with. */
  seq: number;
  startNs: number;
  /** Equal to the start for a moment; null if it was still going on at the end of the trace. */
  endNs: number | null;
  error: string | null;
  attributes: Record<string, string | number>;
  children: CausalNode[];
};

export type CausalTree = {
  root: CausalNode;
  exitCode: number | null;
  /** Who ran under each pid of the tree. */
  processNames: ReadonlyMap<number, string>;
  /** Wall clock of the node at its boot, ns since 1970. */
  bootWallTime: bigint;
};

export type CausalOptions = {
  /** What happened to files hangs below as moments as well. */
  files?: boolean;
};

type Builder = {
  files: boolean;
  spans: Map<SpanId, CausalNode>;
  processes: Map<number, CausalNode>;
  calls: Map<number, CausalNode>;
  names: Map<number, string>;
};

/**
 * One tree for each complete command line, in the order they were typed.
 * @param events from the first on @param bootWallTime ns since 1970
 */
export function causalTrees(
  events: Iterable<TraceEvent>,
  bootWallTime: bigint,
  { files = false }: CausalOptions = {},
): CausalTree[] {
  const builder: Builder = { files, spans: new Map(), processes: new Map(), calls: new Map(), names: new Map() };
  const trees: CausalTree[] = [];
  for (const event of events) {
    if (event.kind === 'process.exec') builder.names.set(event.pid, event.comm);
    if (event.kind === 'command.start') {
      const root = builder.spans.get(event.span);
      if (root === undefined) continue;
      root.kind = 'command';
      trees.push({ root, exitCode: null, processNames: builder.names, bootWallTime });
    } else if (event.kind === 'command.end') {
      const tree = trees.findLast((t) => t.root.span === event.command);
      if (tree !== undefined) tree.exitCode = event.exitCode;
    } else add(builder, event);
  }
  return trees;
}

/**
 * The calls that were wanted and lie below no command, each with all that it caused: what long-running programs asked of
 * each other. @param wanted by the method
 */
export function causalCalls(events: Iterable<TraceEvent>, wanted: (method: string) => boolean): CausalNode[] {
  const builder: Builder = { files: false, spans: new Map(), processes: new Map(), calls: new Map(), names: new Map() };
  const calls = new Set<CausalNode>();
  const commands: CausalNode[] = [];
  for (const event of events) {
    if (event.kind === 'command.start') {
      const root = builder.spans.get(event.span);
      if (root !== undefined) commands.push(root);
    } else if (event.kind !== 'command.end') add(builder, event);
    if (event.kind !== 'rpc.request' || !wanted(event.method)) continue;
    const call = builder.calls.get(callKey(event));
    if (call !== undefined) calls.add(call);
  }
  const drop = (node: CausalNode): void => {
    calls.delete(node);
    node.children.forEach(drop);
  };
  commands.forEach(drop);
  for (const call of [...calls]) call.children.forEach(drop);
  return [...calls];
}

/** What an event hangs below: its process if that was started for the same span, else the span. */
function parentOf(builder: Builder, span: SpanId, pid: number): CausalNode | undefined {
  const process = builder.processes.get(pid);
  return process?.span === span ? process : builder.spans.get(span);
}

function add(builder: Builder, event: TraceEvent): void {
  switch (event.kind) {
    case 'span.start': {
      const node = nodeOf('span', event.name, event.layer, event, { ...event.attributes });
      node.span = event.id;
      builder.spans.set(event.id, node);
      parentOf(builder, event.parent, event.pid)?.children.push(node);
      return;
    }
    case 'span.end':
      return finish(builder.spans.get(event.id), event.time, event.error);
    case 'process.fork': {
      const parent = parentOf(builder, event.span, event.pid);
      if (parent === undefined) return;
      const node = nodeOf('process', event.argv.join(' '), event.layer, event, { ppid: event.ppid });
      node.pid = event.child;
      builder.processes.set(event.child, node);
      parent.children.push(node);
      return;
    }
    case 'process.exec':
      return exec(builder, event);
    case 'process.exit': {
      const error = event.signal ?? (event.code === 0 ? null : `exit status ${event.code}`);
      return finish(builder.processes.get(event.pid), event.time, error);
    }
    case 'rpc.request': {
      const own = builder.spans.get(event.call);
      const node =
        event.protocol !== 'http' && own?.name === event.method ? own : nodeOf('call', event.method, null, event, {});
      if (node !== own) parentOf(builder, event.span, event.pid)?.children.push(node);
      node.kind = 'call';
      Object.assign(node.attributes, { protocol: event.protocol, address: event.address, requestBytes: event.length });
      builder.calls.set(callKey(event), node);
      return;
    }
    case 'rpc.response': {
      const node = builder.calls.get(callKey(event));
      if (node === undefined) return;
      Object.assign(node.attributes, { code: event.codeName, responseBytes: event.length });
      const failed = event.protocol === 'http' ? event.code >= 400 : event.code !== 0;
      if (failed) node.error = `${event.codeName}${event.message === '' ? '' : `: ${event.message}`}`;
      node.endNs ??= event.time;
      return;
    }
    default: {
      const moment = momentOf(event) ?? (builder.files ? fileMomentOf(event) : null);
      if (moment === null) return;
      const { path } = moment;
      const attributes = { event: event.kind, ...(path === undefined ? {} : { path }) };
      const node = nodeOf('event', moment.name, moment.layer, event, attributes);
      node.endNs = event.time;
      parentOf(builder, event.span, event.pid)?.children.push(node);
    }
  }
}

/** The first program of a process names it; what it becomes later is a moment of its own. */
function exec(builder: Builder, event: TraceEvent & { kind: 'process.exec' }): void {
  const process = builder.processes.get(event.pid);
  if (process === undefined) return;
  process.layer = event.layer;
  const line = event.argv.join(' ');
  if (process.attributes['path'] === undefined) {
    process.name = line;
    process.attributes['path'] = event.path;
    return;
  }
  const node = nodeOf('event', `exec ${line}`, event.layer, event, { event: event.kind, path: event.path });
  node.endNs = event.time;
  process.children.push(node);
}

function finish(node: CausalNode | undefined, time: number, error: string | null): void {
  if (node === undefined) return;
  node.endNs = time;
  node.error ??= error;
}

function nodeOf(
  kind: CausalNode['kind'],
  name: string,
  layer: Layer | null,
  event: TraceEvent,
  attributes: CausalNode['attributes'],
): CausalNode {
  const { span, pid, seq, time } = event;
  return { kind, name, layer, pid, span, seq, startNs: time, endNs: null, error: null, attributes, children: [] };
}

/** HTTP requests are counted apart from the spans that number RPCs. */
function callKey(event: { protocol: string; call: number }): number {
  return event.protocol === 'http' ? -event.call : event.call;
}

type Moment = { name: string; layer: Layer | null; path?: string };

function fileMomentOf(event: TraceEvent): Moment | null {
  const kernel = (name: string, path: string): Moment => ({ name, layer: 'kernel', path });
  switch (event.kind) {
    case 'file.create':
      // A cgroup's directory has its own moment.
      if (event.path.startsWith('/sys/fs/cgroup/')) return null;
      return kernel(`create ${event.type === 'file' ? '' : `${event.type} `}${event.path}`, event.path);
    case 'file.write':
      return kernel(`write ${event.path}, ${event.length} B`, event.path);
    case 'file.unlink':
      return kernel(`unlink ${event.path}`, event.path);
    case 'file.rename':
      return kernel(`rename ${event.path} to ${event.to}`, event.to);
    default:
      return null;
  }
}

function momentOf(event: TraceEvent): Moment | null {
  const kernel = (name: string): { name: string; layer: Layer } => ({ name, layer: 'kernel' });
  switch (event.kind) {
    case 'mount':
      return kernel(`mount ${event.fstype === '' ? 'bind' : event.fstype} ${event.target}`);
    case 'umount':
      return kernel(`umount ${event.target}`);
    case 'namespace.new':
      return kernel(`new ${event.type} namespace ${event.id}`);
    case 'namespace.join':
      return kernel(`join ${event.type} namespace ${event.id}`);
    case 'cgroup.create':
      return kernel(`cgroup create ${event.path}`);
    case 'cgroup.remove':
      return kernel(`cgroup remove ${event.path}`);
    case 'cgroup.attach':
      return kernel(`cgroup attach ${event.path} ${event.target}`);
    case 'cgroup.write':
      return kernel(`cgroup write ${event.path}/${event.file} ${JSON.stringify(event.value)}`);
    case 'net.link':
      return kernel(`link ${event.op} ${event.name} ${event.detail}`.trimEnd());
    case 'net.address':
      return kernel(`address ${event.name} ${event.address}`);
    case 'net.connect':
      return kernel(`connect ${event.address} ${event.result}`.trimEnd());
    case 'signal.send':
      return event.signal === 'SIGCHLD' ? null : kernel(`${event.signal} to ${event.to}`);
    case 'state': {
      const what = event.value === null ? 'removed' : 'changed';
      return { name: `${event.component} ${event.topic} ${event.key} ${what}`, layer: null };
    }
    default:
      return null;
  }
}
