// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { noBytes } from '../../proto/dictionary.ts';
import type { EnumType, MessageType } from '../../proto/message-type.ts';
import { message } from '../../proto/message-type.ts';
import { service } from '../../proto/service.ts';
import * as mvccpb from '../mvccpb/generated.ts';

export interface ResponseHeader {
  clusterId: bigint;
  memberId: bigint;
  revision: bigint;
  raftTerm: bigint;
}
export const ResponseHeader: MessageType<ResponseHeader> = /* @__PURE__ */ message('etcdserverpb.ResponseHeader', () => ({ clusterId: 0n, memberId: 0n, revision: 0n, raftTerm: 0n }), () => [
  [1, 'cluster_id', 'uint64'],
  [2, 'member_id', 'uint64'],
  [3, 'revision', 'int64'],
  [4, 'raft_term', 'uint64'],
]);

export interface RangeRequest {
  key: Uint8Array;
  rangeEnd: Uint8Array;
  limit: bigint;
  revision: bigint;
  sortOrder: RangeRequest_SortOrder;
  sortTarget: RangeRequest_SortTarget;
  serializable: boolean;
  keysOnly: boolean;
  countOnly: boolean;
  minModRevision: bigint;
  maxModRevision: bigint;
  minCreateRevision: bigint;
  maxCreateRevision: bigint;
}
export const RangeRequest: MessageType<RangeRequest> = /* @__PURE__ */ message('etcdserverpb.RangeRequest', () => ({ key: noBytes, rangeEnd: noBytes, limit: 0n, revision: 0n, sortOrder: 0, sortTarget: 0, serializable: false, keysOnly: false, countOnly: false, minModRevision: 0n, maxModRevision: 0n, minCreateRevision: 0n, maxCreateRevision: 0n }), () => [
  [1, 'key', 'bytes'],
  [2, 'range_end', 'bytes'],
  [3, 'limit', 'int64'],
  [4, 'revision', 'int64'],
  [5, 'sort_order', RangeRequest_SortOrderEnum],
  [6, 'sort_target', RangeRequest_SortTargetEnum],
  [7, 'serializable', 'bool'],
  [8, 'keys_only', 'bool'],
  [9, 'count_only', 'bool'],
  [10, 'min_mod_revision', 'int64'],
  [11, 'max_mod_revision', 'int64'],
  [12, 'min_create_revision', 'int64'],
  [13, 'max_create_revision', 'int64'],
]);

export const RangeRequest_SortOrder = { NONE: 0, ASCEND: 1, DESCEND: 2 } as const;
export type RangeRequest_SortOrder = (typeof RangeRequest_SortOrder)[keyof typeof RangeRequest_SortOrder];
export const RangeRequest_SortOrderEnum: EnumType = { typeName: 'etcdserverpb.RangeRequest.SortOrder', values: RangeRequest_SortOrder };

export const RangeRequest_SortTarget = { KEY: 0, VERSION: 1, CREATE: 2, MOD: 3, VALUE: 4 } as const;
export type RangeRequest_SortTarget = (typeof RangeRequest_SortTarget)[keyof typeof RangeRequest_SortTarget];
export const RangeRequest_SortTargetEnum: EnumType = { typeName: 'etcdserverpb.RangeRequest.SortTarget', values: RangeRequest_SortTarget };

export interface RangeResponse {
  header: ResponseHeader | undefined;
  kvs: mvccpb.KeyValue[];
  more: boolean;
  count: bigint;
}
export const RangeResponse: MessageType<RangeResponse> = /* @__PURE__ */ message('etcdserverpb.RangeResponse', () => ({ header: undefined, kvs: [], more: false, count: 0n }), () => [
  [1, 'header', ResponseHeader],
  [2, 'kvs', mvccpb.KeyValue, 'repeated'],
  [3, 'more', 'bool'],
  [4, 'count', 'int64'],
]);

export interface PutRequest {
  key: Uint8Array;
  value: Uint8Array;
  lease: bigint;
  prevKv: boolean;
  ignoreValue: boolean;
  ignoreLease: boolean;
}
export const PutRequest: MessageType<PutRequest> = /* @__PURE__ */ message('etcdserverpb.PutRequest', () => ({ key: noBytes, value: noBytes, lease: 0n, prevKv: false, ignoreValue: false, ignoreLease: false }), () => [
  [1, 'key', 'bytes'],
  [2, 'value', 'bytes'],
  [3, 'lease', 'int64'],
  [4, 'prev_kv', 'bool'],
  [5, 'ignore_value', 'bool'],
  [6, 'ignore_lease', 'bool'],
]);

export interface PutResponse {
  header: ResponseHeader | undefined;
  prevKv: mvccpb.KeyValue | undefined;
}
export const PutResponse: MessageType<PutResponse> = /* @__PURE__ */ message('etcdserverpb.PutResponse', () => ({ header: undefined, prevKv: undefined }), () => [
  [1, 'header', ResponseHeader],
  [2, 'prev_kv', mvccpb.KeyValue],
]);

export interface DeleteRangeRequest {
  key: Uint8Array;
  rangeEnd: Uint8Array;
  prevKv: boolean;
}
export const DeleteRangeRequest: MessageType<DeleteRangeRequest> = /* @__PURE__ */ message('etcdserverpb.DeleteRangeRequest', () => ({ key: noBytes, rangeEnd: noBytes, prevKv: false }), () => [
  [1, 'key', 'bytes'],
  [2, 'range_end', 'bytes'],
  [3, 'prev_kv', 'bool'],
]);

export interface DeleteRangeResponse {
  header: ResponseHeader | undefined;
  deleted: bigint;
  prevKvs: mvccpb.KeyValue[];
}
export const DeleteRangeResponse: MessageType<DeleteRangeResponse> = /* @__PURE__ */ message('etcdserverpb.DeleteRangeResponse', () => ({ header: undefined, deleted: 0n, prevKvs: [] }), () => [
  [1, 'header', ResponseHeader],
  [2, 'deleted', 'int64'],
  [3, 'prev_kvs', mvccpb.KeyValue, 'repeated'],
]);

export interface RequestOp {
  requestRange: RangeRequest | undefined;
  requestPut: PutRequest | undefined;
  requestDeleteRange: DeleteRangeRequest | undefined;
  requestTxn: TxnRequest | undefined;
}
export const RequestOp: MessageType<RequestOp> = /* @__PURE__ */ message('etcdserverpb.RequestOp', () => ({ requestRange: undefined, requestPut: undefined, requestDeleteRange: undefined, requestTxn: undefined }), () => [
  [1, 'request_range', RangeRequest],
  [2, 'request_put', PutRequest],
  [3, 'request_delete_range', DeleteRangeRequest],
  [4, 'request_txn', TxnRequest],
]);

export interface ResponseOp {
  responseRange: RangeResponse | undefined;
  responsePut: PutResponse | undefined;
  responseDeleteRange: DeleteRangeResponse | undefined;
  responseTxn: TxnResponse | undefined;
}
export const ResponseOp: MessageType<ResponseOp> = /* @__PURE__ */ message('etcdserverpb.ResponseOp', () => ({ responseRange: undefined, responsePut: undefined, responseDeleteRange: undefined, responseTxn: undefined }), () => [
  [1, 'response_range', RangeResponse],
  [2, 'response_put', PutResponse],
  [3, 'response_delete_range', DeleteRangeResponse],
  [4, 'response_txn', TxnResponse],
]);

export interface Compare {
  result: Compare_CompareResult;
  target: Compare_CompareTarget;
  key: Uint8Array;
  version: bigint;
  createRevision: bigint;
  modRevision: bigint;
  value: Uint8Array;
  lease: bigint;
  rangeEnd: Uint8Array;
}
export const Compare: MessageType<Compare> = /* @__PURE__ */ message('etcdserverpb.Compare', () => ({ result: 0, target: 0, key: noBytes, version: 0n, createRevision: 0n, modRevision: 0n, value: noBytes, lease: 0n, rangeEnd: noBytes }), () => [
  [1, 'result', Compare_CompareResultEnum],
  [2, 'target', Compare_CompareTargetEnum],
  [3, 'key', 'bytes'],
  [4, 'version', 'int64'],
  [5, 'create_revision', 'int64'],
  [6, 'mod_revision', 'int64'],
  [7, 'value', 'bytes'],
  [8, 'lease', 'int64'],
  [64, 'range_end', 'bytes'],
]);

export const Compare_CompareResult = { EQUAL: 0, GREATER: 1, LESS: 2, NOT_EQUAL: 3 } as const;
export type Compare_CompareResult = (typeof Compare_CompareResult)[keyof typeof Compare_CompareResult];
export const Compare_CompareResultEnum: EnumType = { typeName: 'etcdserverpb.Compare.CompareResult', values: Compare_CompareResult };

export const Compare_CompareTarget = { VERSION: 0, CREATE: 1, MOD: 2, VALUE: 3, LEASE: 4 } as const;
export type Compare_CompareTarget = (typeof Compare_CompareTarget)[keyof typeof Compare_CompareTarget];
export const Compare_CompareTargetEnum: EnumType = { typeName: 'etcdserverpb.Compare.CompareTarget', values: Compare_CompareTarget };

export interface TxnRequest {
  compare: Compare[];
  success: RequestOp[];
  failure: RequestOp[];
}
export const TxnRequest: MessageType<TxnRequest> = /* @__PURE__ */ message('etcdserverpb.TxnRequest', () => ({ compare: [], success: [], failure: [] }), () => [
  [1, 'compare', Compare, 'repeated'],
  [2, 'success', RequestOp, 'repeated'],
  [3, 'failure', RequestOp, 'repeated'],
]);

export interface TxnResponse {
  header: ResponseHeader | undefined;
  succeeded: boolean;
  responses: ResponseOp[];
}
export const TxnResponse: MessageType<TxnResponse> = /* @__PURE__ */ message('etcdserverpb.TxnResponse', () => ({ header: undefined, succeeded: false, responses: [] }), () => [
  [1, 'header', ResponseHeader],
  [2, 'succeeded', 'bool'],
  [3, 'responses', ResponseOp, 'repeated'],
]);

export interface CompactionRequest {
  revision: bigint;
  physical: boolean;
}
export const CompactionRequest: MessageType<CompactionRequest> = /* @__PURE__ */ message('etcdserverpb.CompactionRequest', () => ({ revision: 0n, physical: false }), () => [
  [1, 'revision', 'int64'],
  [2, 'physical', 'bool'],
]);

export interface CompactionResponse {
  header: ResponseHeader | undefined;
}
export const CompactionResponse: MessageType<CompactionResponse> = /* @__PURE__ */ message('etcdserverpb.CompactionResponse', () => ({ header: undefined }), () => [
  [1, 'header', ResponseHeader],
]);

export interface WatchRequest {
  createRequest: WatchCreateRequest | undefined;
  cancelRequest: WatchCancelRequest | undefined;
  progressRequest: WatchProgressRequest | undefined;
}
export const WatchRequest: MessageType<WatchRequest> = /* @__PURE__ */ message('etcdserverpb.WatchRequest', () => ({ createRequest: undefined, cancelRequest: undefined, progressRequest: undefined }), () => [
  [1, 'create_request', WatchCreateRequest],
  [2, 'cancel_request', WatchCancelRequest],
  [3, 'progress_request', WatchProgressRequest],
]);

export interface WatchCreateRequest {
  key: Uint8Array;
  rangeEnd: Uint8Array;
  startRevision: bigint;
  progressNotify: boolean;
  filters: WatchCreateRequest_FilterType[];
  prevKv: boolean;
  watchId: bigint;
  fragment: boolean;
}
export const WatchCreateRequest: MessageType<WatchCreateRequest> = /* @__PURE__ */ message('etcdserverpb.WatchCreateRequest', () => ({ key: noBytes, rangeEnd: noBytes, startRevision: 0n, progressNotify: false, filters: [], prevKv: false, watchId: 0n, fragment: false }), () => [
  [1, 'key', 'bytes'],
  [2, 'range_end', 'bytes'],
  [3, 'start_revision', 'int64'],
  [4, 'progress_notify', 'bool'],
  [5, 'filters', WatchCreateRequest_FilterTypeEnum, 'repeated'],
  [6, 'prev_kv', 'bool'],
  [7, 'watch_id', 'int64'],
  [8, 'fragment', 'bool'],
]);

export const WatchCreateRequest_FilterType = { NOPUT: 0, NODELETE: 1 } as const;
export type WatchCreateRequest_FilterType = (typeof WatchCreateRequest_FilterType)[keyof typeof WatchCreateRequest_FilterType];
export const WatchCreateRequest_FilterTypeEnum: EnumType = { typeName: 'etcdserverpb.WatchCreateRequest.FilterType', values: WatchCreateRequest_FilterType };

export interface WatchCancelRequest {
  watchId: bigint;
}
export const WatchCancelRequest: MessageType<WatchCancelRequest> = /* @__PURE__ */ message('etcdserverpb.WatchCancelRequest', () => ({ watchId: 0n }), () => [
  [1, 'watch_id', 'int64'],
]);

export type WatchProgressRequest = Record<never, never>;
export const WatchProgressRequest: MessageType<WatchProgressRequest> = /* @__PURE__ */ message('etcdserverpb.WatchProgressRequest', () => ({}), () => []);

export interface WatchResponse {
  header: ResponseHeader | undefined;
  watchId: bigint;
  created: boolean;
  canceled: boolean;
  compactRevision: bigint;
  cancelReason: string;
  fragment: boolean;
  events: mvccpb.Event[];
}
export const WatchResponse: MessageType<WatchResponse> = /* @__PURE__ */ message('etcdserverpb.WatchResponse', () => ({ header: undefined, watchId: 0n, created: false, canceled: false, compactRevision: 0n, cancelReason: '', fragment: false, events: [] }), () => [
  [1, 'header', ResponseHeader],
  [2, 'watch_id', 'int64'],
  [3, 'created', 'bool'],
  [4, 'canceled', 'bool'],
  [5, 'compact_revision', 'int64'],
  [6, 'cancel_reason', 'string'],
  [7, 'fragment', 'bool'],
  [11, 'events', mvccpb.Event, 'repeated'],
]);

export interface LeaseGrantRequest {
  TTL: bigint;
  ID: bigint;
}
export const LeaseGrantRequest: MessageType<LeaseGrantRequest> = /* @__PURE__ */ message('etcdserverpb.LeaseGrantRequest', () => ({ TTL: 0n, ID: 0n }), () => [
  [1, 'TTL', 'int64'],
  [2, 'ID', 'int64'],
]);

export interface LeaseGrantResponse {
  header: ResponseHeader | undefined;
  ID: bigint;
  TTL: bigint;
  error: string;
}
export const LeaseGrantResponse: MessageType<LeaseGrantResponse> = /* @__PURE__ */ message('etcdserverpb.LeaseGrantResponse', () => ({ header: undefined, ID: 0n, TTL: 0n, error: '' }), () => [
  [1, 'header', ResponseHeader],
  [2, 'ID', 'int64'],
  [3, 'TTL', 'int64'],
  [4, 'error', 'string'],
]);

export interface LeaseRevokeRequest {
  ID: bigint;
}
export const LeaseRevokeRequest: MessageType<LeaseRevokeRequest> = /* @__PURE__ */ message('etcdserverpb.LeaseRevokeRequest', () => ({ ID: 0n }), () => [
  [1, 'ID', 'int64'],
]);

export interface LeaseRevokeResponse {
  header: ResponseHeader | undefined;
}
export const LeaseRevokeResponse: MessageType<LeaseRevokeResponse> = /* @__PURE__ */ message('etcdserverpb.LeaseRevokeResponse', () => ({ header: undefined }), () => [
  [1, 'header', ResponseHeader],
]);

export interface LeaseKeepAliveRequest {
  ID: bigint;
}
export const LeaseKeepAliveRequest: MessageType<LeaseKeepAliveRequest> = /* @__PURE__ */ message('etcdserverpb.LeaseKeepAliveRequest', () => ({ ID: 0n }), () => [
  [1, 'ID', 'int64'],
]);

export interface LeaseKeepAliveResponse {
  header: ResponseHeader | undefined;
  ID: bigint;
  TTL: bigint;
}
export const LeaseKeepAliveResponse: MessageType<LeaseKeepAliveResponse> = /* @__PURE__ */ message('etcdserverpb.LeaseKeepAliveResponse', () => ({ header: undefined, ID: 0n, TTL: 0n }), () => [
  [1, 'header', ResponseHeader],
  [2, 'ID', 'int64'],
  [3, 'TTL', 'int64'],
]);

export interface LeaseTimeToLiveRequest {
  ID: bigint;
  keys: boolean;
}
export const LeaseTimeToLiveRequest: MessageType<LeaseTimeToLiveRequest> = /* @__PURE__ */ message('etcdserverpb.LeaseTimeToLiveRequest', () => ({ ID: 0n, keys: false }), () => [
  [1, 'ID', 'int64'],
  [2, 'keys', 'bool'],
]);

export interface LeaseTimeToLiveResponse {
  header: ResponseHeader | undefined;
  ID: bigint;
  TTL: bigint;
  grantedTTL: bigint;
  keys: Uint8Array[];
}
export const LeaseTimeToLiveResponse: MessageType<LeaseTimeToLiveResponse> = /* @__PURE__ */ message('etcdserverpb.LeaseTimeToLiveResponse', () => ({ header: undefined, ID: 0n, TTL: 0n, grantedTTL: 0n, keys: [] }), () => [
  [1, 'header', ResponseHeader],
  [2, 'ID', 'int64'],
  [3, 'TTL', 'int64'],
  [4, 'grantedTTL', 'int64'],
  [5, 'keys', 'bytes', 'repeated'],
]);

export type LeaseLeasesRequest = Record<never, never>;
export const LeaseLeasesRequest: MessageType<LeaseLeasesRequest> = /* @__PURE__ */ message('etcdserverpb.LeaseLeasesRequest', () => ({}), () => []);

export interface LeaseStatus {
  ID: bigint;
}
export const LeaseStatus: MessageType<LeaseStatus> = /* @__PURE__ */ message('etcdserverpb.LeaseStatus', () => ({ ID: 0n }), () => [
  [1, 'ID', 'int64'],
]);

export interface LeaseLeasesResponse {
  header: ResponseHeader | undefined;
  leases: LeaseStatus[];
}
export const LeaseLeasesResponse: MessageType<LeaseLeasesResponse> = /* @__PURE__ */ message('etcdserverpb.LeaseLeasesResponse', () => ({ header: undefined, leases: [] }), () => [
  [1, 'header', ResponseHeader],
  [2, 'leases', LeaseStatus, 'repeated'],
]);

export interface Member {
  ID: bigint;
  name: string;
  peerURLs: string[];
  clientURLs: string[];
  isLearner: boolean;
}
export const Member: MessageType<Member> = /* @__PURE__ */ message('etcdserverpb.Member', () => ({ ID: 0n, name: '', peerURLs: [], clientURLs: [], isLearner: false }), () => [
  [1, 'ID', 'uint64'],
  [2, 'name', 'string'],
  [3, 'peerURLs', 'string', 'repeated'],
  [4, 'clientURLs', 'string', 'repeated'],
  [5, 'isLearner', 'bool'],
]);

export interface MemberListRequest {
  linearizable: boolean;
}
export const MemberListRequest: MessageType<MemberListRequest> = /* @__PURE__ */ message('etcdserverpb.MemberListRequest', () => ({ linearizable: false }), () => [
  [1, 'linearizable', 'bool'],
]);

export interface MemberListResponse {
  header: ResponseHeader | undefined;
  members: Member[];
}
export const MemberListResponse: MessageType<MemberListResponse> = /* @__PURE__ */ message('etcdserverpb.MemberListResponse', () => ({ header: undefined, members: [] }), () => [
  [1, 'header', ResponseHeader],
  [2, 'members', Member, 'repeated'],
]);

export const AlarmType = { NONE: 0, NOSPACE: 1, CORRUPT: 2 } as const;
export type AlarmType = (typeof AlarmType)[keyof typeof AlarmType];
export const AlarmTypeEnum: EnumType = { typeName: 'etcdserverpb.AlarmType', values: AlarmType };

export interface AlarmRequest {
  action: AlarmRequest_AlarmAction;
  memberID: bigint;
  alarm: AlarmType;
}
export const AlarmRequest: MessageType<AlarmRequest> = /* @__PURE__ */ message('etcdserverpb.AlarmRequest', () => ({ action: 0, memberID: 0n, alarm: 0 }), () => [
  [1, 'action', AlarmRequest_AlarmActionEnum],
  [2, 'memberID', 'uint64'],
  [3, 'alarm', AlarmTypeEnum],
]);

export const AlarmRequest_AlarmAction = { GET: 0, ACTIVATE: 1, DEACTIVATE: 2 } as const;
export type AlarmRequest_AlarmAction = (typeof AlarmRequest_AlarmAction)[keyof typeof AlarmRequest_AlarmAction];
export const AlarmRequest_AlarmActionEnum: EnumType = { typeName: 'etcdserverpb.AlarmRequest.AlarmAction', values: AlarmRequest_AlarmAction };

export interface AlarmMember {
  memberID: bigint;
  alarm: AlarmType;
}
export const AlarmMember: MessageType<AlarmMember> = /* @__PURE__ */ message('etcdserverpb.AlarmMember', () => ({ memberID: 0n, alarm: 0 }), () => [
  [1, 'memberID', 'uint64'],
  [2, 'alarm', AlarmTypeEnum],
]);

export interface AlarmResponse {
  header: ResponseHeader | undefined;
  alarms: AlarmMember[];
}
export const AlarmResponse: MessageType<AlarmResponse> = /* @__PURE__ */ message('etcdserverpb.AlarmResponse', () => ({ header: undefined, alarms: [] }), () => [
  [1, 'header', ResponseHeader],
  [2, 'alarms', AlarmMember, 'repeated'],
]);

export type StatusRequest = Record<never, never>;
export const StatusRequest: MessageType<StatusRequest> = /* @__PURE__ */ message('etcdserverpb.StatusRequest', () => ({}), () => []);

export interface StatusResponse {
  header: ResponseHeader | undefined;
  version: string;
  dbSize: bigint;
  leader: bigint;
  raftIndex: bigint;
  raftTerm: bigint;
  raftAppliedIndex: bigint;
  errors: string[];
  dbSizeInUse: bigint;
  isLearner: boolean;
  storageVersion: string;
  dbSizeQuota: bigint;
  downgradeInfo: DowngradeInfo | undefined;
}
export const StatusResponse: MessageType<StatusResponse> = /* @__PURE__ */ message('etcdserverpb.StatusResponse', () => ({ header: undefined, version: '', dbSize: 0n, leader: 0n, raftIndex: 0n, raftTerm: 0n, raftAppliedIndex: 0n, errors: [], dbSizeInUse: 0n, isLearner: false, storageVersion: '', dbSizeQuota: 0n, downgradeInfo: undefined }), () => [
  [1, 'header', ResponseHeader],
  [2, 'version', 'string'],
  [3, 'dbSize', 'int64'],
  [4, 'leader', 'uint64'],
  [5, 'raftIndex', 'uint64'],
  [6, 'raftTerm', 'uint64'],
  [7, 'raftAppliedIndex', 'uint64'],
  [8, 'errors', 'string', 'repeated'],
  [9, 'dbSizeInUse', 'int64'],
  [10, 'isLearner', 'bool'],
  [11, 'storageVersion', 'string'],
  [12, 'dbSizeQuota', 'int64'],
  [13, 'downgradeInfo', DowngradeInfo],
]);

export interface DowngradeInfo {
  enabled: boolean;
  targetVersion: string;
}
export const DowngradeInfo: MessageType<DowngradeInfo> = /* @__PURE__ */ message('etcdserverpb.DowngradeInfo', () => ({ enabled: false, targetVersion: '' }), () => [
  [1, 'enabled', 'bool'],
  [2, 'targetVersion', 'string'],
]);

export type DefragmentRequest = Record<never, never>;
export const DefragmentRequest: MessageType<DefragmentRequest> = /* @__PURE__ */ message('etcdserverpb.DefragmentRequest', () => ({}), () => []);

export interface DefragmentResponse {
  header: ResponseHeader | undefined;
}
export const DefragmentResponse: MessageType<DefragmentResponse> = /* @__PURE__ */ message('etcdserverpb.DefragmentResponse', () => ({ header: undefined }), () => [
  [1, 'header', ResponseHeader],
]);

export interface HashKVRequest {
  revision: bigint;
}
export const HashKVRequest: MessageType<HashKVRequest> = /* @__PURE__ */ message('etcdserverpb.HashKVRequest', () => ({ revision: 0n }), () => [
  [1, 'revision', 'int64'],
]);

export interface HashKVResponse {
  header: ResponseHeader | undefined;
  hash: number;
  compactRevision: bigint;
  hashRevision: bigint;
}
export const HashKVResponse: MessageType<HashKVResponse> = /* @__PURE__ */ message('etcdserverpb.HashKVResponse', () => ({ header: undefined, hash: 0, compactRevision: 0n, hashRevision: 0n }), () => [
  [1, 'header', ResponseHeader],
  [2, 'hash', 'uint32'],
  [3, 'compact_revision', 'int64'],
  [4, 'hash_revision', 'int64'],
]);

export type SnapshotRequest = Record<never, never>;
export const SnapshotRequest: MessageType<SnapshotRequest> = /* @__PURE__ */ message('etcdserverpb.SnapshotRequest', () => ({}), () => []);

export interface SnapshotResponse {
  header: ResponseHeader | undefined;
  remainingBytes: bigint;
  blob: Uint8Array;
  version: string;
}
export const SnapshotResponse: MessageType<SnapshotResponse> = /* @__PURE__ */ message('etcdserverpb.SnapshotResponse', () => ({ header: undefined, remainingBytes: 0n, blob: noBytes, version: '' }), () => [
  [1, 'header', ResponseHeader],
  [2, 'remaining_bytes', 'uint64'],
  [3, 'blob', 'bytes'],
  [4, 'version', 'string'],
]);

export const KVService = /* @__PURE__ */ service('etcdserverpb.KV', {
  Range: [RangeRequest, RangeResponse],
  Put: [PutRequest, PutResponse],
  DeleteRange: [DeleteRangeRequest, DeleteRangeResponse],
  Txn: [TxnRequest, TxnResponse],
  Compact: [CompactionRequest, CompactionResponse],
});

export const WatchService = /* @__PURE__ */ service('etcdserverpb.Watch', {
  Watch: [WatchRequest, WatchResponse, 'both'],
});

export const LeaseService = /* @__PURE__ */ service('etcdserverpb.Lease', {
  LeaseGrant: [LeaseGrantRequest, LeaseGrantResponse],
  LeaseRevoke: [LeaseRevokeRequest, LeaseRevokeResponse],
  LeaseKeepAlive: [LeaseKeepAliveRequest, LeaseKeepAliveResponse, 'both'],
  LeaseTimeToLive: [LeaseTimeToLiveRequest, LeaseTimeToLiveResponse],
  LeaseLeases: [LeaseLeasesRequest, LeaseLeasesResponse],
});

export const ClusterService = /* @__PURE__ */ service('etcdserverpb.Cluster', {
  MemberList: [MemberListRequest, MemberListResponse],
});

export const MaintenanceService = /* @__PURE__ */ service('etcdserverpb.Maintenance', {
  Alarm: [AlarmRequest, AlarmResponse],
  Status: [StatusRequest, StatusResponse],
  Defragment: [DefragmentRequest, DefragmentResponse],
  HashKV: [HashKVRequest, HashKVResponse],
  Snapshot: [SnapshotRequest, SnapshotResponse, 'server'],
});
