/**
 * Leases: they end when nobody keeps them alive, and the keys that are bound to them go with them.
 * @models etcd 3.6 server/lease/lessor.go, server/etcdserver/api/v3rpc/lease.go
 * @fidelity partial: after a restart each has its whole time again (no checkpoints); --heartbeat-interval and
 * --election-timeout, of which the shortest lease follows, are the defaults
 */
import type { Context } from '../../../linux/context.ts';
import {
  type LeaseKeepAliveRequest,
  type LeaseKeepAliveResponse,
  LeaseService,
  type ResponseHeader,
} from '../../../protocols/etcd/etcdserverpb/generated.ts';
import type { Member } from '../../../protocols/etcd/member.ts';
import type { GrpcServer, ServerCall } from '../../../protocols/grpc/server.ts';
import { GrpcError, grpcCode } from '../../../protocols/grpc/status.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Queue } from '../../../sim/primitives.ts';
import { type KeyValues, leaseName } from './key-values.ts';

const SECOND_NS = 1_000_000_000;
/** How often it is looked whether one has ended. */
const CHECK_NS = 500_000_000;
/** One and a half elections. */
const TTL_MIN = 2;
const TTL_MAX = 9_000_000_000;

export class Lessor {
  private readonly keys: KeyValues;
  private readonly member: Member;
  private readonly startedMs: bigint;
  /** When each ends, in virtual time. */
  private readonly ends = new Map<string, number>();
  private readonly checks: Queue<null>;
  private checkAt = Number.POSITIVE_INFINITY;

  constructor(ctx: Context, keys: KeyValues, member: Member) {
    this.keys = keys;
    this.member = member;
    this.startedMs = ctx.wallTime / 1_000_000n;
    this.checks = new Queue(ctx.scheduler);
    for (const id of keys.database.leases.keys()) this.renew(ctx, id);
    ctx.go('lessor', async (c) => {
      for (;;) {
        await this.checks.take();
        this.checkAt = Number.POSITIVE_INFINITY;
        for (const [id, end] of [...this.ends]) if (end <= c.now) await this.revoke(c, id);
        for (const end of this.ends.values()) this.checkBy(c, end);
      }
    });
  }

  /** @returns the seconds that it was granted for */
  async grant(ctx: Context, wanted: bigint, ttl: number): Promise<{ id: bigint; ttl: number }> {
    if (ttl > TTL_MAX) throw new GrpcError(grpcCode.OutOfRange, 'etcdserver: too large lease TTL');
    const id = wanted === 0n ? this.nextId() : wanted;
    const name = leaseName(id) as string;
    const granted = Math.max(ttl, TTL_MIN);
    await this.keys.grantLease(ctx, name, granted);
    this.renew(ctx, name);
    return { id, ttl: granted };
  }

  async revoke(ctx: Context, id: string): Promise<void> {
    this.ends.delete(id);
    await this.keys.revokeLease(ctx, id);
  }

  /** @returns the seconds that it has from now; 0: there is no such lease */
  renew(ctx: Context, id: string): number {
    const lease = this.keys.database.leases.get(id);
    if (lease === undefined) return 0;
    const end = ctx.now + lease.ttl * SECOND_NS;
    this.ends.set(id, end);
    this.checkBy(ctx, end);
    return lease.ttl;
  }

  /** The whole seconds that are left; null: there is no such lease. */
  left(ctx: Context, id: string): number | null {
    const end = this.ends.get(id);
    return end === undefined ? null : Math.max(0, Math.floor((end - ctx.now) / SECOND_NS));
  }

  /** Those that end first come first. */
  get all(): readonly string[] {
    return [...this.ends].sort(([, a], [, b]) => a - b).map(([id]) => id);
  }

  private checkBy(ctx: Context, end: number): void {
    const at = Math.ceil(end / CHECK_NS) * CHECK_NS;
    if (at >= this.checkAt) return;
    this.checkAt = at;
    ctx.scheduler.at(at, () => this.checks.push(null));
  }

  /** The member, the time it was started, and how many there were. @models etcd pkg/idutil id.go */
  private nextId(): bigint {
    const low = ((this.startedMs & 0xffffffffffn) << 8n) + BigInt(++this.keys.proposals);
    return (((this.member.id & 0xffffn) << 48n) | (low & 0xffffffffffffn)) & 0x7fffffffffffffffn;
  }
}

export function implementLeases(
  server: GrpcServer,
  keys: KeyValues,
  lessor: Lessor,
  header: () => Input<ResponseHeader>,
): void {
  const asked = (ctx: Context): Promise<void> => ctx.cpu(LATENCY.etcdRequestNs);
  const known = (id: bigint): string => leaseName(id) ?? '0';
  server.implement(LeaseService, {
    LeaseGrant: async (ctx, request) => {
      await asked(ctx);
      const { id, ttl } = await lessor.grant(ctx, request.ID, Number(request.TTL));
      return { header: header(), ID: id, TTL: BigInt(ttl) };
    },
    LeaseRevoke: async (ctx, { ID }) => {
      await asked(ctx);
      await lessor.revoke(ctx, known(ID));
      return { header: header() };
    },
    LeaseKeepAlive: async (ctx, _, call: ServerCall<LeaseKeepAliveResponse>) => {
      for (;;) {
        const request = (await call.receive()) as LeaseKeepAliveRequest | null;
        if (request === null || call.cancelled) return;
        await asked(ctx);
        const { ID } = request;
        await call.send(ctx, { header: header(), ID, TTL: BigInt(lessor.renew(ctx, known(ID))) });
      }
    },
    LeaseTimeToLive: async (ctx, request) => {
      await asked(ctx);
      const { ID } = request;
      const left = lessor.left(ctx, known(ID));
      const lease = keys.database.leases.get(known(ID));
      if (left === null || lease === undefined) return { header: header(), ID, TTL: -1n };
      const bound = request.keys ? { keys: [...lease.keys].map((key) => new TextEncoder().encode(key)) } : {};
      return { header: header(), ID, TTL: BigInt(left), grantedTTL: BigInt(lease.ttl), ...bound };
    },
    LeaseLeases: async (ctx) => {
      await asked(ctx);
      return { header: header(), leases: lessor.all.map((id) => ({ ID: BigInt.asIntN(64, BigInt(`0x${id}`)) })) };
    },
  });
}
