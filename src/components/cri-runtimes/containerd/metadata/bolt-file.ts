/**
 * A small transactional store in one file: buckets of JSON values. Every transaction is one appended line, so that a
 * daemon killed at any moment finds its last complete transaction again.
 * @models go.etcd.io/bbolt
 * @fidelity partial: our own text format instead of B+tree pages; no read transactions (reads see memory)
 */
import type { Context } from '../../../../linux/context.ts';
import { isErrno } from '../../../../linux/errno.ts';
import { readFile, writeFileAtomic } from '../../../../linux/io.ts';
import { LATENCY } from '../../../../sim/latency.ts';
import { Mutex } from '../../../../sim/primitives.ts';
import { pathFailure } from '../../shared/errors.ts';

type Change = [bucket: string, key: string, value: unknown];

/** How long bolt sleeps between two attempts to get the lock of the file. @models bbolt db.go flockRetryTimeout */
const LOCK_RETRY_NS = 50_000_000;

/** After this much garbage the file is written anew at the next opening. */
const COMPACT_BYTES = 1 << 20;

/** Collects changes; they take effect together when the transaction's body has returned. */
export class Transaction {
  readonly changes: Change[] = [];

  /** `value` is plain JSON data that the caller does not change afterwards. */
  put(bucket: string, key: string, value: unknown): void {
    this.changes.push([bucket, key, value]);
  }

  delete(bucket: string, key: string): void {
    this.changes.push([bucket, key, null]);
  }

  /** What this transaction makes of a value: null if it deletes it, undefined if it leaves it alone. */
  pending(bucket: string, key: string): unknown {
    return this.changes.findLast(([b, k]) => b === bucket && k === key)?.[2];
  }
}

export class BoltFile {
  private readonly buckets = new Map<string, Map<string, unknown>>();
  private readonly lock: Mutex;
  private fd = -1;
  readonly path: string;

  private constructor(ctx: Context, path: string) {
    this.path = path;
    this.lock = new Mutex(ctx.scheduler);
  }

  /** Waits while another program has it open. */
  static async open(ctx: Context, path: string, mode: number): Promise<BoltFile> {
    const file = new BoltFile(ctx, path);
    await file.openLocked(ctx, mode);
    const text = await readFile(ctx, path);
    // What follows the last newline is a transaction that was not finished.
    const complete = text.slice(0, text.lastIndexOf('\n') + 1);
    for (const line of complete.split('\n')) {
      if (line === '') continue;
      for (const [bucket, key, value] of JSON.parse(line) as Change[]) file.apply(bucket, key, value);
    }
    const live = file.dump();
    const rewrite = text.length - live.length > COMPACT_BYTES || complete.length !== text.length;
    // At every moment one of the two is whole.
    if (rewrite) {
      await writeFileAtomic(ctx, path, live, mode);
      await file.openLocked(ctx, mode);
    }
    return file;
  }

  private async openLocked(ctx: Context, mode: number): Promise<void> {
    const { sys } = ctx;
    for (;;) {
      if (this.fd >= 0) await sys.close(ctx, this.fd);
      this.fd = await sys.open(ctx, this.path, { read: true, write: true, create: true, append: true }, mode);
      await this.takeLock(ctx);
      // Whoever had it may have written it anew.
      if ((await sys.fstat(ctx, this.fd)).ino === (await sys.stat(ctx, this.path)).ino) return;
    }
  }

  private async takeLock(ctx: Context): Promise<void> {
    for (;;) {
      try {
        return await ctx.sys.flock(ctx, this.fd, 'exclusive', { nonBlock: true });
      } catch (error) {
        if (!isErrno(error, 'EAGAIN')) throw error;
      }
      await ctx.sleep(LOCK_RETRY_NS);
    }
  }

  private dump(): string {
    const changes: Change[] = [];
    for (const [bucket, entries] of this.buckets)
      for (const [key, value] of entries) changes.push([bucket, key, value]);
    return changes.length === 0 ? '' : `${JSON.stringify(changes)}\n`;
  }

  /** One writer at a time. What `body` changed is on disk when this returns; if it throws, nothing has changed. */
  async update<T>(ctx: Context, body: (tx: Transaction) => T): Promise<T> {
    const unlock = await this.lock.lock();
    try {
      const tx = new Transaction();
      const result = body(tx);
      if (tx.changes.length > 0) {
        await this.append(ctx, `${JSON.stringify(tx.changes)}\n`);
        for (const [bucket, key, value] of tx.changes) this.apply(bucket, key, value);
        await ctx.sleep(LATENCY.containerdBoltCommitNs);
      }
      return result;
    } finally {
      unlock();
    }
  }

  private async append(ctx: Context, line: string): Promise<void> {
    try {
      await ctx.sys.write(ctx, this.fd, line);
    } catch (error) {
      throw pathFailure('write', this.path, error);
    }
  }

  private apply(bucket: string, key: string, value: unknown): void {
    let entries = this.buckets.get(bucket);
    if (value === null) {
      entries?.delete(key);
      if (entries?.size === 0) this.buckets.delete(bucket);
      return;
    }
    if (entries === undefined) {
      entries = new Map();
      this.buckets.set(bucket, entries);
    }
    entries.set(key, value);
  }

  get<T>(bucket: string, key: string): T | undefined {
    return this.buckets.get(bucket)?.get(key) as T | undefined;
  }

  list<T>(bucket: string): [key: string, value: T][] {
    return [...(this.buckets.get(bucket) ?? [])] as [string, T][];
  }

  bucketNames(): string[] {
    return [...this.buckets.keys()];
  }
}
