/** What a call or a command caused: its span tree, and what changed one thing over time. */
import { kernelOfPid, type SpanId, type TraceEvent } from '../sim/trace.ts';
import type { SpanRecord, TraceIndex } from './trace-index.ts';

export type SpanLine = { readonly span: SpanRecord; readonly depth: number };

const LINES_MAX = 200;
const EVENTS_SCANNED_MAX = 100_000;

/** The tree under `root`, flattened depth first. */
export function spanLines(index: TraceIndex, root: SpanId): SpanLine[] {
  const out: SpanLine[] = [];
  const visit = (id: SpanId, depth: number): void => {
    const span = index.spans.get(id);
    if (span === undefined || out.length >= LINES_MAX) return;
    out.push({ span, depth });
    for (const child of span.children) visit(child, depth + 1);
  };
  visit(root, 0);
  return out;
}

/** Events before `end` that mention the thing: its pid, or its id anywhere in what they carry (on that kernel). Newest first. */
export function changesOf(
  events: readonly TraceEvent[],
  end: number,
  thing: { pid?: number; text?: string; kernel?: number },
  max = 40,
): TraceEvent[] {
  const out: TraceEvent[] = [];
  const last = Math.min(end, events.length) - 1;
  for (let i = last; i >= Math.max(0, last - EVENTS_SCANNED_MAX) && out.length < max; i--) {
    const event = events[i] as TraceEvent;
    if (thing.kernel !== undefined && kernelOfPid(event.pid) !== thing.kernel) continue;
    if (thing.pid !== undefined ? touchesProcess(event, thing.pid) : mentions(event, thing.text ?? '')) out.push(event);
  }
  return out;
}

function touchesProcess(event: TraceEvent, pid: number): boolean {
  switch (event.kind) {
    case 'process.fork':
    case 'process.reparent':
    case 'process.reap':
      return event.child === pid;
    case 'process.exec':
    case 'process.comm':
    case 'process.exit':
    case 'process.stop':
    case 'namespace.new':
    case 'namespace.join':
      return event.pid === pid;
    case 'signal.send':
      return event.to === pid;
    case 'cgroup.attach':
      return event.target === pid;
    case 'process.memory':
      return event.pid === pid;
    default:
      return false;
  }
}

function mentions(event: TraceEvent, text: string): boolean {
  switch (event.kind) {
    case 'state':
      return event.key === text || event.key.endsWith(`/${text}`);
    case 'process.exec':
      return event.argv.includes(text);
    case 'mount':
    case 'umount':
      return event.target.includes(text);
    case 'cgroup.create':
    case 'cgroup.remove':
    case 'cgroup.write':
    case 'cgroup.attach':
      return event.path.includes(text);
    case 'socket.listen':
    case 'socket.close':
    case 'socket.connect':
      return event.address === text;
    default:
      return false;
  }
}
