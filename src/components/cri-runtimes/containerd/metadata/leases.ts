/**
 * Leases: what holds content and snapshots while nothing else refers to them yet.
 * @models containerd 2.1 core/metadata/leases.go
 * @fidelity partial: expiry is checked by the collector only
 */

import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { classed, notFound } from '../errors.ts';
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
      if (this.get(ns, id) !== undefined) throw classed('AlreadyExists');
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

  addResource(tx: Transaction, _ctx: Context, ns: string, kind: string, resource: string): void {
    for (const lease of this.open) {
      if (lease.ns !== ns) continue;
      const record = this.get(ns, lease.id);
      if (record === undefined) continue;
      record.resources.push([kind, resource]);
      tx.put(`${ns}/leases`, lease.id, record);
    }
  }
}

const DAY_NS = 86_400_000_000_000n;
