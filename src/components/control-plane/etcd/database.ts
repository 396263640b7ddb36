/**
 * What a member knows: the newest value of each key, how it came to that since the last compaction, and leases.
 * @models etcd 3.6 server/storage/mvcc kvstore.go index.go, kvstore_compaction.go
 * @fidelity partial: values are text (UTF-8); more of the past than HISTORY_BYTES_MAX is forgotten as if compacted
 */
import type { Stored, StoredMember, Undo } from '../../../protocols/etcd/data-dir.ts';
import { snapshotText } from '../../../protocols/etcd/data-dir.ts';

/** What a revision writes; `value` null: the key goes. */
export type LogRecord = { revision: number; key: string; value: string | null; lease?: string };

/** What one key was made to be, and from what; null: it is not there. */
export type Change = { revision: number; key: string; stored: Stored | null; before: Stored | null };

/** A browser tab has to hold it; the real one has its quota of 2 GiB for all of it. */
const HISTORY_BYTES_MAX = 8 * 1024 * 1024;
const HISTORY_BYTES_KEPT = 6 * 1024 * 1024;

/** A bbolt item's header, and the revision that is its key. */
const ITEM_BYTES = 16 + 17;
const PAGE_BYTES = 4096;
/** The meta pages, the free list, and what the other buckets take. */
const PAGES_MIN = 5;

/** What is in Raft's log before the first key: the member, its addresses, the cluster's version. */
const FIRST_ENTRIES = 4;
const FIRST_TERM = 2;
export const ENTRIES_PER_START = 2;

export class Database {
  readonly data = new Map<string, Stored>();
  /** By id. */
  readonly leases = new Map<string, { readonly ttl: number; readonly keys: Set<string> }>();
  revision = 1;
  term = 1;
  member: StoredMember | undefined;
  /** The oldest revision that can be asked for; -1 before the first compaction. */
  compacted = -1;
  otherEntries = 0;
  private changes: Change[] = [];
  /** Of what has been overwritten since then. */
  private pastBytes = 0;
  private newestBytes = 0;
  private fileBytes = 0;

  /** Does what the log says. */
  apply({ revision, key, value, lease }: LogRecord): Change {
    const before = this.data.get(key) ?? null;
    const stored = value === null ? null : storedBy(revision, value, lease, before);
    this.set(key, stored, before);
    this.revision = revision;
    this.newestBytes += sizeOf(key, stored) - sizeOf(key, before);
    this.pastBytes += sizeOf(key, before);
    const change = { revision, key, stored, before };
    this.changes.push(change);
    if (this.pastBytes > HISTORY_BYTES_MAX) this.forget();
    return change;
  }

  /** All keys as they were at a revision that is not compacted. */
  at(revision: number): ReadonlyMap<string, Stored> {
    if (revision >= this.revision) return this.data;
    const data = new Map(this.data);
    for (let i = this.changes.length - 1; i >= 0; i--) {
      const { revision: of, key, before } = this.changes[i] as Change;
      if (of <= revision) break;
      if (before === null) data.delete(key);
      else data.set(key, before);
    }
    return data;
  }

  /** What happened from a revision on. */
  since(revision: number): readonly Change[] {
    return this.changes.slice(this.indexOf(revision));
  }

  /** Forgets what was overwritten up to a revision; returns how many versions of keys that were. */
  compact(revision: number): number {
    this.compacted = revision;
    const [from, to] = [this.indexOf(revision), this.indexOf(revision + 1)];
    let freed = 0;
    for (const { key, before } of this.changes.slice(0, to)) {
      if (before !== null) freed++;
      this.pastBytes -= sizeOf(key, before);
    }
    // Who watches from here still hears of what this revision has written, but not of what was before.
    const last = this.changes.slice(from, to).filter(({ stored }) => stored !== null);
    this.changes = [...last.map((change) => ({ ...change, before: null })), ...this.changes.slice(to)];
    return freed;
  }

  /** What the pages of the database take that are in use, and the file, which only a defragmentation makes smaller. */
  get bytes(): { inUse: number; file: number } {
    const pages = PAGES_MIN + Math.ceil((this.newestBytes + this.pastBytes) / PAGE_BYTES);
    this.fileBytes = Math.max(this.fileBytes, pages * PAGE_BYTES);
    return { inUse: pages * PAGE_BYTES, file: this.fileBytes };
  }

  defragment(): void {
    this.fileBytes = 0;
  }

  /** The last entry of Raft's log. Each start after the first has its election, and who the member is, once more. */
  get index(): number {
    return this.revision + FIRST_ENTRIES + this.otherEntries + ENTRIES_PER_START * (this.term - FIRST_TERM);
  }

  /** As it lies on the disk and as a backup has it. */
  text(about: { version?: string | undefined; term?: number; member?: StoredMember | undefined } = {}): string {
    const history = this.changes.map(({ revision, key, before }): Undo => [revision, key, before]);
    const leases = [...this.leases].map(([id, { ttl }]) => [id, ttl] as const);
    const { compacted, otherEntries } = this;
    return snapshotText(this.revision, this.data, { ...about, compacted, history, leases, otherEntries });
  }

  load(revision: number, data: readonly [string, Stored][], history: readonly Undo[], compacted: number): void {
    this.revision = revision;
    this.compacted = compacted;
    for (const [key, stored] of data) {
      this.set(key, stored, null);
      this.newestBytes += sizeOf(key, stored);
    }
    // Backwards from what there is: each step says what was there before it.
    const then = new Map<string, Stored | null>(data);
    this.changes = history
      .toReversed()
      .map(([of, key, before]) => {
        const change = { revision: of, key, stored: then.get(key) ?? null, before };
        then.set(key, before);
        this.pastBytes += sizeOf(key, before);
        return change;
      })
      .reverse();
  }

  grant(id: string, ttl: number): void {
    this.leases.set(id, { ttl, keys: new Set() });
  }

  private set(key: string, stored: Stored | null, before: Stored | null): void {
    if (before?.lease !== undefined && before.lease !== stored?.lease) this.leases.get(before.lease)?.keys.delete(key);
    if (stored?.lease !== undefined) this.leases.get(stored.lease)?.keys.add(key);
    if (stored === null) this.data.delete(key);
    else this.data.set(key, stored);
  }

  private forget(): void {
    let left = this.pastBytes;
    const last = this.changes.find(({ key, before }) => {
      left -= sizeOf(key, before);
      return left <= HISTORY_BYTES_KEPT;
    });
    // What is being written now is told of before it is forgotten.
    if (last !== undefined && last.revision < this.revision) this.compact(last.revision);
  }

  /** The first change of this revision or a later one. */
  private indexOf(revision: number): number {
    let [low, high] = [0, this.changes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.changes[middle] as Change).revision < revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What a key has after a write. */
export function storedBy(revision: number, value: string, lease: string | undefined, before: Stored | null): Stored {
  const stored: Stored = {
    value,
    modRevision: revision,
    createRevision: before?.createRevision ?? revision,
    version: (before?.version ?? 0) + 1,
  };
  if (lease !== undefined) stored.lease = lease;
  return stored;
}

function sizeOf(key: string, stored: Stored | null): number {
  return stored === null ? 0 : key.length + stored.value.length + ITEM_BYTES;
}
