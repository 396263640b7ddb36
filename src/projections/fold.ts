/** Folds one trace event into the view of the node. Pure apart from the view it is given. */
import { kernelOfPid, NODE_KERNEL, type TraceEvent } from '../sim/trace.ts';
import { callKey, isOutside } from './layers.ts';
import type { LinkView, MountView, NodeView, ProcessView } from './node-view.ts';

export function fold(view: NodeView, event: TraceEvent): void {
  view.seq = event.seq + 1;
  view.time = event.time;
  if (isOutside(event.pid)) return;
  switch (event.kind) {
    case 'process.fork':
      foldFork(view, event);
      return;
    case 'process.exec': {
      const before = processOf(view, event.pid, event);
      change(view, event.pid, event, {
        path: event.path,
        argv: event.argv,
        comm: event.comm,
        layer: event.layer,
        program: event.program,
        formerComms: renamed(before, event.comm),
      });
      return;
    }
    case 'process.threads':
      change(view, event.pid, event, { threads: event.count });
      return;
    case 'process.memory':
      change(view, event.pid, event, { rssBytes: event.rssBytes, fileBytes: event.fileBytes ?? 0 });
      return;
    case 'process.comm': {
      const before = processOf(view, event.pid, event);
      change(view, event.pid, event, { comm: event.comm, formerComms: renamed(before, event.comm) });
      return;
    }
    case 'process.reparent':
      change(view, event.child, event, { ppid: event.ppid });
      return;
    case 'process.exit':
      change(view, event.pid, event, {
        exitedAt: event.time,
        exitSeq: event.seq,
        exitCode: event.code,
        exitSignal: event.signal,
        threads: 1,
      });
      return;
    case 'process.reap':
      if (view.processes.has(event.child)) change(view, event.child, event, { reaped: true });
      return;
    case 'process.stop':
      change(view, event.pid, event, { stopped: event.stopped });
      return;
    case 'namespace.new':
    case 'namespace.join': {
      const before = processOf(view, event.pid, event);
      // Who is already in a pid namespace cannot change to another: only a new one's first process joins one.
      const first = event.type === 'pid' ? { pidInside: 1 } : {};
      change(view, event.pid, event, { namespaces: { ...before.namespaces, [event.type]: event.id }, ...first });
      return;
    }
    case 'rpc.request':
      if (isOutside(event.to)) view.outside.set(event.to, event.address);
      view.calls.set(callKey(event), {
        call: callKey(event),
        protocol: event.protocol,
        method: event.method,
        address: event.address,
        from: event.pid,
        to: event.to,
        startSeq: event.seq,
        startedAt: event.time,
      });
      return;
    case 'rpc.response':
      view.calls.delete(callKey(event));
      return;
    case 'span.start':
      view.spans.set(event.id, {
        id: event.id,
        parent: event.parent,
        name: event.name,
        layer: event.layer,
        pid: event.pid,
        startSeq: event.seq,
      });
      return;
    case 'span.end':
      view.spans.delete(event.id);
      return;
    case 'state': {
      const kernel = kernelOfPid(event.pid);
      const scope = event.scope ?? '';
      const id = stateKey(kernel, event.component, event.topic, event.key, scope);
      if (event.value === null) {
        if (event.component === 'kernel')
          forgetKernel(view, event.topic === 'guest' ? Number(view.state.get(id)?.value.number) : kernel);
        view.state.delete(id);
      } else {
        view.state.set(id, {
          kernel,
          scope,
          component: event.component,
          topic: event.topic,
          key: event.key,
          value: event.value,
          seq: event.seq,
          changedAt: event.time,
        });
      }
      return;
    }
    case 'command.start':
      forgetTheGone(view);
      view.outside.clear();
      view.command = { command: event.command, line: event.line, startSeq: event.seq, running: true, exitCode: null };
      return;
    case 'command.end':
      if (view.command?.command === event.command) {
        view.command = { ...view.command, running: false, exitCode: event.exitCode };
      }
      return;
    default:
      foldKernel(view, event);
  }
}

function stateKey(kernel: number, component: string, topic: string, key: string, scope: string): string {
  return `${kernel}\0${component}\0${topic}\0${key}\0${scope}`;
}

/** With a guest goes all that was in it. */
function forgetKernel(view: NodeView, number: number): void {
  for (const map of [view.sockets, view.mounts, view.cgroups, view.links, view.nat, view.state] as Map<
    unknown,
    { kernel: number }
  >[])
    for (const [key, { kernel }] of map) if (kernel === number) map.delete(key);
}

/** What belongs to a kernel is found by its own name; on a guest, which has the same names again, after its number. */
export function onKernel(kernel: number, name: string): string {
  return kernel === NODE_KERNEL ? name : `${kernel}|${name}`;
}

/** Paths are sockets of a kernel, ports of a network namespace. */
function socketKey(view: NodeView, pid: number, address: string): string {
  const kernel = kernelOfPid(pid);
  const net = view.processes.get(pid)?.namespaces.net;
  return onKernel(kernel, address.startsWith('/') || net === undefined ? address : `${net}:${address}`);
}

function foldKernel(view: NodeView, event: TraceEvent): void {
  const kernel = kernelOfPid(event.pid);
  switch (event.kind) {
    case 'socket.listen':
      view.sockets.set(socketKey(view, event.pid, event.address), {
        kernel,
        address: event.address,
        pid: event.pid,
        openSeq: event.seq,
        connections: 0,
      });
      return;
    case 'socket.close':
      view.sockets.delete(socketKey(view, event.pid, event.address));
      return;
    case 'socket.connect': {
      const key = onKernel(kernel, event.address);
      const socket = view.sockets.get(key);
      if (socket !== undefined) view.sockets.set(key, { ...socket, connections: socket.connections + 1 });
      return;
    }
    case 'mount.attach': {
      const { id, namespace, parent, at, source, fstype, options, seq } = event;
      const key = onKernel(kernel, String(id));
      view.mounts.set(key, { kernel, id, namespace, parent, at, source, fstype, options, seq });
      return;
    }
    case 'mount.detach':
      for (const id of event.ids) view.mounts.delete(onKernel(kernel, String(id)));
      return;
    case 'mount.copy':
      foldMountCopies(view, event, kernel);
      return;
    case 'mount.forget':
      for (const [key, mount] of view.mounts)
        if (mount.kernel === kernel && mount.namespace === event.namespace) view.mounts.delete(key);
      return;
    case 'cgroup.create':
      view.cgroups.set(onKernel(kernel, event.path), { kernel, path: event.path, files: {}, seq: event.seq });
      return;
    case 'cgroup.remove':
      view.cgroups.delete(onKernel(kernel, event.path));
      return;
    case 'cgroup.write': {
      const key = onKernel(kernel, event.path);
      const group = view.cgroups.get(key) ?? { kernel, path: event.path, files: {}, seq: event.seq };
      view.cgroups.set(key, { ...group, files: { ...group.files, [event.file]: event.value } });
      if (event.file === 'cgroup.subtree_control') forgetControllers(view, event, kernel);
      return;
    }
    case 'cgroup.shmem': {
      const key = onKernel(kernel, event.path);
      const group = view.cgroups.get(key) ?? { kernel, path: event.path, files: {}, seq: event.seq };
      view.cgroups.set(key, { ...group, shmemBytes: event.bytes });
      return;
    }
    case 'cgroup.attach':
      change(view, event.target, event, { cgroup: event.path });
      return;
    case 'net.link':
      foldLink(view, event);
      return;
    case 'net.address': {
      const id = onKernel(kernel, `${event.namespace}/${event.name}`);
      const link = view.links.get(id) ?? unknownLink(event, kernel);
      const addresses = [...link.addresses.filter((a) => a !== event.address), event.address];
      view.links.set(id, { ...link, addresses });
      return;
    }
    case 'net.nat':
      if (event.op === 'add')
        view.nat.set(event.seq, { kernel, comment: event.comment, host: event.host, port: event.port, to: event.to });
      else
        for (const [seq, rule] of view.nat)
          if (rule.kernel === kernel && rule.comment === event.comment) view.nat.delete(seq);
      return;
    default:
  }
}

/** What a controller was told of the cgroups below is forgotten once it is switched off above them. */
function forgetControllers(view: NodeView, event: TraceEvent & { kind: 'cgroup.write' }, kernel: number): void {
  const on = new Set(event.value.split(/\s+/));
  const below = event.path === '/' ? '/' : `${event.path}/`;
  for (const [key, group] of view.cgroups) {
    if (group.kernel !== kernel || !group.path.startsWith(below) || group.path.includes('/', below.length)) continue;
    const kept = Object.entries(group.files).filter(([file]) => {
      const controller = file.slice(0, file.indexOf('.'));
      return controller === 'cgroup' || on.has(controller);
    });
    if (kept.length < Object.keys(group.files).length)
      view.cgroups.set(key, { ...group, files: Object.fromEntries(kept) });
  }
}

function foldMountCopies(view: NodeView, event: TraceEvent & { kind: 'mount.copy' }, kernel: number): void {
  const copyOf = new Map(event.copied.map((from, i) => [from, event.first + i]));
  for (const [from, id] of copyOf) {
    const original = view.mounts.get(onKernel(kernel, String(from)));
    if (original === undefined) continue;
    const parent = original.parent === null ? null : (copyOf.get(original.parent) ?? original.parent);
    const copy = { ...original, id, namespace: event.namespace, parent, seq: event.seq };
    view.mounts.set(onKernel(kernel, String(id)), copy);
  }
}

/** The path of a mount from the root of its namespace. */
export function mountTarget(view: NodeView, mount: MountView): string {
  let path = '';
  let at: MountView | undefined = mount;
  for (let depth = 0; at !== undefined && at.parent !== null && depth < MOUNT_DEPTH_MAX; depth++) {
    if (at.at !== '/') path = `${at.at}${path}`;
    at = view.mounts.get(onKernel(at.kernel, String(at.parent)));
  }
  return path === '' ? '/' : path;
}

const MOUNT_DEPTH_MAX = 64;

function foldLink(view: NodeView, event: TraceEvent & { kind: 'net.link' }): void {
  const kernel = kernelOfPid(event.pid);
  const before = onKernel(kernel, `${event.namespace}/${event.name}`);
  const { link } = event;
  const { seq } = view.links.get(before) ?? event;
  view.links.delete(before);
  if (link !== null) view.links.set(onKernel(kernel, `${link.namespace}/${link.name}`), { ...link, kernel, seq });
}

/** An interface that was there before it was spoken of: a card that was plugged in. */
function unknownLink(event: TraceEvent & { kind: 'net.address' }, kernel: number): LinkView {
  const { namespace, name, seq } = event;
  return { kernel, namespace, name, kind: '', up: true, mtu: 0, master: null, peer: null, addresses: [], seq };
}

function foldFork(view: NodeView, event: TraceEvent & { kind: 'process.fork' }): void {
  const parent = view.processes.get(event.pid);
  view.processes.set(event.child, {
    pid: event.child,
    ppid: event.ppid,
    pidInside: event.inside ?? null,
    comm: event.comm,
    argv: event.argv,
    path: parent?.path ?? '',
    program: parent?.program ?? '',
    layer: event.layer,
    formerComms: [],
    startedAt: event.time,
    startSeq: event.seq,
    exitedAt: null,
    exitSeq: null,
    exitCode: 0,
    exitSignal: null,
    reaped: false,
    stopped: false,
    cgroup: parent?.cgroup ?? '/',
    namespaces: inherited(parent),
    rssBytes: event.rssBytes,
    fileBytes: 0,
    threads: 1,
    span: event.span,
  });
}

/** A child is in its parent's namespaces, and in the pid namespace that its parent asked for. */
function inherited(parent: ProcessView | undefined): Readonly<Record<string, number>> {
  const { pid_for_children: pid, ...rest } = parent?.namespaces ?? {};
  return pid === undefined ? rest : { ...rest, pid };
}

/** A process that was there before the trace began (or whose fork was evicted) is taken as found. */
function processOf(view: NodeView, pid: number, event: TraceEvent): ProcessView {
  return (
    view.processes.get(pid) ?? {
      pid,
      ppid: 0,
      pidInside: null,
      comm: '',
      argv: [],
      path: '',
      program: '',
      layer: null,
      formerComms: [],
      startedAt: event.time,
      startSeq: event.seq,
      exitedAt: null,
      exitSeq: null,
      exitCode: 0,
      exitSignal: null,
      reaped: false,
      stopped: false,
      cgroup: '/',
      namespaces: {},
      rssBytes: 0,
      fileBytes: 0,
      threads: 1,
      span: event.span,
    }
  );
}

function change(view: NodeView, pid: number, event: TraceEvent, patch: Partial<ProcessView>): void {
  view.processes.set(pid, { ...processOf(view, pid, event), ...patch });
}

function renamed(process: ProcessView, comm: string): readonly string[] {
  return process.comm === '' || process.comm === comm ? process.formerComms : [...process.formerComms, process.comm];
}

/** Zombies stay until somebody has waited for them. */
function forgetTheGone(view: NodeView): void {
  for (const [pid, process] of view.processes) if (process.reaped) view.processes.delete(pid);
}
