/**
 * What makes the store outlive its process: every revision is appended to a log before it is acknowledged; now and
 * then the whole is written as a snapshot and the log begins anew.
 * @models etcd server/storage/wal, snap
 * @fidelity partial: a format of our own, one JSON record a line; no segments, no checksums
 */
import type { Context } from '../../../linux/context.ts';
import { exists, mkdirAll, readFile, writeFileAtomic } from '../../../linux/io.ts';

export type LogRecord = { revision: number; key: string; value: string | null };
export type KeyValue = { value: string; modRevision: number; createRevision: number; version: number };

const RECORDS_MAX = 5_000;

export type LogFile = {
  append(ctx: Context, record: LogRecord): Promise<void>;
};

export async function openLog(
  ctx: Context,
  dataDir: string,
  data: Map<string, KeyValue>,
): Promise<{ log: LogFile; revision: number }> {
  const wal = `${dataDir}/member/wal/0000000000000000-0000000000000000.wal`;
  const snapshot = `${dataDir}/member/snap/db`;
  await mkdirAll(ctx, `${dataDir}/member/wal`, 0o700);
  await mkdirAll(ctx, `${dataDir}/member/snap`, 0o700);
  let revision = 1;
  if (await exists(ctx, snapshot)) {
    const stored = JSON.parse(await readFile(ctx, snapshot)) as { revision: number; data: [string, KeyValue][] };
    revision = stored.revision;
    for (const [key, value] of stored.data) data.set(key, value);
  }
  if (await exists(ctx, wal)) {
    for (const line of (await readFile(ctx, wal)).split('\n')) {
      // The last line may be torn: it was never acknowledged.
      if (!line.endsWith('}')) continue;
      const record = JSON.parse(line) as LogRecord;
      if (record.revision <= revision) continue;
      applyRecord(data, record);
      revision = record.revision;
    }
  }
  const open = (truncate: boolean): Promise<number> =>
    ctx.sys.open(ctx, wal, { write: true, create: true, ...(truncate ? { truncate } : { append: true }) }, 0o600);
  let fd = await open(false);
  let records = 0;
  return {
    revision,
    log: {
      append: async (c, record) => {
        await c.sys.write(c, fd, `${JSON.stringify(record)}\n`);
        if (++records < RECORDS_MAX) return;
        records = 0;
        await writeFileAtomic(c, snapshot, JSON.stringify({ revision: record.revision, data: [...data] }), 0o600);
        await c.sys.close(c, fd);
        fd = await open(true);
      },
    },
  };
}

export function applyRecord(data: Map<string, KeyValue>, { revision, key, value }: LogRecord): void {
  if (value === null) {
    data.delete(key);
    return;
  }
  const before = data.get(key);
  data.set(key, {
    value,
    modRevision: revision,
    createRevision: before?.createRevision ?? revision,
    version: (before?.version ?? 0) + 1,
  });
}
