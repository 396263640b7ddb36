/**
 * Leases: what holds content and snapshots while nothing else refers to them yet.
 * @models containerd 2.1 core/metadata/leases.go
 * @fidelity partial: expiry is checked by the collector only
 */

import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { classed, notFound } from '../../shared/errors.ts';
import type { Transaction } from './bolt-file.ts';
import type { Metadata } from './metadata.ts';

export type LeaseRecord = {
  createdAt: string;
  labels: Record<string, string>;
  resources: [kind: string, id: string][];
};

const LEASE = Symbol('lease');

type ActiveLease = { readonly ns: string; readonly id: string };

/** leases.WithLease: what is made with this context is held by the lease. */
export function withLease(ctx: Context, ns: string, id: string): Context {
  return ctx.withValue(LEASE, { ns, id } satisfies ActiveLease);
}

function leaseOf(ctx: Context, ns: string): string | null {
  const lease = ctx.value(LEASE) as ActiveLease | undefined;
  return lease?.ns === ns ? lease.id : null;
}

export class Leases {
  private readonly metadata: Metadata;
  /** What requests of the daemon's own plugins have made and not yet referred to. */
  private readonly brief = new Set<{ ns: string; resources: LeaseRecord['resources'] }>();

  constructor(metadata: Metadata) {
    this.metadata = metadata;
  }

  list(ns: string): [id: string, lease: LeaseRecord][] {
    return this.metadata.db.list<LeaseRecord>(`${ns}/leases`);
  }

  get(ns: string, id: string): LeaseRecord | undefined {
    return this.metadata.db.get<LeaseRecord>(`${ns}/leases`, id);
  }

  async create(ctx: Context, ns: string, id: string, labels: Record<string, string> = {}): Promise<LeaseRecord> {
    const record: LeaseRecord = { createdAt: rfc3339Nano(ctx.wallTime), labels, resources: [] };
    await this.metadata.update(ctx, ns, (tx) => {
      if (this.get(ns, id) !== undefined) throw classed('AlreadyExists', `lease "${id}"`);
      tx.put(`${ns}/leases`, id, record);
    });
    return record;
  }

  async delete(ctx: Context, ns: string, id: string): Promise<void> {
    await this.metadata.update(ctx, ns, (tx) => {
      if (this.get(ns, id) === undefined) throw notFound(`lease "${id}"`);
      tx.delete(`${ns}/leases`, id);
    });
    this.metadata.onLoss?.();
  }

  /**
   * Holds what `body` makes, under a lease of its own unless the context has one. Work that was given up leaves its
   * lease behind until that expires: whoever tries again goes on where this one stopped.
   */
  async holding<T>(ctx: Context, ns: string, body: (ctx: Context) => Promise<T>): Promise<T> {
    if (leaseOf(ctx, ns) !== null) return body(ctx);
    const id = `${ctx.wallTime % 1_000_000_000n}-${ctx.random.hex(4)}`;
    await this.create(ctx, ns, id, { 'containerd.io/gc.expire': rfc3339Nano(ctx.wallTime + DAY_NS) });
    try {
      return await body(withLease(ctx, ns, id));
    } finally {
      if (ctx.cancellation?.cancelled !== true && this.get(ns, id) !== undefined) await this.delete(ctx, ns, id);
    }
  }

  /** As `holding`, for the moments between making a thing and the record that refers to it: leaves no trace on disk. */
  async holdingBriefly<T>(ns: string, body: () => Promise<T>): Promise<T> {
    const hold = { ns, resources: [] };
    this.brief.add(hold);
    try {
      return await body();
    } finally {
      this.brief.delete(hold);
    }
  }

  /** Everything that some lease holds. */
  held(ns: string): LeaseRecord['resources'] {
    return [
      ...this.list(ns).flatMap(([, lease]) => lease.resources),
      ...[...this.brief].filter((hold) => hold.ns === ns).flatMap((hold) => hold.resources),
    ];
  }

  async changeResource(
    ctx: Context,
    ns: string,
    id: string,
    change: 'add' | 'delete',
    kind: string,
    resource: string,
  ): Promise<void> {
    if (!/^(content|ingests|images|snapshots\/.+)$/.test(kind)) {
      throw classed('Unimplemented', `resource type ${kind} not supported yet`);
    }
    await this.metadata.update(ctx, ns, (tx) => {
      const record = this.get(ns, id);
      if (record === undefined) throw notFound(`lease "${id}"`);
      const others = record.resources.filter(([k, r]) => k !== kind || r !== resource);
      const resources: LeaseRecord['resources'] = change === 'add' ? [...others, [kind, resource]] : others;
      tx.put(`${ns}/leases`, id, { ...record, resources } satisfies LeaseRecord);
    });
  }

  /** Has the context's lease hold something, if it has one. Returns whether it does. */
  addResource(tx: Transaction, ctx: Context, ns: string, kind: string, resource: string): boolean {
    for (const hold of this.brief) if (hold.ns === ns) hold.resources.push([kind, resource]);
    const id = leaseOf(ctx, ns);
    if (id === null) return false;
    const record = this.current(tx, ns, id);
    if (record === undefined) throw notFound('lease does not exist');
    if (record.resources.some(([k, r]) => k === kind && r === resource)) return true;
    // A record that others have read stays as it was.
    const resources: LeaseRecord['resources'] = [...record.resources, [kind, resource]];
    tx.put(`${ns}/leases`, id, { ...record, resources } satisfies LeaseRecord);
    return true;
  }

  /** As the transaction will leave it. */
  private current(tx: Transaction, ns: string, id: string): LeaseRecord | undefined {
    const changed = tx.pending(`${ns}/leases`, id) as LeaseRecord | null | undefined;
    return changed === undefined ? this.get(ns, id) : (changed ?? undefined);
  }

  /** The reverse, for what has become something else. */
  removeResource(tx: Transaction, ctx: Context, ns: string, kind: string, resource: string): void {
    const id = leaseOf(ctx, ns);
    const record = id === null ? undefined : this.current(tx, ns, id);
    if (id === null || record === undefined) return;
    const resources = record.resources.filter(([k, r]) => k !== kind || r !== resource);
    tx.put(`${ns}/leases`, id, { ...record, resources } satisfies LeaseRecord);
  }
}

const DAY_NS = 86_400_000_000_000n;
