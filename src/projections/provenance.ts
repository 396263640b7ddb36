/** Where a thing comes from: the event that made it, the call it was made in, and the command that all was for. */
import { kernelOfPid, type SpanId, type TraceEvent } from '../sim/trace.ts';
import type { CallRecord, CommandRecord, TraceIndex } from './trace-index.ts';

export type Provenance = {
  readonly event: TraceEvent;
  /** The innermost call that its maker was answering. */
  readonly call: CallRecord | null;
  readonly command: CommandRecord | null;
};

const DEPTH_MAX = 256;

export function provenanceOf(index: TraceIndex, event: TraceEvent): Provenance {
  let call: CallRecord | null = null;
  let command: CommandRecord | null = null;
  let at: SpanId = event.span;
  for (let depth = 0; at !== 0 && command === null && depth < DEPTH_MAX; depth++) {
    // An RPC has the number of its span.
    call ??= index.calls.get(at) ?? null;
    command = index.commands.findLast(({ span }) => span === at) ?? null;
    at = index.spans.get(at)?.parent ?? 0;
  }
  return { event, call, command };
}

/** What makes a thing, and what ends one of the same name. */
export type Making = {
  readonly made: (event: TraceEvent) => boolean;
  readonly ended?: (event: TraceEvent) => boolean;
};

/** The first event that made it, after the last that ended its forerunner; null when it was there from the beginning. */
export function makingOf(events: readonly TraceEvent[], end: number, { made, ended }: Making): TraceEvent | null {
  let first: TraceEvent | null = null;
  for (let i = Math.min(end, events.length) - 1; i >= 0; i--) {
    const event = events[i] as TraceEvent;
    if (first !== null && ended?.(event) === true) break;
    if (!made(event)) continue;
    first = event;
    // Without an end there is only one.
    if (ended === undefined) break;
  }
  return first;
}

/** A record of a program, by what tells it apart. */
export function recordMaking(id: {
  readonly kernel?: number;
  readonly component?: string;
  readonly topic?: string;
  readonly key: string;
  readonly scope?: string;
}): Making {
  const same = (event: TraceEvent): event is TraceEvent & { kind: 'state' } =>
    event.kind === 'state' &&
    event.key === id.key &&
    (id.topic === undefined || event.topic === id.topic) &&
    (id.component === undefined || event.component === id.component) &&
    (id.scope === undefined || (event.scope ?? '') === id.scope) &&
    (id.kernel === undefined || kernelOfPid(event.pid) === id.kernel);
  return {
    made: (event) => same(event) && event.value !== null,
    ended: (event) => same(event) && event.value === null,
  };
}
