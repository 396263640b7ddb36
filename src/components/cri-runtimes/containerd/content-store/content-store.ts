/**
 * Blobs by digest, as files; labels and namespaces are metadata.
 * @models containerd 2.1 plugins/content/local/store.go, core/metadata/content.go
 * @fidelity partial: ingests cannot be resumed after a restart; content is shared between namespaces (policy "shared")
 */

import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { exists, mkdirAll, readFileRope, removeAll } from '../../../../linux/io.ts';
import type { Data, Rope } from '../../../../linux/rope.ts';
import { ContentCreate, ContentDelete } from '../../../../protocols/containerd/events/generated.ts';
import { digestHex } from '../../../../protocols/oci/digest.ts';
import { classed, isKind, notFound } from '../../shared/errors.ts';
import type { Metadata } from '../metadata/metadata.ts';
import { type ActiveIngest, ContentWriter } from './content-writer.ts';

export type ContentInfo = {
  digest: string;
  size: number;
  createdAt: string;
  updatedAt: string;
  labels: Record<string, string>;
};

export type ContentDescriptor = { mediaType: string; digest: string; size: number };

/** How long an opener of a busy reference waits before it tries again, at first and at most. */
const RETRY_NS = 16_000_000;
const RETRY_NS_MAX = 2_048_000_000;

export class ContentStore {
  private readonly root: string;
  private readonly metadata: Metadata;
  /** By namespace and reference. */
  private readonly ingests = new Map<string, ContentWriter>();

  constructor(root: string, metadata: Metadata) {
    this.root = root;
    this.metadata = metadata;
  }

  async prepare(ctx: Context): Promise<void> {
    await mkdirAll(ctx, `${this.root}/blobs/sha256`, 0o755);
    // Half-written blobs of an earlier life are of no use.
    await removeAll(ctx, `${this.root}/ingest`);
    await mkdirAll(ctx, `${this.root}/ingest`, 0o755);
  }

  blobPath(digest: string): string {
    return `${this.root}/blobs/${digest.slice(0, digest.indexOf(':'))}/${digestHex(digest)}`;
  }

  info(ns: string, digest: string): ContentInfo | undefined {
    return this.metadata.db.get<ContentInfo>(`${ns}/content`, digest);
  }

  list(ns: string): ContentInfo[] {
    return this.metadata.db.list<ContentInfo>(`${ns}/content`).map(([, info]) => info);
  }

  async read(ctx: Context, ns: string, digest: string): Promise<Rope> {
    if (this.info(ns, digest) === undefined) throw notFound(`content digest ${digest}`);
    try {
      return await readFileRope(ctx, this.blobPath(digest));
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      throw notFound(`blob ${digest} expected at ${this.blobPath(digest)}: blob not found`);
    }
  }

  async readText(ctx: Context, ns: string, digest: string): Promise<string> {
    return (await this.read(ctx, ns, digest)).toString();
  }

  /**
   * A writer for a blob, or null when the namespace has it, or may have it without writing because another namespace
   * does. Throws Unavailable while somebody else writes under the same reference.
   */
  async writer(ctx: Context, ns: string, ref: string, total: number, expected: string): Promise<ContentWriter | null> {
    if (ref === '') throw classed('InvalidArgument', 'ref must not be empty');
    if (expected !== '') {
      const known = this.info(ns, expected);
      if (known !== undefined) {
        await this.lease(ctx, ns, expected);
        return null;
      }
      if (await this.adopt(ctx, ns, expected, total)) return null;
    }
    const key = `${ns}/${ref}`;
    const busy = this.ingests.get(key);
    if (busy !== undefined) {
      throw classed('Unavailable', `ref ${key} locked (since ${busy.status.startedAt})`);
    }
    const writer = new ContentWriter(ctx, this.root, ns, ref, total, expected);
    this.ingests.set(key, writer);
    await writer.open(ctx);
    return writer;
  }

  /** content.OpenWriter: waits for its turn. */
  async openWriter(
    ctx: Context,
    ns: string,
    ref: string,
    total: number,
    expected: string,
  ): Promise<ContentWriter | null> {
    for (let pause = RETRY_NS; ; pause = Math.min(pause * 2, RETRY_NS_MAX)) {
      try {
        return await this.writer(ctx, ns, ref, total, expected);
      } catch (error) {
        if (!isKind(error, 'Unavailable')) throw error;
      }
      await ctx.sleep(pause);
    }
  }

  /** Makes the ingest a blob of its namespace. Throws AlreadyExists when it is one already. */
  async commit(
    ctx: Context,
    writer: ContentWriter,
    size: number,
    expected: string,
    labels: Record<string, string> = {},
    mediaType = '',
  ): Promise<string> {
    const { namespace: ns, status } = writer;
    const digest = await writer.commit(ctx, size, expected, (d) => this.blobPath(d));
    await this.finish(ctx, writer);
    if (this.info(ns, digest) !== undefined) {
      await this.lease(ctx, ns, digest);
      throw classed('AlreadyExists', `content ${digest}`);
    }
    await this.record(ctx, ns, digest, status.offset, labels, mediaType);
    return digest;
  }

  /** Gives up an ingest. */
  async abort(ctx: Context, ns: string, ref: string): Promise<void> {
    const writer = this.ingests.get(`${ns}/${ref}`);
    if (writer === undefined) throw notFound(`reference ${ref}`);
    await this.finish(ctx, writer);
  }

  private async finish(ctx: Context, writer: ContentWriter): Promise<void> {
    this.ingests.delete(`${writer.namespace}/${writer.status.ref}`);
    await writer.remove(ctx);
  }

  private async record(
    ctx: Context,
    ns: string,
    digest: string,
    size: number,
    labels: Record<string, string>,
    mediaType: string,
  ): Promise<void> {
    const now = rfc3339Nano(ctx.wallTime);
    await this.metadata.update(ctx, ns, (tx) => {
      tx.put(`${ns}/content`, digest, { digest, size, createdAt: now, updatedAt: now, labels } satisfies ContentInfo);
      this.metadata.leases.addResource(tx, ctx, ns, 'content', digest);
    });
    this.metadata.events.publish(ctx, ns, '/content/create', ContentCreate, { digest, size: BigInt(size) });
    this.metadata.announce(ctx, 'content', digest, { mediaType, size, labels });
  }

  private lease(ctx: Context, ns: string, digest: string): Promise<void> {
    return this.metadata.update(ctx, ns, (tx) => this.metadata.leases.addResource(tx, ctx, ns, 'content', digest));
  }

  /** A blob that another namespace has needs no bytes: its name is proof enough under the shared policy. */
  private async adopt(ctx: Context, ns: string, digest: string, total: number): Promise<boolean> {
    const known = this.metadata
      .namespaces()
      .map((other) => this.info(other, digest))
      .find((info) => info !== undefined);
    if (known === undefined || (total > 0 && known.size !== total)) return false;
    if (!(await exists(ctx, this.blobPath(digest)))) return false;
    await this.record(ctx, ns, digest, known.size, {}, '');
    return true;
  }

  /** Stores a blob unless it is there. `ref` names the ingest, as `layer-sha256:…`. */
  async write(
    ctx: Context,
    ns: string,
    ref: string,
    data: Data,
    descriptor: ContentDescriptor,
    labels: Record<string, string> = {},
  ): Promise<void> {
    const writer = await this.openWriter(ctx, ns, ref, descriptor.size, descriptor.digest);
    if (writer === null) return this.addLabels(ctx, ns, descriptor.digest, labels);
    try {
      await writer.write(ctx, data);
      await this.commit(ctx, writer, descriptor.size, descriptor.digest, labels, descriptor.mediaType);
    } catch (error) {
      await this.finish(ctx, writer);
      if (!isKind(error, 'AlreadyExists')) throw error;
    }
  }

  active(ns: string): ActiveIngest[] {
    return [...this.ingests.values()].filter((writer) => writer.namespace === ns).map((writer) => writer.status);
  }

  async addLabels(ctx: Context, ns: string, digest: string, labels: Record<string, string>): Promise<void> {
    const info = this.info(ns, digest);
    if (info === undefined) throw notFound(`content digest ${digest}`);
    if (Object.entries(labels).every(([k, v]) => info.labels[k] === v)) return;
    await this.setLabels(ctx, ns, digest, { ...info.labels, ...labels });
  }

  async setLabels(ctx: Context, ns: string, digest: string, labels: Record<string, string>): Promise<ContentInfo> {
    const info = this.info(ns, digest);
    if (info === undefined) throw notFound(`content digest ${digest}`);
    const changed = { ...info, updatedAt: rfc3339Nano(ctx.wallTime), labels };
    await this.metadata.update(ctx, ns, (tx) => tx.put(`${ns}/content`, digest, changed));
    this.metadata.announce(ctx, 'content', digest, { size: info.size, labels });
    return changed;
  }

  /** Forgets the blob in this namespace; the file goes when no namespace knows it. */
  async delete(ctx: Context, ns: string, digest: string): Promise<void> {
    if (this.info(ns, digest) === undefined) throw notFound(`content digest ${digest}`);
    await this.metadata.update(ctx, ns, (tx) => tx.delete(`${ns}/content`, digest));
    await this.removeUnknown(ctx, digest);
    this.metadata.events.publish(ctx, ns, '/content/delete', ContentDelete, { digest });
  }

  async removeUnknown(ctx: Context, digest: string): Promise<void> {
    if (this.metadata.namespaces().some((other) => this.info(other, digest) !== undefined)) return;
    try {
      await ctx.sys.unlink(ctx, this.blobPath(digest));
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
    this.metadata.announce(ctx, 'content', digest, null);
  }
}
