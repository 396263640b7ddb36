/**
 * What makes the store outlive its process: every revision is appended to a log before it is acknowledged; now and
 * then the whole is written as a snapshot and the log begins anew.
 * @models etcd server/storage/wal, snap
 * @fidelity partial: a format of our own, one JSON record a line; no segments, no checksums
 */
import type { Context } from '../../../linux/context.ts';
import { exists, mkdirAll, readFile, writeFileAtomic } from '../../../linux/io.ts';
import { readSnapshot, type Stored, type StoredMember, snapshotText } from '../../../protocols/etcd/data-dir.ts';
import { LATENCY } from '../../../sim/latency.ts';

export type LogRecord = { revision: number; key: string; value: string | null };
const RECORDS_MAX = 5_000;

export type LogFile = {
  /** What one revision changes: it is part of the data once the disk has it. */
  append(ctx: Context, changes: readonly LogRecord[]): Promise<void>;
};

export async function openLog(
  ctx: Context,
  dataDir: string,
  data: Map<string, Stored>,
): Promise<{ log: LogFile; revision: number; term: number; member: StoredMember | undefined }> {
  const wal = `${dataDir}/member/wal/0000000000000000-0000000000000000.wal`;
  const snapshot = `${dataDir}/member/snap/db`;
  await mkdirAll(ctx, `${dataDir}/member/wal`, 0o700);
  await mkdirAll(ctx, `${dataDir}/member/snap`, 0o700);
  let revision = 1;
  let term = 1;
  let member: StoredMember | undefined;
  if (await exists(ctx, snapshot)) {
    const stored = readSnapshot(await readFile(ctx, snapshot));
    if (stored === null) throw new Error(`${snapshot} is no database`);
    revision = stored.revision;
    term = stored.term ?? term;
    member = stored.member;
    for (const [key, value] of stored.data) data.set(key, value);
  }
  if (await exists(ctx, wal)) {
    for (const line of (await readFile(ctx, wal)).split('\n')) {
      // The last line may be torn: it was never acknowledged.
      if (!line.endsWith('}')) continue;
      const record = JSON.parse(line) as LogRecord | { term: number };
      if ('term' in record) {
        term = record.term;
        continue;
      }
      // A transaction's writes have one revision.
      if (record.revision < revision) continue;
      applyRecord(data, record);
      revision = record.revision;
    }
  }
  const open = (truncate: boolean): Promise<number> =>
    ctx.sys.open(ctx, wal, { write: true, create: true, ...(truncate ? { truncate } : { append: true }) }, 0o600);
  let fd = await open(false);
  let records = 0;
  // Whoever is alone elects itself anew at each start.
  term++;
  await ctx.sys.write(ctx, fd, `${JSON.stringify({ term })}\n`);
  return {
    revision,
    term,
    member,
    log: {
      append: async (c, changes) => {
        await c.sys.write(c, fd, changes.map((record) => `${JSON.stringify(record)}\n`).join(''));
        await c.sleep(LATENCY.etcdFsyncNs);
        for (const record of changes) applyRecord(data, record);
        records += changes.length;
        if (records < RECORDS_MAX) return;
        records = 0;
        const last = (changes.at(-1) as LogRecord).revision;
        await writeFileAtomic(c, snapshot, snapshotText(last, data, { term, member }), 0o600);
        await c.sys.close(c, fd);
        fd = await open(true);
      },
    },
  };
}

export function applyRecord(data: Map<string, Stored>, record: LogRecord): void {
  if (record.value === null) data.delete(record.key);
  else data.set(record.key, storedBy({ ...record, value: record.value }, data.get(record.key)));
}

/** What a key has after a write. */
export function storedBy({ revision, value }: { revision: number; value: string }, before?: Stored): Stored {
  return {
    value,
    modRevision: revision,
    createRevision: before?.createRevision ?? revision,
    version: (before?.version ?? 0) + 1,
  };
}
