// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary } from '../../../../proto/dictionary.ts';
import type { EnumType, MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as containerd_types from '../../../types/generated.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface PrepareSnapshotRequest {
  snapshotter: string;
  key: string;
  parent: string;
  labels: Record<string, string>;
}
export const PrepareSnapshotRequest: MessageType<PrepareSnapshotRequest> = /* @__PURE__ */ message('containerd.services.snapshots.v1.PrepareSnapshotRequest', () => ({ snapshotter: '', key: '', parent: '', labels: new Dictionary() }), () => [
  [1, 'snapshotter', 'string'],
  [2, 'key', 'string'],
  [3, 'parent', 'string'],
  [4, 'labels', 'string', 'map'],
]);

export interface PrepareSnapshotResponse {
  mounts: containerd_types.Mount[];
}
export const PrepareSnapshotResponse: MessageType<PrepareSnapshotResponse> = /* @__PURE__ */ message('containerd.services.snapshots.v1.PrepareSnapshotResponse', () => ({ mounts: [] }), () => [
  [1, 'mounts', containerd_types.Mount, 'repeated'],
]);

export interface ViewSnapshotRequest {
  snapshotter: string;
  key: string;
  parent: string;
  labels: Record<string, string>;
}
export const ViewSnapshotRequest: MessageType<ViewSnapshotRequest> = /* @__PURE__ */ message('containerd.services.snapshots.v1.ViewSnapshotRequest', () => ({ snapshotter: '', key: '', parent: '', labels: new Dictionary() }), () => [
  [1, 'snapshotter', 'string'],
  [2, 'key', 'string'],
  [3, 'parent', 'string'],
  [4, 'labels', 'string', 'map'],
]);

export interface ViewSnapshotResponse {
  mounts: containerd_types.Mount[];
}
export const ViewSnapshotResponse: MessageType<ViewSnapshotResponse> = /* @__PURE__ */ message('containerd.services.snapshots.v1.ViewSnapshotResponse', () => ({ mounts: [] }), () => [
  [1, 'mounts', containerd_types.Mount, 'repeated'],
]);

export interface MountsRequest {
  snapshotter: string;
  key: string;
}
export const MountsRequest: MessageType<MountsRequest> = /* @__PURE__ */ message('containerd.services.snapshots.v1.MountsRequest', () => ({ snapshotter: '', key: '' }), () => [
  [1, 'snapshotter', 'string'],
  [2, 'key', 'string'],
]);

export interface MountsResponse {
  mounts: containerd_types.Mount[];
}
export const MountsResponse: MessageType<MountsResponse> = /* @__PURE__ */ message('containerd.services.snapshots.v1.MountsResponse', () => ({ mounts: [] }), () => [
  [1, 'mounts', containerd_types.Mount, 'repeated'],
]);

export interface RemoveSnapshotRequest {
  snapshotter: string;
  key: string;
}
export const RemoveSnapshotRequest: MessageType<RemoveSnapshotRequest> = /* @__PURE__ */ message('containerd.services.snapshots.v1.RemoveSnapshotRequest', () => ({ snapshotter: '', key: '' }), () => [
  [1, 'snapshotter', 'string'],
  [2, 'key', 'string'],
]);

export interface CommitSnapshotRequest {
  snapshotter: string;
  name: string;
  key: string;
  labels: Record<string, string>;
}
export const CommitSnapshotRequest: MessageType<CommitSnapshotRequest> = /* @__PURE__ */ message('containerd.services.snapshots.v1.CommitSnapshotRequest', () => ({ snapshotter: '', name: '', key: '', labels: new Dictionary() }), () => [
  [1, 'snapshotter', 'string'],
  [2, 'name', 'string'],
  [3, 'key', 'string'],
  [4, 'labels', 'string', 'map'],
]);

export interface StatSnapshotRequest {
  snapshotter: string;
  key: string;
}
export const StatSnapshotRequest: MessageType<StatSnapshotRequest> = /* @__PURE__ */ message('containerd.services.snapshots.v1.StatSnapshotRequest', () => ({ snapshotter: '', key: '' }), () => [
  [1, 'snapshotter', 'string'],
  [2, 'key', 'string'],
]);

export const Kind = { UNKNOWN: 0, VIEW: 1, ACTIVE: 2, COMMITTED: 3 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];
export const KindEnum: EnumType = { typeName: 'containerd.services.snapshots.v1.Kind', values: Kind };

export interface Info {
  name: string;
  parent: string;
  kind: Kind;
  createdAt: google_protobuf.Timestamp | undefined;
  updatedAt: google_protobuf.Timestamp | undefined;
  labels: Record<string, string>;
}
export const Info: MessageType<Info> = /* @__PURE__ */ message('containerd.services.snapshots.v1.Info', () => ({ name: '', parent: '', kind: 0, createdAt: undefined, updatedAt: undefined, labels: new Dictionary() }), () => [
  [1, 'name', 'string'],
  [2, 'parent', 'string'],
  [3, 'kind', KindEnum],
  [4, 'created_at', google_protobuf.Timestamp],
  [5, 'updated_at', google_protobuf.Timestamp],
  [6, 'labels', 'string', 'map'],
]);

export interface StatSnapshotResponse {
  info: Info | undefined;
}
export const StatSnapshotResponse: MessageType<StatSnapshotResponse> = /* @__PURE__ */ message('containerd.services.snapshots.v1.StatSnapshotResponse', () => ({ info: undefined }), () => [
  [1, 'info', Info],
]);

export interface UpdateSnapshotRequest {
  snapshotter: string;
  info: Info | undefined;
  updateMask: google_protobuf.FieldMask | undefined;
}
export const UpdateSnapshotRequest: MessageType<UpdateSnapshotRequest> = /* @__PURE__ */ message('containerd.services.snapshots.v1.UpdateSnapshotRequest', () => ({ snapshotter: '', info: undefined, updateMask: undefined }), () => [
  [1, 'snapshotter', 'string'],
  [2, 'info', Info],
  [3, 'update_mask', google_protobuf.FieldMask],
]);

export interface UpdateSnapshotResponse {
  info: Info | undefined;
}
export const UpdateSnapshotResponse: MessageType<UpdateSnapshotResponse> = /* @__PURE__ */ message('containerd.services.snapshots.v1.UpdateSnapshotResponse', () => ({ info: undefined }), () => [
  [1, 'info', Info],
]);

export interface ListSnapshotsRequest {
  snapshotter: string;
  filters: string[];
}
export const ListSnapshotsRequest: MessageType<ListSnapshotsRequest> = /* @__PURE__ */ message('containerd.services.snapshots.v1.ListSnapshotsRequest', () => ({ snapshotter: '', filters: [] }), () => [
  [1, 'snapshotter', 'string'],
  [2, 'filters', 'string', 'repeated'],
]);

export interface ListSnapshotsResponse {
  info: Info[];
}
export const ListSnapshotsResponse: MessageType<ListSnapshotsResponse> = /* @__PURE__ */ message('containerd.services.snapshots.v1.ListSnapshotsResponse', () => ({ info: [] }), () => [
  [1, 'info', Info, 'repeated'],
]);

export interface UsageRequest {
  snapshotter: string;
  key: string;
}
export const UsageRequest: MessageType<UsageRequest> = /* @__PURE__ */ message('containerd.services.snapshots.v1.UsageRequest', () => ({ snapshotter: '', key: '' }), () => [
  [1, 'snapshotter', 'string'],
  [2, 'key', 'string'],
]);

export interface UsageResponse {
  size: bigint;
  inodes: bigint;
}
export const UsageResponse: MessageType<UsageResponse> = /* @__PURE__ */ message('containerd.services.snapshots.v1.UsageResponse', () => ({ size: 0n, inodes: 0n }), () => [
  [1, 'size', 'int64'],
  [2, 'inodes', 'int64'],
]);

export interface CleanupRequest {
  snapshotter: string;
}
export const CleanupRequest: MessageType<CleanupRequest> = /* @__PURE__ */ message('containerd.services.snapshots.v1.CleanupRequest', () => ({ snapshotter: '' }), () => [
  [1, 'snapshotter', 'string'],
]);

export const SnapshotsService = /* @__PURE__ */ service('containerd.services.snapshots.v1.Snapshots', {
  Prepare: [PrepareSnapshotRequest, PrepareSnapshotResponse],
  View: [ViewSnapshotRequest, ViewSnapshotResponse],
  Mounts: [MountsRequest, MountsResponse],
  Commit: [CommitSnapshotRequest, google_protobuf.Empty],
  Remove: [RemoveSnapshotRequest, google_protobuf.Empty],
  Stat: [StatSnapshotRequest, StatSnapshotResponse],
  Update: [UpdateSnapshotRequest, UpdateSnapshotResponse],
  List: [ListSnapshotsRequest, ListSnapshotsResponse, 'server'],
  Usage: [UsageRequest, UsageResponse],
  Cleanup: [CleanupRequest, google_protobuf.Empty],
});
