/**
 * Blobs by digest, as files; labels and namespaces are metadata.
 * @models containerd 2.1 plugins/content/local/store.go, core/metadata/content.go
 * @fidelity partial: content is shared between namespaces (policy "shared")
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
import { type ActiveIngest, ContentWriter, ingestDirectory } from './content-writer.ts';

export type ContentInfo = {
  digest: string;
  size: number;
  createdAt: string;
  updatedAt: string;
  labels: Record<string, string>;
};

export type ContentDescriptor = { mediaType: string; digest: string; size: number };

/** `expireAt`: of one that no lease holds. */
type IngestRecord = { ref: string; expireAt?: string };

/** What nobody leases is kept this long for somebody to go on with it. */
const INGEST_NS_MAX = 86_400_000_000_000n;

/** How long an opener of a busy reference waits before it tries again, at first and at most. */
const RETRY_NS = 16_000_000;
const RETRY_NS_MAX = 2_048_000_000;

export class ContentStore {
  private readonly root: string;
  private readonly metadata: Metadata;
  /** By namespace and reference, resting ones too. */
  private readonly ingests = new Map<string, ContentWriter>();

  constructor(root: string, metadata: Metadata) {
    this.root = root;
    this.metadata = metadata;
  }

  async prepare(ctx: Context): Promise<void> {
    await mkdirAll(ctx, `${this.root}/blobs/sha256`, 0o755);
    await mkdirAll(ctx, `${this.root}/ingest`, 0o755);
    for (const ns of this.metadata.namespaces()) {
      for (const [ref, record] of this.ingestRecords(ns)) {
        const found = await ContentWriter.find(ctx, ingestDirectory(this.root, record.ref), ns, ref);
        if (found !== null) this.ingests.set(`${ns}/${ref}`, found);
      }
    }
  }

  ingestRecords(ns: string): [ref: string, record: IngestRecord][] {
    return this.metadata.db.list<IngestRecord>(`${ns}/ingests`);
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
    const known = this.ingests.get(key);
    if (known?.locked === true) throw classed('Unavailable', `ref ${key} locked (since ${known.status.startedAt})`);
    if (known !== undefined && total > 0 && known.status.total > 0 && known.status.total !== total) {
      // Of another blob: begun anew.
      await this.discard(ctx, known);
      return this.writer(ctx, ns, ref, total, expected);
    }
    if (known !== undefined) known.locked = true;
    const backendRef = await this.recordIngest(ctx, ns, ref);
    if (known !== undefined) {
      await known.open(ctx);
      return known;
    }
    const directory = ingestDirectory(this.root, backendRef);
    const writer = new ContentWriter(ns, directory, ref, total, rfc3339Nano(ctx.wallTime));
    writer.locked = true;
    this.ingests.set(key, writer);
    await writer.begin(ctx, backendRef);
    return writer;
  }

  private recordIngest(ctx: Context, ns: string, ref: string): Promise<string> {
    return this.metadata.update(ctx, ns, (tx) => {
      const known = this.metadata.db.get<IngestRecord>(`${ns}/ingests`, ref);
      const sequence = (this.metadata.db.get<number>('sequence', 'ingests') ?? 0) + 1;
      const backendRef = known?.ref ?? `${ns}/${sequence}/${ref}`;
      if (known === undefined) tx.put('sequence', 'ingests', sequence);
      const leased = this.metadata.leases.addResource(tx, ctx, ns, 'ingests', ref);
      const expireAt = rfc3339Nano(ctx.wallTime + INGEST_NS_MAX);
      tx.put(`${ns}/ingests`, ref, { ref: backendRef, ...(leased ? {} : { expireAt }) } satisfies IngestRecord);
      return backendRef;
    });
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
    const isKnown = this.info(ns, digest) !== undefined;
    await this.record(ctx, ns, digest, status.offset, isKnown ? null : labels, mediaType, status.ref);
    this.ingests.delete(`${ns}/${status.ref}`);
    await writer.remove(ctx);
    if (isKnown) throw classed('AlreadyExists', `content ${digest}`);
    return digest;
  }

  /** Gives up an ingest. */
  async abort(ctx: Context, ns: string, ref: string): Promise<void> {
    const writer = this.ingests.get(`${ns}/${ref}`);
    if (writer === undefined && this.metadata.db.get(`${ns}/ingests`, ref) === undefined)
      throw notFound(`reference ${ref}`);
    await this.metadata.update(ctx, ns, (tx) => {
      tx.delete(`${ns}/ingests`, ref);
      this.metadata.leases.removeResource(tx, ctx, ns, 'ingests', ref);
    });
    if (writer !== undefined) await this.discard(ctx, writer);
  }

  private async discard(ctx: Context, writer: ContentWriter): Promise<void> {
    this.ingests.delete(`${writer.namespace}/${writer.status.ref}`);
    await writer.remove(ctx);
  }

  /** `labels` null: the blob is known, and only leased. */
  private async record(
    ctx: Context,
    ns: string,
    digest: string,
    size: number,
    labels: Record<string, string> | null,
    mediaType: string,
    ingest = '',
  ): Promise<void> {
    const { leases, events } = this.metadata;
    const now = rfc3339Nano(ctx.wallTime);
    await this.metadata.update(ctx, ns, (tx) => {
      if (labels !== null)
        tx.put(`${ns}/content`, digest, { digest, size, createdAt: now, updatedAt: now, labels } satisfies ContentInfo);
      if (ingest !== '') {
        tx.delete(`${ns}/ingests`, ingest);
        leases.removeResource(tx, ctx, ns, 'ingests', ingest);
      }
      leases.addResource(tx, ctx, ns, 'content', digest);
    });
    if (labels === null) return;
    events.publish(ctx, ns, '/content/create', ContentCreate, { digest, size: BigInt(size) });
    this.metadata.announce(ctx, 'content', digest, { mediaType, size, labels });
  }

  private async lease(ctx: Context, ns: string, digest: string): Promise<void> {
    await this.metadata.update(ctx, ns, (tx) => this.metadata.leases.addResource(tx, ctx, ns, 'content', digest));
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
      if (writer.status.offset > 0) await writer.truncate(ctx);
      await writer.write(ctx, data);
      await this.commit(ctx, writer, descriptor.size, descriptor.digest, labels, descriptor.mediaType);
    } catch (error) {
      if (!isKind(error, 'AlreadyExists')) throw error;
    } finally {
      await writer.close(ctx);
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

  /** Files that no record leads to: of a daemon that was killed between the one and the other. */
  async removeOrphans(ctx: Context): Promise<void> {
    const namespaces = this.metadata.namespaces();
    for (const ns of namespaces)
      for (const [ref] of this.ingestRecords(ns)) if (!this.ingests.has(`${ns}/${ref}`)) await this.abort(ctx, ns, ref);
    for (const { name } of await ctx.sys.readDirectory(ctx, `${this.root}/blobs/sha256`))
      await this.removeUnknown(ctx, `sha256:${name}`);
    const known = new Set(
      namespaces.flatMap((ns) => this.ingestRecords(ns).map(([, record]) => ingestDirectory(this.root, record.ref))),
    );
    for (const { name } of await ctx.sys.readDirectory(ctx, `${this.root}/ingest`)) {
      const directory = `${this.root}/ingest/${name}`;
      if (!known.has(directory)) await removeAll(ctx, directory);
    }
  }

  private async removeUnknown(ctx: Context, digest: string): Promise<void> {
    if (this.metadata.namespaces().some((other) => this.info(other, digest) !== undefined)) return;
    try {
      await ctx.sys.unlink(ctx, this.blobPath(digest));
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
    }
    this.metadata.announce(ctx, 'content', digest, null);
  }
}
