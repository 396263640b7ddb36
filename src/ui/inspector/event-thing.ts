/** One event of the trace as a thing: all it says, and whom it is about. */
import { callKey } from '../../projections/layers.ts';
import type { NodeView } from '../../projections/node-view.ts';
import type { TraceEvent } from '../../sim/trace.ts';
import { clockText } from '../format.ts';
import type { Selection } from '../selection.ts';
import type { Fact, Thing } from './describe.ts';

/** What an event is best looked at as: its call, its process, or itself. */
export function selectionOf(event: TraceEvent): Selection {
  switch (event.kind) {
    case 'rpc.request':
    case 'rpc.response':
    case 'rpc.message':
      return { kind: 'call', call: callKey(event) };
    case 'process.exec':
    case 'process.exit':
      return { kind: 'process', pid: event.pid };
    default:
      return { kind: 'event', seq: event.seq };
  }
}

export function describeEvent(view: NodeView, event: TraceEvent | undefined): Thing {
  if (event === undefined) return { title: '', facts: null, parts: [], about: null };
  const { seq, time, kind, pid, span, ...data } = event;
  const pids = new Set([pid, ...('child' in event ? [event.child] : []), ...('to' in event ? [event.to] : [])]);
  const processes = [...pids].flatMap((each) => (typeof each === 'number' ? (view.processes.get(each) ?? []) : []));
  return {
    title: kind,
    facts: [
      ['event', String(seq)],
      ['time', clockText(time)],
      ['pid', String(pid)],
      ['span', String(span)],
      ...Object.entries(data).flatMap(([key, value]) => factsOf(key, value)),
    ],
    parts: [
      ...processes.map((p) => ({ label: `${p.comm} ${p.pid}`, select: { kind: 'process', pid: p.pid } as const })),
      ...('call' in event && kind.startsWith('rpc.')
        ? [{ label: event.method, select: { kind: 'call', call: callKey(event) } as const }]
        : []),
    ],
    about: null,
  };
}

function factsOf(key: string, value: unknown): Fact[] {
  if (Array.isArray(value)) return [[key, value.map((each) => String(each)).join(' ')]];
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([inner, deeper]) => factsOf(`${key}.${inner}`, deeper));
  return [[key, String(value)]];
}
