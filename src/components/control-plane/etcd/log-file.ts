/**
 * What makes the store outlive its process: every revision is appended to a log before it is acknowledged; now and
 * then the whole is written as a snapshot and the log begins anew.
 * @models etcd server/storage/wal, snap
 * @fidelity partial: a format of our own, one JSON record a line; no segments, no checksums
 */
import type { Context } from '../../../linux/context.ts';
import { exists, mkdirAll, readFile, writeFileAtomic } from '../../../linux/io.ts';
import { passingBytes } from '../../../protocols/byte-queue.ts';
import { readSnapshot } from '../../../protocols/etcd/data-dir.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Database, type LogRecord } from './database.ts';

export type LogLine =
  | LogRecord
  | { term: number }
  | { compact: number }
  /** A lease, and for how many seconds. */
  | { grant: string; ttl: number }
  | { revoke: string };
const LINES_MAX = 5_000;

export type LogFile = {
  /** What one proposal does: it is done once the disk has it. */
  append(ctx: Context, lines: readonly LogLine[], apply: () => void): Promise<void>;
};

export async function openLog(
  ctx: Context,
  dataDir: string,
): Promise<{ database: Database; log: LogFile; isNew: boolean }> {
  const wal = `${dataDir}/member/wal/0000000000000000-0000000000000000.wal`;
  const snapshot = `${dataDir}/member/snap/db`;
  await mkdirAll(ctx, `${dataDir}/member/wal`, 0o700);
  await mkdirAll(ctx, `${dataDir}/member/snap`, 0o700);
  const database = new Database();
  const hasSnapshot = await exists(ctx, snapshot);
  if (hasSnapshot) loadSnapshot(database, await readFile(ctx, snapshot), snapshot);
  const hasLog = await exists(ctx, wal);
  if (hasLog) replay(database, await readFile(ctx, wal));
  const open = (truncate: boolean): Promise<number> =>
    ctx.sys.open(ctx, wal, { write: true, create: true, ...(truncate ? { truncate } : { append: true }) }, 0o600);
  let fd = await open(false);
  let lines = 0;
  // Whoever is alone elects itself anew at each start.
  database.term++;
  const { term, member } = database;
  await ctx.sys.write(ctx, fd, `${JSON.stringify({ term })}\n`);
  return {
    database,
    isNew: !hasLog && !hasSnapshot,
    log: {
      append: async (c, added, apply) => {
        let text = '';
        for (const line of added) text += `${JSON.stringify(line)}\n`;
        await c.sys.write(c, fd, passingBytes(text));
        await c.sleep(LATENCY.etcdFsyncNs);
        apply();
        lines += added.length;
        if (lines < LINES_MAX) return;
        lines = 0;
        await writeFileAtomic(c, snapshot, database.text({ term, member }), 0o600);
        await c.sys.close(c, fd);
        fd = await open(true);
      },
    },
  };
}

function loadSnapshot(database: Database, text: string, path: string): void {
  const stored = readSnapshot(text);
  if (stored === null) throw new Error(`${path} is no database`);
  for (const [id, ttl] of stored.leases ?? []) database.grant(id, ttl);
  database.load(stored.revision, stored.data, stored.history ?? [], stored.compacted ?? -1);
  database.term = stored.term ?? database.term;
  database.member = stored.member;
  database.otherEntries = stored.otherEntries ?? 0;
}

function replay(database: Database, text: string): void {
  const from = database.revision;
  for (const line of text.split('\n')) {
    // The last line may be torn: it was never acknowledged.
    if (!line.endsWith('}')) continue;
    const record = JSON.parse(line) as LogLine;
    if ('term' in record) database.term = record.term;
    else if ('revision' in record) {
      if (record.revision > from) database.apply(record);
    } else applyOther(database, record);
  }
}

/** What writes no key. */
export function applyOther(
  database: Database,
  line: { compact: number } | { grant: string; ttl: number } | { revoke: string },
): void {
  database.otherEntries++;
  if ('compact' in line) database.compact(line.compact);
  else if ('grant' in line) database.grant(line.grant, line.ttl);
  else database.leases.delete(line.revoke);
}
