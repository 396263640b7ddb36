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

/** Which lease the work of a context belongs to: Go carries it in the context, we by the span it was opened in. */
export type ActiveLease = { ns: string; id: string };

export class Leases {
  private readonly metadata: Metadata;
  /** Work in progress: resources made now are held by every lease that is open in their namespace. */
  private readonly open = new Set<ActiveLease>();
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
  }

  /** Holds what `body` makes, under a lease of its own. */
  async holding<T>(ctx: Context, ns: string, body: () => Promise<T>): Promise<T> {
    const id = `${ctx.wallTime % 1_000_000_000n}-${ctx.random.hex(4)}`;
    await this.create(ctx, ns, id, { 'containerd.io/gc.expire': rfc3339Nano(ctx.wallTime + DAY_NS) });
    const lease = { ns, id };
    this.open.add(lease);
    try {
      return await body();
    } finally {
      this.open.delete(lease);
      if (this.get(ns, id) !== undefined) await this.delete(ctx, ns, id);
    }
  }

  /** Runs a client's request with what it makes held by the client's lease; null: it has none. */
  async within<T>(ns: string, id: string | null, body: () => Promise<T>): Promise<T> {
    if (id === null) return body();
    const lease = { ns, id };
    this.open.add(lease);
    try {
      return await body();
    } finally {
      this.open.delete(lease);
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

  addResource(tx: Transaction, _ctx: Context, ns: string, kind: string, resource: string): void {
    for (const hold of this.brief) if (hold.ns === ns) hold.resources.push([kind, resource]);
    for (const lease of this.open) {
      if (lease.ns !== ns) continue;
      const record = this.get(ns, lease.id);
      if (record === undefined || record.resources.some(([k, r]) => k === kind && r === resource)) continue;
      record.resources.push([kind, resource]);
      tx.put(`${ns}/leases`, lease.id, record);
    }
  }
}

const DAY_NS = 86_400_000_000_000n;
