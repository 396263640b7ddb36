/**
 * Events: written in the background, repeated ones counted on the first, floods cut off.
 * @models client-go tools/record event.go, events_cache.go
 * @fidelity partial: what differs only in its message is not gathered into "(combined from similar events)"
 */
import { rfc3339 } from '../../go/time.ts';
import type { Context } from '../../linux/context.ts';
import type { KubeClient } from '../../protocols/kube/client.ts';
import { StatusError } from '../../protocols/kube/status-error.ts';
import type { ObjectReference, Pod } from '../../protocols/kube/types.ts';
import { Queue } from '../../sim/primitives.ts';
import { isExpected } from './client.ts';
import { fieldPathOf } from './pod.ts';

export type EventType = 'Normal' | 'Warning';

const SPAM_BURST = 25;
const SPAM_REFILL_NS = 300_000_000_000;
const QUEUE_MAX = 1_000;
const CACHE_MAX = 4_096;
const RETRIES = 12;
const RETRY_NS = 10_000_000_000;

type Known = { name: string; namespace: string; count: number; firstTimestamp: string };
type Pending = {
  reference: ObjectReference;
  type: EventType;
  reason: string;
  message: string;
  at: string;
  name: string;
};

export class Recorder {
  private readonly client: KubeClient | null;
  private readonly host: string;
  private readonly queue: Queue<Pending>;
  private readonly known = new Map<string, Known>();
  /** No two events are of the same nanosecond. */
  private lastStamp = 0n;
  private readonly buckets = new Map<string, { tokens: number; at: number }>();

  constructor(ctx: Context, client: KubeClient | null, host: string) {
    this.client = client;
    this.host = host;
    this.queue = new Queue<Pending>(ctx.scheduler);
    if (client !== null) ctx.go('event-broadcaster', (c) => this.run(c, client));
  }

  pod(ctx: Context, pod: Pod, type: EventType, reason: string, message: string): void {
    this.record(ctx, podReference(pod), type, reason, message);
  }

  container(ctx: Context, pod: Pod, container: string, type: EventType, reason: string, message: string): void {
    this.record(ctx, { ...podReference(pod), fieldPath: fieldPathOf(pod, container) }, type, reason, message);
  }

  node(ctx: Context, name: string, type: EventType, reason: string, message: string): void {
    this.record(ctx, { kind: 'Node', name, apiVersion: 'v1' }, type, reason, message);
  }

  private record(ctx: Context, reference: ObjectReference, type: EventType, reason: string, message: string): void {
    if (this.client === null || this.queue.length >= QUEUE_MAX) return;
    if (this.isSpam(ctx, reference, reason)) return;
    // The name carries the time of the first occurrence, as upstream's does.
    this.lastStamp = ctx.wallTime > this.lastStamp ? ctx.wallTime : this.lastStamp + 1n;
    const name = `${reference.name}.${this.lastStamp.toString(16)}`;
    this.queue.push({ reference, type, reason, message, at: rfc3339(ctx.wallTime), name });
  }

  /** A token bucket per object and reason: recorded, the 26th event of one reason within minutes is dropped. */
  private isSpam(ctx: Context, { kind, namespace, name, uid }: ObjectReference, reason: string): boolean {
    const key = `${kind}/${namespace}/${name}/${uid}/${reason}`;
    const bucket = this.buckets.get(key) ?? { tokens: SPAM_BURST, at: ctx.now };
    bucket.tokens = Math.min(SPAM_BURST, bucket.tokens + (ctx.now - bucket.at) / SPAM_REFILL_NS);
    bucket.at = ctx.now;
    if (this.buckets.size >= CACHE_MAX) this.buckets.clear();
    this.buckets.set(key, bucket);
    if (bucket.tokens < 1) return true;
    bucket.tokens -= 1;
    return false;
  }

  private async run(ctx: Context, client: KubeClient): Promise<void> {
    for (let pending = await this.queue.take(); pending !== null; pending = await this.queue.take()) {
      for (let attempt = 0; attempt < RETRIES; attempt++) {
        try {
          await this.write(ctx, client, pending);
          break;
        } catch (error) {
          if (!isExpected(error)) throw error;
          // A refusal is final; a server that cannot be reached is tried again.
          if (error instanceof StatusError) break;
          await ctx.sleep(RETRY_NS);
        }
      }
    }
  }

  private async write(ctx: Context, client: KubeClient, pending: Pending): Promise<void> {
    const { reference, type, reason, message, at } = pending;
    const key = [
      reference.kind,
      reference.namespace,
      reference.name,
      reference.uid,
      reference.fieldPath,
      type,
      reason,
      message,
    ].join('|');
    const namespace = reference.namespace ?? 'default';
    const known = this.known.get(key);
    if (known !== undefined) {
      try {
        known.count++;
        await client.blind.patch(ctx, 'events', namespace, known.name, 'strategic', {
          count: known.count,
          lastTimestamp: at,
        });
        return;
      } catch (error) {
        if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
        this.known.delete(key);
      }
    }
    const { name } = pending;
    await client.blind.create(ctx, 'events', namespace, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: reference,
      reason,
      message,
      source: { component: 'kubelet', host: this.host },
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
      type,
      eventTime: null,
      reportingComponent: 'kubelet',
      reportingInstance: this.host,
    });
    if (this.known.size >= CACHE_MAX) this.known.clear();
    this.known.set(key, { name, namespace, count: 1, firstTimestamp: at });
  }
}

function podReference(pod: Pod): ObjectReference {
  const { namespace, name, uid, resourceVersion } = pod.metadata;
  return {
    kind: 'Pod',
    name,
    uid,
    apiVersion: 'v1',
    ...(namespace === undefined ? {} : { namespace }),
    ...(resourceVersion === undefined || resourceVersion === '' ? {} : { resourceVersion }),
  };
}
