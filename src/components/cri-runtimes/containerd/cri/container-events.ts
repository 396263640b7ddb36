/**
 * The stream of GetContainerEvents. While nobody listens, events are kept for a while.
 * @models containerd 2.1 internal/eventq
 * @fidelity full
 */
import type { Context } from '../../../../linux/context.ts';
import type { ContainerEventResponse } from '../../../../protocols/cri/generated.ts';
import type { Input } from '../../../../protocols/proto/message-type.ts';
import { Queue } from '../../../../sim/primitives.ts';

type Event = Input<ContainerEventResponse>;

const KEEP_NS = 300_000_000_000;
const KEEP_MAX = 10_000;

export class ContainerEvents {
  private readonly base: Context;
  private readonly subscribers = new Set<Queue<Event>>();
  private backlog: { event: Event; time: number }[] = [];

  constructor(base: Context) {
    this.base = base;
  }

  send(event: Event): void {
    if (this.subscribers.size > 0) {
      for (const queue of this.subscribers) queue.push(event);
      return;
    }
    const oldest = this.base.now - KEEP_NS;
    this.backlog = this.backlog.filter((kept) => kept.time >= oldest);
    if (this.backlog.length < KEEP_MAX) this.backlog.push({ event, time: this.base.now });
  }

  subscribe(): { queue: Queue<Event>; close(): void } {
    const queue = new Queue<Event>(this.base.scheduler);
    const oldest = this.base.now - KEEP_NS;
    for (const kept of this.backlog) if (kept.time >= oldest) queue.push(kept.event);
    this.backlog = [];
    this.subscribers.add(queue);
    return {
      queue,
      close: () => {
        this.subscribers.delete(queue);
        queue.close();
      },
    };
  }
}
