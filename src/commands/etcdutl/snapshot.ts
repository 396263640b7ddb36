/**
 * Backups without a server: what is in one, and a data directory made of it.
 * @models etcd 3.6 etcdutl/snapshot v3_snapshot.go
 * @fidelity partial: the database is text of our own, and so is its hash; names of hosts are not resolved
 */

import type { JsonValue } from '../../go/json.ts';
import { zapConsole } from '../../go/zap.ts';
import type { Context } from '../../linux/context.ts';
import { isErrno } from '../../linux/errno.ts';
import { exists, mkdirAll, printError, readFileBytes, writeFile } from '../../linux/io.ts';
import { utf8 } from '../../linux/rope.ts';
import { checkedSnapshot, readSnapshot, snapshotText } from '../../protocols/etcd/data-dir.ts';
import { onlyMember } from '../../protocols/etcd/member.ts';
import { crc32 } from '../../protocols/oci/crc32.ts';
import { EXIT, Exit } from '../etcdctl/exit.ts';

export type SnapshotStatus = { hash: number; revision: number; totalKey: number; totalSize: number; version: string };

export async function snapshotStatus(ctx: Context, path: string): Promise<SnapshotStatus> {
  const { database } = checkedSnapshot(await read(ctx, path, 'stat'));
  const snapshot = readSnapshot(utf8(database));
  if (snapshot === null) throw new Exit(EXIT.error, 'invalid database');
  const { revision, data, version } = snapshot;
  const hash = crc32(database);
  return { hash, revision, totalKey: data.length, totalSize: database.length, version: version ?? '' };
}

export type RestoreOptions = {
  readonly dataDir: string;
  readonly walDir: string;
  readonly name: string;
  readonly initialCluster: string;
  readonly token: string;
  readonly peerUrls: string;
  readonly skipHashCheck: boolean;
  readonly bumpRevision: number;
  readonly callers: {
    restoring: string;
    trimming: string;
    added: string;
    restored: string;
    bumping: string;
    marking: string;
  };
};

const MEMORY_MAP_BYTES = 10_737_418_240;

export async function restoreSnapshot(ctx: Context, path: string, options: RestoreOptions): Promise<void> {
  const { dataDir, name, callers } = options;
  const peers = checkCluster(options);
  if ((await exists(ctx, dataDir)) && !(await isEmpty(ctx, dataDir)))
    throw new Exit(EXIT.error, `data-dir "${dataDir}" not empty or could not be read`);
  const walDir = options.walDir === '' ? `${dataDir}/member/wal` : options.walDir;
  if (options.walDir !== '' && (await exists(ctx, walDir))) throw new Exit(EXIT.error, `wal-dir "${walDir}" exists`);
  const snapDir = `${dataDir}/member/snap`;
  const fields = {
    path,
    'wal-dir': walDir,
    'data-dir': dataDir,
    'snap-dir': snapDir,
    'initial-memory-map-size': MEMORY_MAP_BYTES,
  };
  await tell(ctx, callers.restoring, 'restoring snapshot', fields);
  const { database, isHashed, isIntact } = checkedSnapshot(await read(ctx, path, 'open'));
  await mkdirAll(ctx, snapDir, 0o700);
  if (!isHashed && !options.skipHashCheck)
    throw new Exit(EXIT.error, 'snapshot missing hash but --skip-hash-check=false');
  if (isHashed && !isIntact && !options.skipHashCheck)
    throw new Exit(EXIT.error, 'expected sha256 of the snapshot is not that of its content');
  const snapshot = readSnapshot(utf8(database));
  if (snapshot === null) throw new Exit(EXIT.error, 'invalid database');
  await tell(ctx, callers.trimming, 'Trimming membership information from the backend...');
  const revision = snapshot.revision + options.bumpRevision;
  const { version, leases, otherEntries, compacted, history } = snapshot;
  const past = options.bumpRevision > 0 ? { compacted: revision } : { compacted, history };
  if (options.bumpRevision > 0) {
    const amounts = {
      'latest-revision': snapshot.revision,
      'bump-amount': options.bumpRevision,
      'new-latest-revision': revision,
    };
    await tell(ctx, callers.bumping, 'bumping latest revision', amounts);
    await tell(ctx, callers.marking, 'marking revision compacted', { revision });
  }
  const flags = new Map([
    ['name', name],
    ['initial-advertise-peer-urls', options.peerUrls],
    ['initial-cluster-token', options.token],
  ]);
  const { id, clusterId, peerUrls } = onlyMember(flags);
  const member = { id: id.toString(16), clusterId: clusterId.toString(16), peerUrls };
  await writeFile(
    ctx,
    `${snapDir}/db`,
    snapshotText(revision, new Map(snapshot.data), { version, leases, member, otherEntries, ...past }),
    { mode: 0o600 },
  );
  await mkdirAll(ctx, walDir, 0o700);
  await tell(ctx, callers.added, 'added member', {
    'cluster-id': member.clusterId,
    'local-member-id': '0',
    'added-peer-id': member.id,
    'added-peer-peer-urls': peers,
    'added-peer-is-learner': false,
  });
  await tell(ctx, callers.restored, 'restored snapshot', fields);
}

/** The addresses that --initial-cluster has for this member. */
function checkCluster({ name, initialCluster, peerUrls }: RestoreOptions): string[] {
  const own = initialCluster.split(',').filter((entry) => entry.startsWith(`${name}=`));
  const urls = own.map((entry) => entry.slice(name.length + 1));
  if (urls.length === 0)
    throw new Exit(EXIT.error, `couldn't find local name "${name}" in the initial cluster configuration`);
  const lost = urls.find((url) => !peerUrls.split(',').includes(url));
  if (lost !== undefined)
    throw new Exit(
      EXIT.error,
      `--initial-cluster has ${name}=${lost} but missing from --initial-advertise-peer-urls=${peerUrls} (resolved urls: "${peerUrls}" != "${lost}")`,
    );
  return urls;
}

async function isEmpty(ctx: Context, path: string): Promise<boolean> {
  try {
    return (await ctx.sys.readDirectory(ctx, path)).length === 0;
  } catch (error) {
    if (isErrno(error)) return false;
    throw error;
  }
}

async function read(ctx: Context, path: string, doing: string): Promise<Uint8Array> {
  try {
    return await readFileBytes(ctx, path);
  } catch (error) {
    if (isErrno(error)) throw new Exit(EXIT.error, `${doing} ${path}: ${error.go}`);
    throw error;
  }
}

function tell(ctx: Context, caller: string, msg: string, fields?: Readonly<Record<string, JsonValue>>): Promise<void> {
  return printError(
    ctx,
    zapConsole(ctx.wallTime, { level: 'info', caller, msg, ...(fields === undefined ? {} : { fields }) }),
  );
}
