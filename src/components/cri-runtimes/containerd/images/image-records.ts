/**
 * Image records: a name, and the descriptor it stands for.
 * @models containerd 2.1 core/metadata/images.go
 * @fidelity full
 */

import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { ImageCreate, ImageDelete, ImageUpdate } from '../../../../protocols/containerd/events/images/generated.ts';
import { digestError } from '../../../../protocols/oci/digest.ts';
import { classed, notFound } from '../../shared/errors.ts';
import type { ContentDescriptor } from '../content-store/content-store.ts';
import type { Metadata } from '../metadata/metadata.ts';

export type ImageRecord = {
  name: string;
  labels: Record<string, string>;
  target: ContentDescriptor;
  createdAt: string;
  updatedAt: string;
};

export class ImageRecords {
  private readonly metadata: Metadata;

  constructor(metadata: Metadata) {
    this.metadata = metadata;
  }

  find(ns: string, name: string): ImageRecord | undefined {
    return this.metadata.db.get<ImageRecord>(`${ns}/images`, name);
  }

  get(ns: string, name: string): ImageRecord {
    const record = this.find(ns, name);
    if (record === undefined) throw notFound(`image "${name}"`);
    return record;
  }

  list(ns: string): ImageRecord[] {
    return this.metadata.db.list<ImageRecord>(`${ns}/images`).map(([, record]) => record);
  }

  async create(
    ctx: Context,
    ns: string,
    name: string,
    target: ContentDescriptor,
    labels: Record<string, string>,
  ): Promise<ImageRecord> {
    validate(name, target);
    const now = rfc3339Nano(ctx.wallTime);
    const record: ImageRecord = { name, labels, target, createdAt: now, updatedAt: now };
    await this.metadata.update(ctx, ns, (tx) => {
      if (this.find(ns, name) !== undefined) throw classed('AlreadyExists', `image "${name}"`);
      tx.put(`${ns}/images`, name, record);
    });
    this.metadata.events.publish(ctx, ns, '/images/create', ImageCreate, { name, labels });
    this.announce(ctx, ns, record);
    return record;
  }

  async update(
    ctx: Context,
    ns: string,
    name: string,
    changes: Partial<Pick<ImageRecord, 'labels' | 'target'>>,
  ): Promise<ImageRecord> {
    const record = { ...this.get(ns, name), ...changes, updatedAt: rfc3339Nano(ctx.wallTime) };
    validate(name, record.target);
    await this.metadata.update(ctx, ns, (tx) => tx.put(`${ns}/images`, name, record));
    this.metadata.events.publish(ctx, ns, '/images/update', ImageUpdate, { name, labels: record.labels });
    this.announce(ctx, ns, record);
    return record;
  }

  async delete(ctx: Context, ns: string, name: string): Promise<void> {
    await this.metadata.update(ctx, ns, (tx) => {
      this.get(ns, name);
      tx.delete(`${ns}/images`, name);
    });
    this.metadata.events.publish(ctx, ns, '/images/delete', ImageDelete, { name });
    this.metadata.announce(ctx, 'image', name, null, ns);
  }

  private announce(ctx: Context, ns: string, record: ImageRecord): void {
    const { name, target, labels } = record;
    this.metadata.announce(ctx, 'image', name, { namespace: ns, target, labels }, ns);
  }
}

/** validateImage, validateTarget. */
function validate(name: string, { digest, size, mediaType }: ContentDescriptor): void {
  if (name === '') throw classed('InvalidArgument', 'image name must not be empty');
  const wrong = digestError(digest);
  if (wrong !== null) throw classed('InvalidArgument', `Target.Digest "${digest}" invalid: ${wrong}`);
  if (size <= 0) throw classed('InvalidArgument', 'Target.Size must be greater than zero');
  if (mediaType === '') throw classed('InvalidArgument', 'Target.MediaType must be set');
}
