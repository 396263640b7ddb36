/**
 * Events are kept for an hour: each is bound to a lease, which is shared by those of a minute.
 * @models apiserver pkg/storage/etcd3 lease_manager.go
 * @fidelity partial: --event-ttl is the default
 */
import type { Context } from '../../../linux/context.ts';
import type { EtcdClient } from '../../../protocols/etcd/client.ts';
import { LeaseService } from '../../../protocols/etcd/etcdserverpb/generated.ts';

const SECOND_NS = 1_000_000_000;
const EVENT_TTL_SECONDS = 3_600;
const REUSE_SECONDS = 60;
const EVENTS_MAX = 1_000;

export class EventLeases {
  private id = 0n;
  private endsAt = 0;
  private events = 0;

  /** Throws a GrpcError when etcd does not answer. */
  async get(ctx: Context, client: EtcdClient): Promise<bigint> {
    const until = ctx.now + EVENT_TTL_SECONDS * SECOND_NS;
    this.events++;
    if (until < this.endsAt && until + REUSE_SECONDS * SECOND_NS > this.endsAt && this.events <= EVENTS_MAX)
      return this.id;
    const TTL = EVENT_TTL_SECONDS + REUSE_SECONDS;
    const answer = await client.call(ctx, LeaseService.methods.LeaseGrant, { TTL });
    this.id = answer.ID;
    this.endsAt = ctx.now + TTL * SECOND_NS;
    this.events = 1;
    return this.id;
  }
}
