/**
 * Blobs by digest, as files; labels and namespaces are metadata.
 * @models containerd 2.1 plugins/content/local/store.go, core/metadata/content.go
 * @fidelity partial: ingests cannot be resumed after a restart; content is shared between namespaces (policy "shared")
 */

import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { exists, mkdirAll, readFileRope, removeAll, writeFile } from '../../../../linux/io.ts';
import { type Data, type Rope, toRope } from '../../../../linux/rope.ts';
import { digestHex, digestOf } from '../../../../protocols/oci/digest.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { failure, notFound } from '../errors.ts';
import type { Metadata } from '../metadata/metadata.ts';

export type ContentInfo = {
  digest: string;
  size: number;
  createdAt: string;
  updatedAt: string;
  labels: Record<string, string>;
};

export type ContentDescriptor = { mediaType: string; digest: string; size: number };

export type ActiveIngest = {
  ref: string;
  offset: number;
  total: number;
  startedAt: string;
  updatedAt: string;
  expected: string;
};

export class ContentStore {
  private readonly root: string;
  private readonly metadata: Metadata;
  private readonly ingests = new Map<string, ActiveIngest>();

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
    if (this.info(ns, digest) === undefined) throw notFound(`content ${digest}`);
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

  /** Stores a blob unless it is there. `ref` names the ingest, as `layer-sha256:…`. */
  async write(
    ctx: Context,
    ns: string,
    ref: string,
    data: Data,
    descriptor: ContentDescriptor,
    labels: Record<string, string> = {},
  ): Promise<void> {
    const existing = this.info(ns, descriptor.digest);
    if (existing !== undefined) return this.addLabels(ctx, ns, descriptor.digest, labels);
    const content = toRope(data);
    const path = this.blobPath(descriptor.digest);
    if (!(await exists(ctx, path))) await this.ingest(ctx, ns, ref, content, descriptor, path);
    const now = rfc3339Nano(ctx.wallTime);
    const info: ContentInfo = {
      digest: descriptor.digest,
      size: content.length,
      createdAt: now,
      updatedAt: now,
      labels,
    };
    await this.metadata.update(ctx, ns, (tx) => {
      tx.put(`${ns}/content`, descriptor.digest, info);
      this.metadata.leases.addResource(tx, ctx, ns, 'content', descriptor.digest);
    });
    this.metadata.announce(ctx, 'content', descriptor.digest, {
      mediaType: descriptor.mediaType,
      size: content.length,
      labels,
    });
  }

  private async ingest(
    ctx: Context,
    ns: string,
    ref: string,
    content: Rope,
    descriptor: ContentDescriptor,
    path: string,
  ): Promise<void> {
    const started = rfc3339Nano(ctx.wallTime);
    const directory = `${this.root}/ingest/${digestHex(digestOf(`${ns}/${ref}`))}`;
    this.ingests.set(ref, {
      ref,
      offset: content.length,
      total: descriptor.size,
      startedAt: started,
      updatedAt: started,
      expected: descriptor.digest,
    });
    try {
      await mkdirAll(ctx, directory, 0o755);
      await writeFile(ctx, `${directory}/ref`, `${ns}/${ref}`, { mode: 0o666 });
      await writeFile(ctx, `${directory}/data`, content, { mode: 0o666 });
      await ctx.cpu(Math.round((content.length / LATENCY.diskBytesPerSecond) * 1e9));
      if (content.length !== descriptor.size) {
        throw failure(
          `failed to commit content: unexpected commit size ${content.length}, expected ${descriptor.size}: failed precondition`,
          'FailedPrecondition',
        );
      }
      const actual = digestOf(content);
      if (actual !== descriptor.digest) {
        throw failure(
          `unexpected commit digest ${actual}, expected ${descriptor.digest}: failed precondition`,
          'FailedPrecondition',
        );
      }
      await ctx.sys.rename(ctx, `${directory}/data`, path);
      await ctx.sys.chmod(ctx, path, 0o444);
    } finally {
      this.ingests.delete(ref);
      await removeAll(ctx, directory);
    }
  }

  active(): ActiveIngest[] {
    return [...this.ingests.values()];
  }

  async addLabels(ctx: Context, ns: string, digest: string, labels: Record<string, string>): Promise<void> {
    const info = this.info(ns, digest);
    if (info === undefined) throw notFound(`content ${digest}`);
    if (Object.entries(labels).every(([k, v]) => info.labels[k] === v)) return;
    const merged = { ...info, updatedAt: rfc3339Nano(ctx.wallTime), labels: { ...info.labels, ...labels } };
    await this.metadata.update(ctx, ns, (tx) => tx.put(`${ns}/content`, digest, merged));
  }

  /** Forgets the blob in this namespace; the file goes when no namespace knows it. */
  async delete(ctx: Context, ns: string, digest: string): Promise<void> {
    if (this.info(ns, digest) === undefined) throw notFound(`content ${digest}`);
    await this.metadata.update(ctx, ns, (tx) => tx.delete(`${ns}/content`, digest));
    await this.removeUnknown(ctx, digest);
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
