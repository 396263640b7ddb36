// Generated from the .proto text in this folder by `npm run build:protocols`. Do not edit.
import { Dictionary } from '../../../../proto/dictionary.ts';
import type { MessageType } from '../../../../proto/message-type.ts';
import { message } from '../../../../proto/message-type.ts';
import { service } from '../../../../proto/service.ts';
import * as containerd_types from '../../../types/generated.ts';
import * as google_protobuf from '../../../../google/protobuf/generated.ts';

export interface StoreCreateRequest {
  sandbox: containerd_types.Sandbox | undefined;
}
export const StoreCreateRequest: MessageType<StoreCreateRequest> = /* @__PURE__ */ message('containerd.services.sandbox.v1.StoreCreateRequest', () => ({ sandbox: undefined }), () => [
  [1, 'sandbox', containerd_types.Sandbox],
]);

export interface StoreCreateResponse {
  sandbox: containerd_types.Sandbox | undefined;
}
export const StoreCreateResponse: MessageType<StoreCreateResponse> = /* @__PURE__ */ message('containerd.services.sandbox.v1.StoreCreateResponse', () => ({ sandbox: undefined }), () => [
  [1, 'sandbox', containerd_types.Sandbox],
]);

export interface StoreUpdateRequest {
  sandbox: containerd_types.Sandbox | undefined;
  fields: string[];
}
export const StoreUpdateRequest: MessageType<StoreUpdateRequest> = /* @__PURE__ */ message('containerd.services.sandbox.v1.StoreUpdateRequest', () => ({ sandbox: undefined, fields: [] }), () => [
  [1, 'sandbox', containerd_types.Sandbox],
  [2, 'fields', 'string', 'repeated'],
]);

export interface StoreUpdateResponse {
  sandbox: containerd_types.Sandbox | undefined;
}
export const StoreUpdateResponse: MessageType<StoreUpdateResponse> = /* @__PURE__ */ message('containerd.services.sandbox.v1.StoreUpdateResponse', () => ({ sandbox: undefined }), () => [
  [1, 'sandbox', containerd_types.Sandbox],
]);

export interface StoreDeleteRequest {
  sandboxId: string;
}
export const StoreDeleteRequest: MessageType<StoreDeleteRequest> = /* @__PURE__ */ message('containerd.services.sandbox.v1.StoreDeleteRequest', () => ({ sandboxId: '' }), () => [
  [1, 'sandbox_id', 'string'],
]);

export type StoreDeleteResponse = Record<never, never>;
export const StoreDeleteResponse: MessageType<StoreDeleteResponse> = /* @__PURE__ */ message('containerd.services.sandbox.v1.StoreDeleteResponse', () => ({}), () => []);

export interface StoreListRequest {
  filters: string[];
}
export const StoreListRequest: MessageType<StoreListRequest> = /* @__PURE__ */ message('containerd.services.sandbox.v1.StoreListRequest', () => ({ filters: [] }), () => [
  [1, 'filters', 'string', 'repeated'],
]);

export interface StoreListResponse {
  list: containerd_types.Sandbox[];
}
export const StoreListResponse: MessageType<StoreListResponse> = /* @__PURE__ */ message('containerd.services.sandbox.v1.StoreListResponse', () => ({ list: [] }), () => [
  [1, 'list', containerd_types.Sandbox, 'repeated'],
]);

export interface StoreGetRequest {
  sandboxId: string;
}
export const StoreGetRequest: MessageType<StoreGetRequest> = /* @__PURE__ */ message('containerd.services.sandbox.v1.StoreGetRequest', () => ({ sandboxId: '' }), () => [
  [1, 'sandbox_id', 'string'],
]);

export interface StoreGetResponse {
  sandbox: containerd_types.Sandbox | undefined;
}
export const StoreGetResponse: MessageType<StoreGetResponse> = /* @__PURE__ */ message('containerd.services.sandbox.v1.StoreGetResponse', () => ({ sandbox: undefined }), () => [
  [1, 'sandbox', containerd_types.Sandbox],
]);

export interface ControllerCreateRequest {
  sandboxId: string;
  rootfs: containerd_types.Mount[];
  options: google_protobuf.Any | undefined;
  netnsPath: string;
  annotations: Record<string, string>;
  sandbox: containerd_types.Sandbox | undefined;
  sandboxer: string;
}
export const ControllerCreateRequest: MessageType<ControllerCreateRequest> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerCreateRequest', () => ({ sandboxId: '', rootfs: [], options: undefined, netnsPath: '', annotations: new Dictionary(), sandbox: undefined, sandboxer: '' }), () => [
  [1, 'sandbox_id', 'string'],
  [2, 'rootfs', containerd_types.Mount, 'repeated'],
  [3, 'options', google_protobuf.Any],
  [4, 'netns_path', 'string'],
  [5, 'annotations', 'string', 'map'],
  [6, 'sandbox', containerd_types.Sandbox],
  [10, 'sandboxer', 'string'],
]);

export interface ControllerCreateResponse {
  sandboxId: string;
}
export const ControllerCreateResponse: MessageType<ControllerCreateResponse> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerCreateResponse', () => ({ sandboxId: '' }), () => [
  [1, 'sandbox_id', 'string'],
]);

export interface ControllerStartRequest {
  sandboxId: string;
  sandboxer: string;
}
export const ControllerStartRequest: MessageType<ControllerStartRequest> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerStartRequest', () => ({ sandboxId: '', sandboxer: '' }), () => [
  [1, 'sandbox_id', 'string'],
  [10, 'sandboxer', 'string'],
]);

export interface ControllerStartResponse {
  sandboxId: string;
  pid: number;
  createdAt: google_protobuf.Timestamp | undefined;
  labels: Record<string, string>;
  address: string;
  version: number;
}
export const ControllerStartResponse: MessageType<ControllerStartResponse> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerStartResponse', () => ({ sandboxId: '', pid: 0, createdAt: undefined, labels: new Dictionary(), address: '', version: 0 }), () => [
  [1, 'sandbox_id', 'string'],
  [2, 'pid', 'uint32'],
  [3, 'created_at', google_protobuf.Timestamp],
  [4, 'labels', 'string', 'map'],
  [5, 'address', 'string'],
  [6, 'version', 'uint32'],
]);

export interface ControllerPlatformRequest {
  sandboxId: string;
  sandboxer: string;
}
export const ControllerPlatformRequest: MessageType<ControllerPlatformRequest> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerPlatformRequest', () => ({ sandboxId: '', sandboxer: '' }), () => [
  [1, 'sandbox_id', 'string'],
  [10, 'sandboxer', 'string'],
]);

export interface ControllerPlatformResponse {
  platform: containerd_types.Platform | undefined;
}
export const ControllerPlatformResponse: MessageType<ControllerPlatformResponse> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerPlatformResponse', () => ({ platform: undefined }), () => [
  [1, 'platform', containerd_types.Platform],
]);

export interface ControllerStopRequest {
  sandboxId: string;
  timeoutSecs: number;
  sandboxer: string;
}
export const ControllerStopRequest: MessageType<ControllerStopRequest> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerStopRequest', () => ({ sandboxId: '', timeoutSecs: 0, sandboxer: '' }), () => [
  [1, 'sandbox_id', 'string'],
  [2, 'timeout_secs', 'uint32'],
  [10, 'sandboxer', 'string'],
]);

export type ControllerStopResponse = Record<never, never>;
export const ControllerStopResponse: MessageType<ControllerStopResponse> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerStopResponse', () => ({}), () => []);

export interface ControllerWaitRequest {
  sandboxId: string;
  sandboxer: string;
}
export const ControllerWaitRequest: MessageType<ControllerWaitRequest> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerWaitRequest', () => ({ sandboxId: '', sandboxer: '' }), () => [
  [1, 'sandbox_id', 'string'],
  [10, 'sandboxer', 'string'],
]);

export interface ControllerWaitResponse {
  exitStatus: number;
  exitedAt: google_protobuf.Timestamp | undefined;
}
export const ControllerWaitResponse: MessageType<ControllerWaitResponse> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerWaitResponse', () => ({ exitStatus: 0, exitedAt: undefined }), () => [
  [1, 'exit_status', 'uint32'],
  [2, 'exited_at', google_protobuf.Timestamp],
]);

export interface ControllerStatusRequest {
  sandboxId: string;
  verbose: boolean;
  sandboxer: string;
}
export const ControllerStatusRequest: MessageType<ControllerStatusRequest> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerStatusRequest', () => ({ sandboxId: '', verbose: false, sandboxer: '' }), () => [
  [1, 'sandbox_id', 'string'],
  [2, 'verbose', 'bool'],
  [10, 'sandboxer', 'string'],
]);

export interface ControllerStatusResponse {
  sandboxId: string;
  pid: number;
  state: string;
  info: Record<string, string>;
  createdAt: google_protobuf.Timestamp | undefined;
  exitedAt: google_protobuf.Timestamp | undefined;
  extra: google_protobuf.Any | undefined;
  address: string;
  version: number;
}
export const ControllerStatusResponse: MessageType<ControllerStatusResponse> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerStatusResponse', () => ({ sandboxId: '', pid: 0, state: '', info: new Dictionary(), createdAt: undefined, exitedAt: undefined, extra: undefined, address: '', version: 0 }), () => [
  [1, 'sandbox_id', 'string'],
  [2, 'pid', 'uint32'],
  [3, 'state', 'string'],
  [4, 'info', 'string', 'map'],
  [5, 'created_at', google_protobuf.Timestamp],
  [6, 'exited_at', google_protobuf.Timestamp],
  [7, 'extra', google_protobuf.Any],
  [8, 'address', 'string'],
  [9, 'version', 'uint32'],
]);

export interface ControllerShutdownRequest {
  sandboxId: string;
  sandboxer: string;
}
export const ControllerShutdownRequest: MessageType<ControllerShutdownRequest> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerShutdownRequest', () => ({ sandboxId: '', sandboxer: '' }), () => [
  [1, 'sandbox_id', 'string'],
  [10, 'sandboxer', 'string'],
]);

export type ControllerShutdownResponse = Record<never, never>;
export const ControllerShutdownResponse: MessageType<ControllerShutdownResponse> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerShutdownResponse', () => ({}), () => []);

export interface ControllerMetricsRequest {
  sandboxId: string;
  sandboxer: string;
}
export const ControllerMetricsRequest: MessageType<ControllerMetricsRequest> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerMetricsRequest', () => ({ sandboxId: '', sandboxer: '' }), () => [
  [1, 'sandbox_id', 'string'],
  [10, 'sandboxer', 'string'],
]);

export interface ControllerMetricsResponse {
  metrics: containerd_types.Metric | undefined;
}
export const ControllerMetricsResponse: MessageType<ControllerMetricsResponse> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerMetricsResponse', () => ({ metrics: undefined }), () => [
  [1, 'metrics', containerd_types.Metric],
]);

export interface ControllerUpdateRequest {
  sandboxId: string;
  sandboxer: string;
  sandbox: containerd_types.Sandbox | undefined;
  fields: string[];
}
export const ControllerUpdateRequest: MessageType<ControllerUpdateRequest> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerUpdateRequest', () => ({ sandboxId: '', sandboxer: '', sandbox: undefined, fields: [] }), () => [
  [1, 'sandbox_id', 'string'],
  [2, 'sandboxer', 'string'],
  [3, 'sandbox', containerd_types.Sandbox],
  [4, 'fields', 'string', 'repeated'],
]);

export type ControllerUpdateResponse = Record<never, never>;
export const ControllerUpdateResponse: MessageType<ControllerUpdateResponse> = /* @__PURE__ */ message('containerd.services.sandbox.v1.ControllerUpdateResponse', () => ({}), () => []);

export const StoreService = /* @__PURE__ */ service('containerd.services.sandbox.v1.Store', {
  Create: [StoreCreateRequest, StoreCreateResponse],
  Update: [StoreUpdateRequest, StoreUpdateResponse],
  Delete: [StoreDeleteRequest, StoreDeleteResponse],
  List: [StoreListRequest, StoreListResponse],
  Get: [StoreGetRequest, StoreGetResponse],
});

export const ControllerService = /* @__PURE__ */ service('containerd.services.sandbox.v1.Controller', {
  Create: [ControllerCreateRequest, ControllerCreateResponse],
  Start: [ControllerStartRequest, ControllerStartResponse],
  Platform: [ControllerPlatformRequest, ControllerPlatformResponse],
  Stop: [ControllerStopRequest, ControllerStopResponse],
  Wait: [ControllerWaitRequest, ControllerWaitResponse],
  Status: [ControllerStatusRequest, ControllerStatusResponse],
  Shutdown: [ControllerShutdownRequest, ControllerShutdownResponse],
  Metrics: [ControllerMetricsRequest, ControllerMetricsResponse],
  Update: [ControllerUpdateRequest, ControllerUpdateResponse],
});
