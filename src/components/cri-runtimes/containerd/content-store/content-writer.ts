/**
 * An ingest: a blob on its way into the store, as files under ingest/ until it is committed or given up. A writer is
 * somebody who has it open; an ingest without one rests, on disk, until somebody goes on with it.
 * @models containerd 2.1 plugins/content/local/{store,writer}.go
 * @fidelity partial: data of another namespace's blob is never copied
 */
import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { exists, mkdirAll, readFile, readFileRope, removeAll, writeFile } from '../../../../linux/io.ts';
import { type Data, Rope, toRope } from '../../../../linux/rope.ts';
import { digestHex, digestOf } from '../../../../protocols/oci/digest.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { failure, pathFailure } from '../../shared/errors.ts';

export type ActiveIngest = {
  ref: string;
  offset: number;
  total: number;
  startedAt: string;
  updatedAt: string;
  expected: string;
};

/** Where the files of an ingest are. `backendRef` is what the store itself calls it. */
export function ingestDirectory(root: string, backendRef: string): string {
  return `${root}/ingest/${digestHex(digestOf(backendRef))}`;
}

export class ContentWriter {
  readonly namespace: string;
  readonly status: ActiveIngest;
  readonly directory: string;
  /** Somebody writes; nobody else may. */
  locked = false;
  private fd = -1;
  private written = Rope.empty;

  constructor(namespace: string, directory: string, ref: string, total: number, startedAt: string) {
    this.namespace = namespace;
    this.directory = directory;
    this.status = { ref, offset: 0, total, startedAt, updatedAt: startedAt, expected: '' };
  }

  /** The files of a new one. */
  async begin(ctx: Context, backendRef: string): Promise<void> {
    const { directory } = this;
    const { total, startedAt } = this.status;
    await removeAll(ctx, directory);
    await mkdirAll(ctx, directory, 0o755);
    await writeFile(ctx, `${directory}/ref`, backendRef, { mode: 0o666 });
    await writeFile(ctx, `${directory}/startedat`, startedAt, { mode: 0o666 });
    await writeFile(ctx, `${directory}/updatedat`, startedAt, { mode: 0o666 });
    if (total > 0) await writeFile(ctx, `${directory}/total`, String(total), { mode: 0o666 });
    await this.open(ctx);
  }

  /** What an earlier life of the daemon has left; null if its files are not all there. */
  static async find(ctx: Context, directory: string, namespace: string, ref: string): Promise<ContentWriter | null> {
    try {
      const startedAt = await readFile(ctx, `${directory}/startedat`);
      const { size, mtime } = await ctx.sys.stat(ctx, `${directory}/data`);
      const total = !(await exists(ctx, `${directory}/total`)) ? 0 : Number(await readFile(ctx, `${directory}/total`));
      const writer = new ContentWriter(namespace, directory, ref, total, startedAt);
      writer.status.offset = size;
      writer.status.updatedAt = rfc3339Nano(mtime);
      return writer;
    } catch (error) {
      if (isErrno(error)) return null;
      throw error;
    }
  }

  /** Opens the data, new or where it was left. */
  async open(ctx: Context): Promise<void> {
    const path = `${this.directory}/data`;
    if (this.status.offset > 0 && this.written.length !== this.status.offset) {
      // What is there is read again, for its digest.
      this.written = await readFileRope(ctx, path);
      this.status.offset = this.written.length;
      await ctx.cpu(Math.round((this.written.length / LATENCY.diskBytesPerSecond) * 1e9));
    }
    this.fd = await ctx.sys.open(ctx, path, { write: true, create: true, append: true }, 0o666);
  }

  async write(ctx: Context, data: Data): Promise<void> {
    const part = toRope(data);
    try {
      await ctx.sys.write(ctx, this.fd, part);
    } catch (error) {
      throw pathFailure('write', `${this.directory}/data`, error);
    }
    await ctx.cpu(Math.round((part.length / LATENCY.diskBytesPerSecond) * 1e9));
    this.written = this.written.concat(part);
    this.status.offset += part.length;
    this.status.updatedAt = rfc3339Nano(ctx.wallTime);
  }

  async truncate(ctx: Context): Promise<void> {
    await ctx.sys.truncate(ctx, this.fd, 0);
    this.written = Rope.empty;
    this.status.offset = 0;
  }

  get digest(): string {
    return digestOf(this.written);
  }

  /** Moves the data to where blobs are. `size` 0 and an empty digest mean that the caller expects nothing. */
  async commit(ctx: Context, size: number, expected: string, blobPath: (digest: string) => string): Promise<string> {
    const { offset, ref } = this.status;
    if (size > 0 && size !== offset) {
      throw failure(`"${ref}" failed size validation: ${offset} != ${size}: failed precondition`, 'FailedPrecondition');
    }
    const actual = this.digest;
    if (expected !== '' && expected !== actual) {
      throw failure(
        `unexpected commit digest ${actual}, expected ${expected}: failed precondition`,
        'FailedPrecondition',
      );
    }
    const path = blobPath(actual);
    await ctx.sys.rename(ctx, `${this.directory}/data`, path);
    await ctx.sys.chmod(ctx, path, 0o444);
    return actual;
  }

  /** The writer leaves; the ingest stays. */
  async close(ctx: Context): Promise<void> {
    this.locked = false;
    if (this.fd < 0) return;
    const { fd } = this;
    this.fd = -1;
    await ctx.sys.close(ctx, fd);
  }

  async remove(ctx: Context): Promise<void> {
    await this.close(ctx);
    await removeAll(ctx, this.directory);
  }
}
