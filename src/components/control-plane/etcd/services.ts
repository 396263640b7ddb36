/**
 * etcd's gRPC services on one member.
 * @models etcd 3.6 server/etcdserver/api/v3rpc
 * @fidelity partial: a watch cannot begin in the past (nothing but the newest is kept); no leases, locks, elections,
 * users or roles; the database's size is that of its text
 */
import type { Context } from '../../../linux/context.ts';
import { utf8 } from '../../../linux/rope.ts';
import { hashedSnapshot, snapshotText } from '../../../protocols/etcd/data-dir.ts';
import {
  ClusterService,
  KVService,
  MaintenanceService,
  type ResponseHeader,
  type WatchCreateRequest,
  WatchCreateRequest_FilterType,
  type WatchRequest,
  type WatchResponse,
  WatchService,
} from '../../../protocols/etcd/etcdserverpb/generated.ts';
import type { Member } from '../../../protocols/etcd/member.ts';
import { type Event, Event_EventType } from '../../../protocols/etcd/mvccpb/generated.ts';
import type { GrpcServer, ServerCall } from '../../../protocols/grpc/server.ts';
import { crc32 } from '../../../protocols/oci/crc32.ts';
import type { Input } from '../../../protocols/proto/message-type.ts';
import { LATENCY } from '../../../sim/latency.ts';
import { Queue } from '../../../sim/primitives.ts';
import type { KeyValues } from './key-values.ts';

/** What is in Raft's log before the first key: the member, its addresses, the cluster's version. */
const FIRST_ENTRIES = 4;
const QUOTA_BYTES = 2_147_483_648n;
const SNAPSHOT_PART_BYTES = 32 * 1024;

export type EtcdVersion = { readonly version: string; readonly storage: string | null };

export function implementServices(
  server: GrpcServer,
  keys: KeyValues,
  member: Member,
  term: number,
  { version, storage }: EtcdVersion,
): void {
  const header = (): Input<ResponseHeader> => ({
    clusterId: member.clusterId,
    memberId: member.id,
    revision: BigInt(keys.revision),
    raftTerm: BigInt(term),
  });
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
      keys.compact(Number(request.revision));
      return { header: header() };
    },
  });
  server.implement(WatchService, { Watch: async (ctx, _, call) => serveWatch(ctx, keys, header, call) });
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
      const size = BigInt(new TextEncoder().encode(snapshotText(keys.revision, keys.data)).length);
      const index = BigInt(keys.revision + FIRST_ENTRIES);
      return {
        header: header(),
        version,
        dbSize: size,
        dbSizeInUse: size,
        leader: member.id,
        raftIndex: index,
        raftTerm: BigInt(term),
        raftAppliedIndex: index,
        ...(storage === null ? {} : { storageVersion: storage, dbSizeQuota: QUOTA_BYTES, downgradeInfo: {} }),
      };
    },
    Defragment: async (ctx) => {
      await asked(ctx);
      return { header: header() };
    },
    HashKV: async (ctx, { revision }) => {
      await asked(ctx);
      keys.checkRevision(Number(revision));
      const hash = crc32(new TextEncoder().encode(JSON.stringify([...keys.data])));
      const hashRevision = storage === null ? {} : { hashRevision: BigInt(keys.revision) };
      return { header: header(), hash, compactRevision: BigInt(keys.compactedTo), ...hashRevision };
    },
    Snapshot: async (ctx, _, call) => {
      await asked(ctx);
      const about = storage === null ? {} : { version: storage };
      const bytes = hashedSnapshot(new TextEncoder().encode(snapshotText(keys.revision, keys.data, about)));
      for (let at = 0; at < bytes.length; at += SNAPSHOT_PART_BYTES) {
        const blob = bytes.subarray(at, at + SNAPSHOT_PART_BYTES);
        const remainingBytes = BigInt(bytes.length - at - blob.length);
        await call.send(ctx, { header: header(), remainingBytes, blob, ...about });
      }
    },
  });
}

type Watched = { readonly from: string; readonly end: string; readonly request: WatchCreateRequest };

async function serveWatch(
  ctx: Context,
  keys: KeyValues,
  header: () => Input<ResponseHeader>,
  call: ServerCall<WatchResponse>,
): Promise<void> {
  const watches = new Map<bigint, Watched>();
  const answers = new Queue<Input<WatchResponse>>(ctx.scheduler);
  const tell = (events: readonly Input<Event>[]): void => {
    for (const [watchId, watched] of watches) {
      const seen = events.filter((event) => concerns(watched, event)).map((event) => shown(watched, event));
      if (seen.length > 0) answers.push({ header: header(), watchId, events: seen });
    }
  };
  keys.watchers.add(tell);
  ctx.go('watch-requests', async () => {
    for (;;) {
      const request = (await call.receive()) as WatchRequest | null;
      if (request === null) break;
      takeWatchRequest(request, keys, header, watches, answers);
    }
    answers.close();
  });
  for (;;) {
    const answer = await answers.take();
    if (answer === null || call.cancelled) break;
    await call.send(ctx, answer);
  }
  keys.watchers.delete(tell);
}

function takeWatchRequest(
  { createRequest, cancelRequest, progressRequest }: WatchRequest,
  keys: KeyValues,
  header: () => Input<ResponseHeader>,
  watches: Map<bigint, Watched>,
  answers: Queue<Input<WatchResponse>>,
): void {
  if (createRequest !== undefined) {
    let watchId = createRequest.watchId;
    while (watches.has(watchId)) watchId++;
    answers.push({ header: header(), watchId, created: true });
    const start = Number(createRequest.startRevision);
    if (start > 0 && start <= keys.compactedRevision) {
      const reason = 'etcdserver: mvcc: required revision has been compacted';
      const compactRevision = BigInt(keys.compactedRevision + 1);
      answers.push({ header: header(), watchId, canceled: true, compactRevision, cancelReason: reason });
      return;
    }
    watches.set(watchId, { from: utf8(createRequest.key), end: utf8(createRequest.rangeEnd), request: createRequest });
  } else if (cancelRequest !== undefined) {
    const { watchId } = cancelRequest;
    if (watches.delete(watchId)) answers.push({ header: header(), watchId, canceled: true });
  } else if (progressRequest !== undefined) answers.push({ header: header(), watchId: -1n });
}

function concerns({ from, end, request }: Watched, { type, kv }: Input<Event>): boolean {
  const key = utf8(kv?.key ?? new Uint8Array(0));
  if (end === '' ? key !== from : key < from || (end !== '\0' && key >= end)) return false;
  const unwanted =
    type === Event_EventType.DELETE ? WatchCreateRequest_FilterType.NODELETE : WatchCreateRequest_FilterType.NOPUT;
  return !request.filters.includes(unwanted);
}

function shown({ request }: Watched, { prevKv, ...event }: Input<Event>): Input<Event> {
  return request.prevKv && prevKv !== undefined ? { ...event, prevKv } : event;
}
