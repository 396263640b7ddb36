/**
 * Container records: metadata only, no process.
 * @models containerd 2.1 core/metadata/containers.go
 * @fidelity partial: updates replace the named fields without field masks below the first level
 */

import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import {
  ContainerCreate,
  ContainerDelete,
  ContainerUpdate,
} from '../../../../protocols/containerd/events/generated.ts';
import { classed, notFound } from '../../shared/errors.ts';
import { fromBase64 } from '../../shared/go-json.ts';
import type { JsonAny } from '../metadata/json-any.ts';
import { type Metadata, validateIdentifier } from '../metadata/metadata.ts';

export type ContainerRecord = {
  id: string;
  labels: Record<string, string>;
  image: string;
  runtime: { name: string; options: { typeUrl: string; base64: string } | null };
  spec: JsonAny;
  snapshotKey: string;
  snapshotter: string;
  sandboxId: string;
  extensions: Record<string, JsonAny>;
  createdAt: string;
  updatedAt: string;
};

export const SPEC_TYPE_URL = 'types.containerd.io/opencontainers/runtime-spec/1/Spec';

export function runtimeOptionsOf(record: ContainerRecord): { typeUrl: string; value: Uint8Array } | null {
  const options = record.runtime.options;
  return options === null ? null : { typeUrl: options.typeUrl, value: fromBase64(options.base64) };
}

export class ContainerStore {
  private readonly metadata: Metadata;

  constructor(metadata: Metadata) {
    this.metadata = metadata;
  }

  find(ns: string, id: string): ContainerRecord | undefined {
    return this.metadata.db.get<ContainerRecord>(`${ns}/containers`, id);
  }

  get(ns: string, id: string): ContainerRecord {
    const record = this.find(ns, id);
    if (record === undefined) throw notFound(`container "${id}" in namespace "${ns}"`);
    return record;
  }

  list(ns: string): ContainerRecord[] {
    return this.metadata.db.list<ContainerRecord>(`${ns}/containers`).map(([, record]) => record);
  }

  async create(
    ctx: Context,
    ns: string,
    init: Omit<ContainerRecord, 'createdAt' | 'updatedAt'>,
  ): Promise<ContainerRecord> {
    validateIdentifier(init.id, 'container.ID');
    const now = rfc3339Nano(ctx.wallTime);
    const record: ContainerRecord = { ...init, createdAt: now, updatedAt: now };
    await this.metadata.update(ctx, ns, (tx) => {
      if (this.find(ns, init.id) !== undefined) throw classed('AlreadyExists', `container "${init.id}"`);
      tx.put(`${ns}/containers`, init.id, record);
    });
    const options = runtimeOptionsOf(record);
    this.metadata.events.publish(ctx, ns, '/containers/create', ContainerCreate, {
      id: record.id,
      image: record.image,
      runtime: { name: record.runtime.name, ...(options === null ? {} : { options }) },
    });
    this.announce(ctx, ns, record);
    return record;
  }

  async update(ctx: Context, ns: string, id: string, changes: Partial<ContainerRecord>): Promise<ContainerRecord> {
    const record = { ...this.get(ns, id), ...changes, updatedAt: rfc3339Nano(ctx.wallTime) };
    await this.metadata.update(ctx, ns, (tx) => tx.put(`${ns}/containers`, id, record));
    this.metadata.events.publish(ctx, ns, '/containers/update', ContainerUpdate, {
      id,
      image: record.image,
      labels: record.labels,
      snapshotKey: record.snapshotKey,
    });
    this.announce(ctx, ns, record);
    return record;
  }

  async delete(ctx: Context, ns: string, id: string): Promise<void> {
    await this.metadata.update(ctx, ns, (tx) => {
      this.get(ns, id);
      tx.delete(`${ns}/containers`, id);
    });
    this.metadata.events.publish(ctx, ns, '/containers/delete', ContainerDelete, { id });
    this.metadata.announce(ctx, 'container', id, null, ns);
  }

  private announce(ctx: Context, ns: string, record: ContainerRecord): void {
    const { id, image, labels, snapshotKey, snapshotter, runtime } = record;
    const value = { namespace: ns, id, image, labels, snapshotKey, snapshotter, runtime: runtime.name };
    this.metadata.announce(ctx, 'container', id, value, ns);
  }
}
