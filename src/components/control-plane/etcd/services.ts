/**
 * etcd's gRPC services on one member.
 * @models etcd 3.6 server/etcdserver/api/v3rpc
 * @fidelity partial: no locks and elections by the server, users or roles; the database's size is an estimate
 */
import type { ZapEntry } from '../../../go/zap.ts';
import type { Context } from '../../../linux/context.ts';
import { HASH_BYTES, hashedSnapshot } from '../../../protocols/etcd/data-dir.ts';
import {
  ClusterService,
  KVService,
  MaintenanceService,
  type ResponseHeader,
  WatchService,
} from '../../../protocols/etcd/etcdserverpb/generated.ts';
import type { Member } from '../../../protocols/etcd/member.ts';
import type { GrpcServer } from '../../../protocols/grpc/server.ts';
import { crc32 } from '../../../protocols/oci/crc32.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { LATENCY } from '../../../sim/latency.ts';
import type { KeyValues } from './key-values.ts';
import { implementLeases, type Lessor } from './leases.ts';
import { backupSent, compacted, compacting, defragmented, defragmenting, sendingBackup } from './upkeep-log.ts';
import { serveWatch } from './watch-service.ts';

const QUOTA_BYTES = 2_147_483_648n;
const SNAPSHOT_PART_BYTES = 32 * 1024;

/** Of the database, when it is defragmented or sent. */
const COPIED_BYTES_PER_NS = 0.2;
/** For each version of a key that goes. */
const COMPACTED_NS = 2_000;

export type EtcdVersion = { readonly version: string; readonly storage: string | null };
/** Writes to the log; of a release whose lines are not known nothing. */
export type Say = (ctx: Context, entries: readonly ZapEntry[]) => Promise<void>;

export function implementServices(
  server: GrpcServer,
  keys: KeyValues,
  lessor: Lessor,
  member: Member,
  { version, storage }: EtcdVersion,
  { say, path }: { say: Say; path: string },
): void {
  const { database } = keys;
  const { term } = database;
  const header = (): Input<ResponseHeader> => ({
    clusterId: member.clusterId,
    memberId: member.id,
    revision: keys.revision,
    raftTerm: term,
  });
  const hashAt = (revision: number): number =>
    crc32(new TextEncoder().encode(JSON.stringify([...database.at(revision)])));
  const asked = (ctx: Context): Promise<void> => ctx.cpu(LATENCY.etcdRequestNs);

  server.implement(KVService, {
    Range: async (ctx, request) => {
      await asked(ctx);
      return { ...keys.range(request), header: header() };
    },
    Put: async (ctx, request) => {
      await asked(ctx);
      return { ...(await keys.put(ctx, request)), header: header() };
    },
    DeleteRange: async (ctx, request) => {
      await asked(ctx);
      return { ...(await keys.deleteRange(ctx, request)), header: header() };
    },
    Txn: async (ctx, request) => {
      await asked(ctx);
      return { ...(await keys.txn(ctx, request)), header: header() };
    },
    Compact: async (ctx, request) => {
      await asked(ctx);
      const revision = Number(request.revision);
      const before = keys.compacted;
      const start = ctx.now;
      const freed = await keys.compact(ctx, revision);
      await say(ctx, compacting(revision));
      await ctx.cpu(freed * COMPACTED_NS);
      await say(
        ctx,
        compacted(revision, before, { hash: hashAt(revision), size: database.bytes, tookNs: ctx.now - start }),
      );
      return { header: header() };
    },
  });
  server.implement(WatchService, { Watch: async (ctx, _, call) => serveWatch(ctx, keys, header, call) });
  implementLeases(server, keys, lessor, header);
  server.implement(ClusterService, {
    MemberList: async (ctx) => {
      await asked(ctx);
      const { id, name, peerUrls, clientUrls } = member;
      return {
        header: { ...header(), revision: 0 },
        members: [{ ID: id, name, peerURLs: [...peerUrls], clientURLs: [...clientUrls] }],
      };
    },
  });
  server.implement(MaintenanceService, {
    Alarm: async (ctx) => {
      await asked(ctx);
      return { header: header() };
    },
    Status: async (ctx) => {
      await asked(ctx);
      const { file, inUse } = database.bytes;
      const index = BigInt(database.index);
      return {
        header: header(),
        version,
        dbSize: BigInt(file),
        dbSizeInUse: BigInt(inUse),
        leader: member.id,
        raftIndex: index,
        raftTerm: BigInt(term),
        raftAppliedIndex: index,
        ...(storage === null ? {} : { storageVersion: storage, dbSizeQuota: QUOTA_BYTES, downgradeInfo: {} }),
      };
    },
    Defragment: async (ctx) => {
      await asked(ctx);
      const before = database.bytes;
      const start = ctx.now;
      await say(ctx, defragmenting(path, before));
      await ctx.cpu(Math.ceil(before.inUse / COPIED_BYTES_PER_NS));
      database.defragment();
      await say(ctx, defragmented(path, before, database.bytes, ctx.now - start));
      return { header: header() };
    },
    HashKV: async (ctx, { revision }) => {
      await asked(ctx);
      keys.checkRevision(Number(revision));
      const at = Number(revision) || keys.revision;
      const hashRevision = storage === null ? {} : { hashRevision: BigInt(at) };
      return { header: header(), hash: hashAt(at), compactRevision: BigInt(keys.compacted), ...hashRevision };
    },
    Snapshot: async (ctx, _, call) => {
      await asked(ctx);
      const about = storage === null ? {} : { version: storage };
      const bytes = hashedSnapshot(new TextEncoder().encode(database.text(about)));
      const start = ctx.now;
      const size = bytes.length - HASH_BYTES;
      await say(ctx, sendingBackup(size, storage ?? ''));
      for (let at = 0; at < bytes.length; at += SNAPSHOT_PART_BYTES) {
        const blob = bytes.subarray(at, at + SNAPSHOT_PART_BYTES);
        const remainingBytes = BigInt(bytes.length - at - blob.length);
        await call.send(ctx, { header: header(), remainingBytes, blob, ...about });
      }
      await ctx.cpu(Math.ceil(size / COPIED_BYTES_PER_NS));
      await say(ctx, backupSent(size, storage ?? '', ctx.now - start));
    },
  });
}
