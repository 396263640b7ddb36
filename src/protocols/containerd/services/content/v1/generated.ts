// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary, noBytes } from '../../../../proto/dictionary.ts';
import type { EnumType, MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface Info {
  digest: string;
  size: bigint;
  createdAt: google_protobuf.Timestamp | undefined;
  updatedAt: google_protobuf.Timestamp | undefined;
  labels: Record<string, string>;
}
export const Info: MessageType<Info> = /* @__PURE__ */ message('containerd.services.content.v1.Info', () => ({ digest: '', size: 0n, createdAt: undefined, updatedAt: undefined, labels: new Dictionary() }), () => [
  [1, 'digest', 'string'],
  [2, 'size', 'int64'],
  [3, 'created_at', google_protobuf.Timestamp],
  [4, 'updated_at', google_protobuf.Timestamp],
  [5, 'labels', 'string', 'map'],
]);

export interface InfoRequest {
  digest: string;
}
export const InfoRequest: MessageType<InfoRequest> = /* @__PURE__ */ message('containerd.services.content.v1.InfoRequest', () => ({ digest: '' }), () => [
  [1, 'digest', 'string'],
]);

export interface InfoResponse {
  info: Info | undefined;
}
export const InfoResponse: MessageType<InfoResponse> = /* @__PURE__ */ message('containerd.services.content.v1.InfoResponse', () => ({ info: undefined }), () => [
  [1, 'info', Info],
]);

export interface UpdateRequest {
  info: Info | undefined;
  updateMask: google_protobuf.FieldMask | undefined;
}
export const UpdateRequest: MessageType<UpdateRequest> = /* @__PURE__ */ message('containerd.services.content.v1.UpdateRequest', () => ({ info: undefined, updateMask: undefined }), () => [
  [1, 'info', Info],
  [2, 'update_mask', google_protobuf.FieldMask],
]);

export interface UpdateResponse {
  info: Info | undefined;
}
export const UpdateResponse: MessageType<UpdateResponse> = /* @__PURE__ */ message('containerd.services.content.v1.UpdateResponse', () => ({ info: undefined }), () => [
  [1, 'info', Info],
]);

export interface ListContentRequest {
  filters: string[];
}
export const ListContentRequest: MessageType<ListContentRequest> = /* @__PURE__ */ message('containerd.services.content.v1.ListContentRequest', () => ({ filters: [] }), () => [
  [1, 'filters', 'string', 'repeated'],
]);

export interface ListContentResponse {
  info: Info[];
}
export const ListContentResponse: MessageType<ListContentResponse> = /* @__PURE__ */ message('containerd.services.content.v1.ListContentResponse', () => ({ info: [] }), () => [
  [1, 'info', Info, 'repeated'],
]);

export interface DeleteContentRequest {
  digest: string;
}
export const DeleteContentRequest: MessageType<DeleteContentRequest> = /* @__PURE__ */ message('containerd.services.content.v1.DeleteContentRequest', () => ({ digest: '' }), () => [
  [1, 'digest', 'string'],
]);

export interface ReadContentRequest {
  digest: string;
  offset: bigint;
  size: bigint;
}
export const ReadContentRequest: MessageType<ReadContentRequest> = /* @__PURE__ */ message('containerd.services.content.v1.ReadContentRequest', () => ({ digest: '', offset: 0n, size: 0n }), () => [
  [1, 'digest', 'string'],
  [2, 'offset', 'int64'],
  [3, 'size', 'int64'],
]);

export interface ReadContentResponse {
  offset: bigint;
  data: Uint8Array;
}
export const ReadContentResponse: MessageType<ReadContentResponse> = /* @__PURE__ */ message('containerd.services.content.v1.ReadContentResponse', () => ({ offset: 0n, data: noBytes }), () => [
  [1, 'offset', 'int64'],
  [2, 'data', 'bytes'],
]);

export interface Status {
  startedAt: google_protobuf.Timestamp | undefined;
  updatedAt: google_protobuf.Timestamp | undefined;
  ref: string;
  offset: bigint;
  total: bigint;
  expected: string;
}
export const Status: MessageType<Status> = /* @__PURE__ */ message('containerd.services.content.v1.Status', () => ({ startedAt: undefined, updatedAt: undefined, ref: '', offset: 0n, total: 0n, expected: '' }), () => [
  [1, 'started_at', google_protobuf.Timestamp],
  [2, 'updated_at', google_protobuf.Timestamp],
  [3, 'ref', 'string'],
  [4, 'offset', 'int64'],
  [5, 'total', 'int64'],
  [6, 'expected', 'string'],
]);

export interface StatusRequest {
  ref: string;
}
export const StatusRequest: MessageType<StatusRequest> = /* @__PURE__ */ message('containerd.services.content.v1.StatusRequest', () => ({ ref: '' }), () => [
  [1, 'ref', 'string'],
]);

export interface StatusResponse {
  status: Status | undefined;
}
export const StatusResponse: MessageType<StatusResponse> = /* @__PURE__ */ message('containerd.services.content.v1.StatusResponse', () => ({ status: undefined }), () => [
  [1, 'status', Status],
]);

export interface ListStatusesRequest {
  filters: string[];
}
export const ListStatusesRequest: MessageType<ListStatusesRequest> = /* @__PURE__ */ message('containerd.services.content.v1.ListStatusesRequest', () => ({ filters: [] }), () => [
  [1, 'filters', 'string', 'repeated'],
]);

export interface ListStatusesResponse {
  statuses: Status[];
}
export const ListStatusesResponse: MessageType<ListStatusesResponse> = /* @__PURE__ */ message('containerd.services.content.v1.ListStatusesResponse', () => ({ statuses: [] }), () => [
  [1, 'statuses', Status, 'repeated'],
]);

export const WriteAction = { STAT: 0, WRITE: 1, COMMIT: 2 } as const;
export type WriteAction = (typeof WriteAction)[keyof typeof WriteAction];
export const WriteActionEnum: EnumType = { typeName: 'containerd.services.content.v1.WriteAction', values: WriteAction };

export interface WriteContentRequest {
  action: WriteAction;
  ref: string;
  total: bigint;
  expected: string;
  offset: bigint;
  data: Uint8Array;
  labels: Record<string, string>;
}
export const WriteContentRequest: MessageType<WriteContentRequest> = /* @__PURE__ */ message('containerd.services.content.v1.WriteContentRequest', () => ({ action: 0, ref: '', total: 0n, expected: '', offset: 0n, data: noBytes, labels: new Dictionary() }), () => [
  [1, 'action', WriteActionEnum],
  [2, 'ref', 'string'],
  [3, 'total', 'int64'],
  [4, 'expected', 'string'],
  [5, 'offset', 'int64'],
  [6, 'data', 'bytes'],
  [7, 'labels', 'string', 'map'],
]);

export interface WriteContentResponse {
  action: WriteAction;
  startedAt: google_protobuf.Timestamp | undefined;
  updatedAt: google_protobuf.Timestamp | undefined;
  offset: bigint;
  total: bigint;
  digest: string;
}
export const WriteContentResponse: MessageType<WriteContentResponse> = /* @__PURE__ */ message('containerd.services.content.v1.WriteContentResponse', () => ({ action: 0, startedAt: undefined, updatedAt: undefined, offset: 0n, total: 0n, digest: '' }), () => [
  [1, 'action', WriteActionEnum],
  [2, 'started_at', google_protobuf.Timestamp],
  [3, 'updated_at', google_protobuf.Timestamp],
  [4, 'offset', 'int64'],
  [5, 'total', 'int64'],
  [6, 'digest', 'string'],
]);

export interface AbortRequest {
  ref: string;
}
export const AbortRequest: MessageType<AbortRequest> = /* @__PURE__ */ message('containerd.services.content.v1.AbortRequest', () => ({ ref: '' }), () => [
  [1, 'ref', 'string'],
]);

export const ContentService = /* @__PURE__ */ service('containerd.services.content.v1.Content', {
  Info: [InfoRequest, InfoResponse],
  Update: [UpdateRequest, UpdateResponse],
  List: [ListContentRequest, ListContentResponse, 'server'],
  Delete: [DeleteContentRequest, google_protobuf.Empty],
  Read: [ReadContentRequest, ReadContentResponse, 'server'],
  Status: [StatusRequest, StatusResponse],
  ListStatuses: [ListStatusesRequest, ListStatusesResponse],
  Write: [WriteContentRequest, WriteContentResponse, 'both'],
  Abort: [AbortRequest, google_protobuf.Empty],
});
