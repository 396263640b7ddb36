/**
 * Sends events to containerd, in order, and keeps trying while containerd is away.
 * @models containerd pkg/shim/publisher.go @fidelity full
 */

import type { Context } from '../../../linux/context.ts';
import { isErrno } from '../../../linux/errno.ts';
import { getenv } from '../../../linux/io.ts';
import { EventsService } from '../../../protocols/containerd/services/ttrpc/events/v1/generated.ts';
import { Envelope } from '../../../protocols/containerd/types/generated.ts';
import { GrpcError } from '../../../protocols/grpc/status.ts';
import type { Input, MessageType } from '../../../protocols/proto/message-type.ts';
import { dialTtrpc, type TtrpcClient } from '../../../protocols/ttrpc/client.ts';
import { Queue } from '../../../sim/primitives.ts';
import type { SpanId } from '../../../sim/trace.ts';
import { log } from './log.ts';

const REQUEUES_MAX = 5;
const CALL_TIMEOUT_NS = 5_000_000_000;
const SECOND_NS = 1_000_000_000;

/** `span` is the work that the event tells of. */
type Item = { envelope: Envelope; tries: number; span: SpanId };

export class Publisher {
  private readonly queue: Queue<Item>;
  private readonly namespace: string;
  private client: TtrpcClient | null = null;
  private pending = 0;

  constructor(ctx: Context, namespace: string) {
    this.namespace = namespace;
    this.queue = new Queue<Item>(ctx.scheduler);
    ctx.go('publisher', (inner) => this.run(inner));
  }

  /** Whoever started the shim without an address wants no events. */
  publish<T>(ctx: Context, topic: string, type: MessageType<T>, event: Input<T>): void {
    if ((getenv(ctx, 'TTRPC_ADDRESS') ?? '') === '') return;
    const now = ctx.wallTime;
    const envelope = Envelope.create({
      timestamp: { seconds: now / 1_000_000_000n, nanos: Number(now % 1_000_000_000n) },
      namespace: this.namespace,
      topic,
      event: { typeUrl: type.typeName, value: type.encode(event) },
    });
    this.pending++;
    this.queue.push({ envelope, tries: 0, span: ctx.span });
  }

  /** Everything has been sent or given up. */
  get idle(): boolean {
    return this.pending === 0;
  }

  private async run(ctx: Context): Promise<void> {
    while (await this.sendNext(ctx));
  }

  /** Apart from the loop, which would keep the last event for as long as there is no other. */
  private async sendNext(ctx: Context): Promise<boolean> {
    const item = await this.queue.take();
    if (item !== null) await this.send(ctx, item);
    return item !== null;
  }

  private async send(ctx: Context, item: Item): Promise<void> {
    if (item.tries > REQUEUES_MAX) {
      this.pending--;
      await log(ctx, 'error', `evicting ${item.envelope.topic} from queue because of retry count`);
      return;
    }
    if (await this.forward(ctx.withSpan(item.span), item.envelope)) {
      this.pending--;
      return;
    }
    const again: Item = { ...item, tries: item.tries + 1 };
    ctx.go('requeue', async (inner) => {
      await inner.sleep(again.tries * SECOND_NS);
      this.queue.push(again);
    });
  }

  private async forward(ctx: Context, envelope: Envelope): Promise<boolean> {
    try {
      // A connection that has gone stale is found out by using it.
      if (this.client === null || !this.client.open)
        this.client = await dialTtrpc(ctx, getenv(ctx, 'TTRPC_ADDRESS') ?? '');
      await this.client.call(ctx, EventsService.methods.Forward, { envelope }, { deadline: ctx.now + CALL_TIMEOUT_NS });
      return true;
    } catch (error) {
      if (!isErrno(error) && !(error instanceof GrpcError)) throw error;
      await log(ctx, 'error', 'post event', { error: isErrno(error) ? error.go : error.description });
      return false;
    }
  }
}
