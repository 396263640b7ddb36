/**
 * Hop mode: the few events of a command that tell its story, in order. Each is shown for at least 600 ms and a whole
 * command for at most 12 s, so of a longer story the heaviest hops are kept.
 */
import type { Layer, TraceEvent } from '../sim/trace.ts';
import { callFailed, callKey, isKernelEvent, isOutside, type Stratum, shortMethod, stratumOfCall } from './layers.ts';
import type { TraceIndex } from './trace-index.ts';

export const HOP_MS_MIN = 600;
export const COMMAND_MS_MAX = 12_000;
export const HOPS_MAX = COMMAND_MS_MAX / HOP_MS_MIN;

export type Hop = {
  readonly kind: 'request' | 'response' | 'exec' | 'exit' | 'kernel' | 'state';
  /** The drawing shows the node as it was after this event. */
  readonly seq: number;
  readonly stratum: Stratum | null;
  /** Real nouns only. */
  readonly label: string;
  readonly from: number;
  readonly to: number;
  readonly call: number | null;
  /** The call's whole method; empty for what is none. */
  readonly method: string;
  readonly failed: boolean;
  readonly weight: number;
};

/** Plans the hops among events [from, to), those caused by span `root` (0: all of them). */
export function planHops(
  events: readonly TraceEvent[],
  from: number,
  to: number,
  index: TraceIndex,
  root: number,
  max = HOPS_MAX,
): Hop[] {
  return plan(events, from, to, index, (event) => root === 0 || index.within(event.span, root), max);
}

/** Calls by which kubelet brings a node to what it was asked for; the others only look. */
export const CRI_CHANGES =
  /RuntimeService\/(RunPodSandbox|StopPodSandbox|RemovePodSandbox|CreateContainer|StartContainer|StopContainer|RemoveContainer|UpdateContainerResources)$|ImageService\/(PullImage|RemoveImage)$/;
const ASKS = /^(POST|PUT|PATCH|DELETE) /;

/** Is somebody at it right now? */
export function changing(index: TraceIndex): boolean {
  for (const call of index.calls.values()) if (call.endSeq === null && CRI_CHANGES.test(call.method)) return true;
  return false;
}

/** Did the command change what the API server keeps, so that others will act on it after the command has ended? */
export function asks(
  events: readonly TraceEvent[],
  from: number,
  to: number,
  index: TraceIndex,
  root: number,
): boolean {
  for (let seq = from; seq < to; seq++) {
    const event = events[seq];
    if (event?.kind === 'rpc.request' && ASKS.test(event.method) && index.within(event.span, root)) return true;
  }
  return false;
}

/** What was done among events [from, to) to bring the node to what was asked: the CRI calls that change it, and all below. */
export function planConsequences(
  events: readonly TraceEvent[],
  from: number,
  to: number,
  index: TraceIndex,
  max: number,
): Hop[] {
  const roots = new Set<number>();
  for (const call of index.calls.values())
    if (call.startSeq >= from && CRI_CHANGES.test(call.method)) roots.add(call.span);
  return plan(events, from, to, index, (event) => index.withinAny(event.span, roots), max);
}

function plan(
  events: readonly TraceEvent[],
  from: number,
  to: number,
  index: TraceIndex,
  wanted: (event: TraceEvent) => boolean,
  max: number,
): Hop[] {
  const hops: Hop[] = [];
  const layers = new Map<number, { layer: Layer | null; comm: string; argv: readonly string[] }>();
  for (let seq = from; seq < to; seq++) {
    const event = events[seq];
    if (event === undefined) break;
    if (isOutside(event.pid)) continue;
    if (!wanted(event)) continue;
    const hop = hopOf(event, index, layers);
    if (hop === null) continue;
    const last = hops.at(-1);
    if (
      last !== undefined &&
      (hop.kind === 'kernel' || hop.kind === 'state') &&
      last.kind === hop.kind &&
      last.from === hop.from
    ) {
      if (hop.kind === 'state' && last.label !== hop.label) {
        hops.push(hop);
        continue;
      }
      hops[hops.length - 1] = { ...hop, label: joined(last.label, hop.label) };
    } else hops.push(hop);
  }
  return heaviest(hops, max);
}

function hopOf(
  event: TraceEvent,
  index: TraceIndex,
  layers: Map<number, { layer: Layer | null; comm: string; argv: readonly string[] }>,
): Hop | null {
  const base = { seq: event.seq, from: event.pid, to: event.pid, call: null, method: '', failed: false };
  switch (event.kind) {
    case 'rpc.request': {
      const stratum = stratumOfCall(event.protocol, event.method, event.address);
      const label = shortMethod(event.method);
      return {
        ...base,
        kind: 'request',
        stratum,
        label,
        to: event.to,
        call: callKey(event),
        method: event.method,
        weight: stratum === 'cri' ? 9 : ASKS.test(event.method) ? 8 : event.protocol === 'http' ? 4 : 6,
      };
    }
    case 'rpc.response': {
      const record = index.calls.get(callKey(event));
      const stratum = record?.stratum ?? 'cri';
      const failed = callFailed(event.protocol, event.code);
      const label = failed ? event.codeName : shortMethod(event.method);
      const from = record?.to ?? event.pid;
      const to = record?.from ?? event.to;
      const weight = event.protocol === 'http' ? 1 : failed ? 8 : stratum === 'cri' ? 4 : 2;
      const call = callKey(event);
      return {
        ...base,
        kind: 'response',
        stratum,
        label,
        from,
        to,
        call,
        method: record?.method ?? '',
        failed,
        weight,
      };
    }
    case 'process.exec': {
      layers.set(event.pid, event);
      const weight = event.layer === 'shim' || event.layer === 'oci-runtime' || event.layer === 'workload' ? 7 : 3;
      return {
        ...base,
        kind: 'exec',
        stratum: stratumOfLayer(event.layer),
        label: shortCommand(event.argv, event.comm),
        weight,
      };
    }
    case 'process.exit': {
      const image = layers.get(event.pid);
      if (image === undefined) return null;
      const weight = image.layer === 'oci-runtime' ? 5 : image.layer === 'workload' ? 6 : 1;
      const failed = event.code !== 0 || event.signal !== null;
      return { ...base, kind: 'exit', stratum: stratumOfLayer(image.layer), label: image.comm, failed, weight };
    }
    case 'state':
      if (event.component === 'systemd') return null;
      return { ...base, kind: 'state', stratum: 'cri-runtime', label: event.topic, weight: 2 };
    default:
      if (!isKernelEvent(event)) return null;
      return { ...base, kind: 'kernel', stratum: 'kernel', label: kernelNoun(event), weight: 3 };
  }
}

function kernelNoun(event: TraceEvent): string {
  switch (event.kind) {
    case 'mount':
      return event.fstype === '' || event.fstype === 'none' ? 'bind' : event.fstype;
    case 'umount':
      return 'umount';
    case 'namespace.new':
      return `+${event.type.replace(/_for_children$/, '')}`;
    case 'namespace.join':
      return `setns ${event.type.replace(/_for_children$/, '')}`;
    case 'cgroup.write':
      return event.file;
    case 'cgroup.create':
      return 'mkdir cgroup';
    case 'cgroup.remove':
      return 'rmdir cgroup';
    case 'cgroup.attach':
      return 'cgroup.procs';
    case 'net.link':
    case 'net.address':
      return event.name;
    case 'signal.send':
      return event.signal;
    default:
      return '';
  }
}

function stratumOfLayer(layer: Layer | null): Stratum | null {
  return layer === 'client' ? null : layer;
}

/** `/usr/bin/runc --root … create --bundle …` → `runc create`. */
export function shortCommand(argv: readonly string[], comm: string): string {
  const name = (argv[0] ?? comm).split('/').at(-1) ?? comm;
  const takesValue =
    /^--?(root|log|log-format|bundle|pid-file|namespace|address|id|publish-binary|process|console-socket)$/;
  for (let i = 1; i < argv.length; i++) {
    const word = argv[i] as string;
    if (takesValue.test(word)) i++;
    else if (!word.startsWith('-')) return word.length > 24 ? name : `${name} ${word}`;
  }
  return name;
}

const LABEL_LENGTH_MAX = 40;

function joined(before: string, next: string): string {
  const parts = before.split(' · ');
  if (parts.includes(next) || before.endsWith('…')) return before;
  const text = `${before} · ${next}`;
  return text.length > LABEL_LENGTH_MAX ? `${before} …` : text;
}

function heaviest(hops: readonly Hop[], max: number): Hop[] {
  if (hops.length <= max) return [...hops];
  const kept = new Set(
    hops
      .map((hop, i) => ({ hop, i }))
      .sort((a, b) => b.hop.weight - a.hop.weight || a.i - b.i)
      .slice(0, max)
      .map(({ hop }) => hop),
  );
  return hops.filter((hop) => kept.has(hop));
}
