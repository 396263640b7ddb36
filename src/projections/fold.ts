/** Folds one trace event into the view of the node. Pure apart from the view it is given. */
import type { TraceEvent } from '../sim/trace.ts';
import { callKey, isOutside } from './layers.ts';
import type { NodeView, ProcessView } from './node-view.ts';

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
      change(view, event.pid, event, { namespaces: { ...before.namespaces, [event.type]: event.id } });
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
      const id = stateKey(event.component, event.topic, event.key);
      if (event.value === null) view.state.delete(id);
      else {
        view.state.set(id, {
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

export function stateKey(component: string, topic: string, key: string): string {
  return `${component}\0${topic}\0${key}`;
}

function foldKernel(view: NodeView, event: TraceEvent): void {
  switch (event.kind) {
    case 'socket.listen':
      view.sockets.set(event.address, { address: event.address, pid: event.pid, openSeq: event.seq, connections: 0 });
      return;
    case 'socket.close':
      view.sockets.delete(event.address);
      return;
    case 'socket.connect': {
      const socket = view.sockets.get(event.address);
      if (socket !== undefined) view.sockets.set(event.address, { ...socket, connections: socket.connections + 1 });
      return;
    }
    case 'mount':
      view.mounts.set(`${event.namespace}:${event.target}`, {
        namespace: event.namespace,
        source: event.source,
        target: event.target,
        fstype: event.fstype,
        options: event.options,
        seq: event.seq,
      });
      return;
    case 'umount':
      view.mounts.delete(`${event.namespace}:${event.target}`);
      return;
    case 'cgroup.create':
      view.cgroups.set(event.path, { path: event.path, files: {}, seq: event.seq });
      return;
    case 'cgroup.remove':
      view.cgroups.delete(event.path);
      return;
    case 'cgroup.write': {
      const group = view.cgroups.get(event.path) ?? { path: event.path, files: {}, seq: event.seq };
      view.cgroups.set(event.path, { ...group, files: { ...group.files, [event.file]: event.value } });
      return;
    }
    case 'cgroup.attach':
      change(view, event.target, event, { cgroup: event.path });
      return;
    case 'net.link':
      foldLink(view, event);
      return;
    case 'net.address': {
      const id = `${event.namespace}/${event.name}`;
      const link = view.links.get(id);
      const addresses = [...(link?.addresses ?? []).filter((a) => a !== event.address), event.address];
      view.links.set(id, {
        namespace: event.namespace,
        name: event.name,
        detail: link?.detail ?? '',
        addresses,
        seq: link?.seq ?? event.seq,
      });
      return;
    }
    default:
  }
}

function foldLink(view: NodeView, event: TraceEvent & { kind: 'net.link' }): void {
  const id = `${event.namespace}/${event.name}`;
  if (/del|remove|destroy/.test(event.op)) {
    view.links.delete(id);
    return;
  }
  const link = view.links.get(id);
  const newName = /\bnewName=(\S+)/.exec(event.detail)?.[1];
  if (newName !== undefined && link !== undefined) {
    view.links.delete(id);
    view.links.set(`${event.namespace}/${newName}`, { ...link, name: newName });
    return;
  }
  view.links.set(id, {
    namespace: event.namespace,
    name: event.name,
    detail: link === undefined ? event.detail : link.detail,
    addresses: link?.addresses ?? [],
    seq: link?.seq ?? event.seq,
  });
}

function foldFork(view: NodeView, event: TraceEvent & { kind: 'process.fork' }): void {
  const parent = view.processes.get(event.pid);
  view.processes.set(event.child, {
    pid: event.child,
    ppid: event.ppid,
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
    namespaces: parent?.namespaces ?? {},
    span: event.span,
  });
}

/** A process that was there before the trace began (or whose fork was evicted) is taken as found. */
function processOf(view: NodeView, pid: number, event: TraceEvent): ProcessView {
  return (
    view.processes.get(pid) ?? {
      pid,
      ppid: 0,
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

function forgetTheGone(view: NodeView): void {
  for (const [pid, process] of view.processes) if (process.exitedAt !== null) view.processes.delete(pid);
}
