/** Where a step in time ends: at the next event, at the end of the call that is under way, or in another layer. */
import type { SpanId, TraceEvent } from '../sim/trace.ts';
import { isKernelEvent, isOutside, type Stratum, stratumOfCall } from './layers.ts';
import type { TraceIndex } from './trace-index.ts';

export const STEP_KINDS = ['event', 'span', 'layer'] as const;

export type StepKind = (typeof STEP_KINDS)[number];

/** What a step ends with, as far as it depends on where it begins. */
export type Step =
  | { readonly kind: 'event' }
  /** The pieces of work that are under way, or any if there are none. */
  | { readonly kind: 'span'; readonly spans: readonly SpanId[] }
  | { readonly kind: 'layer'; readonly layer: Stratum | null };

const DEPTH_MAX = 256;

/** The step of that kind from the moment after the first `at` events. */
export function stepFrom(kind: StepKind, events: readonly TraceEvent[], index: TraceIndex, at: number): Step {
  if (kind === 'event') return { kind };
  if (kind === 'layer') {
    let layer: Stratum | null = null;
    for (let i = at - 1; i >= 0 && layer === null; i--) layer = beginsIn(events[i] as TraceEvent);
    return { kind, layer };
  }
  const last = events[at - 1];
  const spans: SpanId[] = [];
  // One that has just begun is under way; of one that has ended only those around it are.
  let span = last?.kind === 'span.start' ? last.id : (last?.span ?? 0);
  for (let depth = 0; span !== 0 && depth < DEPTH_MAX; depth++) {
    spans.push(span);
    span = index.spans.get(span)?.parent ?? 0;
  }
  return { kind, spans };
}

export function endsStep(step: Step, event: TraceEvent): boolean {
  switch (step.kind) {
    case 'event':
      return true;
    case 'span':
      return event.kind === 'span.end' && (step.spans.length === 0 || step.spans.includes(event.id));
    case 'layer': {
      const layer = beginsIn(event);
      return layer !== null && layer !== step.layer;
    }
  }
}

/** How many events have happened when the step is over; all that there are if it does not end before. */
export function stepInPast(kind: StepKind, events: readonly TraceEvent[], index: TraceIndex, at: number): number {
  const step = stepFrom(kind, events, index, at);
  for (let i = at; i < events.length; i++) if (endsStep(step, events[i] as TraceEvent)) return i + 1;
  return events.length;
}

/** The layer in which the event begins something: a call to it, a piece of its work, a program of it. */
function beginsIn(event: TraceEvent): Stratum | null {
  if (isOutside(event.pid)) return null;
  if (isKernelEvent(event)) return 'kernel';
  if (event.kind === 'rpc.request') return stratumOfCall(event.protocol, event.method, event.address);
  if (event.kind !== 'span.start' && event.kind !== 'process.exec') return null;
  return event.layer === 'client' ? null : event.layer;
}
