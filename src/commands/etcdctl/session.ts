/**
 * A lease that is kept going for as long as somebody works with what is bound to it.
 * @models etcd 3.6 client/v3 lease.go, client/v3/concurrency session.go key.go
 * @fidelity partial: the lease is given up when the connection breaks and does not come back within its time
 */
import type { Context } from '../../linux/context.ts';
import {
  KVService,
  type LeaseKeepAliveResponse,
  LeaseService,
  type RangeRequest,
  RangeRequest_SortOrder,
  RangeRequest_SortTarget,
  WatchService,
} from '../../protocols/etcd/etcdserverpb/generated.ts';
import { Event_EventType } from '../../protocols/etcd/mvccpb/generated.ts';
import { GrpcError } from '../../protocols/grpc/status.ts';
import type { Input } from '../../protocols/proto/message-type.ts';
import { Queue } from '../../sim/primitives.ts';
import type { Client } from './client.ts';
import { EXIT, Exit } from './exit.ts';
import { prefixEnd } from './ranges.ts';

const encoder = new TextEncoder();
const RETRY_NS = 500_000_000;

/** Null: there is no such lease. */
export async function keepAliveOnce(ctx: Context, client: Client, id: bigint): Promise<LeaseKeepAliveResponse | null> {
  return client.reaching(ctx, null, async (connection) => {
    const stream = await connection.duplex(ctx, LeaseService.methods.LeaseKeepAlive);
    await stream.send(ctx, { ID: id });
    const answer = await stream.next(ctx);
    await stream.cancel(ctx);
    return answer === null || answer.TTL <= 0n ? null : answer;
  });
}

/** Until it has ended: three times in its time it is asked for more. */
export async function keepAlive(
  ctx: Context,
  client: Client,
  id: bigint,
  renewed: (answer: LeaseKeepAliveResponse) => Promise<void>,
): Promise<void> {
  for (;;) {
    try {
      const stream = await client.reaching(ctx, null, (connection) =>
        connection.duplex(ctx, LeaseService.methods.LeaseKeepAlive),
      );
      for (;;) {
        await stream.send(ctx, { ID: id });
        const answer = await stream.next(ctx);
        if (answer === null) break;
        if (answer.TTL <= 0n) return;
        await renewed(answer);
        await ctx.sleep(Math.floor((Number(answer.TTL) * 1e9) / 3));
      }
    } catch (error) {
      if (!(error instanceof GrpcError)) throw error;
    }
    await ctx.sleep(RETRY_NS);
  }
}

/** What whoever waits is woken by. */
export type Happening = 'acquired' | 'interrupted' | 'expired' | { readonly failed: unknown };

export class Session {
  readonly client: Client;
  readonly lease: bigint;
  readonly happenings: Queue<Happening>;

  private constructor(client: Client, lease: bigint, happenings: Queue<Happening>) {
    this.client = client;
    this.lease = lease;
    this.happenings = happenings;
  }

  static async open(ctx: Context, client: Client, ttl: number): Promise<Session> {
    const { ID } = await client.call(ctx, LeaseService.methods.LeaseGrant, { TTL: ttl }, null);
    const session = new Session(client, ID, new Queue<Happening>(ctx.scheduler));
    const { happenings } = session;
    ctx.go('keep-alive', async (c) => {
      await keepAlive(c, client, ID, async () => {});
      happenings.push('expired');
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      ctx.sys.sigaction(ctx, signal, () => happenings.push('interrupted'));
    return session;
  }

  /** Does what may take for ever; what comes first is told. */
  async whenDone(ctx: Context, body: (ctx: Context) => Promise<void>): Promise<Happening> {
    ctx.go('acquire', async (c) => {
      try {
        await body(c);
        this.happenings.push('acquired');
      } catch (failed) {
        this.happenings.push({ failed });
      }
    });
    return (await this.happenings.take()) as Happening;
  }

  range(ctx: Context, request: Input<RangeRequest>) {
    return this.client.call(ctx, KVService.methods.Range, request, null);
  }

  async delete(ctx: Context, key: string): Promise<void> {
    await this.client.call(ctx, KVService.methods.DeleteRange, { key: encoder.encode(key) }, null);
  }

  /** Until no key that is older than this revision is left. */
  async untilOlderAreGone(ctx: Context, prefix: string, maxCreateRevision: bigint): Promise<void> {
    for (;;) {
      const found = await this.range(ctx, { ...firstBy(prefix, RangeRequest_SortOrder.DESCEND), maxCreateRevision });
      const [last] = found.kvs;
      if (last === undefined) return;
      await this.watch(ctx, { key: last.key, startRevision: found.header?.revision ?? 0n }, (event) =>
        Promise.resolve(event.type === Event_EventType.DELETE),
      );
    }
  }

  /** Until `take` says that it is enough. */
  async watch(
    ctx: Context,
    createRequest: { key: Uint8Array; rangeEnd?: Uint8Array; startRevision: bigint },
    take: (event: WatchedEvent) => Promise<boolean>,
  ): Promise<void> {
    const stream = await this.client.reaching(ctx, null, async (connection) => {
      const opened = await connection.duplex(ctx, WatchService.methods.Watch);
      await opened.send(ctx, { createRequest });
      return opened;
    });
    for (let answer = await stream.next(ctx); answer !== null; answer = await stream.next(ctx)) {
      if (answer.canceled) break;
      for (const event of answer.events)
        if (await take(event)) {
          await stream.cancel(ctx);
          return;
        }
    }
    throw new Exit(EXIT.error, 'lost watcher waiting for delete');
  }
}

type WatchedEvent = { readonly type: number; readonly kv?: { key: Uint8Array; value: Uint8Array } | undefined };

/** The oldest key below a prefix, or the youngest. */
export function firstBy(prefix: string, sortOrder: RangeRequest_SortOrder): Input<RangeRequest> {
  const key = encoder.encode(prefix);
  return { key, rangeEnd: prefixEnd(key), limit: 1, sortTarget: RangeRequest_SortTarget.CREATE, sortOrder };
}
