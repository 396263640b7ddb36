/**
 * Every event the page has received, and the view at any of them: keyframes at growing distances, so that looking
 * back costs at most one interval of folding and memory stays bounded however long the session is.
 */
import type { TraceEvent } from '../sim/trace.ts';
import { fold } from './fold.ts';
import { copyNodeView, emptyNodeView, type NodeView } from './node-view.ts';

const KEYFRAMES_MAX = 64;
const FIRST_INTERVAL_EVENTS = 1024;

export class History {
  readonly events: TraceEvent[] = [];
  /** The newest view; changed in place by `append`. */
  readonly live: NodeView = emptyNodeView();
  private keyframes: NodeView[] = [emptyNodeView()];
  private interval = FIRST_INTERVAL_EVENTS;
  private cached: NodeView | null = null;

  append(events: readonly TraceEvent[]): void {
    for (const event of events) {
      if (event.seq !== this.events.length)
        throw new Error(`trace gap: got ${event.seq}, expected ${this.events.length}`);
      this.events.push(event);
      fold(this.live, event);
      if (this.events.length % this.interval === 0) this.keep();
    }
  }

  get length(): number {
    return this.events.length;
  }

  /** The view after the first `seq` events. Not to be changed by the caller; valid until the next call. */
  at(seq: number): NodeView {
    const end = Math.max(0, Math.min(seq, this.events.length));
    if (end === this.events.length) return this.live;
    let view = this.cached;
    if (view !== null && view.seq === end) return view;
    if (view === null || view.seq > end || end - view.seq > this.interval) {
      let best = this.keyframes[0] as NodeView;
      for (const frame of this.keyframes) if (frame.seq <= end && frame.seq > best.seq) best = frame;
      view = copyNodeView(best);
    } else {
      view = copyNodeView(view);
    }
    for (let i = view.seq; i < end; i++) fold(view, this.events[i] as TraceEvent);
    this.cached = view;
    return view;
  }

  /** How many events happened up to and including virtual time `time`. */
  seqAtTime(time: number): number {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.events[middle] as TraceEvent).time <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private keep(): void {
    this.keyframes.push(copyNodeView(this.live));
    if (this.keyframes.length <= KEYFRAMES_MAX) return;
    this.keyframes = this.keyframes.filter((_, i) => i % 2 === 0);
    this.interval *= 2;
  }
}
