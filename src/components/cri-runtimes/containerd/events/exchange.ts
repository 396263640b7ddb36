/**
 * The event exchange: everything that happens is published once, in order, to all who subscribed.
 * @models containerd 2.1 core/events/exchange/exchange.go
 * @fidelity partial: filters know topics only
 */
import type { Context } from '../../../../linux/context.ts';
import type { Input, MessageType } from '../../../../protocols/proto/message-type.ts';
import { Queue } from '../../../../sim/primitives.ts';

export type Envelope = { timeNs: bigint; namespace: string; topic: string; typeUrl: string; value: Uint8Array };

export type Subscription = { queue: Queue<Envelope>; close(): void };

/** A slow subscriber loses the oldest first. */
const QUEUE_MAX = 10_000;

export class Exchange {
  private readonly subscribers = new Set<{ queue: Queue<Envelope>; matches: (e: Envelope) => boolean }>();

  publish<T>(ctx: Context, namespace: string, topic: string, type: MessageType<T>, event: Input<T>): void {
    this.forward({ timeNs: ctx.wallTime, namespace, topic, typeUrl: type.typeName, value: type.encode(event).slice() });
  }

  forward(envelope: Envelope): void {
    for (const subscriber of this.subscribers) {
      if (!subscriber.matches(envelope)) continue;
      if (subscriber.queue.length < QUEUE_MAX) subscriber.queue.push(envelope);
    }
  }

  subscribe(ctx: Context, matches: (envelope: Envelope) => boolean = () => true): Subscription {
    const entry = { queue: new Queue<Envelope>(ctx.scheduler), matches };
    this.subscribers.add(entry);
    return {
      queue: entry.queue,
      close: () => {
        this.subscribers.delete(entry);
        entry.queue.close();
      },
    };
  }
}
