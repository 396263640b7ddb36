/** Everything that can be looked for: what there is at the moment shown, what has been called and typed, what can be done. */
import { mountTarget } from '../../projections/fold.ts';
import { kernelsOf, NAMESPACE_TYPES, namespaceOf } from '../../projections/kernels.ts';
import { NUMERALS, type Stratum, shortMethod } from '../../projections/layers.ts';
import type { NodeView } from '../../projections/node-view.ts';
import { nameOf } from '../../projections/roles.ts';
import { podsOf } from '../../projections/rooms.ts';
import type { TraceIndex } from '../../projections/trace-index.ts';
import { kernelOfPid, type TraceEvent } from '../../sim/trace.ts';
import { clockText } from '../format.ts';
import type { NamespaceSelection } from '../inspector/describe-namespace.ts';
import type { Selection } from '../selection.ts';

export type FindKind =
  | 'action'
  | 'command'
  | 'pod'
  | 'container'
  | 'process'
  | 'state'
  | 'socket'
  | 'call'
  | 'cgroup'
  | 'mount'
  | 'link'
  | 'namespace'
  | 'event';

export type Find = {
  readonly id: string;
  readonly kind: FindKind;
  readonly label: string;
  /** What tells it apart, and is searched, too. */
  readonly detail: string;
  readonly select?: Selection;
  /** Span of a command: its causes are shown. */
  readonly causes?: number;
  readonly run?: () => void;
};

const COMMANDS_MAX = 50;
const CALLS_MAX = 300;
const EVENTS_MAX = 1000;
const MEMBERS_SHOWN = 20;
const TEXTS_SHOWN = 3;
const LABEL_LENGTH_MAX = 120;
/** Found as what they are of: calls, commands, their spans. */
const ELSEWHERE = /^(?:rpc|span|command|syscall|input)\b/;

/** `events` are those up to the moment of `view`. */
export function findsOf(view: NodeView, index: TraceIndex, events: readonly TraceEvent[]): Find[] {
  const finds: Find[] = [];
  const add = (kind: FindKind, label: string, detail: string, select: Selection): void => {
    finds.push({ id: `${kind} ${JSON.stringify(select)}`, kind, label, detail, select });
  };
  for (const { line, span, command } of index.commands.slice(-COMMANDS_MAX).reverse())
    finds.push({
      id: `command ${command}`,
      kind: 'command',
      label: line.split('\n')[0] ?? '',
      detail: '',
      causes: span,
    });
  for (const pod of podsOf(view)) {
    if (pod.pod)
      add('pod', pod.name || pod.id.slice(0, 13), `${pod.kubeNamespace} ${pod.address} ${pod.id.slice(0, 13)}`, {
        kind: 'pod',
        id: pod.id,
      });
    for (const container of pod.containers)
      add('container', container.name, `${container.image} ${container.state} ${container.id.slice(0, 13)}`, {
        kind: 'container',
        id: container.id,
      });
  }
  for (const process of view.processes.values()) {
    if (process.exitedAt !== null) continue;
    add('process', `${nameOf(process)} ${process.pid}`, process.argv.join(' '), { kind: 'process', pid: process.pid });
  }
  for (const [id, { component, topic, key, scope }] of view.state)
    add('state', `${topic} ${key}`, `${component} ${scope}`.trim(), { kind: 'state', id });
  for (const [address, socket] of view.sockets)
    add('socket', socket.address, `pid ${socket.pid}`, { kind: 'socket', address });
  for (const call of [...index.calls.values()].slice(-CALLS_MAX).reverse())
    add('call', shortMethod(call.method), `${call.call} ${call.codeName} ${call.address}`, {
      kind: 'call',
      call: call.call,
    });
  for (const [path, cgroup] of view.cgroups) add('cgroup', cgroup.path, '', { kind: 'cgroup', path });
  for (const [id, mount] of view.mounts)
    add('mount', mountTarget(view, mount), `${mount.fstype} mnt:[${mount.namespace}]`, { kind: 'mount', id });
  for (const [id, link] of view.links)
    add('link', link.name, `${link.kind} ${link.addresses.join(' ')}`.trim(), { kind: 'link', id });
  for (const { select, members } of namespacesOf(view))
    add('namespace', `${select.type}:[${select.id}]`, members.slice(0, MEMBERS_SHOWN).join(' '), select);
  let told = 0;
  for (let i = events.length - 1; i >= 0 && told < EVENTS_MAX; i--) {
    const event = events[i] as TraceEvent;
    if (ELSEWHERE.test(event.kind)) continue;
    told++;
    add('event', `${event.kind} ${aboutOf(event)}`.trim(), clockText(event.time), { kind: 'event', seq: event.seq });
  }
  return finds;
}

/** Every namespace that somebody is in, with who is. */
function namespacesOf(view: NodeView): Iterable<{ select: NamespaceSelection; members: string[] }> {
  const found = new Map<string, { select: NamespaceSelection; members: string[] }>();
  const kernels = kernelsOf(view);
  for (const process of view.processes.values()) {
    if (process.exitedAt !== null) continue;
    const kernel = kernelOfPid(process.pid);
    for (const type of NAMESPACE_TYPES) {
      const id = namespaceOf(kernels, process, type);
      if (id === null) continue;
      const key = `${kernel} ${type} ${id}`;
      let one = found.get(key);
      if (one === undefined) {
        one = { select: { kind: 'namespace', kernel, type, id }, members: [] };
        found.set(key, one);
      }
      one.members.push(`${nameOf(process)} ${process.pid}`);
    }
  }
  return found.values();
}

/** The texts of an event, the first ones: a path, a target, what was said. */
function aboutOf(event: TraceEvent): string {
  const { seq: _seq, time: _time, span: _span, pid: _pid, kind: _kind, ...data } = event;
  const texts = Object.values(data).filter((value) => typeof value === 'string' && value !== '');
  return texts.slice(0, TEXTS_SHOWN).join(' ').slice(0, LABEL_LENGTH_MAX);
}

/** Those that have all the words, the best first: whose label begins with what was typed, then whose label has it. */
export function search(finds: readonly Find[], text: string, max: number): Find[] {
  const wanted = text.trim().toLowerCase();
  const words = wanted.split(/\s+/).filter((word) => word !== '');
  const ranked: [rank: number, find: Find][] = [];
  for (const find of finds) {
    const label = find.label.toLowerCase();
    const all = `${label} ${find.detail.toLowerCase()} ${find.kind}`;
    if (!words.every((word) => all.includes(word))) continue;
    ranked.push([label.startsWith(wanted) ? 0 : label.includes(wanted) ? 1 : 2, find]);
  }
  return ranked
    .sort(([a], [b]) => a - b)
    .slice(0, max)
    .map(([, find]) => find);
}

export function numeralOf(kind: FindKind): string {
  const stratum = STRATUM_OF[kind];
  return stratum === undefined ? '' : NUMERALS[stratum];
}

const STRATUM_OF: { readonly [K in FindKind]?: Stratum } = {
  pod: 'workload',
  container: 'workload',
  state: 'cri-runtime',
  socket: 'cri',
  cgroup: 'kernel',
  mount: 'kernel',
  link: 'kernel',
  namespace: 'kernel',
};
