/**
 * An ingest: a blob on its way into the store, as files under ingest/ until it is committed.
 * @models containerd 2.1 plugins/content/local/writer.go, core/metadata/content.go (namespacedWriter)
 * @fidelity partial: one writer of a reference at a time, the others wait as content.OpenWriter does; an ingest that was
 *   not committed is gone after a restart
 */
import { rfc3339Nano } from '../../../../go/time.ts';
import type { Context } from '../../../../linux/context.ts';
import { mkdirAll, removeAll, writeFile } from '../../../../linux/io.ts';
import { type Data, Rope, toRope } from '../../../../linux/rope.ts';
import { digestHex, digestOf } from '../../../../protocols/oci/digest.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { failure } from '../../shared/errors.ts';

export type ActiveIngest = {
  ref: string;
  offset: number;
  total: number;
  startedAt: string;
  updatedAt: string;
  expected: string;
};

export class ContentWriter {
  readonly namespace: string;
  readonly status: ActiveIngest;
  private readonly directory: string;
  private fd = -1;
  private written = Rope.empty;

  constructor(ctx: Context, root: string, namespace: string, ref: string, total: number, expected: string) {
    this.namespace = namespace;
    this.directory = `${root}/ingest/${digestHex(digestOf(`${namespace}/${ref}`))}`;
    const now = rfc3339Nano(ctx.wallTime);
    this.status = { ref, offset: 0, total, startedAt: now, updatedAt: now, expected };
  }

  async open(ctx: Context): Promise<void> {
    const { ref, startedAt, total } = this.status;
    await mkdirAll(ctx, this.directory, 0o755);
    await writeFile(ctx, `${this.directory}/ref`, `${this.namespace}/${ref}`, { mode: 0o666 });
    await writeFile(ctx, `${this.directory}/startedat`, startedAt, { mode: 0o666 });
    await writeFile(ctx, `${this.directory}/updatedat`, startedAt, { mode: 0o666 });
    if (total > 0) await writeFile(ctx, `${this.directory}/total`, String(total), { mode: 0o666 });
    this.fd = await ctx.sys.open(
      ctx,
      `${this.directory}/data`,
      { write: true, create: true, truncate: true, append: true },
      0o666,
    );
  }

  async write(ctx: Context, data: Data): Promise<void> {
    const part = toRope(data);
    await ctx.sys.write(ctx, this.fd, part);
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

  async close(ctx: Context): Promise<void> {
    if (this.fd < 0) return;
    await ctx.sys.close(ctx, this.fd);
    this.fd = -1;
  }

  async remove(ctx: Context): Promise<void> {
    await this.close(ctx);
    await removeAll(ctx, this.directory);
  }
}
